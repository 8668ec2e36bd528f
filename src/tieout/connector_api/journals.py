"""Entries from tables: rows of one entry stand together; long entries are cut into parts.

A table is read twice: first to know that all of it holds, then to hand it on. What is kept in memory
is one part, whatever the table's length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api.capabilities import Item
from tieout.documents import BatchControl, Document, JournalEntry, JournalLine, Party
from tieout.formats.tables import Problem, TableError
from tieout.money import Amount, MoneyError

PART = 200
_ENCODER = msgspec.json.Encoder(order="deterministic")


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an entry. `amount` is signed (a debit is positive), exact in `currency`; the head's
    fields are the same on every row of an entry."""

    entry: str
    number: int
    on: date
    currency: str
    account: str
    amount: Decimal
    reference: str = ""
    text: str = ""
    dimensions: dict[str, str] = {}
    party: str = ""
    party_name: str = ""
    pair: str = ""
    partner_entity: str = ""
    reverses_on: date | None = None
    from_on: date | None = None
    to_on: date | None = None
    prepared_by: str = ""
    twin: str = ""
    nature: str = "journal"
    journal: str = "misc"

    def head(self) -> tuple[object, ...]:
        return (self.on, self.currency, self.reverses_on, self.nature, self.journal)


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself: `count` entries, debits and credits (positive), on a day."""

    on: date
    currency: str
    count: int
    debit: Decimal
    credit: Decimal


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message: the rows of one part of an entry, or a control row, as they stand in a file."""

    file: str
    file_sha256: str
    rows: tuple[EntryRow, ...] = ()
    control: Control | None = None
    part: int = 1
    parts: int = 1
    whole: str = ""
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


@dataclass
class _Entry:
    """An entry on its way through the first reading."""

    first: EntryRow
    lines: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, row: EntryRow) -> None:
        self.lines += 1
        self.debit += max(row.amount, Decimal(0))
        self.credit += max(-row.amount, Decimal(0))
        self.digest.update(_ENCODER.encode(row))


Rows = Callable[[], Iterator[EntryRow | Control]]


def journal_items(stream: str, name: str, digest: str, rows: Rows) -> Iterator[Item]:
    """The messages of a file, one a part of an entry. `rows` reads the file from its beginning.

    Raises TableError before the first message where anything of it is wrong: rows of an entry that
    stand apart, heads that differ, amounts finer than the currency, figures that do not hold.
    """
    long, controls = _first_reading(rows)
    for control in controls:
        kept = _Kept(file=name, file_sha256=digest, control=control)
        key = f"control:{digest[:16]}:{control.currency}"
        yield Item(stream, key, key, _ENCODER.encode(kept))
    part: list[EntryRow] = []
    done = 0
    for row in rows():
        if isinstance(row, Control):
            continue
        if part and (row.entry != part[0].entry or len(part) == PART):
            done += 1
            yield _item(stream, name, digest, part, long, done)
            if row.entry != part[0].entry:
                done = 0
            part = []
        part.append(row)
    if part:
        yield _item(stream, name, digest, part, long, done + 1)


def _first_reading(rows: Rows) -> tuple[dict[str, _Entry], list[Control]]:
    """The entries of more than one part, and the control rows. Raises TableError."""
    problems: list[Problem] = []
    long: dict[str, _Entry] = {}
    seen: set[bytes] = set()
    sums: dict[str, list[Decimal]] = {}
    controls: list[Control] = []
    current: _Entry | None = None
    for row in rows():
        if isinstance(row, Control):
            controls.append(row)
            continue
        if current is None or row.entry != current.first.entry:
            mark = hashlib.sha256(row.entry.encode()).digest()[:12]
            if mark in seen:
                what = f"rows of entry {row.entry!r} stand apart: sort the file by entry"
                problems.append(Problem(row.number, "entry", "together", what))
            seen.add(mark)
            current = _Entry(row)
            total = sums.setdefault(row.currency, [Decimal(0)] * 3)
            total[0] += 1
        elif row.head() != current.first.head():
            what = f"day, currency or reversal is not that of row {current.first.number}"
            problems.append(Problem(row.number, "entry", "one head", what))
        try:
            Amount.exact(row.amount, row.currency)
        except MoneyError as error:
            problems.append(Problem(row.number, "amount", "minor unit", str(error)))
        current.add(row)
        total = sums.setdefault(row.currency, [Decimal(0)] * 3)
        total[1] += max(row.amount, Decimal(0))
        total[2] += max(-row.amount, Decimal(0))
        if current.lines == PART + 1:
            long[row.entry] = current
        if len(problems) > 100:
            break
    for control in controls:
        held = sums.get(control.currency, [Decimal(0)] * 3)
        said = [Decimal(control.count), control.debit, control.credit]
        if held != said:
            what = (
                f"the file says {said[0]} entries, debit {said[1]}, credit {said[2]} {control.currency}; "
                f"it holds {held[0]}, {held[1]}, {held[2]}"
            )
            problems.append(Problem(0, "", "control figures", what))
    if problems:
        raise TableError(problems)
    return long, controls


