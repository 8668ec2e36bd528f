"""Every operation of the API with what its description allows and with what it does not: no 5xx, and no answer
that is not described. Here one case of each operation, right for every second one and wrong for the others; `make campaign-api` sends a
thousand of each kind."""

from __future__ import annotations

import itertools
import os
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.integration.test_identity_api import ONESELF, OPEN, routes
from tests.simulation.house import House
from tieout.cases import NewCase, open_cases

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("TIEOUT_API_EXAMPLES", "0"))
# A part of the paths, where only some are asked.
ONLY = os.environ.get("TIEOUT_API_ONLY", "")
# One would end the session that asks; the other is a stream, which has tests of its own.
LEFT_OUT = {("DELETE", "/session"), ("GET", "/events")}


def _case(now: datetime) -> NewCase:
    """One that is open, whatever those before decided."""
    return NewCase(
        cause="unmatched_bank_line", interface="bank", entity="US", period="2026-10", source_key="of the fuzzing",
        amount=Decimal("4.20"), currency="USD", recovery="solve it", detail="invented", owner="ar", opened_at=now,
        due_at=now,
    )  # fmt: skip


@pytest.fixture(scope="module")
def asked(busy_house: House) -> tuple[House, dict[str, str]]:
    """A whole project after its month, and somebody who may do anything there."""
    for role in ("controller", "administrator", "integrator", "operator", "auditor"):
        busy_house.grant("fern", role)
    with busy_house.connection.transaction():
        open_cases(busy_house.connection, [_case(busy_house.now())], "test")
    # What is let go of, signed out or reset must not be who asks.
    return busy_house, busy_house.session("fern")[1]


def operations(web: House) -> list[Any]:
    # Imported where it is asked: every worker that collects would wait for it.
    import schemathesis

    schema = schemathesis.openapi.from_url(f"{web.base}/api/v1/openapi.json")
    return [f for f in (found.ok() for found in schema.get_all_operations()) if ONLY in f.path]


