"""Every sentence of a runbook is of its interface's declaration: another declaration, another sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from tests.conformance.test_connectors import CONNECTORS
from tieout.close.runbooks import runbook
from tieout.rules import Entity, Interface
from tieout.rules.expected import BANKING_DAY, BUSINESS_DAY, MONTH, Expected

US = Entity("US", "Us Inc", "USD", "UTC", "odoo")
SHOP = Interface(
    "shop", "shop_us", "US", ("orders",), "sales", "order to cash", every_minutes=15, overlap_minutes=30
)
BANK = Interface("bank", "bank", "US", ("statements",), "treasury", "treasury")
OURS = Interface("revaluation", "odoo", "US", ("revaluations",), "controller", "")


def of_shop(**more: object) -> str:
    return runbook(replace(SHOP, **more), CONNECTORS["shopify"], US, False)  # type: ignore[arg-type]


def of_bank(watched: bool = False, **more: object) -> str:
    return runbook(replace(BANK, **more), CONNECTORS["bankfile"], US, watched)  # type: ignore[arg-type]


def test_what_is_pulled_is_asked_again_and_pushes_are_repaired_by_it() -> None:
    said = of_shop()
    assert "asked again every 15 minutes, with an overlap of 30 minutes" in said
    assert "tieout run shop --since all" in said and "repaired by the pull" in said
    assert "repaired by the pull" not in of_bank()


def test_files_are_put_where_they_are_taken_from() -> None:
    assert "`tieout ingest FILE --interface bank`" in of_bank() and "its watched folder" in of_bank(
        watched=True
    )
    assert "asked again every" not in of_bank()


def test_what_tieout_makes_is_said_to_be_its_own() -> None:
    assert "made by Tieout itself" in runbook(OURS, CONNECTORS["odoo"], US, False)


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        (None, "Nobody declared what must come over it"),
        (Expected(), "Nothing has to come over it"),
        (
            Expected(every=MONTH, by_day=25, by=time(12)),
            "Something of each month must come, by day 25 at 12:00.",
        ),
        (
            Expected(every=MONTH, at_least=3),
            "3 things of each month must come, by the first business day after it.",
        ),
        (
            Expected(every=MONTH, at_least=2, statements=True),
            "2 of the statements of each account of each month",
        ),
        (
            Expected(every=BUSINESS_DAY, by=time(12)),
            "Something of every business day must come, by 12:00 on the next one.",
        ),
        (
            Expected(every=BANKING_DAY, statements=True),
            "A statement of each account of every banking day must come on",
        ),
    ],
)
def test_what_must_come_is_what_was_declared(expected: Expected | None, says: str) -> None:
    assert says in of_shop(expected=expected)


def test_only_what_the_close_waits_for_is_said_to_hold_it() -> None:
    assert "`complete: shop` cannot be signed" in of_shop() and "The close waits for it." in of_shop()
    said = of_shop(close_critical=False)
    assert "cannot be signed" not in said and "it can be signed without" in said
    assert "The close does not wait for it." in said


@pytest.mark.parametrize(
    ("late", "says"), [("case", "becomes a case (`late_event`)"), ("first_open", "first open day")]
)
def test_what_comes_late_follows_its_declaration(late: str, says: str) -> None:
    assert says in of_shop(late_events=late)


def test_its_last_words_name_the_entity() -> None:
    assert "close show --period PERIOD --entity US`" in of_shop() and "{" not in of_shop()
