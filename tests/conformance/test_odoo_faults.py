"""What Odoo, or the way to it, does wrong while something is sent: each effect is there exactly once in the end, and is told as what it is.

The texts are those of Odoo 18 and 19 (`load` and `_sql_error_to_message_generic` of BaseModel, `retrying` of odoo/service/model.py,
`serialize_exception` of odoo/http.py) and of PostgreSQL 15.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.conformance.test_odoo_versions import ALL, Books, opened, tag
from tieout.connector_api import Outcome, Sending, SetupError, TransientError, UnknownOutcomeError
from tieout.connectors.odoo.session import OdooSession
from tieout.connectors.odoo.versions import V18, V19, V20, Differences
from tieout.documents import CashPosting, EntryPosting, LedgerLine
from tieout_sandbox.simkit import Answer
from tieout_sandbox.simulators.odoo import Odoo

pytestmark = pytest.mark.long

ON = date(2026, 10, 7)


@pytest.fixture(params=[V18, V19], ids=lambda p: p.series)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    with opened(request.param) as made:
        yield made


def called(path: str, body: bytes) -> str:
    """What is called, such as "account.move.load", by either transport."""
    if path.startswith("/json/2/"):
        return ".".join(path.removeprefix("/json/2/").split("/"))
    arguments = json.loads(body)["params"]["args"] if path == "/jsonrpc" else []
    return ".".join(arguments[3:5]) if len(arguments) > 4 else ""


def failing(books: Books, name: str, text: str, status: int = 500) -> Answer:
    """A failure as Odoo serializes it."""
    said = {"name": name, "message": text, "arguments": [text], "context": {}, "debug": "Traceback …"}
    if books.played is V18:
        error = {"code": 200, "message": "Odoo Server Error", "data": said}
        return Answer(200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())
    return Answer(status, json.dumps(said).encode())


def result(books: Books, value: Any) -> Answer:
    return Answer(
        200,
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": value} if books.played is V18 else value).encode(),
    )


def not_loaded(books: Books, text: str, record: int = 0) -> Answer:
    """What `load` answers where one of its records failed: nothing of all of them happened."""
    message = {"type": "error", "record": record, "rows": {"from": record, "to": record}, "message": text}
    return result(books, {"ids": False, "messages": [message], "nextrow": 0})


def strike(
    books: Books, what: str, answer: Callable[[str, bytes], Answer | None], times: int = 1
) -> list[str]:
    """Let `answer` speak in place of the server the next `times` that `what` is called; who was struck."""
    struck: list[str] = []

    def instead(path: str, body: bytes) -> Answer | None:
        if called(path, body) != what or len(struck) >= times:
            return None
        struck.append(what)
        return answer(path, body)

    books.odoo.instead = instead
    return struck


def batch_of(books: Books, count: int = 3) -> list[Sending]:
    """Invoices with the source's own tax and a match key: every call that an invoice is made of."""
    made = [books.invoice(taxes=("15%",), tax="15.01") for _ in range(count)]
    return [Sending(s.external_id, msgspec.structs.replace(s.body, match=tag())) for s in made]


def cash(name: str) -> Sending:
    line = LedgerLine(account="121000", amount=Decimal(-9), company=Decimal(-9), name="x")
    return Sending(f"tieout.c_{name}", CashPosting(
        journal="BNKU", account="101511", on=ON, reference=name, label="x", currency="USD",
        amount=Decimal(9), company=Decimal(9), counterparts=(line,),
    ))  # fmt: skip


def insisted(
    session: Callable[[], OdooSession], batch: Sequence[Sending]
) -> tuple[list[Outcome], list[Exception]]:
    """As a worker does it: what is unknown is looked up, what is absent or waits is sent again."""
    met: list[Exception] = []
    for _ in range(6):
        try:
            if met and isinstance(met[-1], UnknownOutcomeError):
                found = session().look_up(batch)
                if all(o.status == "confirmed" for o in found):
                    return found, met
            return session().send(batch), met
        except (TransientError, SetupError, UnknownOutcomeError) as error:
            met.append(error)
    raise AssertionError(f"it never went through: {met}")


