#!/usr/bin/env python3
"""Prints a close from an evidence pack. Needs nothing but Python 3.11:
`python3 print_close.py PACK --entity US --period 2026-10 --out close.html`.

The printed close is made of its sheet (`closes/*.json` of a pack) and of what the log says was taken back since, and of
nothing else: so a database, a pack and a bare Python print the same bytes. The page is one file without script or outside
reference, black on white. Whether the sheet is the one that was kept, and whether its sums are its own rows', is what
`verify.py` says.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NamedTuple

# How many rows of a table are printed; what the rest comes to is said, and the sheet has all of them.
MOST_ROWS = 200
_MOST_LETTERS = 600
_MOST_SINCE = 30
# A word so long is broken anywhere.
_LONG_WORD = 24
_RIGHT = ("amount", "count")


class Printed(NamedTuple):
    """What a printed close is made of: the sheet's bytes, its file in a pack ("": it is a draft, kept nowhere), and what
    the log says of the close since it was kept, in words and order; `stands` where no signature was taken back since."""

    sheet: bytes
    name: str
    since: tuple[str, ...] = ()
    stands: bool = True


# What the log says of a close after its sheet was kept, and how it is told: what it is of, and who did it or why.
SINCE = {
    "close.revoked": ("signature taken back", "task", "why"),
    "close.prepared": ("prepared", "task", ""),
    "close.signed": ("signed", "task", ""),
    "close.locked": ("books locked", "kind", ""),
}
KEPT = "close.kept"


_STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { background: #fff; color: #000; font: 11pt/1.4 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  margin: 0 auto; max-width: 78rem; padding: 1rem }
h1 { font-size: 1.6em; margin: 0 0 .2em } h2 { font-size: 1.2em; border-bottom: 1.5pt solid #000; margin: 1.6em 0 .4em }
h3 { font-size: 1em; margin: 1em 0 .3em } p { margin: .3em 0; max-width: 60rem }
.banner { border: 2pt solid #000; padding: .4em .8em; margin: .8em 0; max-width: 60rem } .banner p:first-child { font-weight: 700 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1.2em; margin: .6em 0 }
dt { color: #333 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; font-size: .82em; margin: .4em 0; width: 100% }
table.sums { width: auto; min-width: 40%; border-top: 1.5pt solid #000 }
caption { text-align: left; font-weight: 600; padding: .2em 0 }
th, td { border-bottom: .5pt solid #888; padding: .25em .5em; text-align: left; vertical-align: top; overflow-wrap: break-word }
th { border-bottom: 1pt solid #000; font-weight: 600 }
.n { text-align: right; font-variant-numeric: tabular-nums } td.n, td.t { white-space: nowrap } .l { overflow-wrap: anywhere }
td.l { min-width: 8em } .more { font-weight: 600 }
footer { border-top: 1pt solid #000; font-size: .8em; margin-top: 2em; padding-top: .4em; overflow-wrap: anywhere }
@page { size: A4 landscape; margin: 12mm }
@media print { body { font-size: 9pt; max-width: none; padding: 0 } thead { display: table-header-group }
  tr, table.sums { break-inside: avoid } h2, h3, caption { break-after: avoid } }
@media screen and (max-width: 75rem) { td.t { white-space: normal } td.l { min-width: 4em } th { overflow-wrap: anywhere } }
@media screen and (max-width: 45rem) { dl { display: block } dd { margin: 0 0 .4em } table.sums { width: 100% }
  thead { position: absolute; left: -10000px } tr { display: block; border-bottom: 1pt solid #000; padding: .3em 0 }
  h1, h2, p, td, dd { overflow-wrap: anywhere } td { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .6em; border: 0; padding: .1em 0 }
  td::before { content: attr(data-of); color: #333 } td.n { text-align: left } td.t { white-space: normal }
  td:empty { display: none } }
"""


