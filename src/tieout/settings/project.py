"""A project folder: `tieout.toml`, `systems/*.toml`, `entities/*.toml`, `interfaces/*.toml`, `mappings/*.csv`. One without an entity or
an interface is still to be set up, and whole all the same.

Whatever is misspelt is refused with its file, its line and what was expected; a secret is
never written in these files but named as `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from tieout.connector_api import Connector, ConnectorRegistry, SystemConfig
from tieout.formats import FormatError, declared
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout.rules.arrival import COMPLETE, PROVEN
from tieout.rules.expected import Expected
from tieout.rules.latency import LATENCIES
from tieout.rules.packs import load_pack, pack_bytes, with_packs
from tieout.settings.alerts import AlertSettings, read_alerts
from tieout.settings.arrivals import read_arrivals
from tieout.settings.calendar import read_calendar
from tieout.settings.cases import CaseSettings, read_cases
from tieout.settings.entities import read_entities
from tieout.settings.expected import read_expected
from tieout.settings.identity import IdentitySettings, read_identity
from tieout.settings.mappings import read_mapping
from tieout.settings.policies import read_policies
from tieout.settings.systems import read_systems, resolved
from tieout.settings.tomlfile import ProjectError, TomlFile


@dataclass(frozen=True)
class Project:
    """A project that was read and found whole."""

    folder: Path
    name: str
    environment: str
    # The address of the sandbox's own page, on a sandbox.
    sandbox: str
    dsn: str
    owner_dsn: str
    clock_file: Path | None
    serve_host: str
    serve_port: int
    witness: Path
    watch: tuple[tuple[str, Path], ...]
    fetch: tuple[tuple[str, str], ...]
    sinks: dict[str, str]
    systems: dict[str, SystemConfig]
    release: Release
    identity: IdentitySettings
    private: tuple[IPv4Network | IPv6Network, ...]
    alerts: AlertSettings
    cases: CaseSettings

    @property
    def state(self) -> Path:
        """What Tieout keeps beside the project: database, keys, inbox of files."""
        return self.folder / ".tieout"


_TOP = {
    "project", "database", "clock", "serve", "entities", "systems", "sinks", "watch", "fetch",
    "identity", "telling", "alerts", "cases",
    # A project of one file has these in it as well.
    "interfaces", "mappings",
}  # fmt: skip
_PROJECT = {"name", "environment", "sandbox"}
_INTERFACE = {
    "system",
    "entity",
    "streams",
    "owner",
    "process",
    "latency",
    "cut_off",
    "after",
    "risk",
    "close_critical",
    "every_minutes",
    "overlap_minutes",
    "patience_hours",
    "late_events",
    "service_level_hours",
    "complete",
    "expected",
    "options",
}


def _interfaces(
    top: TomlFile,
    folder: Path,
    entities: dict[str, Entity],
    systems: dict[str, SystemConfig],
    registry: ConnectorRegistry,
) -> dict[str, Interface]:
    found = {}
    files = [(p.stem, TomlFile(p, folder)) for p in sorted((folder / "interfaces").glob("*.toml"))]
    files += [(name, top.within(f"interfaces.{name}")) for name in top.data.get("interfaces", {})]
    for name, file in files:
        if name in found:
            raise file.fail(
                name, "interfaces", f"interface {name!r} stands in tieout.toml and in interfaces/"
            )
        found[name] = _interface(name, file, folder, entities, systems, registry)
    for interface in found.values():
        for other in interface.after:
            if other not in found or other == interface.name:
                raise ProjectError(
                    f"interface {interface.name!r} comes after {other!r}, which is no other interface"
                )
    _check_providers(found, systems, registry)
    return found


def _check_providers(
    interfaces: dict[str, Interface], systems: dict[str, SystemConfig], registry: ConnectorRegistry
) -> None:
    """One provider's balance is told in one way in an entity: by its files and by its API each movement would be booked twice."""
    told: dict[tuple[str, str], tuple[str, str]] = {}
    for interface in interfaces.values():
        connector = registry[systems[interface.system].connector]
        provider = connector.provider(interface.streams, interface.options) if connector.provider else ""
        if not provider:
            continue
        name, by = told.setdefault((interface.entity, provider), (interface.name, connector.name))
        if by != connector.name:
            raise ProjectError(
                f"interfaces {name!r} ({by}) and {interface.name!r} ({connector.name}) both tell of {provider} for "
                f"{interface.entity}: each movement would be booked twice; keep one of them"
            )


