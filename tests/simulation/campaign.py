"""Long counts: `make campaign-kills`, `make campaign-faults`, `make campaign-scale`,
`make campaign-files`, `make campaign-journals`.

Results are written to docs/campaigns/ and committed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import date
from pathlib import Path

from tests.migration.mid_month.kept import SCENARIOS
from tests.migration.mid_month.old import COMMIT, ORDERS, SEED
from tests.properties.mutations import provable, run
from tests.simulation.failover import WORKERS
from tests.simulation.failover import month as disturbed
from tests.simulation.long_journals import measure
from tests.simulation.runs import complaints, month
from tests.simulation.upgrading import complaints as upgrade_complaints
from tests.simulation.upgrading import kept_ledger, upgraded
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


# The middle, a payment by hand, two days before the books are locked; a Wednesday of payments; early.
UPGRADES = (date(2026, 10, 16), date(2026, 10, 21), date(2026, 11, 2), date(2026, 10, 28), date(2026, 10, 5))


def upgrade(count: int) -> int:
    """Each scenario upgraded on `count` days, in the middle of their work; each must end in the ledger of the month
    that the old product, and today's, plays unbroken."""
    rows, bad = list[str](), list[str]()
    for scenario in SCENARIOS:
        unbroken = kept_ledger(scenario)
        if month(scenario=scenario, orders=ORDERS[scenario], seed=SEED).ledger_sha256 != unbroken:
            bad.append(f"- {scenario}: today's product alone ends in another ledger")
        for on in UPGRADES[:count]:
            result = upgraded(scenario, on)
            wrong = upgrade_complaints(result, unbroken)
            bad += [f"- {scenario}, {on}: {w}" for w in wrong]
            before, after = result["before_pulling_again"], result["after_pulling_again"]
            rows.append(
                f"| {scenario} | {on} | {before['revisions']} of {result['revisions']} | "
                f"{after['messages'] - before['messages']} | {after['revisions'] - before['revisions']} | "
                f"{result['ledger_sha256'][:16]} |"
            )
            print(rows[-1], len(wrong), "complaints", flush=True)
    write("upgrade", "Upgrade", [
        f"Months that begin with the product of {COMMIT} and end with this one, against the same simulators: the old product is",
        "stopped in the middle of a day's work, and what it left is migrated and finished. Then every interface is polled from the",
        f"beginning. Each ends in the ledger of the unbroken month, by the old product and by this one: {len(bad)} differences.", "",
        "| company | upgraded on | revisions before, of all | messages that polling again brought | revisions that it made | ledger |",
        "|---|---|---|---:|---:|---|", *rows, "", *bad,
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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "name", choices=["kills", "faults", "failover", "upgrade", "files", "scale", "journals"]
    )
    parser.add_argument("--count", type=int, default=10)
    given = parser.parse_args()
    campaigns = {
        "kills": kills, "faults": faults, "failover": failover, "upgrade": upgrade, "files": files, "scale": scale,
        "journals": journals,
    }  # fmt: skip
    return campaigns[given.name](given.count)


if __name__ == "__main__":
    sys.exit(main())
