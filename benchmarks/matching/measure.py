"""What docs/campaigns/matching.md and the matching of docs/BENCHMARKS.md state, measured."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.matching import peers
from benchmarks.matching.company import Books, Company, Noise, described, frames, write
from benchmarks.matching.said import limited, tell
from benchmarks.matching.score import Score, score, wilson
from benchmarks.matching.small import measure as measure_pools
from benchmarks.matching.weak import SHARES, WEAK
from benchmarks.waiting import output_of
from tieout.reconcile import Match, Result, Rules, checked, match, read_rates, read_rules, read_table

# Never looked at while the engine was built.
UNSEEN = (9101, 9102, 9103, 9104)
MATCHING_S = 1800
# A quarter more invoices of the kinds that are hard to match.
WITH_WEAK = Noise(weak=0.25)
PLAIN = "Tieout, without the hard kinds"


@dataclass(frozen=True)
class Size:
    """Invoices of each part, and the runs of those that alternate."""

    speed: int
    scale: tuple[int, ...]
    equal: int
    days: int
    runs: int


FULL = Size(500_000, (125_000, 250_000, 1_000_000), 200_000, 20_000, 3)
TOY = Size(1500, (400,), 600, 40, 1)


@dataclass(frozen=True)
class Timed:
    """A way's matching of one company in a process of its own: seconds, peak MiB, F1 of pairs, groups."""

    seconds: float
    peak_mib: float
    f1: float
    groups: int


@dataclass(frozen=True)
class Equal:
    """How many invoices of how many have the commonest amount, and times the time of a company with none so."""

    most: int
    invoices: int
    slower: float


@dataclass(frozen=True)
class Days:
    """Right and false invoices where every day's lines are matched as they come, and all at once."""

    days: int
    right: int
    false: int
    right_at_once: int
    false_at_once: int


@dataclass(frozen=True)
class Measured:
    """Every part."""

    size: Size
    speed: dict[str, Timed]
    scale: dict[int, Timed]
    equal: Equal
    days: Days

    def page(self) -> str:
        ours, theirs = self.speed["ours"], self.speed["splink"]
        sizes = "\n".join(
            f"| {n:,} | {t.seconds:.1f} s | {t.seconds / n * 1e6:.1f} µs | {t.peak_mib:,.0f} MiB | {t.f1:.3f} |"
            for n, t in self.scale.items()
        )
        e, d = self.equal, self.days
        return f"""## Matching

| what | ours | splink 5 | ratio |
|---|---:|---:|---:|
| {self.size.speed:,} invoices x their bank lines: time, reading included | {ours.seconds:.1f} s | {theirs.seconds:.1f} s | {theirs.seconds / ours.seconds:.2f} times its speed |
| – peak memory | {ours.peak_mib:,.0f} MiB | {theirs.peak_mib:,.0f} MiB | {ours.peak_mib / theirs.peak_mib:.2f} of its memory |
| – F1 of pairs | {ours.f1:.3f} | {theirs.f1:.3f} | |

Invented companies with their truth ([how well](campaigns/matching.md)), read from Parquet, each in a process of its own;
medians of {self.size.runs} alternating runs beside splink 5 on DuckDB, which is trained in its run as its guide says.

| invoices | time | each | peak memory | F1 |
|---:|---:|---:|---:|---:|
{sizes}

With {e.most:,} invoices of one amount among {e.invoices:,} it takes {e.slower:.2f} times what it takes with none. Day by day
({d.days} days) {d.right:,} invoices are matched rightly and {d.false:,} falsely, at once {d.right_at_once:,} and {d.false_at_once:,}.
"""


def ours(books: Books, rules: Rules | None = None) -> Result:
    left, right = frames(books)
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    return match(checked(left, "left"), checked(right, "right"), rules or read_rules(), rates)


def _groups(result: Iterable[Match]) -> list[tuple[tuple[str, ...], tuple[str, ...], str]]:
    return [(m.left, m.right, m.status) for m in result]


def _auto(groups: Iterable[peers.Group]) -> list[tuple[tuple[str, ...], tuple[str, ...], str]]:
    return [(left, right, "auto") for left, right in groups]


