"""Whether a company is set up for what is to be booked: currency, chart, exchange differences, locks, rates, what mappings
name, and the key's end. It is asked before anything is posted; each finding says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tieout.connector_api import ConnectorError
from tieout.connector_api.set_up import Finding, Wanted
from tieout.connectors.odoo import closing
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.companies import user_of
from tieout.connectors.odoo.keys import key_end
from tieout.connectors.odoo.naming import look_up_names

# A key's end is told so long before; past the second one that is too late to be at ease.
SOON, VERY_SOON = timedelta(days=21), timedelta(days=3)
_COMPANY = (
    "name", "currency_id", "chart_template", "currency_exchange_journal_id", "income_currency_exchange_account_id",
    "expense_currency_exchange_account_id",
)  # fmt: skip
_NEW_KEY = (
    "make a new one in the service account's own profile (Account Security, New API Key), put it where this one stands, test, and "
    "revoke the old one: nothing stops meanwhile"
)


def set_up(client: OdooClient, wanted: Wanted) -> list[Finding]:
    """See `SetUpTeller.set_up`. Raises as `OdooClient.call`."""
    rows = client.call("res.company", "read", ids=[client.company], fields=list(_COMPANY))
    company = rows[0]
    own = str(company["currency_id"][1])
    foreign = sorted({u.currency for u in wanted.uses if u.currency} - {own})
    found = [_currency(wanted, company["name"], own), _chart(client, company["chart_template"])]
    found += _exchange(client, company, foreign)
    found += _locks(client, wanted)
    found.append(_key(client, wanted.now))
    found.append(_mighty(client))
    found.append(_may_lock(client))
    named = look_up_names(client, wanted.uses, own)
    found += [f for f in named if not f.well]
    if named:
        good = sum(f.well for f in named)
        found.append(
            Finding("has what mappings name", good == len(named), f"{good} of {len(named)} looked up")
        )
    return found


def _currency(wanted: Wanted, name: str, own: str) -> Finding:
    what = "keeps the entity's currency"
    if wanted.currency and own != wanted.currency:
        return Finding(
            what, False, f"company {name} keeps its books in {own}, and {wanted.entity} is declared in {wanted.currency}: choose "
            f"another company, or put currency = {own!r} into [entities.{wanted.entity}]",
        )  # fmt: skip
    return Finding(what, True, f"company {name}, {own}")


def _chart(client: OdooClient, template: object) -> Finding:
    what = "has a chart of accounts"
    count = client.call("account.journal", "search_count", domain=[])
    if not count:
        said = "the company has no journal and no chart: install one (Accounting, Configuration, Settings, Fiscal Localization)"
        return Finding(what, False, said)
    return Finding(what, True, f"{template or 'its own'}, {count} journals")


def _exchange(client: OdooClient, company: dict[str, object], foreign: list[str]) -> Iterable[Finding]:
    if not foreign:
        return
    missing = [name.removesuffix("_id").replace("_", " ") for name in _COMPANY[3:] if not company[name]]
    yield Finding(
        "books exchange differences",
        not missing,
        f"the company has no {', '.join(missing)}, and matches in {', '.join(foreign)} want them: set them (Accounting, "
        "Configuration, Settings, Default Accounts)" if missing else "its journal and accounts are set",
    )  # fmt: skip
    rows = client.call(
        "res.currency", "search_read", domain=[["name", "in", foreign]], fields=["name", "active"],
        context={"active_test": False},
    )  # fmt: skip
    active = {r["name"]: r["id"] for r in rows if r["active"]}
    for currency in foreign:
        what = f"takes {currency}"
        if currency not in active:
            yield Finding(
                what,
                False,
                "that currency is not active: switch it on (Accounting, Configuration, Currencies)",
            )
            continue
        domain = [["currency_id", "=", active[currency]]]
        count = client.call("res.currency.rate", "search_count", domain=domain)
        said = "it has no rate, and would be booked one for one: enter rates (Accounting, Configuration, Currencies)"
        yield Finding(what, bool(count), f"{count} rates" if count else said)


def _locks(client: OdooClient, wanted: Wanted) -> Iterable[Finding]:
    ahead = {kind: day for kind, day in closing.binding_locks(client).items() if day >= wanted.on}
    listed = ", ".join(f"{kind} lock up to {day}" for kind, day in sorted(ahead.items()))
    said = f"{listed}: what is dated today would be moved or refused; set the lock back, or (hard) wait until it is past"
    yield Finding("lets today be booked", not ahead, said if ahead else "no lock holds for today")


def _key(client: OdooClient, now: datetime) -> Finding:
    what = "its key holds"
    try:
        key = key_end(client, now)
    except ConnectorError as error:
        return Finding(what, True, f"warning: until when is not told: {error}"[:300])
    left = key.ends_at - now if key.ends_at else SOON
    if left < VERY_SOON:
        return Finding(what, False, f"{key.said}: {_NEW_KEY}; {client.differs.key_hint}")
    return Finding(what, True, f"warning: {key.said}: {_NEW_KEY}" if left < SOON else key.said)


def _mighty(client: OdooClient) -> Finding:
    what, group = "has no more rights than it needs", "base.group_system"
    held = client.call("res.users", "has_group", ids=[user_of(client)], group_ext_id=group) is True
    said = f"warning: the account is an administrator of Odoo ({group}): use one that has the groups of docs/ODOO.md alone"
    return Finding(what, True, said if held else "is no administrator of Odoo")


def _may_lock(client: OdooClient) -> Finding:
    held = client.call("res.company", "has_access", ids=[], operation="write") is True
    said = (
        "warning: not granted, so that people lock the books in Odoo, and Tieout reads that; where Tieout is to set locks: give "
        "the service account the group base.group_erp_manager, which lets it do much else"
    )
    return Finding("may set locks", True, "res.company" if held else said)
