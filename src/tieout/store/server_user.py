"""Under whose id the embedded PostgreSQL runs, which refuses to run as root.

Whoever owns its data runs it (decision 0085): an ordinary user theirs. Root runs what is root's in a user namespace, and where
the kernel bars those (most containers, every chroot) gives its data to an id that nobody else has. The server reaches
its data by the folder that it is started in, so the folders above may stay closed to everybody; of the programs it gets a copy
where it cannot reach those that are installed.

Ids that no account has: systemd's table of them leaves 60578 to 61183 to nobody
(https://systemd.io/UIDS-GIDS/). `initdb` alone insists on an id that the machine has a name for
(get_user_name in PostgreSQL's src/common/username.c), and borrows one.
"""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from tieout.store.errors import EmbeddedServerError
from tieout.store.server_programs import reachable

_FREE = range(60578, 61184)
_ROOT = 0
# Where a process finds the folder that it was started in, whoever may reach that by its name.
_WHERE_STARTED = "/proc/self/cwd"
# A server under another id is told nothing else: secrets of the environment are not its business.
_TOLD = ("PATH", "LANG", "LC_ALL", "TZ")
_PROBE_S = 20.0


@dataclass(frozen=True)
class ServerUser:
    """Who runs the server: ourselves, ourselves in a user namespace (`namespace`), or another id (`other`), with its group."""

    uid: int
    gid: int
    way: Literal["own", "namespace", "other"]

    def start(self, words: Sequence[str], data: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a command of the server in a session of its own; OSError where it cannot be started."""
        return subprocess.Popen(
            self._command(words), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            **self._options(data),
        )  # fmt: skip

    def run(
        self, words: Sequence[str], data: Path, files: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the server to its end; it has the open `files`, too. OSError where it cannot be started."""
        return subprocess.run(
            self._command(words), capture_output=True, text=True, check=False, pass_fds=files, **self._options(data)
        )  # fmt: skip

    def place_of(self, data: Path) -> str:
        """How the server is told where its data are. EmbeddedServerError where it cannot be told."""
        if self.way != "other":
            return str(data)
        if not Path(_WHERE_STARTED).exists():
            raise EmbeddedServerError(
                "/proc is not mounted here, and root may have no user namespace: mount it (mount -t proc proc /proc), run "
                "Tieout as an ordinary user, or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
            )
        return _WHERE_STARTED

    @contextlib.contextmanager
    def lent(self, path: Path) -> Iterator[tuple[str, Sequence[int]]]:
        """A small file of ours, for a command of this user: how it is named there, and what is open in it for that. No copy of
        it is left anywhere."""
        if self.way != "other":
            yield str(path), ()
            return
        handle = os.memfd_create(path.name)
        try:
            os.write(handle, path.read_bytes())
            yield f"/proc/self/fd/{handle}", (handle,)
        finally:
            os.close(handle)

    def programs(self, installed: Path) -> Path:
        """The folder with the server's programs, for this user: the one that is installed, or a copy. EmbeddedServerError
        where there is neither."""
        return reachable(installed, self._runs) if self.way == "other" else installed

    def own(self, path: Path) -> None:
        """Give this user a file or an empty folder. Raises EmbeddedServerError where we may not."""
        if self.way == "other":
            try:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
            except OSError as error:
                raise EmbeddedServerError(_NOT_LET.format(uid=self.uid, why=error.strerror)) from None

    def _runs(self, programs: Path) -> bool:
        try:
            return self.run([str(programs / "postgres"), "--version"], Path("/")).returncode == 0
        except OSError:
            return False

    def _command(self, words: Sequence[str]) -> list[str]:
        return [*_namespace(), *words] if self.way == "namespace" else list(words)

    def _options(self, data: Path) -> dict[str, Any]:
        if self.way != "other":
            return {}
        told = {name: os.environ[name] for name in _TOLD if name in os.environ}
        # The folder is entered before the id is given up.
        return {
            "user": self.uid, "group": self.gid, "extra_groups": (), "umask": 0o077, "cwd": data, "env": told,
        }  # fmt: skip


_NOT_LET = (
    "the embedded PostgreSQL would run under the id {uid}, and this root may not give files to others ({why}): run Tieout as an "
    "ordinary user, or set dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
)


def user_of(data: Path) -> ServerUser:
    """Who runs the server whose data lie in `data`, or shall lie there. Data that are still root's where root may have no user
    namespace are to be given to who that is. Raises EmbeddedServerError."""
    me = os.geteuid()
    try:
        found = data.stat()
    except FileNotFoundError:
        found = None
    except PermissionError:
        raise another(data.parent) from None
    owner = me if found is None else found.st_uid
    if me != _ROOT:
        if owner != me:
            raise another(data)
        return ServerUser(me, os.getegid(), "own")
    if owner != _ROOT and found is not None:
        return ServerUser(owner, found.st_gid, "other")
    if namespaces_allowed():
        return ServerUser(_ROOT, _ROOT, "namespace")
    uid = _free_id(data)
    return ServerUser(uid, uid, "other")


def creator_for(user: ServerUser) -> ServerUser:
    """Who makes a cluster that `user` will run: they themselves, or an id that the machine has a name for."""
    if user.way != "other" or _named(user.uid):
        return user
    uid = named_id()
    return ServerUser(uid, pwd.getpwuid(uid).pw_gid, "other")


def give(folder: Path, user: ServerUser) -> None:
    """Give a folder and all that is in it to a user, the folder itself last: who owns that owns all of it. Nothing where they do."""
    if user.way != "other" or folder.stat().st_uid == user.uid:
        return
    for path in _depth_first(folder):
        user.own(path)


def private_folder(path: Path, user: ServerUser) -> None:
    """A folder that this user alone may enter, made where it is not there. EmbeddedServerError where its place is taken by
    somebody else, who could answer in the server's stead."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (user.uid, os.geteuid()):
        raise EmbeddedServerError(
            f"{path} is somebody else's: the server's socket should lie there. Remove it"
        )
    path.chmod(0o700)
    user.own(path)


def namespaces_allowed() -> bool:
    """Whether this process may have a user namespace, which is tried."""
    try:
        done = subprocess.run([*_namespace(), "true"], capture_output=True, check=False, timeout=_PROBE_S)
    except (OSError, subprocess.TimeoutExpired, EmbeddedServerError):
        return False
    return done.returncode == 0


def as_user(command: list[str]) -> list[str]:
    """A command that does not run as root, in a user namespace where we are root: there root is an ordinary user."""
    return command if os.geteuid() != _ROOT else [*_namespace(), *command]


def named_id() -> int:
    """An id that the machine has a name for and under which nothing runs; root's never. Raises EmbeddedServerError."""
    busy = _running()
    known = sorted({p.pw_uid for p in pwd.getpwall()} - {_ROOT})
    if not known:
        raise EmbeddedServerError(
            "this machine knows no user but root, and PostgreSQL makes no database as root: add one (useradd tieout), or set "
            "dsn in tieout.toml or TIEOUT_DSN to a PostgreSQL 15 or newer"
        )
    return next((uid for uid in known if uid not in busy), known[-1])


def _namespace() -> list[str]:
    # Within it the id is one that has a name, without it initdb does nothing.
    uid = named_id()
    return ["unshare", "--user", f"--map-user={uid}", f"--map-group={pwd.getpwuid(uid).pw_gid}"]


def another(path: Path) -> EmbeddedServerError:
    """What is told of a folder that is another user's."""
    whose = "another user"
    with contextlib.suppress(OSError, KeyError):
        # Of what nobody may look at, the first folder above that can be looked at says whose it is.
        seen = next(p for p in (path, *path.parents) if os.access(p.parent, os.X_OK) and p.exists())
        whose = pwd.getpwuid(seen.stat().st_uid).pw_name
    return EmbeddedServerError(
        f"{path} belongs to {whose}, and you may not read it: start Tieout as {whose}, or let its owner give you the whole "
        "project (chown -R)"
    )


def _free_id(data: Path) -> int:
    """An id that no account, group or process has, for one folder the same each time if it can be."""
    busy = _running()
    first = int.from_bytes(hashlib.sha256(str(data).encode()).digest()[:4], "big") % len(_FREE)
    for n in range(len(_FREE)):
        uid = _FREE[(first + n) % len(_FREE)]
        if uid not in busy and not _named(uid) and not _is_group(uid):
            return uid
    raise EmbeddedServerError(f"every id of {_FREE[0]} to {_FREE[-1]} is somebody's: set dsn in tieout.toml")


def _named(uid: int) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def _is_group(gid: int) -> bool:
    with contextlib.suppress(KeyError):
        return bool(grp.getgrgid(gid))
    return False


def _running() -> set[int]:
    """Under which ids something runs."""
    found = set()
    with contextlib.suppress(OSError):
        for path in Path("/proc").iterdir():
            if path.name.isdigit():
                with contextlib.suppress(OSError):
                    found.add(path.stat().st_uid)
    return found


def _depth_first(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, topdown=False):
        # A link to a folder is named among the folders, and not gone into.
        yield from (Path(here) / name for name in files)
        yield from (path for name in folders if (path := Path(here) / name).is_symlink())
        yield Path(here)
