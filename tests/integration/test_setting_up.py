"""Setting a project up over HTTP: companies and charts as Odoo tells them, entities and accounts as files, and what nobody may."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.own_project import Outside
from tests.integration.office import Office
from tests.integration.served import Served
from tieout.store import Database
from tieout_sandbox import Month

# A server that reads a project again for each of them.
pytestmark = pytest.mark.long

EMPTY = """[project]
name = "Served"
environment = "{environment}"
[serve]
port = {port}
[telling]
private = ["127.0.0.0/8"]
"""


def served_of(database: Database, folder: Path, environment: str = "test") -> Served:
    """A project that nobody set up."""
    made = Served(folder, database, "http://127.0.0.1:9")
    for path in (*(folder / "interfaces").glob("*"), *(folder / "mappings").glob("*")):
        path.unlink()
    (folder / "tieout.toml").write_text(EMPTY.format(environment=environment, port=made.port))
    return made


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    made = served_of(database, tmp_path / "books").let_in().start()
    yield made
    made.kill()


def connected(served: Served, office: Office) -> httpx2.Client:
    """Somebody who may set up, with Odoo connected."""
    carl = served.sign_in("carl")
    settings = {
        "url": office.world.url("odoo"), "database": office.world.odoo.database, "key": office.company.key,
    }  # fmt: skip
    draft = {"connector": "odoo", "settings": settings}
    told = carl.post("/set-up/companies/try", json=draft)
    assert told.status_code == 200, told.text
    assert [c["company"] for c in told.json()] == [office.company.id]
    settings["company"] = str(office.company.id)
    made = carl.put("/systems/odoo", json=draft)
    assert made.status_code == 200, made.text
    return carl


def entered(carl: httpx2.Client, office: Office, code: str = "US", **more: Any) -> httpx2.Response:
    (company,) = carl.get("/set-up/companies?system=odoo").json()
    given = {
        "system": "odoo", "company": office.company.id, "time_zone": "America/New_York", "begins_on": "2026-10-01",
        "posts": True, "seen": company["seen"], **more,
    }  # fmt: skip
    return carl.put(f"/set-up/entities/{code}", json=given)


def outside_of(office: Office) -> Outside:
    return Outside(office.world, office.admin, office.company, Month(office.world, 2))


def test_companies_entities_and_accounts_as_odoo_tells_them(served: Served, office: Office) -> None:
    carl = connected(served, office)
    steps = {s["key"]: s["done"] for s in carl.get("/set-up").json()["steps"]}
    assert steps["roles"] and steps["odoo"] and not steps["company"] and not steps["figure"]
    (company,) = carl.get("/set-up/companies?system=odoo").json()
    assert (company["currency"], company["country"], company["entries"], company["code"]) == (
        "USD",
        "US",
        0,
        "US",
    )
    made = entered(carl, office)
    assert made.status_code == 200, made.text
    assert made.json()["posts"] and 'time_zone = "America/New_York"' in made.json()["text"]
    (company,) = carl.get("/set-up/companies?system=odoo").json()
    assert company["entity"] == "US" and company["begins_on"] == "2026-10-01"
    # Accounts of the chart, proposed by type and name.
    choices = carl.get("/set-up/accounts?entity=US&bank=DE02").json()
    roles = {r["role"]: r for r in choices["roles"]}
    assert roles["receivable"]["proposed"] == "121000" and roles["misc"]["proposed"] == "MISC"
    assert {c["type"] for c in roles["bank.DE02"]["candidates"]} == {"asset_cash"}
    chosen = {"receivable": "121000", "misc": "MISC", "bank.DE02": "BNKU", "payable": ""}
    given = {"entity": "US", "chosen": chosen, "banks": ["DE02"], "seen": choices["seen"]}
    done = carl.put("/set-up/accounts", json=given)
    assert done.status_code == 200 and done.json() == {"added": 3}, done.text
    rows = {
        t: list(csv.reader((served.folder / "mappings" / f"{t}.csv").open()))
        for t in ("accounts", "journals")
    }
    assert rows["accounts"][1:] == [["receivable", "121000", "", ""], ["bank.DE02", "101511", "", ""]]
    assert rows["journals"][1:] == [["misc", "MISC", "", ""], ["bank.DE02", "BNKU", "", ""]]
    # What is mapped stays; what changed meanwhile is looked at again; what cannot serve is refused.
    assert carl.put("/set-up/accounts", json=given).status_code == 409
    seen = carl.get("/set-up/accounts?entity=US").json()["seen"]
    for wrong, said in (
        ({"receivable": "122000"}, "mapped to 121000 already"),
        ({"payable": "121000"}, "cannot serve for it"),
        ({"payable": "21100"}, "did you mean 211000 "),
        ({"nothing": "121000"}, "no role that was asked for"),
    ):
        reply = carl.put("/set-up/accounts", json={**given, "chosen": wrong, "seen": seen})
        assert reply.status_code == 422 and said in reply.text, reply.text


def test_a_company_whose_books_are_not_empty_is_only_read_whatever_is_asked(
    served: Served, office: Office
) -> None:
    carl = connected(served, office)
    outside_of(office).entry()
    made = entered(carl, office, posts=True)
    assert made.status_code == 200 and not made.json()["posts"] and "posts = false" in made.json()["text"], (
        made.text
    )
    # Entered again it stays so.
    (company,) = carl.get("/set-up/companies?system=odoo").json()
    assert company["entries"] == 1 and not company["posts"]
    assert not entered(carl, office, posts=True).json()["posts"]
    assert carl.get("/set-up").json()["reads_only"] == ["US"]
    # Nor are its books locked.
    reply = carl.post("/closes/US/2026-10/locks", json={"kind": "sale"})
    assert reply.status_code >= 400


@pytest.mark.parametrize(
    ("code", "more", "status", "said"),
    [
        ("US", {"time_zone": "America/Springfield"}, 422, "no time zone"),
        ("US", {"company": 999}, 422, "has no company 999"),
        ("US", {"seen": "0" * 64}, 409, "changed meanwhile"),
        ("us", {}, 422, "code"),
    ],
)
def test_what_is_wrong_of_an_entity_is_refused(
    served: Served, office: Office, code: str, more: dict[str, Any], status: int, said: str
) -> None:
    carl = connected(served, office)
    reply = entered(carl, office, code, **more)
    assert reply.status_code == status and said in reply.text, reply.text
    assert not list((served.folder / "entities").glob("*"))


def test_one_company_is_one_entity(served: Served, office: Office) -> None:
    carl = connected(served, office)
    assert entered(carl, office).status_code == 200
    reply = entered(
        carl, office, "OTHER", seen="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert reply.status_code == 422 and "is entity US already" in reply.text


@pytest.mark.parametrize("environment", ["test", "production"])
def test_where_there_are_two_administrators_nobody_takes_a_role(
    database: Database, tmp_path: Path, environment: str
) -> None:
    served = served_of(database, tmp_path / environment, environment).let_in().start()
    try:
        assert served.sign_in("carl").post("/set-up/roles").status_code == 403
        reply = served.sign_in("bob").post("/set-up/roles")
        assert reply.status_code in (403, 409, 422), reply.text
    finally:
        served.kill()


def test_of_a_source_its_own_figures_are_taken_now(served: Served, office: Office) -> None:
    carl = connected(served, office)
    reply = carl.post("/tie-out/take", json={"interface": "nothing", "period": "2026-10"})
    assert reply.status_code == 404
    assert carl.post("/tie-out/take", json={"interface": "x", "period": "2026-13"}).status_code == 422
