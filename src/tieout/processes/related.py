"""Documents that share a name with another: a bill's supplier, its order, its twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tieout.documents.states import DocumentState
from tieout.processes.facts import RelatedFact
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope


def _by_name(rows: Sequence[Row], scope: Scope) -> Found:
    """By each name the documents that have it, with their numbers, oldest first."""
    found: dict[str, list[tuple[int, RelatedFact]]] = {}
    for row in rows:
        interface = scope.release.interfaces.get(row["interface"])
        fact = RelatedFact(
            kind=row["kind"],
            interface=row["interface"],
            system=interface.system if interface else "",
            key=row["source_key"],
            revision=row["revision"],
            state=DocumentState(row["state"]),
            content=row["content"],
            on=row["accounting_on"],
            since=row["posted_at"],
            effect=row["effect"],
        )
        for name in row["names"]:
            found.setdefault(name, []).append((row["document_id"], fact))
    return found


def _asks(asking: Asking, scope: Scope) -> Keys:
    return {"names": asking.keys.related}


def _more(asking: Asking, found: Found) -> Keys:
    """What is related to a document by what was found first: a bill by the supplier that it is of."""
    first = [fact for name in asking.keys.related for _, fact in found.get(name, ())]
    return {"names": asking.more_related(first)}


def _beside(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    """What stands beside one document, each once with its names, oldest first; not itself."""
    names: dict[int, list[str]] = {}
    facts: dict[int, RelatedFact] = {}
    for name in dict.fromkeys((*asking.keys.related, *_more(asking, found)["names"])):
        for number, fact in found.get(name, ()):
            if number != asking.document_id:
                names.setdefault(number, []).append(name)
                facts[number] = fact
    return {
        "related": tuple(
            msgspec.structs.replace(
                facts[n], names=tuple(names[n]), earlier=not asking.document_id or n < asking.document_id
            )
            for n in sorted(facts)
        )
    }


RELATED = FactSource(name="related", module=__name__, asks=_asks, rows=_by_name, fields=_beside, more=_more)
