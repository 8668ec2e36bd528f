"""What people enter of a system: kept apart, never read from this machine, never sent inside it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import httpx2
import pytest

from tieout.connector_api import addresses, guarded, http_client, web
from tieout.operations.discover import discover
from tieout.operations.open_project import OpenProject
from tieout.operations.systems import try_system
from tieout.settings import (
    FileChange,
    ProjectError,
    as_if,
    entered,
    load_project,
    put,
    stage_removal,
    stage_system,
    system_file,
)
from tieout.store import Database

REGISTRY = discover()
PROJECT = """[project]
name = "P"
environment = "test"
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "http://127.0.0.1:1"
key = "env:NO_KEY"
[systems.bank]
connector = "bankfile"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_KEY", "x")
    (tmp_path / "tieout.toml").write_text(PROJECT)
    (tmp_path / "interfaces").mkdir()
    (tmp_path / "mappings").mkdir()
    (tmp_path / "interfaces" / "bank.toml").write_text('system = "bank"\nentity = "US"\n')
    return tmp_path


def in_place(folder: Path, changes: list[FileChange]) -> None:
    for change in changes:
        put(folder, change)


def test_what_was_entered_is_read_again_and_marked_as_entered(folder: Path) -> None:
    secret = 'a "quoted" \\ secret = [x]\u00e9'
    stripe = REGISTRY["stripe"]
    config = entered("shop_money", stripe, {"key": secret}, "test", ())
    changes = stage_system(folder, config, stripe)
    # Nothing of it holds yet; as if it did it can be read.
    assert "shop_money" not in load_project(folder, REGISTRY).systems
    with as_if(folder, changes) as trial:
        assert load_project(trial, REGISTRY).systems["shop_money"].text("key") == secret
    in_place(folder, changes)
    # Once more changes nothing.
    in_place(folder, changes)
    path = system_file(folder, "shop_money")
    assert secret not in path.read_text() and "api.stripe.com" in path.read_text()
    kept = folder / "systems" / "secrets" / "shop_money.key"
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.parent.stat().st_mode & 0o777 == 0o700
    project = load_project(folder, REGISTRY)
    assert project.systems["shop_money"].text("key") == secret
    assert project.systems["shop_money"].private == () and project.systems["odoo"].private is None
    in_place(folder, stage_removal(folder, "shop_money"))
    assert not kept.exists() and "shop_money" not in load_project(folder, REGISTRY).systems


def test_a_name_that_stands_in_the_projects_file_is_taken(folder: Path) -> None:
    before = load_project(folder, REGISTRY).release.sha256
    in_place(
        folder,
        stage_system(folder, entered("other", REGISTRY["ledgers"], {}, "test", ()), REGISTRY["ledgers"]),
    )
    # It is a file like any other: the release is another one.
    assert load_project(folder, REGISTRY).release.sha256 != before
    bank = entered("bank", REGISTRY["bankfile"], {}, "test", ())
    in_place(folder, stage_system(folder, bank, REGISTRY["bankfile"]))
    with pytest.raises(ProjectError, match=r"systems/bank.toml.*tieout.toml already"):
        load_project(folder, REGISTRY)


