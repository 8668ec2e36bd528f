"""What one person may book away by a match: up to the entity's limit, with all that they decided alone; above it another one approves.

What counts is what a match books of a difference, or of cash that pays nothing: that is gone. What a match only joins is no loss, and
is undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tieout.documents import Reconciliation
from tieout.money import Amount
from tieout.planning import Alone, sign_role_now
from tieout.planning.deciding_alone import Kind
from tieout.reconcile.ledger.applying import amount_option
from tieout.rules import Interface, Release
from tieout.security import load_authority
from tieout.store import Connection

_WRITE_OFF = "write_off"


def booked_away(document: Reconciliation, own: str) -> Decimal | None:
    """What a match books away, in the entity's currency `own`: positive; None where no line says what its currency is worth."""
    if not document.difference_account:
        return Decimal(0)
    amount = abs(document.difference.value)
    if document.currency == own or not amount:
        return amount
    lines = (*document.cash, *document.due)
    # At the dearest rate of its lines, so that no rate makes it small.
    rates = [abs(x.company / x.residual) for x in lines if x.residual and x.company]
    return Amount.rounded(amount * max(rates), own).value if rates else None


@dataclass(frozen=True)
class SecondPerson:
    """Whether one person's matches wait, at one instant."""

    connection: Connection
    release: Release
    who: str
    now: datetime

    def needed(self, interface: Interface, document: Reconciliation) -> bool:
        """Whether a match waits for another person. Raises MatchingError for a limit that is no amount."""
        worth, limit = self._worth(interface, document), self._alone(interface)
        most = self.release.closing.of(interface.entity).alone_limit
        if document.explained_as == _WRITE_OFF:
            most = min(most, amount_option(interface, "write_off_limit"))
            if abs(document.difference.value) > most:
                return True
        return limit.above(worth, most)

    def keep(self, interface: Interface, document: Reconciliation) -> None:
        """Keep that they decided it alone."""
        kind: Kind = "write_off" if document.explained_as == _WRITE_OFF else "match"
        self._alone(interface).keep(kind, document.key, self._worth(interface, document))

    def role(self, interface: Interface) -> str:
        """The role of the second person."""
        return sign_role_now(self.connection, self.release, interface.entity, self.now)

    def why_not(self, interface: Interface, document: Reconciliation) -> str:
        """Why this person is not the second one, "" where they are: who signs the entity's close, up to their limit. Without people
        in the project a name is taken at its word."""
        people = load_authority(self.connection).people
        if not people:
            return ""
        role, person = self.role(interface), people.get(self.who)
        grants = person.grants_of(role, interface.entity) if person is not None and person.human else ()
        if not grants:
            return f"{self.who} is no {role} of {interface.entity}: that role lets it happen"
        worth = self._worth(interface, document)
        if not any(g.limit is None or (worth is not None and worth <= g.limit) for g in grants):
            return f"{worth} is above what {self.who} may approve as {role}"
        return ""

    def _worth(self, interface: Interface, document: Reconciliation) -> Decimal | None:
        return booked_away(document, self.release.entities[interface.entity].currency)

    def _alone(self, interface: Interface) -> Alone:
        return Alone(self.connection, self.release, interface.entity, self.who, self.now)