def _interface(
    name: str,
    file: TomlFile,
    folder: Path,
    entities: dict[str, Entity],
    systems: dict[str, SystemConfig],
    registry: ConnectorRegistry,
) -> Interface:
    """One interface, checked."""
    table = file.data
    file.check_keys(table, _INTERFACE, "")
    system, entity = file.need(table, "system", str, ""), file.need(table, "entity", str, "")
    if system not in systems:
        raise file.fail("system", "", f"no system is named {system!r} in tieout.toml")
    if entity not in entities:
        raise file.fail("entity", "", f"no entity is named {entity!r} in tieout.toml")
    offered = registry[systems[system].connector].streams
    known = [s.name for s in offered]
    streams = table.get("streams", [s.name for s in offered if not s.on_request])
    for stream in streams:
        if stream not in known:
            raise file.fail("streams", "", f"{system} has no stream {stream!r}; it has {known}")
    policy = table.get("late_events", "case")
    if policy not in ("case", "first_open"):
        raise file.fail("late_events", "", f"{policy!r} is no policy: case or first_open")
    complete = table.get("complete", PROVEN)
    if complete not in COMPLETE:
        raise file.fail("complete", "", f"{complete!r} is none of: {', '.join(COMPLETE)}")
    _check_latency(file, table)
    _declare_expected(file, registry[systems[system].connector])
    _declare_dialect(file, folder)
    _declare_rules(file, folder)
    _check_options(file, registry[systems[system].connector])
    _from_pack(table, registry[systems[system].connector], entities[entity].country)
    return Interface(
        name=name,
        system=system,
        entity=entity,
        streams=tuple(streams),
        owner=str(table.get("owner", "finance")),
        process=str(table.get("process", "")),
        **{
            k: table[k]
            for k in _INTERFACE - {"system", "entity", "streams", "owner", "process"}
            if k in table
        },
    )


def _from_pack(table: dict[str, Any], connector: Connector, country: str) -> None:
    """What an interface does not say and its country's pack does."""
    for option in connector.options if country else ():
        if option.pack:
            listed = ", ".join(getattr(load_pack(country), option.pack))
            table.setdefault("options", {}).setdefault(option.name, listed)


def _declare_expected(file: TomlFile, connector: Connector) -> None:
    """What must come. Over what Tieout itself writes into (matches, revaluations) nothing ever has to."""
    expected = read_expected(file, file.data)
    if expected is None and not {"poll", "file", "webhook"} & set(connector.can):
        expected = Expected()
    file.data["expected"] = expected


def _check_latency(file: TomlFile, table: dict[str, Any]) -> None:
    latency, cut_off = table.get("latency", "real time"), table.get("cut_off", "")
    if latency not in LATENCIES:
        raise file.fail("latency", "", f"{latency!r} is none of: {', '.join(LATENCIES)}")
    if cut_off and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(cut_off)):
        raise file.fail("cut_off", "", f"{cut_off!r} is no time, such as 17:00")
    if (latency == "real time") == bool(cut_off):
        raise file.fail("latency", "", "batch and hybrid have a cut_off, real time has none")
    after = table.get("after", [])
    if not isinstance(after, list) or not all(isinstance(x, str) for x in after):
        raise file.fail("after", "", "after names interfaces, as a list of texts")
    table["after"] = tuple(after)


def _declare_dialect(file: TomlFile, folder: Path) -> None:
    """A dialect that names a .toml file of the project is that file's text from here on."""
    options = file.data.get("options", {})
    name = options.get("dialect") if isinstance(options, dict) else None
    if not isinstance(name, str) or not name.endswith(".toml"):
        return
    path = folder / name
    try:
        text = path.read_text(encoding="utf-8")
        declared(text)
    except (OSError, UnicodeDecodeError) as error:
        raise file.fail("dialect", "options", f"{name} cannot be read: {error}") from None
    except FormatError as error:
        raise file.fail("dialect", "options", f"{name}: {error}") from None
    options["dialect"] = text


def _declare_rules(file: TomlFile, folder: Path) -> None:
    """Rules of matching that name a .toml file of the project are that file's text from here on."""
    options = file.data.get("options", {})
    name = options.get("rules") if isinstance(options, dict) else None
    if isinstance(name, str) and name:
        try:
            options["rules"] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise file.fail("rules", "options", f"{name} cannot be read: {error}") from None


