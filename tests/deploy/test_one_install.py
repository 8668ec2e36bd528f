"""From the built wheels, in an environment of its own and by one command, `tieout demo` and `tieout up` work: for an ordinary
user, for root, and for a root who may have no user namespace, as in most containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.deploy.building import ROOT, build
from tests.integration.barred import none_left

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be each of them"),
]
Become = Callable[[], None] | None
USER = 65534


def as_user() -> None:
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)


WHO: dict[str, Become] = {"an ordinary user": as_user, "root": None, "root in a container": none_left}


def _interpreter() -> str:
    """One that an ordinary user may run, of the version that the tests run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}"):
        try:
            done = subprocess.run(
                [python, "-c", "import ssl, sqlite3"], preexec_fn=as_user, cwd="/", check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    pytest.skip(f"no Python {version} that an ordinary user may run")


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """The command `tieout`, as `make install` has pipx or uv install it: one environment, with what the packages ask for."""
    folder = Path(tempfile.mkdtemp(prefix="tieout-install-", dir="/tmp"))
    folder.chmod(0o755)
    subprocess.run([_interpreter(), "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    locked = (ROOT / "requirements" / "sandbox.txt").read_text()
    versions = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==[^\s;\\]+(?: ; [^\\\n]+)?", locked, re.M)
    (folder / "constraints").write_text("\n".join(re.sub(r"\[.*?\]", "", v) for v in versions))
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--python", str(folder / "venv" / "bin" / "python"),
            "install", "-c", str(folder / "constraints"), *map(str, build(folder).values()),
        ],
        capture_output=True, text=True, check=False, umask=0o022,
    )  # fmt: skip
    if "No matching distribution" in done.stderr or "ConnectionError" in done.stderr:
        shutil.rmtree(folder)
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr[-2000:]
    yield folder / "venv" / "bin" / "tieout"
    shutil.rmtree(folder)


@pytest.fixture(params=WHO)
def somebody(request: pytest.FixtureRequest) -> Iterator[tuple[Path, Become]]:
    """Somebody with an empty home."""
    home = Path(tempfile.mkdtemp(prefix="tieout-home-", dir="/tmp"))
    if WHO[request.param] is as_user:
        os.chown(home, USER, USER)
    yield home, WHO[request.param]
    shutil.rmtree(home)


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "HOME": str(home),
        "COLUMNS": "400",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_the_demo_runs(installed: Path, somebody: tuple[Path, Become]) -> None:
    home, become = somebody
    done = subprocess.run(
        [str(installed), "demo", "--orders", "14", "--json"], capture_output=True, text=True, check=False,
        preexec_fn=become, cwd=home, env=environment(home), timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    assert json.loads(done.stdout)["evidence"]["verified"]


def test_up_in_an_empty_folder_serves_a_company(installed: Path, somebody: tuple[Path, Become]) -> None:
    home, become = somebody
    log = home.with_suffix(".log")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(installed), "up", "--dir", "books"], stdout=file, stderr=file, preexec_fn=become, cwd=home,
            env=environment(home),
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 300
        while (found := re.search(r"Tieout is up: (http://localhost:\d+)/", log.read_text())) is None:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        assert "Sign in" in httpx2.get(f"{found[1]}/sign-in").text
        # Nobody else reads what is kept.
        data = home / "books" / ".tieout" / "postgres" / "data"
        assert data.stat().st_mode & 0o777 == 0o700 and data.parent.parent.stat().st_mode & 0o777 == 0o700
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(120)
    assert ended == 0, log.read_text()
    log.unlink()