def checks() -> list[Any]:
    """What every answer is held to."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks as described

    return [
        not_a_server_error,
        described.status_code_conformance,
        described.content_type_conformance,
        described.response_schema_conformance,
    ]


def about(house: House) -> dict[str, list[str]]:
    """Things of the entity that there is, by the name that a path or a parameter has for them."""

    def some(sql: str) -> list[str]:
        return [str(next(iter(r.values()))) for r in house.connection.execute(sql.encode())]

    payout = "kind = 'provider_movement' and content::jsonb ->> 'category' = 'payout'"
    return {
        "case_id": some("select case_id from tieout.cases order by state = 'open' desc, case_id limit 3"),
        "document_id": some("select document_id from tieout.document where state = 'posted' limit 2")
        + some(f"select document_id from tieout.document where {payout} limit 1"),
        "request_id": ["1"],
        "name": [
            *some("select distinct interface from tieout.document limit 2"),
            "volumes",
            "cash",
            "ageing",
        ],
        "entity": ["US"],
        "period": ["2026-10"],
        "table": ["accounts"],
        "number": ["1"],
    }


def test_somebody_of_another_entity_is_told_nothing_of_this_one(asked: tuple[House, dict[str, str]]) -> None:
    """Every reading operation, with the numbers of things that there are: a role of another entity opens none."""
    house, _ = asked
    for role in ("controller", "auditor", "integrator"):
        house.grant("dora", role, "DE")
    http = house.api("dora")
    keys = {
        r["source_key"] for r in house.connection.execute("select source_key from tieout.document limit 400")
    }
    there, tried = about(house), 0
    for route in routes():
        if "GET" not in route.methods or route.name in OPEN | ONESELF | {"events"}:
            continue
        names = re.findall(r"{(\w+)}", route.path)
        for values in itertools.product(*(there.get(n, ["1"]) for n in names)):
            path = route.path.format(**dict(zip(names, values, strict=True)))
            reply = http.get(path, params={"entity": "US", "side": "cash", "interface": "shop_us", "period": "2026-10",
                                           "currency": "USD", "bucket": "posted"})  # fmt: skip
            plain = http.get(path, params={"side": "cash"})
            for told in (reply, plain):
                tried += 1
                assert told.status_code in (200, 403, 404, 422), (path, told.status_code)
                if told.status_code == 200 and not path.startswith(("/mappings", "/access", "/event-types")):
                    assert '"US"' not in told.text and not any(f'"{k}"' in told.text for k in keys), (
                        path,
                        told.text[:300],
                    )
    assert tried > 80
    # What changes something is refused as well, and is as if it were not there.
    case = there["case_id"][0]
    for path, body in (
        (f"/cases/{case}/solve", {"reason": "because"}), (f"/cases/{case}/replay", {}), (f"/cases/{case}/try", {}),
        (f"/cases/{case}/notes", {"text": "x"}), ("/cases/solve", {"cases": [int(case)], "reason": "because"}),
        ("/interfaces/shop_us/pause", {"reason": "because"}), ("/interfaces/shop_us/run", {}),
        ("/interfaces/shop_us/replay", {"since": "2026-10-01", "until": "2026-10-31"}),
        ("/closes/US/2026-10/sign", {}), ("/closes/US/2026-10/look", {}), ("/closes/US/2026-10/lock", {}),
        ("/matches/join", {"entity": "US", "lines": [1]}), ("/matches/book", {"entity": "US", "line": 1, "account": "bank_fees"}),
        ("/payment-runs", {"entity": "US", "pay_on": "2026-10-31"}),
    ):  # fmt: skip
        reply = http.post(path, json=body)
        assert reply.status_code in (403, 404), (path, reply.status_code, reply.text)
    assert house.connection.execute("select count(*) as n from tieout.paused").fetchone() == {"n": 0}


def test_months_and_days_at_the_ends_of_the_calendar_are_refused_or_answered(
    asked: tuple[House, dict[str, str]],
) -> None:
    house, headers = asked
    http = httpx2.Client(base_url=f"{house.base}/api/v1", headers=headers, timeout=120)
    for period, status in (
        ("9999-12", 422),
        ("0001-01", 422),
        ("2199-12", 200),
        ("1970-01", 200),
        ("2026-10", 200),
    ):
        assert http.get(f"/closes/US/{period}").status_code == status, period
        assert http.post(f"/closes/US/{period}/sign", json={"tasks": ["none"]}).status_code in (409, 422), (
            period
        )
        cell = {"interface": "bank", "entity": "US", "period": period, "currency": "USD", "bucket": "posted"}
        assert http.get("/tie-out/documents", params=cell).status_code in (200, 422)
    for since, until in (("0001-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31")):
        body = {"since": since, "until": until}
        assert http.post("/interfaces/bank/replay/try", json=body).status_code == 200
        assert http.post(
            "/payment-runs", json={"entity": "US", "pay_on": until, "dry": True}
        ).status_code in (200, 409)
    days = http.get("/closes/US/2026-10").json()["days"]
    assert len(days) % 7 == 0 and days[0]["day"] == "2026-10-26"
    # All Saints' is a Sunday; Monday is the first business day.
    assert [d["business_day"] for d in days if d["day"] in ("2026-10-31", "2026-11-01", "2026-11-02")] == [
        None,
        None,
        1,
    ]
    assert sum(len(d["due"]) for d in days) == len(http.get("/closes/US/2026-10").json()["tasks"])


def test_a_mapping_is_changed_whole_by_whoever_saw_it_as_it_is(asked: tuple[House, dict[str, str]]) -> None:
    house, headers = asked
    http = httpx2.Client(base_url=f"{house.base}/api/v1", headers=headers, timeout=120)
    path = house.project.settings.folder / "mappings" / "taxes.csv"
    before = path.read_bytes()
    seen = http.get("/mappings/taxes").json()["seen"]
    # What a spreadsheet would take for a formula goes out plain, and comes back as it was.
    odd = path.read_text().rstrip("\n") + "\n=cmd|'/c calc'!A1,15%,2026-01-01,\n'quoted,15%,,\n-7,15%,,\n"
    body = {"content": odd, "seen": seen, "reason": "a try"}
    for wrong, status in (
        ({**body, "seen": "0" * 64}, 409), ({**body, "content": "key\nx\n"}, 422), ({**body, "reason": ""}, 422),
        ({**body, "content": odd + "=cmd|'/c calc'!A1,16%,2026-05-01,\n"}, 422), ({**body, "content": odd + "x,y,soon,\n"}, 422),
    ):  # fmt: skip
        reply = http.put("/mappings/taxes", json=wrong)
        assert reply.status_code == status and path.read_bytes() == before, reply.text
    assert http.put("/mappings/nothing", json=body).status_code == 404
    done = http.put("/mappings/taxes", json=body)
    assert done.status_code == 200 and len(done.json()["added"]) == 3, done.text
    out = http.get("/mappings/taxes/csv").text
    assert "'=cmd" in out and "''quoted" in out and "\n-7," in out.replace("\r", "")
    seen = http.get("/mappings/taxes").json()["seen"]
    again = http.put("/mappings/taxes", json={"content": out, "seen": seen, "reason": "the same"})
    assert again.json()["added"] == [] and again.json()["removed"] == []
    # Who looked before it was changed is told, and nothing of theirs is in force.
    late = http.put("/mappings/taxes", json={**body, "content": before.decode()})
    assert late.status_code == 409
    row = house.connection.execute(
        "select detail from tieout.evidence where action = 'mapping.changed' and actor = 'fern'"
    ).fetchone()
    assert row is not None and "a try" in row["detail"]
    path.write_bytes(before)


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_whatever_is_sent_is_answered_as_described(asked: tuple[House, dict[str, str]], mode: str) -> None:
    from schemathesis import Case, GenerationMode

    web, headers = asked
    held_to, tried = checks(), 0
    asked_for = [o for o in operations(web) if (o.method.upper(), o.path) not in LEFT_OUT]
    if not EXAMPLES:
        asked_for = asked_for[mode == "negative" :: 2]
    for operation in asked_for:

        @seed(7)
        @settings(
            max_examples=max(1, EXAMPLES),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate] if EXAMPLES < 2 else list(Phase),
        )
        @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)))
        def send(case: Case) -> None:
            nonlocal tried
            tried += 1
            web.connection.execute("delete from tieout.throttle")
            reply = case.call(base_url=f"{web.base}/api/v1", headers=headers, allow_redirects=False)
            case.validate_response(reply, checks=held_to)

        try:
            send()
        except Exception as error:
            if "Unsatisfiable" not in type(error).__name__:
                raise
    assert tried > (0 if ONLY else 20 * max(1, EXAMPLES))