def is_once(books: Books, batch: Sequence[Sending], outcomes: Sequence[Outcome]) -> None:
    """Each stands there exactly once, posted, with its own tax and its key, and is told as that."""
    assert [(str(o.status), o.cause, o.error) for o in outcomes] == [("confirmed", "", "")] * len(batch), (
        outcomes
    )
    moves = books.odoo.service.world.table("account.move").values()
    lines = list(books.odoo.service.world.table("account.move.line").values())
    for sending in batch:
        (move,) = [m for m in moves if m["ref"] == sending.body.reference]  # type: ignore[union-attr]
        assert move["state"] == "posted"
        own = [x for x in lines if x["move_id"] == move["id"]]
        if wanted := getattr(sending.body, "tax_totals", None):
            sign = 1 if sending.body.refund else -1  # type: ignore[union-attr]
            assert [sign * x["amount_currency"] for x in own if x["display_type"] == "tax"] == list(
                wanted.values()
            )
            keys = [x["matching_number"] for x in own if x["display_type"] == "payment_term"]
            assert keys == [f"I{sending.body.match}" if sending.body.match else False]  # type: ignore[union-attr]


# turned away


@pytest.mark.parametrize(
    "what", ["account.move.load", "account.move.line.load", "account.move.action_post", "account.move.read"]
)
def test_429_is_waited_out_as_long_as_it_says_and_posts_once(books: Books, what: str) -> None:
    for after, waits in (("1", False), ("45", True)):
        batch = batch_of(books)
        away = Answer(429, b"<html>Too Many Requests</html>", "text/html", {"retry-after": after})
        struck = strike(books, what, lambda path, body, away=away: away)  # type: ignore[misc]
        outcomes, met = insisted(lambda: books.session, batch)
        assert struck, "it was never called"
        # What is asked for in seconds is waited; longer is the lane's to wait, which no call goes around.
        assert [getattr(e, "retry_after", None) for e in met] == ([45.0] if waits else []), met
        is_once(books, batch, outcomes)


def test_413_goes_in_parts_whatever_is_loaded(books: Books) -> None:
    """Also the lines that are completed: they are loaded at once for all invoices."""
    batch = batch_of(books, 6)
    narrow: dict[str, int] = {"account.move.load": 3000, "account.move.line.load": 420}

    def instead(path: str, body: bytes) -> Answer | None:
        most = narrow.get(called(path, body))
        return (
            Answer(413, b"<html>Request Entity Too Large</html>", "text/html")
            if most and len(body) > most
            else None
        )

    books.odoo.instead = instead
    outcomes, met = insisted(lambda: books.session, batch)
    assert not met
    is_once(books, batch, outcomes)


# somebody holds it


HELD = [
    ("psycopg2.errors.LockNotAvailable", 'could not obtain lock on row in relation "ir_sequence"\n'),
    ("psycopg2.errors.LockNotAvailable", "canceling statement due to lock timeout\n"),
    (
        "psycopg2.errors.DeadlockDetected",
        "deadlock detected\nDETAIL:  Process 7 waits for ShareLock on transaction 1\n",
    ),
    ("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update\n"),
    ("odoo.exceptions.ConcurrencyError", "another transaction made it"),
    ("odoo.exceptions.LockError", "Cannot grab a lock on records"),
]


@pytest.mark.parametrize(("name", "text"), HELD)
def test_what_somebody_holds_is_posted_once_he_lets_go(books: Books, name: str, text: str) -> None:
    batch = batch_of(books)
    struck = strike(books, "account.move.action_post", lambda path, body: failing(books, name, text), times=7)
    outcomes, met = insisted(lambda: books.session, batch)
    assert len(struck) == 7 and [type(e) for e in met] == [TransientError], met
    is_once(books, batch, outcomes)


