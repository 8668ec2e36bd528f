"""Whether statements reach a month's end: balances, days, spans; every expectation counted by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.proofs import falls_short
from tieout.proofs.continuity import Frame
from tieout.rules.closing import EntityClose

END = date(2026, 9, 30)


def frame(
    first: date, last: date, opening: str = "10.00", closing: str = "10.00", account: str = "A"
) -> Frame:
    return Frame(interface="bank", entity="US", account=account, currency="EUR", source_key=f"{account}{last}",
                 document_id=1, sequence="", from_on=first, to_on=last, opening=Decimal(opening),
                 closing=Decimal(closing))  # fmt: skip


def short(*frames: Frame, lines: bool = False, until: date = END) -> list[str]:
    return [x.says for x in falls_short(frames, END, lambda account, currency: until, lambda f: lines)]


def day(number: int, month: int = 9) -> date:
    return date(2026, month, number)


def test_a_statement_of_the_last_banking_day_reaches_it() -> None:
    assert short(frame(day(1), day(30))) == []
    assert short(frame(day(1), day(29)), until=day(29)) == []


def test_one_that_ends_before_does_not_until_the_next_carries_on() -> None:
    early = frame(day(1), day(29), "1.00", "7.00")
    (said,) = short(early)
    assert "end on 2026-09-29" in said and "must open with 7.00" in said
    assert short(early, frame(day(1, 10), day(2, 10), "7.00", "9.00")) == []
    (said,) = short(early, frame(day(1, 10), day(2, 10), "7.01", "9.00"))
    assert "opens with 7.01, not with 7.00, so 0.01 EUR is in no statement" in said


def test_a_statement_across_the_end_states_no_balance_of_it_unless_it_has_no_lines_before() -> None:
    early, across = frame(day(1), day(29)), frame(day(30), day(5, 10))
    (said,) = short(early, across, lines=True)
    assert "nobody stated the balance" in said and "2026-09-30" in said
    assert short(early, across) == []
    # Also where it is the first one of all.
    assert len(short(across, lines=True)) == 1 and short(across) == []


def test_an_account_that_is_told_of_only_later_lacks_nothing() -> None:
    assert short(frame(day(3, 10), day(4, 10))) == []


def test_each_account_is_told_by_itself() -> None:
    said = short(frame(day(1), day(30)), frame(day(1), day(28), account="B"))
    assert len(said) == 1 and said[0].startswith("B EUR")


@pytest.mark.parametrize(
    ("account", "currency", "first", "last", "expected"),
    [
        # Good Friday of 2024 is 29 March: TARGET is closed (ECB, TARGET closing days).
        ("DE02120300000000202051", "EUR", date(2024, 3, 1), date(2024, 3, 31), date(2024, 3, 28)),
        # The Federal Reserve knows no Good Friday.
        ("40600112", "USD", date(2024, 3, 1), date(2024, 3, 31), date(2024, 3, 29)),
        # Memorial Day is the last Monday of May: 31 May 2027.
        ("40600112", "USD", date(2027, 5, 1), date(2027, 5, 31), date(2027, 5, 28)),
        # An account in pounds at a bank of Britain: its spring bank holiday is 31 May 2027, too; in TARGET it is none.
        ("GB82WEST12345698765432", "GBP", date(2027, 5, 1), date(2027, 5, 31), date(2027, 5, 28)),
        ("GB82WEST12345698765432", "EUR", date(2027, 5, 1), date(2027, 5, 31), date(2027, 5, 31)),
        ("unknown", "XXX", date(2027, 5, 1), date(2027, 5, 31), date(2027, 5, 31)),
    ],
)
def test_whose_days_hold(account: str, currency: str, first: date, last: date, expected: date) -> None:
    assert EntityClose().banking_days(account, currency).last_of(first, last) == expected


def test_what_a_project_says_goes_before() -> None:
    rules = EntityClose(banking={"EUR": "GB", "A1": "XFED", "CH": "XECB"})
    may = (date(2027, 5, 1), date(2027, 5, 31))
    assert rules.banking_days("A1", "EUR").market == "XFED"
    assert rules.banking_days("A2", "EUR").last_of(*may) == date(2027, 5, 28)
    assert rules.banking_days("CH9300762011623852957", "CHF").market == "XECB"
