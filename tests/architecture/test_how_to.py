"""What the how-to pages tell people to type is true: each command with its options, each block of configuration, each file of ours.

A command of `tieout` is read by the command line itself, and not run. Blocks of configuration are put together as the project that a
page's reader would have, and read as a project is. What is another program's is held against what it is asked for: units, manifests
and compose files that are here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from tests.architecture.reading import ROOT, where
from tieout.cli.commands import cli
from tieout.operations.discover import discover
from tieout.settings import load_project
from tieout.settings.mappings import read_mapping

HOW_TO = sorted((ROOT / "docs" / "how-to").glob("*.md"))
EVERY = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OURS = {"tieout", "/opt/tieout/bin/tieout"}
# How a command of ours is started where it runs, and what is typed beside it.
LAUNCHERS = (
    ("docker", "compose", "exec", "tieout"),
    ("kubectl", "exec", "tieout-shell", "--"),
    ("sudo", "-u", "tieout"),
    ("sudo",),
)
RUN = ("docker", "compose", "run", "--rm", "tieout")
OTHERS = {
    "chmod", "cp", "curl", "docker", "editor", "find", "install", "journalctl", "kubectl", "ln", "mkdir", "mv", "openssl", "printf", "python3",
    "systemctl", "useradd", "chown", "/opt/tieout-0.1.0/bin/pip", "/opt/tieout-0.2.0/bin/pip",
}  # fmt: skip
BASE = """
[project]
name = "Example"
environment = "production"

[entities.MAIN]
name = "Example GmbH"
currency = "EUR"
time_zone = "Europe/Berlin"
ledger = "odoo"

[systems.odoo]
connector = "odoo"
url = "https://odoo.example.com"
key = "env:ODOO_KEY"
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title ("" for none) and its text without the list's indent. `mark` is what a comment before
    it says: `or`, another way of the block before; `instead`, of all before; "" else."""

    page: str
    language: str
    title: str
    text: str
    mark: str = ""


def blocks(page: Path) -> Iterator[Block]:
    fenced = re.compile(
        r'(?:<!-- (or|instead) -->\s+)?^( *)```(\w+)?(?: title="([^"]+)")?\n(.*?)^\2```$',
        re.MULTILINE | re.DOTALL,
    )
    for mark, indent, language, title, text in fenced.findall(page.read_text()):
        lines = [line.removeprefix(indent) for line in text.splitlines()]
        yield Block(where(page), language, title, "\n".join(lines) + "\n", mark)


def typed(block: Block) -> Iterator[list[str]]:
    """The commands of a block, one a line, as the shell cuts them."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def of_tieout(words: list[str]) -> list[str] | None:
    """What is given to `tieout`, None where the command is another program's."""
    for launcher in LAUNCHERS:
        if tuple(words[: len(launcher)]) == launcher:
            return of_tieout(words[len(launcher) :])
    if tuple(words[: len(RUN)]) == RUN:
        return words[len(RUN) :]
    return words[1:] if words and words[0] in OURS | {"/opt/tieout-0.1.0/bin/tieout"} else None


def read(command: Any, name: str, words: list[str], parent: Any = None) -> None:
    """Let the command line read a command as if it were to be run. Raises what it would say of a wrong one."""
    context = command.make_context(name, list(words), parent=parent)
    rest = [*getattr(context, "_protected_args", ()), *context.args]
    if hasattr(command, "commands") and rest:
        below, found, left = command.resolve_command(context, rest)
        read(found, str(below), left, context)


SHELL = [b for page in HOW_TO for b in blocks(page) if b.language == "sh"]
COMMANDS = sorted({(b.page, " ".join(map(shlex.quote, w))) for b in SHELL for w in typed(b)})


