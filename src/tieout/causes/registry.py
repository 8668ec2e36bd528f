"""Which causes there are: declared as a process starts, before anything is read, as recipes are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tieout.causes.model import Action, Cause
from tieout.observe import get_logger

_NAME = re.compile(r"[a-z]+(_[a-z]+)*")
_log = get_logger("causes")


class UndeclaredError(LookupError):
    """A case of a cause that nobody declared."""


class Registry:
    """Causes by name. `strict`: whoever opens a case of an undeclared one fails, as in tests; else it is logged, and
    the case is opened as it was found, for a case is never lost."""

    def __init__(self, causes: Iterable[Cause] = (), strict: bool = False) -> None:
        self._by_name: dict[str, Cause] = {}
        self.strict = strict
        self.declare(causes)

    def declare(self, causes: Iterable[Cause]) -> None:
        """A second declaration of the same changes nothing. Raises ValueError for another one of the same name, and for
        a name that is none."""
        for cause in causes:
            if not _NAME.fullmatch(cause.name):
                raise ValueError(f"{cause.name!r} names no cause: small letters, words joined by _")
            if self._by_name.setdefault(cause.name, cause) != cause:
                raise ValueError(f"two causes are named {cause.name!r}: a name has one recovery")

    def named(self, name: str) -> Cause:
        """The cause of this name; of one that nobody declared (an older version's, an outsider's that is gone) one
        that says so."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        return Cause(
            name=name,
            means="Nobody declared this cause: a connector or a recipe opened it that is not installed, or is older.",
            says="look at what happened: nobody declared what recovers this",
            actions=(Action.REPORT,),
        )

    def check(self, name: str) -> None:
        """Whether the cause of a case that is about to be opened is declared. Raises UndeclaredError where `strict`."""
        if name in self._by_name:
            return
        if self.strict:
            raise UndeclaredError(f"nobody declared the cause {name!r}: declare it beside what opens it")
        _log.warning("undeclared cause", cause=name)

    def by_two(self) -> list[str]:
        """The names of those that take two people, whatever they come to."""
        return sorted(c.name for c in self._by_name.values() if c.by_two)


_REGISTRY = Registry()


def declare(causes: Iterable[Cause]) -> None:
    """See `Registry.declare`."""
    _REGISTRY.declare(causes)


def cause_named(name: str) -> Cause:
    """See `Registry.named`."""
    return _REGISTRY.named(name)


def causes_by_two() -> list[str]:
    """See `Registry.by_two`."""
    return _REGISTRY.by_two()


def check_declared(name: str) -> None:
    """See `Registry.check`."""
    _REGISTRY.check(name)


def be_strict() -> None:
    """From now on opening a case of an undeclared cause fails: for tests."""
    _REGISTRY.strict = True
