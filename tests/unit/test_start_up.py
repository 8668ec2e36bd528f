"""What `tieout --help` may load: whoever asks how a command is called waits for no database driver and no data frame."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# What alone costs from 20 to 500 ms to import, on any machine a multiple of what the command line itself takes.
HEAVY = {
    "anyascii", "argon2", "cel_expr_python", "cryptography", "duckdb", "fastapi", "graphql", "holidays",
    "httpx2", "jinja2", "joserfc", "lxml", "openpyxl", "opentelemetry", "paramiko", "polars",
    "prometheus_client", "psycopg", "psycopg_pool", "pyarrow", "pypdf", "rapidfuzz", "segno", "starlette", "uvicorn",
    "webauthn",
}  # fmt: skip
ASKED = """
import json, sys
sys.argv = ["tieout", *sys.argv[1:]]
from tieout.bootstrap import main
try:
    main()
except SystemExit as ended:
    status = ended.code
print(json.dumps([status, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize(
    "words", [["--help"], ["cases", "--help"], ["parse", "--help"], ["tieout", "--help"]], ids=" ".join
)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", ASKED, *words], capture_output=True, text=True, check=True)
    *shown, last = done.stdout.splitlines()
    status, loaded = json.loads(last)
    assert status == 0 and any("Usage: tieout" in line for line in shown), done.stdout
    assert "typer" in loaded
    assert not HEAVY.intersection(loaded), (
        "a module of tieout.cli imports these at its top; a command's body may"
    )


def test_what_counts_as_heavy_is_what_the_product_has() -> None:
    """A name that is misspelt, or of a library that went, would forbid nothing."""
    find = (
        "import importlib.util, sys; print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])"
    )
    done = subprocess.run([sys.executable, "-c", find, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
