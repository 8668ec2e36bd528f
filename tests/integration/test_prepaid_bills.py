"""What an electronic invoice says was prepaid, whose sale it is, and what is no invoice: a real database, Odoo's simulator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.integration.buying import IBANS, Buyer
from tieout.cases import solve_case
from tieout.payables import PaymentRunError
from tieout.planning import replay
from tieout_sandbox.simulators.einvoices import Item, Sent, ubl

ON = date(2026, 10, 9)


def raw(buyer: Buyer, number: str = "B-1") -> bytes:
    """An invoice of 230.00 over the order."""
    known = buyer.tool.vendors["V1"]
    item = Item("chair", Decimal(10), Decimal("20.00"), Decimal(15), "S", "1")
    return ubl(Sent(number, ON, known.name, (item,), known.tax_id, order="PO-1", iban=known.iban))


def prepaid(whole: bytes, paid: str, due: str) -> bytes:
    old = b'<cbc:PayableAmount currencyID="USD">230.00'
    assert old in whole
    new = f'<cbc:PrepaidAmount currencyID="USD">{paid}</cbc:PrepaidAmount><cbc:PayableAmount currencyID="USD">{due}'
    return whole.replace(old, new.encode())


def kind(whole: bytes, code: str) -> bytes:
    return whole.replace(b">380</cbc:InvoiceTypeCode>", f">{code}</cbc:InvoiceTypeCode>".encode())


def take(buyer: Buyer, whole: bytes, name: str = "b.xml") -> None:
    buyer.give("bills", name, whole)
    buyer.work()


def ends(buyer: Buyer, cause: str) -> None:
    """A person says that it is done."""
    connection = buyer.database.connect(autocommit=True)
    (row,) = buyer.database.rows(
        "select case_id from tieout.cases where state = 'open' and cause = %s", cause
    )
    with connection.transaction():
        assert solve_case(connection, row["case_id"], buyer.clock.now(), "found and matched", "cora") == 1
    connection.close()


def match_advance(buyer: Buyer, amount: int, matched: bool = True) -> None:
    """An advance that was paid before the bill came, in Odoo; matched with the bill there by hand, or not yet."""
    context = {"allowed_company_ids": [buyer.company.id]}
    book = buyer.world.odoo.service.world
    (open_line,) = [
        i for i, x in book.table("account.move.line").items()
        if x["company_id"] == buyer.company.id and x["amount_residual"] == Decimal(-230)
    ]  # fmt: skip
    line = book.table("account.move.line")[open_line]
    account = {
        str(a["code"]): i
        for i, a in book.table("account.account").items()
        if buyer.company.id in a["company_ids"]
    }
    journal = buyer.admin.call(
        "account.journal", "search", domain=[["code", "=", "MISC"], ["company_id", "=", buyer.company.id]]
    )[0]
    rows = [
        {
            "account_id": account["211000"],
            "debit": amount,
            "credit": 0,
            "partner_id": line["partner_id"],
            "name": "advance",
        },
        {"account_id": account["101511"], "debit": 0, "credit": amount, "name": "advance"},
    ]
    move = buyer.admin.call(
        "account.move", "create", context=context,
        vals_list=[{"journal_id": journal, "date": "2026-10-01", "line_ids": [[0, 0, r] for r in rows]}],
    )  # fmt: skip
    buyer.admin.call("account.move", "action_post", ids=move, context=context)
    if not matched:
        return
    own = buyer.admin.call(
        "account.move.line", "search", domain=[["move_id", "=", move[0]], ["debit", ">", 0]], context=context
    )
    buyer.admin.call("account.move.line", "reconcile", ids=[open_line, *own], context=context)


def test_the_whole_bill_is_booked_and_no_run_pays_more_than_is_due(buyer: Buyer) -> None:
    buyer.ready()
    take(buyer, prepaid(raw(buyer), "100.00", "130.00"))
    assert buyer.states() == {"B-1": "posted"} and buyer.open_lines() == [Decimal("-230.00")]
    assert buyer.cases() == [("prepaid_to_match", "USV1:B-1")]
    (row,) = buyer.database.rows("select amount, currency, blocking, detail from tieout.cases")
    assert (row["amount"], row["currency"], row["blocking"]) == (Decimal("100.00"), "USD", False)
    assert "130.00 is due" in row["detail"]
    found = buyer.propose()
    assert found.payments == () and "at most 130.00 is due" in found.held[0].why
    # Its case alone does not free it: the money has to be found in the ledger.
    ends(buyer, "prepaid_to_match")
    assert buyer.propose().payments == ()
    match_advance(buyer, 100)
    assert [p.pays.value for p in buyer.propose().payments] == [Decimal("130.00")]


def test_what_is_left_of_a_bill_that_somebody_paid_by_hand_is_not_paid_as_its_advance(buyer: Buyer) -> None:
    """What is open is less than is due, and is the very part that was prepaid."""
    buyer.ready()
    take(buyer, prepaid(raw(buyer), "100.00", "130.00"))
    match_advance(buyer, 130)
    assert buyer.open_lines() == [Decimal("-100.00")]
    found = buyer.propose()
    assert found.payments == () and "prepaid" in found.held[0].why


def test_an_advance_that_is_open_is_named(buyer: Buyer) -> None:
    buyer.ready()
    take(buyer, prepaid(raw(buyer), "230.00", "0.00"))
    found = buyer.propose()
    assert found.payments == () and "at most 0.00 is due" in found.held[0].why
    assert "open at this supplier" not in found.held[0].why
    match_advance(buyer, 100, matched=False)
    (why,) = [x.why for x in buyer.propose().held]
    assert "open at this supplier:" in why and " of 100.00" in why


def test_withholding_comes_off_what_is_due(buyer: Buyer) -> None:
    buyer.paying["withholding"] = {"construction": "15"}
    buyer.vendor(withholding="construction")
    buyer.order()
    buyer.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    assert buyer.approve() == ""
    take(buyer, prepaid(raw(buyer), "100.00", "130.00"))
    match_advance(buyer, 100)
    ends(buyer, "prepaid_to_match")
    assert [p.pays.value for p in buyer.propose().payments] == [Decimal("110.50")]


def test_a_bill_that_asks_for_more_than_it_bills_is_paid_no_more(buyer: Buyer) -> None:
    buyer.ready()
    take(buyer, prepaid(raw(buyer), "-20.00", "250.00"))
    assert buyer.open_lines() == [Decimal("-230.00")] and buyer.cases() == [("prepaid_to_match", "USV1:B-1")]
    assert buyer.propose().payments == ()
    ends(buyer, "prepaid_to_match")
    assert [p.pays.value for p in buyer.propose().payments] == [Decimal("230.00")]


def test_a_bill_that_somebody_rewrote_is_not_paid(buyer: Buyer) -> None:
    buyer.ready()
    take(buyer, prepaid(raw(buyer), "100.00", "130.00"))
    buyer.database.rows(
        "update tieout.document set content = replace(content, '\"prepaid\"', '\"prepaide\"')"
        " where kind = 'vendor_bill' returning 1"
    )
    ends(buyer, "prepaid_to_match")
    with pytest.raises(PaymentRunError, match="changed it in the database past Tieout"):
        buyer.propose()


@pytest.mark.parametrize("code", ["389", "527", "500"])
def test_an_invoice_that_a_customer_made_out_for_us_is_no_bill(buyer: Buyer, code: str) -> None:
    buyer.ready()
    take(buyer, kind(raw(buyer), code))
    assert buyer.states() == {} and [c for c, _ in buyer.cases()] == ["self_billed"]
    (row,) = buyer.database.rows("select amount, currency, detail from tieout.cases")
    assert (row["amount"], row["currency"]) == (Decimal("230.00"), "USD") and "230.00 USD" in row["detail"]


def test_an_invoice_that_we_made_out_for_our_supplier_is_a_bill_once_we_are_known(buyer: Buyer) -> None:
    buyer.ready()
    vat = (
        b"<cac:PartyTaxScheme><cbc:CompanyID>US OURS</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        b"</cac:PartyTaxScheme>"
    )
    name = b"<cac:PartyLegalEntity><cbc:RegistrationName>Northwind Services Inc."
    whole = kind(raw(buyer), "389")
    assert whole.count(name) == 1
    take(buyer, whole.replace(name, vat + name))
    assert buyer.states() == {} and [c for c, _ in buyer.cases()] == ["self_billed"]
    # Its recovery: say who we are, and plan it again.
    buyer.bills["buyer_tax_id"] = "US-OURS"
    connection = buyer.database.connect(autocommit=True)
    replay(connection, buyer.clock.now(), "cora", cause="self_billed")
    connection.close()
    buyer.work()
    assert buyer.states() == {"B-1": "posted"} and buyer.cases() == []


def test_an_invoice_of_our_own_is_no_bill(buyer: Buyer) -> None:
    buyer.bills["buyer_tax_id"] = "US-V1"
    buyer.ready()
    take(buyer, raw(buyer))
    assert buyer.states() == {} and [c for c, _ in buyer.cases()] == ["own_invoice"]


def test_a_booking_aid_is_a_case_that_carries_its_figures(buyer: Buyer) -> None:
    from tests.conformance.test_einvoice_files import OURS

    buyer.ready()
    take(buyer, (OURS / "aid-cii-basic-wl.invented.xml").read_bytes())
    assert buyer.states() == {} and [c for c, _ in buyer.cases()] == ["booking_aid"]
    (row,) = buyer.database.rows("select amount, currency, detail from tieout.cases")
    assert (row["amount"], row["currency"]) == (Decimal("59.50"), "EUR")
    for figure in (
        "BA-2",
        "Kessler Pumpen GmbH",
        "BASIC WL",
        "2026-11-03",
        "50.00 net",
        "9.50 VAT",
        "59.50 due",
    ):
        assert figure in row["detail"], figure


@pytest.mark.parametrize(
    ("others", "held"), [(IBANS[1], False), ("before", False), ("", False), ("only", True)]
)
def test_one_account_of_several_that_was_approved_will_do(buyer: Buyer, others: str, held: bool) -> None:
    buyer.ready()
    means = b"<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>%s</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans><cac:TaxTotal>"
    whole = raw(buyer)
    if others == "only":
        # The approved account is gone, two others stand there.
        whole = whole.replace(IBANS[0].encode(), IBANS[2].encode())
        whole = whole.replace(b"<cac:TaxTotal>", means % IBANS[1].encode())
    elif others == "before":
        first = means.removesuffix(b"<cac:TaxTotal>") % IBANS[1].encode()
        whole = whole.replace(b"<cac:PaymentMeans>", first + b"<cac:PaymentMeans>", 1)
    elif others:
        whole = whole.replace(b"<cac:TaxTotal>", means % others.encode())
    take(buyer, whole)
    assert buyer.states() == {"B-1": "refused" if held else "posted"}
    assert [c for c, _ in buyer.cases()] == (["bank_details_differ"] if held else [])