def test_pages_and_commands_are_found() -> None:
    assert len(HOW_TO) > 12 and len(COMMANDS) > 120


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_is_one(page: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(command)
    given = of_tieout(words)
    if given is None:
        while words[0] in ("sudo", "-u") or (words[0] == "tieout"):
            words = words[1:]
        assert words[0] in OTHERS, f"{page}: {words[0]} is no program that is known here"
        return
    if given != ["--version"]:
        read(get_command(cli), "tieout", given)


def test_a_command_that_is_none_is_told() -> None:
    for wrong in (["close", "shut"], ["status", "--nothing"], ["cases", "show"], ["people", "grant", "mia"]):
        with pytest.raises(Exception, match=r"No such|Missing"):
            read(get_command(cli), "tieout", wrong)


def test_files_of_ours_that_commands_name_are_there() -> None:
    named = {
        (b.page, name) for b in SHELL for name in re.findall(r"\b(?:deploy|requirements)/[\w./-]+", b.text)
    }
    named |= {(b.page, f"deploy/{n}") for b in SHELL for n in re.findall(r"-f (compose[\w.]*\.yaml)", b.text)}
    assert len(named) > 6
    assert [pair for pair in sorted(named) if not (ROOT / pair[1]).is_file()] == []


def test_units_pods_and_services_that_commands_name_are_ours() -> None:
    units = {p.name for p in (ROOT / "deploy" / "systemd").iterdir()}
    texts = [
        (ROOT / "deploy" / "kubernetes" / n).read_text()
        for n in ("tieout.yaml", "shell.yaml", "ingress.yaml")
    ]
    kinds = {(d["kind"].lower(), d["metadata"]["name"]) for text in texts for d in yaml.safe_load_all(text)}
    for block in SHELL:
        for words in typed(block):
            words = words[1:] if words[0] == "sudo" else words
            if words[0] == "systemctl" and words[-1] not in ("daemon-reload",):
                unit = words[-1] if "." in words[-1] else f"{words[-1]}.service"
                assert unit in units, f"{block.page}: {' '.join(words)}"
            if words[0] == "kubectl":
                for kind, name in re.findall(r"\b(deployment|pod)[/ ](tieout[\w-]*)", " ".join(words)):
                    assert (kind, name) in kinds, f"{block.page}: {' '.join(words)}"


@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.stem)
def test_configuration_is_what_a_project_takes(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page's blocks are one project, and one more for each other way that it shows."""
    toml = [b for b in blocks(page) if b.language == "toml"]
    assert all(b.title for b in toml), f"{where(page)}: a block says which file it is"
    for number, project in enumerate(projects(toml)):
        folder = tmp_path / str(number)
        for name, text in project.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for variable in re.findall(r'"env:(\w+)"', text):
                monkeypatch.setenv(variable, "https://hooks.example.com/x")
            for secret in re.findall(r'"file:([\w./]+)"', text):
                (folder / secret).parent.mkdir(parents=True, exist_ok=True)
                (folder / secret).write_text("x")
        assert load_project(folder, discover()).name == "Example"


def projects(toml: list[Block]) -> list[dict[str, str]]:
    """The projects that a page's blocks make: one, and one more for each other way that it shows."""
    ways: list[list[Block]] = [[]]
    for block in toml:
        if block.mark == "or":
            ways.append(ways[-1][:-1])
        elif block.mark == "instead":
            ways.append([])
        ways[-1].append(block)
    made = []
    for way in ways:
        files = {"tieout.toml": BASE}
        for block in way:
            files[block.title] = files.get(block.title, "") + block.text
        made.append(files)
    return made


@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.stem)
def test_mappings_are_read(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "csv":
            path = tmp_path / Path(block.title).name
            path.write_text(block.text)
            assert read_mapping(path).rows


@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.stem)
def test_what_a_page_shows_of_a_file_of_ours_is_in_it(page: Path) -> None:
    for block in blocks(page):
        if block.title.startswith("deploy/"):
            whole = (ROOT / block.title).read_text()
            if block.language == "yaml":
                assert holds(yaml.safe_load(whole), yaml.safe_load(block.text)), (
                    f"{where(page)}: {block.title}"
                )
            else:
                assert block.text == whole, f"{where(page)}: {block.title} is another one"


def holds(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and holds(whole[k], v) for k, v in part.items())
    return bool(whole == part)


def test_prometheus_asks_for_what_the_rules_are_about() -> None:
    (block,) = (b for page in HOW_TO for b in blocks(page) if b.title == "prometheus.yml")
    (job,) = yaml.safe_load(block.text)["scrape_configs"]
    rules = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    assert f'up{{job="{job["job_name"]}"}}' in rules
    # Without an answer to `metrics_path` it is /metrics, and the key is sent as Authorization: Bearer.
    assert set(job["authorization"]) == {"credentials_file"} and "metrics_path" not in job


def _options(command: Any) -> set[str]:
    return {name for p in command.params for name in (*p.opts, *p.secondary_opts) if name.startswith("-")}


@pytest.mark.parametrize("page", EVERY, ids=where)
def test_options_in_every_page_exist(page: Path) -> None:
    """Wherever a page types a command of `tieout` in a block of its own, its options are that command's."""
    for block in blocks(page):
        if block.language in ("", "sh"):
            for line in re.findall(
                r"^\s*(?:\$ )?(tieout .+)$", block.text.replace("\\\n", " "), re.MULTILINE
            ):
                command: Any = get_command(cli)
                for word in re.split(r"\s+#\s|\s\|\s|\s·\s|;", line)[0].split()[1:]:
                    below = getattr(command, "commands", {})
                    if word in below:
                        command = below[word]
                    elif word.startswith("--") and len(word) > 2:
                        option = word.partition("=")[0].rstrip(",")
                        assert option in _options(command) | {"--help", "--version"}, f"{where(page)}: {line}"
