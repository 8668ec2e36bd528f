"""What differs between the versions of Odoo: a record a version, chosen once from what the server says it is.

Nothing else of the connector asks for a version. Each value names its source in docs/ODOO.md; what was read of a source and
not yet seen on a server is marked there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from tieout.connector_api import SetupError

JSON2, JSONRPC = "json2", "jsonrpc"
_SHAPE = re.compile(r"(?:saas[~-])?(\d{1,3})(?:\.(\d{1,3}))?")


@dataclass(frozen=True, kw_only=True)
class Differences:
    """One version of Odoo.

    On the wire: `transport` is JSON2 or JSONRPC; `needs` are the settings that it cannot do without; `tells_version` that
    /web/version answers; `grouping` is the method of grouped reads; `replicas` that a reading may be answered by a copy that
    lags behind; `company_values` what the argument of `write` is called on a company.

    In the books: `invoice_columns` are what an invoice must say beside what all versions take (column, value), of which
    the first says how its prices are meant; `reviews` that documents may be kept under review, and `undo_group` the group
    that takes a bank line's match back where they are; `unmatch_takes_siblings` that undoing takes every match between
    the entries that hang together, asked for or not; `reset_keeps_match` that an entry keeps its match as it goes back to draft;
    `residual_everywhere` that lines of every account say what is open of them; `waiting` and `settled` are a payment's states
    before and after it is closed.

    For people: `users_groups` is the field of a user's groups; `archived` (field, value) of an account that is not to be used
    any more; `code_needed` that every account has a code; `key_scope` what an API key must be made for; `key_hint` what to
    know of keys; `password_by` where who makes a key says the password once more, "record" (in the record that asks for it) or
    "context" (of the call that answers it; both observed).

    Of cents: `rounding` is where those go by which an invoice's lines, each in the company's currency, miss what they come to
    together: "largest" line, or "smooth", by their size (both observed). `cash_account` is the account of the cash journal that
    the standard chart brings, "" where it brings none; `tax_rounding` how its companies round taxes; `bills_settle` that a
    payment to a vendor is settled by the bill that it closes, before the bank knows of it; `fine_prices` that a unit price keeps more
    than two decimals (all observed of 18.0 and 19.0; of 20.0 `fine_prices` was read, the others are taken as 19.0's).
    """

    series: str
    transport: str
    needs: tuple[str, ...]
    tells_version: bool
    grouping: str
    replicas: bool
    company_values: str
    invoice_columns: tuple[tuple[str, str], ...]
    reviews: bool
    undo_group: str
    unmatch_takes_siblings: bool
    reset_keeps_match: bool
    residual_everywhere: bool
    waiting: str
    settled: str
    users_groups: str
    archived: tuple[str, bool]
    code_needed: bool
    key_scope: str
    key_hint: str
    password_by: str
    rounding: str
    cash_account: str
    tax_rounding: str
    bills_settle: bool
    fine_prices: bool


V18 = Differences(
    series="18.0",
    transport=JSONRPC,
    needs=("database", "login"),
    tells_version=False,
    grouping="read_group",
    replicas=False,
    company_values="values",
    invoice_columns=(),
    reviews=False,
    undo_group="account.group_account_basic",
    unmatch_takes_siblings=False,
    reset_keeps_match=False,
    residual_everywhere=False,
    waiting="in_process",
    settled="paid",
    users_groups="groups_id",
    archived=("deprecated", True),
    code_needed=True,
    key_scope="",
    key_hint="a key of a service account lasts 90 days at most",
    password_by="record",
    rounding="largest",
    cash_account="101501",
    tax_rounding="round_per_line",
    bills_settle=True,
    fine_prices=False,
)
V19 = replace(
    V18,
    series="19.0",
    transport=JSON2,
    needs=(),
    tells_version=True,
    grouping="formatted_read_group",
    replicas=True,
    company_values="vals",
    reset_keeps_match=True,
    users_groups="group_ids",
    archived=("active", False),
    password_by="context",
    rounding="smooth",
    cash_account="",
    tax_rounding="round_globally",
    bills_settle=False,
    fine_prices=True,
)
V20 = replace(
    V19,
    series="20.0",
    invoice_columns=(("document_tax_mode", "tax_excluded"),),
    reviews=True,
    undo_group="account.group_account_user",
    unmatch_takes_siblings=True,
    residual_everywhere=True,
    waiting="paid",
    settled="reconciled",
    code_needed=False,
    key_scope="rpc",
    key_hint="a key that was made before an upgrade to 20 may have no scope: make a new one of the scope RPC; it lasts 90 days "
    "at most, and one day for a light user, who has the group base.group_user alone",
)
KNOWN = (V18, V19, V20)


@dataclass(frozen=True)
class Chosen:
    """The record that a server is met with. `newer`: it is newer than any that was read; `asked`: it lies beside the known
    ones, and its fields say what is there (`as_its_fields_say`)."""

    version: str
    differs: Differences
    newer: bool = False
    asked: bool = False

    @property
    def warning(self) -> str:
        """What to know of a server that is newer than what is known, "" of any other."""
        if not self.newer:
            return ""
        return (
            f"Odoo {self.version} is newer than {KNOWN[-1].series}, the newest that Tieout knows: it is read as that one, and "
            "nothing is posted until this version is qualified (docs/ODOO.md, 'A newer version')"
        )


def choose(version: str) -> Chosen:
    """The record for a version as a server says it, such as "19.0", "saas~19.2" or "18.0-20250421".

    Raises SetupError for one that is older than all, and for one between 18.0 and 19.0, which nobody read.
    """
    found = _SHAPE.match(version)
    if not found:
        raise SetupError(
            f"it calls its version {version!r}, which is none of Odoo's: check url and what answers there"
        )
    number = (int(found[1]), int(found[2] or 0))
    mine = [d for d in KNOWN if _number(d) <= number]
    if not mine or (mine[-1] is V18 and number != _number(V18)):
        raise SetupError(f"Odoo {version} is not supported: version 18.0, or 19.0 or newer, is needed")
    newer = number > _number(KNOWN[-1])
    return Chosen(version, mine[-1], newer, asked=number != _number(mine[-1]))


def as_its_fields_say(chosen: Chosen, fields: Collection[str]) -> Chosen:
    """The record of a server between or beyond the known ones, by the fields that its account.move has."""
    reviews = "review_state" in fields
    differs = replace(
        chosen.differs,
        invoice_columns=tuple((name, value) for name, value in V20.invoice_columns if name in fields),
        reviews=reviews,
        undo_group=(V20 if reviews else V19).undo_group,
    )
    return replace(chosen, differs=differs)


def told_fields() -> list[str]:
    """The fields of account.move that `as_its_fields_say` looks at."""
    return [*(name for name, _ in V20.invoice_columns), "review_state"]


def _number(differs: Differences) -> tuple[int, int]:
    major, minor = differs.series.split(".")
    return int(major), int(minor)
