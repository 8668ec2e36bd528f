"""The books that an oracle reads, record by record: a simulator's own tables, or a real Odoo's over its API.

Neither knows the product. A real server is read by the administrator, by nothing of what Tieout's own connector is made of;
of each company alone, whole, by id. Amounts are Decimals in the currency that their record names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Protocol

from tieout_sandbox.company import Administrator
from tieout_sandbox.world import World

Records = Mapping[int, dict[str, Any]]
# What is read of each model, and by which field its records are of a company; "" of what all companies share.
_READ: dict[str, tuple[str, str]] = {
    "account.account": ("company_ids", "code"),
    "account.analytic.account": ("company_id", "name"),
    "account.move": ("company_id", "state company_id move_type ref amount_total amount_tax date"),
    "account.move.line": (
        "company_id",
        "company_id move_id account_id balance currency_id amount_currency date reconciled amount_residual"
        " amount_residual_currency statement_line_id partner_id tax_line_id analytic_distribution",
    ),
    "account.payment": ("journal_id.company_id", "date amount state"),
    "account.tax": ("company_id", "name"),
    "ir.model.data": ("", "module model res_id"),
    "res.currency": ("", "name"),
    "res.currency.rate": ("company_id", "currency_id company_id name rate"),
    "res.partner": ("", "name ref"),
}
_OURS = {"ir.model.data": [["module", "=", "tieout"]]}
# Odoo keeps amounts exactly and tells them as binary fractions; what is further from a cent than this is no such remainder.
_NOISE = Decimal("0.000001")
_AMOUNTS = frozenset(
    ("amount_total", "amount_tax", "balance", "amount_currency", "amount_residual", "amount_residual_currency", "amount")
)  # fmt: skip


class Books(Protocol):
    """What an oracle asks of books."""

    def table(self, model: str) -> Records:
        """Every record of a model by its id, archived ones too."""
        ...

    def rate(self, currency: int, company: int, on: str) -> Decimal:
        """Units of `currency` for one of the company's on a day; the first rate holds before its date."""
        ...

    def look_again(self) -> None:
        """What was read before is no longer taken for what is there."""
        ...


class SimulatedBooks:
    """A simulator's own tables."""

    def __init__(self, world: World) -> None:
        self._world = world.odoo.service.world

    def table(self, model: str) -> Records:
        """See `Books.table`."""
        return self._world.table(model)

    def rate(self, currency: int, company: int, on: str) -> Decimal:
        """See `Books.rate`."""
        return self._world.rate(currency, company, on)

    def look_again(self) -> None:
        """They are always as they are now."""


class ServedBooks:
    """Some companies of a real server, as its administrator reads them."""

    def __init__(self, admin: Administrator, companies: Collection[int]) -> None:
        self._admin, self._companies = admin, tuple(companies)
        self._known: dict[str, Records] = {}

    def table(self, model: str) -> Records:
        """See `Books.table`. KeyError: no oracle asked for this model yet. RuntimeError: an amount that is no whole number of
        cents."""
        if model not in self._known:
            by, fields = _READ[model]
            found: dict[int, dict[str, Any]] = {}
            # An account's code is its code in the company that is asked for first.
            for company in self._companies if by else self._companies[:1]:
                domain = [*_OURS.get(model, []), *([[by, "in", [company]]] if by else [])]
                for row in self._admin.rows(model, domain, fields.split(), company):
                    found[row["id"]] = {name: _plain(name, value) for name, value in row.items()}
            self._known[model] = found
        return self._known[model]

    def rate(self, currency: int, company: int, on: str) -> Decimal:
        """See `Books.rate`; 1 of a currency that has none."""
        table = self.table("res.currency.rate").values()
        rows = [r for r in table if r["currency_id"] == currency and r["company_id"] == company]
        rows.sort(key=lambda r: str(r["name"]))
        then = [r for r in rows if str(r["name"]) <= on] or rows[:1]
        return Decimal(str(then[-1]["rate"])) if then[-1:] else Decimal(1)

    def look_again(self) -> None:
        """See `Books.look_again`."""
        self._known.clear()


def _plain(name: str, value: Any) -> Any:
    """A value as a table holds it: a record by its id, an amount to the cent."""
    if name in _AMOUNTS:
        exact = Decimal(str(value or 0))
        cents = exact.quantize(Decimal("0.01"))
        if abs(exact - cents) > _NOISE:
            raise RuntimeError(f"{name} is {exact}: no whole number of cents")
        return cents
    if name.endswith("_id") and isinstance(value, list):
        return value[0]
    return value
