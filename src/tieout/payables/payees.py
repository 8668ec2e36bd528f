"""What the bank says of the payees of a run (verification of payee), and what a person decided about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tieout.cases.model import CaseState
from tieout.documents import PaymentAnswer, VendorPayment
from tieout.documents.purchasing import run_of
from tieout.documents.states import DocumentState
from tieout.formats.payments import CHECKS, DIFFERING, check_in_words
from tieout.payables.reading import SQL, ours
from tieout.processes.vendor_payments import PAYEE_DIFFERS
from tieout.rules import Interface
from tieout.store import Connection


class CheckedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a run with what the bank says of it. `account` is masked, `pays` positive; `state` is its document's.

    `check` is the last check of its payee (RCVC, RVMC, RVNM, RVNA …; "" where there is none), `words` what that means,
    `said` what the bank adds: of a close match the name in which the account is. `answer` is the last other status.
    A check that differs is `undecided` until a person solves case `case`; `decided_by` and `decision` say who, and why.
    """

    end_to_end_id: str
    name: str
    account: str
    pays: Decimal
    currency: str
    state: str
    check: str = ""
    words: str = ""
    said: str = ""
    answer: str = ""
    undecided: bool = False
    case: int | None = None
    decided_by: str = ""
    decision: str = ""


def checked_payments(connection: Connection, interface: Interface, run: str) -> list[CheckedPayment]:
    """The payments of a run, in order; none where there is no such run."""
    given = {"interface": interface.name, "run": run}
    rows = connection.execute(SQL["run_payments"], given).fetchall()
    payments = [
        (row, document)
        for row in rows
        if isinstance(document := ours(connection, interface.name, row), VendorPayment)
    ]
    said = _answers(connection, interface, [p.end_to_end_id for _, p in payments])
    return [_checked(row, payment, said.get(payment.end_to_end_id, [])) for row, payment in payments]


class Doubts:
    """Which payees must not be paid: of whose accounts a bank says that they are in another name. Until somebody decided the
    account is paid under no name; left out, because it is not theirs, it is never paid under that name."""

    def __init__(self) -> None:
        self._undecided: dict[str, str] = {}
        self._stopped: dict[tuple[str, str], str] = {}

    def add(self, payment: VendorPayment, decided: bool) -> None:
        """A payment of which the check of its payee differs."""
        iban, name, end = payment.account.iban, payment.party.name, payment.end_to_end_id
        if decided:
            self._stopped[iban, name] = end
        else:
            self._undecided[iban] = end

    def why(self, payment: VendorPayment) -> str:
        """Why nothing is paid to the payee of a payment; "" where nothing speaks against it."""
        return self.undecided(payment) or self.stopped(payment)

    def undecided(self, payment: VendorPayment) -> str:
        """What somebody has to decide about the payee of a payment before; "" where nothing is."""
        end = self._undecided.get(payment.account.iban)
        return f"the bank says that its account is in another name: decide about {end} first" if end else ""

    def stopped(self, payment: VendorPayment) -> str:
        """Why a payment is never made to this account in this name; "" where it may be."""
        end = self._stopped.get((payment.account.iban, payment.party.name))
        return (
            f"its account is not in its name, as was decided about {end}: correct the supplier" if end else ""
        )


def doubts(connection: Connection, interface: Interface) -> Doubts:
    """What checks of payees speak against, of all payments of an interface."""
    given: dict[str, Any] = {"interface": interface.name}
    held = [
        (document, row["state"] == DocumentState.EXCLUDED)
        for row in connection.execute(SQL["held_answers"], given).fetchall()
        if isinstance(document := ours(connection, interface.name, row), PaymentAnswer)
        and document.status in DIFFERING
    ]
    given["ids"] = [x.end_to_end_id for x, _ in held if x.end_to_end_id]
    given["runs"] = [run_of(x.message_id) for x, _ in held if not x.end_to_end_id]
    rows = connection.execute(SQL["payments_named"], given).fetchall() if held else []
    found = Doubts()
    for row in rows:
        payment = ours(connection, interface.name, row)
        if isinstance(payment, VendorPayment):
            for said, decided in held:
                whole = not said.end_to_end_id and run_of(said.message_id) == payment.run
                if whole or said.end_to_end_id == payment.end_to_end_id:
                    found.add(payment, decided)
    return found


def _answers(
    connection: Connection, interface: Interface, ids: list[str]
) -> dict[str, list[tuple[dict[str, Any], PaymentAnswer]]]:
    """What the bank says of payments, by their end-to-end ids, oldest first."""
    names = [f"answer:{x}" for x in ids]
    given = {"entity": interface.entity, "names": names, "undecided": PAYEE_DIFFERS.name}
    found: dict[str, list[tuple[dict[str, Any], PaymentAnswer]]] = {}
    for row in connection.execute(SQL["answers_to"], given).fetchall():
        document = ours(connection, row["interface"], row)
        if isinstance(document, PaymentAnswer):
            found.setdefault(document.end_to_end_id, []).append((row, document))
    return found


def _checked(
    row: dict[str, Any], payment: VendorPayment, said: list[tuple[dict[str, Any], PaymentAnswer]]
) -> CheckedPayment:
    checks = [x for x in said if x[1].status in CHECKS]
    others = [x.status for _, x in said if x.status not in CHECKS]
    shown = CheckedPayment(
        end_to_end_id=payment.end_to_end_id,
        name=payment.party.name,
        account=f"…{payment.account.iban[-4:]}",
        pays=payment.pays.value,
        currency=payment.currency,
        state=row["state"],
        answer=others[-1] if others else "",
    )
    if not checks:
        return shown
    # What differs stays in view until somebody decided, whatever the bank says after it.
    waiting = [x for x in checks if x[1].status in DIFFERING and x[0]["state"] in _OPEN]
    kept, check = (waiting or checks)[-1]
    decided = kept["case_state"] == CaseState.SOLVED
    return msgspec.structs.replace(
        shown,
        check=check.status,
        words=check_in_words(check.status),
        said=check.reason,
        undecided=bool(waiting),
        case=kept["case_id"],
        decided_by=kept["solved_by"] or "" if decided else "",
        decision=kept["resolution"] or "" if decided else "",
    )


_OPEN = (DocumentState.REFUSED, DocumentState.NORMALISED)
