"""What is booked at a period's end, asked for over real HTTP and by the form of the close's page: shown, then booked once; refused to
whoever may not, of a locked day, and where other figures were shown; and whoever asked for it does not approve it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.integration.office import key_of, person
from tests.integration.selling import LAST, LIABILITY, Seller, at
from tests.integration.test_close_over_http import said, strangers
from tests.integration.test_once import OpenBooks
from tests.integration.test_work_api import Front
from tieout.console.routes import pages
from tieout.rules import ApprovalPolicy, Step

pytestmark = pytest.mark.long
BOOK, TRY = "/closes/US/2026-10/book", "/closes/US/2026-10/book/try"
CUTOFF = {"what": "cutoff"}
ENTRY = "CUTOFF-20261031 2026-10-31"


@pytest.fixture
def front(seller: Seller) -> Iterator[Front]:
    """107.00 USD are invoiced and not delivered at the end of October."""
    seller.let_in()
    seller.tell(seller.sell("US-1", at(5)))
    made = Front(seller, OpenBooks(seller), pages("Test", "test", False, lambda: True))  # type: ignore[arg-type]
    yield made
    made.stop()


def told(front: Front) -> int:
    """How many entries of a period's end were handed on."""
    (row,) = front.office.database.rows(
        "select count(*) as n from tieout.message where transport = 'proposal' and stream = 'cutoffs' and source_key like 'cutoff:%%'"
        " and dedupe_key <> source_key",
    )
    return int(row["n"])


