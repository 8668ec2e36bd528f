"""The systems of a project: those that tieout.toml declares, and those that people connected by the browser, each in
a file of its own (`systems/NAME.toml`, its secrets in `systems/secrets/`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tieout.connector_api import Connector, ConnectorRegistry, Network, SystemConfig
from tieout.settings.asking import KEYS, read_asking, written
from tieout.settings.environment import variable
from tieout.settings.staging import FileChange, drop, stage
from tieout.settings.tomlfile import ProjectError, TomlFile

_NAME = r"[a-z][a-z0-9_]{0,39}"
_LONGEST = 4000


def resolved(file: TomlFile, section: str, key: str, value: Any, folder: Path, secret: bool) -> Any:
    """A setting's value: env:NAME and file:PATH read. Raises ProjectError."""
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        found = variable(value[4:])
        if found is None:
            raise file.fail(key, section, f"the environment has no {value[4:]}")
        return found
    if value.startswith("file:"):
        path = folder / value[5:]
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise file.fail(key, section, f"cannot read {value[5:]}: {error.strerror}") from None
    if secret and value:
        raise file.fail(key, section, f"{key!r} is a secret: name it as env:NAME or file:PATH, never in here")
    return value


def read_systems(
    top: TomlFile, folder: Path, registry: ConnectorRegistry, private: tuple[Network, ...]
) -> dict[str, SystemConfig]:
    """Every system by its name. Raises ProjectError."""
    environment = str(top.data.get("project", {}).get("environment", ""))
    tables: list[tuple[TomlFile, str, str, dict[str, Any], tuple[Network, ...] | None]] = [
        (top, f"systems.{n}", n, t, None) for n, t in top.data.get("systems", {}).items()
    ]
    for path in sorted((folder / "systems").glob("*.toml")):
        file = TomlFile(path, folder)
        if path.stem in top.data.get("systems", {}):
            raise ProjectError(f"{file.name}: [systems.{path.stem}] stands in tieout.toml already")
        tables.append((file, "", path.stem, file.data, private))
    return {
        name: _system(file, section, name, table, folder, registry, environment, networks)
        for file, section, name, table, networks in tables
    }


def _system(
    file: TomlFile,
    section: str,
    name: str,
    table: dict[str, Any],
    folder: Path,
    registry: ConnectorRegistry,
    environment: str,
    private: tuple[Network, ...] | None,
) -> SystemConfig:
    kind = file.need(table, "connector", str, section)
    try:
        connector = registry[kind]
    except KeyError as error:
        raise file.fail("connector", section, str(error.args[0])) from None
    file.check_keys(table, {*(f.name for f in connector.config), "connector", *KEYS}, section)
    values: dict[str, Any] = {}
    for field in connector.config:
        if field.name in table:
            values[field.name] = resolved(file, section, field.name, table[field.name], folder, field.secret)
        elif field.required:
            where = f"[{section}]" if section else file.name
            raise file.fail(name, "systems", f"{where} lacks {field.name!r}: {field.help}")
        else:
            values[field.name] = field.default
    return SystemConfig(
        name, kind, environment, values, private, **read_asking(file, table, section, connector)
    )


def entered(
    name: str, connector: Connector, given: Mapping[str, str], environment: str, private: Sequence[Network]
) -> SystemConfig:
    """A system as somebody entered it. Raises ProjectError, which names the setting."""
    if not re.fullmatch(_NAME, name):
        raise ProjectError(f"{name!r} is no name: small letters, digits and _, a letter first, 40 at most")
    if not connector.by_browser:
        raise ProjectError(
            f"{connector.title} is not connected by the browser: [systems.{name}] in tieout.toml"
        )
    known = {f.name: f for f in connector.config}
    for key, value in given.items():
        if key not in known:
            raise ProjectError(
                f"{connector.title} has no setting {key!r}: it has {', '.join(known) or 'none'}"
            )
        if len(value) > _LONGEST or any(
            ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in value
        ):
            raise ProjectError(f"{key}: {_LONGEST} characters at most, none of them a control character")
        # These would be read from this machine, and shown.
        if value.startswith(("env:", "file:")):
            raise ProjectError(f"{key}: write the value itself; env: and file: are for tieout.toml")
    missing = [f"{f.name} ({f.help})" for f in connector.config if f.required and not given.get(f.name)]
    if missing:
        raise ProjectError(f"what is missing: {'; '.join(missing)}")
    values = {f.name: given.get(f.name) or f.default for f in connector.config}
    return SystemConfig(name, connector.name, environment, values, tuple(private))


def stage_system(folder: Path, config: SystemConfig, connector: Connector) -> list[FileChange]:
    """The files of an entered system, written beside the place that they are to take, in the order in which they are
    put there: its secrets first, each in a file that its owner alone reads. Raises ProjectError."""
    lines = ["# Connected by the browser.", f"connector = {_toml(config.connector)}"]
    changes: list[FileChange] = []
    try:
        for field in connector.config:
            value = config.text(field.name)
            if field.secret and value:
                path = f"systems/secrets/{config.name}.{field.name}"
                changes.append(stage(folder, path, value, 0o600))
                value = f"file:{path}"
            if value:
                lines.append(f"{field.name} = {_toml(value)}")
        # What was written by hand into the file stays in it.
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in written(config).items()
        ]
        changes.append(stage(folder, f"systems/{config.name}.toml", "\n".join(lines) + "\n"))
    except ProjectError:
        drop(folder, changes)
        raise
    return changes


def system_file(folder: Path, name: str) -> Path:
    """Where a system stands that was connected by the browser."""
    return folder / "systems" / f"{name}.toml"


def stage_removal(folder: Path, name: str) -> list[FileChange]:
    """What takes a system out that was connected by the browser, and its secrets."""
    secrets = sorted((folder / "systems" / "secrets").glob(f"{name}.*"))
    return [
        FileChange(f"systems/{name}.toml"),
        *(FileChange(f"systems/secrets/{path.name}") for path in secrets),
    ]


def _toml(value: str) -> str:
    """A TOML basic string: what JSON writes is one, where nothing in it is a control character."""
    return json.dumps(value, ensure_ascii=False)
