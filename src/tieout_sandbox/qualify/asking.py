"""What is asked of a server before anything is made there: what it is, whose key this is, whether it may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tieout.connector_api import ConnectorError, RefusedError, SetupError, in_the_clear
from tieout.connectors.odoo.answers import KeyRefusedError
from tieout.connectors.odoo.client import OdooClient, Server
from tieout.connectors.odoo.databases import hold_database
from tieout.connectors.odoo.versions import Chosen

# What the administrator makes there, and by what right.
_NEEDED = (
    ("res.company", "make companies"),
    ("res.users", "make users"),
    ("account.account", "make accounts"),
    ("account.journal", "make journals"),
    ("account.tax", "make taxes"),
)
_MARKER = "Tieout marker (do not delete)"


class RefusedToTryError(Exception):
    """Nothing was made: why, and what to do."""


@dataclass(frozen=True)
class Asked:
    """A server that is to be tried, with an administrator's key. `told_test`: whoever asks says that this database is for tests;
    `orders` is the size of the month, 0 for none; `many` how many invoices and bank lines speed is measured on; `own` are the addresses and
    databases that a production project posts into."""

    url: str
    database: str
    key: str
    login: str = "admin"
    told_test: bool = False
    orders: int = 40
    many: int = 200
    own: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answered:
    """What the server is: its version and the record for it, whose companies the administrator works in, why it counts as a test
    database, and its modules with their versions. `left` is what a month leaves there, in words, as it ends."""

    client: OdooClient
    chosen: Chosen
    companies: dict[int, str]
    why_test: str
    modules: dict[str, str]
    left: list[str] = field(default_factory=list)


def ask(asked: Asked) -> Answered:
    """Ask everything; nothing is changed. Raises RefusedToTryError, ConnectorError."""
    if (asked.url.rstrip("/"), asked.database) in {(url.rstrip("/"), name) for url, name in asked.own}:
        raise RefusedToTryError(
            f"{asked.database} at {asked.url} is what this project posts into, and the project is a production one: give the address of "
            "a copy, made by Odoo's own Duplicate Database or restored from a backup"
        )
    client = _client(asked)
    try:
        chosen = client.chosen
        client.let_change(lambda version: True)
        untold, companies = hold_database(client), _companies(client)
    except KeyRefusedError as error:
        raise RefusedToTryError(
            f"{asked.database} at {asked.url} refuses this key ({error.said}): give one that its user made there (Preferences, Account "
            f"Security, New API Key){f'; {error.hint}' if error.hint else ''}"
        ) from None
    if untold:
        raise RefusedToTryError(
            f"{untold}: let /json/2/ir.http/session_info through at {asked.url}, by which Odoo tells it"
        )
    _may(client)
    why = _why_test(client, asked, companies)
    return Answered(client, chosen, companies, why, _modules(client))


def _client(asked: Asked) -> OdooClient:
    """Whoever asks there; nothing is asked yet. Raises RefusedToTryError."""
    try:
        address = httpx2.URL(asked.url)
        port = address.port
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise RefusedToTryError(
            f"{asked.url!r} is no address ({error}): give one such as https://books.example.com"
        ) from None
    if (
        address.scheme not in ("http", "https")
        or not address.host
        or (port is not None and not 0 < port < 65536)
    ):
        raise RefusedToTryError(
            f"{asked.url!r} is no address of a server: give one such as https://books.example.com"
        )
    if public := in_the_clear(asked.url):
        raise RefusedToTryError(
            f"{asked.url} is at {public}, a public address, and by http everybody on the way reads an administrator's key: put https://"
        )
    if not (asked.key.isascii() and asked.key.isprintable() and asked.key.strip()):
        raise RefusedToTryError(
            "what was given as the key is no API key of Odoo: look into the file, or the variable, that it is read from"
        )
    return OdooClient(Server(asked.url, asked.database, asked.key, 0, asked.login))


def _of_all(companies: Mapping[int, str]) -> dict[str, Any]:
    return {"allowed_company_ids": list(companies), "active_test": False}


def _companies(client: OdooClient) -> dict[int, str]:
    """Those that the administrator may work in."""
    nobody: dict[str, Any] = {"allowed_company_ids": []}
    user = int(client.call("res.users", "context_get", context=nobody)["uid"])
    (row,) = client.call("res.users", "read", ids=[user], fields=["company_ids"], context=nobody)
    found = {int(key): "" for key in sorted(row["company_ids"])}
    rows = client.call("res.company", "read", ids=list(found), fields=["name"], context=_of_all(found))
    return {int(r["id"]): str(r["name"]) for r in rows}


def _may(client: OdooClient) -> None:
    missing = []
    for model, what in _NEEDED:
        try:
            held = client.call(model, "has_access", ids=[], operation="create") is True
        except RefusedError as error:
            raise RefusedToTryError(
                f"{model} is not there ({error}): install Odoo's Invoicing (module account)"
            ) from None
        except SetupError:
            held = False
        if not held:
            missing.append(f"{what} ({model})")
    if missing:
        raise RefusedToTryError(
            f"this key's user may not {', '.join(missing)}: a qualification makes a company of its own, so give the key of an "
            "administrator (Settings, and Accounting or Invoicing: Administrator) of this test database"
        )


def _why_test(client: OdooClient, asked: Asked, companies: Mapping[int, str]) -> str:
    """Why it counts as a database for tests. Raises RefusedToTryError where nothing says so."""
    domain = [["key", "=", "database.is_neutralized"]]
    try:
        rows = client.call("ir.config_parameter", "search_read", domain=domain, fields=["value"])
    except ConnectorError:
        rows = []
    if any(str(r["value"]).lower() in ("true", "1", "t") for r in rows):
        return "which Odoo has neutralized"
    if asked.told_test:
        return "which whoever asked called a test database"
    context = {"allowed_company_ids": [], "active_test": False}
    marked = client.call(
        "res.partner",
        "search_read",
        domain=[["name", "=", _MARKER]],
        fields=["ref"],
        limit=20,
        context=context,
    )
    whose = ", ".join(sorted({str(r["ref"]) for r in marked if r["ref"]}))
    said = f"; it carries Tieout's marker of {whose}" if whose else ""
    raise RefusedToTryError(
        f"nothing says that {asked.database} at {asked.url} is a test database{said}{_holds(client, companies)}: a company, entries and a user "
        f"would be made there that cannot all be taken away again. If it is one, say so with --test-database {asked.database}; else give "
        "a copy of it, made by Odoo's own Duplicate Database"
    )


def _holds(client: OdooClient, companies: Mapping[int, str]) -> str:
    """What stands there, in words: whoever reads it sees whose books these are."""
    context, posted = _of_all(companies), [["state", "=", "posted"]]
    try:
        entries = int(client.call("account.move", "search_count", domain=posted, context=context))
        last = client.call(
            "account.move",
            "search_read",
            domain=posted,
            fields=["date"],
            order="date desc",
            limit=1,
            context=context,
        )
        banks = int(
            client.call("account.journal", "search_count", domain=[["type", "=", "bank"]], context=context)
        )
        people = int(client.call("res.users", "search_count", domain=[], context={"allowed_company_ids": []}))
    except ConnectorError:
        return ""
    until = f", the last of {last[0]['date']}," if last else ""
    names = ", ".join(list(companies.values())[:3]) + (
        f" and {len(companies) - 3} more" if len(companies) > 3 else ""
    )
    return f"; it holds {entries} posted {'entry' if entries == 1 else 'entries'}{until} {people} users and {banks} journals of banks, in {names}"


def _modules(client: OdooClient) -> dict[str, str]:
    try:
        rows = client.call(
            "ir.module.module",
            "search_read",
            domain=[["state", "=", "installed"]],
            fields=["name", "latest_version"],
        )
    except ConnectorError:
        return {}
    return {str(r["name"]): str(r["latest_version"] or "") for r in rows}
