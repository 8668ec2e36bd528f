"""`make site`: docs/ and a reference that is generated from the code, as a site that loads nothing from other hosts."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import typer.main
from fastapi.routing import APIRoute
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tieout.api.measuring import FAMILIES
from tieout.api.v1.application import ROUTERS
from tieout.cli.commands import cli
from tieout.operations.discover import discover
from tieout.security.roles import OPERATIONS, ROLES
from tieout.webhooks_out import TYPES

ROOT = Path(__file__).resolve().parents[2]
NAV: list[dict[str, Any]] = [
    {"Start": "index.md"},
    {"Concepts": ["ARCHITECTURE.md", "INVARIANTS.md", "CONTROLS.md", "GLOSSARY.md"]},
    {"How to": ["USING.md", "CONSOLE.md", "RECONCILING.md", "MATCHING.md", "JOURNALS.md", "PAYABLES.md", "APPROVALS.md",
                "CLOSE.md", "FORMATS.md", "ACCESS.md", "API.md"]},
    {"Operating": ["OPERATING.md", "SECURITY.md", "BENCHMARKS.md"]},
    {"Reference": ["reference/commands.md", "reference/api.md", "reference/connectors.md", "reference/roles.md",
                   "reference/metrics.md", "CONNECTORS.md", "CONTRIBUTING.md"]},
]  # fmt: skip


def commands() -> str:
    """Every command with its options, as `--help` has them."""
    parts = ["# Commands\n"]

    def walk(command: Any, path: str) -> None:
        if hasattr(command, "commands"):
            for name in sorted(command.commands):
                walk(command.commands[name], f"{path} {name}")
            return
        context = command.context_class(command, info_name=path)
        help_text = (command.help or "").strip()
        parts.append(f"## `{path}`\n\n{help_text}\n")
        rows = [r for p in command.get_params(context) if (r := p.get_help_record(context))]
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        for argument in arguments:
            parts.append(f"- `{argument.name}`\n")
        for option, words in rows:
            parts.append(f"- `{option}` {' '.join(words.split())}\n")

    walk(typer.main.get_command(cli), "tieout")
    return "\n".join(parts)


def operations() -> str:
    """Every operation of the API with who may do it."""
    rows = ["# Operations of the API\n", "| operation | | needs | does |", "|---|---|---|---|"]
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            needs = {getattr(d.call, "operation", "") for d in route.dependant.dependencies} - {""}
            method = next(iter(sorted(route.methods)))
            words = " ".join((route.endpoint.__doc__ or "").split()).replace("|", "\\|")
            rows.append(
                f"| `{method} {route.path}` | {route.name} | {', '.join(sorted(needs)) or '–'} | {words} |"
            )
    rows += ["", "## Events", "", "| type | says |", "|---|---|"]
    rows += [f"| `tieout.{name}` | {words} |" for name, words in TYPES.items()]
    return "\n".join(rows) + "\n"


def connectors() -> str:
    """Every connector with its settings, streams and what was only assumed of its system."""
    parts = ["# Connectors\n"]
    for name, connector in sorted(discover().by_name.items()):
        parts.append(f"## {connector.title} (`{name}`)\n\nCan: {', '.join(connector.can)}.\n")
        for field in connector.config:
            kind = (
                "secret" if field.secret else "required" if field.required else f"default `{field.default}`"
            )
            parts.append(f"- `{field.name}` ({kind}): {field.help}")
        parts += [f"- stream `{s.name}`: {s.title}; {s.version_order}" for s in connector.streams]
        parts += [f"- option `{o.name}`: {o.help}" for o in connector.options]
        if connector.limits:
            parts.append(f"- limits: {connector.limits}")
        parts += [f"- assumed: {words}" for words in connector.assumed]
        parts.append("")
    return "\n".join(parts)


def roles() -> str:
    """Roles and operations."""
    head = "| operation | " + " | ".join(ROLES) + " |"
    rows = [
        "# Roles\n",
        *(f"- **{name}** {means}" for name, means in ROLES.items()),
        "",
        head,
        "|---" * (len(ROLES) + 1) + "|",
    ]
    for operation, holders in OPERATIONS.items():
        rows.append(f"| `{operation}` | " + " | ".join("●" if r in holders else "" for r in ROLES) + " |")
    return "\n".join(rows) + "\n"


def metrics() -> str:
    """What /metrics tells."""
    rows = ["# Metrics\n", "| metric | labels | says |", "|---|---|---|"]
    rows += [f"| `{name}` | {', '.join(labels) or '–'} | {words} |" for name, words, labels in FAMILIES]
    return "\n".join(rows) + "\n"


def make(target: Path) -> None:
    """Build the site. Raises SystemExit where a page is missing or a link leads nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "docs"
        shutil.copytree(ROOT / "docs", source)
        for name, page in (("README", "index"), ("CONTRIBUTING", "CONTRIBUTING"), ("SECURITY", "SECURITY")):
            # What stands above docs/ stands beside its pages here.
            text = (ROOT / f"{name}.md").read_text().replace("](docs/", "](")
            (source / f"{page}.md").write_text(text)
        house = source / "ARCHITECTURE.md"
        house.write_text(house.read_text().replace("](../CONTRIBUTING.md)", "](CONTRIBUTING.md)"))
        (source / "reference").mkdir()
        for name, text in (
            ("commands", commands()), ("api", operations()), ("connectors", connectors()), ("roles", roles()),
            ("metrics", metrics()),
        ):  # fmt: skip
            (source / "reference" / f"{name}.md").write_text(text)
        described = Path(folder) / "mkdocs.yml"
        described.write_text("site_name: Tieout\n")
        config = load_config(
            config_file=str(described), site_name="Tieout", docs_dir=str(source), site_dir=str(target.resolve()), nav=NAV,
            theme={"name": "readthedocs", "highlightjs": False, "include_homepage_in_sidebar": False},
            plugins=["search"], use_directory_urls=False, strict=True,
            validation={"links": {"not_found": "info", "unrecognized_links": "info"}, "nav": {"omitted_files": "ignore"}},
            markdown_extensions=["tables", "fenced_code"],
        )  # fmt: skip
        build(config)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
