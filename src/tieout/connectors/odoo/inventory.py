"""How a company of Odoo is set up, told to whoever is about to connect it: what its fields and records say, and what our account may not see.

Rights as [S19] (docs/ODOO.md) has them in ir.model.access: the list of modules, automation rules and scheduled actions are an
administrator's to read (base.group_system). What they would say is told of fields instead where that is possible; else who can look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tieout.connector_api import RefusedError, SetupError
from tieout.connector_api.inventory import LedgerCompanySet, Noticed
from tieout.connectors.odoo.books import told_companies
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.closing import LOCKS
from tieout.connectors.odoo.entries_there import fields_there
from tieout.connectors.odoo.keys import key_end
from tieout.connectors.odoo.models import BANK_LINE, MOVE, PARTNER, PAYMENT, PRODUCT
from tieout.connectors.odoo.signs import E_INVOICING, MADE_BY, SYNCHRONISED

_MOST = 200
_LINE = "account.move.line"
_LIMITED = f"more than {_MOST}: the first are named"
Row = dict[str, Any]


def company_set(client: OdooClient, now: datetime) -> LedgerCompanySet:
    """See `InventoryTeller.company_set`. Raises as `OdooClient.call`."""
    fields = [
        *LOCKS.values(),
        *(("restrictive_audit_trail",) if _has(client, "res.company", "restrictive_audit_trail") else ()),
    ]
    company: Row = client.call(
        "res.company", "read", ids=[client.company], fields=["name", "currency_id", "chart_template", *fields]
    )[0]
    end = key_end(client, now)
    noticed = [
        Noticed("version", f"Odoo {client.chosen.version}"),
        Noticed("key", end.said),
        *_companies(client),
        *_currencies(client),
        *_chart(client, company),
        *_locks(client, company),
        *_journals(client),
        *_modules(client),
        *_e_invoicing(client),
        *_automations(client),
        *_required(client),
    ]
    return LedgerCompanySet(str(company["name"]), str(company["currency_id"][1]), noticed)


def _has(client: OdooClient, model: str, field: str) -> bool:
    return bool(fields_there(client, model, [field]))


def _companies(client: OdooClient) -> Iterator[Noticed]:
    for c in told_companies(client):
        here = ", the one that is looked at" if c.key == client.company else ""
        yield Noticed("company", f"{c.name} (company {c.key}, {c.currency}, {c.country or 'no country'}): {c.entries:,} posted entries{here}")  # fmt: skip


def _currencies(client: OdooClient) -> Iterator[Noticed]:
    rows = client.call(
        "res.currency", "search_read", domain=[["active", "=", True]], fields=["name"], limit=_MOST
    )
    for row in rows:
        last = client.call(
            "res.currency.rate", "search_read", domain=[["currency_id", "=", row["id"]], ["company_id", "in", [client.company, False]]],
            fields=["name"], order="name desc", limit=1,
        )  # fmt: skip
        yield Noticed(
            "currency", f"{row['name']}: " + (f"its last rate is of {last[0]['name']}" if last else "no rate")
        )


def _chart(client: OdooClient, company: Row) -> Iterator[Noticed]:
    rows = client.grouped("account.account", domain=[], groupby=["account_type"], aggregates=["__count"])
    kinds = ", ".join(f"{r['__count']} {str(r['account_type']).replace('_', ' ')}" for r in rows)
    yield Noticed("chart", f"{company['chart_template'] or 'its own'}: {kinds}")


def _locks(client: OdooClient, company: Row) -> Iterator[Noticed]:
    for name, field in LOCKS.items():
        yield Noticed("lock", f"{name}: " + (f"up to {company[field]}" if company[field] else "none"))
    rows = client.call(
        "account.lock_exception", "search_read", domain=[["company_id", "=", client.company]], fields=["user_id", "end_datetime", "reason"],
        limit=_MOST,
    )  # fmt: skip
    for row in rows:
        who = row["user_id"][1] if row["user_id"] else "everybody"
        until = f"until {row['end_datetime']}" if row["end_datetime"] else "without an end"
        yield Noticed("lock", f"an exception for {who} {until}: {row['reason'] or 'no reason'}")


def _journals(client: OdooClient) -> Iterator[Noticed]:
    there = fields_there(client, "account.journal", ["bank_statements_source"])
    fields = ["code", "name", "type", "currency_id", "restrict_mode_hash_table", *there]
    rows = client.call("account.journal", "search_read", domain=[], fields=fields, order="code", limit=_MOST)
    for row in rows:
        currency = f", {row['currency_id'][1]}" if row["currency_id"] else ""
        yield Noticed("journal", f"{row['code']} {row['name']}: {row['type']}{currency}")
        if row["restrict_mode_hash_table"]:
            yield Noticed(
                "hash",
                f"{row['code']} {row['name']}: its posted entries are sealed by hash, and cannot be changed",
            )
        source = row.get("bank_statements_source") or "undefined"
        # "undefined" is Odoo's word for a journal of which nobody has decided.
        if source not in ("undefined", "manual"):
            yield Noticed("feed", f"{row['code']} {row['name']}: {str(source).replace('_', ' ')}")
    if len(rows) == _MOST:
        yield Noticed("journal", _LIMITED)


def _modules(client: OdooClient) -> Iterator[Noticed]:
    domain = [["state", "=", "installed"]]
    try:
        rows = client.call(
            "ir.module.module", "search_read", domain=domain, fields=["name"], order="name", limit=5000
        )
        yield Noticed("module", f"{len(rows)} installed: {', '.join(str(r['name']) for r in rows)}")
    except (SetupError, RefusedError):
        found = sorted({s.module for s in MADE_BY if _has(client, s.model, s.field)} - {"account"})
        yield Noticed(
            "module", "the list is an administrator's to read (Apps, installed). By their fields there are "
            f"{', '.join(found) or 'none of those that are known to make entries'}", known=False,
        )  # fmt: skip
    if _has(client, BANK_LINE, next(s.field for s in MADE_BY if s.made_by == SYNCHRONISED)):
        yield Noticed("feed", "banks may be synchronised online: account_online_synchronization is installed")


def _e_invoicing(client: OdooClient) -> Iterator[Noticed]:
    found = fields_there(client, MOVE, E_INVOICING)
    for field in sorted(found):
        yield Noticed(
            "e-invoicing",
            f"{E_INVOICING[field]} is installed: what is posted may be sent on, and cannot be taken back then",
        )
    if not found:
        yield Noticed("e-invoicing", "none of the modules that are known to send what is posted")


def _automations(client: OdooClient) -> Iterator[Noticed]:
    """What changes records by itself."""
    for model, what, where in (
        ("base.automation", "automation rules", "Settings, Technical, Automation Rules"),
        ("ir.cron", "scheduled actions", "Settings, Technical, Scheduled Actions"),
    ):
        try:
            rows = client.call(
                model, "search_read", domain=[], fields=["name", "active"], order="id", limit=_MOST
            )
        except SetupError:
            yield Noticed("automation", f"{what} are an administrator's to read ({where})", known=False)
            continue
        except RefusedError:
            # A model that there is not: its module is not installed.
            yield Noticed("automation", f"no {what}: their module is not installed")
            continue
        running = [str(r["name"]) for r in rows if r["active"]]
        yield Noticed("automation", f"{len(running)} {what}" + (f": {'; '.join(running)}" if running else ""))


def _required(client: OdooClient) -> Iterator[Noticed]:
    """Fields of somebody's own that a record cannot do without: what we make would be refused."""
    found = []
    for model in (MOVE, _LINE, BANK_LINE, PAYMENT, PARTNER, PRODUCT):
        told = client.call(model, "fields_get", attributes=["required", "manual", "string", "type"])
        found += [
            f"{model}: {f['string']} ({name}, {f['type']})"
            for name, f in sorted(told.items())
            if f.get("required") and (f.get("manual") or name.startswith("x_"))
        ]
    for said in found[:_MOST]:
        yield Noticed("required field", said)
    if not found:
        yield Noticed("required field", "none of somebody's own")
