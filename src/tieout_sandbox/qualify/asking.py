"""What is asked of a server before anything is made there: what it is, whose key this is, whether it may be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tieout.connector_api import ConnectorError, RefusedError, SetupError
from tieout.connectors.odoo.client import OdooClient, Server
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
    database, and its modules with their versions."""

    client: OdooClient
    chosen: Chosen
    companies: dict[int, str]
    why_test: str
    modules: dict[str, str]


def ask(asked: Asked) -> Answered:
    """Ask everything; nothing is changed. Raises RefusedToTryError, ConnectorError."""
    if (asked.url.rstrip("/"), asked.database) in {(url.rstrip("/"), name) for url, name in asked.own}:
        raise RefusedToTryError(
            f"{asked.database} at {asked.url} is what this project posts into, and the project is a production one: give the address of "
            "a copy, made by Odoo's own Duplicate Database or restored from a backup"
        )
    client = OdooClient(Server(asked.url, asked.database, asked.key, 0, asked.login))
    chosen = client.chosen
    client.let_change(lambda version: True)
    companies = _companies(client)
    _may(client)
    why = _why_test(client, asked)
    return Answered(client, chosen, companies, why, _modules(client))


def _of_all(companies: dict[int, str]) -> dict[str, Any]:
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


def _why_test(client: OdooClient, asked: Asked) -> str:
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
        f"nothing says that {asked.database} at {asked.url} is a test database{said}: a qualification makes a company, entries and a user "
        f"there that cannot all be taken away again. If it is one, say so with --test-database {asked.database}"
    )


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
