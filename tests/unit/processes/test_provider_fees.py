"""How fees that were withheld are taxed, as it is declared. Words and amounts are invented."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.processes.test_recipes import accounts_of, movement, plan, release
from tieout.connector_api import FEES
from tieout.documents import ledger_lines
from tieout.processes import Facts
from tieout.processes.provider_fees import Treatment, treatments
from tieout.rules import Interface, MappingRow, Release

D = Decimal
TAXED, LATER = "101720", "101730"


def rules() -> Release:
    given = release()
    roles = {"domestic_vat": TAXED, "of_bill": LATER}
    rows = (MappingRow(f"fees_to_be_billed.stripe.{k}", v) for k, v in roles.items())
    accounts = given.mappings["accounts"]
    return replace(
        given, mappings={**given.mappings, "accounts": replace(accounts, rows=(*accounts.rows, *rows))}
    )


def booked(
    category: str, gross: int, fee: int, fees: dict[str, str], **more: Any
) -> dict[str, dict[str, Decimal]]:
    """Each effect of fees, by its accounts."""
    result = plan(movement(category, gross, fee, **more), rules=rules(), options={"fees": fees})
    return {e.name: accounts_of(result, e.name) for e in result.effects if e.name.startswith("fee")}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("domestic_vat 19", Treatment(kind="domestic_vat", rate=D(19))),
        ("domestic_vat 5.5", Treatment(kind="domestic_vat", rate=D("5.5"))),
        ("reverse_charge 21", Treatment(kind="reverse_charge", rate=D(21))),
        ("exempt", Treatment(kind="exempt")),
        ("domestic_vat 21 on_bill", Treatment(kind="domestic_vat", rate=D(21), on_bill=True)),
        ("of_bill", Treatment(kind="of_bill")),
    ],
)
def test_a_treatment_is_read_as_it_is_written(said: str, means: Treatment) -> None:
    read = treatments(
        Interface("s", "s", "US", (), "o", "p", options={"fees": {"charge": said, "supplier": "exempt"}})
    )
    assert read == {"charge": means}


@pytest.mark.parametrize(
    "said",
    [
        "domestic_vat",
        "exempt 19",
        "19",
        "standard 19",
        "reverse_charge",
        "domestic_vat 119",
        "",
        "domestic_vat -1",
    ],
)
def test_what_is_no_treatment_declares_nothing(said: str) -> None:
    assert treatments(Interface("s", "s", "US", (), "o", "p", options={"fees": {"charge": said}})) == {}


@pytest.mark.parametrize(
    ("fees", "name"),
    [
        ({"*": "exempt"}, "fee_exempt"),
        ({"*": "exempt", "charge": "reverse_charge 19"}, "fee_reverse_charge"),
        ({"*": "exempt", "charge": "exempt", "Settled": "reverse_charge 19"}, "fee_reverse_charge"),
        ({"refund": "exempt"}, "fee"),
        ({}, "fee"),
    ],
)
def test_the_provider_s_word_goes_before_ours_and_ours_before_all_others(
    fees: dict[str, str], name: str
) -> None:
    assert booked("charge", 10_000, 119, fees, control_group="Settled") == {
        name: {"101501": D("-1.19"), "621000": D("1.19")}
    }


@pytest.mark.parametrize(
    ("said", "accounts"),
    [
        ("domestic_vat 19", {"101501": "-1.19", "621000": "1.00", TAXED: "0.19"}),
        ("domestic_vat 19 on_bill", {"101501": "-1.19", "621000": "1.19"}),
        ("of_bill", {"101501": "-1.19", LATER: "1.19"}),
        ("reverse_charge 19", {"101501": "-1.19", "621000": "1.19"}),
    ],
)
def test_a_fee_stands_where_its_treatment_puts_it(said: str, accounts: dict[str, str]) -> None:
    (withheld,) = booked("charge", 10_000, 119, {"*": said}).values()
    assert withheld == {k: D(v) for k, v in accounts.items()}
    (own,) = booked("fee", -119, 0, {"*": said}).values()
    assert own == withheld
    (back,) = booked("fee", 119, 0, {"*": said}).values()
    assert back == {k: -v for k, v in withheld.items()}


def test_a_fee_of_which_another_was_withheld_is_two_effects_of_two_ids() -> None:
    """They had one id, so the second would have been taken for the first and lost."""
    for options in ({}, {"fees": {"*": "domestic_vat 19"}}):
        result = plan(movement("fee", -1000, 50), rules=rules(), options=options)
        assert len({e.external_id for e in result.effects}) == 2
        lines = [x for e in result.effects for x in ledger_lines(e.body) if x.account == "101501"]
        assert sorted(x.amount for x in lines) == [D("-10.00"), D("-0.50")]


def test_a_fee_in_another_currency_has_its_tax_at_its_rate() -> None:
    result = plan(
        movement("fee", -1190, 0, "EUR"),
        Facts(rate=D("0.9")),
        rules=rules(),
        options={"fees": {"*": "domestic_vat 19"}},
    )
    lines = {x.account: (x.amount, x.company) for x in ledger_lines(result.effects[0].body)}
    assert lines == {
        "101502": (D("-11.90"), D("-13.22")), "621000": (D("10.00"), D("11.11")), TAXED: (D("1.90"), D("2.11")),
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "* = domestic_vat 19", "Fee = domestic_vat 21 on_bill", "dispute = exempt", "InvoiceDeduction = of_bill",
        "charge = reverse_charge 8.1", "supplier = STR; IE3206488LH", "bills = paid", "bills = withheld", "period = same_month",
        "period = month_before", "time_zone = Europe/Amsterdam",
    ],
)  # fmt: skip
def test_what_may_be_declared_of_fees(said: str) -> None:
    assert re.fullmatch(FEES.shape, said)


@pytest.mark.parametrize(
    "said",
    [
        "* = reverse-charge 19", "* = domestic_vat", "charge = standard 19", "charge = exempt 19", "bills = exempt", "bills = none",
        "period = quarter", "period = exempt", "time_zone = ", "supplier = ", "charge = reverse_charge 19 on_bill",
    ],
)  # fmt: skip
def test_a_declaration_that_is_spelt_wrongly_is_refused(said: str) -> None:
    assert not re.fullmatch(FEES.shape, said)
