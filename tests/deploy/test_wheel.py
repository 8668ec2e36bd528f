"""The wheel: product and sandbox in one package. The product does without its sandbox, and says what is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.deploy.building import ROOT, build

pytestmark = pytest.mark.long

# Everything that is installed here but the house itself, which stands on the path as the folder src.
RUN = (
    "import sys; sys.path = [{wheel!r}, *(p for p in sys.path if p != {source!r})]; "
    "sys.modules.update(dict.fromkeys({barred!r})); "
    "sys.argv = ['tieout', *{arguments!r}]; from tieout.bootstrap import main; main()"
)
# What the simulators run on beside the product.
SIMULATORS_OWN = ("graphql", "aiosmtpd")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `make wheel` builds it, unpacked."""
    folder = tmp_path_factory.mktemp("whole")
    with zipfile.ZipFile(build(folder)) as packed:
        packed.extractall(folder / "tieout")
    return folder / "tieout"


@pytest.fixture(scope="module")
def product(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a house has it that wants no simulators beside its books."""
    folder = tmp_path_factory.mktemp("product") / "tieout"
    shutil.copytree(whole, folder)
    shutil.rmtree(folder / "tieout_sandbox")
    return folder


def run(folder: Path, *arguments: str, barred: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    code = RUN.format(wheel=str(folder), source=str(ROOT / "src"), arguments=arguments, barred=barred)
    return subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, cwd="/", timeout=120
    )


def test_the_wheel_holds_both_packages_whole(whole: Path) -> None:
    assert {p.name for p in whole.iterdir() if p.suffix == ""} == {"tieout", "tieout_sandbox"}
    for name in ("tieout", "tieout_sandbox"):
        ours = {p.relative_to(ROOT / "src") for p in (ROOT / "src" / name).rglob("*") if p.is_file()}
        wanted = {p for p in ours if p.suffix != ".pyc"}
        assert {p.relative_to(whole) for p in (whole / name).rglob("*") if p.is_file()} == wanted


def test_what_the_product_needs_is_locked_without_the_simulators_libraries(whole: Path) -> None:
    """The container image installs by that lock, and takes the sandbox away."""
    (page,) = whole.glob("*.dist-info/METADATA")
    needs = Parser().parsestr(page.read_text()).get_all("Requires-Dist") or []
    assert {"graphql-core", "aiosmtpd"} <= set(needs)
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    assert "graphql-core" not in locked and "aiosmtpd" not in locked
    image = (ROOT / "deploy" / "container" / "Containerfile").read_text()
    assert "requirements/runtime.txt" in image and re.search(r"rm -r \S+/tieout_sandbox$", image, re.M)


@pytest.mark.parametrize("command", ["demo", "sandbox", "up"])
def test_without_the_sandbox_the_product_says_what_is_missing(
    product: Path, tmp_path: Path, command: str
) -> None:
    empty = tmp_path / "empty"
    done = run(product, command, "--dir", str(empty), barred=SIMULATORS_OWN)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "tieout_sandbox is missing" in done.stderr and "pipx install" in done.stderr
    assert "Traceback" not in done.stderr
    assert not empty.exists() or not list(empty.iterdir())


def test_the_whole_wheel_runs_the_sandbox(whole: Path, tmp_path: Path) -> None:
    done = run(whole, "demo", "--scenario", "nobody's", "--dir", str(tmp_path / "demo"))
    assert done.returncode == 2 and "there are distributor, services" in done.stderr, done.stderr


def test_a_project_of_ones_own_begins_without_the_sandbox(product: Path, tmp_path: Path) -> None:
    done = run(product, "init", str(tmp_path / "books"), barred=SIMULATORS_OWN)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "books" / "tieout.toml").is_file()
