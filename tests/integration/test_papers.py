"""Papers for an auditor over real HTTP: each of what its reader may see, with its figures attached, and nothing of another entity."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from decimal import Decimal

import httpx2
import pytest
from pypdf import PdfReader

from tests.integration.office import person
from tests.integration.test_close import Closer, close
from tests.integration.test_close import closer as closer
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.security import Confirm, GrantRole

pytestmark = pytest.mark.long


@pytest.fixture
def front(closer: Closer) -> Iterator[Front]:
    made = Front(closer.b, OpenBooks(closer.b))
    yield made
    made.stop()


def read(http: httpx2.Client, path: str) -> tuple[PdfReader, str, bytes]:
    """A paper: as it is read, all its text, and its figures."""
    reply = http.get(f"/papers/{path}")
    assert reply.status_code == 200, reply.text[:500]
    assert reply.headers["content-type"] == "application/pdf" and reply.headers["cache-control"] == "no-store"
    reader = PdfReader(io.BytesIO(reply.content))
    (figures,) = reader.attachments["figures.json"]
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert hashlib.sha256(figures).hexdigest() in text.replace("\n", "")
    return reader, text, figures


def test_a_close_is_drawn_from_the_sheet_that_the_evidence_has(closer: Closer, front: Front) -> None:
    http = front.sign_in("cora")
    _, draft, _ = read(http, "closes/US/2026-10")
    assert "Draft" in draft
    close(closer)
    reader, text, figures = read(http, "closes/US/2026-10")
    kept = closer.connection.execute(
        "select detail::jsonb ->> 'sha256' as sha256 from tieout.evidence where action = 'close.kept' order by evidence_id desc limit 1"
    ).fetchone()
    assert kept is not None and hashlib.sha256(figures).hexdigest() == kept["sha256"]
    assert "Draft" not in text and "complete: bills" in text and "cora" in text and "business day 2" in text
    assert reader.metadata is not None and reader.metadata.title == "Close of US, 2026-10"


def test_the_tie_out_is_what_the_api_tells_and_says_what_it_was_asked_for(
    closer: Closer, front: Front
) -> None:
    http = front.sign_in("cora")
    closer.state()
    _, text, figures = read(http, "tie-out?period=2026-10&entity=US")
    told = json.loads(figures)
    assert told["of"] == {"entity": "US", "interface": "all", "period": "2026-10"}
    assert (
        told["figures"]["tie_out"]["rows"]
        == http.get("/tie-out?period=2026-10&entity=US&exact=true").json()["rows"]
    )
    (row,) = told["figures"]["tie_out"]["rows"]
    assert row["proven"] and "1 of 1 rows proven" in text, row
    posted = Decimal(row["posted"]["debit"]) - Decimal(row["posted"]["credit"])
    assert posted and f"{abs(posted):,.2f}" in text
    assert "cora" in text and "Made by" in text
    assert http.get("/papers/tie-out?period=october").status_code == 422


def test_nobody_gets_a_paper_of_what_they_may_not_see(closer: Closer, front: Front) -> None:
    closer.b.add(person("dora"))
    grant = GrantRole(name="dora", role="controller", entity="DE", limit=None)
    closer.b.change(Confirm(no=closer.b.change(grant, "alice")), "bob")
    dora, alice = front.sign_in("dora"), front.sign_in("alice")
    _, text, figures = read(dora, "tie-out")
    assert json.loads(figures)["figures"] == {
        "governed": [],
        "tie_out": {**json.loads(figures)["figures"]["tie_out"], "rows": []},
    }
    assert "Nothing came yet" in text
    for path in (
        "closes/US/2026-10",
        "tie-out?entity=US",
        "tie-out?entity=XX",
        "tie-out?interface=bills",
        "tie-out?interface=x",
    ):
        assert dora.get(f"/papers/{path}").status_code == 404, path
    assert alice.get("/papers/tie-out").status_code == 403
    assert alice.get("/papers/payouts/1").status_code == 403
    for number in ("0", "-1", "99999", str(2**70), "x"):
        assert dora.get(f"/papers/payouts/{number}").status_code in (404, 422), number
    assert httpx2.get(f"{front.base}/api/v1/papers/tie-out").status_code == 401
