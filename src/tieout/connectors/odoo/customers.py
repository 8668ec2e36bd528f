"""Customers in Odoo: to which company each belongs, and which invoices stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tieout.connector_api import LedgerCustomer
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.models import PARTNER

_PAGE = 2000
_FIELDS = ["name", "ref", "commercial_partner_id"]


def customers(client: OdooClient, partners: Sequence[int], ours: str) -> list[LedgerCustomer]:
    """See `CustomerReader.customers`. `ours` is the prefix of our external ids; contacts of contacts are read where they
    are asked for by their own ids."""
    found = _read(client, "id", partners)
    companies = {r["commercial_partner_id"][0] for r in found.values()}
    found |= _read(client, "id", sorted(companies - found.keys()))
    found |= _read(client, "parent_id", sorted(companies))
    names: dict[str, str] = {}
    ids = sorted(found)
    for start in range(0, len(ids), _PAGE):
        names |= client.call(PARTNER, "get_external_id", ids=ids[start : start + _PAGE])
    return [_customer(found[i], names.get(str(i), ""), ours) for i in ids]


def standing_invoices(client: OdooClient, moves: Sequence[int]) -> set[int]:
    """See `CustomerReader.standing_invoices`."""
    found: set[int] = set()
    for start in range(0, len(moves), _PAGE):
        domain = [["id", "in", list(moves[start : start + _PAGE])], ["state", "=", "posted"]]
        found |= set(client.call("account.move", "search", domain=domain))
    return found


def _read(client: OdooClient, named: str, values: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(values), _PAGE):
        rows = client.call(
            PARTNER,
            "search_read",
            domain=[[named, "in", list(values[start : start + _PAGE])]],
            fields=_FIELDS,
            # Whoever was archived owes what they owe.
            context={"active_test": False},
        )
        found |= {r["id"]: r for r in rows}
    return found


def _customer(row: dict[str, Any], name: str, ours: str) -> LedgerCustomer:
    effect = f"tieout.{name.removeprefix(ours)}" if name.startswith(ours) else ""
    return LedgerCustomer(row["id"], row["commercial_partner_id"][0], row["name"], row["ref"] or "", effect)