@pytest.mark.parametrize(
    ("name", "kind", "given", "said"),
    [
        ("Odoo", "odoo", {}, "is no name"),
        ("../x", "odoo", {}, "is no name"),
        ("x" * 41, "odoo", {}, "is no name"),
        ("ok\n", "odoo", {}, "is no name"),
        ("ok", "odoo", {"url": "https://x.example"}, "what is missing: key"),
        ("ok", "odoo", {"hull": "x"}, "has no setting 'hull'"),
        ("ok", "odoo", {"url": "env:HOME", "key": "k"}, "env: and file:"),
        ("ok", "odoo", {"url": "u", "key": "file:/etc/shadow"}, "env: and file:"),
        ("ok", "odoo", {"url": "u", "key": "a\nb"}, "control character"),
        ("ok", "odoo", {"url": "u", "key": "\ud800"}, "control character"),
        ("ok", "payments", {"folder": "/etc"}, "not connected by the browser"),
        ("ok", "sftp", {"host": "inside"}, "not connected by the browser"),
        ("ok", "smtp", {"host": "inside"}, "not connected by the browser"),
    ],
)
def test_what_is_refused_says_which_setting(name: str, kind: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        entered(name, REGISTRY[kind], given, "test", ())


def test_every_setting_that_leads_somewhere_is_an_address_that_is_looked_at() -> None:
    """A connector with another kind of address would go past the guard: name it here and in `Connector.by_browser`."""
    plain = {
        "account", "license_key", "company_code", "key", "secret", "source", "token", "client_id", "client_secret",
        "company", "database", "login", "hosted", "own_log", "webhook_secrets", "business_entity", "refresh_token",
        # Whom an assertion is for is said in it, and asked nowhere.
        "private_key", "username", "audience", "currency",
        # Where a person's consent comes back to is told with a renewal, and asked nowhere.
        "redirect_uri", "external",
    }  # fmt: skip
    for connector in REGISTRY.by_name.values():
        if connector.by_browser:
            assert {f.name for f in connector.config} - plain <= {"url"}, connector.name


def listening() -> tuple[socket.socket, int, list[bytes]]:
    """A server on this machine that keeps what it is asked."""
    server = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                asked.append(peer.recv(4096))
                peer.sendall(
                    b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
                )

    threading.Thread(target=serve, daemon=True).start()
    return server, server.getsockname()[1], asked


def test_a_guarded_client_goes_nowhere_inside_whatever_the_name_says(monkeypatch: pytest.MonkeyPatch) -> None:
    server, port, asked = listening()
    with guarded(()):
        client = http_client(timeout=5)
    for url in (
        f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://localhost:{port}/", "http://169.254.169.254/latest/meta-data/", f"http://0x7f000001:{port}/",
    ):  # fmt: skip
        with pytest.raises(httpx2.ConnectError, match=r"not public|not known"):
            client.get(url)
    # A name that led outside when it was looked at, and inside a moment later: what was looked at is gone to.
    told = iter([["127.0.0.1"], ["10.9.9.9"]])
    monkeypatch.setattr(addresses, "look_up", lambda host, p: next(told))
    monkeypatch.setattr(web, "reach", lambda url, private: addresses.reach(url, private, addresses.look_up))
    with guarded([addresses.ipaddress.ip_network("127.0.0.0/8")]):
        own = http_client(timeout=5, base_url=f"http://books.example:{port}")
    reply = own.get("/json/2")
    # It is asked by its own name, and where it sends us on is not gone to.
    assert reply.status_code == 302 and b"Host: books.example" in asked[0].replace(b"host:", b"Host:")
    with pytest.raises(httpx2.ConnectError, match=r"10\.9\.9\.9"):
        own.get("/json/2")
    server.close()


def test_what_the_projects_own_file_names_is_not_guarded() -> None:
    server, port, asked = listening()
    assert http_client(timeout=5).get(f"http://127.0.0.1:{port}/").status_code == 302
    assert len(asked) == 1
    server.close()


def test_an_address_where_something_else_answers_is_a_step_that_does_not_work(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever somebody enters: a step says so, and nothing breaks. What a grant is given would be kept."""
    monkeypatch.setenv("TIEOUT_DSN", database.dsn)
    server, port, _ = listening()
    with (folder / "tieout.toml").open("a") as file:
        file.write('[telling]\nprivate = ["127.0.0.0/8"]\n')
    project = OpenProject(folder)
    for connector in REGISTRY.by_name.values():
        given = {f.name: "1" for f in connector.config} | {"url": f"http://127.0.0.1:{port}"}
        if (
            connector.by_browser
            and any(f.name == "url" for f in connector.config)
            and "write" not in connector.can
        ):
            steps = try_system(project, "other", connector.name, given)
            assert not steps[-1][1] and steps[-1][2], (connector.name, steps)
    project.close()
    server.close()
