"""Rules of a close that change within a period: what would make it easier holds from the next one on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.integration.office import Office
from tieout.close import keep_rules, tasks_of
from tieout.close.since_it_began import since_it_began
from tieout.money import Period
from tieout.planning import sign_role_in, sign_role_now
from tieout.rules import CloseRules, Entity, EntityClose, Interface, ManualTask, Release
from tieout.rules.deciding_roles import decides
from tieout.rules.itemised import ItemRule, item_rule
from tieout.security.people import Grant
from tieout.security.roles import ROLES, may
from tieout.store import Connection, Database

OCTOBER, NOVEMBER, DECEMBER = Period(2026, 10), Period(2026, 11), Period(2026, 12)
SEPTEMBER_20, NOVEMBER_4 = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
COUNT = ManualTask("inventory counted", "US", "warehouse", 2, ("complete: shop",))


def release(limit: str = "50.00", critical: bool = True, tasks: tuple[ManualTask, ...] = (COUNT,)) -> Release:
    shop = Interface("shop", "shop", "US", (), "o", "order to cash", close_critical=critical)
    closing = CloseRules({"US": EntityClose(case_limit=Decimal(limit))}, tasks)
    return Release("x", {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"shop": shop}, {}, (), closing)


@pytest.fixture
def connection(database: Database) -> Connection:
    return database.connect(autocommit=True)


def held(connection: Connection, now: Release, period: Period) -> tuple[Decimal, set[str]]:
    """The limit that holds for a period's close, and its tasks."""
    found = since_it_began(connection, now, "US", period)
    return found.closing.of("US").case_limit, {t.name for t in tasks_of(found, "US", period)}


def test_rules_are_kept_once_whenever_they_become_others(connection: Connection) -> None:
    assert [keep_rules(connection, release(), SEPTEMBER_20) for _ in range(2)] == [1, 0]
    assert keep_rules(connection, release("60.00"), NOVEMBER_4) == 1
    assert keep_rules(connection, release(), NOVEMBER_4) == 1


@pytest.mark.parametrize(
    ("easier", "limit", "task"),
    [
        (release("1000000.00"), Decimal("1000000.00"), ""),
        (release(critical=False), Decimal("50.00"), "complete: shop"),
        (release(tasks=()), Decimal("50.00"), "inventory counted"),
    ],
)
def test_what_makes_a_close_easier_holds_from_the_next_period_on(
    connection: Connection, easier: Release, limit: Decimal, task: str
) -> None:
    keep_rules(connection, release(), SEPTEMBER_20)
    keep_rules(connection, easier, NOVEMBER_4)
    strict = held(connection, release(), OCTOBER)
    for period in (OCTOBER, NOVEMBER):
        assert held(connection, easier, period) == strict
    later = held(connection, easier, DECEMBER)
    assert later[0] == limit and (not task or task not in later[1])


def test_what_makes_it_harder_holds_at_once_and_a_task_is_what_it_was(connection: Connection) -> None:
    keep_rules(connection, release("1000000.00"), SEPTEMBER_20)
    keep_rules(connection, release(), NOVEMBER_4)
    assert held(connection, release(), OCTOBER)[0] == Decimal("50.00")
    keep_rules(connection, release(tasks=()), NOVEMBER_4)
    found = since_it_began(connection, release(tasks=()), "US", NOVEMBER)
    assert found.closing.tasks == (COUNT,)
    moved = replace(COUNT, business_day=5)
    found = since_it_began(connection, release(tasks=(moved,)), "US", NOVEMBER)
    assert found.closing.tasks == (moved,)


EASY = dict(
    case_limit=Decimal(1000000), alone_limit=Decimal(1000000), hand_limit=Decimal(1000000), excluded_percent=Decimal(100),
    late_limit=Decimal(1000000), late_materiality=Decimal(1000000),
)  # fmt: skip


@pytest.mark.parametrize("name", EASY)
def test_no_limit_is_raised_for_a_period_that_began(connection: Connection, name: str) -> None:
    keep_rules(connection, release(), SEPTEMBER_20)
    strict = release()
    easier = replace(
        strict, closing=CloseRules({"US": replace(strict.closing.of("US"), **{name: EASY[name]})})
    )
    keep_rules(connection, easier, NOVEMBER_4)
    for period, expected in ((NOVEMBER, strict), (DECEMBER, easier)):
        found = since_it_began(connection, easier, "US", period).closing.of("US")
        assert getattr(found, name) == getattr(expected.closing.of("US"), name), period


def test_no_item_may_stand_for_longer_in_a_period_that_began(connection: Connection) -> None:
    def days(items: dict[str, ItemRule], period: Period, role: str) -> int | None:
        closing = CloseRules({"US": EntityClose(items=items)})
        keep_rules(connection, replace(release(), closing=closing), NOVEMBER_4)
        found = since_it_began(connection, replace(release(), closing=closing), "US", period)
        rule = item_rule(role, found.closing.of("US").items)
        return rule.days if rule else None

    keep_rules(connection, release(), SEPTEMBER_20)
    assert days({"clearing.stripe": ItemRule(90)}, NOVEMBER, "clearing.stripe.EUR") == 3
    assert days({"clearing.stripe": ItemRule(90)}, DECEMBER, "clearing.stripe.EUR") == 90
    assert days({"clearing.stripe": ItemRule(1)}, NOVEMBER, "clearing.stripe.EUR") == 1
    # One of a project's own, and then no more.
    assert days({"open": ItemRule(4)}, NOVEMBER, "open") == 4
    assert days({}, NOVEMBER, "open") == 4 and days({}, DECEMBER, "open") is None


def test_of_a_project_whose_rules_were_never_kept_those_of_now_hold(connection: Connection) -> None:
    assert held(connection, release("70.00"), OCTOBER)[0] == Decimal("70.00")


def _signed_by(role: str) -> Release:
    return replace(release(), closing=CloseRules({"US": EntityClose(sign_role=role)}))


def test_the_role_that_signs_is_that_of_the_beginning_as_long_as_somebody_has_it(
    connection: Connection, office: Office
) -> None:
    keep_rules(connection, _signed_by("controller"), SEPTEMBER_20)
    keep_rules(connection, _signed_by("cfo"), NOVEMBER_4)
    now = _signed_by("cfo")
    # Nobody has any role yet: nobody would be left to sign.
    assert sign_role_in(connection, now, "US", NOVEMBER) == "cfo"
    office.let_in()
    assert [sign_role_in(connection, now, "US", p) for p in (OCTOBER, NOVEMBER, DECEMBER)] == [
        "controller", "controller", "cfo"
    ]  # fmt: skip
    assert since_it_began(connection, now, "US", NOVEMBER).closing.of("US").sign_role == "controller"
    assert sign_role_now(connection, now, "US", datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == "controller"
    assert sign_role_now(connection, now, "US", datetime(2026, 12, 1, tzinfo=UTC)) == "cfo"


def test_of_the_roles_only_those_that_decide_may_sign() -> None:
    """What is said of roles in two rooms is one list."""
    nothing = {r for r in ROLES if not may([Grant(r, "*", None, frozenset())], "approvals:decide", "*")}
    assert {r for r in ROLES if not decides(r)} == nothing
    assert decides("cfo") and not decides("") and not decides("  ")