def _check_options(file: TomlFile, connector: Connector) -> None:
    """An option that the connector does not declare, or a value that it does not know, is
    refused: a word spelt wrongly would otherwise change the books silently."""
    table = file.data.get("options", {})
    if not isinstance(table, dict):
        raise file.fail("options", "", "[options] must be a table")
    known = {option.name: option for option in connector.options}
    file.check_keys(table, known, "options")
    for name, value in table.items():
        option = known[name]
        if option.table:
            if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
                raise file.fail(name, "options", f"{name!r} must be a table of texts")
            for key, text in value.items():
                if option.shape and not re.fullmatch(option.shape, f"{key} = {text}"):
                    raise file.fail(name, "options", f"{key} = {text!r} is not of {name}: {option.help}")
        elif not isinstance(value, str):
            raise file.fail(name, "options", f"{name!r} must be a text, not {type(value).__name__}")
        elif option.shape and not re.fullmatch(option.shape, value):
            raise file.fail(name, "options", f"{value!r} is no {name}: {option.help}")
        elif name.endswith("_pattern"):
            try:
                re.compile(value)
            except re.error as error:
                raise file.fail(name, "options", f"{value!r} is no regular expression: {error}") from None
        elif option.choices and value not in option.choices and not (name == "dialect" and "\n" in value):
            raise file.fail(
                name, "options", f"{value!r} is no {name}; expected one of: {', '.join(option.choices)}"
            )


def _inline_mappings(file: TomlFile, known: dict[str, Mapping]) -> dict[str, Mapping]:
    """Mappings of a project of one file: tables of key and value, which hold on every day."""
    found = {}
    for name, table in file.data.get("mappings", {}).items():
        if name in known:
            raise file.fail(name, "mappings", f"mapping {name!r} stands in tieout.toml and in mappings/")
        if not isinstance(table, dict) or not all(isinstance(v, str) and v for v in table.values()):
            raise file.fail(name, "mappings", f'[mappings.{name}] is a table of texts: key = "value"')
        found[name] = Mapping(name, tuple(MappingRow(k, v) for k, v in table.items()))
    return found


def _governed(folder: Path) -> list[Path]:
    """The files that a release is made of."""
    found = [folder / "tieout.toml"]
    for part in (
        "entities/*.toml",
        "systems/*.toml",
        "interfaces/*.toml",
        "dialects/*.toml",
        "mappings/*.csv",
        "rules/*.toml",
        "calendar.toml",
    ):
        found += sorted(folder.glob(part))
    return found


