"""Interfaces by forms over HTTP: what the form writes is the file that people write, refused as it would be, once, and by whoever may."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.integration.served import Served
from tieout.store import Database

# A server that reads a project again for each of them.
pytestmark = pytest.mark.long


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "books", database, "http://127.0.0.1:9").let_in().start()
    yield made
    made.kill()


def draft(form: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "system": form["system"],
        "values": values,
        "options": {},
        "seen": form["seen"],
        "reason": "set up",
    }


def test_a_form_asks_what_its_kind_of_system_has_and_writes_the_file(served: Served) -> None:
    carl = served.sign_in("carl")
    form = carl.get("/interfaces/shop_orders/form?system=shop").json()
    assert form["text"] == "" and form["values"] == {"process": "order to cash"}
    asked = {f["name"]: f for f in form["fields"]}
    assert asked["entity"]["choices"] == ["US"] and "orders" in asked["streams"]["choices"]
    assert asked["after"]["choices"] == ["bank", "shop"] and "complete" not in asked
    assert {o["name"] for o in form["options"]} >= {"invoice_on"}
    given = draft(
        form, entity="US", owner="sales", streams=["orders"], every_minutes="15", close_critical="no"
    )
    given["options"] = {"invoice_on": "fulfilment"}
    path = served.folder / "interfaces" / "shop_orders.toml"
    tried = carl.post(
        "/interfaces/shop_orders/form/try", json={k: given[k] for k in ("system", "values", "options")}
    )
    assert tried.status_code == 200, tried.text
    assert not path.exists()
    made = carl.put("/interfaces/shop_orders/form", json=given)
    assert made.status_code == 200 and made.json()["text"] == tried.json()["text"] == path.read_text()
    assert tomllib.loads(path.read_text()) == {
        "system": "shop", "entity": "US", "owner": "sales", "streams": ["orders"], "every_minutes": 15,
        "close_critical": False, "options": {"invoice_on": "fulfilment"},
    }  # fmt: skip
    # It is in force at once, and evidence says what it said.
    assert carl.get("/interfaces/shop_orders").json()["owner"] == "sales"
    (kept,) = served.database.rows(
        "select detail::jsonb as detail from tieout.evidence where action = 'interface.declared'"
    )
    assert kept["detail"]["text"] == path.read_text() and kept["detail"]["reason"] == "set up"
    # What stands there is what the form shows next.
    again = carl.get("/interfaces/shop_orders/form").json()
    assert again["values"]["every_minutes"] == 15 and again["text"] == path.read_text()


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ({"entity": "DE"}, {}, "no entity is named 'DE'"),
        ({"entity": "US", "latency": "batch"}, {}, "batch and hybrid have a cut_off"),
        ({"entity": "US", "every_minutes": "often"}, {}, "is no whole number"),
        ({"entity": "US", "every_minutes": "-1"}, {}, "from 0 to 1,000,000"),
        ({"entity": "US", "hull": "x"}, {}, "says nothing of 'hull'"),
        ({"entity": "US", "streams": ["nothing"]}, {}, "has no stream 'nothing'"),
        ({"entity": "US"}, {"invoice_on": "never"}, "'never' is no invoice_on"),
        ({"entity": "US"}, {"invoic_on": "payment"}, "did you mean 'invoice_on'"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(
    served: Served, values: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    carl = served.sign_in("carl")
    form = carl.get("/interfaces/x/form?system=shop").json()
    given = draft(form, **values) | {"options": options}
    for reply in (
        carl.post("/interfaces/x/form/try", json={k: given[k] for k in ("system", "values", "options")}),
        carl.put("/interfaces/x/form", json=given),
    ):
        assert reply.status_code == 422 and said in reply.text, reply.text
    assert not list((served.folder / "interfaces").glob("*x.toml*"))
    assert served.evidence("interface.declared") == 0


def test_of_two_who_looked_at_the_same_file_the_second_is_told(served: Served) -> None:
    carl, cora = served.sign_in("carl"), served.sign_in("cora")
    form = cora.get("/interfaces/bank/form").json()
    assert (
        carl.put("/interfaces/bank/form", json=draft(form, entity="US", owner="treasury")).status_code == 200
    )
    late = cora.put("/interfaces/bank/form", json=draft(form, entity="US", owner="mine"))
    assert late.status_code == 409 and "changed meanwhile" in late.text
    # Whoever changed it by hand counts as well.
    form = cora.get("/interfaces/bank/form").json()
    path = served.folder / "interfaces" / "bank.toml"
    path.write_text(path.read_text() + "# looked at\n")
    assert cora.put("/interfaces/bank/form", json=draft(form, entity="US")).status_code == 409
    form = cora.get("/interfaces/bank/form").json()
    assert cora.put("/interfaces/bank/form", json=draft(form, entity="US")).status_code == 200
    assert "# looked at" in path.read_text() and "owner" not in path.read_text()


def test_nobody_leads_an_interface_elsewhere_or_out_of_its_folder(served: Served) -> None:
    carl = served.sign_in("carl")
    form = carl.get("/interfaces/bank/form").json()
    moved = carl.put("/interfaces/bank/form", json=draft(form, entity="US") | {"system": "shop"})
    assert moved.status_code == 422 and "another system is another interface" in moved.text
    for name in ("..%2Fx", "A", "x" * 41, "%2e%2e"):
        reply = carl.get(f"/interfaces/{name}/form?system=shop")
        assert reply.status_code in (404, 422), reply.text
    assert carl.get("/interfaces/new/form?system=nothing").status_code == 422


def test_whoever_only_reads_declares_nothing(served: Served) -> None:
    from tieout.security import AddPerson, GrantRole

    served.confirmed(AddPerson(name="vera", human=True, names=(), key_sha256=""))
    served.confirmed(GrantRole(name="vera", role="auditor", entity="*", limit=None))
    signed = _signed(served, "vera")
    form = signed.get("/interfaces/bank/form")
    assert form.status_code == 200
    reply = signed.put("/interfaces/bank/form", json=draft(form.json(), entity="US"))
    assert reply.status_code == 403


def _signed(served: Served, name: str) -> httpx2.Client:
    """Signed in by one factor, which is enough for who only reads."""
    from tests.integration.test_identity import GOOD
    from tieout.engine import SystemClock
    from tieout.security.identity import Identity, Origin, Site, csrf_of

    connection = served.database.connect(autocommit=True)
    identity = Identity(connection, SystemClock().now, Site("localhost", served.base, "Tieout Served"))
    signed = identity.accept(identity.invite(name, "alice"), f"{GOOD} {name}", Origin(name))
    csrf = csrf_of(connection, signed.token)
    connection.close()
    headers = {"cookie": f"tieout={signed.token}", "origin": served.base, "x-tieout-csrf": csrf}
    return httpx2.Client(base_url=f"{served.base}/api/v1", headers=headers, timeout=90)