def quality(invoices: int, seeds: Iterable[int], pools: int = 3000) -> str:
    """A page: ours beside the peers on seeds whose rows nobody had looked at."""
    totals: dict[str, Score] = {}
    seeds = list(seeds)
    calibration: dict[str, list[int]] = {}
    rows_of_weak = rows = 0
    for seed in seeds:
        books = Company(invoices, seed, WITH_WEAK).make()
        rows += len(books.right["id"])
        rows_of_weak += sum(len(g["right"]) for g in books.truth if g["kind"] in WEAK)
        for name, one in _every_way(books, seed, calibration).items():
            totals[name] = totals[name] + one if name in totals else one
        plain = Company(invoices, seed).make()
        tell(plain, seed)
        one = score(plain.truth, _groups(ours(plain, limited()).groups()))
        totals[PLAIN] = totals[PLAIN] + one if PLAIN in totals else one
    mine, off = totals["Tieout"], totals["Tieout, limits off"]
    best = min(s.errors for name, s in totals.items() if not name.startswith("Tieout"))
    small = {past: measure_pools(pools, 7300, past) for past in (True, False)}
    weak = sum(mine.of_kind[k] for k in WEAK)
    lines = [
        "# Matching, on companies whose rows nobody had looked at",
        "",
        f"`make campaign-matching`: {len(seeds)} invented companies of {invoices:,} invoices (seeds {', '.join(map(str, seeds))}),",
        "of which no row was looked at while the engine or its rules were made (of what was: docs/MATCHING.md), with a quarter more of the kinds hard to",
        "match. An invoice is right when its automatic group holds exactly its bank lines and exactly the invoices that those",
        "pay; every other automatic group is false. Errors are invoices that were not matched rightly, and false ones on top.",
        "Intervals are Wilson's, 95%. Differences are accepted by their ground and within limits ([what lets them",
        "pass](differences.md)); with limits off they pay in part.",
        "",
        "| | matched rightly | whole groups | precision | interval | false | errors |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row_of(name, one) for name, one in totals.items()),
        "",
        f"Of {mine.payable:,} invoices that have a payment. The best other way makes {best / max(1, mine.errors):.1f} times as many errors.",
        "",
        f"- Suggestions: of {mine.suggested:,} invoices with a suggestion, the right group was among the first three for "
        f"{mine.first_three:,} ({mine.first_three / max(1, mine.suggested):.1%}).",
        f"- Payouts, counted apart: {mine.payouts_right} of {mine.payouts} right, {mine.payouts_false} false.",
        f"- Declared noise: {described(WITH_WEAK)}.",
        "",
        "## The kinds that are hard to match",
        "",
        f"They are {weak / mine.payable:.1%} of the invoices that have a payment and {rows_of_weak / rows:.1%} of all rows of the right side. What only looks like one",
        "of them stands beside it: that nothing tells apart is left to people, and counts as not matched.",
        "",
        "| kind | invoices | share | matched rightly | with limits off | false groups |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {kind} | {mine.of_kind[kind]:,} | {mine.of_kind[kind] / mine.payable:.1%} "
            f"| {mine.found(kind):.1%} | {off.found(kind):.1%} | {mine.false_of[kind]} |"
            for kind in SHARES
            if mine.of_kind[kind] or mine.false_of[kind]
        ),
        "",
        "False groups of lines that pay nothing here (another company of the name, the wrong currency): "
        f"{mine.false_of['another company of the name'] + mine.false_of['the wrong currency']}.",
        "",
        f"Small pools: {pools:,} times three open items, and a line that pays one of them or looks so by name and amount alone.",
        "",
        "| | lines that pay one | matched rightly | false groups |",
        "|---|---:|---:|---:|",
        *(
            f"| {'with 150 settled items (`--past`)' if past else 'with nothing of the past'} | {one.payable:,} | {one.right / one.payable:.1%} | {one.false} |"
            for past, one in small.items()
        ),
        "",
        "## What was not matched",
        "",
        "By kind, and what is noisy about it (invoices):",
        "",
        *[f"- {name}: {n}" for name, n in mine.missed.most_common(16)],
        "",
        "Stated confidence against what was right, automatic and suggested groups with invoices:",
        "",
        "| confidence | groups | right |",
        "|---|---:|---:|",
        *[
            f"| {band} | {n} | {hits / n:.1%} |"
            for band, (n, hits) in sorted(calibration.items(), reverse=True)
        ],
        "",
        "Odoo's rules are built again from its documentation: five ways for a number to stand in the label, then partner and",
        "amount within 3%. splink is trained on each company as its guide says, sees number, serial, name and amount, and gets",
        "the threshold that makes it the fewest errors.",
        "",
    ]
    return "\n".join(lines)


