"""`python -m benchmarks [intake|pipeline|odoo|bankfiles|matching] [--toy] [--write docs/BENCHMARKS.md]`: each beside its peer;
all of them by default."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page import ALL, run, written
from benchmarks.waiting import NoAnswerError


def main(words: Sequence[str]) -> int:
    """The exit status: 3 where one got no answer, and then nothing is written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="which ones")
    parser.add_argument("--toy", action="store_true", help="as small as can be: that everything runs")
    parser.add_argument("--write", type=Path, help="write the page here")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in ALL]
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}: there are {', '.join(ALL)}")
    results = []
    for name in given.names or ALL:
        began = time.monotonic()
        try:
            results.append(run(name, given.toy))
        except NoAnswerError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 3
        print(results[-1].page(), flush=True)
        print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if given.write:
        given.write.write_text(written(results, given.toy))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
