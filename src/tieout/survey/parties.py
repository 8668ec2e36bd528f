"""Customers and suppliers that are there twice, as far as what they are called tells it: proposals, for people to decide. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tieout.connector_api.inventory import PartyThere

# Legal forms say nothing of who somebody is: they are written and left away at will.
_FORMS = frozenset(
    "ag bv co corp corporation gmbh inc incorporated kg limited llc llp ltd nv oy plc pty pvt sa sarl sas sl spa srl ug".split()
)
_WORD = re.compile(r"[^\W_]+")
_NO_SIGN = re.compile(r"[^A-Z0-9]")
# By what parties are alike, the surest first.
SHARED = ("tax number", "mail", "name")
# A name of fewer letters is that of many.
_SHORTEST = 4


@dataclass(frozen=True)
class Alike:
    """Parties that share what should be one's own: `by` is what (tax number, mail, name), `value` it."""

    by: str
    value: str
    parties: tuple[int, ...]


def alike(parties: Iterable[PartyThere]) -> list[Alike]:
    """Groups of parties that are alike, by the surest sign first; a party of a group by its tax number is in none by its name with the
    very same others. Contacts of a party are that party: they share its number and mail, and count for it."""
    known = [p for p in parties]
    groups: list[Alike] = []
    seen: set[frozenset[int]] = set()
    top = {p.key: p.parent or p.key for p in known}
    for by, key in zip(SHARED, (tax_key, mail_key, name_key), strict=True):
        found: dict[str, dict[int, int]] = {}
        for party in known:
            if value := key(party):
                # One of each household: a contact with its company's number is no second company.
                found.setdefault(value, {}).setdefault(_head(party.key, top), party.key)
        for value, heads in sorted(found.items()):
            members = frozenset(heads)
            if len(members) > 1 and not any(members <= s for s in seen):
                seen.add(members)
                groups.append(Alike(by, value, tuple(sorted(members))))
    return groups


def tax_key(party: PartyThere) -> str:
    """A tax number without spaces, dots and dashes; "" where there is none."""
    found = _NO_SIGN.sub("", party.tax_number.upper())
    # Odoo takes "/" and such for "not subject to tax".
    return found if len(found) >= _SHORTEST else ""


def mail_key(party: PartyThere) -> str:
    """A mail address as it is compared."""
    return party.mail.strip().casefold() if "@" in party.mail else ""


def name_key(party: PartyThere) -> str:
    """A name without marks, accents, case and legal form, its words in order of the alphabet."""
    plain = unicodedata.normalize("NFKD", party.name.casefold().replace("ß", "ss"))
    words = [
        w for w in _WORD.findall("".join(c for c in plain if not unicodedata.combining(c))) if w not in _FORMS
    ]
    joined = " ".join(sorted(words))
    return joined if len(joined) >= _SHORTEST else ""


def _head(key: int, top: Mapping[int, int]) -> int:
    """The party at the head of a household: at most ten steps up, since a circle has none."""
    for _ in range(10):
        above = top.get(key, key)
        if above == key:
            break
        key = above
    return key
