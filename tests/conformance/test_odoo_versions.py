"""Each difference between the versions of Odoo as the connector meets it: over real HTTP, with the simulator playing that version."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tieout.connector_api import RefusedError, Sending, SetupError, SystemConfig, TransientError
from tieout.connectors.odoo import client as client_module
from tieout.connectors.odoo.session import OdooSession, open_session
from tieout.connectors.odoo.versions import V18, V19, V20, Differences
from tieout.documents import (
    CashPosting,
    EntryPosting,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    MatchedLine,
    PartnerRecord,
    UnmatchRequest,
)
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import Answer, serve
from tieout_sandbox.simulators.odoo import Odoo

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
ALL = [V18, V19, V20]


class Recording(Odoo):
    """The simulator, with what it was asked; `instead` answers for it where it has something."""

    def __init__(self, played: Differences) -> None:
        super().__init__(lambda: NOW, played, database="books", admin_password="admin")
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.instead: Callable[[str, bytes], Answer | None] = lambda path, body: None

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        self.asked.append((path, json.loads(body) if body else {}))
        return self.instead(path, body) or super().answer(method, path, query, headers, body)


class Books:
    """A company of a version, and a session of its service account."""

    def __init__(self, played: Differences) -> None:
        self.odoo, port = Recording(played), free_port()
        self.serving = serve({port: self.odoo})
        self.url, self.played = f"http://127.0.0.1:{port}", played
        self.admin = Administrator(self.url, "books", self.odoo.service.make_key(2), played)
        self.company = self.admin.set_up(f"Company {uuid.uuid4().hex[:6]}", date(2026, 10, 1))
        self.session = self.opened()
        self.partner = f"tieout.p_{tag()}"
        self.session.send([Sending(self.partner, PartnerRecord(name="Somebody"))])

    def opened(self, **other: str) -> OdooSession:
        given = {
            "url": self.url,
            "database": "books",
            "key": self.company.key,
            "company": str(self.company.id),
        }
        return open_session(
            SystemConfig("odoo", "odoo", "test", {**given, "login": self.company.login, **other})
        )

    def invoice(self, amount: str = "100.00", taxes: tuple[str, ...] = (), tax: str = "0.00") -> Sending:
        name, total = tag(), Decimal(amount) + Decimal(tax)
        line = InvoiceLine(name="x", quantity=Decimal(1), net=Decimal(amount), account="400000", taxes=taxes)
        return Sending(f"tieout.i_{name}", InvoicePosting(
            refund=False, journal="INV", partner=self.partner, on=date(2026, 10, 5), reference=name, currency="USD",
            tax_totals=dict.fromkeys(taxes, Decimal(tax)), total=total, receivable="121000", match="", lines=(line,),
        ))  # fmt: skip

    def set_company(self, **values: Any) -> None:
        self.admin.call("res.company", "write", ids=[self.company.id], vals=values)

    def write(self, model: str, ids: list[int], **values: Any) -> None:
        self.call(model, "write", ids, vals=values)

    def call(self, model: str, method: str, ids: list[int] | None = None, **given: Any) -> Any:
        """What somebody else does there."""
        context = {"allowed_company_ids": [self.company.id]}
        return self.odoo.service.call(2, model, method, ids, context, given)

    def due_lines(self, moves: list[int]) -> list[int]:
        lines = self.odoo.service.world.table("account.move.line").values()
        return [
            x["id"] for m in moves for x in lines if x["move_id"] == m and x["display_type"] == "payment_term"
        ]

    def entry(self, *lines: tuple[str, str]) -> int:
        """A posted entry of these accounts and balances."""
        accounts = self.odoo.service.world.table("account.account").values()
        codes = {r["code"]: r["id"] for r in accounts if self.company.id in r["company_ids"]}
        commands = [[0, 0, {"account_id": codes[c], "balance": v, "name": "x"}] for c, v in lines]
        given = {"move_type": "entry", "date": "2026-10-06", "line_ids": commands}
        (move,) = self.call("account.move", "create", vals_list=[given])
        self.call("account.move", "action_post", [move])
        return int(move)

    def line_of(self, move: int, code: str) -> int:
        table = self.odoo.service.world.table
        return next(
            x["id"] for x in table("account.move.line").values()
            if x["move_id"] == move and table("account.account")[x["account_id"]]["code"] == code
        )  # fmt: skip


def tag() -> str:
    return uuid.uuid4().hex[:10]


@contextmanager
def opened(played: Differences) -> Iterator[Books]:
    books = Books(played)
    try:
        yield books
    finally:
        books.session.close()
        books.serving.stop()


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    with opened(request.param) as made:
        yield made


def of(*played: Differences) -> Any:
    return pytest.mark.parametrize("books", played, ids=lambda p: p.series, indirect=True)


# the wire


@of(*ALL)
def test_it_says_what_it_is(books: Books) -> None:
    assert books.session.check().startswith(f"Odoo {books.played.series}, company Company ")


@of(V18)
def test_without_login_or_database_the_older_one_says_which_is_missing(books: Books) -> None:
    for given, text in (
        ({"login": ""}, "without login:"),
        ({"login": "", "database": ""}, "database and login:"),
    ):
        with pytest.raises(SetupError, match=text):
            books.opened(**given).check()
    with pytest.raises(SetupError, match="refuses the login 'nobody' in the database 'books'"):
        books.opened(login="nobody").check()


@of(V19)
def test_the_newer_ones_ask_for_neither(books: Books) -> None:
    books.opened(login="", database="").check()


@of(*ALL)
def test_every_call_says_its_language_and_company(books: Books) -> None:
    """Names of taxes and accounts are translated, and users have languages of their own."""
    books.odoo.asked.clear()
    books.session.send([books.invoice(taxes=("15%",), tax="15.00")])
    books.session.trial_balance(date(2026, 10, 31))
    calls = [body for path, body in books.odoo.asked if "version" not in path]
    for body in calls:
        context = body["context"] if "context" in body else body["params"]["args"][-1]["context"]
        assert context["lang"] == "en_US" and context["allowed_company_ids"] == [books.company.id]
    assert len(calls) > 5


@of(*ALL)
def test_sums_by_group_have_one_shape(books: Books) -> None:
    books.session.send([books.invoice("70.00"), books.invoice("30.00")])
    rows = books.session._client.grouped(
        "account.move.line", [["account_id.code", "=", "400000"]], ["account_id", "currency_id"],
        ["amount_currency:sum", "balance:sum", "__count"],
    )  # fmt: skip
    wanted = {"account_id", "currency_id", "amount_currency:sum", "balance:sum", "__count"}
    assert len(rows) == 1 and wanted <= rows[0].keys()
    found = rows[0]
    assert (found["amount_currency:sum"], found["balance:sum"], found["__count"]) == (-100, -100, 2)
    assert isinstance(found["balance:sum"], Decimal) and found["currency_id"][1] == "USD"
    with pytest.raises(ValueError, match="no sum"):
        books.session._client.grouped("account.move.line", [], ["account_id"], ["amount_currency:sum"])


@of(V18)
def test_the_older_one_blanks_amounts_that_are_not_grouped_by_currency(books: Books) -> None:
    books.session.send([books.invoice()])
    rows = books.call("account.move.line", "read_group", domain=[], fields=["amount_currency:sum"],
                      groupby=["account_id"], lazy=False)  # fmt: skip
    assert rows and all(row["amount_currency"] is False for row in rows)


@of(V18)
def test_what_a_company_calls_otherwise_is_given_by_its_place(books: Books) -> None:
    rpc = {"service": "object", "method": "execute_kw"}
    key = books.odoo.service.make_key(2)
    args = ["books", 2, key, "res.company", "write", [[books.company.id]], {"vals": {"name": "X"}}]
    answer = json.loads(books.odoo.answer("POST", "/jsonrpc", "", {}, json.dumps({"params": {**rpc, "args": args}}).encode()).body)  # fmt: skip
    assert answer["error"]["data"]["name"] == "builtins.TypeError"
    administrator = books.opened(key=key, login="admin")
    administrator.set_lock("sale", date(2026, 9, 30))
    assert administrator.locks()["sale"] == date(2026, 9, 30)


@of(V19, V20)
def test_records_that_somebody_holds_are_tried_again(books: Books) -> None:
    sending = books.invoice()
    (first,) = books.session.send([sending])
    move = first.target_id or 0
    books.odoo.service.held["account.move", move] = 2
    assert books.session._client.call("account.move", "write", ids=[move], vals={"narration": "x"}) is True
    books.odoo.service.held["account.move", move] = 99
    with pytest.raises(TransientError, match="somebody else holds it"):
        books.session._client.call("account.move", "write", ids=[move], vals={"narration": "x"})


@of(V20)
def test_a_key_of_before_scopes_is_refused_with_what_to_do(books: Books) -> None:
    key = books.odoo.service.make_key(2, scoped=False)
    with pytest.raises(SetupError, match="make a new one of the scope RPC"):
        books.opened(key=key).check()


@of(V19)
def test_a_key_of_before_scopes_holds_on_the_version_before(books: Books) -> None:
    books.opened(key=books.odoo.service.make_key(2, scoped=False)).check()


@of(V19)
def test_what_is_no_odoo_is_said_to_be_none(books: Books) -> None:
    books.odoo.instead = lambda path, body: Answer(404, b"<html>", "text/html")
    with pytest.raises(SetupError, match=r"is no Odoo 18\.0, 19\.0 or newer"):
        books.opened().check()


@of(V19)
def test_a_proxys_page_is_no_answer(books: Books) -> None:
    books.odoo.instead = lambda path, body: (
        Answer(200, b"<html>sign in", "text/html") if "/json/2" in path else None
    )
    with pytest.raises(SetupError, match="what answers is no Odoo"):
        books.session.trial_balance(date(2026, 10, 31))


@of(V19)
def test_what_is_too_large_for_a_proxy_goes_in_parts(books: Books) -> None:
    def narrow(path: str, body: bytes) -> Answer | None:
        return Answer(413, b"<html>Too Large", "text/html") if len(body) > 2200 else None

    books.odoo.instead = narrow
    batch = [books.invoice(taxes=("NOPE",)) if n == 5 else books.invoice() for n in range(8)]
    wide = books.invoice()
    wide = Sending(wide.external_id, replace_line(wide.body, "y" * 3000))
    outcomes = {o.external_id: o for o in books.session.send([*batch, wide])}
    good = [s.external_id for s in batch if s is not batch[5]]
    assert [outcomes[x].status for x in good] == ["confirmed"] * 7
    assert "NOPE" in outcomes[batch[5].external_id].error
    assert "client_max_body_size" in outcomes[wide.external_id].error


def replace_line(body: Any, name: str) -> Any:
    return msgspec.structs.replace(body, lines=(msgspec.structs.replace(body.lines[0], name=name),))


@of(V19)
def test_nothing_is_sent_that_is_larger_than_the_limit(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_MOST_BYTES", 400)
    asked = len(books.odoo.asked)
    with pytest.raises(RefusedError, match="are sent at most"):
        books.session._client.call("res.partner", "write", ids=[1], vals={"name": "x" * 500})
    assert len(books.odoo.asked) == asked


@of(V18, V19)
def test_one_that_is_refused_takes_no_other_with_it(books: Books) -> None:
    """Of several that are loaded at once Odoo names the first for what the third did."""

    def entry(name: str, *amounts: str) -> Sending:
        lines = tuple(
            LedgerLine(account="400000", amount=Decimal(x), company=Decimal(x), name="x") for x in amounts
        )
        body = EntryPosting(journal="MISC", on=date(2026, 10, 5), reference=name, currency="USD", lines=lines)
        return Sending(f"tieout.e_{tag()}", body)

    def sent(*batch: Sending) -> list[tuple[str, str]]:
        found = {o.external_id: (str(o.status), o.error) for o in books.session.send(batch)}
        return [found[s.external_id] for s in batch]

    good, refused = ("confirmed", ""), ("refused", "The entry is not balanced.")
    a, b, c = entry("A", "10.00", "-10.00"), entry("B", "10.00", "-10.00"), entry("C", "10.00", "-9.00")
    assert sent(a, b, c) == [good, good, refused]
    assert sent(entry("D", "10.00", "-9.00"), entry("E", "10.00", "-10.00")) == [refused, good]


# a copy of the database that lags


@of(V18, V19, V20)
def test_what_a_copy_does_not_know_yet_is_neither_absent_nor_a_draft(books: Books) -> None:
    """Each change is unknown to the next reading; where no copy is read, nobody waits for one."""
    books.odoo.service.lagging = 1
    batch = [books.invoice(taxes=("15%",), tax="15.01"), books.invoice()]
    outcomes = books.session.send(batch)
    assert [(o.status, o.cause) for o in outcomes] == [("confirmed", "")] * 2, outcomes
    assert [o.status for o in books.session.look_up(batch)] == ["confirmed"] * 2


@of(V19)
def test_an_invoice_s_lines_that_a_copy_does_not_know_yet_are_looked_at_again(books: Books) -> None:
    """Else it would be posted with the tax that Odoo works out, and be paid by nothing that bears its key."""
    service = books.odoo.service
    before, late = service.world.store.kept(), []

    def behind(path: str, body: bytes) -> Answer | None:
        asks = json.loads(body).get("domain", []) if path.endswith("account.move.line/search_read") else []
        if ["display_type", "in", ["tax", "payment_term"]] in asks and not late:
            late.append(path)
            service._behind, service._kept = 1, before
        return None

    books.odoo.instead = behind
    sending = books.invoice(taxes=("15%",), tax="15.01")
    body = msgspec.structs.replace(sending.body, match=tag())
    (outcome,) = books.session.send([Sending(sending.external_id, body)])
    assert late and (outcome.status, outcome.cause) == ("confirmed", ""), outcome
    lines = [
        x for x in service.world.table("account.move.line").values() if x["move_id"] == outcome.target_id
    ]
    assert [-x["amount_currency"] for x in lines if x["display_type"] == "tax"] == [Decimal("15.01")]
    assert [x["matching_number"] for x in lines if x["display_type"] == "payment_term"] == [f"I{body.match}"]


@of(V19, V20)
def test_what_is_looked_up_of_a_copy_from_before_it_was_sent_is_there_all_the_same(books: Books) -> None:
    service, batch = books.odoo.service, [books.invoice()]
    before = service.world.store.kept()
    books.session.send(batch)
    service._behind, service._kept = 1, before
    assert [o.status for o in books.session.look_up(batch)] == ["confirmed"]
    assert [o.status for o in books.session.look_up([books.invoice()])] == ["absent"]


@of(V19)
def test_what_was_posted_meanwhile_is_not_refused(books: Books) -> None:
    """Read as a draft of a copy that lags, and posted by another worker."""
    sending = books.invoice()
    posted = []

    def elsewhere(path: str, body: bytes) -> Answer | None:
        if path.endswith("account.move/action_post") and not posted:
            posted.append(1)
            books.call("account.move", "action_post", json.loads(body)["ids"])
        return None

    books.odoo.instead = elsewhere
    (outcome,) = books.session.send([sending])
    assert posted and (outcome.status, outcome.cause) == ("confirmed", ""), outcome


@of(V19)
def test_only_what_is_new_and_may_be_of_a_copy_is_looked_at_twice(books: Books) -> None:
    """Of three invoices somebody sets one back to draft: it alone is looked at again, and once it is known nothing is."""
    batch = [books.invoice() for _ in range(3)]
    ids = [o.target_id or 0 for o in books.session.send(batch)]
    books.call("account.move", "button_draft", ids[1:2])

    def looked_at(batch: list[Sending]) -> tuple[list[str], list[list[int]]]:
        asked = len(books.odoo.asked)
        found = books.session.read_back(batch, ids)
        reads = [body["ids"] for path, body in books.odoo.asked[asked:] if path.endswith("account.move/read")]
        return [o.cause for o in found], reads

    causes, reads = looked_at(batch)
    assert causes == ["", "unposted_in_ledger", ""] and reads == [sorted(ids), ids[1:2]]
    known = books.session.read_back(batch, ids)
    causes, reads = looked_at(
        [replace(s, before=dict(o.read_back)) for s, o in zip(batch, known, strict=True)]
    )
    assert causes == ["", "unposted_in_ledger", ""] and reads == [sorted(ids)]
    books.call("account.move", "action_post", ids[1:2])
    assert looked_at(batch) == (["", "", ""], [sorted(ids)])


# newer, and in between


def test_a_newer_one_is_read_and_posted_to_once_it_was_qualified() -> None:
    with opened(V20) as books:
        books.odoo._version["server_version"] = "21.0"
        session = books.opened()
        assert "warning: Odoo 21.0 is newer than 20.0" in session.check()
        assert session.trial_balance(date(2026, 10, 31)) is not None
        asked = len(books.odoo.asked)
        with pytest.raises(SetupError, match="nothing is posted until this version is qualified"):
            session.send([books.invoice()])
        changing = [
            p for p, _ in books.odoo.asked[asked:] if p.rpartition("/")[2] in ("load", "write", "action_post")
        ]
        assert not changing
        session.let_post(lambda version: version == "20.5")
        with pytest.raises(SetupError):
            session.send([books.invoice()])
        session.let_post(lambda version: version == "21.0")
        assert [o.status for o in session.send([books.invoice()])] == ["confirmed"]


def test_one_in_between_is_sent_what_its_fields_say() -> None:
    for fields, column in ((V20, True), (replace(V20, invoice_columns=(), reviews=False), False)):
        with opened(fields) as books:
            books.odoo._version["server_version"] = "saas~19.4"
            session = books.opened()
            assert [o.cause for o in session.send([books.invoice()])] == [""]
            loads = [body["fields"] for path, body in books.odoo.asked if path.endswith("account.move/load")]
            assert ("document_tax_mode" in loads[-1]) is column


def test_a_server_that_was_away_may_come_back_as_another_version() -> None:
    with opened(V18) as old, opened(V19) as new:
        session = old.session
        assert session._client.differs is V18
        old.serving.stop()
        with pytest.raises(TransientError):
            session.trial_balance(date(2026, 10, 31))
        assert session._client._chosen is None
        assert new.session._client.differs is V19


# the books


@of(*ALL)
def test_net_prices_stay_net_where_the_company_takes_them_as_gross(books: Books) -> None:
    """From 20 on each invoice says it; before, `check` says that each tax must."""
    books.set_company(account_price_include="tax_included")
    said = books.session.check()
    (outcome,) = books.session.send([books.invoice("100.00", ("15%",), "15.00")])
    if books.played is V20:
        assert "warning" not in said and outcome.cause == "", outcome
    else:
        assert "warning: the company takes prices as tax included" in said
        # What goes wrong there is found by reading back.
        assert outcome.cause == "changed_in_ledger", outcome


@of(V20)
def test_accounts_without_a_code_are_told(books: Books) -> None:
    books.call("account.account", "create", vals_list=[{"name": "No code", "account_type": "expense"}])
    assert "1 accounts have no code and cannot be named: No code" in books.session.check()


@of(V18, V19)
def test_accounts_had_to_have_a_code(books: Books) -> None:
    with pytest.raises(Exception, match="must be set for every company"):
        books.call("account.account", "create", vals_list=[{"name": "No code", "account_type": "expense"}])


@of(*ALL)
def test_an_account_that_is_not_used_any_more_refuses_what_is_posted(books: Books) -> None:
    field, value = books.played.archived
    (key,) = books.call("account.account", "search", domain=[["code", "=", "400000"]])
    sending = books.invoice()
    books.session.check()
    books.write("account.account", [key], **{field: value})
    (outcome,) = books.session.send([sending])
    said = "is deprecated" if field == "deprecated" else "is archived"
    assert outcome.status == "refused" and said in outcome.error
    with pytest.raises(Exception, match="Invalid field"):
        books.write("account.account", [key], **{"active" if field == "deprecated" else "deprecated": True})


@of(*ALL)
def test_a_match_is_kept_or_lost_as_an_entry_goes_back_to_draft(books: Books) -> None:
    ids = [o.target_id or 0 for o in books.session.send([books.invoice()])]
    lines = books.due_lines(ids)
    counter = books.entry(("121000", "-100.00"), ("400000", "100.00"))
    books.call("account.move.line", "reconcile", [*lines, books.line_of(counter, "121000")])
    books.call("account.move", "button_draft", ids)
    matched = bool(books.odoo.service.world.table("account.move.line")[lines[0]]["matching_number"])
    assert matched is books.played.reset_keeps_match


@of(*ALL)
def test_lines_of_every_account_are_open_in_the_newest_one(books: Books) -> None:
    """What is open is asked of accounts that are matched alone, so that it is the same."""
    books.session.send([books.invoice("40.00")])
    lines = books.odoo.service.world.table("account.move.line").values()
    income = [x for x in lines if x["balance"] == Decimal("-40.00")]
    assert [bool(x["amount_residual"]) for x in income] == [books.played.residual_everywhere]
    found = books.session.open_items(["121000"], date(2026, 10, 31))
    assert [(i.account, i.residual) for i in found] == [("121000", Decimal("40.00"))]


class Matched(Books):
    """A bank line that we matched with two entries, which somebody matched with one another on another account."""

    def __init__(self, played: Differences) -> None:
        super().__init__(played)
        bank = {
            "journal_id": self._journal("BNKU"),
            "date": "2026-10-06",
            "payment_ref": "paid",
            "amount": 100.0,
        }
        (self.line,) = self.call("account.bank.statement.line", "create", vals_list=[bank])
        one = self.entry(("121000", "60.00"), ("212130", "30.00"), ("400000", "-90.00"))
        two = self.entry(("121000", "40.00"), ("212130", "-30.00"), ("400000", "-10.00"))
        self.theirs = [self.line_of(move, "212130") for move in (one, two)]
        self.call("account.move.line", "reconcile", self.theirs)
        self.due = [self.line_of(move, "121000") for move in (one, two)]
        table = self.odoo.service.world.table("account.move.line")
        (self.moved,) = [
            x["id"] for x in table.values()
            if x["statement_line_id"] == self.line and x["balance"] == Decimal("-100")
        ]  # fmt: skip
        self.suspense = table[self.moved]["account_id"]
        self.write("account.move.line", [self.moved], account_id=table[self.due[0]]["account_id"])
        self.call("account.move.line", "reconcile", [*self.due, self.moved])

    def _journal(self, code: str) -> int:
        rows = self.odoo.service.world.table("account.journal").values()
        return next(int(r["id"]) for r in rows if r["code"] == code and r["company_id"] == self.company.id)

    def unmatch(self) -> Any:
        lines = (
            MatchedLine(line=self.due[0], residual=Decimal("60.00")),
            MatchedLine(line=self.due[1], residual=Decimal("40.00")),
            MatchedLine(line=self.moved, residual=Decimal("-100.00"), partner=-1),
        )
        body = UnmatchRequest(left="", account="121000", lines=lines, statement_lines=(self.line,))
        (outcome,) = self.session.send([Sending(f"tieout.u_{tag()}", body)])
        return outcome

    def joined(self) -> set[frozenset[int]]:
        partials = self.odoo.service.world.table("account.partial.reconcile").values()
        return {frozenset((p["debit_move_id"], p["credit_move_id"])) for p in partials}

    def on_suspense(self) -> Decimal:
        lines = self.odoo.service.world.table("account.move.line").values()
        return sum((x["balance"] for x in lines if x["account_id"] == self.suspense), Decimal(0))


@pytest.mark.parametrize("played", ALL, ids=lambda p: p.series)
def test_undoing_ours_leaves_what_joins_the_same_entries(played: Differences) -> None:
    books = Matched(played)
    try:
        outcome = books.unmatch()
        assert outcome.status == "confirmed", outcome
        assert books.joined() == {frozenset(books.theirs)}
        assert books.on_suspense() == Decimal("-100")
    finally:
        books.serving.stop()


@pytest.mark.parametrize("played", ALL, ids=lambda p: p.series)
def test_a_hashed_journal_takes_no_bank_line_while_one_waits_and_keeps_the_matches_of_what_is_sealed(
    played: Differences,
) -> None:
    books = Matched(played)
    try:
        bank = {"journal_id": books._journal("BNKU"), "date": "2026-10-06", "payment_ref": "x", "amount": 5.0}
        (waiting,) = books.call("account.bank.statement.line", "create", vals_list=[bank])
        books.write("account.journal", [books._journal("BNKU")], restrict_mode_hash_table=True)
        line = LedgerLine(account="121000", amount=Decimal(-9), company=Decimal(-9), name="x")
        body = CashPosting(journal="BNKU", account="101511", on=date(2026, 10, 7), reference="r", label="x",
                           currency="USD", amount=Decimal(9), company=Decimal(9), counterparts=(line,))  # fmt: skip
        sending = Sending(f"tieout.c_{tag()}", body)
        (outcome,) = books.session.send([sending])
        assert outcome.status == "refused" and "Nothing was booked" in outcome.error
        assert [o.status for o in books.session.look_up([sending])] == ["absent"]
        books.call("account.bank.statement.line", "unlink", [waiting])
        assert [o.status for o in books.session.send([sending])] == ["confirmed"]
        before, refused = books.joined(), books.unmatch()
        assert refused.status == "refused" and "is sealed" in refused.error
        assert books.joined() == before
    finally:
        books.serving.stop()


def test_under_review_an_undo_names_the_group_that_it_wants() -> None:
    books = Matched(V20)
    try:
        (theirs,) = [
            key for key, p in books.odoo.service.world.table("account.partial.reconcile").items()
            if p["debit_move_id"] in books.theirs
        ]  # fmt: skip
        move = books.odoo.service.world.table("account.move.line")[books.theirs[0]]["move_id"]
        books.call("account.move", "js_remove_outstanding_partial", [move], partial_id=theirs)
        assert "take bank lines' matches apart under review" not in [r.what for r in books.session.rights()]
        books.set_company(set_to_review_documents=True)
        (asked,) = [r for r in books.session.rights() if "under review" in r.what]
        assert not asked.held and "account.group_account_user" in asked.said
        with pytest.raises(SetupError, match=r"wants the group account\.group_account_user"):
            books.unmatch()
        world = books.odoo.service.world
        (group,) = [g["id"] for g in world.table("res.groups").values() if g["name"] == V20.undo_group]
        (user,) = [u for u in world.table("res.users").values() if u["login"] == books.company.login]
        world.store.update("res.users", user, {"group_ids": [*user["group_ids"], group]})
        assert [r.held for r in books.session.rights() if "under review" in r.what] == [True]
        assert books.unmatch().status == "confirmed"
    finally:
        books.serving.stop()
