"""Verification of payee: kept, shown, and decided by a person before a payment goes on: a real database, served over HTTP.

The reports are invented, of the shape of pain.002 (codes: ISO 20022, ExternalPaymentTransactionStatus1Code).
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import IBANS, Buyer
from tests.integration.test_once import OpenBooks
from tests.integration.test_payment_runs import paying, run_it, sent
from tests.integration.test_work_api import Front
from tieout.connector_api import FileRefusedError
from tieout.console import pages
from tieout.documents import VendorPayment, decode_document
from tieout.payables import checked_payments
from tieout.payables.payees import doubts
from tieout.planning import HeldError, accept_case
from tieout.planning.replay import exclude_case

pytestmark = pytest.mark.long

__all__ = ["paying"]
PAY = date(2026, 10, 26)


def report(
    *payments: tuple[str, str, str], group: str = "RVCM", message: str = "US20261026", own: str = "V1"
) -> bytes:
    """A report of checks: end-to-end id, status, and what the bank adds."""
    rows = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{end}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><AddtlInf>{name}</AddtlInf></StsRsnInf>" if name else "")
        + "</TxInfAndSts>"
        for end, status, name in payments
    )
    inner = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{rows}</OrgnlPmtInfAndSts>"
        if rows
        else ""
    )
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>{own}</MsgId><CreDtTm>2026-10-20T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId><GrpSts>{group}</GrpSts>"
        f"</OrgnlGrpInfAndSts>{inner}</CstmrPmtStsRpt></Document>"
    ).encode()


def checks(buyer: Buyer, run: str = "US20261026") -> list[Any]:
    with buyer.database.transaction() as connection:
        return checked_payments(connection, buyer.interface_of("payments"), run)


def tell(buyer: Buyer, content: bytes, name: str = "vop.xml") -> None:
    buyer.give("payments", name, content)
    buyer.work()


def decide(buyer: Buyer, reason: str = "called them on the number of 2024", who: str = "tess") -> None:
    """A person solves the open case of a payee."""
    (row,) = buyer.database.rows("select case_id from tieout.cases where state = 'open'")
    with buyer.database.transaction() as connection:
        assert accept_case(connection, row["case_id"], reason, buyer.clock.now(), who)
    buyer.work()


@pytest.mark.parametrize(
    ("status", "words", "name"),
    [("RVNM", "no match", ""), ("RVMC", "close match", "Vendor V1 Limited"), ("RVCM", "not all match", "")],
)
def test_a_payee_that_differs_before_release_waits_for_a_person_and_their_decision_is_evidence(
    paying: Buyer, status: str, words: str, name: str
) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", status, name)))
    (found,) = checks(paying)
    assert (found.check, found.words, found.said, found.undecided) == (status, words, name, True)
    assert paying.database.rows("select cause, amount, currency from tieout.cases where state = 'open'") == [
        {"cause": "payee_differs", "amount": Decimal("230.00"), "currency": "USD"}
    ]
    # Released by another person, it still goes nowhere.
    assert paying.approve() == ""
    paying.work()
    assert sent(paying) == {} and paying.open_lines() == [Decimal("-230.00")]
    decide(paying)
    paying.clock.at += timedelta(hours=1)
    paying.work()
    assert sent(paying) == {"US20261026-001": Decimal("230.00")} and paying.cases() == []
    (found,) = checks(paying)
    assert (found.undecided, found.decided_by, found.decision) == (
        False,
        "tess",
        "called them on the number of 2024",
    )
    said = paying.database.rows("select actor, action, detail from tieout.evidence where actor = 'tess'")
    assert any("called them" in str(r["detail"]) for r in said)


@pytest.mark.parametrize("group", [False, True])
def test_whoever_prepared_a_run_does_not_decide_about_its_payees(paying: Buyer, group: bool) -> None:
    paying.propose(by="mia")
    tell(paying, report(group="RVNM") if group else report(("US20261026-001", "RVNM", "")))
    with pytest.raises(HeldError, match="mia made what it is about"):
        decide(paying, who="mia")
    (row,) = paying.database.rows("select state, cause from tieout.cases where cause = 'payee_differs'")
    assert row["state"] == "open"
    decide(paying, who="tess")
    assert paying.database.rows("select state from tieout.cases where cause = 'payee_differs'") == [
        {"state": "solved"}
    ]


def test_whoever_prepared_a_run_does_not_let_it_go_on_past_a_check_that_was_left_out(paying: Buyer) -> None:
    paying.propose(by="mia")
    tell(paying, report(("US20261026-001", "RVNM", "")))
    leave_out(paying)
    assert paying.approve() == ""
    paying.work()
    with pytest.raises(HeldError, match="mia made what it is about"):
        decide(paying, who="mia")
    assert sent(paying) == {}
    # To stop it is nobody's privilege.
    (row,) = paying.database.rows("select case_id from tieout.cases where state = 'open'")
    with paying.database.transaction() as connection:
        assert exclude_case(connection, row["case_id"], "it is not theirs", paying.clock.now(), "mia")


@pytest.mark.parametrize("files", [1, 3])
def test_an_archive_of_reports_is_read_file_by_file(paying: Buyer, files: int) -> None:
    paying.propose()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(files):
            status = "RVNM" if n == files - 1 else "RCVC"
            archive.writestr(f"vop{n}.xml", report(("US20261026-001", status, ""), own=f"V{n}"))
    tell(paying, packed.getvalue(), "vpz.zip")
    (found,) = checks(paying)
    assert (found.check, found.undecided) == ("RVNM", True)


@pytest.mark.parametrize("content", [
    b"%PDF-1.7 ...", b'{"verificationOfPayee": [{"result": "NO_MATCH"}]}', b"EndToEndId;Result\nUS20261026-001;RVNM\n",
    b"PK\x03\x04 cut short", b"HIVPP:5:1:3+DE1::::RVNM'",
])  # fmt: skip
def test_a_result_in_another_form_is_refused_with_what_is_expected(paying: Buyer, content: bytes) -> None:
    paying.propose()
    with pytest.raises(FileRefusedError, match=r"as pain\.002 is expected|archive cannot be read"):
        paying.give("payments", "vop.dat", content)
    assert [c.check for c in checks(paying)] == [""]


@pytest.mark.parametrize("status", ["RCVC", "RVNA", "RVNC"])
def test_a_match_or_no_check_at_all_is_kept_and_shown_and_holds_nothing(paying: Buyer, status: str) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", status, ""), group=status))
    assert paying.approve() == "" and paying.cases() == []
    assert sent(paying) == {"US20261026-001": Decimal("230.00")}
    (found,) = checks(paying)
    assert (found.check, found.undecided, found.case) == (status, False, None)


def test_a_payment_that_is_booked_and_in_no_file_yet_is_filed_once_somebody_decided(paying: Buyer) -> None:
    paying.propose()
    assert paying.decide("cora", *paying.open_requests()) == ""
    while paying.plan() or paying.deliver():
        pass
    assert paying.open_lines() == [] and sent(paying) == {}
    paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
    paying.plan()
    paying.work()
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]
    decide(paying)
    assert sent(paying) == {"US20261026-001": Decimal("230.00")}


def test_a_differing_payee_of_a_file_that_was_sent_is_a_case_and_holds_the_next_payment_to_it(
    paying: Buyer,
) -> None:
    run_it(paying)
    assert len(sent(paying)) == 1
    tell(paying, report(("US20261026-001", "RVNM", "")))
    assert [c for c, _ in paying.cases()] == ["payee_differs"]
    paying.order("PO-2", on=date(2026, 10, 6))
    paying.tool.receive("PO-2", "1", Decimal(10), date(2026, 10, 8))
    paying.tell("orders", "receipts")
    paying.bill("B-2", quantity="5", order="PO-2", on=date(2026, 10, 12))
    found = paying.propose(date(2026, 10, 27), dry=True)
    assert found.payments == () and "in another name: decide about US20261026-001" in found.held[0].why
    decide(paying)
    again = paying.propose(date(2026, 10, 27), dry=True)
    assert [p.account.iban for p in again.payments] == [IBANS[0]]


def leave_out(buyer: Buyer, cause: str = "payee_differs") -> None:
    """A person leaves out what the open case of a cause is about: the account is not the payee's."""
    (row,) = buyer.database.rows(
        "select case_id from tieout.cases where state = 'open' and cause = %s", cause
    )
    with buyer.database.transaction() as connection:
        exclude_case(connection, row["case_id"], "the account is not theirs", buyer.clock.now(), "tess")
    buyer.work()


