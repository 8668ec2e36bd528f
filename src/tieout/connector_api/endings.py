"""How much of an order's price each delivery earns: shares to the cent, by line. Pure.

Goods earn by units. What is promised beside them (shipping, tips) is no good of its own and is earned as the goods are
delivered, by their value: IFRS 15.76-80 and ASC 606-10-32-31 allot a price by the relative prices of what is promised.
Shipping before control passes is part of fulfilling the sale, after it by choice under US GAAP alone (ASC 606-10-25-18B):
see JOURNALS. Once nothing is left to deliver, what is kept is earned (IFRS 15.B46). Each share is what all events up to it
come to, rounded once, less what was given before: so shares sum to the line whatever their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tieout.documents import DeliveredLine, Ending, SaleLine
from tieout.money import Amount

GOODS, GIFT_CARD = "goods", "gift_card"
# What is no revenue whatever is delivered: a rounding; duties, which are collected for customs.
_NONE = ("rounding", "duties")


@dataclass(frozen=True)
class Event:
    """What happened to an order at an instant: the units of each line, by its number from 0."""

    key: str
    at: datetime
    ending: Ending
    units: Mapping[int, Decimal]


class _Goods:
    """One line of goods: what of it is delivered and called off so far."""

    def __init__(self, line: SaleLine) -> None:
        self.line, self.given = line, Amount.zero(line.net.currency)
        self.units = Decimal(0)
        self.by_ending: dict[Ending, Decimal] = {}

    def share(self, units: Decimal) -> Amount:
        """What so many units are worth by themselves."""
        return Amount.rounded(self.line.net.value * units / self.line.quantity, self.line.net.currency)

    def end(self, units: Decimal, ending: Ending) -> tuple[Decimal, Amount]:
        """The units that end, at most those that are left, and their share."""
        taken = min(units, self.line.quantity - self.units)
        self.units += taken
        share = self.share(self.units) - self.given
        self.given += share
        self.by_ending[ending] = self.by_ending.get(ending, Decimal(0)) + taken
        return taken, share


def endings(
    lines: Sequence[SaleLine], events: Sequence[Event]
) -> list[tuple[Event, tuple[DeliveredLine, ...]]]:
    """Each event in the order of time with its shares. `lines` are all of the order's; gift cards are no revenue and have
    no share, nor has a rounding. Units beyond those of a line earn nothing."""
    goods = {
        n: _Goods(line)
        for n, line in enumerate(lines)
        if line.nature in (GOODS, GIFT_CARD) and line.quantity > 0
    }
    beside = [line for line in lines if line.nature not in (GOODS, GIFT_CARD, *_NONE) and line.net]
    given = [Decimal(0)] * len(beside)
    found = []
    for event in sorted(events, key=lambda e: (e.at, e.key)):
        shares = []
        for n, units in sorted(event.units.items()):
            line = goods.get(n)
            if line is None or units <= 0:
                continue
            if event.ending is Ending.RETURNED:
                taken, share = units, line.share(units)
            else:
                taken, share = line.end(units, event.ending)
            if taken and line.line.nature == GOODS:
                shares.append(DeliveredLine(name=line.line.name, quantity=taken, net=share))
        if event.ending is not Ending.RETURNED:
            earned = _earned(list(goods.values()))
            for n, other in enumerate(beside):
                upto = Amount.rounded(other.net.value * earned, other.net.currency).value
                if upto != given[n]:
                    net = Amount.exact(upto - given[n], other.net.currency)
                    shares.append(
                        DeliveredLine(name=other.name, quantity=Decimal(0), net=net, nature=other.nature)
                    )
                    given[n] = upto
        found.append((event, tuple(shares)))
    return found


def _earned(goods: Sequence[_Goods]) -> Decimal:
    """Which part of what is still promised is delivered, by value; by units where the goods are free. What is called off
    is promised no more: the rest bears the whole."""
    by_value = any(g.line.net and g.line.nature == GOODS for g in goods)
    promised = delivered = Decimal(0)
    for g in goods:
        if by_value and g.line.nature != GOODS:
            continue
        each = g.line.net.value / g.line.quantity if by_value else Decimal(1)
        promised += each * (g.line.quantity - g.by_ending.get(Ending.CALLED_OFF, Decimal(0)))
        delivered += each * g.by_ending.get(Ending.DELIVERED, Decimal(0))
    # Nothing is left to deliver: what was not given back with the goods is earned.
    ended = all(g.units >= g.line.quantity for g in goods)
    return Decimal(1) if ended or promised <= 0 else min(delivered / promised, Decimal(1))
