"""docs/MATCHING.md, followed: a company with its truth, matched by the command, scored, read from Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_page_is_true(tmp_path: Path) -> None:
    made = run(
        sys.executable,
        "-m",
        "benchmarks.matching",
        "generate",
        "--invoices",
        "2000",
        "--seed",
        "7",
        "--out",
        str(tmp_path),
    )
    assert made.returncode == 0, made.stderr
    files = {
        n: str(tmp_path / n)
        for n in ("left.parquet", "right.parquet", "rates.csv", "truth.jsonl", "groups.jsonl")
    }
    done = run(
        str(BIN / "tieout"), "match", files["left.parquet"], files["right.parquet"], "--rates", files["rates.csv"],
        "--out", files["groups.jsonl"], "--breaks", str(tmp_path / "breaks.jsonl"), "--json",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    groups = [json.loads(line) for line in (tmp_path / "groups.jsonl").read_text().splitlines()]
    page = (ROOT / "docs" / "MATCHING.md").read_text()
    assert set(groups[0]) == {
        "match",
        "left",
        "right",
        "rule",
        "confidence",
        "status",
        "rank",
        "difference",
        "why",
    }
    assert all(f"`{field}`" in page for field in groups[0])
    causes = {json.loads(line)["cause"] for line in (tmp_path / "breaks.jsonl").read_text().splitlines()}
    assert causes and all(f"`{cause}`" in page for cause in causes)
    assert told["matches"]["auto"] == sum(g["status"] == "auto" for g in groups)
    scored = run(
        sys.executable, "-m", "benchmarks.matching", "score", files["truth.jsonl"], files["groups.jsonl"]
    )
    assert re.search(r"\d+ of \d+ invoices matched rightly \(9\d\.\d+%\), 0 falsely", scored.stdout), (
        scored.stdout
    )
    # The lines of the page itself.
    code = re.search(r"    from tieout\.reconcile import .*?\n\n", page, re.DOTALL)
    assert code is not None
    lines = "\n".join(line[4:] for line in code[0].splitlines())
    given = f"from pathlib import Path\nleft, right = Path({files['left.parquet']!r}), Path({files['right.parquet']!r})\n"
    spoken = run(sys.executable, "-c", given + lines)
    assert spoken.returncode == 0, spoken.stderr
    # It gives no rates: foreign invoices stay apart, everything else is the same.
    assert len(spoken.stdout.splitlines()) > 0.9 * len(groups)