def test_a_check_that_is_left_out_stops_its_payment_and_every_later_one_of_that_name(paying: Buyer) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", "RVNM", "")))
    leave_out(paying)
    assert paying.approve() == ""
    paying.work()
    # It is held, in a case of its own, and goes nowhere.
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]
    leave_out(paying)
    assert sent(paying) == {} and paying.open_lines() == [Decimal("-230.00")] and paying.cases() == []
    found = paying.propose(date(2026, 10, 27))
    assert found.payments == () and "as was decided about US20261026-001" in found.held[0].why
    # A supplier that is corrected, and approved again, is paid.
    paying.vendor(name="Vendor V1 Limited", iban=IBANS[0])
    paying.tell("suppliers")
    assert paying.approve() == ""
    again = paying.propose(date(2026, 10, 27), dry=True)
    assert [(p.party.name, p.account.iban) for p in again.payments] == [("Vendor V1 Limited", IBANS[0])]


def test_a_sum_that_names_no_payment_is_a_case_of_the_whole_file(paying: Buyer) -> None:
    run_it(paying)
    tell(paying, report(group="RVCM"))
    assert [c for c, _ in paying.cases()] == ["payee_differs"]
    with paying.database.transaction() as connection:
        doubted = doubts(connection, paying.interface_of("payments"))
        run = connection.execute(
            "select content from tieout.document where kind = 'vendor_payment'"
        ).fetchone()
    assert run is not None
    paid = decode_document(run["content"].encode())
    assert isinstance(paid, VendorPayment) and "decide about US20261026-001" in doubted.why(paid)
    decide(paying)
    assert paying.cases() == []