def page(printed: Printed) -> bytes:
    """The printed close as one HTML document."""
    sheet = json.loads(printed.sheet)
    head = sheet["head"]
    title = f"Close of {head['name'] or sheet['entity']}, {sheet['period']}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_h(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{_h(title)}</h1>\n"
    ]
    if said := banners(sheet, printed):
        parts.append(f'<div class="banner">{"".join(f"<p>{_h(x)}</p>" for x in said)}</div>\n')
    parts += ["<dl>\n", *(f"<dt>{_h(n)}</dt><dd>{_h(v)}</dd>\n" for n, v in head_lines(sheet)), "</dl>\n"]
    for section in sheet["sections"]:
        parts += _section(section)
    parts.append(
        f"</main>\n<footer>{''.join(f'<p>{_h(x)}</p>' for x in foot(sheet, printed))}</footer>\n</body>\n</html>\n"
    )
    return "".join(parts).encode()


def text(printed: Printed) -> bytes:
    """The printed close as plain text, one line a row."""
    sheet = json.loads(printed.sheet)
    lines = [f"Close of {sheet['head']['name'] or sheet['entity']}, {sheet['period']}", ""]
    lines += [*(f"! {x}" for x in banners(sheet, printed)), *(f"{n}: {v}" for n, v in head_lines(sheet))]
    for section in sheet["sections"]:
        lines += ["", section["title"], "=" * len(section["title"]), *section["said"]]
        for table in section["tables"]:
            lines += ["", *([table["title"]] if table["title"] else [])]
            lines += _table_lines(table)
        lines += [share_line(s) for s in section["shares"]]
    return "\n".join([*lines, "", *foot(sheet, printed), ""]).encode()


def banners(sheet: dict[str, Any], printed: Printed) -> list[str]:
    """What has to be read before anything else: that it is a draft, that it is open, what does not stand any more."""
    found = []
    if not printed.name:
        found.append("Draft: made of the database as it is, not kept in evidence, signed by nobody.")
    if not sheet["head"]["closed_at"]:
        found.append("The period is not closed: " + sheet["head"]["open"])
    elif not printed.stands:
        found.append("This close does not stand any more as it was signed.")
    if more := printed.since[_MOST_SINCE:]:
        return [*found, *printed.since[:_MOST_SINCE], f"Since then, {len(more)} more: the log has them."]
    return [*found, *printed.since]


def head_lines(sheet: dict[str, Any]) -> list[tuple[str, str]]:
    """What the head says: (name, value)."""
    head = sheet["head"]
    closed = _shown(head["closed_at"], "instant") or "no"
    if head["business_days"] is not None:
        closed += f", on business day {head['business_days']}"
    return [
        ("Entity", " ".join(dict.fromkeys((sheet["entity"], head["name"]))).strip()),
        ("Period", sheet["period"]),
        ("Currency", head["currency"]),
        ("Times are of", head["time_zone"]),
        ("Due", _shown(head["due_at"], "instant")),
        ("Closed", closed),
        ("Ledger read back", _shown(head["ledger_read_at"], "instant") or "never"),
        ("Figures of", _shown(head["kept_at"], "instant")),
    ]


def foot(sheet: dict[str, Any], printed: Printed) -> list[str]:
    """How the figures are proven."""
    digest = hashlib.sha256(printed.sheet).hexdigest()
    if not printed.name:
        return [f"A draft. SHA-256 of its figures: {digest}"]
    return [
        f"Figures: {printed.name} of an evidence pack, SHA-256 {digest}, kept in evidence as close.kept of "
        f"{sheet['entity']}:{sheet['period']}.",
        "python3 verify.py PACK says whether they are the ones that were kept, and whether each sum is its rows' added up "
        "anew; python3 print_close.py PACK prints them again.",
    ]


def share_line(share: dict[str, Any]) -> str:
    """A share in words."""
    part, whole, currency = share["part"]["amount"], share["whole"]["amount"], share["currency"]
    if part is None or whole is None:
        return f"{share['title']} ({currency}): not known"
    said = f"{share['percent']} %" if share["percent"] is not None else "of nothing"
    return f"{share['title']}: {_shown(part, 'amount')} of {_shown(whole, 'amount')} {currency} = {said}"


def _h(value: object) -> str:
    return html.escape(str(value))


def _shown(value: str | None, kind: str) -> str:
    """A cell as people read it: amounts with thousands apart, instants without seconds. What is not known is a question
    mark where it is an amount, else nothing."""
    if value is None:
        return "?" if kind in _RIGHT else ""
    if kind == "amount":
        return f"{Decimal(value):,f}"
    if kind == "instant":
        return value[:16].replace("T", " ")
    if len(value) > _MOST_LETTERS:
        return f"{value[:_MOST_LETTERS]}… ({len(value) - _MOST_LETTERS} more letters in the sheet)"
    return value


