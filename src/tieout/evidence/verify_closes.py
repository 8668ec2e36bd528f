"""Holds the sheets of closes in an evidence pack against its log and against their own rows. Needs nothing but Python 3.11;
`verify.py` calls it, which lies beside it.

Of each sheet (`closes/*.json`) it says whether it is the one that the log says was kept, whether every sum, formula and share
in it is what its own rows come to, worked out anew, and whether the log tells the same of signatures, of signatures that
were taken back, of exclusions, and of what was read from the ledger.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any


class Closes:
    """What the log says of closes, against which their sheets are held."""

    def __init__(self) -> None:
        # By what it is of, in order: (leaf, action, actor, at, detail); and where a document was left out first.
        self.told: dict[str, list[tuple[int, str, str, str, dict[str, Any]]]] = {}
        self.left_out: dict[str, int] = {}

    def note(self, leaf: int, entry: dict[str, Any]) -> None:
        """Take what an entry of the log says of closes; in the log's order."""
        action, subject = str(entry.get("action")), str(entry.get("subject"))
        if action == "document.excluded":
            # By its key where a person excluded it, by its interface and key where its plan did.
            self.left_out.setdefault(subject, leaf)
            self.left_out.setdefault(subject.partition(":")[2], leaf)
        elif action in _TOLD:
            detail = entry["detail"]
            detail = json.loads(detail) if isinstance(detail, str) else detail
            told = (leaf, action, str(entry["actor"]), str(entry["at"]), detail)
            self.told.setdefault(subject, []).append(told)

    def check(self, sheets: Mapping[str, bytes]) -> list[str]:
        """What is wrong: each sheet is one that was kept, none is missing, its sums are its rows', its signatures the log's."""
        problems, known = list[str](), set[str]()
        for subject, told in self.told.items():
            for place, (leaf, action, _, _, detail) in enumerate(told):
                if action != "close.kept":
                    continue
                name = f"closes/{detail['sheet']}.json"
                known.add(name)
                raw = sheets.get(name)
                if raw is None:
                    problems.append(f"{name}: kept at leaf {leaf} as the sheet of {subject}, and not here")
                elif hashlib.sha256(raw).hexdigest() != detail["sha256"]:
                    problems.append(f"{name}: not the sheet of {subject} that was kept at leaf {leaf}")
                else:
                    problems += [f"{name}: {x}" for x in self._wrong(raw, subject, told[:place], leaf)]
        return problems + [f"{x}: a sheet that the log does not know" for x in sorted({*sheets} - known)]

    def _wrong(self, raw: bytes, subject: str, told: list[Any], leaf: int) -> list[str]:
        try:
            sheet = json.loads(raw)
            tables = {t["key"]: t for s in sheet["sections"] for t in s["tables"]}
            if f"{sheet['entity']}:{sheet['period']}" != subject:
                return [f"is of {sheet['entity']}:{sheet['period']}, kept as that of {subject}"]
            wrong = [x for s in sheet["sections"] for x in wrong_in_section(s)]
            wrong += _wrong_signatures(_records(tables["tasks"]), told)
            wrong += _wrong_revoked(_records(tables["revoked"]), told)
            wrong += [
                f"{k}: not what the log says was read"
                for k in _READ
                if k in tables and _other(tables[k], told)
            ]
            wrong += [
                f"{key}: the log does not say that {document} was excluded"
                for key, document in _left_out(tables)
                if self.left_out.get(document, leaf) >= leaf
            ]
        except (ArithmeticError, KeyError, LookupError, TypeError, ValueError) as error:
            return [f"not a sheet that can be read ({type(error).__name__}: {error})"]
        return wrong


# Which tables of a sheet the log tells of when they were read: by which entry, under which name, known by which columns, and
# which figures are the log's own.
_READ = {
    "bridge": (
        "ledger.month",
        "bridge",
        ("interface", "currency"),
        ("posted", "ledger_month", "in_ledger", "residual"),
    ),
    "governed": ("ledger.split", "accounts", ("account", "currency"), ("moved", "ours", "residual")),
}
_TOLD = ("close.prepared", "close.signed", "close.revoked", "close.kept", *(r[0] for r in _READ.values()))


