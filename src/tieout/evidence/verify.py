#!/usr/bin/env python3
"""Verifies an evidence pack. Needs nothing but Python 3.11: `python3 verify.py PACK`.

It recomputes every leaf and every root (RFC 6962), checks each head's Ed25519 signature
(RFC 8032, written out here so that no library must be trusted), compares the heads with the
witness file, and names the first change, gap or reorder that it finds. Give the witness file
that you kept yourself with --witness, and the public key that you were told with --key:
what lies in the pack can only show that the pack agrees with itself.

A database that was restored from a backup says so in its log (`database.restored`): from which head it went on, and what
the witness had seen by then. Heads that the witness saw after that one are accounted for by it, and are said to be missing
rather than named as tampering; whatever else the witness saw must be in the log.

Of closes (`closes/*.json`) it says whether each sheet is the one that the log says was kept, whether every sum, formula and
share in it is what its own rows come to, worked out anew, and whether the log tells the same of signatures and exclusions.

Ends with 0 where everything holds (restores are said), 1 where something does not, 2 where the pack cannot be read.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

Point = tuple[int, int, int, int]

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_I = pow(2, (_P - 1) // 4, _P)


def _recover_x(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _I % _P
    if (x * x - square) % _P:
        return None
    return _P - x if (x & 1) != sign else x


_GY = 4 * pow(5, _P - 2, _P) % _P
_GX = _recover_x(_GY, 0) or 0
_G: Point = (_GX, _GY, 1, _GX * _GY % _P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


@lru_cache(maxsize=8)
def _doubles(point: Point) -> tuple[Point, ...]:
    """A point times 1, 2, 4 and so on: a log has two points that thousands of its heads are checked with."""
    found = [point]
    for _ in range(255):
        found.append(_add(found[-1], found[-1]))
    return tuple(found)


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    for double in _doubles(point):
        if scalar & 1:
            result = _add(result, double)
        scalar >>= 1
    return result


def _point(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 verification, RFC 8032 section 5.1.7."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    left, right = _times(scalar, _G), _add(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _P == 0


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _append(peaks: list[bytes], size: int, leaf: bytes) -> None:
    peaks.append(leaf)
    while size & 1:
        right, left = peaks.pop(), peaks.pop()
        peaks.append(hashlib.sha256(b"\x01" + left + right).digest())
        size >>= 1


def _root(peaks: list[bytes]) -> bytes:
    root = peaks[-1] if peaks else hashlib.sha256().digest()
    for peak in reversed(peaks[:-1]):
        root = hashlib.sha256(b"\x01" + peak + root).digest()
    return root


def _check_head(
    head: dict[str, Any], peaks: list[bytes], public: bytes, key_id: str, problems: list[str]
) -> None:
    size = head["tree_size"]
    if head["root_hash"] != _root(peaks).hex():
        problems.append(f"head {size}: the entries up to leaf {size - 1} do not give its root")
    message = _canonical({k: head[k] for k in ("tree_size", "root_hash", "signed_at", "key_id")})
    if head["key_id"] != key_id:
        problems.append(f"head {size}: signed by key {head['key_id']}, not by {key_id}")
    elif not signature_holds(public, message, bytes.fromhex(head["signature"])):
        problems.append(f"head {size}: its signature does not hold")


class Restore(NamedTuple):
    """What an entry says of a restore: at which leaf it stands and when, to the head of how many leaves the log went
    back, and the witness's last line by then with the `most` leaves that any line had seen (None: no witness was there).
    """

    leaf: int
    at: str
    size: int
    root: str
    seen: dict[str, Any] | None

    @property
    def lost(self) -> int:
        """Entries that the witness had seen and the database went back behind."""
        return max(0, self.seen["most"] - self.size) if self.seen else 0

    def said(self) -> str:
        known = "no witness file was there then"
        if self.seen:
            known = f"{self.lost} entries that the witness had seen after it are not in this database"
        return f"restored on {self.at} from a state of {self.size} entries; {known}"


class Verdict(NamedTuple):
    """Problems found (none: it holds), the number of entries covered by a signed head, and every restore that the log
    tells of: what was sealed after the state that a database was restored to is not in it, openly. `sheets` of closes were
    held against the log and against their own rows."""

    problems: list[str]
    checked: int
    restores: list[Restore]
    sheets: int = 0


def verify(
    entries: Iterable[dict[str, Any]],
    heads: Iterable[dict[str, Any]],
    public: bytes,
    witness: Iterable[dict[str, Any]],
    sheets: Mapping[str, bytes] | None = None,
) -> Verdict:
    """Check a log against its heads, its key and its witness, and with `sheets` the closes against the log.

    `entries`, `heads`, `witness` are iterables of the packs' JSON lines, already parsed; `sheets` are bytes by file.
    """
    problems: list[str] = []
    by_size, last = _in_order(heads, problems)
    log = _Log(by_size, public, problems)
    if not log.take(entries):
        return Verdict(problems, log.checked, log.restores)
    if last > log.size:
        problems.append(f"entries end at leaf {log.size - 1}, but a head covers {last}")
    if log.size > log.checked:
        problems.append(f"leaves {log.checked} to {log.size - 1} are covered by no signed head")
    for restore in log.restores:
        problems += _not_of_this_log(restore, by_size)
    _check_witness(list(witness), log, problems)
    if sheets is not None:
        problems += log.closes.check(sheets)
    return Verdict(problems, log.checked, log.restores, len(sheets or ()))


def _in_order(heads: Iterable[dict[str, Any]], problems: list[str]) -> tuple[dict[int, dict[str, Any]], int]:
    """Heads by the number of leaves that they cover, and the last's."""
    by_size: dict[int, dict[str, Any]] = {}
    last = -1
    for head in heads:
        if head["tree_size"] <= last:
            problems.append(f"head {head['tree_size']}: heads are out of order")
        last = head["tree_size"]
        by_size[last] = head
    return by_size, last


