"""Payment runs: from a proposal to the bank and back: a real database, the simulator over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.buying import IBANS, Buyer
from tests.stages import read_back
from tieout.connector_api import OpenItem, Sending
from tieout.delivery import VerifyStage
from tieout.documents import FileOut
from tieout.payables import PaymentRunError, Proposal, propose_run
from tieout_sandbox.simulators.bankfile import BankLine

pytestmark = pytest.mark.long

PAY = date(2026, 10, 26)


@pytest.fixture
def paying(buyer: Buyer) -> Buyer:
    """A bill of 230.00 that is booked, of a supplier that was approved long enough ago."""
    buyer.ready()
    buyer.bill()
    return buyer


def run_it(buyer: Buyer) -> str:
    found = buyer.propose()
    assert buyer.approve() == ""
    return found.run


def sent(buyer: Buyer) -> dict[str, Decimal]:
    """End-to-end ids and amounts of every file that the bank would fetch."""
    found = {}
    for path in sorted((buyer.folder / "out").glob("*.xml")):
        for payment in etree.fromstring(path.read_bytes()).iter("{*}CdtTrfTxInf"):
            end = next(payment.iter("{*}EndToEndId")).text or ""
            found[end] = Decimal(next(payment.iter("{*}InstdAmt")).text or "")
    return found


def test_a_payment_goes_from_proposal_to_the_bank_line(paying: Buyer) -> None:
    found = paying.propose()
    assert found.run == "US20261026" and [p.pays.value for p in found.payments] == [Decimal("230.00")]
    # Nothing goes anywhere before somebody else releases it.
    assert sent(paying) == {} and paying.open_lines() == [Decimal("-230.00")]
    assert paying.decide("mia") != ""
    assert paying.approve() == ""
    assert sent(paying) == {"US20261026-001": Decimal("230.00")}
    assert paying.open_lines() == [] and paying.open_lines("101404") == [Decimal("-230.00")]
    paying.bank_pays(PAY)
    assert paying.open_lines("101404") == [] and paying.cases() == []
    assert paying.balances() == {
        "101511": Decimal("-230.00"), "600000": Decimal("200.00"), "131000": Decimal("30.00"),
    }  # fmt: skip


def test_nothing_is_proposed_twice(paying: Buyer) -> None:
    paying.propose()
    again = paying.propose()
    assert again.payments == () and "waits for its release" in again.held[0].why
    assert paying.approve() == ""
    assert paying.propose().payments == () and paying.propose().held == ()
    assert len(sent(paying)) == 1


def proposed(buyer: Buyer, between: Callable[[], object] = lambda: None, until: date = PAY) -> Proposal:
    """A run that is proposed while no worker works; `between` happens as the ledger was asked and has not answered yet."""

    def open_items() -> list[OpenItem]:
        found = buyer.session.open_items([], PAY)
        between()
        return found

    connection = buyer.database.connect(autocommit=True)
    with connection.transaction():
        found = propose_run(
            connection, buyer.release(), buyer.interface_of("payments"), open_items, pay_on=PAY, until=until, by="mia",
            now=buyer.clock.now(),
        )  # fmt: skip
    connection.close()
    return found


def test_what_was_proposed_and_is_not_taken_in_yet_is_proposed_once(paying: Buyer) -> None:
    paying.order("PO-2", on=date(2026, 10, 6), quantity="5")
    paying.tool.receive("PO-2", "1", Decimal(5), date(2026, 10, 8))
    paying.tell()
    paying.bill("B-2", order="PO-2", quantity="5", due=PAY + timedelta(days=3))
    first, again = proposed(paying), proposed(paying)
    assert [p.pays.value for p in first.payments] == [Decimal("230.00")] and again.payments == ()
    assert [x.why for x in again.held] == ["it is in a run that waits for its release"]
    other = proposed(paying, until=PAY + timedelta(days=3))
    # Its name is of no other run, though none of that one is a document yet.
    assert (first.run, other.run) == ("US20261026", "US20261026.2")
    paying.work()
    assert paying.approve() == ""
    assert sent(paying) == {"US20261026-001": Decimal("230.00"), "US20261026.2-001": Decimal("115.00")}


def test_what_is_booked_while_the_ledger_answers_is_not_proposed_again(paying: Buyer) -> None:
    paying.propose()
    again = proposed(paying, between=paying.approve)
    assert paying.states("vendor_payment") == {"US20261026-001": "posted"}
    assert again.payments == () and "waits for its release" in again.held[0].why


def test_what_is_taken_in_while_the_ledger_answers_is_not_proposed_again(paying: Buyer) -> None:
    proposed(paying)
    again = proposed(paying, between=paying.work)
    assert again.payments == () and len(paying.states("vendor_payment")) == 1


def test_a_payment_in_exception_is_excluded_before_its_bill_is_proposed_again(paying: Buyer) -> None:
    paying.propose()
    (payment,) = paying.open_requests()
    paying.tool.change("V1", IBANS[3], "mallory", date(2026, 10, 15))
    paying.tell("suppliers")
    assert paying.decide("cora", payment) == ""
    paying.work()
    assert paying.states("vendor_payment") == {"US20261026-001": "refused"}, paying.cases()
    assert paying.approve() == ""
    again = paying.propose(date(2026, 10, 27))
    assert again.payments == ()
    assert [x.why for x in again.held] == ["a payment of it is in exception: retry or exclude that first"]


def test_a_payment_that_was_excluded_while_its_entry_stands_is_not_proposed_again(paying: Buyer) -> None:
    run_it(paying)
    # As it was left out before that was refused; and somebody takes the match apart.
    with paying.database.transaction() as connection:
        connection.execute("update tieout.document set state = 'excluded' where kind = 'vendor_payment'")
    book = paying.world.odoo.service.world
    codes = {i: str(a["code"]) for i, a in book.table("account.account").items()}
    mine = [
        i
        for i, x in book.table("account.move.line").items()
        if x["company_id"] == paying.company.id and codes[x["account_id"]] == "211000"
    ]
    context = {"allowed_company_ids": [paying.company.id]}
    paying.admin.call("account.move.line", "remove_move_reconcile", ids=mine, context=context)
    assert paying.open_lines() == [Decimal("-230.00"), Decimal("230.00")]
    again = paying.propose(date(2026, 10, 27))
    assert again.payments == () and [x.why for x in again.held] == [
        "a payment of it stands in the ledger though it was left out: match that with the bill there"
    ]


def test_a_run_of_one_day_has_a_number_of_its_own(paying: Buyer) -> None:
    run_it(paying)
    paying.order("PO-2", on=date(2026, 10, 6))
    paying.tool.receive("PO-2", "1", Decimal(10), date(2026, 10, 8))
    paying.tell("orders", "receipts")
    paying.bill("B-2", quantity="5", order="PO-2", on=date(2026, 10, 12))
    found = paying.propose()
    assert found.run == "US20261026.2" and paying.approve() == ""
    assert sorted(p.name for p in (paying.folder / "out").glob("*.xml")) == [
        "US20261026.2.xml",
        "US20261026.xml",
    ]


def test_a_supplier_whose_account_is_new_is_not_paid_yet(buyer: Buyer) -> None:
    buyer.paying["cooling_days"] = "7"
    buyer.ready()
    buyer.bill()
    found = buyer.propose()
    assert found.payments == () and "paid from 2026-10-27" in found.held[0].why
    assert [p.pays.value for p in buyer.propose(date(2026, 10, 27)).payments] == [Decimal("230.00")]


def test_a_change_that_waits_holds_payments_and_an_approved_one_cools_again(paying: Buyer) -> None:
    paying.tool.change("V1", IBANS[3], "mallory", date(2026, 10, 15))
    paying.tell("suppliers")
    assert "waits for its approval" in paying.propose().held[0].why
    assert paying.approve() == ""
    found = paying.propose(date(2026, 10, 24))
    assert found.payments == () and "its account is new: it is paid from 2026-10-25 on" in found.held[0].why
    assert [p.account.iban for p in paying.propose(date(2026, 10, 25)).payments] == [IBANS[3]]


def test_a_change_between_proposal_and_release_stops_the_payment(paying: Buyer) -> None:
    paying.propose()
    (payment,) = paying.open_requests()
    paying.tool.change("V1", IBANS[3], "mallory", date(2026, 10, 15))
    paying.tell("suppliers")
    assert paying.decide("cora", payment) == ""
    paying.work()
    assert [c for c, _ in paying.cases()] == ["supplier_changed"] and sent(paying) == {}
    assert paying.open_lines() == [Decimal("-230.00")]


def test_a_bill_that_was_paid_by_hand_is_caught_before_release(paying: Buyer) -> None:
    paying.order("PO-2", on=date(2026, 10, 6))
    paying.vendor("V2")
    paying.order("PO-3", vendor="V2", on=date(2026, 10, 6))
    for number in ("PO-2", "PO-3"):
        paying.tool.receive(number, "1", Decimal(10), date(2026, 10, 8))
    paying.tell()
    assert paying.approve() == ""
    paying.bill("B-9", vendor="V2", order="PO-3")
    found = paying.propose()
    assert len(found.payments) == 2
    # Somebody pays B-1 through the bank's own page and matches it in Odoo.
    book, line = paying.world.odoo.service.world, found.payments[0].settles[0]
    accounts = {
        str(a["code"]): i
        for i, a in book.table("account.account").items()
        if paying.company.id in a["company_ids"]
    }
    journal = paying.admin.call(
        "account.journal", "search", domain=[["code", "=", "MISC"], ["company_id", "=", paying.company.id]]
    )[0]
    context = {"allowed_company_ids": [paying.company.id]}
    rows = [
        {
            "account_id": accounts["211000"],
            "debit": 230,
            "credit": 0,
            "partner_id": line.partner,
            "name": "by hand",
        },
        {"account_id": accounts["101511"], "debit": 0, "credit": 230, "name": "by hand"},
    ]
    move = paying.admin.call(
        "account.move", "create", context=context,
        vals_list=[{"journal_id": journal, "date": "2026-10-20", "line_ids": [[0, 0, r] for r in rows]}],
    )  # fmt: skip
    paying.admin.call("account.move", "action_post", ids=move, context=context)
    own = paying.admin.call(
        "account.move.line", "search", domain=[["move_id", "=", move[0]], ["debit", ">", 0]], context=context
    )
    paying.admin.call("account.move.line", "reconcile", ids=[line.line, *own], context=context)
    assert paying.decide("cora", *paying.open_requests()) == ""
    paying.work()
    # The other is paid, and the file holds that one alone.
    assert paying.cases() == [("paid_already", "US20261026-001 payment")]
    assert sent(paying) == {"US20261026-002": Decimal("230.00")}


def test_a_supplier_s_credits_are_taken_off_and_never_paid_out(paying: Buyer) -> None:
    paying.bill("CN-1", quantity="4", credit=True, on=date(2026, 10, 12))
    found = paying.propose(dry=True)
    assert [p.pays.value for p in found.payments] == [Decimal("138.00")]
    paying.bill("CN-2", quantity="6", credit=True, on=date(2026, 10, 13))
    found = paying.propose()
    assert found.payments == () and "credits are as much" in found.held[0].why


def test_a_netted_payment_closes_bill_and_credit(paying: Buyer) -> None:
    paying.bill("CN-1", quantity="4", credit=True, on=date(2026, 10, 12))
    run_it(paying)
    assert sent(paying) == {"US20261026-001": Decimal("138.00")} and paying.open_lines() == []


def test_withholding_stays_with_us_for_the_tax_office(buyer: Buyer) -> None:
    buyer.paying["withholding"] = {"construction": "15"}
    buyer.vendor(withholding="construction")
    buyer.order()
    buyer.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    assert buyer.approve() == ""
    buyer.bill()
    run_it(buyer)
    assert sent(buyer) == {"US20261026-001": Decimal("195.50")}
    assert buyer.balances()["252000"] == Decimal("-34.50") and buyer.open_lines() == []


def test_withholding_that_nobody_declared_holds_the_payment(buyer: Buyer) -> None:
    buyer.vendor(withholding="construction")
    buyer.order()
    buyer.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    buyer.approve()
    buyer.bill()
    assert "not declared" in buyer.propose().held[0].why


def test_a_rejected_payment_opens_its_bill_again(paying: Buyer) -> None:
    run_it(paying)
    paying.payer.closed.add(IBANS[0])
    assert paying.bank_pays(PAY) == []
    assert paying.cases() == [("payment_rejected", "ANS-US20261026:US20261026:US20261026-001:RJCT")]
    assert paying.open_lines() == [Decimal("-230.00")] and paying.open_lines("101404") == []
    # What was matched and is not any more was taken apart by ourselves: that is no case.
    stage = VerifyStage(lambda _: paying.session, lambda: ["odoo"], paying.clock, timedelta(hours=1))
    connection = paying.database.connect(autocommit=True)
    read_back(stage, connection)
    connection.close()
    assert [c for c, _ in paying.cases()] == ["payment_rejected"]
    # It goes into the next run, as any open bill.
    paying.payer.closed.clear()
    found = paying.propose(date(2026, 10, 27))
    assert [p.pays.value for p in found.payments] == [Decimal("230.00")]


def test_a_whole_file_that_is_rejected_opens_all_its_bills(paying: Buyer) -> None:
    run_it(paying)
    answer = (
        b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        b"<GrpHdr><MsgId>A1</MsgId><CreDtTm>2026-10-26T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        b"<OrgnlMsgId>US20261026</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>"
        b"</OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
    paying.give("payments", "a.xml", answer)
    paying.work()
    assert [c for c, _ in paying.cases()] == ["payment_rejected"] and paying.open_lines() == [
        Decimal("-230.00")
    ]


def test_a_payment_that_comes_back_days_later_opens_its_bill_again(paying: Buyer) -> None:
    run_it(paying)
    paying.payer.bounces[IBANS[0]] = 5
    paying.bank_pays(PAY)
    assert paying.open_lines() == []
    back = PAY + timedelta(days=5)
    paying.books(back, paying.payer.returned(back))
    assert [c for c, _ in paying.cases()] == ["payment_returned"]
    assert paying.open_lines() == [Decimal("-230.00")] and paying.open_lines("101404") == []
    assert "101511" not in paying.balances()
    # The same told once more, by another means, opens nothing twice.
    answer = (
        b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        b"<GrpHdr><MsgId>A2</MsgId><CreDtTm>2026-10-31T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        b"<OrgnlMsgId>US20261026</OrgnlMsgId><OrgnlMsgNmId>x</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
        b"<OrgnlPmtInfId>US20261026</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>US20261026-001</OrgnlEndToEndId>"
        b"<TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
    paying.give("payments", "a2.xml", answer)
    paying.work()
    assert paying.open_lines() == [Decimal("-230.00")]


def test_an_answer_to_a_payment_that_was_never_ours_is_a_case(paying: Buyer) -> None:
    paying.patience_hours = 0
    answer = (
        b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        b"<GrpHdr><MsgId>A3</MsgId><CreDtTm>2026-10-20T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        b"<OrgnlMsgId>X</OrgnlMsgId><OrgnlMsgNmId>x</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
        b"<OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>STRANGE</OrgnlEndToEndId>"
        b"<TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
    paying.give("payments", "a3.xml", answer)
    paying.work()
    assert [c for c, _ in paying.cases()] == ["answer_to_nothing"]


def test_a_rejected_request_leaves_the_bill_open_and_out_of_the_file(paying: Buyer) -> None:
    paying.propose()
    assert paying.decide("cora", verdict="reject", reason="not before the goods are checked") == ""
    paying.work()
    assert [c for c, _ in paying.cases()] == ["approval_rejected"]
    assert sent(paying) == {} and paying.open_lines() == [Decimal("-230.00")]


def test_a_file_is_written_once_whatever_happens_to_it(paying: Buyer) -> None:
    run_it(paying)
    path = next((paying.folder / "out").glob("*.xml"))
    before = path.read_bytes()
    path.unlink()  # The banking software has fetched it.
    paying.database.rows("select 1")
    with paying.database.transaction() as connection:
        connection.execute("update tieout.delivery set state = 'unknown' where effect = 'file'")
    paying.work()
    assert not list((paying.folder / "out").glob("*.xml"))
    rows = paying.database.rows("select state from tieout.delivery where effect = 'file'")
    assert rows[0]["state"] == "confirmed" and before.startswith(b"<?xml")


def test_a_file_that_was_fetched_is_not_written_again(tmp_path: Path) -> None:
    session = CONNECTORS["payments"].open(config(CONNECTORS["payments"], folder=str(tmp_path)))
    sending = Sending("tieout.x", FileOut(name="R.xml", content="<a/>"))
    assert session.send([sending])[0].status == "confirmed"
    (tmp_path / "R.xml").unlink()
    assert session.send([sending])[0].status == "confirmed" and not (tmp_path / "R.xml").exists()
    other = Sending("tieout.y", FileOut(name="R.xml", content="<b/>"))
    assert session.send([other])[0].status == "refused"
    assert session.send([Sending("tieout.z", FileOut(name="../x", content=""))])[0].status == "refused"


def test_a_forged_supplier_row_pays_nobody(paying: Buyer) -> None:
    """SQL past us: another account in the supplier's own row. Its stamp is not right, so nothing is paid until it is put back."""
    with paying.database.transaction() as connection:
        connection.execute(
            "update tieout.document set content = replace(content, %s, %s) where kind = 'supplier'",
            (IBANS[0], IBANS[3]),
        )
    with pytest.raises(PaymentRunError, match="supplier:V1, revision 1: the stamp is not right"):
        paying.propose()


def test_the_day_and_the_account_are_checked(paying: Buyer) -> None:
    with pytest.raises(PaymentRunError, match="is over"):
        paying.propose(date(2026, 10, 1))
    paying.paying["account"] = ""
    with pytest.raises(PaymentRunError, match="account"):
        paying.propose()


def test_a_bank_line_of_another_amount_is_no_payment_of_ours(paying: Buyer) -> None:
    run_it(paying)
    paying.books(PAY, [BankLine(PAY, -22_999, "US20261026-001", "V", "x")])
    assert paying.open_lines("101404") == [Decimal("-230.00")]


def test_the_runs_figures_tie_out(paying: Buyer) -> None:
    from tieout.money import Period
    from tieout.proofs import take_control_totals, tie_out

    run_it(paying)
    connection = paying.database.connect(autocommit=True)
    take_control_totals(connection, paying.release(), lambda _: None, Period(2026, 10), paying.clock.now())
    (row,) = [r for r in tie_out(connection, paying.release()) if r.interface == "payments"]
    connection.close()
    assert row.proven and row.posted.credit == Decimal("230.00") and row.posted.count == 1
