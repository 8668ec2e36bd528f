"""`tieout qualify`: it tries what Tieout needs in a company of its own, tells what differs, and makes nothing where it should not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.conformance.test_odoo_versions import Recording
from tieout.cli.commands import cli
from tieout.connector_api import ConnectorError, SetupError, TransientError
from tieout.connectors.odoo.versions import V18, V19, V20, Differences
from tieout_sandbox.ports import free_port
from tieout_sandbox.qualify import Asked, RefusedToTryError, Report, qualify, verified
from tieout_sandbox.qualify.checks import CHECKS
from tieout_sandbox.qualify.report import AGREED, DIFFERED, Found
from tieout_sandbox.simkit import Answer, serve

pytestmark = pytest.mark.long

# What changes something, however it is asked.
_CHANGING = ("create", "write", "unlink", "load", "action_post", "try_loading", "button_draft")


class Server:
    """The simulator of a version, and an administrator's key of it."""

    def __init__(self, played: Differences) -> None:
        self.odoo, self.port = Recording(played), free_port()
        self.serving = serve({self.port: self.odoo})
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = self.odoo.service.make_key(2)

    def asked(self, **other: Any) -> Asked:
        return Asked(
            **{"url": self.url, "database": "books", "key": self.key, "told_test": True, "many": 4, **other}
        )

    @property
    def changed(self) -> list[str]:
        """What was asked of it that changes something."""
        found = [path.rpartition("/")[2] for path, _ in self.odoo.asked]
        found += [
            str(b["params"]["args"][4])
            for p, b in self.odoo.asked
            if p == "/jsonrpc" and len(b["params"]["args"]) > 4
        ]
        return [name for name in found if name in _CHANGING]

    def table(self, model: str) -> list[dict[str, Any]]:
        return list(self.odoo.service.world.table(model).values())


@contextmanager
def served(played: Differences = V19) -> Iterator[Server]:
    server = Server(played)
    try:
        yield server
    finally:
        server.serving.stop()


def differed(report: Report) -> dict[str, str]:
    return {f.what: f.said for f in report.all() if f.came == DIFFERED}


def a_month(asked: Any, answered: Any) -> list[Found]:
    return [Found("a month", AGREED)]


@pytest.mark.parametrize("played", [V18, V19, V20], ids=lambda p: p.series)
def test_every_version_that_is_known_passes(played: Differences) -> None:
    with served(played) as server:
        report = qualify(server.asked(), month=a_month)
        assert report.passed and not differed(report), differed(report)
        assert [f.what for f in report.conformance] == [" ".join(str(c.__doc__).split()) for c in CHECKS]
        assert report.server["version"] == report.server["record"] == played.series
        assert not report.server["newer"] and "account" in report.server["modules"]
        # Every entry is in the company that was made, and its service account can do nothing more.
        assert {m["company_id"] for m in server.table("account.move")} == {report.company["id"]}
        (user,) = [u for u in server.table("res.users") if u["login"] == report.company["login"]]
        assert not user["active"]
        assert len(report.speed) == 3 and any("Odoo deletes no company" in m for m in report.made)
        # Once more it is another company.
        again = qualify(server.asked(), month=a_month)
        assert again.passed and again.company["name"] == "Tieout qualification 2", again.stopped


def test_a_version_that_nobody_knows_is_tried_all_the_same() -> None:
    with served(V20) as server:
        server.odoo._version["server_version"] = "21.0"
        report = qualify(server.asked(), month=a_month)
        assert report.passed, differed(report)
        assert (report.server["version"], report.server["record"], report.server["newer"]) == (
            "21.0",
            "20.0",
            True,
        )


def test_without_its_month_nothing_passes() -> None:
    with served() as server:
        report = qualify(server.asked())
        assert not report.passed and not differed(report)


def _posts_nothing(path: str, body: bytes) -> Answer | None:
    return Answer(200, b"false") if path.endswith("account.move/action_post") else None


def _forgets_external_ids(path: str, body: bytes) -> Answer | None:
    return Answer(200, b"{}") if path.endswith("account.move/get_external_id") else None