def _class(kind: str, cell: str = "") -> str:
    if kind in _RIGHT:
        return ' class="n"'
    if kind in ("instant", "day"):
        return ' class="t"'
    return ' class="l"' if max(map(len, cell.split()), default=0) > _LONG_WORD else ""


def _section(section: dict[str, Any]) -> Iterator[str]:
    yield f'<section id="{_h(section["key"])}">\n<h2>{_h(section["title"])}</h2>\n'
    for said in section["said"]:
        yield f"<p>{_h(said)}</p>\n"
    for table in section["tables"]:
        yield from _table(table)
    for share in section["shares"]:
        yield f"<p><strong>{_h(share_line(share))}</strong></p>\n"
    yield "</section>\n"


def _table(table: dict[str, Any]) -> Iterator[str]:
    if table["title"]:
        yield f"<h3>{_h(table['title'])}</h3>\n"
    if not table["rows"]:
        yield f"<p>{_h(table['empty'])}</p>\n"
        return
    yield from _grid("", [(c[1], c[2]) for c in table["columns"]], table["rows"][:MOST_ROWS])
    if more := rest(table):
        yield f'<p class="more">{_h(more)}</p>\n'
    for title, columns, rows in sums_of(table):
        yield from _grid(f' class="sums"><caption>{_h(title)}</caption', columns, rows)


