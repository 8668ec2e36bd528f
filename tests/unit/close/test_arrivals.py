"""What should have come of a month: October of 2026, which has 22 business days, counted by hand."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tieout.close.arrivals import Came, Lacking, in_words, lacking
from tieout.money import Period
from tieout.money.calendar import BusinessCalendar
from tieout.rules import Interface
from tieout.rules.expected import BANKING_DAY, BUSINESS_DAY, MONTH, Expected

OCTOBER, ZONE = Period(2026, 10), ZoneInfo("Europe/Berlin")
ALL = frozenset(date(2026, 10, d) for d in range(1, 32))
A = ("A", "EUR")


def found(expected: Expected, came: Came) -> list[Lacking]:
    weekdays = BusinessCalendar()
    return lacking(expected, OCTOBER, came, weekdays, lambda account, currency: weekdays, ZONE)


def test_nothing_lacks_where_nothing_has_to_come() -> None:
    assert found(Expected(), Came()) == []


def test_every_business_day_has_something_but_those_that_were_excepted() -> None:
    every = Expected(every=BUSINESS_DAY)
    assert len(found(every, Came())) == 22 and found(every, Came(days=ALL)) == []
    (one,) = found(every, Came(days=ALL - {date(2026, 10, 9), date(2026, 10, 10)}))
    assert (one.on, one.due_at) == (date(2026, 10, 9), datetime(2026, 10, 12, 23, 59, tzinfo=ZONE))
    excepted = Expected(every=BUSINESS_DAY, except_on=(date(2026, 10, 9),))
    assert found(excepted, Came(days=ALL - {date(2026, 10, 9)})) == []


def test_a_file_by_noon_is_due_at_noon_of_the_next_business_day() -> None:
    (one,) = found(Expected(every=BUSINESS_DAY, by=time(12)), Came(days=ALL - {date(2026, 10, 1)}))
    assert one.due_at == datetime(2026, 10, 2, 12, tzinfo=ZONE)


def test_so_many_of_a_month_by_a_day() -> None:
    twice = Expected(every=MONTH, at_least=2, by_day=25)
    (one,) = found(twice, Came(count=1))
    assert one.what == "1 of 2 came" and one.due_at == datetime(2026, 10, 25, 23, 59, tzinfo=ZONE)
    assert found(twice, Came(count=2)) == []
    (one,) = found(Expected(every=MONTH, by_day=31), Came())
    assert one.what == "nothing came" and one.due_at.day == 31
    # Without a day: on the first business day after the month.
    (one,) = found(Expected(every=MONTH), Came())
    assert one.due_at == datetime(2026, 11, 2, 23, 59, tzinfo=ZONE)


def test_so_many_statements_of_each_account_also_of_one_of_which_none_ever_came() -> None:
    two = Expected(every=MONTH, at_least=2, statements=True, accounts=("A", "B"))
    said = [x.what for x in found(two, Came(statements={A: 1, ("C", "USD"): 2}))]
    assert said == ["1 of the statements of A EUR came, of 2", "0 of the statements of B came, of 2"]
    (one,) = found(Expected(every=MONTH, statements=True), Came())
    assert one.what == "no statement of any account"
    # Whatever else came is no statement.
    assert found(Expected(every=MONTH, statements=True), Came(count=9, statements={A: 0}))


def test_every_banking_day_is_covered_by_a_statement_of_each_account() -> None:
    every = Expected(every=BANKING_DAY, statements=True)
    assert found(every, Came(covered={A: ALL})) == []
    (one,) = found(every, Came(covered={A: ALL, ("B", "EUR"): ALL - {date(2026, 10, 30)}}))
    assert (one.what, one.on) == ("no statement of B EUR", date(2026, 10, 30))
    (one,) = found(every, Came(days=ALL))
    assert one.what == "no statement of any account"


def test_five_are_named_and_the_others_counted() -> None:
    interface = Interface("tills", "shop", "US", (), "sales", "")
    said = in_words(interface, OCTOBER, found(Expected(every=BUSINESS_DAY), Came()))
    assert said.startswith("nothing of 2026-10-01, due 2026-10-02 23:59; ") and "and 17 more" in said
    assert "tieout run tills --since all" in said and "interfaces/tills.toml" in said
