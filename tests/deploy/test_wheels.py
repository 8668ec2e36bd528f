"""The two wheels: the product does without its sandbox and says what to install; both together run it."""

from __future__ import annotations

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
    "import sys; sys.path = [{wheels}, *(p for p in sys.path if p != {source!r})]; "
    "sys.argv = ['tieout', *{arguments!r}]; from tieout.bootstrap import main; main()"
)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels as `make wheels` builds them, each unpacked into a folder of its own."""
    dist = tmp_path_factory.mktemp("dist")
    built = build(dist)
    found = {name: dist / name for name in built}
    for name, wheel in built.items():
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(found[name])
    return found


def run(folders: list[Path], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = RUN.format(
        wheels=", ".join(repr(str(f)) for f in folders), source=str(ROOT / "src"), arguments=arguments
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, cwd="/", timeout=120
    )


def metadata(folder: Path) -> list[str]:
    (page,) = folder.glob("*.dist-info/METADATA")
    return Parser().parsestr(page.read_text()).get_all("Requires-Dist") or []


def test_each_wheel_holds_its_own_package_alone(wheels: dict[str, Path]) -> None:
    packages = {name: {p.name for p in folder.iterdir() if p.suffix == ""} for name, folder in wheels.items()}
    assert packages == {"tieout": {"tieout"}, "tieout_sandbox": {"tieout_sandbox"}}
    for name, folder in wheels.items():
        ours = {p.relative_to(ROOT / "src") for p in (ROOT / "src" / name).rglob("*") if p.is_file()}
        wanted = {p for p in ours if p.suffix != ".pyc" and p != Path("tieout_sandbox/pyproject.toml")}
        assert {p.relative_to(folder) for p in (folder / name).rglob("*") if p.is_file()} == wanted


def test_the_product_needs_no_library_of_simulators(wheels: dict[str, Path]) -> None:
    needs = metadata(wheels["tieout"])
    assert "tieout-sandbox==0.1.0; extra == 'sandbox'" in needs
    assert not [n for n in needs if n.startswith(("graphql", "aiosmtpd"))]
    assert "tieout==0.1.0" in metadata(wheels["tieout_sandbox"])
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    assert "graphql-core" not in locked and "aiosmtpd" not in locked


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_without_the_sandbox_the_product_says_what_to_install(
    wheels: dict[str, Path], tmp_path: Path, command: str
) -> None:
    empty = tmp_path / "empty"
    done = run([wheels["tieout"]], command, "--dir", str(empty))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "pip install 'tieout[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not empty.exists() or not list(empty.iterdir())


def test_both_together_run_the_sandbox(wheels: dict[str, Path], tmp_path: Path) -> None:
    done = run([*wheels.values()], "demo", "--scenario", "nobody's", "--dir", str(tmp_path / "demo"))
    assert done.returncode == 2 and "there are distributor, services" in done.stderr, done.stderr


def test_a_project_of_ones_own_begins_without_the_sandbox(wheels: dict[str, Path], tmp_path: Path) -> None:
    done = run([wheels["tieout"]], "init", str(tmp_path / "books"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "books" / "tieout.toml").is_file()


def test_up_in_an_empty_folder_begins_a_project_of_ones_own_and_says_what_the_sandbox_is(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    code = RUN.format(
        wheels=repr(str(wheels["tieout"])),
        source=str(ROOT / "src"),
        arguments=["up", "--dir", str(tmp_path / "books")],
    )
    up = subprocess.Popen([sys.executable, "-P", "-c", code], stderr=subprocess.PIPE, text=True, cwd="/")
    assert up.stderr is not None
    said = "".join(line for line, _ in zip(up.stderr, range(2), strict=False))
    up.terminate()
    up.wait(60)
    assert "A project of your own is begun" in said and "pip install 'tieout[sandbox]'" in said


def test_pages_speak_german_from_the_wheel(wheels: dict[str, Path]) -> None:
    """The catalogue is read as it is packed, and what reads it is among what the product needs."""
    said = (
        "import sys; sys.path = [{wheel!r}, *(p for p in sys.path if p != {source!r})]; import tieout.console.language as language; "
        "assert language.__file__.startswith({wheel!r}); print(language.catalogue('de').gettext('missing rate'))"
    ).format(wheel=str(wheels["tieout"]), source=str(ROOT / "src"))
    done = subprocess.run(
        [sys.executable, "-P", "-c", said], capture_output=True, text=True, check=False, cwd="/", timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "fehlender Kurs\n"), done.stderr
    assert any(need.lower().startswith("babel") for need in metadata(wheels["tieout"]))
