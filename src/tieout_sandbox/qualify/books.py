"""A company that was made to be tried: what is sent to it, and how it is said that something is otherwise than it must be."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import Outcome, Sending
from tieout.connectors.odoo.session import OdooSession
from tieout.documents import CashPosting, InvoiceLine, InvoicePosting, LedgerLine, PartnerRecord
from tieout_sandbox.company import Administrator

ON, PAID_ON, END = date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 31)
FIRST = date(2026, 10, 1)


class DiffersError(Exception):
    """This Odoo does otherwise than Tieout needs: what, in words."""


def holds(so: object, what: str, *found: object) -> None:
    """Raises DiffersError with `what`, and what was found, where it is not so."""
    if not so:
        raise DiffersError(": ".join([what, *(repr(f)[:400] for f in found)]))


@dataclass
class Books:
    """The company: `session` is its service account's, `admin` a person with every right, `call` how that person asks in it."""

    session: OdooSession
    admin: Administrator
    company: int
    series: str
    settled: str
    _partner: str = field(default="", init=False)

    @property
    def partner(self) -> str:
        """A customer, made at first use."""
        if not self._partner:
            name = f"tieout.p_{tag()}"
            made = self.one(Sending(name, PartnerRecord(name="Qualification")))
            holds(made.status == "confirmed", "a customer is made", made)
            self._partner = name
        return self._partner

    def one(self, sending: Sending) -> Outcome:
        """What became of one."""
        (outcome,) = self.session.send([sending])
        return outcome

    def person(self, model: str, method: str, **body: Any) -> Any:
        """What somebody with every right does in this company. Raises RuntimeError."""
        return self.admin.call(model, method, context={"allowed_company_ids": [self.company]}, **body)

    def ask(self, model: str, method: str, **body: Any) -> Any:
        """What the service account is told of this company. Raises ConnectorError."""
        ask: Callable[..., Any] = self.session._client.call
        return ask(model, method, **body)

    def invoice(self, name: str, amount: str = "100.00", tax: str = "15.00", **more: Any) -> Sending:
        """An invoice of one line, with the source's tax and a match key of its name."""
        lines = (
            InvoiceLine(
                name="Valve", quantity=Decimal(1), net=Decimal(amount), account="400000",
                taxes=("15%",) if Decimal(tax) else (),
            ),
        )  # fmt: skip
        body = InvoicePosting(
            refund=False, journal="INV", partner=self.partner, on=ON, reference=name, currency="USD",
            tax_totals={"15%": Decimal(tax)} if Decimal(tax) else {}, total=Decimal(amount) + Decimal(tax),
            receivable="121000", match=name, lines=lines,
        )  # fmt: skip
        return Sending(f"tieout.{name}", msgspec.structs.replace(body, **more))

    def cash(self, name: str, amount: str, match: str = "", counter: str = "121000") -> Sending:
        """A line of the bank, against what it pays."""
        value = Decimal(amount)
        line = LedgerLine(
            account=counter, amount=-value, company=-value, name=name, match=match,
            partner=self.partner if counter == "121000" else "",
        )  # fmt: skip
        body = CashPosting(
            journal="BNKU", account="101511", on=PAID_ON, reference=name, label=name, currency="USD",
            amount=value, company=value, counterparts=(line,), partner=self.partner,
        )  # fmt: skip
        return Sending(f"tieout.{name}", body)


def tag() -> str:
    """A name that nothing has yet."""
    return uuid.uuid4().hex[:10]


def targets(*outcomes: Outcome) -> dict[str, tuple[str, int]]:
    """Where these stand, as what comes after them names them."""
    return {o.external_id: (o.model, number(o)) for o in outcomes}


def number(outcome: Outcome) -> int:
    """The id of what was made. Raises DiffersError where nothing was."""
    holds(outcome.target_id, "something was made", outcome)
    return outcome.target_id or 0
