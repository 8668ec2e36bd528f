#!/usr/bin/env python3
"""Verifies an evidence pack. Needs nothing but Python 3.11: `python3 verify.py PACK`.

It recomputes every leaf and every root (RFC 6962), checks each head's Ed25519 signature
(RFC 8032, written out here so that no library must be trusted), compares the heads with the
witness file, and names the first change, gap or reorder that it finds. Give the witness file
that you kept yourself with --witness, and the public key that you were told with --key:
what lies in the pack can only show that the pack agrees with itself.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

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


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
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


def verify(
    entries: Iterable[dict[str, Any]],
    heads: Iterable[dict[str, Any]],
    public: bytes,
    witness: Iterable[dict[str, Any]],
) -> tuple[list[str], int]:
    """Problems found (none: it holds) and the number of entries covered by a signed head.

    `entries`, `heads`, `witness` are iterables of the packs' JSON lines, already parsed.
    """
    problems: list[str] = []
    peaks: list[bytes] = []
    size = 0
    by_size: dict[int, dict[str, Any]] = {}
    last = -1
    for head in heads:
        if head["tree_size"] <= last:
            problems.append(f"head {head['tree_size']}: heads are out of order")
        last = head["tree_size"]
        by_size[last] = head
    key_id = hashlib.sha256(public).hexdigest()[:16]
    checked = 0
    for line in entries:
        if line["leaf_no"] != size:
            problems.append(f"leaf {size}: missing or out of order (found {line['leaf_no']})")
            return problems, checked
        leaf = hashlib.sha256(b"\x00" + _canonical(line["entry"])).digest()
        _append(peaks, size, leaf)
        size += 1
        if size in by_size:
            before = len(problems)
            _check_head(by_size[size], peaks, public, key_id, problems)
            if len(problems) > before:
                return problems, checked
            checked = size
    if last > size:
        problems.append(f"entries end at leaf {size - 1}, but a head covers {last}")
    if size > checked:
        problems.append(f"leaves {checked} to {size - 1} are covered by no signed head")
    for line in witness:
        seen = by_size.get(line["tree_size"])
        if seen is None:
            problems.append(f"the witness saw a head of {line['tree_size']} leaves that is gone")
        elif seen["root_hash"] != line["root_hash"]:
            problems.append(f"head {line['tree_size']}: the witness saw another root")
    return problems, checked


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
            problems, checked = verify(
                _lines(pack, "entries.jsonl"), _lines(pack, "heads.jsonl"), public, witness
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        print(f"{given.pack}: not a readable evidence pack ({error})", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem)
    print(f"{checked} entries verified" if not problems else f"FAILED: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
