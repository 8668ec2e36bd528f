"""Payments of the kinds that are hard to match, put beside a company's own, each with what only looks like it.

Kinds, of which every one states its share: the only open invoice of an amount that thousands have (paid by name alone), a
payment net of a credit note, an over-payment that names its invoice, instalments, standing orders. Beside them stands what
a careless rule would take for one of them: two open invoices of that amount, two customers of one name, another company of
the name, an amount that is two invoices together, another customer's credit note, a rest that is another invoice's
amount, a month that was left out, the right figure in the wrong currency.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from benchmarks.matching import references
from benchmarks.matching.names import as_written, company_name, iban, person_name

if TYPE_CHECKING:
    from benchmarks.matching.company import Company

EQUAL, NET, OVER, INSTALMENTS, STANDING = (
    "only one of an amount", "net of a credit note", "over-payment", "instalments", "standing order",
)  # fmt: skip
WEAK = (EQUAL, NET, OVER, INSTALMENTS, STANDING)
# Of the invoices that are put beside a company's own: so many of each kind, and of what looks like one.
SHARES = {
    EQUAL: 0.27,
    NET: 0.20,
    OVER: 0.14,
    INSTALMENTS: 0.12,
    STANDING: 0.15,
    "two open of the amount": 0.02,
    "two customers of a name": 0.02,
    "another company of the name": 0.01,
    "two invoices together": 0.02,
    "another's credit note": 0.01,
    "a rest that another has": 0.02,
    "a month left out": 0.01,
    "the wrong currency": 0.01,
}
# Most are one and the same.
_FEES = (2500, 2500, 2500, 2500, 3500, 6000)
_NOTHING = ("Beitrag", "Mitgliedsbeitrag 2026", "Abo", "Jahresgebühr", "membership", "")
_STANDING = ("Dauerauftrag", "Miete", "standing order", "Dauerauftrag Miete {customer}", "Rate monatlich")


class Weak:
    """Puts them into a company; drawn apart from it, so that its own rows stay as they are."""

    def __init__(self, company: Company, seed: int) -> None:
        self.company = company
        self.draw = random.Random(f"weak {seed}")
        self.people = 50_000
        self._ways: dict[str, Callable[[str], int]] = {
            EQUAL: self._only_one,
            NET: self._net,
            OVER: self._over,
            INSTALMENTS: self._instalments,
            STANDING: self._standing,
            "two open of the amount": self._two_open,
            "two customers of a name": self._two_of_a_name,
            "another company of the name": self._another_of_the_name,
            "two invoices together": self._two_together,
            "another's credit note": self._anothers_credit,
            "a rest that another has": self._rest_of_another,
            "a month left out": self._left_out,
            "the wrong currency": self._wrong_currency,
        }

    def add(self, invoices: int) -> None:
        """So many invoices, by their shares."""
        for kind, share in SHARES.items():
            made = 0
            while made < round(invoices * share):
                made += self._ways[kind](kind)

    # what each is made of

    def _customer(self) -> tuple[str, str]:
        """(name, account) of a customer of its own."""
        draw = self.draw
        return (person_name(draw) + f" {draw.choice('ABCDEFGHKLMNPRSTW')}. {person_name(draw).split()[1]}"
                if draw.random() < 0.4 else company_name(draw)), iban(draw)  # fmt: skip

    def _day(self, last: int = 60) -> date:
        return self.company.day(self.draw.randrange(last))

    def _amount(self) -> int:
        return int(self.draw.lognormvariate(11.2, 1.1)) + 2000

    def _invoice(self, name: str, day: date, cents: int, currency: str = "EUR") -> tuple[str, str]:
        """(id, number) of an invoice, or of a credit note with a number of its own series."""
        number = self.company.number()
        if cents < 0 and self.draw.random() < 0.5:
            number = number.replace("INV", "CN")
        what = "Credit note" if cents < 0 else "Invoice"
        return self.company.row(
            "right", "R", day, cents, currency, number, name, f"{what} {number}", ""
        ), number

    def _pay(self, day: date, cents: int, payer: tuple[str, str], text: str) -> str:
        name, account = payer
        return self.company.line(day, cents, "NOTPROVIDED", as_written(self.draw, name), text, account)

    def _spelled(self, *numbers: str) -> str:
        habit = self.draw.randrange(6)
        return " ".join(references.spelled(self.draw, n, habit) for n in numbers)

    def _says_nothing(self) -> str:
        return self.draw.choice(_NOTHING)

    def _later(self, day: date, least: int = 2, most: int = 35) -> date:
        return day + timedelta(self.draw.randrange(least, most))

    def _group(self, left: list[str], right: list[str], kind: str, *noise: str) -> None:
        self.company.group(left, right, kind, list(noise))

    # the kinds

    def _only_one(self, kind: str) -> int:
        """One open invoice of an amount that thousands have; a third have others open, of other amounts."""
        payer, day, cents = self._customer(), self._day(), self.draw.choice(_FEES)
        invoice, _ = self._invoice(payer[0], day, cents)
        for _ in range(self.draw.randrange(1, 4) if self.draw.random() < 0.33 else 0):
            self.company.group([], [self._invoice(payer[0], self._day(), self._amount())[0]], "open", [])
        line = self._pay(self._later(day), cents, payer, self._says_nothing())
        self._group([line], [invoice], kind)
        return 1

    def _net(self, kind: str) -> int:
        """One or two invoices less a credit note; the text names both, the invoices alone, or nothing."""
        draw, payer, day = self.draw, self._customer(), self._day()
        amounts = [self._amount() for _ in range(1 if draw.random() < 0.75 else 2)]
        invoices = [self._invoice(payer[0], day + timedelta(draw.randrange(5)), cents) for cents in amounts]
        less = int(amounts[0] * draw.uniform(0.05, 0.9))
        credit = self._invoice(payer[0], day + timedelta(draw.randrange(10)), -less)
        for _ in range(draw.randrange(3)):
            self.company.group([], [self._invoice(payer[0], self._day(), self._amount())[0]], "open", [])
        way = draw.random()
        if way < 0.35:
            text, noise = self._spelled(*(n for _, n in (*invoices, credit))), "both named"
        elif way < 0.75:
            text, noise = self._spelled(*(n for _, n in invoices)), "invoice named"
            text += draw.choice(("", " abzgl. Gutschrift", " less credit note"))
        else:
            text, noise = self._says_nothing(), "nothing named"
        line = self._pay(self._later(day, 11), sum(amounts) - less, payer, text)
        self._group([line], [*(k for k, _ in invoices), credit[0]], kind, noise)
        return len(amounts) + 1

    def _over(self, kind: str) -> int:
        """More than is due, and the text names the invoice."""
        draw, payer, day, cents = self.draw, self._customer(), self._day(), self._amount()
        invoice, number = self._invoice(payer[0], day, cents)
        way = draw.random()
        if way < 0.4:
            step = draw.choice((1000, 5000, 10000))
            paid = min((cents // step + 1) * step, cents + cents * 45 // 100)
        elif way < 0.8:
            paid = cents + max(1, int(cents * draw.uniform(0.01, 0.45)))
        else:
            # Two digits have changed places.
            digits = list(str(cents))
            at = draw.randrange(1, len(digits))
            digits[at - 1], digits[at] = digits[at], digits[at - 1]
            paid = int("".join(digits))
            paid = paid if cents < paid <= cents * 14 // 10 else cents + 99
        for _ in range(draw.randrange(3)):
            self.company.group([], [self._invoice(payer[0], self._day(), self._amount())[0]], "open", [])
        line = self._pay(self._later(day), paid, payer, self._spelled(number))
        self._group([line], [invoice], kind)
        return 1

    def _instalments(self, kind: str) -> int:
        """Two to four parts that name their invoice; of a half the last ones are still to come."""
        draw, payer, day, cents = self.draw, self._customer(), self._day(30), self._amount() * 2
        invoice, number = self._invoice(payer[0], day, cents)
        parts = draw.randrange(2, 5)
        each = cents // parts
        paid = parts if draw.random() < 0.5 else draw.randrange(1, parts)
        text, first = self._spelled(number), draw.randrange(3, 20)
        lines = []
        for n in range(paid):
            amount = each if n < parts - 1 else cents - each * (parts - 1)
            said = draw.choice(
                (text, f"{text} Rate {n + 1}", f"{text} Rate {n + 1}/{parts}", f"Teilzahlung {text}")
            )
            lines.append(self._pay(day + timedelta(first + 30 * n), amount, payer, said))
        self._group(lines, [invoice], kind, "all paid" if paid == parts else "some paid")
        return 1

    def _monthly(self) -> tuple[tuple[str, str], int, list[tuple[str, date]], str]:
        draw, payer = self.draw, self._customer()
        cents = draw.choice((self._amount() // 5000 * 5000 + 5000, draw.choice(_FEES), self._amount()))
        first = self.company.day(draw.randrange(5))
        days = [first + timedelta(30 * n) for n in range(3)]
        text = draw.choice(_STANDING).format(customer=draw.randrange(10_000, 99_999))
        return payer, cents, [(self._invoice(payer[0], day, cents)[0], day) for day in days], text

    def _standing(self, kind: str) -> int:
        """Three months of one amount, each paid some days after its invoice by one and the same text."""
        payer, cents, invoices, text = self._monthly()
        wait = self.draw.randrange(1, 22)
        for invoice, day in invoices:
            line = self._pay(day + timedelta(wait + self.draw.randrange(4)), cents, payer, text)
            self._group([line], [invoice], kind)
        return 3

    # what looks like them

    def _two_open(self, kind: str) -> int:
        """Two open invoices of the amount, and one payment."""
        payer, day, cents = self._customer(), self._day(40), self.draw.choice(_FEES)
        both = [self._invoice(payer[0], d, cents)[0] for d in (day, self._later(day, 1, 10))]
        self.draw.shuffle(both)
        self._group([self._pay(self._later(day, 12), cents, payer, self._says_nothing())], both[:1], kind)
        self.company.group([], both[1:], "open", [])
        return 2

    def _two_of_a_name(self, kind: str) -> int:
        """Two customers of one name with one amount, of which one pays."""
        payer, day, cents = self._customer(), self._day(40), self.draw.choice(_FEES)
        name = payer[0].upper() if self.draw.random() < 0.5 else payer[0]
        both = [self._invoice(n, self._later(day, 1, 9), cents)[0] for n in (payer[0], name)]
        self.draw.shuffle(both)
        self._group([self._pay(self._later(day, 10), cents, payer, self._says_nothing())], both[:1], kind)
        self.company.group([], both[1:], "open", [])
        return 2

    def _another_of_the_name(self, kind: str) -> int:
        """A company that is no customer, but has one's name with another legal form, pays the amount for something else."""
        draw = self.draw
        name, day, cents = company_name(draw), self._day(40), draw.choice(_FEES)
        core = name
        for form in (" GmbH", " AG", " KG", " B.V.", " Ltd", " SARL"):
            core = core.removesuffix(form)
        ours, theirs = draw.sample(("GmbH", "AG", "B.V.", "Ltd", "SARL"), 2)
        self.company.group([], [self._invoice(f"{core} {ours}", day, cents)[0]], "open", [])
        line = self.company.line(self._later(day), cents, "NOTPROVIDED", f"{core} {theirs}", "", iban(draw))
        self._group([line], [], kind)
        return 1

    def _two_together(self, kind: str) -> int:
        """The text names one invoice, and the amount is that and another."""
        payer, day, amounts = self._customer(), self._day(40), [self._amount() for _ in range(2)]
        amounts = [max(amounts), min(min(amounts), max(amounts) * 45 // 100)]
        both = [self._invoice(payer[0], self._later(day, 1, 9), cents) for cents in amounts]
        line = self._pay(self._later(day, 10), sum(amounts), payer, self._spelled(both[0][1]))
        self._group([line], [k for k, _ in both], kind)
        return 2

    def _anothers_credit(self, kind: str) -> int:
        """An invoice is short by what another customer's credit note is: it is paid in part."""
        payer, other, day, cents = self._customer(), self._customer(), self._day(40), self._amount()
        less = int(cents * self.draw.uniform(0.2, 0.6))
        invoice, number = self._invoice(payer[0], day, cents)
        self.company.group([], [self._invoice(other[0], day, -less)[0]], "open", [])
        self._group(
            [self._pay(self._later(day), cents - less, payer, self._spelled(number))], [invoice], kind
        )
        return 1

    def _rest_of_another(self, kind: str) -> int:
        """An instalment whose rest is another invoice's amount, and that invoice's payment without a number."""
        payer, day, cents = self._customer(), self._day(40), self._amount()
        part = int(cents * self.draw.uniform(0.3, 0.6))
        first, number = self._invoice(payer[0], day, cents)
        second, _ = self._invoice(payer[0], day + timedelta(3), cents - part)
        self._group(
            [self._pay(self._later(day, 5), part, payer, self._spelled(number))], [first], kind, "the part"
        )
        line = self._pay(self._later(day, 12), cents - part, payer, self._says_nothing())
        self._group([line], [second], kind, "the other")
        return 2

    def _left_out(self, kind: str) -> int:
        """A standing order that was not carried out in one month."""
        payer, cents, invoices, text = self._monthly()
        missing = self.draw.randrange(2)
        for n, (invoice, day) in enumerate(invoices):
            if n == missing:
                self.company.group([], [invoice], "open", [])
                continue
            line = self._pay(day + timedelta(self.draw.randrange(2, 20)), cents, payer, text)
            self._group([line], [invoice], kind)
        return 3

    def _wrong_currency(self, kind: str) -> int:
        """The invoice's figure in another currency: no payment of it, whatever the text names."""
        payer, day, cents = self._customer(), self._day(), self._amount()
        invoice, number = self._invoice(payer[0], day, cents, self.draw.choice(("USD", "GBP")))
        self.company.group([], [invoice], "open", [])
        self._group([self._pay(self._later(day), cents, payer, self._spelled(number))], [], kind)
        return 1
