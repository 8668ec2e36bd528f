"""What an Odoo does that nobody asked it for, as a real server of each version did it.

fixtures/odoo_as_it_is.json is what was recorded of real servers, with their versions and the day; the simulator playing a version
that was recorded must do the same. With TIEOUT_TEST_ODOO_URL and what goes with it (test_connectors.py) the real server
that is named is held against the record instead, and with TIEOUT_RECORD_ODOO=REVISION its answers become the record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.odoo_behaviours import ALL, NOT_PLAYED, OWN
from tests.conformance.odoo_ledger import Ledger
from tieout.connectors.odoo.closing import LOCKS
from tieout.connectors.odoo.versions import choose
from tieout.documents import (
    BooksLock,
    CashPosting,
    EffectBody,
    EntryPosting,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    TaxShare,
    stopped_by,
)
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.odoo import Odoo

RECORD = Path(__file__).parent / "fixtures" / "odoo_as_it_is.json"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
_GIVEN = {n: os.environ.get(f"TIEOUT_TEST_ODOO_{n}", "") for n in ("URL", "DB", "KEY", "LOGIN", "VERSION")}
_REVISION = os.environ.get("TIEOUT_RECORD_ODOO", "")


def recorded() -> dict[str, Any]:
    if not RECORD.exists():
        return {}
    found: dict[str, Any] = json.loads(RECORD.read_text())
    return found


VERSIONS = [_GIVEN["VERSION"] or "19.0"] if _GIVEN["URL"] else sorted(recorded())


class Made:
    """The companies of one server: one for what leaves others as they are, one for each that does not."""

    def __init__(self, version: str, request: pytest.FixtureRequest) -> None:
        self.version, self.played = version, choose(version).differs
        self._shared: Ledger | None = None
        if _GIVEN["URL"]:
            self.today = datetime.now(UTC).date()
            login = _GIVEN["LOGIN"] or "admin"
            self.admin = Administrator(_GIVEN["URL"], _GIVEN["DB"], _GIVEN["KEY"], self.played, login)
        else:
            self.today = NOW.date()
            odoo, port = Odoo(lambda: NOW, self.played, database="books", admin_password="admin"), free_port()
            request.addfinalizer(serve({port: odoo}).stop)
            url = f"http://127.0.0.1:{port}"
            self.admin = Administrator(url, "books", odoo.service.make_key(2), self.played)

    def ledger(self, name: str) -> Ledger:
        if name in OWN:
            return Ledger(self.admin, self.played, self.today)
        self._shared = self._shared or Ledger(self.admin, self.played, self.today)
        return self._shared


@pytest.fixture(scope="module", params=VERSIONS)
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    found = Made(request.param, request)
    yield found
    found.admin.close()


@pytest.mark.parametrize("behaviour", ALL, ids=lambda b: b.__name__)
def test_odoo_does_what_a_real_one_did(made: Made, behaviour: Callable[[Ledger], Any]) -> None:
    name = behaviour.__name__
    if name in NOT_PLAYED and not _GIVEN["URL"]:
        pytest.skip(
            "the simulator has no rules of people's own: tests/integration/test_automations.py plays what they do"
        )
    found = json.loads(json.dumps(behaviour(made.ledger(name))))
    if _REVISION:
        keep(made.version, name, found)
        return
    assert found == recorded()[made.version]["did"][name]


def keep(version: str, name: str, found: Any) -> None:
    """Make it the record of this version."""
    known = recorded()
    mine = known.setdefault(version, {"recorded": True, "did": {}})
    mine |= {"of": f"Odoo Community {version}, {_REVISION}", "on": date.today().isoformat()}
    mine["did"][name] = found
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(laid_out(known) + "\n")


def laid_out(value: Any, depth: int = 0) -> str:
    """JSON with a line for each thing that was told, so that a difference reads as one."""
    if isinstance(value, dict) and value and (depth < 4 or len(value) > 8):
        pad = " " * (depth + 1)
        inner = [f"{pad}{json.dumps(k)}: {laid_out(value[k], depth + 1)}" for k in sorted(value)]
        return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _postings() -> dict[str, tuple[EffectBody, str]]:
    """What `lock_dates` posts, as we would send it, with the type of its journal."""
    on, one = date(2026, 10, 15), Decimal(10)

    def invoice(tax: str = "", **more: bool) -> EffectBody:
        line = InvoiceLine(
            name="x", quantity=Decimal(1), net=one, account="400000", taxes=(tax,) if tax else ()
        )
        given = {"refund": False, **more}
        return InvoicePosting(
            journal="INV", partner="p", on=on, reference="r", currency="USD", lines=(line,),
            tax_totals={tax: Decimal(2)} if tax else {}, total=one, receivable="121000", **given,
        )  # fmt: skip

    def entry(**more: Any) -> EffectBody:
        lines = [
            LedgerLine(account=a, amount=v, company=v, name="x", **more) for a, v in (("1", one), ("2", -one))
        ]
        return EntryPosting(journal="MISC", on=on, reference="r", currency="USD", lines=tuple(lines))

    bank = CashPosting(journal="BNKU", account="101511", on=on, reference="r", label="x", currency="USD", amount=one,
                       company=one, counterparts=())  # fmt: skip
    return {
        "posted: invoice": (invoice(), "sale"),
        "posted: invoice, taxed": (invoice("VAT 20%"), "sale"),
        "posted: refund": (invoice(refund=True), "sale"),
        "posted: bill": (invoice(purchase=True), "purchase"),
        "posted: bill, taxed": (invoice("15%", purchase=True), "purchase"),
        "posted: entry": (entry(), "general"),
        "posted: entry, taxed": (entry(tax=TaxShare(taxes=(1,))), "general"),
        "bank line": (bank, "bank"),
    }


@pytest.mark.skipif(bool(_REVISION), reason="it is being recorded")
@pytest.mark.parametrize("lock", list(BooksLock))
@pytest.mark.parametrize("version", sorted(recorded()))
def test_what_a_lock_moves_there_is_what_is_not_sent(version: str, lock: BooksLock) -> None:
    """Each of the five locks, for every kind of posting that was tried under it: what Odoo would book on another day without a
    word, and nothing else."""
    told = recorded()[version]["did"]["lock_dates"][LOCKS[lock]]
    moved = {name: told[name] != "15 of last month" for name in _postings()}
    locks = {lock: date(2026, 10, 31)}
    stopped = {name: bool(stopped_by(body, locks, kind)) for name, (body, kind) in _postings().items()}
    assert stopped == moved and any(moved.values())


@pytest.mark.skipif(bool(_REVISION), reason="it is being recorded")
@pytest.mark.parametrize("version", sorted(recorded()))
def test_the_record_says_of_what_it_is(version: str) -> None:
    mine = recorded()[version]
    assert mine["recorded"] is True and version in mine["of"] and date.fromisoformat(mine["on"])
    assert sorted(mine["did"]) == sorted(b.__name__ for b in ALL)