def _row_of(name: str, one: Score) -> str:
    low, high = wilson(one.right, one.right + one.false)
    return (
        f"| {name} | {one.rate:.2%} | {one.whole:.2%} | {one.precision:.4%} | {low:.4%} to {high:.4%} "
        f"| {one.false} | {one.errors} |"
    )


def _every_way(books: Books, seed: int, calibration: dict[str, list[int]]) -> dict[str, Score]:
    """Ours, with limits and without, and the peers', on one company."""
    left, right = frames(books)
    off = score(books.truth, _groups(ours(books).groups()))
    tell(books, seed)
    result = list(ours(books, limited()).groups())
    found = {"Tieout": score(books.truth, _groups(result)), "Tieout, limits off": off}
    _calibrate(result, books.truth, calibration)
    found["greedy, exact amount"] = score(books.truth, _auto(peers.greedy(left, right)))
    found["Odoo 19's rules"] = score(books.truth, _auto(peers.odoo(left, right)))
    pairs = peers.splink_pairs(left, right)
    # The threshold under which splink has the fewest errors here: chosen for it, with the truth.
    found["splink 5"] = min(
        (score(books.truth, _auto(peers.splink_groups(pairs, t))) for t in (0.3, 0.5, 0.9, 0.99)),
        key=lambda s: s.errors,
    )
    return found


def _calibrate(result: list[Match], truth: list[dict], into: dict[str, list[int]]) -> None:
    of_right = {key: group for group in truth for key in group["right"]}
    bands = (
        (0.999, "0.999 and more"),
        (0.99, "0.99 to 0.999"),
        (0.9, "0.9 to 0.99"),
        (0.5, "0.5 to 0.9"),
        (0.0, "0 to 0.5"),
    )
    for m in result:
        group = of_right.get(m.right[0]) if m.right and m.left else None
        if not m.right or not m.left or (group and group["kind"] == "payout"):
            continue
        band = next(name for least, name in bands if m.confidence >= least)
        exact = group is not None and set(m.right) == set(group["right"]) and set(m.left) in [
            set(group["left"]), *(set(o) for o in group.get("or", ()))]  # fmt: skip
        counted = into.setdefault(band, [0, 0])
        counted[0] += 1
        counted[1] += exact


# Each reading in a process of its own, so that its peak memory is its own.


def _read_and_match(folder: Path) -> list[peers.Group]:
    rates = read_rates(folder / "rates.csv")
    result = match(
        read_table(folder / "left.parquet"), read_table(folder / "right.parquet"), read_rules(), rates
    )
    return [(m.left, m.right) for m in result.groups() if m.status == "auto"]


def _read_and_splink(folder: Path) -> list[peers.Group]:
    pairs = peers.splink_pairs(
        pl.read_parquet(folder / "left.parquet"), pl.read_parquet(folder / "right.parquet")
    )
    return list(peers.splink_groups(pairs, 0.5))


WAYS = {"ours": _read_and_match, "splink": _read_and_splink}


def _timed(way: str, folder: Path) -> Timed:
    """One reading and matching. Raises NoAnswerError."""
    command = [sys.executable, "-m", "benchmarks.matching.measure", way, str(folder)]
    return Timed(*json.loads(output_of(f"matching by {way}", command, MATCHING_S).splitlines()[-1]))


