"""Without a rate no kind of document is converted, by us or by the ledger; the same currency needs none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.golden.fixtures import documents_of, samples
from tieout.connector_api import LedgerFacts
from tieout.documents import Document, InvoicePosting, PaymentPosting, decode_document
from tieout.documents.posting import ledger_lines
from tieout.processes import Facts, Plan, plan_document
from tieout.rules import Entity, Interface, Mapping, Release

ON = date(2026, 10, 15)


class _Anything(Mapping):
    """Whatever is asked for is there."""

    def get(self, key: str, on: date) -> str:
        return f"{self.table[:2]}{abs(hash(key)) % 1000}"


@dataclass(frozen=True)
class _Open(Release):
    def _table(self, name: str) -> Mapping:
        return _Anything(name, ())


def _documents() -> list[Any]:
    found = []
    for path, stream in samples():
        for told in documents_of(path, stream):
            found.append(
                pytest.param(
                    path.parents[1].name, told, id=f"{path.parents[1].name}:{path.name}:{len(found)}"
                )
            )
    return found


def _plan(connector: str, told: Any, own: str, rate: Decimal | None) -> Plan:
    document: Document = decode_document(json.dumps(told).encode())
    release = _Open("0" * 64, {"X": Entity("X", "X", own or document.currency, "UTC", "odoo")}, {}, {})
    interface = Interface("i", connector, "X", ("s",), "o", "p")
    return plan_document(document, 1, Facts(rate=rate, patience_over=True), release, interface, ON)


@pytest.mark.parametrize(("connector", "told"), _documents())
def test_no_kind_of_document_is_converted_without_a_rate(connector: str, told: Any) -> None:
    plan = _plan(connector, told, "CHF", None)
    bodies = [e.body for e in plan.effects]
    assert not any(isinstance(body, InvoicePosting | PaymentPosting) for body in bodies)
    # What is matched in the ledger carries the ledger's own two amounts, and needs no rate.
    for line in (line for body in bodies for line in ledger_lines(body)):
        assert connector == "odoo", line
    assert _plan(connector, told, "", None).decision == _plan(connector, told, "", Decimal(1)).decision


def test_documents_of_every_process_would_be_converted() -> None:
    """The test above is about something: what is refused for the rate alone."""
    refused = {
        told["kind"]
        for connector, told in (p.values for p in _documents())
        if _plan(connector, told, "CHF", None).reason == "missing_rate"
    }
    assert refused >= {"customer_invoice", "journal_entry", "provider_movement", "statement_line"}


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_that_is_not_above_zero_is_none(rate: str) -> None:
    assert LedgerFacts(None, {"JPY": [(ON, Decimal(rate))]}).rate("JPY", ON) is None