class _Log:
    """Entries as they are read, one by one."""

    def __init__(self, by_size: dict[int, dict[str, Any]], public: bytes, problems: list[str]) -> None:
        self.by_size, self.public, self.problems = by_size, public, problems
        self.key_id = hashlib.sha256(public).hexdigest()[:16]
        self.size = self.checked = 0
        self.restores: list[Restore] = []
        self.closes = _Closes()

    def take(self, entries: Iterable[dict[str, Any]]) -> bool:
        """False where the rest says nothing: a leaf is missing, or a head is not theirs."""
        peaks: list[bytes] = []
        for line in entries:
            if line["leaf_no"] != self.size:
                self.problems.append(f"leaf {self.size}: missing or out of order (found {line['leaf_no']})")
                return False
            leaf = hashlib.sha256(b"\x00" + _canonical(line["entry"])).digest()
            _append(peaks, self.size, leaf)
            self._note(line)
            self.size += 1
            if self.size in self.by_size:
                before = len(self.problems)
                _check_head(self.by_size[self.size], peaks, self.public, self.key_id, self.problems)
                if len(self.problems) > before:
                    return False
                self.checked = self.size
        return True

    def _note(self, line: dict[str, Any]) -> None:
        self.closes.note(line["leaf_no"], line["entry"])
        if line["entry"].get("action") != "database.restored":
            return
        try:
            self.restores.append(_restore_of(line))
        except (KeyError, TypeError, ValueError):
            self.problems.append(f"leaf {self.size}: says that the database was restored, and not to what")


def _restore_of(line: dict[str, Any]) -> Restore:
    entry = line["entry"]
    detail = entry["detail"]
    detail = json.loads(detail) if isinstance(detail, str) else detail
    restored, seen = detail["restored"], detail["witness"]
    if seen is not None:
        seen = {
            "tree_size": int(seen["tree_size"]),
            "root_hash": str(seen["root_hash"]),
            "most": int(seen["most"]),
            "at": datetime.fromisoformat(seen["signed_at"]),
        }
    return Restore(line["leaf_no"], entry["at"], int(restored["tree_size"]), str(restored["root_hash"]), seen)


def _not_of_this_log(restore: Restore, by_size: dict[int, dict[str, Any]]) -> list[str]:
    """Where the state that a restore names is none that this log went through: it explains nothing."""
    head = by_size.get(restore.size)
    known = head["root_hash"] if head else hashlib.sha256().hexdigest() if restore.size == 0 else ""
    if restore.size <= restore.leaf and known == restore.root:
        return []
    return [
        f"leaf {restore.leaf}: the restore that it tells of, from {restore.size} entries, is not of this log"
    ]


def _check_witness(witness: list[dict[str, Any]], log: _Log, problems: list[str]) -> None:
    """Every line is of this log, or of what a restore says that it left behind."""
    places = {r.leaf: _last_seen(r, witness, log) for r in log.restores}
    for index, line in enumerate(witness):
        seen = log.by_size.get(line["tree_size"])
        if seen is not None and seen["root_hash"] == line["root_hash"]:
            continue
        if any(_left_behind(r, places[r.leaf], index, line) for r in log.restores):
            _check_line(line, log, problems)
        elif seen is None:
            problems.append(f"the witness saw a head of {line['tree_size']} leaves that is gone")
        else:
            problems.append(f"head {line['tree_size']}: the witness saw another root")


