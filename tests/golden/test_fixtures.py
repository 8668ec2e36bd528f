"""Samples become exactly the documents that stand beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


def test_stripes_published_balance_transaction_is_read() -> None:
    if not PUBLISHED.is_file():
        pytest.skip("../shared/data is not here")
    resources = json.loads(PUBLISHED.read_text())["resources"]
    (document,) = movement(json.dumps(resources["balance_transaction"]).encode(), {})
    assert document.key == resources["balance_transaction"]["id"]
    assert document.net == document.gross - document.fee  # type: ignore[union-attr]
