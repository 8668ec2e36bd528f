"""A case past its time goes to its owner again, then to the controllers: each step once, and never to who may not see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.integration.office import Office
from tests.integration.test_work_api import Front, operator
from tests.stages import step
from tieout.alerting import OverdueStage
from tieout.cases import note_case
from tieout.security import Confirm, GrantRole, load_authority
from tieout.settings import CaseSettings


class Late(Front):
    """A web side, and a case that is due in an hour."""

    def due(self, owner: str, entity: str = "US") -> int:
        number = self.case("10.00", entity, key=f"k {owner} {entity}")
        at = self.office.clock.now() + timedelta(hours=1)
        self.c.execute(
            "update tieout.cases set owner = %s, due_at = %s where case_id = %s", (owner, at, number)
        )
        return number

    def look(self, after: int = 48, hours: int = 0) -> None:
        self.office.clock.at += timedelta(hours=hours)
        stage = OverdueStage(CaseSettings(after), self.office.clock)
        step(stage, self.c)
        step(stage, self.c)

    def told(self, case: int) -> list[tuple[str, str]]:
        rows = self.c.execute(
            "select person, kind from tieout.notice where case_id = %s order by notice_id", (case,)
        )
        return [(r["person"], r["kind"]) for r in rows]


@pytest.fixture
def site(office: Office) -> Iterator[Late]:
    office.let_in()
    operator(office, "otto", "US")
    operator(office, "dora", "DE")
    made = Late(office)
    yield made
    made.stop()


def test_its_owner_is_told_once_and_then_the_controllers_once(site: Late) -> None:
    case = site.due("otto")
    site.look()
    assert site.told(case) == []
    site.look(hours=2)
    site.look(hours=47)
    assert site.told(case) == [("otto", "overdue")]
    site.look(hours=2)
    site.look(hours=500)
    assert site.told(case) == [("otto", "overdue"), ("carl", "escalated"), ("cora", "escalated")]
    assert site.office.evidence("case.overdue") == 1 and site.office.evidence("case.escalated") == 1
    cora = site.sign_in("cora")
    assert [n["kind"] for n in cora.get("/me/told").json()] == ["escalated"]
    said = cora.get(f"/cases/{case}/watch").json()["reminded"]
    assert [(r["person"], r["kind"]) for r in said] == site.told(case)


def test_a_comment_another_owner_and_another_time_begin_anew(site: Late) -> None:
    commented, given, later = site.due("otto"), site.due("otto"), site.due("otto")
    site.look(hours=2)
    with site.office.database.transaction() as connection:
        site.office.clock.at += timedelta(hours=40)
        note_case(connection, commented, "otto", "the bank was called", site.office.clock.now())
    site.c.execute("update tieout.cases set owner = 'carl' where case_id = %s", (given,))
    site.look()
    assert site.told(given) == [("otto", "overdue"), ("carl", "overdue")]
    site.c.execute(
        "update tieout.cases set due_at = due_at + interval '90 hours' where case_id = %s", (later,)
    )
    site.look(hours=20)
    assert {n: site.told(n)[-1] for n in (commented, given, later)} == {
        commented: ("otto", "overdue"), given: ("carl", "overdue"), later: ("otto", "overdue"),
    }  # fmt: skip
    site.look(hours=30)
    assert [kind for _, kind in site.told(later)] == ["overdue", "overdue"]
    assert ("cora", "escalated") in site.told(commented) and ("cora", "escalated") in site.told(given)


def test_what_no_person_has_goes_to_the_controllers_of_its_entity_alone(site: Late) -> None:
    site.office.change(GrantRole(name="dora", role="controller", entity="DE", limit=None), "alice")
    ours, theirs, hers = site.due("treasury"), site.due("treasury", "DE"), site.due("dora", "US")
    site.look(hours=2)
    assert [site.told(n) for n in (ours, theirs, hers)] == [[], [], []]
    site.office.change(_confirmed(site, "dora"), "bob")
    site.look(hours=48)
    people = [sorted(p for p, _ in site.told(n)) for n in (ours, theirs, hers)]
    assert people == [["carl", "cora"], ["carl", "cora", "dora"], ["carl", "cora"]]


def test_nothing_goes_further_than_to_its_owner_unless_it_is_declared(site: Late) -> None:
    case = site.due("otto")
    site.look(after=0, hours=9000)
    assert site.told(case) == [("otto", "overdue")]


def _confirmed(site: Late, name: str) -> Confirm:
    waiting = load_authority(site.c).waiting
    return Confirm(no=next(no for no, kept in waiting.items() if getattr(kept.change, "name", "") == name))
