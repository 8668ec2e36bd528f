"""Every posted entry of a span of days, with what Odoo says of how each was made: for whoever looks at books that run already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tieout.connector_api.inventory import EntryThere
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.models import BANK_LINE, MOVE, PAYMENT
from tieout.connectors.odoo.others import exchange_journal, fell_due, logins
from tieout.connectors.odoo.paging import by_id
from tieout.connectors.odoo.signs import MADE_BY, signs_of, told_id

_PAGE = 2000
_FIELDS = [
    "name", "date", "ref", "payment_reference", "invoice_origin", "move_type", "journal_id", "partner_id", "amount_total_signed",
    "create_uid", "create_date", "statement_line_id", "origin_payment_id", "reversed_entry_id", "tax_cash_basis_rec_id",
    "tax_cash_basis_origin_move_id",
]  # fmt: skip
Row = dict[str, Any]


def posted_between(since: date, until: date) -> list[list[Any]]:
    """The domain of what is posted with an accounting day from `since` to `until`."""
    return [["state", "=", "posted"], ["date", ">=", since.isoformat()], ["date", "<=", until.isoformat()]]


def entries_since(client: OdooClient, since: date, most: int) -> date:
    """See `InventoryTeller.entries_since`. Raises as `OdooClient.call`."""
    # Of the one that is too many, counted from the newest day on: its day is no more looked at whole.
    rows = client.call(
        MOVE, "search_read", domain=[["state", "=", "posted"], ["date", ">=", since.isoformat()]], fields=["date"],
        order="date desc, id desc", offset=most, limit=1,
    )  # fmt: skip
    return date.fromisoformat(rows[0]["date"]) + timedelta(days=1) if rows else since


def entries_there(client: OdooClient, names: Directory, since: date, until: date) -> Iterator[EntryThere]:
    """See `InventoryTeller.entries_there`. Raises as `OdooClient.call`."""
    reading = _Reading(client, names)
    page: list[Row] = []
    for row in by_id(client.call, MOVE, posted_between(since, until), [*_FIELDS, *reading.own], _PAGE):
        page.append(row)
        if len(page) == _PAGE:
            yield from reading.entries(page)
            page = []
    yield from reading.entries(page)


def fields_there(client: OdooClient, model: str, wanted: Iterable[str]) -> set[str]:
    """Which of the `wanted` fields a model has that our account may read. Raises as `OdooClient.call`."""
    names = sorted(set(wanted))
    # A field of a group that the account is not in is left out of the answer.
    return set(client.call(model, "fields_get", allfields=names, attributes=["type"])) & set(names)


@dataclass(frozen=True)
class _Made:
    """What was made, behind which an entry stands: a record of `model`, and what its own fields say."""

    model: str
    key: int
    signs: tuple[str, ...] = ()


class _Reading:
    """What is asked of each page of entries, with what is known for all of them."""

    def __init__(self, client: OdooClient, names: Directory) -> None:
        self._client, self._names = client, names
        declared = {m: [s.field for s in MADE_BY if s.model == m] for m in (MOVE, BANK_LINE, PAYMENT)}
        self._there = {m: fields_there(client, m, fields) for m, fields in declared.items()}
        self._exchange = exchange_journal(client)
        self._users: dict[int, str] = {}
        self.own = sorted(self._there[MOVE] - set(_FIELDS))

    def entries(self, page: list[Row]) -> Iterator[EntryThere]:
        unknown = [r for r in page if r["create_uid"] and r["create_uid"][0] not in self._users]
        # Whom the account may not see is asked for once.
        self._users |= {r["create_uid"][0]: "" for r in unknown} | logins(self._client, unknown)
        made = self._made(page)
        ids = self._external_ids(made.values())
        for row in page:
            what = made[row["id"]]
            yield self._entry(row, what, told_id(ids.get((what.model, what.key), "")))

    def _entry(self, row: Row, made: _Made, external_id: str) -> EntryThere:
        user = row["create_uid"]
        signs = dict.fromkeys((*made.signs, *signs_of(row, self._there[MOVE], MOVE)))
        if row["reversed_entry_id"]:
            signs["reversal"] = None
        if fell_due(row):
            signs["tax due on payment"] = None
        if row["journal_id"] and row["journal_id"][0] == self._exchange:
            signs["exchange difference"] = None
        return EntryThere(
            key=row["id"],
            day=date.fromisoformat(row["date"]),
            made_at=datetime.fromisoformat(str(row["create_date"])).replace(tzinfo=UTC),
            journal=self._names.journal_code(row["journal_id"][0]) if row["journal_id"] else "",
            kind=str(row["move_type"]),
            number=_text(row["name"]),
            reference=_text(row["payment_reference"]) or _text(row["ref"]),
            origin=_text(row["invoice_origin"]),
            party_key=row["partner_id"][0] if row["partner_id"] else 0,
            party=_text(row["partner_id"][1]) if row["partner_id"] else "",
            login=self._users.get(user[0], "") if user else "",
            amount=abs(exact(row["amount_total_signed"])),
            record=made.model,
            record_key=made.key,
            external_id=external_id,
            signs=tuple(signs),
        )

    def _made(self, page: list[Row]) -> dict[int, _Made]:
        """Entry to what was made: the bank line or the payment that it stands for, else itself."""
        lines = self._signed(BANK_LINE, page, "statement_line_id")
        payments = self._signed(PAYMENT, page, "origin_payment_id")
        found = {}
        for row in page:
            if row["statement_line_id"]:
                key = row["statement_line_id"][0]
                found[row["id"]] = _Made(BANK_LINE, key, lines.get(key, ()))
            elif row["origin_payment_id"]:
                key = row["origin_payment_id"][0]
                found[row["id"]] = _Made(PAYMENT, key, payments.get(key, ()))
            else:
                found[row["id"]] = _Made(MOVE, row["id"])
        return found

    def _signed(self, model: str, page: list[Row], field: str) -> dict[int, tuple[str, ...]]:
        there = self._there[model]
        keys = sorted({r[field][0] for r in page if r[field]})
        if not keys or not there:
            return {}
        rows = self._client.call(model, "read", ids=keys, fields=sorted(there))
        return {r["id"]: signs_of(r, there, model) for r in rows}

    def _external_ids(self, made: Iterable[_Made]) -> Mapping[tuple[str, int], str]:
        keys: dict[str, set[int]] = {}
        for what in made:
            keys.setdefault(what.model, set()).add(what.key)
        found: dict[tuple[str, int], str] = {}
        for model, wanted in keys.items():
            answer = self._client.call(model, "get_external_id", ids=sorted(wanted))
            found |= {(model, int(key)): str(name or "") for key, name in answer.items()}
        return found


def _text(value: Any) -> str:
    return str(value) if value else ""
