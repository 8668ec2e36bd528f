"""What a connector says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tieout.connector_api.capabilities import (
    Balances,
    ControlTotals,
    FileReader,
    LedgerReader,
    Poller,
    RemoteFolder,
    TaxEngine,
    WebhookReceiver,
    Writer,
)
from tieout.connector_api.conformance.subject import Subject

_CAPABILITIES: dict[str, type] = {
    "poll": Poller, "webhook": WebhookReceiver, "file": FileReader, "write": Writer, "control_totals": ControlTotals,
    "balances": Balances, "fetch": RemoteFolder, "tax": TaxEngine,
}  # fmt: skip
# Said beside another capability, which is where they are looked for.
_BESIDE = {"look_up": Writer, "read_back": LedgerReader, "open_items": LedgerReader, "ledger": LedgerReader}
_READS = {"poll", "file", "open_items"}
_SECRET = ("key", "token", "secret", "password")
# Names of secrets that are none: they are public by their nature.
_PUBLIC = ("client_id", "host_key")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def capabilities(subject: Subject) -> None:
    """A session has the capabilities that `can` names, and no other: what it cannot do it does not declare."""
    connector = subject.connector
    session = subject.open()
    for name in connector.can:
        protocol = _CAPABILITIES.get(name) or _BESIDE.get(name)
        assert protocol is not None, (
            f"`can` names {name!r}; there are {', '.join(sorted({*_CAPABILITIES, *_BESIDE}))}"
        )
        assert isinstance(session, protocol), (
            f"`can` names {name!r}, and its session is no {protocol.__name__}"
        )
    for name, protocol in _CAPABILITIES.items():
        has = isinstance(session, protocol)
        assert name in connector.can or not has, (
            f"its session is a {protocol.__name__}, and `can` does not name {name!r}"
        )
    reads = bool(_READS & {*connector.can})
    assert reads == bool(connector.streams), (
        "it has streams where it polls, reads files or a ledger's items; else none"
    )


def settings(subject: Subject) -> None:
    """Every setting and option says what it is; what is secret is marked, so that it is never shown."""
    for setting in subject.connector.config:
        assert setting.help.strip(), f"the setting {setting.name!r} does not say what it is (help)"
        if any(word in setting.name for word in _SECRET) and setting.name not in _PUBLIC:
            assert setting.secret, f"the setting {setting.name!r} sounds secret: mark it secret=True"
        assert not (setting.secret and setting.default), f"the secret {setting.name!r} has a default"
    for option in subject.connector.options:
        assert option.help.strip(), f"the option {option.name!r} does not say what it means (help)"


def names(subject: Subject) -> None:
    """Names are short, lower case, and no two alike: they stand in people's files for ever."""
    connector = subject.connector
    for what, found in (
        ("connector", [connector.name]),
        ("streams", [s.name for s in connector.streams]),
        ("settings", [f.name for f in connector.config]),
        ("options", [o.name for o in connector.options]),
    ):
        _hold(what, found)
    assert connector.title.strip() and connector.version.strip(), "it has a title and a version"


def _hold(what: str, found: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in found:
        assert _NAME.fullmatch(name), (
            f"{what}: {name!r}; a name is a small letter, then up to 39 of a-z, 0-9, _"
        )
        assert name not in seen, f"{what}: two are called {name!r}"
        seen.add(name)
