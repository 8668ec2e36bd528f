"""Connecting systems: what is asked of one, step by step, and what people enter by the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tieout.connector_api import (
    AddressError,
    Connector,
    ConnectorError,
    LedgerReader,
    Poller,
    RightsTeller,
    SystemConfig,
    open_system,
    reach,
)
from tieout.operations.changing import Changing
from tieout.settings import ProjectError, entered, stage_removal, stage_system, system_file
from tieout.store import Connection

# (what was asked, whether it works, what it is or what to do)
Step = tuple[str, bool, str]
_MOST = 50
# What a connector stumbles over where somebody else's server answers, whatever that is.
_STRANGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Connecting(Changing):
    """The systems of an open project."""

    def check(self) -> list[Step]:
        """What each system is, or what to do."""
        found = []
        for name in self.project.systems:
            try:
                found.append((name, True, str(self.open_session(name).check())))
            except ConnectorError as error:
                found.append((name, False, str(error)))
        return found

    def check_system(self, name: str) -> list[Step]:
        """A system step by step, until one does not work; of its rights every one."""
        self.release()
        config, connector = self.project.systems[name], self.connector_of(name)
        missing = [f.name for f in connector.config if f.required and not config.text(f.name)]
        if missing:
            return [("settings", False, f"[systems.{name}] lacks {', '.join(missing)}")]
        streams = [
            (stream, {"overlap_minutes": i.overlap_minutes, **i.options})
            for i in self.project.release.interfaces.values()
            if i.system == name
            for stream in i.streams
        ]
        return [_settings(connector), *self._asked(lambda: self.open_session(name), streams)]

    def try_system(self, name: str, connector: str, given: Mapping[str, str]) -> list[Step]:
        """What somebody entered, step by step: nothing of it is kept."""
        # The project's file may name other networks by now.
        self.release()
        try:
            config, kind = self._entered(name, connector, given)
        except ProjectError as error:
            return [("settings", False, str(error))]
        steps = [_settings(kind)]
        if url := config.text("url"):
            try:
                there = reach(url, self.project.private)
            except AddressError as error:
                return [*steps, ("address", False, str(error))]
            steps.append(("address", True, f"{there.host} is {there.ip}"))
        streams: list[tuple[str, dict[str, Any]]] = [(s.name, {}) for s in kind.streams]
        return [*steps, *self._asked(lambda: open_system(kind, config), streams)]

    def connect_system(
        self, connection: Connection, name: str, connector: str, given: Mapping[str, str]
    ) -> tuple[SystemConfig, Callable[[], None]]:
        """Put what somebody entered into the project, once the transaction of `connection` committed: from then on it
        is a system like any other. That system, and what is to be done after the commit. Raises ProjectError,
        AddressError; then nothing is changed."""
        # The project's file may name other networks by now.
        self.release()
        config, kind = self._entered(name, connector, given)
        if config.text("url"):
            # Names are looked up before anybody is kept from changing files.
            reach(config.text("url"), self.project.private)
        self.begin_change(connection)
        path = system_file(self.project.folder, name)
        if name in self.project.systems and not path.is_file():
            raise ProjectError(f"{name} stands in tieout.toml: it is changed there")
        if len(list(path.parent.glob("*.toml"))) >= _MOST and not path.is_file():
            raise ProjectError(f"{_MOST} systems are connected by the browser already")
        return config, self.change_files(connection, stage_system(self.project.folder, config, kind))

    def disconnect_system(self, connection: Connection, name: str) -> Callable[[], None]:
        """Take a system out that was connected by the browser, once the transaction of `connection` committed; what is
        to be done then. Raises ProjectError where something needs it."""
        self.begin_change(connection)
        if not system_file(self.project.folder, name).is_file():
            raise ProjectError(f"{name} stands in tieout.toml: it is taken out there")
        release = self.release()
        users = [f"interface {i.name}" for i in release.interfaces.values() if i.system == name]
        users += [f"entity {e.code}" for e in release.entities.values() if e.ledger == name]
        users += [f"the sink {k}" for k, v in self.project.sinks.items() if v == name]
        users += [f"what is fetched for {i}" for i, system in self.project.fetch if system == name]
        if users:
            raise ProjectError(f"{name} is needed by {', '.join(users)}: take it out there first")
        return self.change_files(connection, stage_removal(self.project.folder, name))

    def _entered(self, name: str, connector: str, given: Mapping[str, str]) -> tuple[SystemConfig, Connector]:
        try:
            kind = self.registry[connector]
        except KeyError as error:
            raise ProjectError(str(error.args[0])) from None
        return entered(name, kind, given, self.project.environment, self.project.private), kind

    def _asked(
        self, opened: Callable[[], Any], streams: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[Step]:
        steps: list[Step] = []
        try:
            session = opened()
        except (ConnectorError, ValueError) as error:
            return [("settings", False, str(error))]
        for step, ask in self._questions(session, streams):
            try:
                steps.append((step, True, ask()))
            except ConnectorError as error:
                return [*steps, (step, False, str(error))]
            except _STRANGE as error:
                said = f"it answers, but not as this kind of system does ({type(error).__name__})"
                return [*steps, (step, False, said)]
        if isinstance(session, RightsTeller):
            try:
                steps += [(f"may {r.what}", r.held, r.said) for r in session.rights()]
            except ConnectorError as error:
                steps.append(("tells its rights", False, str(error)))
        return steps

    def _questions(
        self, session: Any, streams: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[tuple[str, Callable[[], str]]]:
        """What is asked of a system, and what each answer says."""
        asked: list[tuple[str, Callable[[], str]]] = [
            ("answers, and lets us in", lambda: str(session.check()))
        ]
        if isinstance(session, LedgerReader):
            today = self.clock.now().date()
            asked.append(("reads locks and rates", lambda: f"{len(session.facts().rates)} rates"))
            asked.append(("reads entries", lambda: f"{len(session.trial_balance(today))} balances"))
            asked.append(("reads locks of the books", lambda: f"{len(session.locks())} kinds of lock"))
        if isinstance(session, Poller):
            asked += [self._page_of(session, stream, options) for stream, options in streams]
        return asked

    def _page_of(
        self, session: Poller, stream: str, options: Mapping[str, Any]
    ) -> tuple[str, Callable[[], str]]:
        """One page of a stream, as it would be polled now; it is not taken in."""

        def ask() -> str:
            page = session.poll(stream, {"options": dict(options)}, self.clock.now())
            return f"{len(page.items)} items on its first page"

        return f"reads {stream}", ask


def _settings(connector: Connector) -> Step:
    return "settings", True, f"{len(connector.config)} settings, {connector.title} {connector.version}"
