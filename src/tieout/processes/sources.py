"""Where facts come from: SQL in a file beside its process, which planning executes, and what its rows mean, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.documents import Document
from tieout.processes.facts import Entire, FactKeys, RelatedFact
from tieout.rules import Entity, Interface, Release

# A row by its columns, and the keys of a query by their parameters.
Row = Mapping[str, Any]
Keys = Mapping[str, Iterable[str]]
Found = Mapping[str, Any]


@dataclass(frozen=True)
class Scope:
    """Whose facts are read: those of one interface's documents, under one release."""

    release: Release
    interface: Interface

    @property
    def entity(self) -> Entity:
        """The entity that the interface's documents are booked in."""
        return self.release.entities[self.interface.entity]


@dataclass(frozen=True)
class Asking:
    """A document whose plan is due: the keys that its recipe asks by, its number in the database (0 where it has none
    yet), the whole that it may be a part of, and what its recipe asks for once it knows what is related to it."""

    document: Document
    keys: FactKeys
    document_id: int = 0
    entire: Entire | None = None
    more_related: Callable[[Sequence[RelatedFact]], tuple[str, ...]] = lambda related: ()


@dataclass(frozen=True, kw_only=True)
class FactSource:
    """One sort of fact that plans read beside their document.

    `name` is that of its query in the SQL file beside `module` (`order_to_cash.sql` of `...order_to_cash`). The query
    runs once for a batch, with `entity`, `interface` and `ledger` (the entity's system of books) and the keys that the
    batch `asks` for, a sorted list for each parameter; where nobody asks for any, it does not run. It reads and
    never writes. `rows` says what its rows are: facts by key. `fields` says which of `Facts` they are for one
    document; `more` asks for further keys once the first are read, in a second run.

    A source that an outsider brings needs `name`, `module` and `rows` alone: a recipe asks by `FactKeys.own`, the keys
    come as `keys`, and a plan finds them by `Facts.found_by`. What `rows` gives must be fit to be kept as JSON, amounts
    as Decimal.

    A query that reads documents' contents gives them as `content`, with `interface`, `source_key`, `revision`,
    `message_id` and `stamp`: rows that somebody changed past us are left out. Where leaving one out would let something
    be booked twice, a source is `told_of_changed`: such a row comes with "" for its content. A query that reads effects
    gives their bodies as `effect_body` (null where there is none), with `effect_system`, `effect_id` (the external id),
    `effect_document`, `effect_requires` and `effect_stamp`, and the same holds.
    """

    name: str
    module: str
    rows: Callable[[Sequence[Row], Scope], Found]
    asks: Callable[[Asking, Scope], Keys] | None = None
    fields: Callable[[Asking, Found, Scope], Mapping[str, Any]] | None = None
    more: Callable[[Asking, Found], Keys] | None = None
    told_of_changed: bool = False

    def keys_of(self, asking: Asking, scope: Scope) -> Keys:
        """What one document asks of this source."""
        if self.asks is not None:
            return self.asks(asking, scope)
        return {"keys": asking.keys.own.get(self.name, ())}

    def facts_of(self, asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
        """The fields of one document's facts that this source gives; `own` is by its name."""
        if self.fields is not None:
            return self.fields(asking, found, scope)
        keys = asking.keys.own.get(self.name, ())
        return {"own": {self.name: tuple(found[k] for k in keys if k in found)}} if keys else {}
