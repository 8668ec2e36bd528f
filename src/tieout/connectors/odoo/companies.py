"""Whose books are worked in: one company, named in every call.

A user who sees several companies and a client that names none mixes journals of one with accounts of another (seen on a
real 19.0). Read in the source of 18 and 19 (`Environment.companies`): without `allowed_company_ids` a call sees all of the
user's companies, and creates in the user's default one.
"""

from __future__ import annotations

from tieout.connector_api import RefusedError, SetupError
from tieout.connectors.odoo.client import OdooClient

_MOST_NAMED = 8


def user_of(client: OdooClient) -> int:
    """The id of whoever asks. Raises as `OdooClient.call`."""
    return int(client.call("res.users", "context_get", context=_of_all())["uid"])


def hold_company(client: OdooClient) -> int:
    """The company that this client works in from now on: the one that is set, or the only one that the account has.

    Raises SetupError where it has several and none is set, or not the one that is set; else as `OdooClient.call`.
    """
    mine = companies_of(client)
    named = ", ".join(f"{key} {name}" for key, name in list(mine.items())[:_MOST_NAMED])
    if client.company and client.company not in mine:
        raise SetupError(
            f"the service account does not work in company {client.company}, but in {named}: put one of these as company, or let "
            "its user into that one (Settings, Users, Allowed Companies)"
        )
    if not client.company and len(mine) > 1:
        raise SetupError(
            f"the service account works in {len(mine)} companies ({named}), and nothing says in which of them: put its number as "
            "company beside url and key"
        )
    client.company = client.company or next(iter(mine))
    return client.company


def companies_of(client: OdooClient) -> dict[int, str]:
    """The companies that the account may work in, by id. Raises as `OdooClient.call`."""
    user = user_of(client)
    rows = client.call("res.users", "read", ids=[user], fields=["company_ids"], context=_of_all())
    ids = sorted(rows[0]["company_ids"]) if rows else []
    if not ids:
        raise RefusedError("the service account's user has no company: give it one (Settings, Users)")
    context = {"allowed_company_ids": ids}
    found = client.call("res.company", "read", ids=ids, fields=["name"], context=context)
    return {row["id"]: str(row["name"]) for row in found}


def _of_all() -> dict[str, list[int]]:
    """A context that names no company: else one that is not the user's would be refused before it could be told."""
    return {"allowed_company_ids": []}
