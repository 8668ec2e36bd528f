"""Fixtures of several files of integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.buying import Buyer
from tests.integration.office import Office
from tests.integration.selling import ROLES, Seller
from tieout.store import Database
from tieout_sandbox import World
from tieout_sandbox.company import Administrator


@pytest.fixture(scope="module")
def office_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), seed=1, start=datetime(2026, 10, 20, 14, tzinfo=UTC))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def office(office_world: World, database: Database) -> Iterator[Office]:
    world = office_world
    admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
    company = admin.set_up(f"Office {database.dsn[-12:]}", date(2026, 10, 1))
    session = CONNECTORS["odoo"].open(
        config(
            CONNECTORS["odoo"],
            url=world.url("odoo"),
            database=world.odoo.database,
            key=company.key,
            company=str(company.id),
        )
    )
    yield Office(world, admin, company, database, session)
    admin.close()


@pytest.fixture
def buyer(office: Office, tmp_path: Path) -> Buyer:
    made = Buyer(office.world, office.admin, office.company, office.database, office.session, folder=tmp_path)
    made.let_in()
    return made


@pytest.fixture
def seller(office: Office) -> Seller:
    return Seller(
        office.world, office.admin, office.company, office.database, office.session, roles=dict(ROLES)
    )
