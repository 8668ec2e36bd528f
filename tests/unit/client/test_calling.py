"""The client reaches every operation of the API's description, each as it says, and says what is wrong before anything is sent."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx2
import pytest
from deploy.client import description, table

import tieout.client
from tieout.client import Client, ProblemError, operations

DESCRIBED = {
    told["operationId"]: (method.upper(), path, told)
    for path, methods in description()["paths"].items()
    for method, told in methods.items()
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[httpx2.Request]:
    """Every request that is sent; each is answered with an empty object."""
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    real = httpx2.Client
    monkeypatch.setattr(
        httpx2, "Client", lambda **given: real(transport=httpx2.MockTransport(answer), **given)
    )
    return sent


def test_the_table_is_the_description() -> None:
    written = Path(tieout.client.__file__).with_name("operations.json").read_text()
    assert written == table(), "`make client` writes it again"
    assert set(operations()) == set(DESCRIBED) and len(DESCRIBED) > 140


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_operation_is_called_as_it_is_described(name: str, heard: list[httpx2.Request]) -> None:
    method, path, told = DESCRIBED[name]
    parameters = {
        p["name"]: f"a/{n} b"
        for n, p in enumerate(told.get("parameters", ()))
        if p["in"] in ("path", "query")
    }
    body = {"amount": Decimal("0.10"), "on": date(2026, 10, 3)} if "requestBody" in told else None
    with Client("https://books.example.com", "KEY") as client:
        assert client.call(name, body, **parameters) == {}
    (request,) = heard
    asked, _, sent = request.url.raw_path.decode().partition("?")
    assert request.method == method and request.headers["authorization"] == "Bearer KEY"
    filled = path.format(**{k: quote(v, safe="") for k, v in parameters.items()})
    assert asked == f"/api/v1{filled}"
    query = {p["name"]: parameters[p["name"]] for p in told.get("parameters", ()) if p["in"] == "query"}
    assert dict(parse_qsl(sent)) == query
    assert ("idempotency-key" in request.headers) == (method != "GET")
    if body is None:
        assert request.content == b""
    else:
        assert json.loads(request.content) == {"amount": "0.10", "on": "2026-10-03"}


@pytest.mark.parametrize(
    ("name", "given", "error", "said"),
    [
        ("clos", {}, LookupError, "did you mean 'close'"),
        ("close", {"entity": "US"}, TypeError, "close needs period"),
        (
            "close",
            {"entity": "US", "period": "2026-10", "month": 1},
            TypeError,
            "takes entity, period, not month",
        ),
        ("payment_runs", {}, TypeError, "payment_runs needs entity"),
        ("solve", {"case_id": 1}, TypeError, "solve takes a body"),
        ("case", {"case_id": 1, "body": {}}, TypeError, "case takes no body"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_sent(
    name: str, given: dict[str, Any], error: type[Exception], said: str, heard: list[httpx2.Request]
) -> None:
    with Client("https://books.example.com", "KEY") as client, pytest.raises(error, match=said):
        client.call(name, **given)
    assert not heard


def test_answers_are_json_or_bytes_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = {
        "/api/v1/papers/tie-out": httpx2.Response(
            200, content=b"%PDF", headers={"content-type": "application/pdf"}
        ),
        "/api/v1/session": httpx2.Response(204),
        "/api/v1/cases/7": httpx2.Response(
            404, json={"type": "urn:tieout:problem:case", "detail": "no case"}
        ),
        "/api/v1/payouts": httpx2.Response(200, json={"items": [{"amount": "0.10"}], "next": None}),
    }
    real = httpx2.Client
    transport = httpx2.MockTransport(lambda request: replies[request.url.path])
    monkeypatch.setattr(httpx2, "Client", lambda **given: real(transport=transport, **given))
    with Client("https://books.example.com", "KEY") as client:
        assert client.call("tie_out_paper") == b"%PDF"
        assert client.call("sign_out") is None
        assert list(client.each("payouts")) == [{"amount": "0.10"}]
        with pytest.raises(ProblemError, match="404 case: no case"):
            client.call("case", case_id=7)
