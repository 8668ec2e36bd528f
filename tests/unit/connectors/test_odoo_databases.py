"""Which database answers, as an Odoo tells it, or does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tieout.connector_api import RefusedError, SetupError, TransientError
from tieout.connectors.odoo.answers import KeyRefusedError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.databases import NOT_TOLD, database_of, hold_database
from tieout.connectors.odoo.versions import V18, V19, V20, Differences


@dataclass
class Client:
    """A client that is answered one thing, or one error."""

    said: Any
    database: str = "books"
    differs: Differences = V19
    url: str = "https://books.example.com"
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def call(self, model: str, method: str, context: Any = None) -> Any:
        self.asked.append((model, method, context))
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def of(client: Client) -> OdooClient:
    return cast(OdooClient, client)


def test_the_one_that_is_meant_is_asked_once_for_no_company() -> None:
    client = Client({"db": "books", "uid": None})
    assert hold_database(of(client)) == ""
    assert client.asked == [("ir.http", "session_info", {"allowed_company_ids": []})]


def test_another_one_is_refused_with_both_names() -> None:
    with pytest.raises(
        SetupError, match=r"is the database books-copy, and books is asked for.*Put 'books-copy' as database"
    ):
        hold_database(of(Client({"db": "books-copy"}, differs=V20)))
    with pytest.raises(SetupError):
        hold_database(of(Client({"db": "Books"})))


@pytest.mark.parametrize(
    "said",
    [None, False, [], ["books"], "books", {}, {"db": None}, {"db": False}, {"db": ["books"]}, {"db": 7}],
)
def test_what_tells_no_name_is_warned_of_and_is_no_refusal(said: Any) -> None:
    assert database_of(of(Client(said))) == ""
    assert hold_database(of(Client(said))) == NOT_TOLD


@pytest.mark.parametrize("error", [RefusedError("no"), SetupError("no such method")])
def test_who_may_not_ask_is_warned(error: Exception) -> None:
    assert hold_database(of(Client(error))) == NOT_TOLD


@pytest.mark.parametrize("error", [KeyRefusedError("no", "no"), TransientError("away")])
def test_a_key_that_is_refused_and_a_server_that_is_away_are_that(error: Exception) -> None:
    with pytest.raises(type(error)):
        hold_database(of(Client(error)))


@pytest.mark.parametrize(
    "client", [Client({"db": "other"}, database=""), Client({"db": "other"}, differs=V18)]
)
def test_where_none_is_named_or_each_call_names_it_nothing_is_asked(client: Client) -> None:
    assert hold_database(of(client)) == "" and not client.asked