def _item(
    stream: str, name: str, digest: str, part: list[EntryRow], long: dict[str, _Entry], number: int
) -> Item:
    entry = part[0].entry
    whole = long.get(entry)
    if whole is None:
        held = _Entry(part[0])
        for row in part:
            held.add(row)
        kept = _Kept(file=name, file_sha256=digest, rows=tuple(part), debit=held.debit, credit=held.credit)
        key, told = entry, held.digest.hexdigest()
    else:
        parts = -(-whole.lines // PART)
        told = whole.digest.hexdigest()
        kept = _Kept(
            file=name,
            file_sha256=digest,
            rows=tuple(part),
            part=number,
            parts=parts,
            whole=told,
            debit=whole.debit,
            credit=whole.credit,
        )
        key = f"{entry}#{number}"
    return Item(stream, key, f"{key}:{told[:32]}", _ENCODER.encode(kept))


def journal_documents(raw: bytes) -> list[Document]:
    """The document of a message that `journal_items` made. Raises ValueError where it is none."""
    kept = msgspec.json.decode(raw, type=_Kept)
    if kept.control is not None:
        return [_control(kept, kept.control)]
    return [_entry(kept, f"{kept.file}:{kept.file_sha256[:12]}")]


def journal_of(rows: Sequence[EntryRow], batch: str = "") -> JournalEntry:
    """One entry of at most a part's rows, as a source says it that has no files."""
    if not 0 < len(rows) <= PART:
        raise ValueError(f"an entry of {len(rows)} lines: expected 1 to {PART}")
    held = _Entry(rows[0])
    for row in rows:
        held.add(row)
    kept = _Kept(file="", file_sha256="", rows=tuple(rows), debit=held.debit, credit=held.credit)
    return _entry(kept, batch)


def _entry(kept: _Kept, batch: str) -> JournalEntry:
    first = kept.rows[0]
    parties = {r.party: Party(key=r.party, name=r.party_name or r.party) for r in kept.rows if r.party}
    key = f"{first.entry}#{kept.part}" if kept.parts > 1 else first.entry
    return JournalEntry(
        key=key,
        occurred_at=datetime.combine(first.on, time(12), UTC),
        currency=first.currency,
        control_group="entries",
        reference=first.reference or first.entry,
        booked_on=first.on,
        journal=first.journal,
        nature=first.nature,
        lines=tuple(_line(r, f"{kept.file}, row {r.number}" if kept.file else "") for r in kept.rows),
        parties=tuple(parties[p] for p in sorted(parties)),
        total=Amount(kept.debit, first.currency),
        imbalance=Amount(kept.debit - kept.credit, first.currency),
        reverses_on=first.reverses_on,
        twin=first.twin,
        prepared_by=first.prepared_by,
        batch=batch,
        part=kept.part,
        parts=kept.parts,
        whole=kept.whole,
    )


def _line(row: EntryRow, place: str) -> JournalLine:
    return JournalLine(
        account=row.account,
        amount=Amount.exact(row.amount, row.currency),
        text=row.text,
        dimensions=row.dimensions,
        party=row.party,
        pair=row.pair,
        partner_entity=row.partner_entity,
        from_on=row.from_on,
        to_on=row.to_on,
        place=place,
    )


def _control(kept: _Kept, control: Control) -> BatchControl:
    return BatchControl(
        key=f"control:{kept.file_sha256[:16]}:{control.currency}",
        occurred_at=datetime.combine(control.on, time(12), UTC),
        currency=control.currency,
        control_group="entries",
        batch=f"{kept.file}:{kept.file_sha256[:12]}",
        booked_on=control.on,
        count=control.count,
        debit=Amount.exact(control.debit, control.currency),
        credit=Amount.exact(control.credit, control.currency),
    )