def _records(table: dict[str, Any]) -> list[dict[str, Any]]:
    keys = [c[0] for c in table["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in table["rows"]]


def _left_out(tables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every document that a sheet says was left out, with the table that says it. A sheet of an earlier version has them in a
    table of their own."""
    found = [
        (k, r["document"]) for k in ("exclusions", "left_out") if k in tables for r in _records(tables[k])
    ]
    waivers = _records(tables["waivers"]) if "waivers" in tables else []
    return found + [("waivers", r["about"]) for r in waivers if r["kind"] == "excluded"]


def _added(cells: Iterable[str | None], signs: Iterable[int] | None = None) -> Decimal | None:
    """Amounts added up, None where one is not known."""
    total, signed = Decimal(0), zip(cells, signs or repeat(1), strict=False)
    for cell, sign in signed:
        if cell is None:
            return None
        total += sign * Decimal(cell)
    return total


def _same(one: str | None, other: Decimal | None) -> bool:
    return (None if one is None else Decimal(one)) == other


def wrong_in_section(section: dict[str, Any]) -> list[str]:
    """Sums, formulas and shares that are not what a section's rows come to."""
    found, tables = [], {t["key"]: _records(t) for t in section["tables"]}
    for table in section["tables"]:
        rows = tables[table["key"]]
        for each in table["sums"]:
            groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
            for row in rows:
                groups.setdefault(tuple(row[k] or "" for k in each["by"]), []).append(row)
            anew = [
                [*key, str(len(of)), *([_added(r[each["of"]] for r in of)] if each["of"] else [])]
                for key, of in sorted(groups.items())
            ]
            there = [
                [*r[:-1], None if r[-1] is None else Decimal(r[-1])] if each["of"] else r
                for r in each["rows"]
            ]
            if there != anew:
                what = each["of"] or "rows"
                found.append(f"{table['key']}: the sums of {what} are not its {len(rows)} rows added up")
        for f in table["formulas"]:
            signs = [1] * len(f["plus"]) + [-1] * len(f["minus"])
            for number, row in enumerate(rows):
                if not _same(row[f["of"]], _added((row[k] for k in (*f["plus"], *f["minus"])), signs)):
                    found.append(
                        f"{table['key']}: in row {number + 1} {f['of']} is not what its parts come to"
                    )
    for share in section["shares"]:
        sums = {}
        for name in ("part", "whole"):
            x = share[name]
            rows = [r for r in tables[x["table"]] if all(r[k] == v for k, v in x["where"].items())]
            sums[name] = _added(r[x["column"]] for r in rows)
            if not _same(x["amount"], sums[name]):
                found.append(
                    f"{share['title']} ({share['currency']}): {x['amount']} is not what its rows come to"
                )
        part, whole = sums["part"], sums["whole"]
        worth = (part * 100 / whole).quantize(Decimal("0.01")) if part is not None and whole else None
        if not _same(share["percent"], worth):
            found.append(f"{share['title']} ({share['currency']}): {share['percent']} % is not its share")
    return found


def _other(table: dict[str, Any], told: list[Any]) -> bool:
    """Whether a table has other figures than the last entry that tells of them."""
    action, name, keys, figures = _READ[table["key"]]
    read: list[dict[str, Any]] = next((d[name] for _, a, _, _, d in reversed(told) if a == action), [])
    log, there = (
        {tuple(r[k] for k in keys): [Decimal(r[f]) for f in figures] for r in rows}
        for rows in (read, _records(table))
    )
    return log != there


def _to_the_second(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(microsecond=0) if text else None


def _wrong_signatures(rows: list[dict[str, Any]], told: list[Any]) -> list[str]:
    """Tasks whose preparer or reviewer, or when, is not what the log says stood then."""
    standing: dict[str, list[Any]] = {}
    for _, action, actor, at, detail in told:
        if action == "close.prepared":
            standing[detail["task"]] = [actor, _to_the_second(at), "", None]
        elif action == "close.signed" and detail["task"] in standing:
            standing[detail["task"]][2:] = [actor, _to_the_second(at)]
        elif action == "close.revoked":
            standing.pop(detail["task"], None)
    wrong = []
    for r in rows:
        there = [
            r["prepared_by"],
            _to_the_second(r["prepared_at"]),
            r["signed_by"],
            _to_the_second(r["signed_at"]),
        ]
        if there != standing.get(r["task"], ["", None, "", None]):
            wrong.append(f"tasks: {r['task']} is not signed as the log says")
        if (r["state"] == "signed") != bool(r["signed_by"]):
            wrong.append(f"tasks: {r['task']} is {r['state']}, reviewed by {r['signed_by'] or 'nobody'}")
    return wrong


def _wrong_revoked(rows: list[dict[str, Any]], told: list[Any]) -> list[str]:
    """Whether the signatures that were taken back are those that the log tells of."""
    of_log = Counter(
        (d["task"], _to_the_second(at), d["why"]) for _, a, _, at, d in told if a == "close.revoked"
    )
    there = Counter((r["task"], _to_the_second(r["revoked_at"]), r["why"][:300]) for r in rows)
    return [f"revoked: {task} is not as the log tells of it" for task, _, _ in sorted(
        ((of_log - there) + (there - of_log)), key=str)]  # fmt: skip
