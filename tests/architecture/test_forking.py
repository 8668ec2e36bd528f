"""Tests that run in copies of one process come to what they would come to in it; a copy that dies costs its own test alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LOOP = """
import pytest
from tests.forking import Copies

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    Copies(session, 2, UNITS).run()
    return True
"""
_TESTS = """
import os, random, signal, warnings
from pathlib import Path
import pytest

HERE = Path(__file__).parent

@pytest.fixture(scope="session")
def shared():
    yield random.random()
    (HERE / f"put away by {os.getpid()}").touch()

def kept(name, shared, folder):
    (HERE / name).write_text(f"{shared} {folder.parent}")

def test_a(shared, tmp_path):
    kept("a", shared, tmp_path)

def test_says_what_it_printed(shared):
    print("what was printed")
    warnings.warn("it is warned")
    assert 1 == 2

def test_dies():
    os.kill(os.getpid(), signal.SIGKILL)

def test_after_it(shared, tmp_path):
    kept("after", shared, tmp_path)

def test_b(shared, tmp_path):
    kept("b", shared, tmp_path)

@pytest.mark.skip
def test_skipped(): ...
"""


def _run(folder: Path, units: str, tests: str, *words: str) -> str:
    """What pytest says of `tests`, run by as many copies as there are units, two at most."""
    (folder / "conftest.py").write_text(_LOOP.replace("UNITS", units))
    (folder / "test_these.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), *words, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_what_fails_dies_and_is_shared(tmp_path: Path) -> None:
    said = _run(tmp_path, "[[0, 1, 2, 3], [4, 5]]", _TESTS, f"--basetemp={tmp_path / 'kept'}")
    assert re.search(r"2 failed, 3 passed, 1 skipped, . warnings", said), said
    assert "what was printed" in said and "assert 1 == 2" in said and "it is warned" in said
    assert "the process died in this test (signal 9)" in said
    a, after, b = ((tmp_path / name).read_text().split() for name in ("a", "after", "b"))
    # The copy that died, the one that went on, and the other unit's: none draws what another drew, or has its folder.
    assert a != after and a != b
    assert a[0] != b[0] and a[1] != after[1]
    # All that ended put away what their tests shared.
    assert 1 <= len(list(tmp_path.glob("put away by *"))) <= 2


def test_the_first_failure_ends_it_where_it_was_asked_to(tmp_path: Path) -> None:
    tests = "\n".join(f"def test_{n}():\n    assert {n} != 1" for n in range(4))
    said = _run(tmp_path, "[[0, 1, 2, 3]]", tests, "-x")
    assert "1 failed, 1 passed" in said, said


def test_what_cannot_be_put_away_is_a_failure(tmp_path: Path) -> None:
    tests = """
import pytest

@pytest.fixture(scope="session")
def shared():
    yield 1
    raise ValueError("it does not end")

def test_a(shared): ...
def test_b(shared): ...
"""
    said = _run(tmp_path, "[[0, 1]]", tests)
    assert "it does not end" in said and "1 failed, 2 passed" in said, said
