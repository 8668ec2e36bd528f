"""What our own connectors must do beside what every connector must (test_every_connector.py), over real HTTP.

The Odoo part also runs against a real server when TIEOUT_TEST_ODOO_URL, TIEOUT_TEST_ODOO_DB and
TIEOUT_TEST_ODOO_KEY (an administrator's) are set; it works in a company of its own.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conformance.furnished import MANY, NOW, furnished, settings
from tests.conformance.odoo_hands import Between, Hands
from tieout.connector_api import (
    Connector,
    Poller,
    RefusedError,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
    UnknownOutcomeError,
)
from tieout.connectors.odoo.versions import choose
from tieout.documents import (
    CashPosting,
    EntryPosting,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    Mark,
    MatchedLine,
    MatchRequest,
    PartnerRecord,
    PaymentPosting,
    ProductRecord,
    UnmatchRequest,
)
from tieout.operations.discover import discover
from tieout_sandbox import World
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import FaultPlan, Faults, serve
from tieout_sandbox.simulators.odoo import Odoo
from tieout_sandbox.world import ADMIN_PASSWORD

CONNECTORS = discover().by_name


def config(connector: Connector, **values: Any) -> SystemConfig:
    defaults = {f.name: f.default or "1" for f in connector.config}
    return SystemConfig(
        connector.name, connector.name, "test", {**defaults, "url": "http://127.0.0.1:1", **values}
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with furnished(tmp_path_factory.mktemp("world")) as made:
        yield made


def poller(world: World, name: str) -> Any:
    return CONNECTORS[name].open(config(CONNECTORS[name], **settings(world, name)))


STREAMS = [
    ("stripe", "balance_transactions"),
    ("shopify", "orders"),
    ("salesforce", "accounts"),
    ("salesforce", "won_orders"),
    ("chargebee", "invoices"),
    ("chargebee", "credit_notes"),
    ("gusto", "payrolls"),
    ("concur", "reports"),
    ("coupa", "suppliers"),
    ("coupa", "orders"),
    ("coupa", "receipts"),
    ("coupa", "bills"),
]


def pull(
    session: Poller, stream: str, cursor: dict[str, Any] | None = None
) -> tuple[list[str], dict[str, Any]]:
    position, keys = cursor or {}, []
    while True:
        page = session.poll(stream, {**position, "options": {"overlap_minutes": 30}}, NOW)
        keys += [item.source_key for item in page.items]
        position = page.cursor
        if not page.more:
            return keys, position


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_paging_gives_every_item_once_and_a_later_poll_overlaps(world: World, name: str, stream: str) -> None:
    session = poller(world, name)
    keys, cursor = pull(session, stream)
    assert len(keys) == MANY == len(set(keys))
    again, _ = pull(session, stream, cursor)
    assert 0 < len(again) < 60 and set(again) <= set(keys)


@pytest.mark.parametrize(("name", "stream"), STREAMS)
@pytest.mark.parametrize("fault", ["too_many", "server_error"])
def test_a_busy_system_is_transient_and_then_works_again(
    world: World, name: str, stream: str, fault: str
) -> None:
    session = poller(world, name)
    simulator = world.shops["shop_us"] if name == "shopify" else getattr(world, name)
    quiet = simulator.faults
    simulator.faults = Faults(FaultPlan(**{fault: 1.0}), 1)
    simulator.faults.active = True
    try:
        with pytest.raises(TransientError):
            session.poll(stream, {}, NOW)
        simulator.faults = Faults(FaultPlan(**{fault: 0.3}), 1)
        simulator.faults.active = True
        assert len(pull(session, stream)[0]) == MANY
    finally:
        simulator.faults = quiet


@pytest.mark.parametrize(("name", "stream"), STREAMS)
def test_control_figures_agree_with_the_documents(world: World, name: str, stream: str) -> None:
    if stream in ("accounts", "suppliers", "orders", "receipts"):
        pytest.skip("these have no measure")
    session = poller(world, name)
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    totals = session.control_totals([stream], start, end, "UTC")
    assert sum(t.count for t in totals) == MANY


# Odoo


_URL = os.environ.get("TIEOUT_TEST_ODOO_URL", "")
_LOGIN = os.environ.get("TIEOUT_TEST_ODOO_LOGIN", "admin")
_VERSIONS = [os.environ.get("TIEOUT_TEST_ODOO_VERSION", "19.0")] if _URL else ["18.0", "19.0", "20.0"]


@pytest.fixture(scope="module", params=_VERSIONS)
def books(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Hands, int]]:
    """(session of the service account, what people and lines do there, company), of each version that is supported."""
    url, database, key = (os.environ.get(f"TIEOUT_TEST_ODOO_{n}", "") for n in ("URL", "DB", "KEY"))
    version = choose(request.param).differs
    simulator = Odoo(lambda: NOW, version, database="meridian", admin_password=ADMIN_PASSWORD)
    struck: Odoo | Between = Between(url, simulator) if url else simulator
    (port,) = free_ports(["odoo"]).values()
    served = serve({port: struck})
    request.addfinalizer(served.stop)
    reached = f"http://127.0.0.1:{port}"
    if not url:
        url, database, key = reached, simulator.database, simulator.service.make_key(2)
    admin = Administrator(url, database, key, version, _LOGIN)
    company = admin.set_up(f"Conformance {uuid.uuid4().hex[:8]}", date(2026, 10, 1))
    session = opened(reached, database, company.key, company.id, company.login)
    yield session, Hands(admin, struck, version, company.id), company.id
    admin.close()


def opened(url: str, database: str, key: str, company: int, login: str) -> Any:
    given = {"url": url, "database": database, "key": key, "company": str(company), "login": login}
    return CONNECTORS["odoo"].open(config(CONNECTORS["odoo"], **given))


def tag() -> str:
    return uuid.uuid4().hex[:10]


def invoice(name: str, partner: str, amount: str = "100.00", tax: str = "15.00", **more: Any) -> Sending:
    total = Decimal(amount) + Decimal(tax)
    body: dict[str, Any] = {
        "refund": False, "journal": "INV", "partner": partner, "on": date(2026, 10, 5), "reference": name,
        "currency": "USD", "tax_totals": {"15%": Decimal(tax)}, "total": total, "receivable": "121000",
        "match": name,
        "lines": (InvoiceLine(name="Valve", quantity=Decimal(1), net=Decimal(amount), account="400000", taxes=("15%",)),),
    }  # fmt: skip
    return Sending(f"tieout.{name}", InvoicePosting(**{**body, **more}))


def cash(
    name: str, partner: str, amount: str, match: str = "", journal: str = "BNKU", account: str = "101511"
) -> Sending:
    value = Decimal(amount)
    line = LedgerLine(
        account="121000", amount=-value, company=-value, name=name, partner=partner, match=match
    )
    return Sending(
        f"tieout.{name}",
        CashPosting(journal=journal, account=account, on=date(2026, 10, 6), reference=name, label=name,
                    currency="USD", amount=value, company=value, counterparts=(line,), partner=partner),
    )  # fmt: skip


def partner_of(session: Any) -> str:
    name = f"tieout.p_{tag()}"
    assert session.send([Sending(name, PartnerRecord(name="Conformance"))])[0].status == "confirmed"
    return name


def test_odoo_an_older_server_is_refused_with_what_is_needed(
    books: tuple[Any, Hands, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _, _ = books
    for version in ("17.0-20260101", "saas~18.4", "16.0"):
        monkeypatch.setattr(session._client, "version", lambda v=version: v)
        with pytest.raises(SetupError, match=r"version 18\.0, or 19\.0 or newer, is needed"):
            session.check()


def test_odoo_an_effect_sent_three_times_is_one_record(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    sending = invoice(f"i_{tag()}", partner_of(session))
    outcomes = [session.send([sending])[0] for _ in range(3)]
    # What is posted already is never posted again, which would be refused.
    assert [o.status for o in outcomes] == ["confirmed"] * 3, outcomes
    assert len({o.target_id for o in outcomes}) == 1


def test_odoo_a_product_that_is_there_under_its_number_is_used_and_others_are_made_once(
    books: tuple[Any, Hands, int],
) -> None:
    session, _, _ = books
    sku = f"SKU-{tag()}"
    made = Sending(f"tieout.product_{tag()}", ProductRecord(sku=sku, name="Valve"))
    (first,) = session.send([made])
    assert (first.status, first.model) == ("confirmed", "product.product"), first
    other = Sending(f"tieout.product_{tag()}", ProductRecord(sku=sku, name="The same, by another shop"))
    assert {session.send([x])[0].target_id for x in (made, other, made)} == {first.target_id}
    line = InvoiceLine(name="Valve, blue", quantity=Decimal(2), net=Decimal("100.00"), account="400000",
                       taxes=("15%",), product=made.external_id)  # fmt: skip
    sending = invoice(f"i_{tag()}", partner_of(session), lines=(line,))
    sending = replace(sending, targets={made.external_id: ("product.product", first.target_id)})
    (outcome,) = session.send([sending])
    # Account, price and taxes are the line's own, whatever the product says.
    assert outcome.status == "confirmed" and not outcome.cause, outcome
    rows = session._client.call("account.move.line", "search_read", fields=["name", "product_id", "price_unit"],
                                domain=[["move_id", "=", outcome.target_id], ["display_type", "=", "product"]])  # fmt: skip
    assert [(r["name"], r["product_id"][0], r["price_unit"]) for r in rows] == [
        ("Valve, blue", first.target_id, Decimal("50.0"))]  # fmt: skip


def test_odoo_a_registered_payment_is_made_once_and_matched_on_both_its_accounts(
    books: tuple[Any, Hands, int],
) -> None:
    session, _, _ = books
    partner, name = partner_of(session), f"pay_{tag()}"
    bill = invoice(f"i_{tag()}", partner, match="")
    (billed,) = session.send([bill])
    body = PaymentPosting(journal="BNKU", account="101403", counter="121000", on=date(2026, 10, 6),
                          reference=name, currency="USD", amount=Decimal("115.00"), partner=partner)  # fmt: skip
    payment = Sending(f"tieout.{name}", body)
    assert [o.status for o in session.look_up([payment])] == ["absent"]
    outcomes = [session.send([payment])[0] for _ in range(3)]
    assert len({o.target_id for o in outcomes}) == 1 and not outcomes[0].cause, outcomes
    assert [o.status for o in session.look_up([payment])] == ["confirmed"]
    line = cash(f"c_{tag()}", partner, "115.00")
    assert isinstance(line.body, CashPosting)
    counter = msgspec.structs.replace(line.body.counterparts[0], account="101403")
    line = replace(line, body=msgspec.structs.replace(line.body, counterparts=(counter,)))
    (booked,) = session.send([line])
    targets = {bill.external_id: ("account.move", billed.target_id), line.external_id: (booked.model, booked.target_id),
               payment.external_id: ("account.payment", outcomes[0].target_id)}  # fmt: skip
    for left, account in ((bill, "121000"), (line, "101403")):
        request = MatchRequest(left=left.external_id, right=payment.external_id, account=account)
        (matched,) = session.send([Sending(f"tieout.m_{tag()}", request, targets=targets)])
        assert matched.status == "confirmed", matched
    (row,) = session._client.call(
        "account.payment", "read", ids=[outcomes[0].target_id], fields=["state", "is_matched"]
    )
    assert row["state"] == session._client.differs.settled and row["is_matched"]


def test_odoo_two_companies_of_one_database_never_share_a_record(books: tuple[Any, Hands, int]) -> None:
    session, hands, company = books
    admin = hands.admin
    second = hands.another_company(f"Second {tag()}", date(2026, 10, 1))
    # One account that may work in both of them.
    other = opened(str(session._client.url), admin.database, admin._key, second, _LOGIN)
    partner = Sending(f"tieout.p_{tag()}", PartnerRecord(name="Same id"))
    sending = invoice(f"i_{tag()}", partner.external_id, tax="0.00", tax_totals={}, lines=(
        InvoiceLine(name="x", quantity=Decimal(1), net=Decimal("100.00"), account="400000"),))  # fmt: skip
    ids = []
    for each in (session, other):
        each.send([partner])
        (outcome,) = each.send([sending])
        assert outcome.status == "confirmed" and not outcome.cause, outcome
        ids.append(outcome.target_id)
        assert [o.status for o in each.look_up([sending])] == ["confirmed"]
    assert ids[0] != ids[1]
    both = {"allowed_company_ids": [company, second]}
    moves = hands.call("account.move", "read", ids, fields=["company_id"], context=both)
    assert {m["id"]: m["company_id"][0] for m in moves} == {ids[0]: company, ids[1]: second}


def test_odoo_the_trial_balance_is_of_posted_lines_and_sums_to_zero(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    before = session.trial_balance(date(2026, 10, 31))
    session.send([invoice(f"tb_{tag()}", partner_of(session))])
    after = session.trial_balance(date(2026, 10, 31))
    assert sum(v for (_, currency), v in after.items() if currency == "USD") == 0
    assert after["121000", "USD"] - before.get(("121000", "USD"), 0) == Decimal("115.00")


def test_odoo_the_sources_own_tax_stands_on_the_tax_line(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    (outcome,) = session.send([invoice(f"i_{tag()}", partner_of(session), "100.03", "15.01")])
    assert not outcome.cause, outcome
    lines = {code: Decimal(amount) for code, amount in outcome.read_back["lines"]}
    assert lines == {"121000": Decimal("115.04"), "400000": Decimal("-100.03"), "tax:15%": Decimal("-15.01")}


def test_odoo_an_invoice_is_due_when_it_says_whatever_term_its_partner_has(
    books: tuple[Any, Hands, int],
) -> None:
    """Left to Odoo, the partner's term takes the place of the due date that is sent, and may grant a discount (seen on both)."""
    session, hands, _ = books
    days = [[0, 0, {"value": "percent", "value_amount": 100.0, "nb_days": 40, "delay_type": "days_after"}]]
    (term,) = hands.call(
        "account.payment.term", "create", vals_list=[{"name": "Forty days", "line_ids": days}]
    )
    partner, name = f"tieout.p_{tag()}", tag()
    (made,) = session.send([Sending(partner, PartnerRecord(name="Slow"))])
    change = {"property_payment_term_id": term, "property_supplier_payment_term_id": term}
    hands.call("res.partner", "write", [made.target_id], vals=change)
    for number, more in enumerate(
        ({}, {"purchase": True, "journal": "BILL", "receivable": "211000", "match": ""})
    ):
        (outcome,) = session.send([invoice(f"{name}{number}", partner, due=date(2026, 10, 20), **more)])
        assert (outcome.status, outcome.cause) == ("confirmed", ""), outcome
        row = hands.call(
            "account.move",
            "read",
            [outcome.target_id],
            fields=["invoice_date_due", "invoice_payment_term_id"],
        )[0]
        assert (row["invoice_date_due"], row["invoice_payment_term_id"]) == ("2026-10-20", False)