def _grid(
    opening: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | None]]
) -> Iterator[str]:
    heads = "".join(f"<th{_class(kind)}>{_h(title)}</th>" for title, kind in columns)
    yield f"<table{opening}>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for row in rows:
        cells = (
            f'<td{_class(kind, cell or "")} data-of="{_h(title)}">{_h(_shown(cell, kind))}</td>'
            for (title, kind), cell in zip(columns, row, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody>\n</table>\n"


def _table_lines(table: dict[str, Any]) -> Iterator[str]:
    if not table["rows"]:
        yield table["empty"]
        return
    kinds = [c[2] for c in table["columns"]]
    yield " | ".join(c[1] for c in table["columns"])
    for row in table["rows"][:MOST_ROWS]:
        yield " | ".join(_shown(c, k).replace("\n", " ") for c, k in zip(row, kinds, strict=True))
    if more := rest(table):
        yield more
    for title, columns, rows in sums_of(table):
        yield f"{title}:"
        for row in rows:
            yield "  " + " | ".join(_shown(c, k) for c, (_, k) in zip(row, columns, strict=True))


def sums_of(
    table: dict[str, Any],
) -> Iterator[tuple[str, list[tuple[str, str]], list[list[str | None]]]]:
    """The declared sums of a table: (title, columns, rows). Those by the same columns stand in one."""
    titles = {c[0]: c[1] for c in table["columns"]}
    together: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for each in table["sums"]:
        together.setdefault(tuple(each["by"]), []).append(each)
    for by, sums in together.items():
        counted = len(by)
        columns = [*((titles[k], "text") for k in by), ("Rows", "count")]
        columns += [(titles[s["of"]], "amount") for s in sums if s["of"]]
        rows = [list(r[: counted + 1]) for r in sums[0]["rows"]]
        for each in sums:
            if each["of"]:
                for row, summed in zip(rows, each["rows"], strict=True):
                    row.append(summed[counted + 1])
        yield "In all" + (", by " + ", ".join(titles[k].lower() for k in by) if by else ""), columns, rows


def rest(table: dict[str, Any], most: int = MOST_ROWS) -> str:
    """How many rows are not printed, and what they come to; "" where all of them are."""
    left = table["rows"][most:]
    if not left:
        return ""
    places = {c[0]: p for p, c in enumerate(table["columns"])}
    said = []
    for of in dict.fromkeys(s["of"] for s in table["sums"] if s["of"]):
        found: dict[str, Decimal | None] = {}
        for row in left:
            currency = row[places["currency"]] or "" if "currency" in places else ""
            before, here = found.get(currency, Decimal(0)), row[places[of]]
            found[currency] = None if before is None or here is None else before + Decimal(here)
        title = table["columns"][places[of]][1].lower()
        said += [f"{title} {'?' if v is None else f'{v:,f}'} {c}".rstrip() for c, v in sorted(found.items())]
    what = f": {', '.join(said)}" if said else ""
    return f"{len(left)} more rows are not printed{what}. The sheet has all of them."


class Pack:
    """An evidence pack: a zip file, or the folder that somebody unpacked it into."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)

    def open(self, name: str) -> IO[bytes]:
        """A file of it. Raises LookupError where it is not there."""
        try:
            return self._zip.open(name) if self._zip is not None else (self._path / name).open("rb")
        except (KeyError, FileNotFoundError):
            raise LookupError(f"{name} is not in the pack") from None

    def entries(self) -> Iterator[dict[str, Any]]:
        """The log's entries in order. Raises LookupError where it has none."""
        with self.open("entries.jsonl") as file:
            for line in file:
                if line.strip():
                    yield json.loads(line)["entry"]


def from_pack(pack: Pack, entity: str, period: str, number: int = 0) -> Printed:
    """The sheet that a pack has of a close: the last that was kept, or that of a `number`; and what was taken back since.
    Raises LookupError where it has none, or not as it was kept."""
    subject, kept, later = f"{entity}:{period}", dict[int, dict[str, Any]](), list[dict[str, Any]]()
    for entry in pack.entries():
        if entry["subject"] == subject and entry["action"] == KEPT:
            kept[int(detail_of(entry)["sheet"])] = entry
        elif entry["subject"] == subject and entry["action"] in SINCE:
            later.append(entry)
    if not kept or (number and number not in kept):
        which = f"no sheet {number} of" if number else "no sheet of"
        raise LookupError(
            f"the pack has {which} the close of {entity} {period}: it is kept when a task is signed"
        )
    number = number or max(kept)
    with pack.open(sheet_name(number)) as file:
        return as_kept(file.read(), number, kept[number], later)


def sheet_name(number: int) -> str:
    """The file of a sheet in a pack."""
    return f"closes/{number}.json"


def as_kept(sheet: bytes, number: int, kept: dict[str, Any], later: Iterable[dict[str, Any]]) -> Printed:
    """A sheet with what the log says of its close since it was kept: `kept` is the entry of that, `later` are others of
    the close. Raises LookupError where it is not the sheet that was kept."""
    name = sheet_name(number)
    if hashlib.sha256(sheet).hexdigest() != detail_of(kept)["sha256"]:
        raise LookupError(f"{name} is not the sheet that was kept on {kept['at']}: somebody changed it")
    after = sorted(
        (e for e in later if e["evidence_id"] > kept["evidence_id"]), key=lambda e: int(e["evidence_id"])
    )
    stands = all(e["action"] != "close.revoked" for e in after)
    return Printed(sheet, name, tuple(_since(e) for e in after), stands)


def _since(entry: dict[str, Any]) -> str:
    what, of, why = SINCE[entry["action"]]
    detail = detail_of(entry)
    said = f": {detail[why]}" if why else f" by {entry['actor']}"
    return f"Since then, {_shown(entry['at'], 'instant')} UTC: {what}: {detail[of]}{said}"


def detail_of(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry's detail, which the log keeps as a text."""
    detail = entry["detail"]
    read: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail
    return read


def written(printed: Printed, form: str) -> bytes:
    """A printed close as `html`, `text` or `json`: the last are the sheet's own bytes."""
    if form == "json":
        return printed.sheet
    return text(printed) if form == "text" else page(printed)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Print a close from an evidence pack.")
    parser.add_argument("pack", help="the pack, a .zip, or the folder that it was unpacked into")
    parser.add_argument("--entity", required=True)
    parser.add_argument("--period", required=True, help="a month, such as 2026-10")
    parser.add_argument(
        "--sheet", type=int, default=0, help="an earlier one by its number; the last without it"
    )
    parser.add_argument("--format", choices=("html", "text", "json"), default="html")
    parser.add_argument("--out", help="the file to write; without it, standard output")
    given = parser.parse_args(arguments)
    try:
        found = written(
            from_pack(Pack(Path(given.pack)), given.entity, given.period, given.sheet), given.format
        )
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    except (OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print(f"{given.pack}: not a readable evidence pack ({error})", file=sys.stderr)
        return 2
    if given.out:
        Path(given.out).write_bytes(found)
    else:
        sys.stdout.buffer.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