def test_what_the_bank_says_afterwards_hides_no_check_that_nobody_decided(paying: Buyer) -> None:
    run_it(paying)
    tell(paying, report(("US20261026-001", "RVNM", ""), own="A"))
    tell(paying, report(("US20261026-001", "RCVC", ""), group="RCVC", own="B"), "b.xml")
    tell(paying, report(("US20261026-001", "ACSP", ""), group="ACSP", own="C"), "c.xml")
    (found,) = checks(paying)
    assert (found.check, found.undecided, found.answer) == ("RVNM", True, "ACSP")


def test_a_payment_that_is_turned_down_after_its_check_goes_nowhere(paying: Buyer) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", "RVNM", "")))
    assert paying.decide("cora", verdict="reject", reason="the account is not theirs") == ""
    paying.work()
    assert sorted(c for c, _ in paying.cases()) == ["approval_rejected", "payee_differs"]
    assert sent(paying) == {} and paying.open_lines() == [Decimal("-230.00")]


def test_a_check_of_a_payment_that_was_never_ours_is_a_case(paying: Buyer) -> None:
    paying.patience_hours = 0
    tell(paying, report(("STRANGE", "RVNM", "")))
    assert [c for c, _ in paying.cases()] == ["answer_to_nothing"]
    (row,) = paying.database.rows("select case_id from tieout.cases where state = 'open'")
    with paying.database.transaction() as connection, pytest.raises(HeldError):
        accept_case(connection, row["case_id"], "because", paying.clock.now(), "tess")


def test_checks_are_shown_over_the_api_and_on_the_run_s_page_before_somebody_releases_it(
    paying: Buyer,
) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", "RVMC", "Vendor V1 Limited")))
    paying.grant("carl", "preparer")
    front = Front(paying, OpenBooks(paying), pages("Test", "test", False, lambda: True))
    http = front.sign_in("carl")
    try:
        given = {"entity": "US"}
        (found,) = http.get("/payment-runs/US20261026/payments", params=given).json()
        assert (found["check"], found["words"], found["said"], found["undecided"], found["pays"]) == (
            "RVMC", "close match", "Vendor V1 Limited", True, "230.00")  # fmt: skip
        assert IBANS[0] not in str(found) and found["account"] == f"…{IBANS[0][-4:]}"
        assert http.get("/payment-runs/NONE/payments", params=given).json() == []
        assert http.get("/payment-runs/US20261026/payments", params={"entity": "DE"}).json() == []
        page = http.get(f"{front.base}/payments?entity=US&run=US20261026")
        for words in (
            "close match (RVMC)",
            "Vendor V1 Limited",
            f'href="/cases/{found["case"]}"',
            "undecided",
        ):
            assert words in page.text, words
        decide(paying)
        page = http.get(f"{front.base}/payments?entity=US&run=US20261026").text
        assert "tess: called them on the number of 2024" in page and "undecided" not in page
    finally:
        front.stop()


# What a bank would not take is said when the run is proposed, and not after it was released.


def test_a_payment_that_the_bank_would_not_take_is_held_back_with_its_field(buyer: Buyer) -> None:
    buyer.vendor(name="Łódź Chairs ąę")
    buyer.order()
    buyer.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    assert buyer.approve() == ""
    buyer.bill()
    found = buyer.propose(dry=True)
    assert (
        found.payments == ()
        and "payment US20261026-001: name" in found.held[0].why
        and "Ł" in found.held[0].why
    )
    buyer.paying["other_characters"] = "convert"
    run_it(buyer)
    (path,) = (buyer.folder / "out").glob("*.xml")
    content = path.read_text()
    assert "<Nm>Lodz Chairs ae</Nm>" in content and "230.00" in content
    # The document keeps the name as it is.
    (found,) = checks(buyer)
    assert found.name == "Łódź Chairs ąę"
