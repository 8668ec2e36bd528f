"""What was paid for others stands in a close's list of waivers, and on the printed close. Real matching, a real database."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

from tests.integration.test_glance import FORMS, pack_of
from tests.integration.test_reconciling import Books, by_line
from tests.integration.test_reconciling import books as books
from tests.integration.test_reconciling import world as world
from tieout.close import keep_glance, printed_close
from tieout.close.waivers import WaiverKind, from_evidence, read_waivers
from tieout.close.waivers.model import as_evidence
from tieout.evidence import Pack, from_pack, written
from tieout.money import Period

OCTOBER, D = Period(2026, 10), Decimal


def test_what_was_paid_for_others_is_listed_by_kind_with_its_sum_the_same_from_a_pack(
    books: Books, tmp_path: Path
) -> None:
    """60.00 of Bolt's pay what Acme owes; 40.00 pay Bolt's own invoice. Taken apart, it is paid for nobody."""
    key, bolt = books.customer("Bolt Ltd")
    books.invoice("INV-1", "60.00", books.partner("Acme Corp"))
    books.invoice("INV-2", "40.00", bolt)
    for text, amount, number in (("one", "60.00", "INV-1"), ("two", "40.00", "INV-2")):
        books.cash(text, amount, text, partner=key)
        interface, cash, due = by_line(books, text)
        books.decide("ann").join(interface, cash, [x for x in due if number in x.numbers])
        books.work()
    connection, release = books.database.connect(autocommit=True), books.release()
    found = read_waivers(connection, release, "US", OCTOBER)
    (row,) = [w for w in found.rows if w.kind is WaiverKind.PAID_FOR_OTHERS]
    assert (row.amount, row.currency, row.company, row.by, row.second) == (
        D("60.00"),
        "USD",
        D("60.00"),
        "ann",
        "",
    )
    assert (
        "1 paid for others (60.00 USD)" in found.said()
        and row.alone_above(D("59.99"))
        and not row.alone_above(D(60))
    )
    assert from_evidence(as_evidence(found)) == found
    with connection.transaction():
        keep_glance(connection, release, "US", OCTOBER, books.clock.now(), "ann")
    ours = printed_close(connection, release, "US", OCTOBER, books.clock.now())
    pack = pack_of(SimpleNamespace(connection=connection, b=books), tmp_path)  # type: ignore[arg-type]
    for form in FORMS:
        text = written(ours, form)
        assert text == written(from_pack(Pack(pack), "US", "2026-10"), form) and b"paid for others" in text
    books.decide("ann").undo(row.about, "it was Acme's own")
    books.work()
    assert WaiverKind.PAID_FOR_OTHERS not in {
        w.kind for w in read_waivers(connection, release, "US", OCTOBER).rows
    }
    connection.close()
