"""Ways to make a period look closed: `make campaign-closes` plants each in a month of its own (ways/)."""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import psycopg

from tests.databases import quicken
from tests.simulation.ways.apart import Apart
from tests.simulation.ways.registry import WAYS
from tests.simulation.ways.trunk import Played, Trunk
from tests.simulation.ways.way import Outcome, Way
from tieout.store import EmbeddedServer


@contextmanager
def quick_server() -> Iterator[str]:
    """A server of databases that nobody keeps; its owner's DSN."""
    with (
        tempfile.TemporaryDirectory(prefix="tieout-closes-") as folder,
        EmbeddedServer(Path(folder) / "postgres") as server,
    ):
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            quicken(connection)
        yield server.dsn


def chosen(only: str, ways: Sequence[Way] = WAYS) -> list[Way]:
    """The ways of whose name `only` is a part, or whose kind or company it is; after an equals sign it is the whole name. A comma
    stands between several."""
    words = [w.strip() for w in only.split(",") if w.strip()]
    return [w for w in ways if not words or any(_meant(w, x) for x in words)]


def _meant(way: Way, word: str) -> bool:
    if word.startswith("="):
        return way.name == word[1:]
    return word in way.name or word in (way.kind, way.company)


def tried(ways: Sequence[Way], dsn: str, processes: int = 1) -> Iterator[Outcome | Played]:
    """What became of each company's month without any way, before any of its own; each way's outcome as it comes. Each company is a
    process of its own, or up to `processes` that share its ways: each of them waits for answers most of the time."""
    parts = [
        (name, part)
        for name in dict.fromkeys(w.company for w in ways)
        for part in _shared(ways, name, processes)
    ]
    made = [Apart(partial(_of_company, name, part, dsn)) for name, part in parts]
    said: queue.Queue[Outcome | Played | BaseException | None] = queue.Queue()

    def listen(part: Apart[Outcome | Played]) -> None:
        try:
            for found in part.go():
                said.put(found)
            said.put(None)
        except RuntimeError as error:
            said.put(error)

    for each in made:
        threading.Thread(target=listen, args=(each,), daemon=True).start()
    left = len(made)
    while left:
        found = said.get()
        if isinstance(found, BaseException):
            raise found
        if found is None:
            left -= 1
        else:
            yield found


def _shared(ways: Sequence[Way], company: str, processes: int) -> list[list[Way]]:
    """A company's ways in parts that take about as long: what is planted alike stays together, since it grows once."""
    groups: dict[object, list[Way]] = {}
    for way in ways:
        if way.company == company:
            groups.setdefault(way.act, []).append(way)
    parts: list[list[Way]] = [[] for _ in range(max(1, min(processes, len(groups) // 4)))]
    for group in sorted(groups.values(), key=_takes, reverse=True):
        min(parts, key=_takes).extend(group)
    return parts


def _takes(ways: Sequence[Way]) -> int:
    return len(ways) + len({w.act for w in ways if w.on})


def _of_company(company: str, ways: Sequence[Way], dsn: str) -> Iterator[Outcome | Played]:
    with tempfile.TemporaryDirectory(prefix="tieout-closes-") as folder:
        trunk = Trunk(company, Path(folder), dsn)
        try:
            yield from trunk.run(ways)
        finally:
            trunk.stop()


def looked_at(
    ways: Sequence[Way],
    dsn: str = "",
    tell: Callable[[list[Outcome], list[Played]], object] = lambda *_: None,
    processes: int = 1,
) -> tuple[list[Outcome], list[Played]]:
    """What became of each way and of each month without any, each said as it comes, and all so far given to `tell`; on a server of its
    own where no owner's DSN is given."""
    outcomes, months = list[Outcome](), list[Played]()
    with quick_server() if not dsn else nullcontext(dsn) as server:
        for found in tried(ways, server, processes):
            if isinstance(found, Played):
                months.append(found)
            else:
                outcomes.append(found)
            print(in_words(found), flush=True)
            tell(outcomes, months)
    return outcomes, months


def in_words(found: Outcome | Played) -> str:
    """A line of what became of a way or of a month without any, with all that stood open where it is not as it must be."""
    if isinstance(found, Played):
        return f"{found.company}, nothing planted: {'; '.join(found.control) or 'closes'} ({found.control_s:.0f} s)"
    told = (f"{found.told.parts}, {found.common}" if found.told else "", *found.open, found.error)
    more = "" if found.good else "".join(f"\n    {text[:300]}" for text in told if text)
    return f"{found.verdict}: {found.name} ({found.seconds:.0f} s): {found.named[:200]}{more}"


def page(outcomes: Sequence[Outcome], months: Sequence[Played]) -> list[str]:
    """What docs/campaigns/closes.md says of a run: the months without any, each way, and those that were not tried."""
    by_name = {w.name: w for w in WAYS}
    bad = [o for o in outcomes if not o.good]
    rows = [
        f"| {by_name[o.name].kind} | {o.name} | {o.verdict} | {_amount(o)} | {_cell(o.named)} |"
        for o in sorted(outcomes, key=lambda o: [w.name for w in WAYS].index(o.name))
    ]
    left = [w.name for w in WAYS if w.name not in {o.name for o in outcomes}]
    control = list(
        dict.fromkeys(f"- {m.company}, nothing planted: {'; '.join(m.control) or 'closes'}" for m in months)
    )
    unseen = {by_name[o.name].company for o in outcomes} - {m.company for m in months}
    control += [f"- {company}, nothing planted: not seen in this run" for company in sorted(unseen)]
    return [
        f"{len(outcomes)} of {len(WAYS)} ways to make October look closed, each planted in a copy of a month of its own, then two people sign all",
        f"that lets itself be signed: {sum(o.passed for o in outcomes)} closed, {len(bad)} are not as they must be. The months are those of the",
        "demos in one process without webhooks, with few orders and nothing else planted, so that without the way they close:", "",
        *control, "",
        "A way is named by a task that stays open or by a case, in words that hold its amount (where money is in it).", "",
        "| kind | way | period | amount | named by |", "|---|---|---|---:|---|", *rows, "",
        *([f"Not tried in this run: {', '.join(left)}."] if left else ["None was left out."]),
    ]  # fmt: skip


def _amount(outcome: Outcome) -> str:
    told = outcome.told
    amounts = [told.amount, *(amount for _, amount in told.also)] if told else []
    return next((f"{abs(x):,.2f}" for x in amounts if x is not None), "–")


def _cell(text: str) -> str:
    words = text.replace("|", "/").replace("\n", " ")
    return words if len(words) < 240 else f"{words[:240]} …"


def main() -> int:
    """Try some ways and say what became of them; 1 where one is not as it must be, or a month without any does not close."""
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="?", default="")
    parser.add_argument("--dsn", default="")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    outcomes, months = looked_at(chosen(given.only), given.dsn, processes=given.processes)
    wrong = any(not o.good for o in outcomes) or any(m.control for m in months) or not outcomes
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
