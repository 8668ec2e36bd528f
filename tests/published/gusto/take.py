"""Gusto's answers to documents: by its client, over HTTP, and its normaliser.

A payroll that was published by itself is listed as one, and a row of a list is asked for by itself, with nobody in it unless it names
them. Each person whom it names is of a department.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Answer, Replay
from tieout.connector_api import SystemConfig
from tieout.connectors.gusto.connector import CONNECTOR
from tieout.documents import Document

NOW = datetime(2026, 11, 30, tzinfo=UTC)
_BASE = "/v1/companies/c-1"


def take(payload: Payload) -> list[Document]:
    """What is listed is polled once; further persons of a payroll stand in the file beside, as its second page."""
    told = json.loads(payload.body)
    answers = (
        _contractors(payload.body) if payload.stream == "contractor_payments" else _payrolls(payload, told)
    )
    found: list[Document] = []
    with Replay(answers) as server:
        settings = {"url": server.url, "company": "c-1", "token": "t"}
        session = CONNECTOR.open(SystemConfig("gusto", "gusto", "test", settings))
        page = session.poll(payload.stream, {"since": "2026-11-29", "seen": {}}, NOW)
        for item in page.items:
            found += CONNECTOR.stream(payload.stream).documents(item.body, payload.options)
        session.close()
        assert not page.more and not server.strange
    return found


def _contractors(body: bytes) -> dict[tuple[str, str], Any]:
    return {("GET", f"{_BASE}/contractor_payments"): _paged(body, 1)}


def _payrolls(payload: Payload, told: Any) -> dict[tuple[str, str], Any]:
    rows: list[dict[str, Any]] = told if isinstance(told, list) else [told]
    beside = payload.path.with_suffix(".beside.json")
    more = [beside.read_bytes()] if beside.exists() else []
    listed = [{k: v for k, v in r.items() if k != "employee_compensations"} for r in rows]
    answers: dict[tuple[str, str], Any] = {
        ("GET", f"{_BASE}/payrolls"): _paged(json.dumps(listed).encode(), 1)
    }
    people: dict[str, int] = {}
    for row in rows:
        pages = [json.dumps(row).encode(), *more]
        key = row.get("payroll_uuid") or row["uuid"]
        answers[("GET", f"{_BASE}/payrolls/{key}")] = [_paged(p, len(pages)) for p in pages]
        for page in pages:
            for person in json.loads(page).get("employee_compensations") or ():
                people.setdefault(person["employee_uuid"], 100 * (1 + len(people) % 2))
    employees = [{"uuid": k, "department": str(v)} for k, v in people.items()]
    answers[("GET", f"{_BASE}/employees")] = _paged(json.dumps(employees).encode(), 1)
    return answers


def _paged(body: bytes, pages: int) -> Answer:
    return Answer(body, headers={"Content-Type": "application/json", "X-Total-Pages": str(pages)})
