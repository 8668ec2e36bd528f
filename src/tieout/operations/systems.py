"""The systems of a project: what is asked of one, step by step, what people enter by the browser, which ledgers are ours."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from tieout.connector_api import (
    STRANGE,
    AddressError,
    Connector,
    ConnectorError,
    LedgerReader,
    Poller,
    RightsTeller,
    SystemConfig,
    answered,
    in_the_clear,
    open_system,
    reach,
    version_warning,
)
from tieout.connector_api.set_up import Finding, KeyTeller
from tieout.observe import get_logger
from tieout.operations.files import begin_change, change_files
from tieout.operations.open_project import OpenProject
from tieout.operations.set_ups import set_up_findings
from tieout.settings import ProjectError, entered, stage_removal, stage_system, system_file
from tieout.store import Connection, Queries

_log = get_logger(__name__)
_SQL = Queries("tieout.operations")
# (what was asked, whether it works, what it is or what to do)
Step = tuple[str, bool, str]
_Streams = Iterable[tuple[str, Mapping[str, Any]]]
_MOST = 50
ANSWERS = "answers, and lets us in"
# How often ledgers are asked who they are, in seconds.
_PIN_S = 2.0
# How often they are asked until when their key holds, in seconds.
_KEYS_S = 3600.0


# which ledgers are those of this environment


def pin_systems(project: OpenProject) -> None:
    """Ask every ledger now whether it is the one of this environment.

    Raises SetupError (credentials or a database of another environment), TransientError where one does not answer.
    """
    for name in project.ledgers:
        project.pin(name)


def keep_pinned(project: OpenProject, stop: threading.Event) -> None:
    """Ask every ledger who it is, until `stop` is set: also one that nobody needs yet is shown where it is a wrong
    one, and one that was down is found again before somebody waits for it."""
    wait, keys_at = 0.0, -_KEYS_S
    while not stop.wait(wait):
        wait = _PIN_S
        try:
            # Files that changed may name other systems.
            project.release()
            for name in project.ledgers:
                with contextlib.suppress(ConnectorError):
                    project.session(name)
            if time.monotonic() - keys_at > _KEYS_S:
                keys_at = time.monotonic()
                ask_keys(project)
        except Exception as error:  # noqa: BLE001 - asked again later
            # It is asked again: this stops no worker.
            _log.warning("ledgers are not asked", error=repr(error)[:300])


def ask_keys(project: OpenProject) -> None:
    """Ask every ledger until when its key holds, and keep that: an alert tells it in time. One that does not answer keeps
    what it said last."""
    for name in project.ledgers:
        try:
            session = project.session(name)
            if not isinstance(session, KeyTeller):
                continue
            key = answered(partial(session.key_end, project.clock.now()), "its key")
        except ConnectorError:
            continue
        given = {"system": name, "ends_at": key.ends_at, "said": key.said[:1000], "now": project.clock.now()}
        with project.database.transaction() as connection:
            connection.execute(_SQL["keep_key_end"], given)
    with project.database.transaction() as connection:
        connection.execute(_SQL["forget_key_ends"], {"systems": project.ledgers})


# what a system says


def check_systems(project: OpenProject) -> dict[str, list[Step]]:
    """Each system by its name, step by step, as `check_system` asks it."""
    return {name: check_system(project, name) for name in project.settings.systems}


def check_system(project: OpenProject, name: str) -> list[Step]:
    """A system step by step, until one does not work; of its rights, and of its set-up, everything. Raises KeyError for no
    system of the project."""
    project.release()
    config, connector = project.settings.systems[name], project.connector_of(name)
    missing = [f.name for f in connector.config if f.required and not config.text(f.name)]
    if missing:
        return [("settings", False, f"[systems.{name}] lacks {', '.join(missing)}")]
    streams = [
        (stream, {"overlap_minutes": i.overlap_minutes, **i.options})
        for i in project.settings.release.interfaces.values()
        if i.system == name
        for stream in i.streams
    ]
    now = project.clock.now()
    if public := in_the_clear(config.text("url")):
        # Nothing is asked there: it would show the key.
        said = f"{config.text('url')} is at {public}, a public address, and by http everybody on the way reads the key: put https:// as url"
        return [_settings(connector), ("address", False, said)]
    return [
        _settings(connector),
        *_version(connector, now),
        *_asked(
            lambda: project.open_session(name), streams, now, lambda s: set_up_findings(project, name, s, now)
        ),
    ]


def try_system(project: OpenProject, name: str, connector: str, given: Mapping[str, str]) -> list[Step]:
    """What somebody entered, step by step, until one does not work: nothing of it is kept."""
    # The project's file may name other networks by now.
    project.release()
    try:
        config, kind = _entered(project, name, connector, given)
    except ProjectError as error:
        return [("settings", False, str(error))]
    steps = [_settings(kind)]
    if url := config.text("url"):
        try:
            there = reach(url, project.settings.private)
        except AddressError as error:
            return [*steps, ("address", False, str(error))]
        steps.append(("address", True, f"{there.host} is {there.ip}"))
    streams: list[tuple[str, dict[str, Any]]] = [(s.name, {}) for s in kind.streams if not s.on_request]
    now = project.clock.now()
    # What a grant is given is kept: a refresh token that is tried is used up.
    kept = replace(config, **project.made_with)
    asked = _asked(
        lambda: open_system(kind, kept), streams, now, lambda s: set_up_findings(project, name, s, now)
    )
    return [*steps, *_version(kind, now), *asked]


# what people enter by the browser


def connect_system(
    project: OpenProject, connection: Connection, name: str, connector: str, given: Mapping[str, str]
) -> tuple[SystemConfig, Callable[[], None]]:
    """Put what somebody entered into the project, once the transaction of `connection` committed: from then on it
    is a system like any other. That system, and what is to be done after the commit. Raises ProjectError,
    AddressError; then nothing is changed."""
    # The project's file may name other networks by now.
    project.release()
    config, kind = _entered(project, name, connector, given)
    if config.text("url"):
        # Names are looked up before anybody is kept from changing files.
        reach(config.text("url"), project.settings.private)
    begin_change(project, connection)
    folder = project.settings.folder
    path = system_file(folder, name)
    if name in project.settings.systems and not path.is_file():
        raise ProjectError(f"{name} stands in tieout.toml: it is changed there")
    if len(list(path.parent.glob("*.toml"))) >= _MOST and not path.is_file():
        raise ProjectError(f"{_MOST} systems are connected by the browser already")
    return config, change_files(project, connection, stage_system(folder, config, kind))


def disconnect_system(project: OpenProject, connection: Connection, name: str) -> Callable[[], None]:
    """Take a system out that was connected by the browser, once the transaction of `connection` committed; what is
    to be done then. Raises ProjectError where something needs it."""
    begin_change(project, connection)
    settings = project.settings
    if not system_file(settings.folder, name).is_file():
        raise ProjectError(f"{name} stands in tieout.toml: it is taken out there")
    release = project.release()
    users = [f"interface {i.name}" for i in release.interfaces.values() if i.system == name]
    users += [f"entity {e.code}" for e in release.entities.values() if e.ledger == name]
    users += [f"the sink {k}" for k, v in settings.sinks.items() if v == name]
    users += [f"what is fetched for {i}" for i, system in settings.fetch if system == name]
    if users:
        raise ProjectError(f"{name} is needed by {', '.join(users)}: take it out there first")
    return change_files(project, connection, stage_removal(settings.folder, name))


def _entered(
    project: OpenProject, name: str, connector: str, given: Mapping[str, str]
) -> tuple[SystemConfig, Connector]:
    try:
        kind = project.registry[connector]
    except KeyError as error:
        raise ProjectError(str(error.args[0])) from None
    config = entered(name, kind, given, project.settings.environment, project.settings.private)
    if (before := project.settings.systems.get(name)) is not None and before.connector == connector:
        # No form asks for these.
        config = replace(config, hours=before.hours, per_second=before.per_second, per_day=before.per_day)
    return config, kind


# the steps


def _settings(connector: Connector) -> Step:
    return "settings", True, f"{len(connector.config)} settings, {connector.title} {connector.version}"


def _version(connector: Connector, now: datetime) -> list[Step]:
    """The vendor's version that is asked for, with a warning of its end."""
    if connector.api is None:
        return []
    warning = version_warning(connector.api, now.date())
    return [("version", True, f"warning: {warning}" if warning else f"version {connector.api.name}")]


