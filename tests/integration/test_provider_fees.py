"""Fees that a provider withholds, by their VAT, and the bill that they paid: a real database, Odoo's simulator.

Amounts are invented; what Stripe, Mollie and Adyen charge VAT on stands with its sources in docs/SALES.md.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.withholding import (
    CLEARING,
    EXEMPT,
    FEES,
    INPUT_TAX,
    LATER,
    NAME,
    OTHER,
    PAYABLE,
    REVERSED,
    TAXED,
    Withheld,
)
from tieout.planning import accept_case, replay

pytestmark = pytest.mark.long

D = Decimal
ALL = (CLEARING, FEES, TAXED, REVERSED, EXEMPT, PAYABLE, INPUT_TAX)
PAY = date(2026, 11, 10)


@pytest.fixture
def office_of(office: Office, tmp_path: Path) -> Withheld:
    made = Withheld(
        office.world, office.admin, office.company, office.database, office.session, folder=tmp_path
    )
    made.let_in()
    made.clock.at = made.clock.at.replace(month=11, day=3)
    made.bills = {"accounts_table": "purchase_accounts", "without_order": "book"}
    made.supplier()
    # Nothing is kept from being paid by a young account.
    made.paying = {"cooling_days": "0"}
    return made


def to_pay(made: Withheld) -> list[Decimal]:
    return [p.pays.value for p in made.propose(PAY).payments]


def case(made: Withheld, cause: str) -> dict[str, object]:
    (row,) = made.database.rows(
        "select cause, amount, detail, recovery, case_id from tieout.cases where state = 'open' and cause = %s",
        cause,
    )
    return dict(row)


def causes(made: Withheld) -> list[str]:
    """What is open but for payments that name no order, which these tests do not mind."""
    rows = made.database.rows("select cause from tieout.cases where state = 'open' order by 1")
    return [r["cause"] for r in rows if r["cause"] != "payment_without_order"]


def accept(made: Withheld, cause: str) -> None:
    connection = made.database.connect(autocommit=True)
    with connection.transaction():
        accept_case(connection, int(str(case(made, cause)["case_id"])), "asked", made.clock.now(), "cora")
    connection.close()
    made.work()


DOMESTIC = {"*": "domestic_vat 15", "supplier": NAME}
REVERSE = {"*": "reverse_charge 15", "supplier": NAME}
NONE = {"*": "exempt", "supplier": NAME}


# never paid again


@pytest.mark.parametrize("fees", [None, NONE, DOMESTIC, REVERSE])
def test_a_bill_that_was_paid_by_being_withheld_is_never_paid_again(
    office_of: Withheld, fees: dict[str, str] | None
) -> None:
    office_of.fees = fees
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "E", "0"))
    office_of.wait()
    assert to_pay(office_of) == []


def test_a_bill_of_before_the_declaration_is_not_paid_either(office_of: Withheld) -> None:
    """It was booked as any bill, and stands open: the run says why it is held back."""
    office_of.fees = {"bills": "paid", "supplier": NAME}
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "E", "0"))
    assert office_of.open_lines(PAYABLE) == [D("-3.20")]
    assert [p.pays.value for p in office_of.propose(PAY, dry=True).payments] == [D("3.20")]
    for fees, why in ((NONE, "its fees are withheld"), (None, "seems to be stripe")):
        office_of.fees = fees
        found = office_of.propose(PAY, dry=True)
        assert found.payments == () and why in found.held[0].why


def test_a_payment_that_was_proposed_before_is_stopped_at_its_release(office_of: Withheld) -> None:
    office_of.fees = {"bills": "paid", "supplier": NAME}
    office_of.fee_bill("ST-10", ("3.20", "E", "0"))
    assert to_pay(office_of) == [D("3.20")]
    office_of.fees = NONE
    assert office_of.approve() == ""
    assert causes(office_of) == ["paid_by_withholding"]
    assert office_of.open_lines(PAYABLE) == [D("-3.20")] and not list(
        (office_of.folder / "out").glob("*.xml")
    )


def test_another_supplier_is_paid_as_ever(office_of: Withheld) -> None:
    office_of.fees = NONE
    office_of.vendor("V9", name=OTHER)
    office_of.tell("suppliers")
    assert office_of.approve() == ""
    office_of.fee_bill("X-1", ("7.00", "E", "0"), name=OTHER, tax_id="US-V9")
    assert to_pay(office_of) == [D("7.00")]


# what stands where


def test_vat_of_our_country_is_claimed_once_a_bill_supports_it(office_of: Withheld) -> None:
    office_of.fees = DOMESTIC
    office_of.charge(10_000, 345, 5)
    office_of.charge(20_000, 115, 6)
    office_of.keep("fee", -230, 7)
    office_of.tell_provider()
    # 6.90 were withheld: 6.00 and 15% of it. None of the tax is claimed yet.
    assert office_of.standing(FEES, TAXED, INPUT_TAX) == {FEES: D("6.00"), TAXED: D("0.90")}
    office_of.fee_bill("ST-10", ("6.00", "S", "15"))
    assert office_of.standing(*ALL) == {CLEARING: D("293.10"), FEES: D("6.00"), INPUT_TAX: D("0.90")}
    assert office_of.open_lines(PAYABLE) == [] and causes(office_of) == [] and to_pay(office_of) == []


def test_reverse_charge_is_due_and_deducted_by_the_bill(office_of: Withheld) -> None:
    reverse_tax(office_of)
    office_of.fees = REVERSE
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    assert office_of.standing(FEES, REVERSED) == {FEES: D("3.20")}
    office_of.fee_bill("ST-10", ("3.20", "AE", "0"))
    assert office_of.standing(*ALL, "252000") == {
        CLEARING: D("96.80"), FEES: D("3.20"), INPUT_TAX: D("0.48"), "252000": D("-0.48"),
    }  # fmt: skip
    assert office_of.open_lines(PAYABLE) == [] and causes(office_of) == []


def test_a_bill_that_does_not_say_why_it_has_no_tax_is_taxed_as_declared(office_of: Withheld) -> None:
    """Of a provider beyond the EU: category O, not subject to VAT."""
    reverse_tax(office_of)
    office_of.fees = REVERSE
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "Z", "0"))
    assert office_of.standing(INPUT_TAX, "252000") == {INPUT_TAX: D("0.48"), "252000": D("-0.48")}


def test_kinds_stand_apart_and_meet_their_own_lines(office_of: Withheld) -> None:
    office_of.fees = {"charge": "exempt", "fee": "domestic_vat 15", "supplier": NAME}
    office_of.charge(10_000, 320, 5)
    office_of.keep("fee", -1150, 8)
    office_of.tell_provider()
    assert office_of.standing(FEES, TAXED, EXEMPT) == {FEES: D("13.20"), TAXED: D("1.50")}
    office_of.fee_bill("ST-10", ("3.20", "E", "0"), ("10.00", "S", "15"))
    assert office_of.standing(*ALL) == {CLEARING: D("85.30"), FEES: D("13.20"), INPUT_TAX: D("1.50")}
    assert office_of.open_lines(PAYABLE) == [] and causes(office_of) == []


def test_fees_of_kinds_that_differ_alike_are_a_case_though_their_sum_is_right(office_of: Withheld) -> None:
    office_of.fees = {"charge": "exempt", "fee": "domestic_vat 15", "supplier": NAME}
    office_of.charge(10_000, 320, 5)
    office_of.keep("fee", -1150, 8)
    office_of.tell_provider()
    # 14.70 in all, as withheld: but 2.30 of it taxed, which was withheld as exempt.
    office_of.fee_bill("ST-10", ("0.90", "E", "0"), ("12.00", "S", "15"))
    office_of.wait()
    found = case(office_of, "fee_bill_differs")
    assert found["amount"] == D("4.60") and "exempt: billed 0.90, withheld 3.20" in str(found["detail"])
    assert office_of.standing(PAYABLE, INPUT_TAX) == {}


def test_what_is_given_back_of_a_fee_is_less_to_bill(office_of: Withheld) -> None:
    office_of.fees = DOMESTIC
    office_of.charge(10_000, 345, 5)
    office_of.keep("fee", 115, 9)
    office_of.tell_provider()
    assert office_of.standing(FEES, TAXED) == {FEES: D("2.00"), TAXED: D("0.30")}
    office_of.fee_bill("ST-10", ("2.00", "S", "15"))
    assert office_of.standing(*ALL) == {CLEARING: D("97.70"), FEES: D("2.00"), INPUT_TAX: D("0.30")}


def test_cents_of_vat_that_movements_round_and_the_bill_does_not_go_to_the_fees(office_of: Withheld) -> None:
    office_of.fees = DOMESTIC
    for day in range(1, 21):
        office_of.charge(1_000, 33, day)
    office_of.tell_provider()
    # 20 times 0.33: each 0.04 of tax; of 6.60 together it is 0.86.
    assert office_of.standing(FEES, TAXED) == {FEES: D("5.80"), TAXED: D("0.80")}
    office_of.fee_bill("ST-10", ("5.74", "S", "15"))
    assert office_of.standing(FEES, TAXED, PAYABLE, INPUT_TAX) == {FEES: D("5.74"), INPUT_TAX: D("0.86")}
    assert causes(office_of) == []


def test_vat_that_is_on_the_bill_alone_is_taken_from_the_next_payout(office_of: Withheld) -> None:
    """As Adyen does it: fees are withheld without VAT, and that of the month by a movement after its invoice."""
    office_of.fees = {"charge": "domestic_vat 15 on_bill", "fee": "of_bill", "supplier": NAME}
    office_of.charge(10_000, 600, 5)
    office_of.tell_provider()
    assert office_of.standing(FEES, TAXED, LATER) == {FEES: D("6.00")}
    office_of.fee_bill("ST-10", ("6.00", "S", "15"))
    assert office_of.standing(FEES, TAXED, LATER, INPUT_TAX) == {
        FEES: D("6.00"), LATER: D("-0.90"), INPUT_TAX: D("0.90"),
    }  # fmt: skip
    assert office_of.open_lines(PAYABLE) == [] and to_pay(office_of) == []
    office_of.keep("fee", -90, 3, month=11)
    office_of.tell_provider()
    assert office_of.standing(*ALL, LATER) == {CLEARING: D("93.10"), FEES: D("6.00"), INPUT_TAX: D("0.90")}
    assert causes(office_of) == []


def test_what_the_month_s_end_adds_is_taken_later_once_a_person_let_it_go_on(office_of: Withheld) -> None:
    office_of.fees = {"charge": "exempt", "fee": "of_bill", "supplier": NAME}
    office_of.charge(10_000, 600, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("6.40", "E", "0"))
    office_of.wait()
    assert case(office_of, "fee_bill_differs")["amount"] == D("0.40")
    accept(office_of, "fee_bill_differs")
    assert office_of.open_lines(PAYABLE) == []
    assert office_of.standing(FEES, EXEMPT, LATER) == {FEES: D("6.40"), LATER: D("-0.40")}
    office_of.keep("fee", -40, 3, month=11)
    office_of.tell_provider()
    assert office_of.standing(FEES, EXEMPT, LATER) == {FEES: D("6.40")}


@pytest.mark.parametrize(("given_back", "billed"), [(345, "3.00"), (460, "4.00")])
def test_a_credit_note_meets_what_was_given_back(office_of: Withheld, given_back: int, billed: str) -> None:
    office_of.fees = DOMESTIC
    office_of.keep("fee", given_back, 9)
    office_of.tell_provider()
    office_of.fee_bill("ST-C", (billed, "S", "15"), credit=True)
    assert office_of.open_lines(PAYABLE) == [] and causes(office_of) == []
    tax = D(given_back) / 100 - D(billed)
    assert office_of.standing(FEES, TAXED, INPUT_TAX) == {FEES: -D(billed), INPUT_TAX: -tax}


# what a bill is of


def test_a_bill_waits_for_the_provider_s_report_and_is_then_a_case(office_of: Withheld) -> None:
    office_of.fees = NONE
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("5.20", "E", "0"))
    assert office_of.states() == {"ST-10": "normalised"} and causes(office_of) == []
    office_of.charge(10_000, 200, 28)
    office_of.tell_provider()
    office_of.wait(1)
    assert office_of.states() == {"ST-10": "posted"} and office_of.standing(PAYABLE, EXEMPT) == {}


def test_a_month_is_the_one_before_the_bill_s_day_or_the_same(office_of: Withheld) -> None:
    office_of.charge(10_000, 320, 5, month=9)
    office_of.charge(10_000, 410, 5)
    office_of.fees = {**NONE, "period": "same_month"}
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("4.10", "E", "0"), on=date(2026, 10, 31))
    office_of.fees = NONE
    office_of.fee_bill("ST-09", ("3.20", "E", "0"), on=date(2026, 10, 2))
    assert set(office_of.states().values()) == {"posted"} and office_of.standing(PAYABLE, EXEMPT) == {}


@pytest.mark.parametrize(("billed", "open_payable"), [("5.00", ["-1.80"]), ("2.00", [])])
def test_a_difference_is_a_case_with_its_amount_and_a_person_may_let_it_go_on(
    office_of: Withheld, billed: str, open_payable: list[str]
) -> None:
    office_of.fees = NONE
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", (billed, "E", "0"))
    office_of.wait()
    assert case(office_of, "fee_bill_differs")["amount"] == abs(D(billed) - D("3.20"))
    assert office_of.standing(PAYABLE) == {}
    accept(office_of, "fee_bill_differs")
    # It is booked whole. What was withheld settles it, and what was not stands open, where no run pays it.
    assert office_of.open_lines(PAYABLE) == [D(x) for x in open_payable] and to_pay(office_of) == []
    assert office_of.standing(FEES, EXEMPT) == {FEES: max(D(billed), D("3.20"))}


def test_a_second_bill_of_the_same_month_finds_nothing_left(office_of: Withheld) -> None:
    office_of.fees = DOMESTIC
    office_of.charge(10_000, 345, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.00", "S", "15"))
    office_of.fee_bill("ST-11", ("3.00", "S", "15"), on=date(2026, 11, 3))
    office_of.wait()
    found = case(office_of, "fee_bill_differs")
    assert found["amount"] == D("3.45") and "withheld 0.00" in str(found["detail"])
    assert office_of.standing(*ALL) == {CLEARING: D("96.55"), FEES: D("3.00"), INPUT_TAX: D("0.45")}


def test_what_a_bill_left_is_left_to_the_next_one(office_of: Withheld) -> None:
    office_of.fees = DOMESTIC
    office_of.charge(10_000, 345, 5)
    office_of.charge(10_000, 230, 6)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.00", "S", "15"))
    office_of.wait()
    accept(office_of, "fee_bill_differs")
    assert office_of.standing(TAXED, INPUT_TAX, FEES) == {
        TAXED: D("0.30"),
        INPUT_TAX: D("0.45"),
        FEES: D("5.00"),
    }
    office_of.fee_bill("ST-11", ("2.00", "S", "15"), on=date(2026, 11, 3))
    assert office_of.standing(*ALL) == {CLEARING: D("194.25"), FEES: D("5.00"), INPUT_TAX: D("0.75")}
    assert causes(office_of) == [] and office_of.open_lines(PAYABLE) == []


def test_a_bill_that_the_ledger_refused_is_settled_once_it_is_mended(office_of: Withheld) -> None:
    """Its own settling entry, which waits since then, is not another bill's."""
    office_of.fees = REVERSE
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "AE", "0"))
    assert causes(office_of) == ["refused_by_target"]
    reverse_tax(office_of)
    connection = office_of.database.connect(autocommit=True)
    with connection.transaction():
        replay(connection, office_of.clock.now(), "cora", cause="refused_by_target")
    connection.close()
    office_of.wait()
    assert causes(office_of) == [] and office_of.open_lines(PAYABLE) == []
    assert office_of.standing(FEES, REVERSED) == {FEES: D("3.20")}


