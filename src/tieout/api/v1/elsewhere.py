"""Where things stand in the systems that they came from and went to: addresses for browsers, as the systems' connectors say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from tieout.api.v1.context import RequestContext
from tieout.connector_api import Named
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")


class Elsewhere(BaseModel):
    """The page of a thing in another system: `title` is what that system is called, `url` an address of http(s) that a browser
    opens."""

    title: str
    url: str


class Places:
    """What one request asks of where things stand. A server that serves figures alone knows of no system, and of no place."""

    def __init__(self, context: RequestContext) -> None:
        self._project, self._release = context.project, context.release()

    def record(self, system: str, model: str, number: int | None) -> Elsewhere | None:
        """Of a record that a system keeps under a number of its own."""
        if number is None or not model:
            return None
        return self._page(system, Named(model, str(number)))

    def in_books(self, entity: str, model: str, number: int | None) -> Elsewhere | None:
        """Of a record in an entity's ledger."""
        book = self._release.entities.get(entity)
        return self.record(book.ledger, model, number) if book is not None else None

    def documents(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, Elsewhere]:
        """Of documents, by their numbers, each where its source has a page of it. `rows` name a document's number and interface."""
        asked = [r["document_id"] for r in rows if r["document_id"] and self._has_pages(r["interface"])]
        found: dict[int, Elsewhere] = {}
        for row in connection.execute(_SQL["keys_of"], {"ids": asked}) if asked else ():
            named = Named.of(row["kind"], row["source_key"], msgspec.json.decode(row["content"]))
            if (place := self._page(self._system(row["interface"]), named)) is not None:
                found[row["document_id"]] = place
        return found

    def _system(self, interface: str) -> str:
        known = self._release.interfaces.get(interface)
        return known.system if known is not None else ""

    def _has_pages(self, interface: str) -> bool:
        system = self._system(interface)
        if self._project is None or system not in self._project.settings.systems:
            return False
        return self._project.connector_of(system).page is not None

    def _page(self, system: str, named: Named) -> Elsewhere | None:
        config = self._project.settings.systems.get(system) if self._project is not None else None
        if self._project is None or config is None:
            return None
        connector = self._project.connector_of(system)
        url = connector.page_of(config, named)
        return Elsewhere(title=connector.product, url=url) if url else None
