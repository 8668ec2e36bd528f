"""What is open in Odoo, whole, and whom it is of: for whoever looks at books that run already."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tieout.connector_api.inventory import OpenThere, PartyThere
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.models import PARTNER
from tieout.connectors.odoo.opening import DUE
from tieout.connectors.odoo.paging import by_id
from tieout.connectors.odoo.standing import suspense_accounts

_PAGE = 2000
_LINE = "account.move.line"
_FIELDS = [
    "move_id", "move_name", "account_id", "account_type", "date", "date_maturity", "partner_id", "currency_id", "amount_residual",
    "amount_residual_currency", "amount_currency", "balance", "reconciled",
]  # fmt: skip
_PARTY_FIELDS = ["name", "vat", "email", "ref", "parent_id", "create_date"]
Row = dict[str, Any]


def open_there(client: OdooClient, names: Directory, until: date, most: int) -> tuple[list[OpenThere], int]:
    """See `InventoryTeller.open_there`. Raises as `OdooClient.call`."""
    suspense = suspense_accounts(client)
    domain = [
        ["parent_state", "=", "posted"],
        ["reconciled", "=", False],
        ["date", "<=", until.isoformat()],
        "|",
        ["account_type", "in", list(DUE)],
        ["account_id", "in", sorted(suspense)],
    ]
    found: list[OpenThere] = []
    for row in by_id(client.call, _LINE, domain, _FIELDS, _PAGE):
        line = _line(names, row, row["account_id"][0] in suspense)
        if line.open or line.company_open:
            found.append(line)
        if len(found) == most:
            break
    # A line of nothing counts here and is no open one: the count is told where the reading stopped alone.
    stopped = len(found) == most
    return found, int(client.call(_LINE, "search_count", domain=domain)) if stopped else len(found)


def parties_there(client: OdooClient, most: int) -> tuple[list[PartyThere], int]:
    """See `InventoryTeller.parties_there`: whoever sold or bought, and their contacts. Raises as `OdooClient.call`."""
    domain = ["|", ["customer_rank", ">", 0], ["supplier_rank", ">", 0]]
    found: list[PartyThere] = []
    for row in by_id(client.call, PARTNER, domain, _PARTY_FIELDS, _PAGE):
        found.append(
            PartyThere(
                row["id"],
                _text(row["name"]),
                _text(row["vat"]),
                _text(row["email"]),
                _text(row["ref"]),
                row["parent_id"][0] if row["parent_id"] else 0,
                datetime.fromisoformat(str(row["create_date"])).replace(tzinfo=UTC),
            )
        )
        if len(found) == most:
            return found, int(client.call(PARTNER, "search_count", domain=domain))
    return found, len(found)


def _line(names: Directory, row: Row, is_suspense: bool) -> OpenThere:
    # On suspense a line is open whole: Odoo leaves it no residual.
    company = exact(row["balance"] if is_suspense else row["amount_residual"])
    own = exact(row["amount_currency"] if is_suspense else row["amount_residual_currency"])
    day = date.fromisoformat(row["date"])
    return OpenThere(
        key=row["id"],
        entry=row["move_id"][0],
        kind="suspense" if is_suspense else DUE[row["account_type"]],
        account=names.code_of(row["account_id"][0]),
        day=day,
        due=date.fromisoformat(row["date_maturity"]) if row["date_maturity"] else day,
        party_key=row["partner_id"][0] if row["partner_id"] else 0,
        party=_text(row["partner_id"][1]) if row["partner_id"] else "",
        number=_text(row["move_name"]),
        currency=str(row["currency_id"][1]),
        open=own,
        company_open=company,
    )


def _text(value: Any) -> str:
    return str(value) if value else ""
