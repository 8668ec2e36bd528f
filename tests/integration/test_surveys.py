"""A survey of books that run already: read by real HTTP, kept in a real database, and every figure opens to the rows that make it up."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.existing import Company, company, world, years_of_books  # noqa: F401 - fixtures
from tests.integration.office import Office
from tests.integration.typed import Typed
from tieout.connector_api import SetupError
from tieout.operations.open_project import OpenProject
from tieout.operations.surveying import NoEntityError, take_survey
from tieout.survey import How, Kept, Read, found_in, keep, kept, kept_rows, kept_surveys

SINCE, UNTIL = date(2026, 9, 1), date(2026, 10, 31)
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


def typed_slowly(company: Company) -> None:
    """Nobody typed thirty invoices in a second: people's entries are made minutes apart, the module's lines at once."""
    world = company.world.odoo.service.world
    users = {r["id"]: r["login"] for r in world.table("res.users").values()}
    at = datetime(2026, 10, 20, 8, tzinfo=UTC)
    for move in world.table("account.move").values():
        if move["company_id"] == company.company.id and not users[move["create_uid"]].startswith("loader"):
            at += timedelta(minutes=3)
            move["create_date"] = f"{at:%Y-%m-%d %H:%M:%S}"


def read(company: Company) -> Read:
    session = company.session
    lines, all_lines = session.open_there(UNTIL, 1000)
    parties, all_parties = session.parties_there(1000)
    return Read(
        session.company_set(NOW),
        (),
        SINCE,
        SINCE,
        UNTIL,
        list(session.entries_there(SINCE, UNTIL)),
        lines,
        all_lines,
        parties,
        all_parties,
    )


@pytest.fixture
def surveyed(company: Company) -> tuple[Company, Kept]:
    years_of_books(company)
    typed_slowly(company)
    return company, survey(company)


def survey(company: Company) -> Kept:
    what = read(company)
    found, feeders = found_in(what, NOW, UTC)
    with company.database.transaction() as connection:
        return keep(connection, "odoo", "US", NOW, "cora", what, found, feeders)


def test_whoever_writes_is_found_with_what_they_wrote(surveyed: tuple[Company, Kept]) -> None:
    _, taken = surveyed
    wrote = {(w["feeder"], w["journal"]): w for w in taken.found["wrote"]}
    ann = wrote["by hand: ann@co.example", "INV"]
    # 12 of September (906.00) and 30 of October (3,435.00).
    assert (ann["entries"], Decimal(ann["amount"]), ann["first"]) == (42, Decimal("4341.00"), "2026-09-01")
    loader = wrote[f"{How.PROGRAM}: loader@co.example", "BNKU"]
    assert (loader["entries"], loader["last"]) == (19, "2026-10-12")
    assert wrote["by hand: mallory@co.example", "MISC"]["entries"] == 2
    assert taken.found["entries"] == sum(w["entries"] for w in taken.found["wrote"])
    assert taken.found["by_hand"] == taken.found["entries"] - 19
    assert taken.found["shared"] == []


def test_every_figure_opens_to_the_rows_that_make_it_up(surveyed: tuple[Company, Kept]) -> None:
    company, taken = surveyed

    def rows(part: str, **only: str) -> list[dict[str, Any]]:
        with company.database.transaction() as connection:
            return kept_rows(connection, taken.number, part, only, 0, 1000)

    for w in taken.found["wrote"]:
        behind = rows("entries", feeder=w["feeder"], journal=w["journal"])
        assert (len(behind), sum(r["amount"] for r in behind)) == (w["entries"], Decimal(w["amount"]))
    for v in taken.found["volumes"]:
        behind = rows("entries", month=v["month"], kind=v["kind"])
        assert (len(behind), sum(r["amount"] for r in behind)) == (v["entries"], Decimal(v["amount"]))
        assert len(rows("entries", month=v["month"], kind=v["kind"], by_hand="yes")) == v["by_hand"]
    assert taken.found["ages"]
    for a in taken.found["ages"]:
        behind = rows("lines", **{k: a[k] for k in ("kind", "account", "currency", "band")})
        opened = [r["open"] for r in behind]
        assert len(behind) == a["lines"]
        assert (sum(x for x in opened if x > 0), -sum(x for x in opened if x < 0)) == (
            Decimal(a["debit"]),
            Decimal(a["credit"]),
        )
    assert len(rows("parties")) == taken.found["parties"]


def test_rows_come_a_page_after_another_and_no_column_is_guessed(surveyed: tuple[Company, Kept]) -> None:
    company, taken = surveyed
    with company.database.transaction() as connection:
        first = kept_rows(connection, taken.number, "entries", {}, 0, 10)
        second = kept_rows(connection, taken.number, "entries", {}, first[-1]["key"], 1000)
        assert len(first) == 10 and len(first) + len(second) == taken.found["entries"]
        with pytest.raises(ValueError, match="entries do not open by amount: they do by by_hand, feeder"):
            kept_rows(connection, taken.number, "entries", {"amount": "1"}, 0, 10)


def test_old_surveys_keep_their_figures_and_the_newest_three_their_rows(
    surveyed: tuple[Company, Kept],
) -> None:
    company, first = surveyed
    later = [survey(company) for _ in range(3)]
    with company.database.transaction() as connection:
        again = kept(connection, first.number)
        assert again is not None and again.found == first.found and again.sha256 == first.sha256
        assert kept_rows(connection, first.number, "entries", {}, 0, 10) == []
        assert all(kept_rows(connection, k.number, "entries", {}, 0, 10) for k in later)
        assert [k.number for k in kept_surveys(connection, None, 10)] == [
            k.number for k in (*reversed(later), first)
        ]
        assert kept_surveys(connection, ["DE"], 10) == [] and len(kept_surveys(connection, ["US"], 10)) == 4
        assert kept(connection, 99) is None


def test_two_programs_in_one_journal_are_said(company: Company) -> None:
    loader, shop = company.as_user("loader@co.example"), company.as_user("shop@co.example")
    for n in range(15):
        loader.line_of(f"{2000 + n}.00", f"loaded {n}")
    (line,) = [shop.line_of("7.00", "synchronised")]
    company.world.odoo.service.world.add(
        "ir.model.data",
        {
            "module": "bank_feed",
            "name": "l_1",
            "model": "account.bank.statement.line",
            "res_id": line,
            "noupdate": False,
        },
    )
    assert survey(company).found["shared"] == ["BNKU"]


# with a project


@pytest.fixture
def project(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenProject]:
    office.let_in()
    typed = Typed(office, tmp_path)
    monkeypatch.setenv("ODOO_KEY", typed.office.company.key)
    (typed.folder / "clock").write_text(typed.office.clock.now().isoformat())
    opened = OpenProject(typed.folder)
    yield opened
    opened.close()


def test_a_project_surveys_its_ledger_and_the_systems_beside_it(project: OpenProject) -> None:
    taken = take_survey(project, "odoo", 36, "cora")
    assert taken.entity and taken.found["company"]["noticed"][0]["said"].startswith("Odoo 19")
    assert {s["system"] for s in taken.found["sources"]} == set(project.settings.systems) - {"odoo"}
    rows = project.database.rows(
        "select actor, subject, detail from tieout.evidence where action = 'survey.taken'"
    )
    assert [(r["actor"], r["subject"]) for r in rows] == [("cora", f"survey {taken.number}")]
    detail = rows[0]["detail"]
    assert (json.loads(detail) if isinstance(detail, str) else detail)["sha256"] == taken.sha256


def test_what_is_no_ledger_is_not_surveyed(project: OpenProject) -> None:
    with pytest.raises(SetupError, match="nowhere is no ledger of this project"):
        take_survey(project, "nowhere", 36, "cora")
    assert NoEntityError.__doc__