# what nobody declared


def test_a_provider_s_bill_that_nobody_declared_is_refused_with_words(office_of: Withheld) -> None:
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "E", "0"))
    assert "[options.fees] in the interface of stripe" in str(
        case(office_of, "fee_bill_undeclared")["recovery"]
    )
    # Movements are booked as they always were.
    assert office_of.standing(FEES, PAYABLE) == {FEES: D("3.20")}


def test_a_fee_of_a_kind_that_is_not_declared_is_booked_and_told(office_of: Withheld) -> None:
    office_of.fees = {"charge": "exempt", "supplier": NAME}
    office_of.keep("fee", -1150, 8)
    office_of.tell_provider()
    found = case(office_of, "fee_treatment_undeclared")
    assert found["amount"] == D("11.50") and 'fee = "domestic_vat 19"' in str(found["recovery"])
    assert office_of.standing(CLEARING, FEES) == {CLEARING: D("-11.50"), FEES: D("11.50")}


def test_a_bill_in_another_name_of_the_supplier_says_what_to_add(office_of: Withheld) -> None:
    office_of.fees = {**NONE, "supplier": "STR"}
    office_of.charge(10_000, 320, 5)
    office_of.tell_provider()
    office_of.fee_bill("ST-10", ("3.20", "E", "0"))
    assert "add the name" in str(case(office_of, "fee_bill_unclear")["recovery"])


def reverse_tax(made: Withheld) -> None:
    """A tax of Odoo's that is due and deducted at once."""
    context = {"allowed_company_ids": [made.company.id]}

    def find(model: str, domain: list[object], field: str) -> dict[str, Any]:
        rows = made.admin.call(model, "search_read", domain=domain, fields=[field], limit=1, context=context)
        return dict(rows[0])

    input_tax, owed = (
        find("account.account", [["code", "=", c]], "code")["id"] for c in (INPUT_TAX, "252000")
    )
    group = find("account.tax", [["type_tax_use", "=", "purchase"]], "tax_group_id")["tax_group_id"][0]
    lines = [
        [0, 0, {"repartition_type": "base"}],
        [0, 0, {"repartition_type": "tax", "factor_percent": 100, "account_id": input_tax}],
        [0, 0, {"repartition_type": "tax", "factor_percent": -100, "account_id": owed}],
    ]
    values = {"name": "Reverse 15%", "amount": 15, "type_tax_use": "purchase", "tax_group_id": group,
              "price_include_override": "tax_excluded", "invoice_repartition_line_ids": lines,
              "refund_repartition_line_ids": lines}  # fmt: skip
    made.admin.call("account.tax", "create", vals_list=[values], context=context)
