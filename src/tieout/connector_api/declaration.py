"""A connector's declaration, and the registry of those that were found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tieout.causes import Cause
from tieout.connector_api.addresses import Network
from tieout.connector_api.elsewhere import Named, web_address
from tieout.connector_api.errors import AwayError
from tieout.connector_api.hours import ALWAYS, Away, Hours
from tieout.connector_api.pace import NO_LIMIT, Budget
from tieout.connector_api.publication import ApiVersion, NeededRight, Verified, WebhookTopic
from tieout.connector_api.retry_after import LONGEST_S
from tieout.connector_api.tokens import IN_MEMORY, TokenKeeper
from tieout.connector_api.web import guarded
from tieout.documents import Document, check_kept


@dataclass(frozen=True)
class ConfigField:
    """One setting of a system: shown in the form, checked in `tieout.toml`."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    default: str = ""


@dataclass(frozen=True)
class Option:
    """One option of an interface's [options]: a text, one of `choices`, one that has the `shape`
    of a regular expression, or with `table` a table of texts (each `key = value` of that shape). Where an interface does not say it, it is
    what the field `pack` of its country's pack lists."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    table: bool = False
    shape: str = ""
    pack: str = ""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class SystemConfig:
    """One configured system: settings with secrets resolved. `private`: None where the project's own file declares it;
    for one that was entered by the browser, the networks beside public addresses that it may be in.

    How it is to be asked, as the project says: within its `hours`, and no more than `per_second` and `per_day` (calls, or points where its
    vendor counts those), 0 where the project says nothing: then what is `published` by its vendor.

    What its session works with: `tokens` keeps what its grants are given (the project's database for a system of a project, else this
    process), `paces` is the folder in which its pace is kept, and `now` tells by which clock its hours are."""

    name: str
    connector: str
    environment: str
    values: Mapping[str, Any] = field(repr=False)
    private: tuple[Network, ...] | None = None
    hours: Hours = ALWAYS
    per_second: float = 0.0
    per_day: int = 0
    published: Budget = field(default=NO_LIMIT, compare=False)
    tokens: TokenKeeper = field(default=IN_MEMORY, compare=False, repr=False)
    paces: Path | None = field(default=None, compare=False, repr=False)
    now: Callable[[], datetime] = field(default=_utc_now, compare=False, repr=False)

    def text(self, name: str, default: str = "") -> str:
        return str(self.values.get(name, default))

    def away(self) -> Away | None:
        """Whether it is left alone now, and until when."""
        return self.hours.away(self.now())

    def let_ask(self) -> None:
        """Raises AwayError while it is left alone."""
        away = self.away()
        if away is not None:
            now = self.now()
            left_s = (away.until - now).total_seconds()
            raise AwayError(f"{self.name} {away.words(now)}", away.until, min(left_s, LONGEST_S))


# What code that reads a message raises where it has another shape: a key that is missing, a text that is a list, a number
# that no decimal holds, more depth than anybody reads.
# A bracket, a comma, or a number of a version.
_SAYS_MORE = re.compile(r" \(|, | \d")
_OTHER_SHAPE = (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class Stream:
    """One stream that a connector reads. `normalise` is pure: an item's bytes and the interface's options to documents;
    where the bytes are not readable it raises ValueError, or what meeting another shape raises. `final` says that a document is
    never sent again as a newer version of itself: two of one key that say other things are two. One that is `on_request` is read
    where an interface names it among its `streams`, and not where that says nothing."""

    name: str
    title: str
    normalise: Callable[[bytes, Mapping[str, Any]], list[Document]]
    version_order: str = "the source never changes it"
    final: bool = False
    on_request: bool = False

    def documents(self, raw: bytes, options: Mapping[str, Any]) -> list[Document]:
        """The documents of an item. Raises ValueError where it cannot be read, whatever its shape, or where what is made of
        it could not be kept: a name that is a number, a quantity that is NaN."""
        try:
            made = self.normalise(raw, options)
            for document in made:
                check_kept(document)
            return made
        except _OTHER_SHAPE as error:
            raise ValueError(
                f"of another shape than {self.name} have: {type(error).__name__}: {error}"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Connector:
    """What a kind of system can do. `open` makes a session that has the capabilities that
    `can` names; `pushes` are the beginnings of the events that wake its polls; `causes` are those of its own that a
    refused message or an outcome of it may name.

    `provider` says of an interface's streams and options whose balance they tell of, "" for nobody's: two connectors that tell of
    one provider in one entity would book each movement twice.

    `page` says where people open a thing of this system in a browser, by its settings and what the thing is known by: "" where
    it has no page, or where the settings lead to something else than the vendor's own. Pure; ask it by `page_of`.

    `limits` are in words what the vendor sets, with where it says so; `pace` is what of it is kept to: nothing where nothing is published.

    What it was made from: `api` is the vendor's version that it asks for, `verified` what it was held against; `rights` and
    `webhooks` are what a person sets up there. `assumed` is what no public document says; `not_covered` what the vendor has
    and this does not read."""

    name: str
    title: str
    version: str
    config: tuple[ConfigField, ...]
    open: Callable[[SystemConfig], Any]
    can: tuple[str, ...]
    streams: tuple[Stream, ...] = ()
    options: tuple[Option, ...] = ()
    pushes: tuple[str, ...] = ()
    limits: str = ""
    pace: Budget = NO_LIMIT
    assumed: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    api: ApiVersion | None = None
    verified: tuple[Verified, ...] = ()
    rights: tuple[NeededRight, ...] = ()
    webhooks: tuple[WebhookTopic, ...] = ()
    not_covered: tuple[str, ...] = ()
    provider: Callable[[Sequence[str], Mapping[str, Any]], str] | None = None
    page: Callable[[SystemConfig, Named], str] | None = None

    @property
    def product(self) -> str:
        """What people call the system, such as "Odoo" or "Shopify": its title up to what says more of it."""
        return _SAYS_MORE.split(self.title, maxsplit=1)[0]

    @property
    def by_browser(self) -> bool:
        """Whether it can be connected by the browser: all of it is in messages, or at an HTTP address. What is in a
        folder of this machine, or at another kind of address, stands in the project's file."""
        return not any(f.name in ("folder", "host") for f in self.config)

    def page_of(self, config: SystemConfig, named: Named) -> str:
        """The address, of http(s), at which a browser shows a thing of this system; "" where none is known."""
        if self.page is None:
            return ""
        try:
            return web_address(self.page(config, named))
        except (*_OTHER_SHAPE, ValueError):
            # A link is a help: what a thing is called never keeps it from being shown.
            return ""

    def stream(self, name: str) -> Stream:
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(f"connector {self.name} has no stream {name!r}")


def open_system(connector: Connector, config: SystemConfig) -> Any:
    """A session of a system, which is asked as its vendor publishes where the project does not say otherwise. Raises ConnectorError."""
    with guarded(config.private):
        return connector.open(replace(config, published=connector.pace))


@dataclass
class ConnectorRegistry:
    """The connectors that this process knows, by name."""

    by_name: dict[str, Connector] = field(default_factory=dict)

    def add(self, connector: Connector) -> None:
        """A name clash is an error."""
        if connector.name in self.by_name:
            raise ValueError(f"two connectors are named {connector.name!r}")
        self.by_name[connector.name] = connector

    def __getitem__(self, name: str) -> Connector:
        try:
            return self.by_name[name]
        except KeyError:
            known = ", ".join(sorted(self.by_name))
            raise KeyError(f"no connector is named {name!r}; there are: {known}") from None
