"""A survey of books that run already: read by real HTTP, kept in a real database, and every figure opens to the rows that make it up."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.integration.existing import Company, company, world, years_of_books  # noqa: F401 - fixtures
from tests.integration.office import Office, person
from tests.integration.test_work_api import Front
from tests.integration.typed import Typed
from tieout.connector_api import Sending, SetupError
from tieout.console import pages
from tieout.documents import EntryPosting, LedgerLine
from tieout.operations.open_project import OpenProject
from tieout.operations.surveying import NoEntityError, take_survey
from tieout.survey import FeederKind, Kept, Read, found_in, keep, kept, kept_rows, kept_surveys

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
    loader = wrote[f"{FeederKind.PROGRAM}: loader@co.example", "BNKU"]
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
    lines = (
        LedgerLine(account="400000", amount=Decimal("-40.00"), company=Decimal("-40.00"), name="x"),
        LedgerLine(account="600000", amount=Decimal("40.00"), company=Decimal("40.00"), name="x"),
    )
    for n in range(3):
        body = EntryPosting(
            journal="MISC", on=date(2026, 10, 5 + n), reference=f"E{n}", currency="USD", lines=lines
        )
        assert office.session.send([Sending(f"tieout.survey_{n}", body)])[0].status == "confirmed"
    typed = Typed(office, tmp_path)
    monkeypatch.setenv("ODOO_KEY", typed.office.company.key)
    (typed.folder / "clock").write_text(typed.office.clock.now().isoformat())
    opened = OpenProject(typed.folder)
    yield opened
    opened.close()


def test_a_project_surveys_its_ledger_and_the_systems_beside_it(project: OpenProject) -> None:
    taken = take_survey(project, "odoo", 36, "cora")
    assert [(w["how"], w["entries"], w["amount"]) for w in taken.found["wrote"]] == [
        ("Tieout", 3, "120.0000")
    ]
    assert taken.entity == "US" and taken.found["company"]["noticed"][0]["said"].startswith("Odoo 19")
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


# by whoever may, over the API


@pytest.fixture
def front(office: Office, project: OpenProject) -> Iterator[Front]:
    for name, role in (("ines", "integrator"), ("vera", "viewer"), ("audrey", "auditor")):
        office.add(person(name))
        office.grant(name, role)
    served = Front(office, project, pages("Test", "test", False, lambda: True))
    yield served
    served.stop()


def test_a_survey_is_taken_and_read_by_whom_it_concerns(front: Front) -> None:
    ines, vera, audrey = (front.sign_in(n) for n in ("ines", "vera", "audrey"))
    assert ines.get("/surveys/ledgers").json() == ["odoo"]
    taken = ines.post("/surveys", json={"system": "odoo", "months": 2}, headers={"idempotency-key": "s"})
    assert taken.status_code == 201, taken.text
    told = taken.json()
    assert told["entries"] == sum(w["entries"] for w in told["wrote"]) and told["since"] == told["asked"]
    assert audrey.get("/surveys").json()[0]["number"] == told["number"]
    assert audrey.get(f"/surveys/{told['number']}").json() == told
    refused = audrey.post("/surveys", json={"system": "odoo"}, headers={"idempotency-key": "a"})
    assert refused.status_code == 403
    for path in ("/surveys", f"/surveys/{told['number']}", f"/surveys/entries?survey={told['number']}"):
        assert vera.get(path).status_code == 403
    assert audrey.get("/surveys/4711").status_code == 404
    assert (
        audrey.get("/surveys/entries", params={"survey": told["number"], "by_hand": "perhaps"}).status_code
        == 422
    )
    assert (
        ines.post("/surveys", json={"system": "nowhere"}, headers={"idempotency-key": "n"}).status_code == 404
    )
    paper = audrey.get(f"/papers/surveys/{told['number']}")
    assert paper.headers["content-type"] == "application/pdf" and paper.content.startswith(b"%PDF")
    for client in (ines, vera, audrey):
        client.close()


def test_rows_over_the_api_come_page_by_page_and_add_up(front: Front) -> None:
    with front.sign_in("ines") as ines:
        number = ines.post("/surveys", json={"system": "odoo"}, headers={"idempotency-key": "s"}).json()[
            "number"
        ]
        told, seen, after = ines.get(f"/surveys/{number}").json(), [], ""
        while True:
            page = ines.get("/surveys/entries", params={"survey": number, "limit": 2, "after": after}).json()
            seen += page["items"]
            after = page["next"]
            if not after:
                break
        assert len(seen) == told["entries"] and len({r["key"] for r in seen}) == len(seen)
        assert sum(Decimal(r["amount"]) for r in seen) == sum(Decimal(w["amount"]) for w in told["wrote"])


def test_a_page_says_it_first_and_opens_its_figures(front: Front, tmp_path: Path) -> None:
    number = 0
    with front.sign_in("ines") as ines:
        number = ines.post("/surveys", json={"system": "odoo"}, headers={"idempotency-key": "s"}).json()[
            "number"
        ]
        ines.base_url = httpx2.URL(front.base)
        shown = ines.get(f"/survey/{number}").text
        assert "Nothing was changed" in shown and "Who writes" in shown and "How it is set up" in shown
        for address in re.findall(r'href="(/survey/[0-9]+/[a-z]+[^"]*)"', shown):
            assert ines.get(html.unescape(address)).status_code == 200
        assert ines.get(f"/survey/{number}/nonsense").status_code == 404
        for name in ("feeders", "volumes", "months", "open", "entries", "lines", "parties"):
            file = ines.get(f"/export/survey-{name}.csv?survey={number}")
            assert file.status_code == 200 and file.text.splitlines(), name
        assert ines.get("/export/survey-entries.csv").status_code == 422


def test_it_is_taken_shown_and_opened_by_command(
    project: OpenProject, office: Office, tmp_path: Path
) -> None:
    office.add(person("ines"))
    office.grant("ines", "integrator")
    typed = Typed(office, tmp_path)
    told = json.loads(typed.run("survey", "--months", "2", "--json", by="ines", code=0))
    assert told["shared"] == []
    of = ("survey", "--number", str(told["number"]))
    rows = json.loads(typed.run(*of, "--rows", "entries", "--json", by="ines", code=0))
    assert len(rows) == told["entries"]
    assert [r["external_id"].partition(".")[0] for r in rows] == ["tieout"] * 3
    shown = typed.run(*of, by="ines", code=0)
    assert "3 entries of 2026-09-01 to" in shown and "Tieout" in shown and "120.00" in shown
    for arguments, why in (
        (["--number", "99"], "there is no survey 99; there are"),
        (["--rows", "entries"], "say which one with --number"),
        (["--number", str(told["number"]), "--rows", "things"], "there are entries, lines, parties"),
        (
            ["--number", str(told["number"]), "--rows", "lines", "--where", "colour=red"],
            "lines do not open by colour",
        ),
        (["--number", str(told["number"]), "--rows", "lines", "--where", "kind"], "a column and its value"),
        (["--system", "nowhere"], "nowhere is no ledger of this project"),
    ):
        assert why in typed.run("survey", *arguments, by="ines", code=2)
