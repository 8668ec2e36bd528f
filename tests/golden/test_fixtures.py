"""Samples become exactly the documents that stand beside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.golden import fixtures
from tests.golden.fixtures import documents_of, golden, samples
from tieout.connectors.stripe.normalise import movement
from tieout.operations.discover import discover

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "stripe" / "fixtures3.json"


@pytest.mark.parametrize(("path", "stream"), list(samples()), ids=lambda v: getattr(v, "name", v))
def test_a_sample_becomes_the_documents_beside_it(path: Path, stream: str) -> None:
    assert path.name.split(".")[2] in ("recorded", "published", "invented")
    expected = json.loads(golden(path).read_text())
    # What persons earn is kept, and is no document.
    assert expected or (path.parents[1].name, stream) == ("payroll", "details")
    assert documents_of(path, stream) == expected, "if meant: `make golden`"


def test_every_stream_has_a_sample() -> None:
    sampled = {(path.parents[1].name, stream) for path, stream in samples()}
    streams = {(name, s.name) for name, c in discover().by_name.items() for s in c.streams}
    assert sampled == streams


def test_samples_stand_as_they_were_stored_and_what_is_missing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in fixtures.FOLDER.glob("*/fixtures"):
        shutil.copytree(folder, tmp_path / folder.parent.name / "fixtures")
    stored = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    gone = tmp_path / "coupa" / "fixtures" / "bills.credit.invented.json"
    gone.unlink()
    monkeypatch.setattr(fixtures, "FOLDER", tmp_path)
    fixtures.write()
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in stored if stored[path] != written[path]} <= {gone}
    assert set(written) == set(stored)


def test_stripes_published_balance_transaction_is_read() -> None:
    if not PUBLISHED.is_file():
        pytest.skip("../shared/data is not here")
    resources = json.loads(PUBLISHED.read_text())["resources"]
    (document,) = movement(json.dumps(resources["balance_transaction"]).encode(), {})
    assert document.key == resources["balance_transaction"]["id"]
    assert document.net == document.gross - document.fee  # type: ignore[union-attr]
