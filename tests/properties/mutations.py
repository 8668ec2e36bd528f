"""Seeded mutations of good bank files, and what must come of them.

Each ends in the same money, a refusal, or a broken proof: never in silently other money.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.golden.bankfiles import files
from tieout.formats import FormatError, ParsedFile, parse

Mutation = Callable[[random.Random, bytes], bytes]


def _cut(draw: random.Random, raw: bytes) -> bytes:
    start = draw.randrange(len(raw))
    return raw[:start] + raw[start + draw.choice((1, 2, 5, 40, 400)) :]


def _end(draw: random.Random, raw: bytes) -> bytes:
    return raw[: draw.randrange(len(raw))]


def _flip(draw: random.Random, raw: bytes) -> bytes:
    at = draw.randrange(len(raw))
    return raw[:at] + bytes([draw.randrange(256)]) + raw[at + 1 :]


def _digit(draw: random.Random, raw: bytes) -> bytes:
    """One digit becomes another."""
    spots = [n for n, byte in enumerate(raw) if 48 <= byte <= 57]
    at = draw.choice(spots)
    return raw[:at] + str((raw[at] - 48 + draw.randrange(1, 10)) % 10).encode() + raw[at + 1 :]


def _pieces(raw: bytes) -> list[bytes]:
    """Lines, or an XML file's entries and what stands between them."""
    if b"Ntry>" in raw:
        mark = b"</c:Ntry>" if b"</c:Ntry>" in raw else b"</Ntry>"
        return [p + mark for p in raw.split(mark)[:-1]] + [raw.split(mark)[-1]]
    return raw.splitlines(keepends=True)


def _drop(draw: random.Random, raw: bytes) -> bytes:
    pieces = _pieces(raw)
    del pieces[draw.randrange(len(pieces))]
    return b"".join(pieces)


def _double(draw: random.Random, raw: bytes) -> bytes:
    pieces = _pieces(raw)
    at = draw.randrange(len(pieces))
    return b"".join([*pieces[:at], pieces[at], *pieces[at:]])


def _swap(draw: random.Random, raw: bytes) -> bytes:
    pieces = _pieces(raw)
    first, second = draw.randrange(len(pieces)), draw.randrange(len(pieces))
    pieces[first], pieces[second] = pieces[second], pieces[first]
    return b"".join(pieces)


def _sign(draw: random.Random, raw: bytes) -> bytes:
    """A mark of a line or balance turns around."""
    pairs = [
        (b"CRDT", b"DBIT"),
        (b"DBIT", b"CRDT"),
        (b"C", b"D"),
        (b"D", b"C"),
        (b"true", b"false"),
        (b"RD", b"D"),
    ]
    old, new = draw.choice([p for p in pairs if p[0] in raw])
    spots, at = [], raw.find(old)
    while at >= 0:
        spots.append(at)
        at = raw.find(old, at + 1)
    at = draw.choice(spots)
    return raw[:at] + new + raw[at + len(old) :]


def _recode(draw: random.Random, raw: bytes) -> bytes:
    """Broken encodings: a Latin letter, half a UTF-8 letter, UTF-16."""
    at = draw.randrange(len(raw))
    return draw.choice((raw[:at] + b"\xfc" + raw[at:], raw[:at] + b"\xc3" + raw[at:],
                        raw.decode("latin-1").encode("utf-16"), raw[:at] + b"\x00" + raw[at:]))  # fmt: skip


def _move_point(draw: random.Random, raw: bytes) -> bytes:
    """A decimal mark goes or comes, or becomes the other."""
    spots = [
        n
        for n in range(1, len(raw) - 1)
        if raw[n] in b",." and 48 <= raw[n - 1] <= 57 and 48 <= raw[n + 1] <= 57
    ]
    at = draw.choice(spots)
    return draw.choice((raw[:at] + raw[at + 1 :], raw[: at + 1] + raw[at:], raw[:at] + b"0" + raw[at:],
                        raw[:at] + (b"." if raw[at] == 44 else b",") + raw[at + 1 :]))  # fmt: skip


MUTATIONS: tuple[Mutation, ...] = (
    _cut, _end, _flip, _digit, _drop, _double, _swap, _sign, _recode, _move_point)  # fmt: skip


def money(file: ParsedFile) -> tuple[Any, ...]:
    """What a file says in money: booked lines and balances by account and currency."""
    lines: Counter[Any] = Counter()
    balances: Counter[Any] = Counter()
    for statement in file.statements:
        head = statement.head
        for line in statement.lines:
            if line.status == "booked":
                lines[head.account, line.currency, line.amount] += 1
        for balance in (head.opening, head.closing):
            balances[head.account, head.currency, balance.amount if balance else None] += 1
    return lines, balances


def provable() -> list[tuple[str, bytes, ParsedFile]]:
    """Golden files of one statement that prove themselves: a file of several may be cut between
    two, which only the next file's opening balance can tell."""
    found = []
    for path in files():
        file = parse(path)
        proof = file.statements[0].conservation
        # The trailers of BAI2 count its accounts.
        whole = len(file.statements) == 1 or file.format == "bai2"
        if whole and proof.holds and proof.residual is not None:
            found.append((path.name, path.read_bytes(), file))
    return found


def judge(before: ParsedFile, raw: bytes) -> str:
    """same, refused, broken or unproven; "OTHER MONEY" where none of them holds."""
    try:
        after = parse(raw)
    except FormatError:
        return "refused"
    if any(s.conservation.holds is False or s.continues is False for s in after.statements):
        return "broken"
    lines, balances = money(before)
    lines_after, balances_after = money(after)
    if lines == lines_after:
        # The lines are all there; a balance that is gone says nothing, another one would.
        stated = {key: n for key, n in balances_after.items() if key[2] is not None}
        same = all(balances[key] >= n for key, n in stated.items())
        return "same" if same else _renamed(before, after)
    if all(s.conservation.holds is None for s in after.statements):
        return "unproven"
    return _renamed(before, after)


def _renamed(before: ParsedFile, after: ParsedFile) -> str:
    """The same money on an account whose number was mutated: an unknown account, which no
    mapping knows."""
    known = {s.head.account for s in before.statements}

    def bare(file: ParsedFile) -> tuple[Any, ...]:
        return tuple(
            sorted(
                (str(x.amount), x.currency) for s in file.statements for x in s.lines if x.status == "booked"
            )
        )

    renamed = any(s.head.account not in known for s in after.statements)
    return "another account" if renamed and bare(before) == bare(after) else "OTHER MONEY"


def run(count: int, seed: int) -> tuple[Counter[str], list[tuple[str, str, int]]]:
    """Outcomes of `count` mutations, and (file, mutation, number) of those with other money."""
    samples, outcomes, bad = provable(), Counter[str](), []
    for number in range(count):
        draw = random.Random(seed * 1_000_003 + number)
        name, raw, before = draw.choice(samples)
        mutation = draw.choice(MUTATIONS)
        outcome = judge(before, mutation(draw, raw))
        outcomes[outcome] += 1
        if outcome == "OTHER MONEY":
            bad.append((name, mutation.__name__, number))
    return outcomes, bad


def kept(folder: Path, seed: int, number: int) -> Path:
    """Write the mutation of a number down, to look at it."""
    draw = random.Random(seed * 1_000_003 + number)
    name, raw, _ = draw.choice(provable())
    mutation = draw.choice(MUTATIONS)
    path = folder / f"{number}.{mutation.__name__}.{name}"
    path.write_bytes(mutation(draw, raw))
    return path
