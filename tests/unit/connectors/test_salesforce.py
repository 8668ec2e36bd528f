"""Salesforce as it is: fields that an org has not, one currency, nested pages, refusals that pass, values that a trigger changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import (
    Outcome,
    OutcomeStatus,
    RefusedError,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
)
from tieout.connectors.salesforce.connector import CONNECTOR
from tieout.documents import CrmUpdate, CustomerInvoice
from tieout.documents.base import NOTHING
from tieout.money import Amount
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.salesforce import Salesforce

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
DATA = "/services/data/v66.0"
ACCOUNT = "001A00000000001AAA"
TOKEN = b'{"access_token": "t", "token_type": "Bearer"}'


class Org:
    """An org that answers, and a session of it."""

    def __init__(self, **given: Any) -> None:
        self.there = Salesforce(lambda: NOW, client_id="c", client_secret="s", **given)
        self.there.add_account(1, "Acme", "a@example.com", NOW)

    def win(self, number: int, lines: int = 1, each: Decimal = Decimal("10.00")) -> None:
        kept = [(f"Part {n}", 1, each) for n in range(lines)]
        total = each * lines if lines else each
        self.there.win(number, f"SO-{number}", None, NOW, kept, None, total)


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Any:
    def start(org: Org, **settings: str) -> Any:
        port = free_port()
        request.addfinalizer(serve({port: org.there}).stop)
        given = {"url": f"http://127.0.0.1:{port}", "client_id": "c", "client_secret": "s", **settings}
        session = CONNECTOR.open(SystemConfig("crm", "salesforce", "test", given))
        request.addfinalizer(session.close)
        return session

    return start


def invoices(session: Any) -> list[CustomerInvoice]:
    cursor: dict[str, Any] = {}
    found: list[CustomerInvoice] = []
    while True:
        page = session.poll("won_orders", cursor, NOW)
        for item in page.items:
            found += CONNECTOR.stream("won_orders").documents(item.body, {})  # type: ignore[arg-type]
        cursor = page.cursor
        if not page.more:
            return found


def test_fifteen_millions_are_fifteen_millions(served: Any) -> None:
    org = Org()
    org.win(1, 1, Decimal("15000000.00"))
    (invoice,) = invoices(served(org))
    assert invoice.total == Amount(Decimal("15000000.00"), "USD")
    assert invoice.lines[0].net == Amount(Decimal("15000000.00"), "USD")


def test_lines_behind_a_locator_of_their_own_are_read(served: Any) -> None:
    org = Org()
    org.win(1, 120)
    (invoice,) = invoices(served(org))
    assert len({line.name for line in invoice.lines}) == 120
    assert sum(line.net.value for line in invoice.lines) == invoice.total.value == 1200


def test_an_opportunity_without_products_is_one_line_of_its_amount(served: Any) -> None:
    org = Org()
    org.win(1, 0)
    (invoice,) = invoices(served(org))
    assert [(line.name, line.net.value) for line in invoice.lines] == [("Order SO-1", Decimal("10.00"))]


def test_an_org_of_one_currency_has_it_from_its_settings(served: Any) -> None:
    org = Org(currency="EUR", country_codes=False)
    org.win(1)
    session = served(org, currency="EUR")
    (invoice,) = invoices(session)
    assert invoice.total == Amount(Decimal("10.00"), "EUR")
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    (total,) = session.control_totals(["won_orders"], start, end, "UTC")
    assert (total.currency, total.count, total.debit) == ("EUR", 1, Decimal("10.00"))
    after = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
    assert session.control_totals(["won_orders"], *after, "UTC") == []
    page = session.poll("accounts", {}, NOW)
    (customer,) = CONNECTOR.stream("accounts").documents(page.items[0].body, {})
    assert customer.party.country == ""  # type: ignore[attr-defined]


def test_an_org_of_one_currency_that_nobody_named_is_for_a_person(served: Any) -> None:
    org = Org(currency="EUR")
    org.win(1)
    session = served(org)
    with pytest.raises(SetupError, match="one currency, which its API does not tell"):
        session.poll("won_orders", {}, NOW)
    assert session.poll("accounts", {}, NOW).items


def update(exposure: str = "1200.50", status: str = "open") -> Sending:
    return Sending("e1", CrmUpdate(account_key=ACCOUNT, exposure=Amount(Decimal(exposure), "USD"), collection_status=status))  # fmt: skip


def test_exposure_is_written_as_json_and_read_again(served: Any) -> None:
    org = Org()
    session = served(org)
    (outcome,) = session.send([update("15000000.00")])
    assert outcome.status is OutcomeStatus.CONFIRMED
    assert outcome.read_back["Credit_Exposure__c"] == "15000000"
    assert session.look_up([update("15000000.00")])[0].status is OutcomeStatus.CONFIRMED
    assert session.look_up([update("1.00")])[0].status is OutcomeStatus.ABSENT


def test_a_value_that_a_trigger_changes_is_refused_and_not_sent_again(served: Any) -> None:
    org = Org()
    org.there.trigger = lambda changes: {**changes, "Credit_Exposure__c": Decimal("1201")}
    (outcome,) = served(org).send([update()])
    assert outcome.status is OutcomeStatus.REFUSED
    assert "Credit_Exposure__c: 1200.50 became 1201" in outcome.error
    assert "trigger" in outcome.error
    assert "Collection_Status__c" not in outcome.error


def test_an_account_that_is_gone_is_absent_when_looked_up_and_refused_when_sent(served: Any) -> None:
    org = Org()
    session = served(org)
    org.there.accounts.clear()
    assert session.look_up([update()])[0].status is OutcomeStatus.ABSENT
    assert session.send([update()])[0].status is OutcomeStatus.REFUSED


def test_an_app_may_sign_in_by_its_key(served: Any) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    session = served(Org(), client_secret="", private_key=key.decode(), username="u@example.com")
    assert "Salesforce at" in session.check()


@pytest.mark.parametrize("given", [{}, {"private_key": "x"}, {"username": "u"}])
def test_an_app_that_has_nothing_to_sign_in_with_is_for_a_person(given: dict[str, str]) -> None:
    with pytest.raises(SetupError, match="consumer secret, or a private key"):
        CONNECTOR.open(
            SystemConfig("crm", "salesforce", "test", {"url": "http://x", "client_id": "c", **given})
        )


def refusal(status: int, code: str, message: str = "no") -> Answer:
    return Answer(json.dumps([{"message": message, "errorCode": code}]).encode(), status)


def describes(**more: list[str]) -> dict[tuple[str, str], bytes]:
    own = {
        "Account": ["Id", "Name"],
        "Opportunity": ["CurrencyIsoCode", "Order_Number__c", "Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c"],
        "OpportunityLineItem": ["Name", "Quantity", "TotalPrice"],
        **more,
    }
    return {
        ("GET", f"{DATA}/sobjects/{table}/describe"): json.dumps({"fields": [{"name": n} for n in names]}).encode()
        for table, names in own.items()
    }  # fmt: skip


def opened(there: Replay) -> Any:
    given = {"url": there.url, "client_id": "c", "client_secret": "s"}
    return CONNECTOR.open(SystemConfig("crm", "salesforce", "test", given))


EMPTY = b'{"totalSize": 0, "done": true, "records": []}'


@pytest.mark.parametrize(
    ("status", "code"),
    [
        # github:restforce/restforce issues 567, 568; github:developerforce/Force.com-JavaScript-REST-Toolkit issue 68.
        (403, "REQUEST_LIMIT_EXCEEDED"),
        (400, "UNABLE_TO_LOCK_ROW"),
        (503, "SERVER_UNAVAILABLE"),
        (400, "QUERY_TIMEOUT"),
        (500, "UNKNOWN_EXCEPTION"),
    ],
)
def test_what_passes_by_itself_is_asked_again(status: int, code: str) -> None:
    busy = refusal(status, code)
    answers = {
        ("POST", "/services/oauth2/token"): TOKEN,
        ("GET", f"{DATA}/query"): [busy, EMPTY],
        **describes(),
    }
    with Replay(answers) as there:
        assert opened(there).poll("accounts", {}, NOW).items == []
    with Replay({**answers, ("GET", f"{DATA}/query"): busy}) as there, pytest.raises(TransientError):
        opened(there).poll("accounts", {}, NOW)


def test_a_row_that_somebody_else_has_is_written_later() -> None:
    path = f"{DATA}/sobjects/Account/{ACCOUNT}"
    held = b'{"Credit_Exposure__c": 1200.5, "Collection_Status__c": "open"}'
    answers: dict[tuple[str, str], Any] = {
        ("POST", "/services/oauth2/token"): TOKEN,
        ("PATCH", path): [refusal(400, "UNABLE_TO_LOCK_ROW"), Answer(b"", 204)],
        ("GET", path): held,
    }
    with Replay(answers) as there:
        (outcome,) = opened(there).send([update()])
        sent = [asked for asked in there.asked if asked.method == "PATCH"]
    assert outcome == Outcome("e1", OutcomeStatus.CONFIRMED, None, "Account", outcome.read_back)
    assert [asked.headers["content-type"] for asked in sent] == ["application/json"] * 2
    assert json.loads(sent[0].body, parse_float=Decimal)["Credit_Exposure__c"] == Decimal("1200.50")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(403, "API_DISABLED_FOR_ORG"), "API_DISABLED_FOR_ORG"),
        (Answer(b'{"errorCode": "UNSUPPORTED_API_VERSION"}', 410), "no longer answers version v66.0"),
    ],
)
def test_what_a_person_must_mend_says_so(answer: Answer, words: str) -> None:
    answers = {("POST", "/services/oauth2/token"): TOKEN, ("GET", f"{DATA}/query"): answer, **describes()}
    with Replay(answers) as there, pytest.raises(SetupError, match=words):
        opened(there).poll("accounts", {}, NOW)


def test_a_field_that_is_missing_is_named() -> None:
    answers = {
        ("POST", "/services/oauth2/token"): TOKEN,
        **describes(Opportunity=["Order_Number__c", "Tax_Rate__c"]),
    }
    with Replay(answers) as there, pytest.raises(SetupError, match=r"no field Tax_Title__c, Tax_Amount__c"):
        opened(there).poll("won_orders", {}, NOW)


def test_a_locator_that_ended_is_begun_anew_and_another_refusal_is_told() -> None:
    ended = refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    cursor = {"since": "2026-10-05T14:00:00.000+0000", "next": f"{DATA}/query/01g-2000"}
    answers: dict[tuple[str, str], Any] = {
        ("POST", "/services/oauth2/token"): TOKEN,
        ("GET", cursor["next"]): ended,
        ("GET", f"{DATA}/query"): EMPTY,
        **describes(),
    }
    with Replay(answers) as there:
        page = opened(there).poll("accounts", cursor, NOW)
        (asked,) = [dict(a.query)["q"] for a in there.asked if a.path == f"{DATA}/query"]
    assert page.cursor == {"since": cursor["since"]}
    assert "SystemModstamp >= 2026-10-05T12:00:00Z" in asked
    answers["GET", cursor["next"]] = refusal(400, "MALFORMED_QUERY")
    with Replay(answers) as there, pytest.raises(RefusedError, match="MALFORMED_QUERY"):
        opened(there).poll("accounts", cursor, NOW)


ROW = {
    "Id": "006", "AccountId": None, "Account": None, "Amount": 30.0, "CloseDate": "2026-10-02", "CurrencyIsoCode": "USD",
    "Order_Number__c": "SO-1", "Tax_Title__c": None, "SystemModstamp": "2026-10-05T14:00:00.000+0000",
}  # fmt: skip


def nested(first: dict[str, Any], further: dict[str, Any]) -> Any:
    row = {**ROW, "OpportunityLineItems": first}
    answers = {
        ("POST", "/services/oauth2/token"): TOKEN,
        ("GET", f"{DATA}/query"): json.dumps({"totalSize": 1, "done": True, "records": [row]}).encode(),
        ("GET", f"{DATA}/query/01h-1"): json.dumps(further).encode(),
        **describes(),
    }
    with Replay(answers) as there:
        return opened(there).poll("won_orders", {}, NOW)


LINE = {"Name": "x", "Quantity": 1.0, "TotalPrice": 10.0}
ONWARD = {"done": False, "nextRecordsUrl": f"{DATA}/query/01h-1"}


def test_pages_that_lead_in_a_circle_end() -> None:
    page = {"totalSize": 3, **ONWARD, "records": [LINE]}
    with pytest.raises(TransientError, match="lead back to one that was there before"):
        nested(page, page)


def test_lines_that_do_not_all_come_are_not_taken() -> None:
    with pytest.raises(TransientError, match="3 rows were said, and 2 came"):
        nested(
            {"totalSize": 3, **ONWARD, "records": [LINE]}, {"totalSize": 3, "done": True, "records": [LINE]}
        )


@pytest.mark.parametrize("amount", [None, "NaN", "1e99", "abc"])
def test_an_amount_that_is_none_is_no_order(amount: Any) -> None:
    raw = json.dumps({**ROW, "Amount": amount, "OpportunityLineItems": None}).encode()
    with pytest.raises(ValueError):
        CONNECTOR.stream("won_orders").documents(raw, {})


def test_an_order_that_earlier_versions_stored_reads_as_it_did() -> None:
    """Numbers were kept as texts, and every opportunity had its currency and products."""
    lines = {
        "done": True,
        "records": [{"Name": "x", "Quantity": "2.0", "TotalPrice": "30.00"}],
        "totalSize": 1,
    }
    raw = json.dumps({**ROW, "Amount": "30.00", "OpportunityLineItems": lines}).encode()
    (invoice,) = CONNECTOR.stream("won_orders").documents(raw, {})
    assert isinstance(invoice, CustomerInvoice)
    assert (invoice.total.value, invoice.lines[0].quantity) == (Decimal("30.00"), Decimal("2.0"))


def polled(
    session: Any, cursor: dict[str, Any] | None = None
) -> tuple[list[CustomerInvoice], dict[str, Any]]:
    """The last word on each order, and from where the next poll goes on."""
    found: dict[str, CustomerInvoice] = {}
    cursor = cursor or {}
    while True:
        page = session.poll("won_orders", cursor, NOW)
        for item in page.items:
            for made in CONNECTOR.stream("won_orders").documents(item.body, {}):
                found[made.key] = made  # type: ignore[assignment]
        cursor = page.cursor
        if not page.more:
            return list(found.values()), cursor


def later(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.parametrize("how", ["lose", "delete"])
def test_an_order_that_is_won_no_longer_or_deleted_is_told_as_that(served: Any, how: str) -> None:
    org = Org()
    org.win(1)
    org.win(2)
    session = served(org)
    told, cursor = polled(session)
    assert [d.exclusion for d in told] == ["", ""] and cursor == {"since": told[0].version}
    gone = next(iter(org.there.opportunities.values()))
    getattr(org.there, how)(gone, later(3))
    told, cursor = polled(session, cursor)
    (lost,) = [d for d in told if d.exclusion]
    assert (lost.key, lost.exclusion) == (
        f"opportunity:{gone['Id']}",
        {"lose": "not_won", "delete": "deleted"}[how],
    )
    assert lost.total == Amount(Decimal("10.00"), "USD") and lost.measure() == NOTHING
    assert lost.occurred_at.date() == NOW.date(), "it stays in the month that it was of"
    assert cursor["since"] == lost.version
    # Its own sums count it no more either.
    (total,) = session.control_totals(["won_orders"], NOW - timedelta(days=1), later(24), "UTC")
    assert (total.count, total.debit) == (1, Decimal("10.00"))
    # Won again, or out of the recycle bin.
    org.there.change(gone, later(6), IsWon=True, IsDeleted=False)
    told, _ = polled(session, cursor)
    assert [d.exclusion for d in told if d.key == lost.key] == [""]


def test_what_was_lost_and_deleted_between_two_polls_is_deleted(served: Any) -> None:
    org = Org()
    org.win(1)
    (row,) = org.there.opportunities.values()
    org.there.lose(row, later(1))
    org.there.change(row, later(2), Amount=None)
    org.there.delete(row, later(3))
    (told,), _ = polled(served(org))
    assert (told.exclusion, told.total) == ("deleted", Amount.zero("USD"))


def test_what_has_no_order_number_was_never_an_order(served: Any) -> None:
    org = Org()
    org.win(1)
    (row,) = org.there.opportunities.values()
    org.there.change(row, NOW, IsWon=False, Order_Number__c=None)
    assert polled(served(org))[0] == []


def test_many_that_are_won_no_longer_come_page_by_page(served: Any) -> None:
    org = Org()
    for n in range(450):
        org.win(n)
    for row in org.there.opportunities.values():
        org.there.lose(row, later(1))
    told, cursor = polled(served(org))
    assert len(told) == 450 and {d.exclusion for d in told} == {"not_won"}
    assert set(cursor) == {"since"}


def test_several_taxes_of_an_order_stand_at_its_products(served: Any) -> None:
    org = Org(line_taxes=True)
    lines = [("Pump", 1, Decimal("100.00")), ("Book", 1, Decimal("20.00")), ("Work", 1, Decimal("50.00")),
             ("Valve", 1, Decimal("10.00"))]  # fmt: skip
    state, low = ("State Tax", Decimal(15)), ("Low", Decimal("7.0"))
    taxes = [(*state, Decimal("15.00")), (*low, Decimal("1.40")), None, (*state, Decimal("1.50"))]
    org.there.win(1, "SO-1", None, NOW, lines, None, Decimal("197.90"), line_taxes=taxes)
    (made,), _ = polled(served(org))
    assert [(t.key, str(t.amount.value)) for t in made.taxes] == [
        ("State Tax 15%", "16.50"),
        ("Low 7%", "1.40"),
    ]
    assert [line.tax_keys for line in made.lines] == [("State Tax 15%",), ("Low 7%",), (), ("State Tax 15%",)]
    parts = [line.net for line in made.lines] + [tax.amount for tax in made.taxes]
    assert sum(parts, Amount.zero("USD")) == made.total


def won(**given: Any) -> bytes:
    row = {"Id": "006", "SystemModstamp": "2026-10-06T12:00:00.000+0000", "CloseDate": "2026-10-06", "OrgCurrency": "USD",
           "Order_Number__c": "SO-1", "Amount": 115, "Tax_Title__c": None, "Tax_Rate__c": None, "Tax_Amount__c": None,
           "OpportunityLineItems": None, **given}  # fmt: skip
    return json.dumps(row).encode()


def test_a_tax_that_nobody_names_is_refused_and_never_booked_as_revenue() -> None:
    with pytest.raises(ValueError, match="Tax_Title__c does not say of which tax"):
        CONNECTOR.stream("won_orders").documents(won(Tax_Amount__c=15), {})


def test_an_orders_taxes_are_those_of_its_products_or_it_is_refused() -> None:
    line = {
        "Name": "Pump",
        "Quantity": 1,
        "TotalPrice": 100,
        "Tax_Title__c": "T",
        "Tax_Rate__c": 15,
        "Tax_Amount__c": 15,
    }
    given = won(Tax_Amount__c=14.99, OpportunityLineItems={"records": [line]})
    with pytest.raises(ValueError, match=r"is 14.99 USD, and the taxes of its products come to 15"):
        CONNECTOR.stream("won_orders").documents(given, {})
    (made,) = CONNECTOR.stream("won_orders").documents(
        won(Tax_Amount__c=15, OpportunityLineItems={"records": [line]}), {}
    )
    assert isinstance(made, CustomerInvoice) and [t.amount.value for t in made.taxes] == [15]


def test_what_was_emptied_out_of_the_recycle_bin_is_in_no_answer_and_missing_in_its_sums(served: Any) -> None:
    org = Org()
    org.win(1)
    org.win(2)
    session = served(org)
    _, cursor = polled(session)
    org.there.delete(next(iter(org.there.opportunities.values())), later(1))
    org.there.empty_bin()
    assert [d.exclusion for d in polled(session, cursor)[0]] == [""]
    (total,) = session.control_totals(["won_orders"], NOW - timedelta(days=1), later(24), "UTC")
    assert (total.count, total.debit) == (1, Decimal("10.00"))


def test_an_order_without_products_is_one_line_of_what_its_tax_leaves() -> None:
    (made,) = CONNECTOR.stream("won_orders").documents(
        won(Tax_Title__c="T", Tax_Rate__c=15, Tax_Amount__c=15), {}
    )
    assert isinstance(made, CustomerInvoice)
    (line,), (tax,) = made.lines, made.taxes
    assert (line.net.value, line.tax_keys, tax.rate, tax.amount.value) == (
        100,
        ("T 15%",),
        Decimal("0.15"),
        15,
    )


@pytest.mark.parametrize("told", ["", "soon"])
def test_a_row_without_its_time_of_change_is_refused_by_itself(served: Any, told: str) -> None:
    """The whole poll used to end with it, at each try."""
    org = Org()
    org.win(1)
    org.win(2)
    first, second = org.there.opportunities.values()
    first["SystemModstamp"] = told
    session = served(org)
    page = session.poll("won_orders", {}, NOW)
    assert len(page.items) == 2 and page.cursor["newest"] == second["SystemModstamp"]
    read = CONNECTOR.stream("won_orders").documents
    whole = [item for item in page.items if item.source_key == second["Id"]]
    assert [d.key for item in whole for d in read(item.body, {})] == [f"opportunity:{second['Id']}"]
    (bare,) = [item for item in page.items if item.source_key == first["Id"]]
    with pytest.raises(
        ValueError, match=r"SystemModstamp is .*: the instant of its last change was expected"
    ):
        read(bare.body, {})
