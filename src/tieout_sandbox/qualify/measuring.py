"""How fast this server is: one call, invoices, and lines of the bank, as a worker delivers them."""

from __future__ import annotations

import time

from tieout_sandbox.qualify.books import Books, holds, tag

_BATCH = 200


def measured(books: Books, many: int) -> dict[str, str]:
    """What was found, in words. Raises DiffersError where something is not confirmed, ConnectorError."""
    began = time.monotonic()
    for _ in range(5):
        books.ask("res.company", "read", ids=[books.company], fields=["name"])
    call = (time.monotonic() - began) / 5
    name = tag()
    invoices = [books.invoice(f"s_{name}_{n}") for n in range(many)]
    lines = [books.cash(f"b_{name}_{n}", "115.00", f"s_{name}_{n}") for n in range(many)]
    found = {"one call that reads one row": f"{call * 1000:.1f} ms"}
    for what, batch in (
        ("invoices with tax and match key: created, posted, read back", invoices),
        ("lines of the bank, matched with them", lines),
    ):
        began = time.monotonic()
        outcomes = [
            o for first in range(0, many, _BATCH) for o in books.session.send(batch[first : first + _BATCH])
        ]
        seconds = time.monotonic() - began
        bad = [o for o in outcomes if o.status != "confirmed" or o.cause]
        holds(not bad, f"all {many} {what} are confirmed", bad[:2])
        found[f"{many} {what}"] = f"{many / seconds:.1f} a second, {seconds / many * 1000:.1f} ms each"
    return found