def _has_no_open_items(path: str, body: bytes) -> Answer | None:
    wanted = b"amount_residual_currency" in body and path.endswith("account.move.line/search_read")
    return Answer(200, b"[]") if wanted else None


def _answers_strangely(path: str, body: bytes) -> Answer | None:
    return (
        Answer(200, b'"what?"')
        if path.endswith("account.move.line/formatted_read_group") and b"currency_id" in body
        else None
    )


@pytest.mark.parametrize(
    ("instead", "what"),
    [
        (_posts_nothing, "An effect that is sent three times"),
        (_forgets_external_ids, "What was sent is found by its external id"),
        (_has_no_open_items, "What is open is read whoever made it"),
        (_answers_strangely, "The trial balance is of posted lines"),
    ],
    ids=["posts nothing", "forgets external ids", "has no open items", "answers strangely"],
)
def test_what_does_otherwise_is_named(instead: Callable[[str, bytes], Answer | None], what: str) -> None:
    with served() as server:
        server.odoo.instead = instead
        report = qualify(server.asked(), month=a_month)
        assert not report.passed
        assert [said for name, said in differed(report).items() if name.startswith(what) and said], differed(
            report
        )
        # All the rest was tried, and what was made is told.
        assert len(report.conformance) >= len(CHECKS) and report.made and not report.stopped


def test_rows_of_others_that_moved_are_told() -> None:
    with served() as server:
        call = server.odoo.service.call

        def meanwhile(path: str, body: bytes) -> Answer | None:
            if path.endswith("account.chart.template/try_loading"):
                server.odoo.instead = lambda path, body: None
                call(2, "account.journal", "create", None, {}, {"vals_list": [
                    {"name": "Somebody's", "code": "SOME", "type": "general", "company_id": 1}]})  # fmt: skip
            return None

        server.odoo.instead = meanwhile
        report = qualify(server.asked(), month=a_month)
        assert not report.passed
        (said,) = differed(report).values()
        assert "account.journal: 6 before, 7 now" in said


def test_a_set_up_that_stops_in_between_is_told_with_what_was_made() -> None:
    with served() as server:
        refusal = json.dumps({"name": "odoo.exceptions.UserError", "message": "no chart here"}).encode()
        server.odoo.instead = lambda path, body: (
            Answer(422, refusal) if path.endswith("/try_loading") else None
        )
        report = qualify(server.asked(), month=a_month)
        assert not report.passed and "no chart here" in report.stopped
        assert report.made == [
            "company 2 Tieout qualification 1, set up in part: archive it in Settings, Companies"
        ]
        assert "**It stopped: " in report.page()


# what is refused before anything is made


def _of_few_rights(server: Server) -> Asked:
    users = server.odoo.service.world
    user = next(u for u in server.table("res.users") if u["login"] == "admin")
    names = {g["id"]: g["name"] for g in server.table("res.groups")}
    left = [g for g in user["group_ids"] if names[g] == "base.group_user"]
    users.store.update("res.users", user, {"group_ids": left})
    return server.asked()


def _marked(server: Server) -> Asked:
    server.odoo.service.call(2, "res.partner", "create", None, {}, {"vals_list": [
        {"name": "Tieout marker (do not delete)", "ref": "production:books"}]})  # fmt: skip
    server.odoo.asked.clear()
    return server.asked(told_test=False)


def _older(server: Server) -> Asked:
    server.odoo._version["server_version"] = "17.0"
    return server.asked()


def _page(server: Server) -> Asked:
    page = Answer(200, b"<html>Sign in to the proxy</html>", "text/html")
    server.odoo.instead = lambda path, body: page
    return server.asked()


def _page_for_calls(server: Server) -> Asked:
    page = Answer(200, b"<html>Sign in to the proxy</html>", "text/html")
    server.odoo.instead = lambda path, body: None if path == "/web/version" else page
    return server.asked()


