"""How an invoice stands on its way to being paid: what people say of it, what the ledger shows, and what the CRM is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.integration.office import Office, person
from tests.integration.owing import Creditor
from tests.integration.test_once import Front, OpenBooks
from tieout.console import pages

pytestmark = pytest.mark.long


@pytest.fixture
def creditor(office: Office) -> Creditor:
    made = Creditor(office.world, office.admin, office.company, office.database, office.session)
    made.let_in()
    made.grant("carl", "preparer")
    made.add(person("dora"))
    made.grant("dora", "preparer")
    return made


@pytest.fixture
def front(creditor: Creditor) -> Iterator[Front]:
    made = Front(creditor, OpenBooks(creditor))
    yield made
    made.stop()


@pytest.fixture
def http(front: Front) -> httpx2.Client:
    return front.sign_in("carl")


def say(http: httpx2.Client, move: int, kind: str, day: str | None = None, note: str = "") -> httpx2.Response:
    body = {"kind": kind, "promised_on": day, "note": note}
    return http.post(f"/receivables/invoices/US/{move}/events", json=body)


def listed(http: httpx2.Client, **more: Any) -> list[tuple[int, str, str]]:
    """Entry, status and what is open of each invoice that the API lists."""
    rows = http.get("/receivables/invoices", params={"entity": "US", **more}).json()["items"]
    return [(r["move"], r["status"], r["residual"]) for r in rows]


def happened(http: httpx2.Client, move: int) -> list[str]:
    return [e["kind"] for e in http.get(f"/receivables/invoices/US/{move}/events").json()]


def test_an_invoice_is_open_reminded_promised_in_collection_and_paid(
    creditor: Creditor, http: httpx2.Client
) -> None:
    account, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    assert listed(http) == [(move, "open", "100.00")]
    for kind, day, status in (
        ("reminded", None, "reminded"),
        ("promised", "2026-11-05", "promised"),
        ("handed over", None, "in collection"),
    ):
        assert say(http, move, kind, day).json() == {"status": status}
        creditor.read()
        assert listed(http) == [(move, status, "100.00")]
        assert creditor.shown(account) == (Decimal("100.00"), status.capitalize())
    creditor.pay(move, "40.00")
    creditor.read()
    assert listed(http) == [(move, "in collection", "60.00")]
    creditor.pay(move, "60.00")
    creditor.read()
    assert listed(http) == [] and listed(http, status="paid") == [(move, "paid", "0.00")]
    assert creditor.shown(account) == (Decimal("0.00"), "Paid")
    assert happened(http, move) == ["reminded", "promised", "handed over", "paid"]


def test_a_payment_that_is_taken_back_opens_the_invoice_and_what_was_said_before_is_over(
    creditor: Creditor, http: httpx2.Client
) -> None:
    account, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    say(http, move, "reminded")
    line = creditor.pay(move, "100.00")
    creditor.read()
    creditor.take_back(line)
    creditor.read()
    assert listed(http) == [(move, "open", "100.00")]
    assert creditor.shown(account) == (Decimal("100.00"), "Open")
    assert happened(http, move) == ["reminded", "paid", "reopened"]


def test_a_promise_that_is_not_kept_is_a_case_once_and_leaves_the_invoice_as_it_was(
    creditor: Creditor, front: Front, http: httpx2.Client
) -> None:
    account, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    say(http, move, "reminded")
    assert say(http, move, "promised", "2026-10-22").json() == {"status": "promised"}
    creditor.clock.at += timedelta(days=2)
    creditor.pay(move, "30.00")
    creditor.read()
    http = front.sign_in("dora")
    assert listed(http) == [(move, "promised", "70.00")] and creditor.cases() == []
    creditor.clock.at = creditor.clock.at.replace(day=23, hour=0, minute=0)
    for _ in range(2):
        creditor.read()
    http = front.sign_in("cora")
    assert listed(http) == [(move, "reminded", "70.00")]
    assert creditor.cases() == [("promise_broken", f"US:invoice {move}")]
    (row,) = creditor.database.rows("select amount, currency, blocking, recovery, detail from tieout.cases")
    assert (row["amount"], row["currency"], row["blocking"]) == (Decimal("70.00"), "USD", False)
    assert "2026-10-22" in row["detail"] and "Ada Ltd" in row["recovery"]
    assert creditor.shown(account)[1] == "Reminded"
    (shown,) = http.get("/receivables/invoices", params={"entity": "US"}).json()["items"]
    assert (shown["promised_on"], shown["broken_on"]) == (None, "2026-10-22")
    creditor.pay(move, "70.00")
    creditor.read()
    assert creditor.cases() == [] and happened(http, move) == [
        "reminded",
        "promised",
        "promise broken",
        "paid",
    ]


def test_another_promise_ends_the_case_of_the_one_that_was_broken(
    creditor: Creditor, front: Front, http: httpx2.Client
) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    say(http, move, "promised", "2026-10-21")
    creditor.clock.at += timedelta(days=2)
    creditor.read()
    http = front.sign_in("dora")
    assert len(creditor.cases()) == 1 and listed(http)[0][1] == "open"
    assert say(http, move, "promised", "2026-10-30").json() == {"status": "promised"}
    assert creditor.cases() == []


@pytest.mark.parametrize(
    ("kind", "day", "code"),
    [
        ("promised", None, 409), ("reminded", "2026-11-05", 409), ("promised", "2026-10-19", 409),
        ("promised", "2029-01-01", 409), ("taken back", None, 409), ("paid", None, 422), ("reopened", None, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_an_invoice_is_refused_with_words(
    creditor: Creditor, http: httpx2.Client, kind: str, day: str | None, code: int
) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    assert say(http, move, kind, day).status_code == code
    assert happened(http, move) == [] and listed(http) == [(move, "open", "100.00")]


def test_nothing_is_said_of_what_is_paid_or_not_there_or_by_whom_may_not(
    creditor: Creditor, front: Front, http: httpx2.Client
) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    assert say(http, move + 1, "reminded").status_code == 404
    creditor.pay(move, "100.00")
    creditor.read()
    refused = say(http, move, "reminded")
    assert refused.status_code == 409 and "is paid" in refused.text
    creditor.add(person("rita"))
    creditor.grant("rita", "auditor")
    assert say(front.sign_in("rita"), move, "reminded").status_code == 403


def test_an_invoice_that_stands_no_more_is_not_paid_by_that(creditor: Creditor, http: httpx2.Client) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    creditor.call("account.move", "button_draft", ids=[move])
    creditor.read()
    assert listed(http) == [] and listed(http, status="paid") == [] and happened(http, move) == []


def test_what_was_said_is_never_changed(creditor: Creditor, http: httpx2.Client) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    say(http, move, "reminded", note="by letter")
    (event,) = http.get(f"/receivables/invoices/US/{move}/events").json()
    assert (event["kind"], event["who"], event["note"]) == ("reminded", "carl", "by letter")
    for change in ("update tieout.collection_event set note = ''", "delete from tieout.collection_event"):
        with pytest.raises(Exception, match="append-only"), creditor.database.transaction() as c:
            c.execute(change)
    assert creditor.evidence("collection.event") == 1


def test_invoices_are_shown_where_users_look_and_said_of_there(creditor: Creditor) -> None:
    _, ada = creditor.customer("Ada Ltd")
    move = creditor.invoice(ada, "100.00")
    creditor.read()
    front = Front(creditor, OpenBooks(creditor), pages("Test", "test", False, lambda: True))
    http = front.sign_in("carl")
    try:
        shown = http.get(f"{front.base}/receivables")
        assert shown.status_code == 200 and "Ada Ltd" in shown.text and "100.00" in shown.text
        csrf = http.headers["x-tieout-csrf"]
        form = {"csrf": csrf, "entity": "US", "move": str(move), "kind": "promised", "promised_on": "2026-10-28",
                "note": "by phone", "number": "it"}  # fmt: skip
        assert http.post(f"{front.base}/receivables", data=form).status_code == 303
        assert "promised until" in http.get(f"{front.base}/receivables").text
        refused = http.post(
            f"{front.base}/receivables", data={**form, "kind": "taken back", "promised_on": ""}
        )
        assert "is not in collection" in refused.text
        assert listed(http) == [(move, "promised", "100.00")]
    finally:
        front.stop()
