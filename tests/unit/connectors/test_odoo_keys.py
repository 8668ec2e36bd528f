"""Until when a key holds, as Odoo's own list of the account's keys says it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.keys import key_end

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


class Client:
    """Whose keys are these."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)

    def call(self, model: str, method: str, **given: Any) -> Any:
        if (model, method) == ("res.users", "context_get"):
            return {"uid": 7}
        assert (model, method, given["domain"]) == ("res.users.apikeys", "search_read", [["user_id", "=", 7]])
        return self._rows


def key(number: int, name: str, ends: str | bool, scope: str | bool = False) -> dict[str, Any]:
    return {"id": number, "name": name, "scope": scope, "expiration_date": ends}


def told(*rows: dict[str, Any]) -> tuple[str, str]:
    found = key_end(cast(OdooClient, Client(*rows)), NOW)
    return (found.ends_at.isoformat() if found.ends_at else "", found.said)


OLD, SOON, LATE = "2026-10-19 12:00:00", "2026-10-22 08:30:00", "2026-12-31 00:00:00"


@pytest.mark.parametrize(
    ("rows", "ends", "said"),
    [
        (
            (),
            "",
            "the account signs in with its password: make an API key for it, and put that in place of it",
        ),
        ((key(1, "a", False),), "", "'a' has no end"),
        (
            (key(1, "a", SOON, "rpc"),),
            "2026-10-22T08:30:00+00:00",
            "'a' ends on 2026-10-22 08:30 UTC, scope rpc",
        ),
        # Of several the first end counts, and one without an end does not.
        (
            (key(1, "a", LATE), key(2, "b", SOON), key(3, "c", False)),
            "2026-10-22T08:30:00+00:00",
            "'a' ends on 2026-12-31 00:00 UTC; 'b' ends on 2026-10-22 08:30 UTC; 'c' has no end",
        ),
        # One that is past its end and still listed is not the one that asks, unless there is no other.
        (
            (key(1, "a", OLD), key(2, "b", LATE)),
            "2026-12-31T00:00:00+00:00",
            "'b' ends on 2026-12-31 00:00 UTC",
        ),
        ((key(1, "a", OLD),), "2026-10-19T12:00:00+00:00", "'a' ends on 2026-10-19 12:00 UTC"),
        ((key(1, "a", "2026-10-20 12:00:00"), key(2, "b", False)), "", "'b' has no end"),
    ],
)
def test_the_first_end_of_what_may_be_the_key_is_told(
    rows: tuple[dict[str, Any], ...], ends: str, said: str
) -> None:
    assert told(*rows) == (ends, said)


def test_five_are_named_at_most_and_their_names_in_part() -> None:
    rows = [key(n, "x" * 80, False) for n in range(9)]
    _, said = told(*rows)
    assert said.split("; ") == [f"{'x' * 60!r} has no end"] * 5
