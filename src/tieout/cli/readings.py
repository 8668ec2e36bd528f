"""What `tieout parse` shows of a file that was read: JSON of every line with its place, or a table of its statements.

JSON is written as lines stream by, through a spooled file: so a file of any size needs little
memory, and one that is refused at its end leaves no statement behind.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, TextIO

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from tieout.cli.context import out
from tieout.cli.invoice_readings import is_einvoice, show_invoice, write_invoice
from tieout.formats import (
    Balance,
    Conservation,
    FormatError,
    Head,
    Line,
    OpenFile,
    Place,
    Unread,
)

_SPOOL_BYTES = 8 << 20
_PLAIN = msgspec.json.Encoder()
Row = dict[str, Any]


def write_json(files: list[Path], given: dict[str, str], to: TextIO) -> bool:
    """Files as one JSON object; whether none was refused and every statement holds."""
    good = True
    to.write('{"files": [')
    for number, path in enumerate(files):
        to.write(("," if number else "") + "\n")
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8") as spool:
            good = _write_file(path, given, spool, to) and good
    to.write("\n]}\n")
    return good


def _write_file(path: Path, given: dict[str, str], spool: IO[str], to: TextIO) -> bool:
    """One file's object; without any statement where the file is refused."""
    if is_einvoice(path, given["format"]):
        return write_invoice(path, to)
    error: str | None = None
    good, file, lines, statements = True, None, 0, 0
    with path.open("rb") as stream:
        try:
            file = OpenFile(stream, **given)
            for event in file.events():
                if isinstance(event, Line):
                    if not lines:
                        spool.write(("," if statements else "") + '\n {"lines": [')
                    spool.write(("," if lines else "") + "\n  " + _dump(line_json(event)))
                    lines += 1
                    continue
                if not lines:
                    spool.write(("," if statements else "") + '\n {"lines": [')
                spool.write("], " + _dump(head_json(event.head, event.conservation, event.continues))[1:])
                good = good and event.conservation.holds is not False and event.continues is not False
                statements, lines = statements + 1, 0
        except FormatError as refused:
            error, good = str(refused), False
    to.write('{"file": ' + json.dumps(str(path)) + ', "statements": [')
    if error is None:
        spool.seek(0)
        shutil.copyfileobj(spool, to)
    rest: Row = {
        "invoices": [],
        "format": file.format if file else None,
        "dialect": (file.dialect or None) if file else None,
        "encoding": file.encoding if file else None,
        "sha256": file.sha256 if file and error is None else None,
        "remainder": [unread_json(u) for u in file.remainder] if file else [],
        "error": error,
    }
    to.write("], " + _dump(rest)[1:])
    return good


def _dump(row: Row) -> str:
    return _PLAIN.encode(row).decode()


def place_json(place: Place) -> Row:
    found: Row = {"offset": place.offset, "length": place.length}
    return {**found, "line": place.line} if place.line else found


def unread_json(unread: Unread) -> Row:
    return {"what": unread.what, "count": unread.count, "first": place_json(unread.place)}


def _balance(balance: Balance | None) -> Row | None:
    if balance is None:
        return None
    return {
        "amount": str(balance.amount),
        "on": balance.on,
        "currency": balance.currency,
        "code": balance.code,
    }


def line_json(line: Line) -> Row:
    """A line as `tieout parse` prints it: amounts signed decimal texts, days ISO 8601."""
    row: Row = msgspec.to_builtins(line)
    row["place"] = place_json(line.place)
    return _tidied(row)


def _tidied(row: Row) -> Row:
    """Structured references and instructed amounts under names of their own."""
    row["structured"] = [{"kind": kind, "reference": text} for kind, text in row["structured"]]
    if row["instructed"]:
        row["instructed"] = {"amount": row["instructed"][0], "currency": row["instructed"][1]}
    for detail in row.get("details", ()):
        _tidied(detail)
    return row


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def head_json(head: Head, proof: Conservation, continues: bool | None) -> Row:
    stated = {k: v for k, v in msgspec.to_builtins(head.stated).items() if v is not None}
    return {
        "account": head.account,
        "currency": head.currency,
        "statement_id": head.statement_id,
        "sequence": head.sequence,
        **({} if head.page is None else {"page": head.page}),
        **({} if head.last_page is None else {"last_page": head.last_page}),
        "bank": head.bank,
        "owner": head.owner,
        "from_on": head.from_on,
        "to_on": head.to_on,
        "intraday": head.intraday,
        **({} if head.status == "update" else {"status": head.status}),
        **({"partial": True} if head.partial else {}),
        "opening": _balance(head.opening),
        "closing": _balance(head.closing),
        "balances": [_balance(b) for b in head.balances],
        "stated": stated,
        "place": place_json(head.place),
        "conservation": {
            "opening": _text(proof.opening),
            "sum_lines": str(proof.sum_lines),
            "closing": _text(proof.closing),
            "residual": _text(proof.residual),
            "holds": proof.holds,
            "problems": list(proof.problems),
        },
        "continues": continues,
    }


class _Seen(msgspec.Struct):
    """What a table row of a statement needs."""

    head: Head
    proof: Conservation
    continues: bool | None
    lines: int


def _statements(file: OpenFile) -> Iterator[_Seen]:
    lines = 0
    for event in file.events():
        if isinstance(event, Line):
            lines += 1
        else:
            yield _Seen(event.head, event.conservation, event.continues, lines)
            lines = 0


def show(files: list[Path], given: dict[str, str]) -> bool:
    """Files as tables; whether none was refused and every statement holds."""
    good = True
    for path in files:
        if is_einvoice(path, given["format"]):
            good = show_invoice(path) and good
            continue
        with path.open("rb") as stream:
            try:
                file = OpenFile(stream, **given)
                seen = list(_statements(file))
            except FormatError as error:
                out.print(f"{path}: refused: {error}", style="red")
                good = False
                continue
        out.print(f"{path}: {file.format} {file.dialect} {file.encoding}".rstrip())
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
        for name in ("account", "statement"):
            table.add_column(name)
        for name in ("lines", "opening", "sum", "closing", "residual"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("holds", no_wrap=True)
        for s in seen:
            p = s.proof
            word = Text(
                {True: "yes", False: "NO", None: "unknown"}[p.holds], style="red" if p.holds is False else ""
            )
            if s.continues is False:
                word.append(" (gap before it)", style="red")
            figures = (p.opening, p.sum_lines, p.closing, p.residual)
            shown = ("-" if f is None else f"{f:,}" for f in figures)
            table.add_row(f"{s.head.account} {s.head.currency}", s.head.sequence or s.head.statement_id,
                          str(s.lines), *shown, word)  # fmt: skip
            good = good and p.holds is not False and s.continues is not False
        out.print(table)
        for s in seen:
            for problem in s.proof.problems:
                out.print(f"  {s.head.sequence or s.head.statement_id}: {problem}", style="red")
        if file.remainder:
            out.print(f"  not understood, {sum(u.count for u in file.remainder)} times:")
            for unread in file.remainder:
                out.print(f"    {unread.what} ({unread.count})")
    return good