def shown(http: httpx2.Client) -> dict[str, Any]:
    reply = http.post(TRY, json=CUTOFF)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_it_is_shown_then_booked_and_pressed_again_it_changes_nothing(front: Front, seller: Seller) -> None:
    cora = front.sign_in("cora")
    seen = shown(cora)
    assert (seen["count"], seen["sums"]) == (1, [{"currency": "USD", "amount": "107.00"}])
    assert told(front) == 0 and seller.moves("CUTOFF") == []
    booked = cora.post(BOOK, json={**CUTOFF, "seen": seen["digest"]})
    assert booked.status_code == 200 and booked.json() == seen
    seller.work()
    assert seller.moves("CUTOFF") == [ENTRY]

    # Pressed by two at once, and again, with a key and without: the ledger has it once.
    carl = front.sign_in("carl")
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda http: http.post(BOOK, json=CUTOFF), (cora, carl, cora, carl)))
    # Of several that ask at once one may be told to come back.
    assert {r.status_code for r in replies} <= {200, 409, 503} and any(r.status_code == 200 for r in replies)
    assert carl.post(BOOK, json=CUTOFF).status_code == 200
    keyed = [cora.post(BOOK, json=CUTOFF, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert [r.status_code for r in keyed] == [200, 200] and keyed[0].json() == keyed[1].json()
    seller.work()
    assert seller.moves("CUTOFF") == [ENTRY]
    assert seller.stands(LAST, LIABILITY)[LIABILITY] == -107
    asked = front.office.database.rows(
        "select distinct actor from tieout.evidence where action = 'close.book_asked'"
    )
    assert {r["actor"] for r in asked} == {"cora", "carl"}


def test_of_other_figures_than_were_shown_nothing_is_booked(front: Front, seller: Seller) -> None:
    cora = front.sign_in("cora")
    seen = shown(cora)
    # Meanwhile another order comes that is not delivered either.
    seller.tell(seller.sell("US-2", at(6)))
    words = said(cora.post(BOOK, json={**CUTOFF, "seen": seen["digest"]}), 409)
    assert "others by now than were shown" in words and told(front) == 0
    again = shown(cora)
    assert again["digest"] != seen["digest"] and again["sums"] == [{"currency": "USD", "amount": "214.00"}]
    assert cora.post(BOOK, json={**CUTOFF, "seen": again["digest"]}).status_code == 200
    assert told(front) == 1
    for wrong in ("x", "0" * 63, "A" * 64):
        assert "seen" in said(cora.post(BOOK, json={**CUTOFF, "seen": wrong}), 422)
    said(cora.post(BOOK, json={**CUTOFF, "seen": "0" * 64}), 409)


def test_of_a_day_that_the_ledger_has_locked_nothing_is_booked(front: Front, seller: Seller) -> None:
    cora = front.sign_in("cora")
    seen = shown(cora)
    locked = {"fiscalyear_lock_date": LAST.isoformat()}
    seller.admin.call("res.company", "write", ids=[seller.company.id], vals=locked)
    words = said(cora.post(BOOK, json={**CUTOFF, "seen": seen["digest"]}), 409)
    assert "2026-10-31 is locked" in words and "fiscal year lock" in words and told(front) == 0
    # What it would come to may be known all the same.
    assert shown(cora) == seen


def test_it_is_refused_to_whoever_may_not(front: Front, seller: Seller) -> None:
    http = strangers(seller, front)
    for path in (TRY, BOOK):
        assert "close:sign" in said(http["vera"].post(path, json=CUTOFF), 403)
        # Of another entity nobody is told that there is this one.
        said(http["dora"].post(path, json=CUTOFF), 404)
        said(http["alice"].post(path, json=CUTOFF), 403)
        said(httpx2.post(f"{front.base}/api/v1{path}", json=CUTOFF), 401)
    # A machine's key decides nothing, whatever its role.
    seller.add(person("robot", human=False))
    seller.grant("robot", "controller")
    keyed = {"authorization": f"Bearer {key_of('robot')}"}
    for path in (TRY, BOOK):
        said(httpx2.post(f"{front.base}/api/v1{path}", json=CUTOFF, headers=keyed), 403)
    cora = front.sign_in("cora")
    said(cora.post(BOOK, json={"what": "everything"}), 422)
    said(cora.post("/closes/US/2026-13/book", json=CUTOFF), 422)
    # Nothing revalues this entity, and November is not over.
    assert "nothing revalues US" in said(cora.post(BOOK, json={"what": "revalue"}), 409)
    assert "is not over" in said(cora.post("/closes/US/2026-11/book", json=CUTOFF), 409)
    assert told(front) == 0 and seller.moves("CUTOFF") == []


def test_whoever_asked_for_it_does_not_approve_it(front: Front, seller: Seller) -> None:
    plain = seller.release
    policy = ApprovalPolicy("period ends", 'kind == "cutoff"', (Step("controller"),))
    seller.release = lambda: replace(plain(), policies=(policy,))  # type: ignore[method-assign]
    carl, cora = front.sign_in("carl"), front.sign_in("cora")
    assert carl.post(BOOK, json=CUTOFF).status_code == 200
    seller.work()
    (asked,) = cora.get("/approvals").json()["items"]
    assert asked["makers"] == ["carl"] and seller.moves("CUTOFF") == []
    body = {"requests": [asked["request_id"]], "verdict": "approve", "seen": asked["content_sha256"][:12]}
    assert "carl" in said(carl.post("/approvals/decide", json=body), 409)
    assert cora.post("/approvals/decide", json=body).status_code == 200
    seller.work()
    assert seller.moves("CUTOFF") == [ENTRY]


def test_the_form_books_what_it_has_shown_and_says_so_where_that_is_another_by_now(
    front: Front, seller: Seller
) -> None:
    cora = front.sign_in("cora")
    cora.post("/closes/US/2026-10/look")
    page = httpx2.Client(base_url=front.base, headers=cora.headers, timeout=120, follow_redirects=True)

    def press(**typed: str) -> str:
        return page.post("/close/US/2026-10", data={**CUTOFF, **typed}).text

    def digest(text: str) -> str:
        (found,) = re.findall(r'name="shown" value="([0-9a-f]{64})"', text)
        return str(found)

    first = press(act="book-try")
    assert "107.00" in first and "Nothing was changed" in first
    seller.tell(seller.sell("US-2", at(6)))
    late = press(act="book", shown=digest(first))
    assert "others by now than were shown" in late and told(front) == 0
    second = press(act="book-try")
    assert "214.00" in second
    press(act="book", shown=digest(second))
    assert told(front) == 1
