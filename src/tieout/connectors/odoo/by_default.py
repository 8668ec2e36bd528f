"""What Odoo puts on a document by itself, from its partner or its company: on which account it is owed.

Read in the source of 18 and 19 (`_compute_account_id` of account.move.line, `_get_fiscal_position` and `map_account` of
account.fiscal.position), and seen on both: an invoice of a partner with a fiscal position stands on the account that this one puts
in place of the partner's.
"""

from __future__ import annotations

from collections.abc import Iterable

from tieout.connector_api.set_up import Finding, Wanted
from tieout.connectors.odoo.client import OdooClient
from tieout.rules.ledger_uses import ACCOUNT, Use

RECEIVABLE, PAYABLE = "property_account_receivable_id", "property_account_payable_id"
_POSITION = "property_account_position_id"
_SIDES = {"receivable": ("invoices are", RECEIVABLE), "payable": ("bills are", PAYABLE)}


def owed_on(client: OdooClient, wanted: Wanted) -> Iterable[Finding]:
    """Whether documents are owed on what is mapped. Raises as `OdooClient.call`."""
    named = {u.type: u for u in wanted.uses if u.kind == ACCOUNT and u.type in _SIDES}
    if not named:
        return
    asked = [_POSITION, *(name for _, name in _SIDES.values())]
    defaults = client.call("res.partner", "default_get", fields=asked)
    ids = [i for name, i in defaults.items() if i and name != _POSITION]
    rows = client.call("account.account", "read", ids=ids, fields=["code"]) if ids else []
    codes = {r["id"]: str(r["code"] or "") for r in rows}
    for side, use in named.items():
        (documents, name) = _SIDES[side]
        code = codes.get(defaults.get(name) or 0, "")
        if code != use.name:
            yield Finding(
                f"{documents} owed on what is mapped", False, f"{use.what}: new {side}s stand on {code or 'no account'}, the company's "
                f"default: map that one, or make {use.name} the default (Accounting, Configuration, Settings, Default Accounts, or Contacts, "
                "Accounting of the company's partner)",
            )  # fmt: skip
    yield from _moved(client, {use.name: use for use in named.values()}, int(defaults.get(_POSITION) or 0))


def _moved(client: OdooClient, named: dict[str, Use], default: int) -> Iterable[Finding]:
    """Fiscal positions that put another account in place of a mapped one. One that nobody has, and that no country brings along, is
    a warning."""
    rows = client.call(
        "account.fiscal.position.account",
        "search_read",
        domain=[["account_src_id.code", "in", sorted(named)]],
        fields=["position_id", "account_src_id", "account_dest_id"],
    )
    moved = [r for r in rows if r["account_src_id"][0] != r["account_dest_id"][0]]
    if not moved:
        return
    ids = sorted({r["position_id"][0] for r in moved})
    positions = client.call(
        "account.fiscal.position", "search_read", domain=[["id", "in", ids]], fields=["name", "auto_apply"]
    )
    accounts = sorted({r[name][0] for r in moved for name in ("account_src_id", "account_dest_id")})
    told = client.call("account.account", "read", ids=accounts, fields=["code"])
    codes = {r["id"]: str(r["code"] or "") for r in told}
    for position in positions:
        own = [r for r in moved if r["position_id"][0] == position["id"]]
        held = client.call("res.partner", "search_count", domain=[[_POSITION, "=", position["id"]]])
        used = bool(held or position["auto_apply"] or position["id"] == default)
        whose = (
            f"{held} contacts have it" if held else "contacts of its country get it" if position["auto_apply"]
            else "new contacts get it" if used else "nobody has it yet"
        )  # fmt: skip
        for row in own:
            source, to = codes[row["account_src_id"][0]], codes[row["account_dest_id"][0]]
            said = (
                f"{named[source].what}: the fiscal position {position['name']} puts {to} in its place, and {whose}: take {source} out of its "
                "Account Mapping (Accounting, Configuration, Fiscal Positions), else no payment is matched there"
            )
            yield Finding(
                "no fiscal position moves what is owed", not used, said if used else f"warning: {said}"
            )
