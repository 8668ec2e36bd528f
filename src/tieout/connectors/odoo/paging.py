"""Odoo's rows in pages by their id: what is booked meanwhile moves none of them from one page to another, as an offset would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tieout.connector_api import TransientError, Walk

Row = dict[str, Any]


def by_id(
    read: Callable[..., list[Row]], model: str, domain: Sequence[Any], fields: list[str], most: int
) -> Iterator[Row]:
    """Every row of a domain, `most` a page, read by a method of the client that calls. Raises TransientError where a page begins before the end
    of the one before it: whatever answers there does not answer what was asked."""
    walk, last = Walk(f"Odoo: {model}"), 0
    while True:
        rows = read(
            model, "search_read", domain=[["id", ">", last], *domain], fields=fields, order="id", limit=most
        )
        if rows and rows[0]["id"] <= last:
            raise TransientError(
                f"Odoo: {model}: a page comes again: it begins with {rows[0]['id']}, and what is behind {last} was asked for"
            )
        yield from rows
        if len(rows) < most:
            return
        last = int(walk.after(rows))
