"""By when a row was changed polls go on, and what does not say it is refused by itself."""

from __future__ import annotations

import pytest

from tieout.connector_api import newest_of, version_of


def test_the_newest_is_the_latest_of_all() -> None:
    rows = ["2026-10-02T00:00:00+00:00", "2026-10-03T00:00:00.000+0000", "2026-10-01T00:00:00Z"]
    assert newest_of("", rows) == rows[1]
    assert newest_of("2026-11-01T00:00:00Z", rows) == "2026-11-01T00:00:00Z"
    assert newest_of("", []) == ""


@pytest.mark.parametrize("other", [None, "", "soon", 1793000000, {"at": "2026-10-05"}])
def test_a_row_that_names_no_instant_moves_nothing(other: object) -> None:
    assert newest_of("2026-10-01T00:00:00Z", [other, "2026-10-02T00:00:00Z"]) == "2026-10-02T00:00:00Z"


def test_a_version_is_the_instant_as_it_is_written() -> None:
    for text in ("2026-10-02T00:00:00+00:00", "2026-10-03T00:00:00.000+0000", "2026-10-01T00:00:00Z"):
        assert version_of({"at": text}, "at") == text


@pytest.mark.parametrize("other", [None, "", "soon", 1793000000])
def test_what_is_no_instant_is_no_version(other: object) -> None:
    for row in ({"at": other}, {}):
        with pytest.raises(ValueError, match=r"^at is .*: the instant of its last change was expected$"):
            version_of(row, "at")
