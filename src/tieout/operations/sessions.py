"""The sessions of a project's systems: opened at first use, opened anew where a system's settings became others."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tieout.connector_api import ConnectorRegistry, SystemConfig, open_system


class Sessions:
    """One session a system, as its settings are now; safe for threads.

    What a session can do is its connector's affair, so its type is asked for where it is used (see `OpenProject.reader_of`
    and its like). `made_with` is what of `SystemConfig` a session works with and no file says: where tokens and paces are kept, the clock.
    """

    def __init__(
        self,
        registry: ConnectorRegistry,
        systems: Mapping[str, SystemConfig],
        made_with: Mapping[str, Any] | None = None,
    ) -> None:
        self._registry, self._systems, self._made_with = registry, systems, dict(made_with or {})
        self._opened: dict[str, Any] = {}
        self._opening: dict[str, threading.Lock] = {}
        # Somebody may be at one whose settings changed: it is closed with everything else.
        self._retired: list[Any] = []
        self._lock = threading.Lock()

    def of(self, system: str) -> Any:
        """The system's open session. Raises KeyError for no system of this project, ConnectorError, ValueError."""
        found = self._opened.get(system)
        if found is not None:
            return found
        with self._lock:
            opening = self._opening.setdefault(system, threading.Lock())
        # One system that is slow to open keeps no other waiting.
        with opening:
            while (found := self._opened.get(system)) is None:
                config = self._systems[system]
                made = open_system(self._registry[config.connector], replace(config, **self._made_with))
                with self._lock:
                    # Its settings may have become others meanwhile.
                    kept = self._systems.get(system) == config
                    if kept:
                        self._opened[system] = made
                    else:
                        self._retired.append(made)
            return found

    def change(self, systems: Mapping[str, SystemConfig]) -> None:
        """Systems as they are now: whoever asks one that was changed opens it anew."""
        with self._lock:
            for name, config in self._systems.items():
                if systems.get(name) != config and name in self._opened:
                    self._retired.append(self._opened.pop(name))
            self._systems = systems

    def close(self) -> None:
        """Close every session that was ever opened and can be closed."""
        for session in (*self._opened.values(), *self._retired):
            close = getattr(session, "close", None)
            if close is not None:
                close()
