"""Long counts: `make campaign-kills`, `make campaign-faults`, `make campaign-scale`,
`make campaign-files`, `make campaign-journals`, `make campaign-failover` and the others of CAMPAIGNS.

Results are written to docs/campaigns/ and committed. Each also runs in `make test-all`, as short as can be, into a folder
that goes: test_kills, test_month, test_services, test_long_journals, test_bankfile_mutations; of failover and upgrade, whose
months are theirs alone, the page is made there (test_failover, test_upgrade).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from tests.conformance import corpora as published_corpora
from tests.conformance import einvoice_corpus
from tests.integration.edge import Edge
from tests.migration.mid_month.kept import SCENARIOS
from tests.migration.mid_month.old import COMMIT
from tests.properties.mutations import provable
from tests.properties.mutations import run as mutated
from tests.simulation import closes as tries
from tests.simulation import corpora_campaign
from tests.simulation.bodies import LIMITS, attack
from tests.simulation.deaths import deaths, median
from tests.simulation.differing import Differences
from tests.simulation.failover import WORKERS
from tests.simulation.failover import month as disturbed
from tests.simulation.isolation import ITEM_ERRORS, play
from tests.simulation.long_journals import measure
from tests.simulation.runs import complaints, month
from tests.simulation.tokens import Hour, hour
from tests.simulation.upgrading import complaints as upgrade_complaints
from tests.simulation.upgrading import kept_ledger, result_lines, unbroken_lines, upgraded
from tieout.engine.crash import POINTS
from tieout.store import Database, EmbeddedServer, migrate
from tieout_sandbox.demo.result import DemoResult

DOCS = Path(__file__).resolve().parents[2] / "docs" / "campaigns"
Month = Callable[..., DemoResult]


def revision() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def write(folder: Path, name: str, title: str, lines: list[str], say: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        [f"# {title}", "", f"At revision {revision()}, by `make campaign-{name}`.", "", *lines, ""]
    )
    (folder / f"{name}.md").write_text(text)
    if say:
        print(text)


def unlike_quiet(
    seed: int, result: DemoResult, run: Month, differences: Differences, named: str = ""
) -> list[str]:
    """What is wrong with a disturbed month, how it differs from the same month undisturbed, and what is wrong with that one;
    the rows that differ are kept under the seed, and how it was disturbed (`named`)."""
    quiet = run(seed=seed)
    wrong = complaints(result) + [f"undisturbed: {c}" for c in complaints(quiet)]
    if result.ledger_sha256 != quiet.ledger_sha256:
        of = "-".join(x for x in (str(seed), *named.split(", ")) if x)
        wrong.append(differences.keep(of, held_lines(quiet), held_lines(result)))
    said = f"seed {seed} ({named})" if named else f"seed {seed}"
    return [f"- {said}: {w}" for w in wrong]


def held_lines(result: DemoResult) -> list[str]:
    """What a month left outside, a line each."""
    return result.held.lines() if result.held else []


def kills(count: int, folder: Path = DOCS, run: Month = month, first: int = 100, each: int = 60) -> int:
    """Months with kills until `count` processes died; each must end in the quiet month's ledger."""
    differences = Differences(folder, "kills")
    done, runs, bad, seed, orders = 0, 0, list[str](), first, 0
    while done < count:
        result = run(seed=seed, kills=each)
        orders = result.options.orders
        bad += unlike_quiet(seed, result, run, differences)
        runs, done, seed = runs + 1, done + result.restarts, seed + 1
        print(f"{done} kills in {runs} months, {len(bad)} complaints", flush=True)
    write(folder, "kills", "Kills", [
        f"{done} SIGKILLs of workers, web side and database server in {runs} months of {orders} orders,",
        f"each compared with the same month undisturbed: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def points(
    count: int,
    folder: Path = DOCS,
    run: Month = month,
    first: int = 400,
    months: Sequence[Sequence[str]] = (),
) -> int:
    """Months whose processes die at named crash points, each at its second passing: one point a month for `count`
    seeds, or the points of `months` one after the other, each armed by the death at the one before."""
    differences = Differences(folder, "points")
    rows, bad = list[str](), list[str]()
    for each in range(first, first + count):
        for names in months or [(point,) for point in POINTS]:
            result = run(seed=each, crash=",".join(f"{name}:2" for name in names))
            wrong = unlike_quiet(each, result, run, differences, ", ".join(names))
            if result.restarts < len(names):
                wrong.append(
                    f"- seed {each}: {result.restarts} deaths, so that a point was never passed ({', '.join(names)})"
                )
            bad += wrong
            rows.append(f"| {', '.join(names)} | {each} | {result.restarts} | {len(wrong)} |")
            print(rows[-1], flush=True)
    write(folder, "points", "Crash points", [
        f"Months of 14 orders in which processes die at {len(POINTS)} named points of their code, before and after they commit, send and",
        f"seal, each compared with the same month undisturbed: {len(bad)} differences.", "",
        "| points | seed | deaths | differences |", "|---|---:|---:|---:|", *rows, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def faults(count: int, folder: Path = DOCS, run: Month = month, first: int = 200) -> int:
    """Many seeds under heavy faults against the same seeds without."""
    differences = Differences(folder, "faults")
    bad: list[str] = []
    struck = 0
    for seed in range(first, first + count):
        heavy = run(seed=seed, faults="heavy")
        struck += sum(heavy.faults.values())
        wrong = unlike_quiet(seed, heavy, run, differences)
        bad += wrong
        print(f"seed {seed}: {len(wrong)} complaints, {struck} faults so far", flush=True)
    write(folder, "faults", "Faults", [
        f"{count} seeds of 14 orders with heavy faults ({struck} struck) against the same seeds",
        f"without: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def failover(
    count: int,
    folder: Path = DOCS,
    run: Month = month,
    first: int = 300,
    most: int = 9,
    workers: int = WORKERS,
) -> int:
    """Months on a replicated PostgreSQL until its primary died `count` times; each must end in the quiet month's
    ledger."""
    differences = Differences(folder, "failover")
    done, runs, bad, seed = 0, 0, list[str](), first
    while done < count:
        result, pair = disturbed(seed, 14, most, workers)
        bad += unlike_quiet(seed, result, run, differences)
        runs, done, seed = runs + 1, done + pair.switched, seed + 1
        print(f"{done} failovers in {runs} months, {len(bad)} complaints", flush=True)
    write(folder, "failover", "Failover", [
        f"{done} failovers in {runs} months of 14 orders: the primary of a synchronously replicated PostgreSQL is killed while",
        f"{workers} workers and a web side are at work, its standby is promoted, and the one that died becomes the standby. Each",
        f"month is compared with the same month undisturbed: {len(bad)} differences.", "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


# The middle, a payment by hand, two days before the books are locked; a Wednesday of payments; early.
UPGRADES = (date(2026, 10, 16), date(2026, 10, 21), date(2026, 11, 2), date(2026, 10, 28), date(2026, 10, 5))


def upgrade(count: int, folder: Path = DOCS) -> int:
    """Each scenario upgraded on `count` days, in the middle of their work; each must end in the ledger of the month that
    the old product plays unbroken, against the same simulators: today's may call things otherwise."""
    differences = Differences(folder, "upgrade")
    rows, bad = list[str](), list[str]()
    for scenario in SCENARIOS:
        unbroken = kept_ledger(scenario)
        for on in UPGRADES[:count]:
            result = upgraded(scenario, on)
            wrong = upgrade_complaints(result, unbroken)
            if result["ledger_sha256"] != unbroken:
                kept = differences.keep(f"{scenario}-{on}", unbroken_lines(scenario), result_lines(result))
                wrong.append(kept)
            bad += [f"- {scenario}, {on}: {w}" for w in wrong]
            before, after = result["before_pulling_again"], result["after_pulling_again"]
            rows.append(
                f"| {scenario} | {on} | {before['revisions']} of {result['revisions']} | "
                f"{after['messages'] - before['messages']} | {after['revisions'] - before['revisions']} | "
                f"{result['ledger_sha256'][:16]} |"
            )
            print(rows[-1], len(wrong), "complaints", flush=True)
    write(folder, "upgrade", "Upgrade", [
        f"Months that begin with the product of {COMMIT} and end with this one, against the same simulators: the old product is",
        "stopped in the middle of a day's work, and what it left is migrated and finished. Then every interface is polled from the",
        f"beginning. Each ends in the ledger of the unbroken month by the old product: {len(bad)} differences.", "",
        "| company | upgraded on | revisions before, of all | messages that polling again brought | revisions that it made | ledger |",
        "|---|---|---|---:|---:|---|", *rows, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def files(count: int, folder: Path = DOCS) -> int:
    """Mutations of good bank files: the same money, a refusal, or a broken proof."""
    outcomes, bad = mutated(count, seed=1)
    write(folder, "files", "Mutated bank files", [
        f"{count} seeded mutations of {len(provable())} good files (bytes cut, files cut short, lines dropped, doubled and",
        "swapped, digits, decimal marks and signs changed, encodings broken):", "",
        *(f"- {name}: {number}" for name, number in sorted(outcomes.items())), "",
        f"Silently other money: {len(bad)}.", *(f"- {b}" for b in bad),
    ])  # fmt: skip
    return 1 if bad else 0


def isolation(count: int, folder: Path = DOCS) -> int:
    """Random schedules of lanes and failing items over a real database."""
    with tempfile.TemporaryDirectory() as place, EmbeddedServer(Path(place)) as server:
        database = Database(server.dsn)
        migrate(database)
        connection = database.connect(autocommit=True)
        found = {seed: play(connection, seed) for seed in range(count)}
        connection.close()
    bad = [f"- schedule {seed}: {wrong}" for seed, wrong in found.items() if wrong]
    write(folder, "isolation", "Isolation", [
        f"{count} random schedules of up to 5 lanes and some 60 items for the Runner, over a real database: items that fail in",
        f"{len(ITEM_ERRORS)} ways for once, twice or for good, systems that go away and come back, sets and single items. No good",
        f"item waited for more than one round longer, none ended twice, every wait has an end: {len(bad)} schedules where not.",
        "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


# What becomes of a refresh token once another was given, as a provider has it (tests/token_provider.py).
ROTATIONS = {
    "until_used": "serves until the new access token is used (Gusto, Doorkeeper)",
    "seconds": "serves a minute longer (Cognito, Okta, Auth0, Hydra)",
    "never": "is given back as it is (SAP Concur, mostly)",
    "at_once": "is dead at once (Salesforce with rotation)",
}


def tokens(
    count: int,
    folder: Path = DOCS,
    minutes: float = 60,
    speed: float = 40.0,
    rotations: Sequence[str] = tuple(ROTATIONS),
) -> int:
    """Hours of calls with tokens of ten minutes, two workers, kills and lost answers, for each way of rotating."""
    found: list[Hour] = []
    for seed in range(count):
        for rotates in rotations:
            with tempfile.TemporaryDirectory() as place, EmbeddedServer(Path(place)) as server:
                migrate(Database(server.dsn))
                (own := Path(place) / "told").mkdir()
                # What is counted in seconds there must be more than a busy machine here takes to begin a process.
                fast = speed / 3 if rotates == "seconds" else speed
                found.append(hour(server.dsn, own, seed, rotates=rotates, minutes=minutes, speed=fast))
            print(found[-1], found[-1].wrong(), flush=True)
    bad = [f"- {each.rotates}: {wrong}" for each in found for wrong in each.wrong()]
    rows = []
    for rotates in rotations:
        of = [each for each in found if each.rotates == rotates]
        kills = sum((each.kills for each in of), Counter[str]())
        where = ("between answer and commit", "between commit and use", "at any moment")
        rows.append(
            f"| {ROTATIONS[rotates]} | {sum(e.calls for e in of)} | {sum(e.renewals for e in of)} | "
            f"{' / '.join(str(kills[w]) for w in where)} | {sum(e.cut for e in of)} | {sum(e.dead for e in of)} | "
            f"{max(e.worst for e in of)} | {sum(e.lost for e in of)} |"
        )
    write(folder, "tokens", "Tokens", [
        f"Access tokens of ten minutes by a refresh token, {minutes * count:.0f} minutes of the provider's clock for each way in which providers",
        f"go on with the old refresh token ({speed:.0f} times as fast as the real one, a third of it where a grace is counted in seconds): two workers as processes over one PostgreSQL, real HTTP,",
        "SIGKILLs at any moment and, of renewals, between answer and commit and between commit and use; answers that are given and cut off.",
        f"Wrong: {len(bad)}. What the last way loses is what no client can keep: whoever was killed had the answer in hand; each was told as",
        "that, and a person connected anew.", "",
        "| the old refresh token | calls | renewals asked for | kills: before commit / before use / any moment | answers cut | "
        "calls with a dead token | most of one call | refresh tokens lost |",
        "|---|---:|---:|---|---:|---:|---:|---:|", *rows, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def _counts(found: Counter[int]) -> str:
    return ", ".join(f"{status or 'cut'}: {n}" for status, n in sorted(found.items()))


def bodies(count: int, folder: Path = DOCS) -> int:
    """Hostile pushes and uploads with valid ones between them."""
    with tempfile.TemporaryDirectory() as place, EmbeddedServer(Path(place) / "postgres") as server:
        database = Database(server.dsn, bytes(32))
        migrate(database)
        (Path(place) / "edge").mkdir()
        done = attack(Edge(database, Path(place) / "edge", **LIMITS), count, seed=1)
    statuses = sum(done.answered.values(), Counter[int]())
    table = [
        f"| {kind} | {found.total()} | {_counts(found)} |" for kind, found in sorted(done.answered.items())
    ]
    evidence = ", ".join(f"{n} of {action}" for action, n in sorted(done.evidence.items()))
    write(folder, "bodies", "Hostile bodies", [
        f"{done.hostile} hostile pushes, uploads, heads and forms of {len(done.answered)} kinds (sizes, encodings, depths, slow senders,",
        f"cut lines), each followed by a valid push or file, by six senders at once to a real process ({done.seconds:.0f} s): {len(done.wrong)}",
        "complaints.", "",
        f"- valid ones: {len(done.acknowledged)} sent, {done.acknowledged.total()} acknowledged, each once, and each kept once; {done.again} times one",
        "  was told to come again before",
        f"- memory of the web side: {done.peak_mib:.0f} MiB at most (VmHWM), {done.base_mib:.0f} before the first",
        f"- answers to hostile ones: {_counts(statuses)}",
        f"- evidence: {evidence}, which tell of {done.refused} refusals", "",
        *(f"- {w}" for w in done.wrong), *([""] if done.wrong else []),
        "| what | sent | answered |", "|---|---:|---|", *table,
    ])  # fmt: skip
    return 1 if done.wrong or done.peak_mib >= 400 else 0


def scale(
    _: int = 0, folder: Path = DOCS, run: Month = month, sizes: tuple[int, int] = (500, 5000), seed: int = 1
) -> int:
    """500 orders against 5,000: seconds, and the largest memory of the product's processes."""
    lines = [
        "| orders | seconds | complaints | worker (MiB) | web side (MiB) |",
        "|---:|---:|---:|---:|---:|",
    ]
    seconds, wrong = [], list[str]()
    for orders in sizes:
        result = run(orders=orders, seed=seed)
        peak = result.peak_mib
        seconds.append(result.seconds)
        lines.append(
            f"| {orders} | {result.seconds:.1f} | {len(complaints(result))} | {peak['worker']} | {peak['serve']} |"
        )
        wrong += [f"- {orders} orders: {c}" for c in complaints(result)]
        print(lines[-1], flush=True)
    lines += ["", *wrong] if wrong else []
    lines += ["", f"{sizes[1]:,} orders cost {seconds[1] / seconds[0]:.1f} times as much as {sizes[0]:,}."]
    write(folder, "scale", "Scale", lines)
    return 0 if seconds[1] <= 1.1 * sizes[1] / sizes[0] * seconds[0] and not wrong else 1


def journals(count: int, folder: Path = DOCS, people: Sequence[int] = ()) -> int:
    """Payroll runs of more and more lines, or of so many people: what they cost, and the memory that they take."""
    rows = [measure(n) for n in people or (count // 60, count // 6, count // 2)]
    bad = [w for row in rows for w in row.wrong]
    table = [
        f"| {r.lines:,} | {r.megabytes} | {r.seconds} | {r.worker_mib} | {r.moves} | {len(r.wrong)} |"
        for r in rows
    ]
    write(folder, "journals", "Long journals", [
        "A payroll run as a file, a line a person, read, checked, mapped, booked in parts of 200 lines and read back,",
        "on the simulator of Odoo. The worker's peak memory is its own: simulators run in another process.", "",
        "| lines | file (MB) | seconds | worker (MiB) | entries in Odoo | wrong |", "|---:|---:|---:|---:|---:|---:|",
        *table, "", *bad,
    ])  # fmt: skip
    return 1 if bad else 0


def supervised(count: int, folder: Path = DOCS) -> int:
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
    write(folder, "deaths", "Deaths under the supervisor", [
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


def einvoices(count: int, folder: Path = DOCS, published: Path = einvoice_corpus.FOLDER) -> int:
    """Published electronic invoices and `count` changed copies, held against the published rules."""
    if not published.is_dir():
        print(f"TIEOUT_EINVOICES names no folder of published e-invoices: see {einvoice_corpus.__name__}")
        return 2
    lines, lax = einvoice_corpus.campaign(count, published)
    write(folder, "einvoices", "Electronic invoices", lines)
    return 1 if lax > len(einvoice_corpus.KNOWN) else 0


def corpora(_: int = 0, folder: Path = DOCS, published: Path = published_corpora.FOLDER) -> int:
    """Published bank files and electronic invoices, read and taken in: none lost, none doubled."""
    if not published_corpora.corpora(published):
        print(f"TIEOUT_CORPORA names no folder of corpora: see {published_corpora.__name__}")
        return 2
    with corpora_campaign.fresh_databases() as fresh:
        lines, wrong = corpora_campaign.campaign(published, fresh)
        # Hundreds of databases take their time to go.
        write(folder, "corpora", "Published corpora", lines)
    return 1 if wrong else 0


def closes(count: int, folder: Path = DOCS, only: str = "") -> int:
    """Ways to make a period look closed, each planted in a month of its own: none closes it, each is named with its amount."""
    ways = tries.chosen(only)[:count]
    title = "Ways to make a period look closed"
    # Written as it goes: whoever ends it has what was seen by then.
    outcomes, months = tries.looked_at(
        ways,
        tell=lambda seen, played: write(folder, "closes", title, tries.page(seen, played), False),
        processes=6,
    )
    write(folder, "closes", title, tries.page(outcomes, months))
    return 1 if any(not o.good for o in outcomes) or any(m.control for m in months) else 0


CAMPAIGNS = {
    "kills": kills, "points": points, "faults": faults, "failover": failover, "files": files, "isolation": isolation, "scale": scale,
    "journals": journals, "bodies": bodies, "deaths": supervised, "upgrade": upgrade, "einvoices": einvoices,
    "corpora": corpora, "closes": closes, "tokens": tokens,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=sorted(CAMPAIGNS))
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    if given.only:
        return closes(given.count, only=given.only)
    return CAMPAIGNS[given.name](given.count)


if __name__ == "__main__":
    sys.exit(main())
