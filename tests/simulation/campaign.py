"""Long counts: `make campaign-kills`, `make campaign-faults`, `make campaign-scale`,
`make campaign-files`, `make campaign-journals`, `make campaign-deaths`.

Results are written to docs/campaigns/ and committed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.properties.mutations import provable, run
from tests.simulation.deaths import deaths, median
from tests.simulation.failover import WORKERS
from tests.simulation.failover import month as disturbed
from tests.simulation.long_journals import measure
from tests.simulation.runs import complaints, month
from tieout.cli.demo import DemoResult

DOCS = Path(__file__).resolve().parents[2] / "docs" / "campaigns"


def revision() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def write(name: str, title: str, lines: list[str]) -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        [f"# {title}", "", f"At revision {revision()}, by `make campaign-{name}`.", "", *lines, ""]
    )
    (DOCS / f"{name}.md").write_text(text)
    print(text)


def unlike_quiet(seed: int, result: DemoResult) -> list[str]:
    """What is wrong with a disturbed month, and how it differs from the same month undisturbed."""
    wrong = complaints(result)
    if result.ledger_sha256 != month(seed=seed).ledger_sha256:
        wrong.append("another ledger")
    return [f"- seed {seed}: {w}" for w in wrong]


def kills(count: int) -> int:
    """Months with kills until `count` processes died; each must end in the quiet month's ledger."""
    done, runs, bad, seed = 0, 0, [], 100
    while done < count:
        result = month(seed=seed, kills=20)
        bad += unlike_quiet(seed, result)
        runs, done, seed = runs + 1, done + result.restarts, seed + 1
        print(f"{done} kills in {runs} months, {len(bad)} complaints", flush=True)
    write("kills", "Kills", [
        f"{done} SIGKILLs of workers, web side and database server in {runs} months of 14 orders,",
        f"each compared with the same month undisturbed: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def faults(count: int) -> int:
    """Many seeds under heavy faults against the same seeds without."""
    bad: list[str] = []
    struck = 0
    for seed in range(200, 200 + count):
        quiet, heavy = month(seed=seed), month(seed=seed, faults="heavy")
        struck += sum(heavy.faults.values())
        wrong = complaints(heavy) + [f"without faults: {c}" for c in complaints(quiet)]
        if quiet.ledger_sha256 != heavy.ledger_sha256:
            wrong.append("another ledger")
        bad += [f"seed {seed}: {w}" for w in wrong]
        print(f"seed {seed}: {len(wrong)} complaints, {struck} faults so far", flush=True)
    write("faults", "Faults", [
        f"{count} seeds of 14 orders with heavy faults ({struck} struck) against the same seeds",
        f"without: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def failover(count: int) -> int:
    """Months on a replicated PostgreSQL until its primary died `count` times; each must end in the quiet month's
    ledger."""
    done, runs, bad, seed = 0, 0, list[str](), 300
    while done < count:
        result, pair = disturbed(seed, 14, 6)
        bad += unlike_quiet(seed, result)
        runs, done, seed = runs + 1, done + pair.switched, seed + 1
        print(f"{done} failovers in {runs} months, {len(bad)} complaints", flush=True)
    write("failover", "Failover", [
        f"{done} failovers in {runs} months of 14 orders: the primary of a synchronously replicated PostgreSQL is killed while",
        f"{WORKERS} workers and a web side are at work, its standby is promoted, and the one that died becomes the standby. Each",
        f"month is compared with the same month undisturbed: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def files(count: int) -> int:
    """Mutations of good bank files: the same money, a refusal, or a broken proof."""
    outcomes, bad = run(count, seed=1)
    write("files", "Mutated bank files", [
        f"{count} seeded mutations of {len(provable())} good files (bytes cut, files cut short, lines dropped, doubled and",
        "swapped, digits, decimal marks and signs changed, encodings broken):", "",
        *(f"- {name}: {number}" for name, number in sorted(outcomes.items())), "",
        f"Silently other money: {len(bad)}.", *(f"- {b}" for b in bad),
    ])  # fmt: skip
    return 1 if bad else 0


def scale(_: int) -> int:
    """500 orders against 5,000: seconds, and the largest memory of the product's processes."""
    lines = [
        "| orders | seconds | complaints | worker (MiB) | web side (MiB) |",
        "|---:|---:|---:|---:|---:|",
    ]
    seconds, wrong = [], list[str]()
    for orders in (500, 5000):
        result = month(orders=orders, seed=1)
        peak = result.peak_mib
        seconds.append(result.seconds)
        lines.append(
            f"| {orders} | {result.seconds:.1f} | {len(complaints(result))} | {peak['worker']} | {peak['serve']} |"
        )
        wrong += [f"- {orders} orders: {c}" for c in complaints(result)]
        print(lines[-1], flush=True)
    lines += ["", *wrong] if wrong else []
    lines += ["", f"5,000 orders cost {seconds[1] / seconds[0]:.1f} times as much as 500."]
    write("scale", "Scale", lines)
    return 0 if seconds[1] <= 11 * seconds[0] and not wrong else 1


def journals(count: int) -> int:
    """Payroll runs of more and more lines: what they cost, and the memory that they take."""
    rows = [measure(people) for people in (count // 60, count // 6, count // 2)]
    bad = [w for row in rows for w in row.wrong]
    table = [
        f"| {r.lines:,} | {r.megabytes} | {r.seconds} | {r.worker_mib} | {r.moves} | {len(r.wrong)} |"
        for r in rows
    ]
    write("journals", "Long journals", [
        "A payroll run as a file, a line a person, read, checked, mapped, booked in parts of 200 lines and read back,",
        "on the simulator of Odoo. The worker's peak memory is its own: simulators run in another process.", "",
        "| lines | file (MB) | seconds | worker (MiB) | entries in Odoo | wrong |", "|---:|---:|---:|---:|---:|---:|",
        *table, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def supervised(count: int) -> int:
    """Scripted deaths of what `tieout up` runs: each ends healthy, or exited with the reason."""
    found = deaths(count, seed=1)
    bad = [f"- {d.name}: {d.wrong}" for d in found if d.wrong]
    names = list(dict.fromkeys(d.name for d in found))
    rows = []
    for name in names:
        mine = [d for d in found if d.name == name]
        seconds = sorted(d.seconds for d in mine)
        rows.append(
            f"| {name} | {len(mine)} | {sum(not d.exited for d in mine)} | {sum(d.exited for d in mine)} | "
            f"{seconds[len(seconds) // 2]:.1f} | {seconds[-1]:.1f} |"
        )
    one, five, fifteen = os.getloadavg()
    cores = os.cpu_count() or 1
    busy = "Others were at work on it: on a quiet machine it takes less." if fifteen > cores else ""
    write("deaths", "Deaths under the supervisor", [
        f"{len(found)} scripted deaths of one project under `tieout up`, which is started again where it ended. After each it",
        "is healthy, shown by progress (a signed webhook is acknowledged, and its order becomes a document), or it exited and",
        f"said why: {len(bad)} are neither.", "",
        "| what dies | times | healthy again | exited with the reason | seconds to progress, median | most |",
        "|---|---:|---:|---:|---:|---:|", *rows, "",
        f"From the kill of PostgreSQL, the web side, the worker or the supervisor to the first progress: {median(found):.1f} s at the",
        f"median. The machine has {cores} processors; its load was {one:.1f}, {five:.1f}, {fifteen:.1f} in the last 1, 5, 15 minutes.",
        busy, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "name", choices=["kills", "faults", "failover", "files", "scale", "journals", "deaths"]
    )
    parser.add_argument("--count", type=int, default=10)
    given = parser.parse_args()
    campaigns = {
        "kills": kills, "faults": faults, "failover": failover, "files": files, "scale": scale, "journals": journals,
        "deaths": supervised,
    }  # fmt: skip
    return campaigns[given.name](given.count)


if __name__ == "__main__":
    sys.exit(main())
