"""The entities of a project: those that tieout.toml declares, and those that people entered by the browser, each in a file of
its own (`entities/CODE.toml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tieout.connector_api import SystemConfig
from tieout.money import minor_digits
from tieout.rules import Entity
from tieout.rules.packs import countries
from tieout.settings.differences import read_limits
from tieout.settings.origins import read_first_day, read_origins
from tieout.settings.staging import FileChange, stage
from tieout.settings.tomledit import edited, source_of
from tieout.settings.tomlfile import ProjectError, TomlFile

_KEYS = {
    "name",
    "currency",
    "time_zone",
    "ledger",
    "company_id",
    "country",
    "differences",
    "begins_on",
    "origins",
    "posts",
}
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,19}")


def read_entities(top: TomlFile, folder: Path, systems: Mapping[str, SystemConfig]) -> dict[str, Entity]:
    """Every entity by its code; none where the project is still to be set up. Raises ProjectError."""
    declared = top.data.get("entities", {})
    tables: list[tuple[TomlFile, str, str, Any]] = [
        (top, f"entities.{code}", code, table) for code, table in declared.items()
    ]
    for path in sorted((folder / "entities").glob("*.toml")):
        file = TomlFile(path, folder)
        if path.stem in declared:
            raise ProjectError(f"{file.name}: [entities.{path.stem}] stands in tieout.toml already")
        tables.append((file, "", path.stem, file.data))
    return {code: _entity(file, table, section, code, systems) for file, section, code, table in tables}


def _entity(
    file: TomlFile, table: dict[str, Any], section: str, code: str, systems: Mapping[str, SystemConfig]
) -> Entity:
    file.check_keys(table, _KEYS, section)
    zone = file.need(table, "time_zone", str, section)
    currency = file.need(table, "currency", str, section)
    ledger = file.need(table, "ledger", str, section)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise file.fail("time_zone", section, f"no time zone {zone!r}; such as Europe/Berlin") from None
    try:
        minor_digits(currency)
    except ValueError as error:
        raise file.fail("currency", section, str(error)) from None
    if ledger not in systems:
        raise file.fail("ledger", section, f"no system is named {ledger!r}")
    below = f"{section}.".lstrip(".")
    return Entity(
        code,
        str(table.get("name", code)),
        currency,
        zone,
        ledger,
        int(table.get("company_id", 0)),
        _country(file, table, section),
        read_limits(file, table.get("differences", {}), f"{below}differences"),
        read_first_day(file, table, section),
        read_origins(file, table.get("origins", {}), f"{below}origins"),
        _posts(file, table, section),
    )


def _country(file: TomlFile, table: dict[str, Any], section: str) -> str:
    country = str(table.get("country", ""))
    if country and country not in countries():
        raise file.fail("country", section, f"no pack for {country!r}: there are {', '.join(countries())}")
    return country


def _posts(file: TomlFile, table: dict[str, Any], section: str) -> bool:
    posts = table.get("posts", True)
    if not isinstance(posts, bool):
        # "no" would be a text, and true.
        raise file.fail("posts", section, f"{posts!r} is neither true nor false")
    return posts


# what people enter by the browser


def check_code(code: str) -> None:
    """Raises ProjectError where an entity cannot be known by this code."""
    if not _CODE.fullmatch(code):
        raise ProjectError(
            f"{code!r} is no code of an entity: capital letters, digits and _, a letter first, 20 at most"
        )


def stage_entity(folder: Path, code: str, text: str) -> FileChange:
    """The file of an entity that somebody entered, written beside the place that it is to take. Raises ProjectError."""
    check_code(code)
    return stage(folder, f"entities/{code}.toml", text)


def entity_text(before: str, entity: Entity) -> str:
    """The file that declares an entity; what `before` says beside it stays. Raises ProjectError."""
    values = {
        "name": entity.name, "currency": entity.currency, "time_zone": entity.time_zone, "ledger": entity.ledger,
        "company_id": entity.company_id or None, "country": entity.country or None, "begins_on": entity.begins_on,
        # Left out it is posted to.
        "posts": None if entity.posts else False,
    }  # fmt: skip
    return edited(before, values, {})


def entity_source(folder: Path, code: str) -> str:
    """The text of an entity's own file, "" where it has none. Raises ProjectError."""
    return source_of(folder / "entities" / f"{code}.toml", f"entities/{code}.toml")
