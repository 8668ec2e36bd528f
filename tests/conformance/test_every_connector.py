"""The suite that an outsider's connector runs, over every connector that is discovered here, by the same one statement."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.furnished import MANY, NOW, furnished, happen, settings
from tieout.connector_api import Sending
from tieout.connector_api.conformance import Live, Push, Writes, conformance
from tieout.documents import CrmUpdate, EntryPosting, EventOut, LedgerLine
from tieout.money import Amount
from tieout.operations.discover import discover
from tieout_sandbox import World
from tieout_sandbox.company import Administrator
from tieout_sandbox.simkit import Push as Pushed
from tieout_sandbox.simulators.shopify import Shopify

_CONNECTORS = Path(__file__).resolve().parents[2] / "src" / "tieout" / "connectors"
# What Tieout accrues is handed on by itself, and polled from nobody.
POLLS = {"coupa": ("suppliers", "orders", "receipts", "bills")}
_COUPA = {
    "suppliers": "suppliers",
    "orders": "purchase_orders",
    "receipts": "receiving_transactions",
    "bills": "invoices",
}
_numbers = count(MANY)
_used = ExitStack()
_made: list[World] = []


@pytest.fixture(scope="module", autouse=True)
def _world_ends() -> Iterator[None]:
    yield
    _used.close()
    _made.clear()


def _world() -> World:
    """A world of these tests' own, made when the first of them needs it."""
    if not _made:
        folder = _used.enter_context(tempfile.TemporaryDirectory())
        _made.append(_used.enter_context(furnished(Path(folder) / "world")))
    return _made[0]


def _books() -> dict[str, Any]:
    made = _world()
    key = made.odoo.service.make_key(2)
    company = Administrator(made.url("odoo"), made.odoo.database, key).set_up("Suite", date(2026, 10, 1))
    return {"url": made.url("odoo"), "database": made.odoo.database, "key": company.key, "company": str(company.id)}  # fmt: skip


def _live(name: str) -> Live | None:
    if name == "odoo":
        return Live(_books, NOW)
    if name in (
        "stripe",
        "shopify",
        "salesforce",
        "concur",
        "coupa",
        "gusto",
        "chargebee",
        "cloudevents",
        "paypal",
    ):
        return Live(
            lambda: settings(_world(), name),
            NOW,
            lambda: happen(_world(), next(_numbers), NOW - timedelta(minutes=1)),
            _held(name),
        )
    return None


def _held(name: str) -> Callable[[str], int]:
    """How many of everything there are, as the simulator keeps them."""

    def held(stream: str) -> int:
        made = _world()
        return {
            "stripe": lambda: len(made.stripe.books.transactions),
            "shopify": lambda: _of_shop(made.shops["shop_us"], stream),
            "salesforce": lambda: len(
                made.salesforce.accounts if stream == "accounts" else made.salesforce.opportunities
            ),
            "concur": lambda: len(made.concur.reports),
            "coupa": lambda: len(made.coupa.rows[_COUPA[stream]]),
            "gusto": lambda: len(
                made.gusto.payrolls if stream == "payrolls" else made.gusto.contractor_payments
            ),
            "chargebee": lambda: len(made.chargebee.rows[stream]),
            "paypal": lambda: len(made.paypal.rows),
        }[name]()

    return held


def _of_shop(shop: Shopify, stream: str) -> int:
    account = shop.payments
    assert account is not None
    held = {
        "orders": shop.orders,
        "balance": account.movements,
        "payouts": account.payouts,
        "disputes": account.disputes,
    }
    return len(held[stream])


def _push(name: str) -> Push | None:
    sent = Pushed(NOW, {"x-shopify-topic": "orders/create", "x-shopify-event-id": "e1"}, b"", "orders/create")

    def sign(body: bytes, at: datetime) -> Mapping[str, str]:
        made = _world().stripe if name == "stripe" else _world().shops["shop_us"]
        pushed = Pushed(at, {} if name == "stripe" else sent.headers, body, sent.kind)
        return made.sign(pushed, at)

    if name not in ("stripe", "shopify"):
        return None
    return Push(b'{"id": "evt_1", "type": "charge.succeeded"}', sign, _Secrets(name))


class _Secrets(Mapping[str, Any]):
    """A system's secrets, which are there once its world is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: str) -> Any:
        return settings(_world(), self._name)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["webhook_secrets"])

    def __len__(self) -> int:
        return 1


def _writes(name: str) -> Writes | None:
    def sending(body: Any) -> Sending:
        return Sending(f"tieout.{name}_{uuid.uuid4().hex[:10]}", body)

    def account() -> Sending:
        made, number = _world(), next(_numbers)
        made.salesforce.add_account(number + 1, f"Account {number}", "a@example.com", NOW)
        key = list(made.salesforce.accounts)[-1]
        return sending(
            CrmUpdate(account_key=key, exposure=Amount.parse("12.50", "USD"), collection_status="ok")
        )

    lines = tuple(
        LedgerLine(account=account, amount=Decimal(value), company=Decimal(value), name="suite")
        for account, value in (("612000", "10.00"), ("230000", "-10.00"))
    )
    entry = EntryPosting(journal="MISC", on=NOW.date(), reference="suite", currency="USD", lines=lines)
    event = EventOut(type="t", subject="s", time=NOW.isoformat(), data={})
    return {
        "odoo": Writes(lambda: sending(entry)),
        "salesforce": Writes(account),
        "cloudevents": Writes(lambda: sending(event), lambda s: int(s.external_id in _world().events.events)),
    }.get(name)


for _name, _connector in discover().by_name.items():
    globals()[f"Test{_name.title()}"] = conformance(
        _connector, fixtures=_CONNECTORS / _name / "fixtures", live=_live(_name), push=_push(_name),
        writes=_writes(_name), polls=POLLS.get(_name),
    )  # fmt: skip
