"""What an entity accepts of differences: its limits, what its country knows, and what was accepted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import EarlyDiscount, OpenItem
from tieout.documents import Document, Reconciliation, decode_document, name_of_kind
from tieout.money import Amount
from tieout.reconcile.caps import Taken
from tieout.reconcile.model import MatchingError
from tieout.reconcile.ruleset import Limit, Rules, Withheld
from tieout.rules import Entity, Interface
from tieout.rules.packs import load_pack
from tieout.security import StampError, check_rows
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")


def with_limits(rules: Rules, entity: Entity) -> Rules:
    """Rules with the entity's limits and its country's withholdings. Raises MatchingError where the rules bring limits
    or withholdings of their own: a limit that stands in two places is read in one of them."""
    if rules.limits or rules.withheld:
        where = f"[entities.{entity.code}.differences] of tieout.toml"
        raise MatchingError(
            [f"the rules have [limits] or [[withholding]]: an entity's limits stand in {where}"]
        )
    limits = {
        kind: Limit(amount=x.amount, percent=x.percent, month=x.month) for kind, x in entity.limits.items()
    }
    known = load_pack(entity.country).withholdings if entity.country else ()
    withheld = tuple(
        Withheld(
            name=w.name,
            percent=w.percent,
            base="net" if w.base == "net" else "gross",
            valid_from=w.valid_from,
            valid_to=w.valid_to,
        )
        for w in known
    )
    return msgspec.structs.replace(rules, limits=limits, withheld=withheld)


def worth(items: Sequence[OpenItem], own: str) -> dict[str, Decimal]:
    """What a unit of each currency is in the entity's own: of what is open in it, at the dearest rate, so that no rate
    makes a difference small."""
    found = {own: Decimal(1)}
    for item in items:
        if item.currency != own and item.residual:
            rate = abs(item.company / item.residual)
            found[item.currency] = max(rate, found.get(item.currency, Decimal(0)))
    return found


def judged(due: Sequence[OpenItem], country: str) -> list[OpenItem]:
    """What is due, with the discounts that may be taken: as one sum where the tax is left alone, in the ledger's own parts
    where it is corrected with it. Others are marked as such."""
    law = load_pack(country).discount_tax if country else ""
    return [replace(i, **_judged(i.discount, law)) if i.discount else i for i in due]


def _judged(discount: EarlyDiscount, law: str) -> dict[str, Any]:
    if leaves_tax(discount, law):
        return {"discount": replace(discount, parts=())}
    if discount.computation == "included" and discount.parts:
        return {}
    return {"discount": None, "corrects_tax": True}


def leaves_tax(discount: EarlyDiscount, law: str) -> bool:
    """Whether a discount is taken without any tax being corrected, as the term computes it and the country has it.

    `law` is what the country's pack says: corrected, stands, or "" without one. A mixed term has reduced the tax on
    the invoice already. An excluded one never reduces it, which a country that corrects it does not know; an included
    one corrects it with the discount, but where the country lets the tax stand until a credit note comes.
    """
    if not discount.taxed or discount.computation == "mixed":
        return True
    if discount.computation == "excluded":
        return law != "corrected"
    return discount.computation == "included" and law == "stands"


def taken(
    connection: Connection, interface: Interface, worth_of: dict[str, Decimal], since: date
) -> dict[Taken, Decimal]:
    """What was accepted or decided of differences in the months from a day on, in the entity's currency, whether it is booked or
    on its way there. Raises MatchingError where a match was changed past us: nobody knows how much of the month's sum is left."""
    try:
        check_rows(connection, interface.entity, [name_of_kind(Reconciliation)])
    except StampError as error:
        raise MatchingError([f"nothing is matched for {interface.entity}: {error}"]) from None
    first = since.replace(day=1)
    given = {"entity": interface.entity, "interface": interface.name, "since": first}
    found: dict[Taken, Decimal] = {}
    for row in connection.execute(_SQL["differences_taken"], given).fetchall():
        if row["body"] is None:
            key, amount, currency = (
                Taken(row["kind"], row["party"], row["month"]),
                row["amount"],
                row["currency"],
            )
        else:
            told = _coming(decode_document(bytes(row["body"])), first)
            if told is None:
                continue
            key, amount, currency = told
        # A currency of which nothing is open has no rate here; nothing in it can be accepted either.
        found[key] = found.get(key, Decimal(0)) + amount * worth_of.get(currency, Decimal(1))
    return found


def _coming(match: Document, first: date) -> tuple[Taken, Decimal, str] | None:
    """What a match that is in the inbox accepts of a difference, as the view has it of one that is a document."""
    if not isinstance(match, Reconciliation) or match.undone or match.booked_on < first:
        return None
    kind, amount = match.explained_as, match.difference.value
    if not match.difference_account:
        if not isinstance(match.exchange, Amount):
            return None
        kind, amount = "exchange", match.exchange.value
    party = match.due[0].party if match.due else ""
    return Taken(kind, party, f"{match.booked_on:%Y-%m}"), abs(amount), match.currency
