"""Which database answers: an Odoo tells the name of its own one to whoever asks with a key.

A server that is asked by JSON-2 finds its database by a header, and one that does not see it (a proxy took it out, a distribution calls it
otherwise: observed of one of 19) answers out of the only one that it has, whatever was named. So the name is asked for: `session_info` of
ir.http in the module web (`db`, the connection's own), read in the source of 18, 19 and what became 20. Like a sign-in it makes the account's own
settings (res.users.settings) where there are none yet, and nothing else; no wrong password is counted for it, as one at the door would be.
"""

from __future__ import annotations

from tieout.connector_api import RefusedError, SetupError
from tieout.connectors.odoo.answers import KeyRefusedError
from tieout.connectors.odoo.client import OdooClient

NOT_TOLD = (
    "which database answers is not told there, and a server of one alone answers out of it whatever is named"
)


def database_of(client: OdooClient) -> str:
    """The name of the database that answers, "" where it is not told. Raises TransientError, KeyRefusedError."""
    try:
        said = client.call("ir.http", "session_info", context={"allowed_company_ids": []})
    except KeyRefusedError:
        raise
    except (RefusedError, SetupError):
        # A proxy that lets a few models through, or a version that keeps it to itself.
        return ""
    name = said.get("db") if isinstance(said, dict) else ""
    return name if isinstance(name, str) else ""


def hold_database(client: OdooClient) -> str:
    """See that the database that answers is the one that was named; a warning where that is not told, "" else.

    Raises SetupError where it is another one; else as `database_of`.
    """
    # Where no database is named any is meant, and where each call names it (18) Odoo opens that one or none.
    if not client.database or "database" in client.differs.needs:
        return ""
    answers = database_of(client)
    if not answers:
        return NOT_TOLD
    if answers != client.database:
        raise SetupError(
            f"what answers at {client.url} is the database {answers}, and {client.database} is asked for: the server, or a proxy before it, "
            f"does not see which one is named. Put {answers!r} as database where its books are meant, else the address at which "
            f"{client.database} answers"
        )
    return ""
