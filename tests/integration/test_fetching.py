"""Files on an SFTP server: a real client and a real server on loopback."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.test_process import Clock
from tests.stages import forget_failures, step
from tieout.connector_api import RemoteFolder, SetupError, SystemConfig, TransientError
from tieout.inbox import FetchStage
from tieout.operations.discover import discover
from tieout.rules import Arrival, Entity, Interface, Release
from tieout.store import Database
from tieout_sandbox.ports import free_port
from tieout_sandbox.simulators.sftp import SftpServer

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bankfiles"
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


class Place:
    """A server, its folder, and what a client needs to know."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server, self.port = SftpServer(folder, user="meridian", password="pw"), free_port()
        self.server.start(self.port)

    def open(self, **changes: Any) -> Any:
        given = {"host": "127.0.0.1", "port": str(self.port), "user": "meridian", "password": "pw",
                 "host_key": self.server.host_key, "folder": ".", "key": "", **changes}  # fmt: skip
        return discover()["sftp"].open(SystemConfig("files", "sftp", "test", given))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "remote"
    folder.mkdir()
    made = Place(folder)
    yield made
    made.server.stop()


def put(place: Place, name: str, to: str = "") -> None:
    shutil.copy(GOLDEN / name, place.folder / (to or name))


def test_a_folder_is_listed_and_its_files_are_read_whole(place: Place) -> None:
    put(place, "mt940.ing.invented.sta")
    (place.folder / ".hidden").write_text("x")
    (place.folder / "sub").mkdir()
    session = place.open()
    assert isinstance(session, RemoteFolder)
    assert [f.name for f in session.list_files()] == ["mt940.ing.invented.sta"]
    assert session.fetch("mt940.ing.invented.sta") == (GOLDEN / "mt940.ing.invented.sta").read_bytes()
    assert "1 files in ." in session.check()
    place.server.cut()
    with pytest.raises(TransientError):
        session.fetch("mt940.ing.invented.sta")
    assert session.fetch("mt940.ing.invented.sta")
    session.close()


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"password": "wrong"}, "refuses user"), ({"host_key": "ecdsa-sha2-nistp256 AAAA"}, "another host key"),
     ({"folder": "nowhere"}, "cannot list nowhere"), ({"key": "no key"}, "private key for 127.0.0.1 cannot be read")],
)  # fmt: skip
def test_a_wrong_setting_is_told_with_what_to_do(place: Place, changes: dict[str, str], says: str) -> None:
    with pytest.raises(SetupError, match=says):
        place.open(**changes).list_files()


def test_a_private_key_logs_in_where_the_server_knows_it(place: Place) -> None:
    import io

    import paramiko

    key, text = paramiko.ECDSAKey.generate(), io.StringIO()
    key.write_private_key(text)
    place.server.known = key.get_base64()
    assert place.open(password="", key=text.getvalue().strip()).list_files() == []
    place.server.known = ""
    with pytest.raises(SetupError, match="refuses user"):
        place.open(password="", key=text.getvalue()).list_files()


def test_a_server_that_is_away_is_waited_for(place: Place) -> None:
    session = place.open(port=str(free_port()))
    with pytest.raises(TransientError):
        session.list_files()
    with pytest.raises(SetupError):
        place.open().fetch("nothing.sta")


def test_new_files_are_taken_once_broken_ones_become_a_case_and_nothing_changes_there(
    place: Place, database: Database
) -> None:
    put(place, "mt940.ing.invented.sta")
    (place.folder / "broken.sta").write_text("no statement")
    clock = Clock(NOW)
    release = Release("0" * 64, {"US": Entity("US", "US", "EUR", "UTC", "odoo")},
                      {"bank": Interface("bank", "bank", "US", ("statements",), "o", "p", arrival=Arrival(settle_seconds=0))}, {})  # fmt: skip
    session, reader = place.open(), discover()["bankfile"].open(SystemConfig("bank", "bankfile", "test", {}))
    stage = FetchStage((("bank", "files"),), lambda: release, lambda _: session, lambda _: reader, clock)
    connection = database.connect(autocommit=True)

    def messages() -> int:
        return int(database.rows("select count(*) as n from tieout.message")[0]["n"])

    assert step(stage, connection) and messages() == 1
    assert [c["cause"] for c in database.rows("select cause from tieout.cases")] == ["unreadable_file"]
    assert not step(stage, connection), "it is not due again yet"
    # The same under another name, and a new one: one more message.
    put(place, "mt940.ing.invented.sta", "again.sta")
    put(place, "mt940.knab.invented.sta")
    clock.at += timedelta(hours=2)
    assert step(stage, connection) and messages() == 2
    assert len(database.rows("select 1 from tieout.cases")) == 1
    clock.at += timedelta(hours=2)
    place.server.cut()
    assert not step(stage, connection), "the line was cut: it waits"
    forget_failures(connection)
    assert step(stage, connection) and messages() == 2
    assert sorted(p.name for p in place.folder.iterdir()) == [
        "again.sta", "broken.sta", "mt940.ing.invented.sta", "mt940.knab.invented.sta"]  # fmt: skip
    connection.close()


def _keys() -> dict[str, paramiko.PKey]:
    """A server's keys, one of each type, as OpenSSH makes them."""
    made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return {
        "ssh-rsa": paramiko.RSAKey.generate(2048),
        "ssh-ed25519": paramiko.Ed25519Key.from_private_key(io.StringIO(made.decode())),
        "ecdsa-sha2-nistp256": paramiko.ECDSAKey.generate(),
    }


def test_of_a_server_with_several_keys_the_pinned_one_is_asked_for(tmp_path: Path) -> None:
    keys = _keys()
    server, port = SftpServer(tmp_path, user="meridian", password="pw", keys=list(keys.values())), free_port()
    server.start(port)
    given = {
        "host": "127.0.0.1",
        "port": str(port),
        "user": "meridian",
        "password": "pw",
        "key": "",
        "folder": ".",
    }

    def check(pinned: str) -> str:
        session = discover()["sftp"].open(
            SystemConfig("files", "sftp", "test", {**given, "host_key": pinned})
        )
        try:
            return str(session.check())
        finally:
            session.close()

    try:
        for name, key in keys.items():
            assert "0 files" in check(f"{name} {key.get_base64()} bank@example")
        with pytest.raises(SetupError, match="another host key"):
            check(f"ssh-rsa {keys['ssh-ed25519'].get_base64()}")
        with pytest.raises(SetupError, match="begins with 'SHA256:x': the type of a key was expected"):
            check("SHA256:x")
    finally:
        server.stop()


def test_a_server_without_a_key_of_the_pinned_type_is_for_a_person(place: Place) -> None:
    with pytest.raises(SetupError, match="pins a key of the type 'ssh-ed25519'; ask the bank"):
        place.open(host_key=f"ssh-ed25519 {_keys()['ssh-ed25519'].get_base64()}").check()
