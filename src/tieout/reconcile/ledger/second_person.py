"""What one person may book away by a match: up to the entity's limit, with all that they decided alone; above it another one approves.

What counts is what a match books of a difference, or of cash that pays nothing: that is gone. So does what one partner's money pays of
another's debt (`passed_on`): whose money it was is not to be seen any more. What a match only joins is no loss, and is undone.
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
from tieout.reconcile.ledger.lessons import Learned, in_force
from tieout.reconcile.ledger.passed_on import passed_on
from tieout.rules import Interface, Release
from tieout.security import load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")
_WRITE_OFF = "write_off"


def at_stake(document: Reconciliation, own: str, learned: Learned) -> Decimal | None:
    """What a match books away, and what it lets one partner pay for another, in the entity's currency `own`: positive; None where no
    line says what its currency is worth."""
    amount = passed_on(document, learned)
    if document.difference_account:
        amount += abs(document.difference.value)
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
        worth, limit = self.worth(interface, document), self._alone(interface)
        most = self.release.closing.of(interface.entity).alone_limit
        if document.explained_as == _WRITE_OFF:
            most = min(most, amount_option(interface, "write_off_limit"))
            if abs(document.difference.value) > most:
                return True
        return limit.above(worth, most)

    def keep(self, interface: Interface, document: Reconciliation) -> None:
        """Keep that they decided it alone."""
        kind: Kind = "write_off" if document.explained_as == _WRITE_OFF else "match"
        self._alone(interface).keep(kind, document.key, self.worth(interface, document))

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
        worth = self.worth(interface, document)
        if not any(g.limit is None or (worth is not None and worth <= g.limit) for g in grants):
            return f"{worth} is above what {self.who} may approve as {role}"
        return ""

    def worth(self, interface: Interface, document: Reconciliation) -> Decimal | None:
        """What counts of a match, in the entity's currency; None where nobody knows how much it is."""
        return at_stake(document, self.release.entities[interface.entity].currency, self.learned(interface))

    def told(self, interface: Interface, document: Reconciliation) -> dict[str, str]:
        """What evidence says of it besides: how much one partner pays for another, in the match's currency."""
        passed = passed_on(document, self.learned(interface))
        return {"paid_for_others": f"{passed:f}"} if passed else {}

    def learned(self, interface: Interface) -> Learned:
        """What two people taught of names."""
        rows = self.connection.execute(_SQL["lessons_in_force"], {"interface": interface.name})
        return in_force(rows.fetchall())

    def _alone(self, interface: Interface) -> Alone:
        return Alone(self.connection, self.release, interface.entity, self.who, self.now)
