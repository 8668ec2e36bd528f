"""What vendors publish is taken as it is meant, or refused with words: nothing of it is dropped, and no sign turns."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.published.payloads import (
    EXPECT,
    FOLDER,
    KEPT,
    LICENCES,
    ORIGINS,
    Payload,
    connectors,
    few,
    payloads,
    plain,
    subjects,
    take,
)
from tieout.connector_api import ConnectorError
from tieout.operations.discover import discover

ALL = [payload for connector in connectors() for payload in payloads(connector)]
# What keys of vendors look like: none of a real account is kept.
_KEY = re.compile(rb"\b(sk|rk)_live_\w{8}|shp(at|ca|pa|ss)_[0-9a-f]{16}|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\bwhsec_[A-Za-z0-9+/]{20}")  # fmt: skip
_BESIDE = ("sources.toml", "requests.toml")


@pytest.mark.parametrize("payload", ALL, ids=lambda p: f"{p.connector}-{p.file}")
def test_a_published_payload_is_taken_or_refused_as_is_said(payload: Payload) -> None:
    if payload.expect == "refused":
        with pytest.raises((ValueError, ConnectorError)) as refused:
            take(payload)
        assert payload.reason in str(refused.value)
        return
    assert plain(take(payload)) == json.loads(payload.golden.read_text()), "if meant: `make published`"


@pytest.mark.parametrize("connector", connectors())
def test_each_file_says_where_it_is_from(connector: str) -> None:
    said = payloads(connector)
    assert len({p.file for p in said}) == len(said), "a file is named twice"
    known = subjects(discover()[connector])
    for p in said:
        assert p.stream in known, f"{p.file}: {connector} has no {p.stream}"
        assert p.origin in ORIGINS and p.kept in KEPT and p.expect in EXPECT, p.file
        assert p.shows and p.source and p.at and p.licence, p.file
        assert p.kept == "same shape" or p.origin == "invented" or p.licence in LICENCES, (
            f"{p.file}: what {p.licence} covers is not kept as it was published: make one of the same shape"
        )
        assert bool(p.reason) is (p.expect == "refused"), f"{p.file}: a refusal has its words"
        assert not _KEY.search(p.body), f"{p.file} holds something that looks like a key"


@pytest.mark.parametrize("connector", connectors())
def test_no_file_lies_here_unnamed(connector: str) -> None:
    named = {p.path for p in payloads(connector)} | {p.golden for p in payloads(connector) if p.expect == "taken"}  # fmt: skip
    extra = {
        path
        for path in (FOLDER / connector).rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and path.name not in _BESIDE
        and ".beside." not in path.name
    }
    assert sorted(map(str, extra - named)) == []


@pytest.mark.parametrize("connector", connectors())
def test_each_stream_has_five_or_says_why_not(connector: str) -> None:
    counted = Counter(p.stream for p in payloads(connector) if p.origin != "invented")
    said = few(connector)
    short = {name for name in subjects(discover()[connector]) if counted[name] < 5}
    assert short == set(said), "name in [few] of sources.toml what has fewer than five, each with why"
    assert all(len(why) > 20 for why in said.values())


def test_what_a_payload_becomes_is_held_to() -> None:
    """A changed golden is found: the comparison above can fail."""
    taken = next((p for p in ALL if p.expect == "taken" and json.loads(p.golden.read_text())), None)
    if taken is None:
        pytest.skip("no payload is kept yet")
    wrong = json.loads(taken.golden.read_text())
    wrong[0]["key"] = "another"
    assert plain(take(taken)) != wrong
