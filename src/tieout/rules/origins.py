"""What people make in the ledger itself by intent: declared, for an entity, by journal, user, kind, account and day.

Nothing is made there by intent where nothing is declared: each entry on a governed account that has no source of ours
is a case then. What is declared is counted, by origin, and is no case. Whoever declares too much sees less: what a
declaration leaves open to anybody is a weakness, and is said wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# How an entry was made: by an invoice's or a bill's form (credit notes and receipts too), as a payment, as a line of a
# bank, or line by line.
KINDS = ("customer invoice", "vendor bill", "payment", "bank line", "entry")


# What stands for a login that cannot be read, before the ledger's own number of a user: it names nobody.
UNREAD = "#"


@dataclass(frozen=True)
class Made:
    """How an entry was made: the journal's code, the login of who made it ("#" and a number where that cannot be read),
    its kind, and the codes of the governed accounts that it stands on; an empty tuple where these are not known."""

    journal: str
    user: str
    kind: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """One declaration. `declared_by` is who stands for it and `why` their reason; `journals`, `users` and `accounts`
    that are empty are any. It holds for entries dated from `since` to `until`, both included, and of at most `most` in
    the entity's currency (None: any amount), counted as the sum of an entry's debits."""

    name: str
    kinds: tuple[str, ...]
    since: date
    declared_by: str
    why: str
    journals: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    until: date = date.max
    most: Decimal | None = None

    def covers(self, made: Made, on: date, amount: Decimal) -> bool:
        """Whether an entry of this day and amount was made as it says. An entry that stands on one more governed
        account than it names is not covered, nor is one whose accounts are not known where it names some."""
        return (
            made.kind in self.kinds
            and self.since <= on <= self.until
            and (not self.journals or made.journal in self.journals)
            and (not self.users or self._names(made.user))
            and (not self.accounts or (bool(made.accounts) and set(made.accounts) <= set(self.accounts)))
            and (self.most is None or amount <= self.most)
        )

    def _names(self, user: str) -> bool:
        return not user.startswith(UNREAD) and user.casefold() in {u.casefold() for u in self.users}

    def content(self) -> dict[str, object]:
        """All that it says, as plain values: what evidence keeps of it."""
        return {
            "kinds": list(self.kinds), "journals": list(self.journals), "users": list(self.users),
            "accounts": list(self.accounts), "since": self.since.isoformat(),
            "until": None if self.until == date.max else self.until.isoformat(),
            "most": None if self.most is None else f"{self.most:f}", "declared_by": self.declared_by, "why": self.why,
        }  # fmt: skip


def origin_of(origins: Iterable[Origin], made: Made, on: date, amount: Decimal) -> Origin | None:
    """The first of these that covers an entry; None: nobody declared it."""
    return next((o for o in origins if o.covers(made, on, amount)), None)


def weaknesses(origin: Origin, governed: Collection[str], our_journals: Collection[str]) -> list[str]:
    """What a declaration leaves unseen, each a sentence without its full stop. `governed` are the codes of the
    governed accounts, `our_journals` those of journals that Tieout writes to."""
    found = []
    if not origin.users and not origin.journals:
        found.append(f"anybody makes {_listed(origin.kinds)} in any journal, and none of it is a case")
    elif not origin.users:
        found.append(f"whoever may post in {_listed(origin.journals)} is covered: name the users")
    if "entry" in origin.kinds:
        if not origin.accounts:
            found.append(
                "an entry line by line is covered on every governed account: revenue booked by hand against a receivable "
                "too; name the accounts"
            )
        if origin.most is None:
            found.append("an entry line by line is covered whatever its amount: say the `most`")
    doubled = sorted(set(origin.journals) & set(our_journals)) if origin.journals else sorted(our_journals)
    if "bank line" in origin.kinds and doubled:
        found.append(
            f"bank lines of {_listed(doubled)} are written by Tieout, too: a line that both wrote shows only in the "
            "bank's own balance"
        )
    strange = sorted(set(origin.accounts) - set(governed))
    if strange:
        found.append(f"{_listed(strange)} is no governed account: what stands there needs no declaration")
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