@pytest.mark.parametrize("text", [text for name, text in HELD if name != "odoo.exceptions.ConcurrencyError"])
@pytest.mark.parametrize(
    "what", ["account.move.load", "account.move.line.load", "account.bank.statement.line.load"]
)
def test_a_load_that_meets_a_lock_is_loaded_again_and_is_no_case(books: Books, what: str, text: str) -> None:
    """`load` answers 200 and names a record: that one is not bad."""
    batch = [cash(tag()) for _ in range(2)] if "statement" in what else batch_of(books, 2)
    struck = strike(books, what, lambda path, body: not_loaded(books, text))
    outcomes, _ = insisted(lambda: books.session, batch)
    assert struck
    is_once(books, batch, outcomes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("psycopg2.OperationalError", "server closed the connection unexpectedly\n"),
        ("psycopg2.errors.AdminShutdown", "terminating connection due to administrator command\n"),
        ("psycopg2.errors.QueryCanceled", "canceling statement due to statement timeout\n"),
        ("psycopg2.pool.PoolError", "The Connection Pool Is Full"),
        ("psycopg2.InterfaceError", "connection already closed"),
    ],
)
@pytest.mark.parametrize("what", ["account.move.load", "account.move.action_post", "account.move.read"])
def test_a_database_that_goes_away_under_odoo_is_no_wrong_address(
    books: Books, what: str, name: str, text: str
) -> None:
    batch = batch_of(books)
    struck = strike(
        books, what, lambda path, body: failing(books, name, text), times=6 if what.endswith("read") else 2
    )
    outcomes, met = insisted(lambda: books.session, batch)
    assert struck and met
    assert not [e for e in met if isinstance(e, SetupError)], met
    is_once(books, batch, outcomes)


@pytest.mark.parametrize(
    ("name", "text"), [("builtins.Exception", "CPU time limit exceeded."), ("builtins.MemoryError", "")]
)
@pytest.mark.parametrize("what", ["account.move.load", "account.move.action_post"])
def test_what_is_more_than_a_worker_of_odoo_may_do_goes_in_parts(
    books: Books, what: str, name: str, text: str
) -> None:
    batch = batch_of(books, 4)

    def too_much(path: str, body: bytes) -> Answer | None:
        given = json.loads(body)
        named = given if books.played is not V18 else {}
        places = given["params"]["args"] if not named else []
        ids = named.get("ids") or named.get("data") or (places[5][-1] if places else [])
        return failing(books, name, text) if len(ids) > 2 else None

    struck = strike(books, what, too_much, times=3)
    outcomes, _ = insisted(lambda: books.session, batch)
    assert struck
    is_once(books, batch, outcomes)


def test_a_load_in_which_a_limit_struck_goes_in_parts(books: Books) -> None:
    """Odoo takes the limit for what is wrong with a record."""
    batch = batch_of(books, 4)
    text = "Unknown error during import: <class 'Exception'>: CPU time limit exceeded."
    struck = strike(books, "account.move.load", lambda path, body: not_loaded(books, text))
    outcomes, met = insisted(lambda: books.session, batch)
    assert struck and not met
    is_once(books, batch, outcomes)


# answers that do not come whole


def answered(books: Books, path: str, body: bytes) -> bytes:
    """What the server does and says."""
    headers = {"authorization": f"bearer {books.company.key}", "x-odoo-database": "books"}
    return Odoo.answer(books.odoo, "POST", path, "", headers, body).body


