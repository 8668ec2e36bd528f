"""Tax engines: one port, whoever answers; over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tieout.connector_api import RefusedError, SetupError, TaxEngine, TransientError
from tieout.documents.taxation import TaxedLine, TaxQuestion
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.avatax import AvaTax
from tieout_sandbox.simulators.stripetax import StripeTax

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)
ENGINES = ("avatax", "stripetax")


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, tuple[Any, str]]]:
    made = {"avatax": AvaTax(lambda: NOW, account="7", key="k"), "stripetax": StripeTax(lambda: NOW, key="k")}
    ports = {name: free_port() for name in made}
    serve({ports[name]: simulator for name, simulator in made.items()})
    for simulator in made.values():
        simulator.rates = {"US-NY": Decimal("8.875"), "DE": Decimal(19)}
    yield {name: (made[name], f"http://127.0.0.1:{ports[name]}") for name in made}


def session(engines: dict[str, tuple[Any, str]], name: str, **more: str) -> Any:
    keys = {"avatax": {"account": "7", "license_key": "k"}, "stripetax": {"key": "k"}}[name]
    return CONNECTORS[name].open(config(CONNECTORS[name], url=engines[name][1], **{**keys, **more}))


QUESTION = TaxQuestion(
    key="V:B-1", on=date(2026, 10, 5), currency="USD", seller="Acme", seller_country="US", seller_tax_id="",
    buyer_country="US", buyer_region="NY", buyer_postal_code="10001", buyer_tax_id="", exemption="",
    lines=(TaxedLine(line="1", net=Decimal("100.10"), category="P0000000"),
           TaxedLine(line="2", net=Decimal("-10.00"), category="P0000000")),
)  # fmt: skip


def asked(**changes: str) -> TaxQuestion:
    return msgspec.structs.replace(QUESTION, **changes)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_says_what_is_due_line_by_line(engines: dict[str, tuple[Any, str]], name: str) -> None:
    engine = session(engines, name)
    assert isinstance(engine, TaxEngine) and engine.check()
    (found,) = engine.determine([QUESTION])
    assert found.engine == name and found.question == QUESTION
    # Stripe is asked as if the seller sold; AvaTax says what is due on a purchase, whoever pays it.
    treatment = {"avatax": "sales_or_use", "stripetax": "standard"}[name]
    assert [(x.line, x.treatment, x.rate) for x in found.lines] == [
        ("1", treatment, Decimal("8.875")), ("2", treatment, Decimal("8.875")),
    ]  # fmt: skip
    assert all(isinstance(x.amount, Decimal) for x in found.lines)
    charged = found.once_charged(Decimal("7.99"), Decimal(0))
    assert found.lines[0].amount == Decimal("8.88") and charged and charged.charged == Decimal("7.99")


def test_stripe_does_not_say_what_a_buyer_owes_under_a_reverse_charge(
    engines: dict[str, tuple[Any, str]],
) -> None:
    with pytest.raises(RefusedError, match="at which rate"):
        session(engines, "stripetax").determine(
            [asked(seller_country="FR", buyer_country="DE", buyer_region="")]
        )


@pytest.mark.parametrize("days", [32, -32])
def test_stripe_knows_the_rates_of_a_month_around_today(
    engines: dict[str, tuple[Any, str]], days: int
) -> None:
    far = msgspec.structs.replace(QUESTION, on=QUESTION.on + timedelta(days=days))
    with pytest.raises(RefusedError, match=r"31 days from today.*table of rates"):
        session(engines, "stripetax").determine([far])


def test_every_line_of_a_long_bill_is_determined(engines: dict[str, tuple[Any, str]]) -> None:
    lines = tuple(TaxedLine(line=str(n), net=Decimal(n), category="x") for n in range(1, 131))
    (found,) = session(engines, "stripetax").determine([msgspec.structs.replace(QUESTION, lines=lines)])
    assert [x.line for x in found.lines] == [x.line for x in lines]
    assert found.lines[-1].amount == Decimal("11.54")


@pytest.mark.parametrize("name", ["avatax"])
def test_a_seller_abroad_leaves_the_tax_to_the_buyer(engines: dict[str, tuple[Any, str]], name: str) -> None:
    (found,) = session(engines, name).determine(
        [asked(seller_country="FR", buyer_country="DE", buyer_region="")]
    )
    assert {x.treatment for x in found.lines} == {"reverse_charge"} and found.charged == 0
    assert found.lines[0].amount == Decimal("19.02")


@pytest.mark.parametrize("name", ENGINES)
def test_an_exemption_and_a_place_without_tax(engines: dict[str, tuple[Any, str]], name: str) -> None:
    engine = session(engines, name)
    (found,) = engine.determine([asked(exemption="E-7")])
    assert found.charged == 0 and {x.treatment for x in found.lines} == {"exempt"}
    (found,) = engine.determine([asked(buyer_region="OR")])
    assert found.charged == 0


@pytest.mark.parametrize("name", ENGINES)
def test_a_wrong_key_and_a_wrong_question_name_what_to_do(
    engines: dict[str, tuple[Any, str]], name: str
) -> None:
    wrong = {"avatax": {"license_key": "x"}, "stripetax": {"key": "x"}}[name]
    with pytest.raises(SetupError, match="key"):
        session(engines, name, **wrong).determine([QUESTION])
    with pytest.raises(RefusedError, match="country"):
        session(engines, name).determine([asked(buyer_country="")])


def test_an_outage_is_transient_and_nothing_was_asked(engines: dict[str, tuple[Any, str]]) -> None:
    simulator, _ = engines["avatax"]
    simulator.down = [(NOW - timedelta(minutes=1), NOW + timedelta(minutes=1))]
    before = len(simulator.asked)
    with pytest.raises(TransientError):
        session(engines, "avatax").determine([QUESTION])
    simulator.down = []
    assert len(simulator.asked) == before
