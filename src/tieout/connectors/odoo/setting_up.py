"""Whether a company is set up for what is to be booked: currency, chart, exchange differences, locks, rates, what mappings
name, and the key's end. It is asked before anything is posted; each finding says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout.connector_api import ConnectorError
from tieout.connector_api.set_up import Finding, Wanted
from tieout.connectors.odoo import closing
from tieout.connectors.odoo.by_default import owed_on
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.companies import user_of
from tieout.connectors.odoo.keys import key_end
from tieout.connectors.odoo.naming import look_up_names
from tieout.connectors.odoo.neutralized import no_copy
from tieout.money import quantum

# A key's end is told so long before; past the second one that is too late to be at ease.
SOON, VERY_SOON = timedelta(days=21), timedelta(days=3)
# A currency's rates are old once the last one is of longer ago.
_OLD = timedelta(days=31)
# What a quantity and a unit price are sent with at most (`rows.unit_price`).
_DIGITS = 2
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
    found += _exchange(client, company, foreign, wanted.on)
    found += owed_on(client, wanted)
    found += _rounding(client, [own, *foreign])
    found += no_copy(client, wanted)
    found.append(_accuracy(client))
    found += _locks(client, wanted)
    found.append(_key(client, wanted.now))
    found.append(_mighty(client))
    found.append(_may_lock(client))
    named = look_up_names(client, wanted.uses, own)
    found += [f for f in named if not f.well or f.said.startswith("warning: ")]
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


def _exchange(
    client: OdooClient, company: dict[str, object], foreign: list[str], on: date
) -> Iterable[Finding]:
    if not foreign:
        return
    missing = [name.removesuffix("_id").replace("_", " ") for name in _COMPANY[3:] if not company[name]]
    journal = company["currency_exchange_journal_id"]
    if isinstance(journal, list):
        rows = client.call("account.journal", "read", ids=[journal[0]], fields=["active"])
        if rows and not rows[0]["active"]:
            yield Finding(
                "books exchange differences in a journal that is used", False,
                f"journal {journal[1]} is archived, and no match in {', '.join(foreign)} is taken: take it into use again (Accounting, "
                "Configuration, Journals), or set another (Settings, Default Accounts)",
            )  # fmt: skip
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
        yield Finding(what, *_rated(client, active[currency], on))


def _rated(client: OdooClient, currency: int, on: date) -> tuple[bool, str]:
    """Whether a currency has a rate, and until when: what is dated later is booked at the last one."""
    domain = [["currency_id", "=", currency]]
    rows = client.call(
        "res.currency.rate", "search_read", domain=domain, fields=["name"], order="name desc", limit=1
    )
    enter = "enter rates (Accounting, Configuration, Currencies)"
    if not rows:
        return False, f"it has no rate, and would be booked one for one: {enter}"
    last = date.fromisoformat(str(rows[0]["name"]))
    said = f"its last rate is of {last}"
    return (
        True,
        f"warning: {said}, and what is booked since takes that one: {enter}" if on - last > _OLD else said,
    )


def _rounding(client: OdooClient, currencies: list[str]) -> Iterable[Finding]:
    """Whether each currency is kept to its smallest amount: what is sent is rounded to a coarser one (seen on 18.0 and 19.0: 99.98 is
    100.00 at 0.05), and with a finer one Odoo works out amounts that are no payment's."""
    rows = client.call(
        "res.currency", "search_read", domain=[["name", "in", currencies]], fields=["name", "rounding"], context={"active_test": False},
    )  # fmt: skip
    where = "(Accounting, Configuration, Currencies, Rounding Factor)"
    for row in sorted(rows, key=lambda r: str(r["name"])):
        try:
            unit = quantum(str(row["name"]))
        except ValueError:
            continue
        step = Decimal(str(row["rounding"]))
        what, told = f"keeps {row['name']} to the {unit}", f"set that to {unit} {where}"
        if step > unit or unit % step:
            said = (
                f"it is rounded to {step.normalize():f} there, and whatever is booked in it with it: {told}"
            )
            yield Finding(what, False, said)
        elif step < unit:
            yield Finding(
                what, True, f"warning: it is kept to {step.normalize():f}, finer than anybody pays: {told}"
            )


def _accuracy(client: OdooClient) -> Finding:
    """Whether quantities and prices keep cents: what is finer than decimal accuracy has it is rounded, and the line's net with it."""
    names = {"quantity": "Product Unit", "price_unit": "Product Price"}
    told = client.call("account.move.line", "fields_get", allfields=list(names), attributes=["digits"])
    coarse = [
        accuracy
        for name, accuracy in names.items()
        if (digits := told.get(name, {}).get("digits")) and digits[1] < _DIGITS
    ]
    said = (
        f"{', '.join(coarse)} is kept with less than {_DIGITS} decimals, and lines would be rounded: set it to {_DIGITS} (Settings, Technical, "
        "Decimal Accuracy)"
    )
    return Finding(
        "keeps quantities and prices", not coarse, said if coarse else f"with {_DIGITS} decimals at least"
    )


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
