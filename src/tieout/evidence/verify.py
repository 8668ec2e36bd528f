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

Sheets of closes (`closes/*.json`) are held against the log by `verify_closes.py`, which lies beside this file.

Ends with 0 where everything holds (restores are said), 1 where something does not, 2 where the pack cannot be read.
"""

import argparse
import hashlib
import json
import runpy
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_CLOSES = "verify_closes.py"
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
_ZERO: Point = (0, 1, 1, 0)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


@lru_cache(maxsize=4)
def _sixteens(point: Point) -> tuple[tuple[Point, ...], ...]:
    """A point times 0 to 15, the same of 16 times the point, of 256 times it and so on: a log has two points that hundreds or
    thousands of its heads are checked with, and each then takes 64 additions where it would take 380."""
    found = []
    for _ in range(64):
        row = [_ZERO]
        for _ in range(15):
            row.append(_add(row[-1], point))
        found.append(tuple(row))
        point = _add(row[-1], point)
    return tuple(found)


def _times(scalar: int, point: Point) -> Point:
    result = _ZERO
    for row in _sixteens(point):
        if digit := scalar & 15:
            result = _add(result, row[digit])
        scalar >>= 4
    return result


@lru_cache(maxsize=4)
def _opposite(raw: bytes) -> Point | None:
    """The negative of the point that these bytes are, None where they are none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _recover_x(y, sign)
    return None if x is None else (-x % _P, y, 1, -x * y % _P)


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 verification, RFC 8032 section 5.1.7. The signature's first half is held against the bytes of the point that it
    must be, which have one form: what is no such form is no point that was signed with."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, scalar = _opposite(public), int.from_bytes(signature[32:], "little")
    if key is None or scalar >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    return _encoded(_add(_times(scalar, _G), _times(challenge, key))) == signature[:32]


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
    tells of: what was sealed after the state that a database was restored to is not in it, openly."""

    problems: list[str]
    checked: int
    restores: list[Restore]


def verify(
    entries: Iterable[dict[str, Any]],
    heads: Iterable[dict[str, Any]],
    public: bytes,
    witness: Iterable[dict[str, Any]],
    note: Callable[[int, dict[str, Any]], None] = lambda leaf, entry: None,
) -> Verdict:
    """Check a log against its heads, its key and its witness.

    `entries`, `heads`, `witness` are iterables of the packs' JSON lines, already parsed; `note` hears each leaf and its entry.
    """
    problems: list[str] = []
    by_size, last = _in_order(heads, problems)
    log = _Log(by_size, public, problems, note)
    if not log.take(entries):
        return Verdict(problems, log.checked, log.restores)
    if last > log.size:
        problems.append(f"entries end at leaf {log.size - 1}, but a head covers {last}")
    if log.size > log.checked:
        problems.append(f"leaves {log.checked} to {log.size - 1} are covered by no signed head")
    for restore in log.restores:
        problems += _not_of_this_log(restore, by_size)
    _check_witness(list(witness), log, problems)
    return Verdict(problems, log.checked, log.restores)


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

    def __init__(
        self, by_size: dict[int, dict[str, Any]], public: bytes, problems: list[str], note: Any
    ) -> None:
        self.by_size, self.public, self.problems, self._heard = by_size, public, problems, note
        self.key_id = hashlib.sha256(public).hexdigest()[:16]
        self.size = self.checked = 0
        self.restores: list[Restore] = []

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
        self._heard(line["leaf_no"], line["entry"])
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


def _lines(pack: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    if name not in pack.namelist():
        return
    with pack.open(name) as file:
        for raw in file:
            if raw.strip():
                yield json.loads(raw)


class _Unchecked:
    """Stands where `verify_closes.py` does not lie beside this file: sheets that there are were not checked, and that is said."""

    kept = 0

    def note(self, leaf: int, entry: dict[str, Any]) -> None:
        self.kept += entry.get("action") == "close.kept"

    def check(self, sheets: Mapping[str, bytes]) -> list[str]:
        there = max(self.kept, len(sheets))
        return (
            [f"{there} sheets of closes were not checked: take {_CLOSES} out of the pack too"]
            if there
            else []
        )


def _closes() -> Any:
    """What holds the sheets of closes against the log."""
    path = Path(__file__).with_name(_CLOSES)
    return runpy.run_path(str(path))["Closes"]() if path.is_file() else _Unchecked()


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
            closes, log = _closes(), (_lines(pack, "entries.jsonl"), _lines(pack, "heads.jsonl"))
            found = verify(*log, public, witness, closes.note)
            found.problems.extend(closes.check(sheets))
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print(f"{given.pack}: not a readable evidence pack ({error})", file=sys.stderr)
        return 2
    for restore in found.restores:
        print(restore.said())
    for problem in found.problems:
        print(problem)
    good = not found.problems
    said = f"{found.checked} entries verified"
    if sheets:
        said += f", and {len(sheets)} sheets of closes: each sum is its rows' added up anew"
    print(said if good else f"FAILED: {len(found.problems)} problems")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
