"""One call on the wire in two ways, and what comes back of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tieout.connectors.odoo.answers import Failure
from tieout.connectors.odoo.transports import Call, Json2, JsonRpc

CONTEXT = {"lang": "en_US"}


def call(model: str, method: str, ids: list[int] | None = None, **arguments: Any) -> Call:
    return Call(model, method, ids, CONTEXT, arguments)


def test_json_2_names_what_it_gives() -> None:
    path, body = Json2().request(call("res.company", "write", [1], vals={"name": "x"}))
    assert path == "/json/2/res.company/write"
    assert body == {"ids": [1], "vals": {"name": "x"}, "context": CONTEXT}


@pytest.mark.parametrize(
    ("asked", "places", "named"),
    [
        # `write` of a company calls `values` what others call `vals`: by its place it is neither.
        (call("res.company", "write", [1], vals={"name": "x"}), [[1], {"name": "x"}], {}),
        (call("account.move", "action_post", [1, 2]), [[1, 2]], {}),
        (call("account.move", "read", [1], fields=["name"]), [[1], ["name"]], {}),
        (call("account.move", "load", fields=["id"], data=[["a"]]), [["id"], [["a"]]], {}),
        (call("res.partner", "search_read", domain=[], fields=["name"], order="id", limit=5), [[], ["name"]],
         {"order": "id", "limit": 5}),
        # What stands behind an argument that is left out goes by its name.
        (call("res.partner", "search_read", fields=["name"]), [], {"fields": ["name"]}),
        (call("account.move.line", "read_group", domain=[], fields=["debit:sum"], groupby=["account_id"], lazy=False),
         [[], ["debit:sum"], ["account_id"]], {"lazy": False}),
        (call("account.move", "has_access", [], operation="create"), [[], "create"], {}),
        (call("account.move", "js_remove_outstanding_partial", [4], partial_id=9), [[4], 9], {}),
        (call("res.users", "context_get"), [], {}),
    ],
)  # fmt: skip
def test_json_rpc_gives_by_place_what_everybody_knows(asked: Call, places: list[Any], named: Any) -> None:
    path, body = JsonRpc("books", 7, "secret").request(asked)
    assert (path, body["params"]["service"], body["params"]["method"]) == ("/jsonrpc", "object", "execute_kw")
    assert body["params"]["args"] == [
        "books", 7, "secret", asked.model, asked.method, places, {**named, "context": CONTEXT},
    ]  # fmt: skip


def reply(status: int, text: str) -> httpx2.Response:
    return httpx2.Response(status, text=text, headers={"content-type": "application/json"})


def test_an_amount_is_its_own_text_in_both() -> None:
    rpc = JsonRpc("", 0, "").result(reply(200, '{"jsonrpc": "2.0", "id": 1, "result": [0.1]}'))
    for found in (Json2().result(reply(200, "[0.1]")), rpc):
        assert found == [Decimal("0.1")] and isinstance(found[0], Decimal)


@pytest.mark.parametrize(
    "answer", ['{"jsonrpc": "2.0", "id": 1}', '{"jsonrpc": "2.0", "id": 1, "result": null}']
)
def test_json_rpc_leaves_out_what_is_nothing_or_says_null(answer: str) -> None:
    assert JsonRpc("", 0, "").result(reply(200, answer)) is None
    assert Json2().result(reply(200, "null")) is None


def test_an_error_of_json_rpc_has_its_name_and_status_200() -> None:
    text = '{"error": {"code": 200, "message": "Odoo Server Error", "data": {"name": "odoo.exceptions.UserError", "message": "no"}}}'
    assert JsonRpc("", 0, "").result(reply(200, text)) == Failure(
        "odoo.exceptions.UserError", "no", 200, reply(200, text).headers
    )
    found = JsonRpc("", 0, "").result(reply(200, '{"error": {"code": 404, "message": "404: Not Found"}}'))
    assert isinstance(found, Failure) and found.name == "werkzeug.exceptions.NotFound"


@pytest.mark.parametrize("transport", [Json2(), JsonRpc("", 0, "")])
def test_a_page_is_a_failure_of_nobody(transport: Any) -> None:
    for status in (200, 502, 404):
        found = transport.result(httpx2.Response(status, text="<html>"))
        assert isinstance(found, Failure) and (found.name, found.status) == ("", status)


def test_what_only_reads_is_known_by_its_method() -> None:
    assert (
        call("a", "read_group").reading
        and call("a", "search_read").reading
        and call("a", "has_group").reading
    )
    assert not any(call("a", m).reading for m in ("load", "write", "action_post", "reconcile", "create"))
