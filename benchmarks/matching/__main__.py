"""`python -m benchmarks.matching generate|score|quality|differences`; how fast it is, `python -m benchmarks matching` says."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.matching import differences, measure
from benchmarks.matching.company import Company, Noise, described, write
from benchmarks.matching.score import score


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    generate = commands.add_parser("generate", help="left.parquet, right.parquet, rates.csv and truth.jsonl")
    generate.add_argument("--invoices", type=int, default=20_000)
    generate.add_argument("--seed", type=int, required=True)
    generate.add_argument(
        "--weak", type=float, default=0.0, help="a share of the kinds that are hard to match"
    )
    generate.add_argument("--out", type=Path, required=True)
    scored = commands.add_parser("score", help="count what `tieout match` wrote against the truth")
    scored.add_argument("truth", type=Path)
    scored.add_argument("groups", type=Path)
    quality = commands.add_parser("quality", help="the table of docs/campaigns/matching.md")
    quality.add_argument("--invoices", type=int, default=50_000)
    quality.add_argument("--seeds", type=int, nargs="+", default=list(measure.UNSEEN))
    quality.add_argument("--write", type=Path)
    quality.add_argument("--pools", type=int, default=3000)
    accepted = commands.add_parser("differences", help="the table of docs/campaigns/differences.md")
    accepted.add_argument("--groups", type=int, default=100_000)
    accepted.add_argument("--invoices", type=int, default=20_000)
    accepted.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.command == "generate":
        given.out.mkdir(parents=True, exist_ok=True)
        company = Company(given.invoices, given.seed, Noise(weak=given.weak))
        write(company.make(), given.out)
        print(f"{given.out}: {given.invoices} invoices, seed {given.seed}; noise: {described(company.noise)}")
    elif given.command == "score":
        truth = [json.loads(line) for line in given.truth.read_text().splitlines()]
        groups = (json.loads(line) for line in given.groups.open())
        print(score(truth, ((tuple(g["left"]), tuple(g["right"]), g["status"]) for g in groups)).told())
    else:
        if given.command == "differences":
            page = differences.page(given.groups, given.invoices)
        else:
            page = measure.quality(given.invoices, given.seeds, given.pools)
        print(page)
        if given.write:
            given.write.write_text(page)


if __name__ == "__main__":
    main()
