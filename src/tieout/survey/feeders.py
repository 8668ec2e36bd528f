"""Who writes into a ledger: one feeder for each entry, told by what the entry itself shows. Pure.

The signs are weighed from the surest to the weakest: an external id names the program that gave it; a field of the ledger says by
which of its own ways an entry came; a pace that nobody types at says that a program made it by the account of somebody. What none of these
shows was made by hand, by whoever's account it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tieout.connector_api.inventory import EntryThere


class FeederKind(StrEnum):
    """By which way an entry came into the ledger."""

    TIEOUT = "Tieout"
    CONNECTOR = "connector"
    IMPORT = "import"
    SYNCHRONISED = "bank synchronisation"
    STATEMENT = "statement import"
    PROVIDER = "payment provider"
    SHOP = "shop or till of the ledger"
    LEDGER = "the ledger itself"
    ORDER = "from an order in the ledger"
    MAIL = "mail"
    PROGRAM = "program by somebody's account"
    HAND = "by hand"


@dataclass(frozen=True, order=True)
class Feeder:
    """One writer: `name` is the program's, or of whoever's account was used."""

    how: FeederKind
    name: str

    @property
    def by_hand(self) -> bool:
        """Whether a person typed what it made."""
        return self.how is FeederKind.HAND

    @property
    def key(self) -> str:
        """How it is called in one word: of a survey there is one of each."""
        return f"{self.how}: {self.name}" if self.name else str(self.how)


# What `EntryThere.signs` say, in the order in which they are believed.
_SIGNS = {
    "bank synchronisation": FeederKind.SYNCHRONISED,
    "statement import": FeederKind.STATEMENT,
    "payment provider": FeederKind.PROVIDER,
    "point of sale": FeederKind.SHOP,
    "Odoo's website shop": FeederKind.SHOP,
    "tax due on payment": FeederKind.LEDGER,
    "exchange difference": FeederKind.LEDGER,
    "recurring entry": FeederKind.LEDGER,
    "depreciation": FeederKind.LEDGER,
    "stock valuation": FeederKind.LEDGER,
    "Odoo's expenses": FeederKind.LEDGER,
    "mail": FeederKind.MAIL,
}
_BY_ITSELF, _UNSEEN = "its own scheduled actions", "an account that ours may not see"
# How a feeder is called that is neither a program nor an account.
LEDGERS_OWN = (*(sign for sign, how in _SIGNS.items() if how.value != sign), _BY_ITSELF, _UNSEEN)
# The account of which Odoo's own scheduled actions are (base's data: res.users of id 1).
_ITSELF = "__system__"
# More than this of one account in a minute were not typed by anybody.
PACE = 12
PACED = f"more than {PACE} in a minute"
_OURS = "tieout"
# What Odoo's own import and bare external ids stand under (observed: docs/ODOO.md).
_IMPORT = "__import__"
_STEM = re.compile(r"[A-Za-z]+(?:[_.-][A-Za-z]+)*")
Minute = tuple[str, datetime]


def paces(entries: Iterable[EntryThere]) -> Counter[Minute]:
    """How many entries each account made in each minute."""
    return Counter((e.login, _minute(e)) for e in entries)


def feeder_of(entry: EntryThere, pace: Counter[Minute]) -> Feeder:
    """Who made an entry, where `pace` counts those of the whole survey."""
    module, _, name = entry.external_id.partition(".")
    if module == _OURS:
        return Feeder(FeederKind.TIEOUT, "")
    if module == _IMPORT:
        stem = _STEM.match(name)
        return Feeder(FeederKind.IMPORT, f"{stem[0]}…" if stem else "")
    if module:
        return Feeder(FeederKind.CONNECTOR, module)
    for sign, how in _SIGNS.items():
        if sign in entry.signs:
            return Feeder(how, "" if how.value == sign else sign)
    if entry.login == _ITSELF:
        return Feeder(FeederKind.LEDGER, _BY_ITSELF)
    if pace[entry.login, _minute(entry)] > PACE:
        return Feeder(FeederKind.PROGRAM, entry.login or _UNSEEN)
    if entry.origin:
        return Feeder(FeederKind.ORDER, "")
    return Feeder(FeederKind.HAND, entry.login or _UNSEEN)


def feeders_of(entries: Sequence[EntryThere]) -> list[Feeder]:
    """The feeder of each entry, in their order."""
    pace = paces(entries)
    return [feeder_of(e, pace) for e in entries]


def _minute(entry: EntryThere) -> datetime:
    return entry.made_at.replace(second=0, microsecond=0)
