"""The reference that is generated from the code: commands, the API, connectors, roles, metrics."""

from __future__ import annotations

from typing import Any

import typer.main
from fastapi.routing import APIRoute

from tieout.api.measuring import FAMILIES
from tieout.api.v1.application import ROUTERS, needed
from tieout.cli.commands import cli
from tieout.operations.discover import discover
from tieout.security.roles import OPERATIONS, ROLES
from tieout.webhooks_out import TYPES


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
            method = next(iter(sorted(route.methods)))
            words = " ".join((route.endpoint.__doc__ or "").split()).replace("|", "\\|")
            rows.append(
                f"| `{method} {route.path}` | {route.name} | {', '.join(needed(route)) or '–'} | {words} |"
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


PAGES = {
    "commands": commands,
    "api": operations,
    "connectors": connectors,
    "roles": roles,
    "metrics": metrics,
}
