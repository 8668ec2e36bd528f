"""A source that answers in another shape, or not at all, is a finding of its own interface: the others tie out. Invented sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import SYSTEMS
from tests.integration.test_close import OCTOBER, Closer, close
from tests.integration.test_close import closer as closer
from tieout.close import gather, state_of
from tieout.connector_api import ControlTotal, SetupError, StrangeAnswerError, TransientError
from tieout.proofs import Unread, ledger_rows, take_control_totals

TASK, OTHER = "complete: procurement", "complete: bills"
NONE = ControlTotal("USD", "orders", 0, Decimal(0), Decimal(0))


class Source:
    """A system that says its own figures as `says` says them."""

    def __init__(self, says: Callable[[], Any]) -> None:
        self.says = says

    def control_totals(self, *_: object) -> Any:
        return self.says()


class Provider(Source):
    """One that says its balance as well."""

    provider = "stripe"

    def balances(self, at: object) -> Any:
        return self.says()


def another_shape() -> list[ControlTotal]:
    row = json.loads('{"cnt": 3}')
    return [ControlTotal("USD", "orders", int(row["count"]), Decimal(0), Decimal(0))]


def sessions(closer: Closer, source: Source) -> Callable[[str], Any]:
    return {"odoo": closer.b.session, SYSTEMS["procurement"]: source}.get


def look(closer: Closer, source: Source) -> dict[str, Any]:
    now, release, of = closer.b.clock.now(), closer.b.release(), sessions(closer, source)
    gather(closer.connection, release, of, "US", OCTOBER, now)
    state = state_of(closer.connection, release, of, "US", OCTOBER, now)
    return {s.task.name: s.finding for s in state.tasks}


def told(closer: Closer) -> list[str]:
    rows = closer.b.database.rows(
        "select detail from tieout.cases where cause = 'control_figures_unread' and state = 'open'"
    )
    return [r["detail"] for r in rows]


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (another_shape, "nothing under 'count'"),
        (lambda: [ControlTotal("USD", "orders", int("n/a"), Decimal(0), Decimal(0))], "invalid literal for int()"),
        (lambda: [ControlTotal("USD", "orders", 1, Decimal("1.200,00"), Decimal(0))], "InvalidOperation"),
        (lambda: None, "TypeError: 'NoneType' object is not iterable"),
        (lambda: json.loads("<html>"), "JSONDecodeError"),
    ],
)  # fmt: skip
def test_figures_of_another_shape_are_told_of_one_interface_and_the_others_are_taken(
    closer: Closer, says: Callable[[], Any], words: str
) -> None:
    taken = "select interface from tieout.control_total where interface = 'bills'"
    closer.connection.execute("delete from tieout.control_total")
    (found,) = take_control_totals(
        closer.connection, closer.b.release(), sessions(closer, Source(says)), OCTOBER, closer.b.clock.now()
    )
    assert (found.of, found.entity) == ("procurement", "US") and isinstance(found.error, StrangeAnswerError)
    said = found.says
    # What came, what was expected, and what to do.
    assert words in said and "its control figure of 2026-10 came in another shape" in said
    assert "docs/connectors says" in said and "`tieout check` asks it alone" in said
    assert closer.b.database.rows(taken)


def test_in_a_close_it_is_a_case_and_keeps_its_own_task_open_until_it_is_read_again(closer: Closer) -> None:
    found = look(closer, Source(another_shape))
    assert not found[TASK].done and "cannot be read: its case says why" in found[TASK].why
    assert (
        not found["cases decided"].done
        and "1 control figures unread (0.00 USD)" in found["cases decided"].why
    )
    (said,) = told(closer)
    assert "nothing under 'count'" in said and found[OTHER].done and found["bank reconciled"].done
    assert look(closer, Source(lambda: [NONE]))[TASK].done and not told(closer)


def test_a_source_that_has_to_be_set_right_is_told_alike_and_one_that_is_down_is_asked_again(
    closer: Closer,
) -> None:
    def refused() -> Any:
        raise SetupError("the key was revoked: give it another one")

    def down() -> Any:
        raise TransientError("it does not answer", retry_after=60.0)

    assert not look(closer, Source(refused))[TASK].done
    assert told(closer) == ["the key was revoked: give it another one"]
    with pytest.raises(TransientError):
        look(closer, Source(down))


def test_a_month_that_is_closed_is_not_opened_by_what_nobody_can_say_now(closer: Closer) -> None:
    close(closer)
    assert look(closer, Source(another_shape))["close"].done and not told(closer)


def test_a_providers_balance_of_another_shape_keeps_no_bank_from_being_read(closer: Closer) -> None:
    source, unread = Provider(lambda: {"USD": Decimal(json.loads("{}")["ending"])}), list[Unread]()
    given = (closer.connection, closer.b.release(), sessions(closer, source), OCTOBER, ["US"])
    with pytest.raises(StrangeAnswerError, match="its balance came in another shape"):
        ledger_rows(*given)
    ledger_rows(*given, unread=unread)
    assert [(x.of, x.entity) for x in unread] == [(SYSTEMS["procurement"], "US")]


def test_a_task_whose_question_is_answered_in_another_shape_says_so_and_the_others_are_read(
    closer: Closer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(closer.b.session), "account_types", lambda *_: {}["rows"], raising=False)
    found = look(closer, Source(lambda: [NONE]))
    assert not found["accounts certified"].done
    assert (
        "cannot be read now: its chart came in another shape than expected (nothing under 'rows')"
        in found["accounts certified"].why
    )
    assert found[TASK].done and found["bank reconciled"].done
