"""What somebody declares otherwise in the project's files, once the month does not end as it should."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from decimal import Decimal

from tests.simulation.ways.books import Books, Line
from tests.simulation.ways.ends import PAY_DAY, net_pay, no_payroll
from tests.simulation.ways.files import LAST, no_last_statement
from tests.simulation.ways.people import ON, charge
from tests.simulation.ways.way import Told, Way
from tieout.close import CloseError
from tieout.money import Period
from tieout.rules.expected import Expected
from tieout.security import AuthorityError, StampError


def _nothing_expected(books: Books, told: Told) -> Told:
    """From now on no payroll has to come."""
    path = books.project_folder / "interfaces" / "payroll.toml"
    text = path.read_text().replace('[expected]\nevery = "month"\nby_day = 31\n', "")
    # A plain value stands before the first table.
    path.write_text(text.replace("risk = ", 'expected = "nothing"\nrisk = '))
    books.reread()
    assert books.project.release().interfaces["payroll"].expected == Expected()
    books.settle()
    return Told(
        "complete: payroll: nothing came of 2026-10",
        also=(("interfaces/payroll.toml", None), ("", net_pay(books))),
    )


def _not_on_that_day(books: Books, told: Told) -> Told:
    """From now on the bank need not state its last day."""
    books.edit("interfaces/bank.toml", "[expected]\nstatements = 1\n", "")
    books.edit("interfaces/bank.toml", "owner = ", 'expected = "nothing"\nowner = ')
    assert books.project.release().interfaces["bank"].expected == Expected()
    books.settle()
    return replace(told, words="its statements end on", also=(("interfaces/bank.toml", None),))


def _no_interface(books: Books, told: Told) -> Told:
    """From now on there is no payroll."""
    (books.project_folder / "interfaces" / "payroll.toml").unlink()
    path = books.project_folder / "tieout.toml"
    path.write_text(re.sub(r"\[watch\.payroll\]\n(?:[^\[\n].*\n)+", "", path.read_text()))
    books.reread()
    assert "payroll" not in books.project.release().interfaces
    books.settle()
    return Told("interfaces/payroll.toml", also=(("", net_pay(books)),))


def _not_critical(books: Books, told: Told) -> Told:
    """From now on the close does not wait for payroll."""
    books.edit("interfaces/payroll.toml", "owner = ", "close_critical = false\nowner = ")
    assert not books.project.release().interfaces["payroll"].close_critical
    books.settle()
    return Told("complete: payroll: nothing came of 2026-10", also=(("", net_pay(books)),))


def _by_intent(books: Books) -> Told:
    """Revenue of 50,000 by hand, which is declared to be made there by intent."""
    value = Decimal("50000.00")
    books.unlock()
    books.entry([Line("620000", value), Line("400000", -value)], ON, "by hand")
    books.lock()
    text = (
        '\n[entities.US.origins.by_hand]\nkinds = ["entry"]\nsince = 2026-10-01\n'
        'declared_by = "the clerk"\nwhy = "made there by intent"\n'
    )
    books.edit("tieout.toml", "", text)
    assert books.project.release().entities["US"].origins
    books.settle()
    return Told("account_moved_by_hand", value)


def _another_key(books: Books, told: Told) -> Told:
    """The key of the stamps is another one; whoever made it solves the case, with evidence that its stamp holds of."""
    path = books.project.settings.state / "keys" / "stamp.key"
    path.write_text(secrets.token_hex(32))
    books.let_go()
    books.take_up()
    return told


def _by_another_key(books: Books, period: Period) -> None:
    """Both try to sign, and somebody else is to be let in."""
    for who in (0, 1):
        try:
            books.said += books.sign(who, period=period).values()
        except (StampError, AuthorityError, CloseError) as error:
            books.said.append(str(error))


WAYS = (
    Way("payroll missing, and not expected any more", "declared", "services", no_payroll, PAY_DAY, then=_nothing_expected),
    Way("payroll missing, and its interface gone", "declared", "services", no_payroll, PAY_DAY, then=_no_interface),
    Way("payroll missing, and the close does not wait for it", "declared", "services", no_payroll, PAY_DAY, then=_not_critical),
    Way("statement of the last banking day missing, and not expected any more", "declared", "distributor", no_last_statement, LAST,
        then=_not_on_that_day),
    Way("revenue of 50,000 by hand, and declared as made by intent", "declared", "distributor", _by_intent),
    Way("the stamps' key changed", "declared", "distributor", charge, ON, then=_another_key,
        closing=_by_another_key),
)  # fmt: skip