def _own(server: Server) -> Asked:
    return server.asked(own=((server.url + "/", "books"),))


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (lambda s: s.asked(key="wrong"), RefusedToTryError, "refuses this key"),
        (lambda s: s.asked(url=f"http://127.0.0.1:{free_port()}"), TransientError, "cannot be reached"),
        (_page, SetupError, "is no Odoo"),
        (_page_for_calls, ConnectorError, "no Odoo"),
        (_older, SetupError, r"version 18\.0, or 19\.0 or newer, is needed"),
        (_of_few_rights, RefusedToTryError, r"may not make companies \(res.company\).*give the key of an administrator"),
        (lambda s: s.asked(told_test=False), RefusedToTryError, "--test-database books"),
        (_marked, RefusedToTryError, "carries Tieout's marker of production:books"),
        (_own, RefusedToTryError, "what this project posts into"),
    ],
    ids=["wrong key", "unreachable", "proxy", "proxy for calls", "older", "few rights", "no test", "marked", "own books"],
)  # fmt: skip
def test_nothing_is_made_where_it_should_not_be(
    given: Callable[[Server], Asked], error: type[Exception], says: str
) -> None:
    with served() as server:
        asked = given(server)
        with pytest.raises(error, match=says):
            qualify(asked)
        assert server.changed == []


def test_a_database_that_odoo_neutralized_needs_no_word_more() -> None:
    with served() as server:
        parameter = {"key": "database.is_neutralized", "value": "True"}
        server.odoo.service.world.store.insert("ir.config_parameter", parameter)
        report = qualify(server.asked(told_test=False), month=a_month)
        assert report.passed and report.server["why_test"] == "which Odoo has neutralized"


# the report


def test_the_report_holds_and_a_changed_one_does_not() -> None:
    with served() as server:
        report = qualify(server.asked(), month=a_month)
        text = report.as_json()
        content = verified(text)
        assert content["passed"] is True and content["server"]["database"] == "books"
        assert json.loads(text)["sha256"] in report.page()
        for changed in (
            text.replace('"passed": true', '"passed": false'),
            text.replace("books", "bocks"),
            "{}",
            "no",
        ):
            with pytest.raises(ValueError):
                verified(changed)
        assert server.key not in text + report.page()


def test_a_page_shows_what_a_server_says_as_text() -> None:
    with served() as server:
        report = qualify(
            server.asked(), month=lambda asked, answered: [Found("a | month", DIFFERED, "<b>*now*\n| x |")]
        )
        assert "| a \\| month | differed | &lt;b>\\*now\\* \\| x \\| |" in report.page()


# the command


def command(server: Server, tmp_path: Path, *words: str) -> Any:
    given = [
        "qualify",
        "--url",
        server.url,
        "--database",
        "books",
        "--key",
        "env:QUALIFY_KEY",
        "--out",
        str(tmp_path),
    ]
    return CliRunner().invoke(cli, [*given, *words], env={"QUALIFY_KEY": server.key})


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    with served() as server:
        done = command(server, tmp_path, "--test-database", "books", "--orders", "0")
        assert done.exit_code == 1, done.output
        assert "skipped: a small month" in done.output and "did not pass" in done.output
        (written,), (page,) = (
            tmp_path.glob("qualification-19.0-*.json"),
            tmp_path.glob("qualification-19.0-*.md"),
        )
        assert verified(written.read_text())["server"]["version"] == "19.0"
        assert page.read_text().startswith("# Odoo 19.0 did not pass\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--test-database", "bocks"], "--test-database says 'bocks', and the database is 'books'"),
        ([], "nothing says that books at"),
        (["--test-database", "books", "--out", "/nowhere"], "there is no folder /nowhere"),
        (["--test-database", "books", "--key", "secret"], "name the key as env:NAME or file:PATH"),
        (["--url", "", "--test-database", "books"], "--url and --database say which test database is tried"),
    ],
)
def test_the_command_refuses_with_what_to_do(tmp_path: Path, words: list[str], says: str) -> None:
    with served() as server:
        done = command(server, tmp_path, *words)
        assert done.exit_code == 2 and says in done.output, done.output
        assert server.changed == [] and not list(tmp_path.iterdir())