def _asked(
    opened: Callable[[], Any],
    streams: _Streams,
    now: datetime,
    set_up: Callable[[Any], list[Finding]],
) -> list[Step]:
    steps: list[Step] = []
    try:
        session = opened()
    except (ConnectorError, ValueError) as error:
        return [("settings", False, str(error))]
    for step, ask in _questions(session, streams, now):
        try:
            steps.append((step, True, ask()))
        except ConnectorError as error:
            return [*steps, (step, False, str(error))]
        except STRANGE as error:
            said = f"it answers, but not as this kind of system does ({type(error).__name__})"
            return [*steps, (step, False, said)]
    if isinstance(session, RightsTeller):
        try:
            steps += [
                (f"may {r.what}", r.held, r.said) for r in answered(session.rights, "what its key may do")
            ]
        except ConnectorError as error:
            steps.append(("tells its rights", False, str(error)))
    try:
        steps += [(f.what, f.well, f.said) for f in answered(lambda: set_up(session), "its set-up")]
    except ConnectorError as error:
        steps.append(("tells its set-up", False, str(error)))
    return steps


def _questions(session: Any, streams: _Streams, now: datetime) -> list[tuple[str, Callable[[], str]]]:
    """What is asked of a system, and what each answer says."""
    asked: list[tuple[str, Callable[[], str]]] = [(ANSWERS, lambda: str(session.check()))]
    if isinstance(session, LedgerReader):
        today = now.date()
        asked.append(("reads locks and rates", lambda: f"{len(session.facts().rates)} rates"))
        asked.append(("reads entries", lambda: f"{len(session.trial_balance(today))} balances"))
        asked.append(("reads locks of the books", lambda: f"{len(session.locks())} kinds of lock"))
    if isinstance(session, Poller):
        asked += [_page_of(session, stream, options, now) for stream, options in streams]
    return asked


def _page_of(
    session: Poller, stream: str, options: Mapping[str, Any], now: datetime
) -> tuple[str, Callable[[], str]]:
    """One page of a stream, as it would be polled now; it is not taken in."""

    def ask() -> str:
        page = session.poll(stream, {"options": dict(options)}, now)
        return f"{len(page.items)} items on its first page"

    return f"reads {stream}", ask
