"""The version that is played, by the record of differences that whoever starts the simulator gives it.

The record is the connector's own (`tieout.connectors.odoo.versions`), handed over by the sandbox: what it says wrong would be wrong
on both sides, so each of its values is held against its source by a test (docs/ODOO.md). Nothing is imported from there.
"""

from __future__ import annotations

from typing import Any, Protocol

from tieout_sandbox.simulators.odoo.installed import BROUGHT_ALONG

JSON2 = "json2"


class Played(Protocol):
    """What of a version's record its clients can see."""

    @property
    def series(self) -> str: ...
    @property
    def transport(self) -> str: ...
    @property
    def tells_version(self) -> bool: ...
    @property
    def grouping(self) -> str: ...
    @property
    def replicas(self) -> bool: ...
    @property
    def company_values(self) -> str: ...
    @property
    def invoice_columns(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def reviews(self) -> bool: ...
    @property
    def undo_group(self) -> str: ...
    @property
    def unmatch_takes_siblings(self) -> bool: ...
    @property
    def reset_keeps_match(self) -> bool: ...
    @property
    def residual_everywhere(self) -> bool: ...
    @property
    def waiting(self) -> str: ...
    @property
    def settled(self) -> str: ...
    @property
    def users_groups(self) -> str: ...
    @property
    def archived(self) -> tuple[str, bool]: ...
    @property
    def code_needed(self) -> bool: ...
    @property
    def key_scope(self) -> str: ...
    @property
    def fine_prices(self) -> bool: ...
    @property
    def password_by(self) -> str: ...
    @property
    def rounding(self) -> str: ...
    @property
    def cash_account(self) -> str: ...
    @property
    def tax_rounding(self) -> str: ...
    @property
    def bills_settle(self) -> bool: ...


def version_info(played: Played) -> dict[str, Any]:
    """What the server says of itself when it is asked for its version."""
    major, minor = (int(part) for part in played.series.removeprefix("saas~").split("."))
    return {
        "server_version": played.series,
        "server_version_info": [major, minor, 0, "final", 0, ""],
        "server_serie": played.series,
        "protocol_version": 1,
    }


def absent_fields(played: Played) -> frozenset[tuple[str, str]]:
    """Fields (model, name) that the simulator knows and this version, or a database without any module besides, has not."""
    absent = {field for fields in BROUGHT_ALONG.values() for field in fields}
    if not played.invoice_columns:
        absent.add(("account.move", "document_tax_mode"))
    if not played.reviews:
        absent |= {("account.move", "review_state"), ("res.company", "set_to_review_documents")}
    names = {"active", "deprecated"}
    absent |= {("account.account", name) for name in names - {played.archived[0]}}
    return frozenset(absent)


def renamed(value: Any, names: dict[str, str]) -> Any:
    """A value of JSON with some of its texts, keys as well, called otherwise."""
    if isinstance(value, dict):
        return {names.get(k, k): renamed(v, names) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value