def fingerprint(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What changes whenever one of the governed files does, or a file that one of them names as a secret's; none is read that
    was read as it is."""
    found = []
    for path in _governed(folder):
        try:
            stat = path.stat()
        except FileNotFoundError:
            # It is being replaced: the next look finds it.
            continue
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        found.append((path.name, *seen))
        if path.suffix == ".toml":
            found += _secrets_named(folder, path, seen)
    return tuple(found)


def _secrets_named(
    folder: Path, path: Path, seen: tuple[int, int, int]
) -> Iterable[tuple[str, int, int, int]]:
    """The files that a governed file names as file:PATH: a key that is written anew there is another one."""
    for name in _named_in(path, seen):
        with suppress(OSError):
            stat = (folder / name).stat()
            yield name, stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=512)
def _named_in(path: Path, seen: tuple[int, int, int]) -> tuple[str, ...]:
    try:
        return tuple(
            re.findall(r"""["']file:([^"'\n]+)["']""", path.read_text(encoding="utf-8", errors="replace"))
        )
    except OSError:
        return ()


def _hash(folder: Path, packs: Iterable[str] = ()) -> str:
    digest = hashlib.sha256()
    for path in _governed(folder):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    for country in sorted(set(packs)):
        digest.update(country.encode() + b"\0" + pack_bytes(country) + b"\0")
    return digest.hexdigest()


def _database(file: TomlFile, folder: Path, key: str) -> str:
    table = file.data.get("database", {})
    file.check_keys(table, {"dsn", "owner_dsn"}, "database")
    return str(resolved(file, "database", key, table.get(key, ""), folder, False))


def _private(file: TomlFile) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks of the company's own that may be told of events; every other that is not public is refused."""
    table = file.data.get("telling", {})
    file.check_keys(table, {"private"}, "telling")
    found = []
    for text in table.get("private", []):
        try:
            found.append(ip_network(str(text)))
        except ValueError:
            raise file.fail("private", "telling", f'{text!r} is no network, such as "10.1.0.0/16"') from None
    return tuple(found)


def load_project(folder: Path, registry: ConnectorRegistry, dsn: str = "") -> Project:
    """Read and check a project. Raises ProjectError for whatever is not as it must be."""
    folder = folder.resolve()
    file = TomlFile(folder / "tieout.toml", folder)
    file.check_keys(file.data, _TOP, "")
    project = file.need(file.data, "project", dict, "project")
    file.check_keys(project, _PROJECT, "project")
    private = _private(file)
    systems = read_systems(file, folder, registry, private)
    entities = read_entities(file, folder, systems)
    interfaces = _interfaces(file, folder, entities, systems, registry)
    mappings = {p.stem: read_mapping(p) for p in sorted((folder / "mappings").glob("*.csv"))}
    mappings |= _inline_mappings(file, mappings)
    packs = [load_pack(e.country) for e in entities.values() if e.country]
    if packs:
        mappings["tax_rates"] = with_packs(mappings.get("tax_rates"), packs)
    serve = file.data.get("serve", {})
    file.check_keys(serve, {"host", "port", "witness"}, "serve")
    clock = file.data.get("clock", {}).get("file")
    serve_host, serve_port = str(serve.get("host", "127.0.0.1")), int(serve.get("port", 8080))

    def secret(section: str, key: str, value: Any) -> Any:
        return resolved(file, section, key, value, folder, True)

    watch = []
    for come in read_arrivals(file, "watch", "folder", interfaces):
        watch.append((come.interface, folder / come.place))
        interfaces[come.interface] = replace(interfaces[come.interface], arrival=come.arrival)
    fetch = []
    for come in read_arrivals(file, "fetch", "system", interfaces):
        if come.place not in systems or "fetch" not in registry[systems[come.place].connector].can:
            raise file.fail(
                come.interface, "fetch", f"{come.place!r} is no system that files are fetched from"
            )
        if come.interface in dict(watch) and interfaces[come.interface].arrival != come.arrival:
            raise file.fail(come.interface, "fetch", "it says otherwise than [watch] how files are whole")
        fetch.append((come.interface, come.place))
        interfaces[come.interface] = replace(interfaces[come.interface], arrival=come.arrival)
    sinks = _sinks(file, systems)
    identity = read_identity(file, serve_host, serve_port, entities, secret)
    return Project(
        folder=folder,
        name=file.need(project, "name", str, "project"),
        environment=file.need(project, "environment", str, "project"),
        sandbox=_sandbox(file, project),
        dsn=dsn or _database(file, folder, "dsn"),
        owner_dsn=_database(file, folder, "owner_dsn"),
        clock_file=(folder / clock) if clock else None,
        serve_host=serve_host,
        serve_port=serve_port,
        identity=identity,
        witness=folder / str(serve.get("witness", "witness.jsonl")),
        private=private,
        alerts=read_alerts(file, secret),
        cases=read_cases(file),
        watch=tuple(watch),
        fetch=tuple(fetch),
        sinks=sinks,
        systems=systems,
        release=Release(
            _hash(folder, (p.country for p in packs)),
            entities,
            interfaces,
            mappings,
            read_policies(folder),
            read_calendar(folder, {code: e.country for code, e in entities.items()}),
            identity.sign_on.says() if identity.sign_on else (),
        ),
    )


def _sinks(file: TomlFile, systems: dict[str, SystemConfig]) -> dict[str, str]:
    """Which system takes what goes out, by its kind. Raises ProjectError."""
    sinks = {str(k): str(v) for k, v in file.data.get("sinks", {}).items()}
    for target, system in sinks.items():
        if target not in ("crm", "mail", "event", "bank") or system not in systems:
            raise file.fail(target, "sinks", "crm, mail, event and bank each name one of the systems")
    return sinks


_SANDBOX = re.compile(r"http://localhost:\d{2,5}")


def _sandbox(file: TomlFile, project: dict[str, Any]) -> str:
    """Where the sandbox's own page is: on this very machine, and nowhere but on a sandbox. Raises ProjectError."""
    address = str(project.get("sandbox", ""))
    if address and (project.get("environment") != "sandbox" or not _SANDBOX.fullmatch(address)):
        raise file.fail(
            "sandbox", "project", 'an address http://localhost:PORT, with environment = "sandbox"'
        )
    return address