def test_odoo_a_tax_that_a_key_would_never_make_due_is_not_sent_with_one(
    books: tuple[Any, Hands, int],
) -> None:
    session, hands, _ = books
    taxes = hands.call("account.tax", "search", domain=[["name", "=", "15%"], ["type_tax_use", "=", "sale"]])
    transition = hands.account("212200")
    partner = f"tieout.p_{tag()}"
    session.send([Sending(partner, PartnerRecord(name="Somebody"))])
    change = {"tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition}
    hands.call("account.tax", "write", taxes, vals=change)
    try:
        session.check()
        keyed, bare = (
            session.send([invoice(tag(), partner)]),
            session.send([invoice(tag(), partner, match="")]),
        )
        assert keyed[0].status == "refused" and "15% falls due on payment" in keyed[0].error
        assert "map a tax that is due on its invoice" in keyed[0].error and bare[0].status == "confirmed"
    finally:
        hands.call("account.tax", "write", taxes, vals={"tax_exigibility": "on_invoice"})
        session.check()


@pytest.mark.parametrize("first", ["invoice", "payment"])
def test_odoo_an_invoice_and_its_payment_are_matched_whichever_comes_first(
    books: tuple[Any, Hands, int], first: str
) -> None:
    session, _, _ = books
    partner, name = partner_of(session), f"m_{tag()}"
    sendings = [invoice(name, partner), cash(f"{name}_pay", partner, "115.00", name)]
    outcomes = {
        o.external_id: o
        for s in (sendings if first == "invoice" else sendings[::-1])
        for o in session.send([s])
    }
    left, right = (outcomes[s.external_id] for s in sendings)
    match = Sending(
        f"tieout.{name}_match", MatchRequest(left=left.external_id, right=right.external_id, account="121000"), (),
        {o.external_id: (o.model, o.target_id) for o in (left, right)},
    )  # fmt: skip
    assert [o.status for o in session.look_up([match])] == ["confirmed"]
    assert [o.status for o in session.send([match])] == ["confirmed"]


def test_odoo_two_part_payments_close_one_invoice(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    partner, name = partner_of(session), f"pp_{tag()}"
    (bill,) = session.send([invoice(name, partner)])
    for number, amount in enumerate(("15.00", "100.00")):
        (part,) = session.send([cash(f"{name}_{number}", partner, amount)])
        match = Sending(
            f"tieout.{name}_m{number}", MatchRequest(left=bill.external_id, right=part.external_id, account="121000"), (),
            {o.external_id: (o.model, o.target_id) for o in (bill, part)},
        )  # fmt: skip
        assert session.look_up([match])[0].status == "absent"
        assert session.send([match])[0].status == "confirmed"


def test_odoo_what_is_open_is_read_whoever_made_it_and_a_set_is_reconciled_once(
    books: tuple[Any, Hands, int],
) -> None:
    session, _, _ = books
    partner, name = partner_of(session), f"set_{tag()}"
    (bill,) = session.send([invoice(name, partner, match="")])
    line = LedgerLine(account="212130", amount=Decimal("-115.00"), company=Decimal("-115.00"), name=name)
    booked = cash(f"{name}_c", partner, "115.00")
    assert isinstance(booked.body, CashPosting)
    session.send([replace(booked, body=msgspec.structs.replace(booked.body, counterparts=(line,)))])
    found = {
        i.numbers[0]: i for i in session.open_items(["212130"], date(2026, 10, 31)) if name in i.numbers[0]
    }
    due, paid = found[name], found[f"{name}_c"]
    assert (due.kind, due.is_payment, due.residual, due.effect) == (
        "receivable",
        False,
        115,
        f"tieout.{name}",
    )
    assert (paid.account, paid.is_payment, paid.residual, paid.effect) == (
        "212130",
        True,
        -115,
        f"tieout.{name}_c",
    )
    assert not session.open_items(["212130"], date(2026, 9, 30)) or all(
        i.on <= date(2026, 9, 30) for i in session.open_items(["212130"], date(2026, 9, 30))
    )
    value = Decimal("115.00")
    entry = EntryPosting(
        journal="MISC", on=date(2026, 10, 6), reference=f"{name} applied", currency="USD",
        lines=(LedgerLine(account="212130", amount=value, company=value, name="x", match=f"{name}u"),
               LedgerLine(account="121000", amount=-value, company=-value, name="x", match=f"{name}r",
                          partner=f"#{due.partner}")),
        marks=(Mark(line=paid.line, match=f"{name}u"), Mark(line=due.line, match=f"{name}r")),
        expects=tuple(MatchedLine(line=x.line, residual=x.residual) for x in (paid, due)),
    )  # fmt: skip
    (applied,) = session.send([Sending(f"tieout.{name}_a", entry)])
    assert applied.status == "confirmed" and not applied.cause, applied
    # Sent again it is the same record: its lines are not open any more, for it closed them itself.
    (twice,) = session.send([Sending(f"tieout.{name}_a", entry)])
    assert (twice.status, twice.target_id, twice.cause) == ("confirmed", applied.target_id, ""), twice
    # Another entry for the same lines comes too late: nothing is posted for it.
    (late,) = session.send(
        [Sending(f"tieout.{name}_b", msgspec.structs.replace(entry, reference=f"{name} late"))]
    )
    assert (late.status, late.cause) == ("refused", "matched_otherwise") and "meanwhile line" in late.error
    moves = session._client.call("account.move", "search", domain=[["ref", "=", f"{name} late"]])
    assert moves == []
    # The marks paired both sets as the entry was posted: asking again does nothing.
    targets = {f"tieout.{name}_a": (applied.model, applied.target_id)}
    for account, item in (("121000", due), ("212130", paid)):
        body = MatchRequest(left=f"tieout.{name}_a", right="", account=account,
                            lines=(MatchedLine(line=item.line, residual=item.residual),))  # fmt: skip
        request = Sending(f"tieout.{name}_m{account}", body, (), targets)
        assert [o.status for o in session.look_up([request])] == ["confirmed"]
        assert [o.status for o in session.send([request])] == ["confirmed"]
        (kept,) = session.read_back([request], [0])
        assert kept.status == "confirmed" and not kept.cause and kept.read_back["partials"], kept
    left = {i.line for i in session.open_items(["212130"], date(2026, 10, 31))}
    assert not left & {due.line, paid.line} and bill.target_id


def test_odoo_two_entries_of_one_set_that_expect_the_same_line_are_not_both_posted(
    books: tuple[Any, Hands, int],
) -> None:
    session, _, _ = books
    partner, name = partner_of(session), f"two_{tag()}"
    bills = [f"{name}_1", f"{name}_2"]
    session.send([invoice(x, partner, match="") for x in bills])
    items = session.open_items(["121000"], date(2026, 10, 31))
    one, two = (next(i for i in items if x in i.numbers[0]) for x in bills)

    def entry(key: str, *due: Any) -> Sending:
        value = sum((x.residual for x in due), Decimal(0))
        lines = [LedgerLine(account="121000", amount=-x.residual, company=-x.residual, name="x", match=f"{key}{x.line}",
                            partner=f"#{x.partner}") for x in due]  # fmt: skip
        body = EntryPosting(
            journal="MISC", on=date(2026, 10, 6), reference=key, currency="USD",
            lines=(LedgerLine(account="212130", amount=value, company=value, name="x"), *lines),
            marks=tuple(Mark(line=x.line, match=f"{key}{x.line}") for x in due),
            expects=tuple(MatchedLine(line=x.line, residual=x.residual) for x in due),
        )  # fmt: skip
        return Sending(f"tieout.{key}", body)

    keys = [f"{name}_{x}" for x in "abc"]
    found = session.send([entry(keys[0], one), entry(keys[1], one, two), entry(keys[2], two)])
    outcomes = {o.external_id.removeprefix("tieout."): o for o in found}
    assert outcomes[keys[0]].status == outcomes[keys[2]].status == "confirmed", found
    assert (outcomes[keys[1]].status, outcomes[keys[1]].cause) == ("refused", "matched_otherwise"), found
    assert session._client.call("account.move", "search", domain=[["ref", "=", keys[1]]]) == []


def test_odoo_one_bad_row_is_refused_and_its_neighbours_are_posted(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    partner = partner_of(session)
    good, bad, odd = (
        invoice(f"g_{tag()}", partner),
        invoice(f"b_{tag()}", "tieout.nobody"),
        invoice(f"o_{tag()}", partner, journal="NOPE"),
    )
    outcomes = {o.external_id: o for o in session.send([good, bad, odd])}
    assert outcomes[good.external_id].status == "confirmed"
    assert outcomes[bad.external_id].status == outcomes[odd.external_id].status == "refused"
    assert "nobody" in outcomes[bad.external_id].error and "NOPE" in outcomes[odd.external_id].error


def test_odoo_an_unbalanced_entry_is_refused(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    lines = tuple(
        LedgerLine(account=a, amount=Decimal(v), company=Decimal(v), name="x")
        for a, v in (("612000", "10"), ("230000", "-9"))
    )
    body = EntryPosting(journal="MISC", on=date(2026, 10, 5), reference="x", currency="USD", lines=lines)
    (outcome,) = session.send([Sending(f"tieout.e_{tag()}", body)])
    assert outcome.status == "refused" and "balanced" in outcome.error


def test_odoo_what_was_matched_is_undone_and_never_by_half_under_a_lock(
    books: tuple[Any, Hands, int],
) -> None:
    """A bank line of which a person booked a part as a fee: Odoo would let its match go on a locked day, and keep the line."""
    session, hands, company = books
    bill, fee = invoice(f"i_{tag()}", partner_of(session), match=""), Decimal("5.00")
    (billed,) = session.send([bill])
    bank, moved = hands.split_bank_line(date(2026, 10, 6), Decimal("120.00"), fee)
    (due,) = [
        i
        for i in session.open_items(["121000"], date(2026, 10, 31))
        if i.numbers[0] == bill.body.reference  # type: ignore[union-attr]
    ]
    lines = (
        MatchedLine(line=due.line, residual=Decimal("115.00")),
        MatchedLine(line=moved, residual=Decimal("-115.00"), partner=due.partner),
    )
    match = MatchRequest(left="", right="", account="121000", lines=lines)
    (matched,) = session.send([Sending(f"tieout.m_{tag()}", match)])
    assert matched.status == "confirmed", matched
    undo = Sending(
        f"tieout.u_{tag()}", UnmatchRequest(left="", account="121000", lines=lines, statement_lines=(bank,))
    )
    assert hands.stands_on(moved) == ("121000", True) and billed.target_id
    hands.call("res.company", "write", [company], vals={"fiscalyear_lock_date": "2026-10-31"})
    try:
        (refused,) = session.send([undo])
    finally:
        hands.call("res.company", "write", [company], vals={"fiscalyear_lock_date": False})
    assert refused.status == "refused" and "Nothing was undone" in refused.error, refused
    assert hands.stands_on(moved) == ("121000", True)
    assert [o.status for o in session.send([undo])] == ["confirmed"]
    assert hands.stands_on(moved) == (hands.suspense(), False)
    # What is apart stays so, and the person's part was never touched.
    assert [o.status for o in session.send([undo])] == ["confirmed"]
    assert hands.balances(bank) == {"101511": Decimal(120), hands.suspense(): Decimal(-115), "621000": -fee}


def test_odoo_a_hashed_journal_of_a_bank_books_nothing_while_a_line_waits_and_a_general_one_works(
    books: tuple[Any, Hands, int],
) -> None:
    session, hands, _ = books
    partner, value = partner_of(session), Decimal("115.00")
    journal = hands.journal("HBNK", "bank", "101588")
    waiting = hands.bank_line(journal, date(2026, 10, 6), Decimal(7))
    hands.call("account.journal", "write", [journal], vals={"restrict_mode_hash_table": True})
    line = cash(f"h_{tag()}", partner, "115.00", journal="HBNK", account="101588")
    (refused,) = session.send([line])
    assert refused.status == "refused" and "Nothing was booked" in refused.error, refused
    assert [o.status for o in session.look_up([line])] == ["absent"]
    hands.call("account.bank.statement.line", "unlink", [waiting])
    assert [o.status for o in session.send([line])] == ["confirmed"]
    # Entries of a general journal are sealed as well, and are matched and taken apart as ever.
    general = hands.journal("HGEN", "general")
    hands.call("account.journal", "write", [general], vals={"restrict_mode_hash_table": True})
    bill, name = invoice(f"i_{tag()}", partner, match=""), f"e_{tag()}"
    rows = (LedgerLine(account="121000", amount=-value, company=-value, name="x", partner=partner),
            LedgerLine(account="212130", amount=value, company=value, name="x"))  # fmt: skip
    body = EntryPosting(journal="HGEN", on=date(2026, 10, 6), reference=name, currency="USD", lines=rows)
    targets = {}
    for each in (bill, Sending(f"tieout.{name}", body)):
        (outcome,) = session.send([each])
        assert (outcome.status, outcome.cause) == ("confirmed", ""), outcome
        targets[each.external_id] = ("account.move", outcome.target_id)
    left, right = targets
    request = MatchRequest(left=left, right=right, account="121000")
    (matched,) = session.send([Sending(f"tieout.m_{tag()}", request, targets=targets)])
    assert matched.status == "confirmed", matched
    undo = UnmatchRequest(left=right, account="121000", lines=hands.items_on(targets[left][1], "121000"))
    assert [o.status for o in session.send([Sending(f"tieout.u_{tag()}", undo, targets=targets)])] == [
        "confirmed"
    ]
    assert session.look_up([Sending(f"tieout.m_{tag()}", request, targets=targets)])[0].status == "absent"


def test_odoo_an_entry_carries_its_analytic_accounts_and_a_change_of_them_is_seen(
    books: tuple[Any, Hands, int],
) -> None:
    session, hands, _ = books
    names = hands.analytic_accounts(f"North {tag()}", f"South {tag()}")
    shares = ((names[0], Decimal(60)), (names[1], Decimal(40)))
    value, name = Decimal("10.00"), f"an_{tag()}"
    lines = (LedgerLine(account="612000", amount=value, company=value, name="x", analytic=shares),
             LedgerLine(account="230000", amount=-value, company=-value, name="x"))  # fmt: skip
    body = EntryPosting(journal="MISC", on=date(2026, 10, 5), reference=name, currency="USD", lines=lines)
    sending = Sending(f"tieout.{name}", body)
    (outcome,) = session.send([sending])
    assert (outcome.status, outcome.cause) == ("confirmed", ""), outcome
    rows = hands.call("account.move.line", "search_read", domain=[["move_id", "=", outcome.target_id]],
                      fields=["analytic_distribution"], order="id")  # fmt: skip
    (line,) = [row["id"] for row in rows if row["analytic_distribution"]]
    key = hands.analytic(names[0])
    hands.call("account.move.line", "write", [line], vals={"analytic_distribution": {str(key): 100}})
    (seen,) = session.read_back([sending], [outcome.target_id])
    assert seen.cause == "changed_in_ledger", seen


def test_odoo_edits_and_deletions_by_people_are_seen_by_content(books: tuple[Any, Hands, int]) -> None:
    session, hands, _ = books
    partner = partner_of(session)
    sendings = [invoice(f"ed_{tag()}", partner) for _ in range(3)]
    ids = [o.target_id for o in session.send(sendings)]
    hands.call("account.move", "button_draft", ids[:2])
    hands.call("account.move", "unlink", [ids[1]])
    causes = [o.cause for o in session.read_back(sendings, ids)]
    assert causes == ["unposted_in_ledger", "deleted_in_ledger", ""]


@pytest.mark.parametrize(
    "fault", ["cut_after_commit", "late_commit", "serialization", "too_many", "server_error"]
)
def test_odoo_whatever_strikes_the_effect_happens_once(books: tuple[Any, Hands, int], fault: str) -> None:
    session, hands, _ = books
    partner = partner_of(session)
    batch = [invoice(f"f_{tag()}", partner) for _ in range(5)]
    # By JSON-RPC any call may be struck, and not loads alone.
    rate = {"18.0": 0.2, "19.0": 0.6, "20.0": 0.3}[hands.played.series]
    before = hands.strike(4, **{fault: rate})
    done: dict[str, Any] = {}
    try:
        for _ in range(60):
            rest = [s for s in batch if s.external_id not in done]
            if not rest:
                break
            try:
                outcomes = session.send(rest)
            except UnknownOutcomeError:
                outcomes = []
                for _ in range(20):
                    try:
                        outcomes = session.look_up(rest)
                        break
                    except (TransientError, UnknownOutcomeError):
                        continue
            except (TransientError, SetupError):
                continue
            done |= {o.external_id: o for o in outcomes if o.status == "confirmed"}
        struck = hands.struck.faults.counts
    finally:
        hands.still(before)
    assert len(done) == 5 and struck[fault]
    references = [s.body.reference for s in batch]  # type: ignore[union-attr]
    moves = hands.call("account.move", "search_read", domain=[["ref", "in", references]], fields=["state"])
    assert len(moves) == 5 and all(m["state"] == "posted" for m in moves)


def test_odoo_a_least_privilege_account_is_told_which_right_it_lacks(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    with pytest.raises(SetupError, match="lacks a right"):
        session._client.call("res.company", "write", ids=[1], vals={"sale_lock_date": "2026-01-31"})


def test_odoo_a_missing_record_is_refused_and_not_retried(books: tuple[Any, Hands, int]) -> None:
    session, _, _ = books
    with pytest.raises(RefusedError):
        session._client.call("account.move", "action_post", ids=[99999999])


def test_a_simulator_imports_nothing_of_the_connector_that_it_stands_in_for() -> None:
    files = list((Path(__file__).resolve().parents[2] / "src/tieout_sandbox/simulators").rglob("*.py"))
    assert len(files) > 15
    for path in files:
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["from"], ["import"]) and words[1].startswith("tieout."):
                room = words[1].split(".")[1]
                assert room not in ("connectors", "connector_api", "documents"), f"{path}: {line}"
