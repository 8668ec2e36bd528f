"""Extracts of a closed period: the same bytes whenever made, totals that tie, into files and warehouses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import psycopg
import pytest

from tests.integration.buying import Buyer
from tests.integration.test_close import Closer, _entry, close, closer
from tieout.extracts import Extract, ExtractError, make_extract, write_duckdb, write_files, write_postgres
from tieout.money import Period

pytestmark = pytest.mark.long

OCTOBER = Period(2026, 10)
__all__ = ["closer"]


@pytest.fixture
def closed(closer: Closer) -> Iterator[Closer]:
    close(closer)
    yield closer


def made(closed: Closer, closed_at: datetime | None = None) -> Extract:
    at = closed_at or closed.state().closed_at
    return make_extract(
        closed.connection, closed.b.release(), closed.b.session, "US", OCTOBER, at, closed.b.clock.now()
    )


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_a_closed_period_gives_the_same_bytes_after_later_traffic(closed: Closer, tmp_path: Path) -> None:
    at = closed.state().closed_at
    first = files(write_files(made(closed), tmp_path / "a", ("parquet", "csv")))
    buyer = closed.b
    buyer.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    buyer.order("PO-9", on=date(2026, 11, 1))
    buyer.tool.receive("PO-9", "1", Decimal(10), date(2026, 11, 1))
    buyer.tell("orders", "receipts")
    buyer.bill("NOV", quantity="4", order="PO-9", on=date(2026, 11, 2))
    run = buyer.propose(date(2026, 11, 4))
    assert run.payments and buyer.approve() == ""
    # October's bill is paid and matched by now; its items are what they were.
    assert files(write_files(made(closed, at), tmp_path / "b", ("parquet", "csv"))) == first
    assert set(first) == {
        "documents.csv", "documents.parquet", "journal_items.csv", "journal_items.parquet", "manifest.json",
    }  # fmt: skip


def test_what_is_told_of_a_closed_period_later_is_none_of_its_extract(closed: Closer, tmp_path: Path) -> None:
    """Receipts have no entry: nothing in the ledger keeps one of October out."""
    at = closed.state().closed_at
    first = files(write_files(made(closed), tmp_path / "a", ("csv",)))
    closed.b.clock.at += timedelta(hours=1)
    closed.b.order("PO-9", on=date(2026, 10, 20))
    closed.b.tool.receive("PO-9", "1", Decimal(10), date(2026, 10, 30))
    closed.b.tell("orders", "receipts")
    rows = closed.b.database.rows(
        "select 1 from tieout.document where state = 'posted' and posted_at > %s", at
    )
    assert rows
    assert files(write_files(made(closed, at), tmp_path / "b", ("csv",))) == first


def test_its_totals_are_the_ledgers_and_its_rows_name_their_sources(closed: Closer, tmp_path: Path) -> None:
    folder = write_files(made(closed), tmp_path, ("parquet",))
    rows = polars.read_parquet(folder / "journal_items.parquet")
    assert rows.schema["debit"] == polars.Decimal(38, 4)
    balance = closed.b.session.trial_balance(date(2026, 10, 31))
    held = {
        (a, c): v
        for a, c, v in rows.group_by("account", "currency")
        .agg(polars.col("amount_currency").sum())
        .iter_rows()
    }
    assert {k: v for k, v in held.items() if v} == {k: v for k, v in balance.items() if v}
    assert set(rows["source_key"].to_list()) == {"USV1:B-1"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["totals"]["211000"] == {"count": 1, "credit": "230.0000", "debit": "0.0000"}
    assert Decimal(manifest["totals"]["211000"]["credit"]) == Decimal("230")


def test_a_closed_period_that_somebody_changed_is_not_extracted(closed: Closer) -> None:
    made(closed)
    at = closed.state().closed_at
    book = closed.b.world.odoo.service.world
    line = next(x for x in book.table("account.move.line").values()
                if x["company_id"] == closed.b.company.id and x["balance"] == Decimal("200.00"))  # fmt: skip
    book.store.update("account.move.line", line, {"name": "another text"})
    with pytest.raises(ExtractError, match="journal_items of 2026-10 is not what it was"):
        made(closed, at)


def test_while_somebody_books_there_is_no_extract(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer.ready()
    buyer.bill()
    closer = Closer(buyer)
    right = buyer.session.movements

    def booked_meanwhile(start: date, end: date) -> object:
        found = right(start, end)
        found["600000"] = (found["600000"][0] + 1, found["600000"][1] + 1, found["600000"][2])
        return found

    monkeypatch.setattr(buyer.session, "movements", booked_meanwhile)
    with pytest.raises(ExtractError, match="account 600000"):
        make_extract(
            closer.connection, buyer.release(), buyer.session, "US", OCTOBER, None, buyer.clock.now()
        )


def test_an_open_period_is_provisional_and_holds_others_entries(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    book = buyer.world.odoo.service.world
    accounts = {
        str(a["code"]): i
        for i, a in book.table("account.account").items()
        if buyer.company.id in a["company_ids"]
    }
    _entry(buyer, accounts["600000"], accounts["612000"], "2026-10-12")
    closer = Closer(buyer)
    found = make_extract(
        closer.connection, buyer.release(), buyer.session, "US", OCTOBER, None, buyer.clock.now()
    )
    assert found.manifest()["closed_at"] == ""
    assert sorted({row[15] for row in found.tables["journal_items"]}) == ["", "USV1:B-1"]


def test_a_warehouse_takes_a_period_in_place_of_what_it_held(closed: Closer, tmp_path: Path) -> None:
    extract = made(closed)
    path = tmp_path / "w.duckdb"
    for _ in range(2):
        write_duckdb(extract, path)
    with duckdb.connect(str(path)) as base:
        rows = base.execute("select count(*), sum(debit), sum(credit) from journal_items").fetchone()
        assert rows == (len(extract.tables["journal_items"]), Decimal("230.0000"), Decimal("230.0000"))
        assert base.execute("select count(*) from manifests").fetchone() == (1,)
    for _ in range(2):
        write_postgres(extract, closed.b.database.dsn, "bi")
    with psycopg.connect(closed.b.database.dsn) as connection:
        row = connection.execute("select count(*), sum(debit) from bi.journal_items").fetchone()
        assert row == (len(extract.tables["journal_items"]), Decimal("230.0000"))
        assert connection.execute("select manifest ->> 'period' from bi.manifests").fetchone() == ("2026-10",)


def test_a_text_that_a_spreadsheet_would_run_is_quoted(closed: Closer, tmp_path: Path) -> None:
    extract = made(closed)
    rows = [(*r[:8], "=cmd()", *r[9:]) for r in extract.tables["journal_items"]]
    extract.tables["journal_items"] = rows
    folder = write_files(extract, tmp_path, ("csv", "parquet"))
    assert "'=cmd()" in (folder / "journal_items.csv").read_text()
    assert polars.read_parquet(folder / "journal_items.parquet")["text"][0] == "=cmd()"