def _f1(groups: list[peers.Group], folder: Path) -> float:
    truth = set()
    with (folder / "truth.jsonl").open() as file:
        for line in file:
            group = json.loads(line)
            truth.update((a, b) for a in group["left"] for b in group["right"])
    found = {(a, b) for left, right in groups for a in left for b in right}
    return 2 * len(truth & found) / (len(truth) + len(found))


def speed(invoices: int, runs: int) -> dict[str, Timed]:
    """Beside splink, both from Parquet; medians of alternating runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(Company(invoices, 2101, Noise(payouts=0)).make(), folder)
        taken: dict[str, list[Timed]] = {way: [] for way in WAYS}
        for _ in range(runs):
            for way in WAYS:
                taken[way].append(_timed(way, folder))
    return {
        way: Timed(
            statistics.median(t.seconds for t in found),
            statistics.median(t.peak_mib for t in found),
            found[0].f1,
            found[0].groups,
        )
        for way, found in taken.items()
    }


def scale(sizes: Iterable[int]) -> dict[int, Timed]:
    """Cost by size, up to a million on either side."""
    found = {}
    for invoices in sizes:
        with tempfile.TemporaryDirectory() as name:
            write(Company(invoices, 2202, Noise(payouts=0)).make(), Path(name))
            found[invoices] = _timed("ours", Path(name))
    return found


def equal(invoices: int, runs: int) -> Equal:
    """The same company with a tenth of its invoices of two prices, and with none so."""
    found: dict[str, list[float]] = {"equal": [], "none": []}
    with tempfile.TemporaryDirectory() as name:
        for kind, share in (("equal", 0.18), ("none", 0.0)):
            folder = Path(name) / kind
            folder.mkdir()
            books = Company(invoices, 2303, Noise(payouts=0, subscribers=share)).make()
            if kind == "equal":
                amounts = pl.Series(books.right["amount"]).value_counts(name="n").sort("n", descending=True)
                most = amounts["n"][0]
            write(books, folder)
        for _ in range(runs):
            for kind in found:
                found[kind].append(_timed("ours", Path(name) / kind).seconds)
    return Equal(most, invoices, statistics.median(found["equal"]) / statistics.median(found["none"]))


def days(invoices: int) -> Days:
    """Every day's lines as they come, against all at once."""
    books = Company(invoices, 2404).make()
    left, right = frames(books)
    left, right = checked(left, "left"), checked(right, "right")
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    rules = read_rules()
    at_once = score(books.truth, _groups(match(left, right, rules, rates).groups()))
    settled: list[Match] = []
    gone: tuple[set[str], set[str]] = set(), set()
    last: list[Match] = []
    every = [d for d in left["date"].unique().sort().to_list() if isinstance(d, date)]
    for day in every:
        last = list(
            match(
                left.filter(pl.col("date") <= day, ~pl.col("id").is_in(gone[0])),
                right.filter(pl.col("date") <= day, ~pl.col("id").is_in(gone[1])),
                rules,
                rates,
            ).groups()
        )
        for m in last:
            if m.status == "auto" and m.closed:
                settled.append(m)
                gone[0].update(m.left)
                gone[1].update(m.right)
    rest = [m for m in last if m.status == "auto" and not m.closed]
    daily = score(books.truth, _groups([*settled, *rest]))
    return Days(len(every), daily.right, daily.false, at_once.right, at_once.false)


def run(size: Size) -> Measured:
    """One part after another."""
    beside, by_size = speed(size.speed, size.runs), scale(size.scale)
    return Measured(size, beside, by_size, equal(size.equal, size.runs), days(size.days))


if __name__ == "__main__":
    # What is timed does not count imports.
    for module in ("splink.comparison_library", "splink.backends.duckdb") if sys.argv[1] == "splink" else ():
        importlib.import_module(module)
    started = time.perf_counter()
    groups = WAYS[sys.argv[1]](Path(sys.argv[2]))
    spent = time.perf_counter() - started
    peak = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(json.dumps([spent, int(peak.split()[1]) / 1024, _f1(groups, Path(sys.argv[2])), len(groups)]))
