"""Make what is kept again: `python -m tests.migration.mid_month [--commit 6e54738] [--into FOLDER]`, or `make mid-month`.

The commit's own product plays each scenario up to a day in mid-month, with its own simulators, and once unbroken.
A newer commit needs a driver that speaks its modules.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.migration.mid_month.kept import HERE, SCENARIOS, pack
from tests.migration.mid_month.old import COMMIT, ORDERS, SEED, play, source_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--into", type=Path, default=HERE)
    given = parser.parse_args()
    with source_of(given.commit) as source, TemporaryDirectory(prefix="tieout-mid-month-") as made:
        for scenario in SCENARIOS:
            folder = Path(made) / scenario
            facts = play(source, "keep", scenario, folder)
            unbroken = play(source, "whole", scenario, Path(made) / f"{scenario}-whole")
            if unbroken["findings"]:
                raise SystemExit(f"{scenario}: the oracle of {given.commit} objects: {unbroken['findings']}")
            facts |= {
                "made_by": f"python -m tests.migration.mid_month --commit {given.commit}",
                "scenario": scenario,
                "orders": ORDERS[scenario],
                "seed": SEED,
                "ledger_sha256": unbroken["ledger_sha256"],
                "empty_folders": [
                    p.relative_to(folder).as_posix()
                    for p in sorted(folder.rglob("*"))
                    if p.is_dir() and ".tieout" not in p.parts and not any(p.iterdir())
                ],
            }
            size = pack(folder, facts, given.into / f"{scenario}.tar.xz")
            print(f"{scenario}: {size} bytes, ledger {unbroken['ledger_sha256'][:16]}")


if __name__ == "__main__":
    main()