@pytest.mark.parametrize(
    "what",
    [
        "account.move.load",
        "account.move.line.load",
        "account.move.action_post",
        "account.move.read",
        "account.move.line.search_read",
    ],
)
def test_an_answer_that_is_cut_is_looked_up_and_posted_once(books: Books, what: str) -> None:
    """Cut by something before Odoo that then ends it well: its length is right, its JSON is not."""
    batch = batch_of(books)

    def cut(path: str, body: bytes) -> Answer:
        whole = answered(books, path, body)
        return Answer(200, whole[: len(whole) // 2])

    struck = strike(books, what, cut, times=4 if "load" not in what and "post" not in what else 1)
    outcomes, met = insisted(lambda: books.session, batch)
    assert struck and not [e for e in met if isinstance(e, SetupError)], met
    is_once(books, batch, outcomes)


# a key that ends in the middle


@pytest.mark.parametrize("what", ["account.move.line.load", "account.move.action_post", "account.move.read"])
def test_a_key_that_is_revoked_in_the_middle_is_told_and_another_goes_on(books: Books, what: str) -> None:
    batch = batch_of(books)
    keys, table = books.odoo.service.keys, books.odoo.service.world.table("res.users.apikeys")
    owner = books.odoo.service.holder(books.company.key)
    assert owner is not None

    def revoke(path: str, body: bytes) -> None:
        table.pop(keys[books.company.key], None)

    struck = strike(books, what, revoke)
    with pytest.raises(SetupError, match="refuse"):
        books.session.send(batch)
    assert struck and books.odoo.service.holder(books.company.key) is None
    with pytest.raises(SetupError, match="refuse"):
        books.opened().send(batch)
    another = books.opened(key=books.odoo.service.make_key(owner))
    outcomes, met = insisted(lambda: another, batch)
    assert not met
    is_once(books, batch, outcomes)


# a journal whose entries are sealed


@pytest.mark.parametrize("played", ALL, ids=lambda p: p.series)
def test_in_a_hashed_journal_what_is_taken_back_is_reversed_and_never_set_to_draft(
    played: Differences,
) -> None:
    with opened(played) as books:
        journals = books.odoo.service.world.table("account.journal").values()
        hashed = [
            r["id"] for r in journals if r["code"] in ("INV", "MISC") and r["company_id"] == books.company.id
        ]
        books.write("account.journal", hashed, restrict_mode_hash_table=True)
        books.odoo.asked.clear()
        sold = books.invoice(taxes=("15%",), tax="15.01")
        back = books.invoice(taxes=("15%",), tax="15.01")
        back = Sending(back.external_id, msgspec.structs.replace(back.body, refund=True))
        entry = [
            Sending(f"tieout.e_{tag()}", EntryPosting(
                journal="MISC", on=ON, reference=f"E{sign}", currency="USD",
                lines=tuple(LedgerLine(account=a, amount=Decimal(v) * sign, company=Decimal(v) * sign, name="x")
                            for a, v in (("400000", "7.00"), ("600000", "-7.00"))),
            ))
            for sign in (1, -1)
        ]  # fmt: skip
        for batch in ([sold], [back], [entry[0]], [entry[1]]):
            outcomes, met = insisted(lambda: books.session, batch)
            assert not met
            is_once(books, batch, outcomes)
            assert [
                o.cause for o in books.session.read_back(batch, [o.target_id or 0 for o in outcomes])
            ] == [""]
        asked = {
            called(path, json.dumps(body).encode()).rpartition(".")[2] for path, body in books.odoo.asked
        }
        assert not asked & {"button_draft", "unlink", "button_cancel"}, asked
        moves = books.odoo.service.world.table("account.move").values()
        ours = [m for m in moves if m["company_id"] == books.company.id]
        assert {m["state"] for m in ours} == {"posted"}


# a copy of the database that lags by more than is waited


@pytest.mark.parametrize("played", [V19, V20], ids=lambda p: p.series)
def test_what_a_copy_does_not_know_for_long_is_sent_again_and_is_there_once(played: Differences) -> None:
    with opened(played) as books:
        service, batch = books.odoo.service, batch_of(books)
        before = service.world.store.kept()

        def behind(path: str, body: bytes) -> None:
            service._behind, service._kept = 1, before

        outcomes = books.session.send(batch)
        is_once(books, batch, outcomes)
        # Each search finds nothing: it is called absent, and sent again.
        books.odoo.instead = lambda path, body: (
            behind(path, body) if called(path, body).endswith("search_read") else None
        )
        assert {str(o.status) for o in books.session.look_up(batch)} == {"absent"}
        books.odoo.instead = lambda path, body: None
        service._behind = 0
        is_once(books, batch, books.session.send(batch))
        is_once(books, batch, books.session.look_up(batch))
