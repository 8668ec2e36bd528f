"""Statements whose balances do not say whether they are credits or debits: held whole, and booked once a person believes them.

The shape is that of the Bank of Lithuania's camt.053.001.08 (Subite-eu/camt-to-coda, example-files/CAMT, 155 files). Every file is invented.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.statement_files import Told, camt, told
from tieout.planning import accept_case, exclude_case
from tieout.store import Database

IBAN = "DE02120300000000202051"
DAY = told("S1", "1", "1000", ("12.50", "A1"), ("-20.00", "A2"))
NEXT = told("S2", "2", "992.50", ("1.00", "B1"))
NOTHING = told("S3", "3", "992.50")


def unmarked(*statements: Told) -> bytes:
    """Balances without CdtDbtInd; entries have theirs."""
    return re.sub(rb"(<Bal>.*?</Amt>)<CdtDbtInd>\w+</CdtDbtInd>", rb"\1", camt(*statements))


def states(made: Banks) -> dict[str, str]:
    """How each line stands, by its text; one that is there twice as often as it is there."""
    found: dict[str, list[str]] = {}
    for row in made.database.rows(
        "select content::jsonb ->> 'remittance' as text, state from tieout.document where kind = 'statement_line' order by 1, 2"
    ):
        found.setdefault(row["text"], []).append(
            "booked" if row["state"] in ("planned", "posted") else row["state"]
        )
    return {text: " ".join(sorted(x)) for text, x in found.items()}


def cases(made: Banks) -> list[dict[str, Any]]:
    return made.database.rows(
        "select case_id, cause, source_key, amount, detail, recovery from tieout.cases"
        " where state = 'open' and cause <> 'unmatched_bank_line' order by source_key"
    )


def decide(made: Banks, how: Any, key: str) -> None:
    (case,) = [c for c in cases(made) if c["source_key"] == key]
    with made.database.transaction() as connection:
        assert how(connection, case["case_id"], "as the bank's page has it", NOW, "ann")
    made.work()


def test_a_statement_without_signs_is_held_and_then_believed(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY))
    assert states(made) == {"A1": "refused", "A2": "refused"}
    found = cases(made)
    assert {c["cause"] for c in found} == {"statement_unproven"}
    assert [c["amount"] for c in found] == [Decimal("0.00"), Decimal("12.50"), Decimal("20.00")]
    assert (
        "1000.00 USD to 992.50 USD in 2 lines" in found[0]["detail"] and "CdtDbtInd" in found[0]["recovery"]
    )
    decide(made, accept_case, f"{IBAN}:S1:2026-10-05")
    assert states(made) == {"A1": "booked", "A2": "booked"} and cases(made) == []
    before = made.counts()
    made.give(unmarked(DAY), camt(DAY))
    assert made.counts() == before


def test_an_exclusion_holds_for_the_same_file_and_not_for_one_that_proves_itself(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY))
    decide(made, exclude_case, f"{IBAN}:S1:2026-10-05")
    assert states(made) == {"A1": "excluded", "A2": "excluded"}
    made.give(unmarked(DAY) + b"\n", unmarked(DAY))
    assert states(made) == {"A1": "excluded", "A2": "excluded"} and cases(made) == []
    made.give(camt(DAY))
    assert states(made) == {"A1": "booked excluded", "A2": "booked excluded"} and cases(made) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_a_file_with_its_signs_books_what_one_without_them_told(
    database: Database, order: tuple[int, ...], together: bool
) -> None:
    made = banks(database, IBAN)
    files = [(unmarked(DAY), camt(DAY), unmarked(DAY, NEXT))[n] for n in order]
    if together:
        made.take(*files)
        made.work()
    else:
        made.give(*files)
    made.give(*files)
    found = states(made)
    assert found["A1"].split().count("booked") == found["A2"].split().count("booked") == 1
    assert found["B1"] == "refused"
    assert [c["source_key"] for c in cases(made)] == [f"{IBAN}:S2:2026-10-05", f"{IBAN}:S2:2026-10-05:00001"]


def test_one_line_that_a_person_let_go_on_is_not_booked_again(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY))
    decide(made, accept_case, f"{IBAN}:S1:2026-10-05:00001")
    assert states(made) == {"A1": "booked", "A2": "refused"}
    made.give(camt(DAY))
    assert states(made) == {"A1": "booked", "A2": "refused"}


def test_what_contradicts_it_is_held_all_the_same(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY))
    decide(made, accept_case, f"{IBAN}:S1:2026-10-05")
    made.give(camt(told("S1", "1", "1000", ("12.50", "A1"), ("-30.00", "A3"))))
    assert states(made) == {"A1": "booked", "A2": "booked", "A3": "refused"}
    assert {c["cause"] for c in cases(made)} == {"statement_contradicts"}


def test_a_statement_without_lines_is_nobodys_case(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(NOTHING), unmarked(DAY, NOTHING))
    assert {c["source_key"].split(":")[1] for c in cases(made)} == {"S1"}


def test_lines_that_do_not_lead_from_one_balance_to_the_other_are_refused(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY).replace(b">992.50<", b">992.49<"))
    assert states(made) == {} and [c["cause"] for c in cases(made)] == ["statement_does_not_hold"]