def _last_seen(restore: Restore, witness: list[dict[str, Any]], log: _Log) -> int | datetime | None:
    """Where in the witness its last line of before a restore stands. Where this copy of it ends earlier, or skips that
    line: until when lines can be of before it, which is never after the entry that tells of it was sealed."""
    if restore.seen is None:
        return None
    wanted = (restore.seen["tree_size"], restore.seen["root_hash"])
    found = [i for i, x in enumerate(witness) if (x["tree_size"], x["root_hash"]) == wanted]
    if found:
        return found[-1]
    sealing = min((size for size in log.by_size if size > restore.leaf), default=None)
    if sealing is None:
        return None
    sealed = datetime.fromisoformat(log.by_size[sealing]["signed_at"])
    seen: datetime = restore.seen["at"]
    return min(sealed, seen)


def _left_behind(restore: Restore, place: int | datetime | None, index: int, line: dict[str, Any]) -> bool:
    """Whether a line that is not of this log is one that a restore names: after the state that it went back to, no more
    than it says that the witness had seen, and before it."""
    if restore.seen is None or not restore.size < line["tree_size"] <= restore.seen["most"]:
        return False
    if isinstance(place, datetime):
        return datetime.fromisoformat(line["signed_at"]) <= place
    return place is not None and index <= place


def _check_line(line: dict[str, Any], log: _Log, problems: list[str]) -> None:
    """A head that is not in the log any more must still be one that its key signed."""
    head = {k: line[k] for k in ("tree_size", "root_hash", "key_id")}
    head["signed_at"] = datetime.fromisoformat(line["signed_at"]).isoformat()
    if line["key_id"] != log.key_id or not signature_holds(
        log.public, _canonical(head), bytes.fromhex(line["signature"])
    ):
        problems.append(f"the witness's head of {line['tree_size']} leaves: its signature does not hold")


class _Closes:
    """What the log says of closes, against which their sheets are held."""

    def __init__(self) -> None:
        # By what it is of, in order: (leaf, action, actor, at, detail); and where a document was left out first.
        self.told: dict[str, list[tuple[int, str, str, str, dict[str, Any]]]] = {}
        self.left_out: dict[str, int] = {}

    def note(self, leaf: int, entry: dict[str, Any]) -> None:
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
            wrong = [x for s in sheet["sections"] for x in _wrong_in_section(s)]
            wrong += _wrong_signatures(_records(tables["tasks"]), told)
            wrong += _wrong_revoked(_records(tables["revoked"]), told)
            for row in _records(tables["exclusions"]) if "exclusions" in tables else ():
                if self.left_out.get(str(row["document"]), leaf) >= leaf:
                    wrong.append(f"exclusions: the log does not say that {row['document']} was excluded")
        except (ArithmeticError, KeyError, LookupError, TypeError, ValueError) as error:
            return [f"not a sheet that can be read ({type(error).__name__}: {error})"]
        return wrong


_TOLD = ("close.prepared", "close.signed", "close.revoked", "close.kept")


def _records(table: dict[str, Any]) -> list[dict[str, Any]]:
    keys = [c[0] for c in table["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in table["rows"]]


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


def _wrong_in_section(section: dict[str, Any]) -> list[str]:
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


def _lines(pack: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    if name not in pack.namelist():
        return
    with pack.open(name) as file:
        for raw in file:
            if raw.strip():
                yield json.loads(raw)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an evidence pack.")
    parser.add_argument("pack")
    parser.add_argument("--witness", help="the witness file that you kept yourself")
    parser.add_argument("--key", help="the public key (hex) that you were told")
    given = parser.parse_args(arguments)
    try:
        with zipfile.ZipFile(given.pack) as pack:
            public = bytes.fromhex(given.key or pack.read("public_key.hex").decode())
            if given.witness:
                with Path(given.witness).open(encoding="utf-8") as file:
                    witness = [json.loads(line) for line in file if line.strip()]
            else:
                witness = list(_lines(pack, "witness.jsonl"))
            sheets = {x: pack.read(x) for x in pack.namelist() if x.startswith("closes/")}
            found = verify(
                _lines(pack, "entries.jsonl"), _lines(pack, "heads.jsonl"), public, witness, sheets
            )
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print(f"{given.pack}: not a readable evidence pack ({error})", file=sys.stderr)
        return 2
    for restore in found.restores:
        print(restore.said())
    for problem in found.problems:
        print(problem)
    good = not found.problems
    said = f"{found.checked} entries verified"
    if found.sheets:
        said += f", and {found.sheets} sheets of closes: each sum is its rows' added up anew"
    print(said if good else f"FAILED: {len(found.problems)} problems")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
