"""Facts of a batch: sources that processes declare, their SQL, and whose rows are ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_process import ACCOUNTS, NOW, Site, row, shop_order
from tieout.documents import CustomerInvoice
from tieout.planning import replay
from tieout.planning.sources import FactSourceError, SourceReader, check_sources, query_of
from tieout.processes import fact_sources
from tieout.processes.facts import Entire, FactKeys, Facts
from tieout.processes.recipe import Recipe
from tieout.processes.record_to_report import REVISIONS
from tieout.processes.registry import OWN, Registry
from tieout.processes.sources import Asking, FactSource, Row, Scope
from tieout.store import Database

Module = Callable[[str], str]


@pytest.fixture
def outsider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """Makes a module of somebody else's with SQL beside it, and says its name."""

    def make(sql: str) -> str:
        name = f"outsider_{len(list(tmp_path.iterdir()))}"
        (tmp_path / f"{name}.py").write_text('"""Somebody else\'s."""\n')
        if sql:
            (tmp_path / f"{name}.sql").write_text(sql)
        monkeypatch.syspath_prepend(str(tmp_path))
        return name

    return make


def source(module: str, name: str = "slips", **more: Any) -> FactSource:
    return FactSource(name=name, module=module, rows=lambda rows, scope: {"rows": list(rows)}, **more)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("", "no file outsider_0.sql beside its module"),
        ("-- name: others\nselect 1", "no query that begins `-- name: slips`"),
        (
            "-- name: slips\nupdate tieout.document set state = 'posted' returning source_key",
            "more than read",
        ),
        (
            "-- name: slips\nwith x as (delete from tieout.cases returning 1) select * from x",
            "more than read",
        ),
        ("-- name: slips\nselect document_id from tieout.document for update", "more than read"),
    ],
)
def test_a_source_that_cannot_be_read_says_why(outsider: Module, sql: str, why: str) -> None:
    with pytest.raises(FactSourceError, match=why):
        query_of(source(outsider(sql)))


def test_every_source_of_our_own_has_its_sql() -> None:
    check_sources()
    assert {s.name for s in fact_sources()} >= {
        "orders", "unapplied_payments", "linked", "refunds", "customers", "related", "twins", "revisions",
    }  # fmt: skip
    assert len({s.name for s in fact_sources()}) == len(fact_sources())


def test_two_sources_of_one_name_are_refused(outsider: Module) -> None:
    class Slip(CustomerInvoice, frozen=True, kw_only=True, tag="slip_of_two_sources"):
        """An outsider's."""

    ours = next(s for r in OWN for s in r.sources)
    theirs = source(outsider(""), ours.name)
    with pytest.raises(ValueError, match="both bring a source of facts"):
        Registry((*OWN, Recipe(kind=Slip, sources=(theirs,))))
    assert Registry((*OWN, Recipe(kind=Slip, sources=(ours,)))).sources() == Registry(OWN).sources()


# Whose rows they are


@pytest.fixture
def taken(database: Database) -> Site:
    """A database with two documents, of which somebody changed one past Tieout."""
    site = Site(database)
    site.take(row("a"), row("b"))
    site.work()
    with database.transaction() as connection:
        connection.execute(
            "update tieout.document set content = replace(content, '-5.00', '-9.00') where source_key = 'b'"
        )
    return site


WHOLE = "select content, interface, source_key, revision, message_id, stamp from tieout.document"


def found(site: Site, of: FactSource) -> list[Row]:
    release = site.release()
    asking = Asking(document=None, keys=FactKeys(own={of.name: ("x",)}))  # type: ignore[arg-type]
    connection = site.database.connect(autocommit=True)
    try:
        scope = Scope(release, release.interfaces["stripe"])
        rows: list[Row] = list(SourceReader(connection, scope).found(of, [asking])["rows"])
        return rows
    finally:
        connection.close()


def test_rows_that_somebody_changed_past_us_are_left_out(taken: Site, outsider: Module) -> None:
    module = outsider(f"-- name: slips\n{WHOLE} order by source_key")
    assert [r["source_key"] for r in found(taken, source(module))] == ["a"]
    told = found(taken, source(module, told_of_changed=True))
    assert [(r["source_key"], bool(r["content"])) for r in told] == [("a", True), ("b", False)]


@pytest.mark.parametrize(
    "sql",
    [
        "select source_key, content from tieout.document",
        "select source_key, content::jsonb ->> 'category' as category from tieout.document",
        "select d.* from (select source_key as k, content as text from tieout.document) d",
    ],
)
def test_who_reads_contents_gives_what_they_are_checked_by(taken: Site, outsider: Module, sql: str) -> None:
    with pytest.raises(FactSourceError, match=r"it must give .*stamp too"):
        found(taken, source(outsider(f"-- name: slips\n{sql}")))


def test_an_order_that_somebody_changed_is_no_order_of_a_payment(database: Database) -> None:
    """Its total says what a transfer pays, its party who is written to: nobody changes either past Tieout."""
    accounts = {**ACCOUNTS, "receivable": "121000", "revenue.goods": "400000"}
    shop = Site(database, accounts, kind="shopify", stream="orders")
    stripe = Site(database, accounts, clock=shop.clock)
    both = {**shop.release().interfaces, **stripe.release().interfaces}
    for site in (shop, stripe):
        plain = site.release()
        site.release = lambda plain=plain: replace(plain, interfaces=both)  # type: ignore[method-assign, misc]
    shop.take(shop_order("100.00", 0))
    shop.work()
    with database.transaction() as connection:
        done = connection.execute(
            "update tieout.document set content = replace(content, '100.00', '40.00') where kind = 'customer_invoice'"
        )
        assert done.rowcount == 1
    stripe.take(row("txn_1", 10_000, "charge", metadata={"order_id": "1"}))
    stripe.work()
    shop.clock.at = NOW + timedelta(hours=25)
    stripe.work()
    (case,) = database.rows("select cause, source_key from tieout.cases")
    assert case == {"cause": "payment_without_order", "source_key": "txn_1"}


# Of effects' bodies


@pytest.fixture
def sent(database: Database) -> Site:
    """A payout, a charge that waits for its order, and what was given back of it: all planned, none changed."""
    site = Site(database)
    site.take(row("p"), row("c", 700, "charge", metadata={"order_id": "404"}))
    site.work()
    site.clock.at = NOW + timedelta(hours=25)
    site.work()
    assert site.states() == {"p": "planned", "c": "planned"}
    return site


def known(site: Site, name: str, **keys: Any) -> dict[str, Any]:
    """What a source of our own finds for a document that asks by these keys."""
    (of,) = (s for s in fact_sources() if s.name == name)
    asking = Asking(document=None, keys=FactKeys(**keys))  # type: ignore[arg-type]
    connection = site.database.connect(autocommit=True)
    try:
        scope = Scope(site.release(), site.release().interfaces[site.kind])
        return dict(SourceReader(connection, scope).found(of, [asking]))
    finally:
        connection.close()


BODY = "replace(body, %s, %s)"


@pytest.mark.parametrize(
    ("name", "keys", "effect", "old", "new"),
    [
        ("linked", {"payout_key": "po_p"}, "payout", '"amount":"-5.00"', '"amount":"-9.00"'),
        ("linked", {"payment_key": "po_c"}, "charge", '"account":"212100"', '"account":"101701"'),
        ("unapplied_payments", {"takes_in": ("404",)}, "charge", '"amount":"7.00"', '"amount":"70.00"'),
    ],
)  # fmt: skip
def test_an_effect_that_somebody_changed_is_no_fact(
    sent: Site, name: str, keys: dict[str, Any], effect: str, old: str, new: str
) -> None:
    """What a payout came to, where a payment waits and how much of it there is: nobody changes it past Tieout."""
    assert known(sent, name, **keys)
    with sent.database.transaction() as connection:
        done = connection.execute(
            f"update tieout.delivery set body = {BODY} where effect = %s", (old, new, effect)
        )
        assert done.rowcount == 1
        assert connection.execute(
            "select 1 from tieout.delivery where strpos(body, %s) > 0", (new,)
        ).fetchall()
    assert not known(sent, name, **keys)


def test_of_a_payment_whose_refund_somebody_changed_nothing_is_taken_in(sent: Site) -> None:
    """Left out alone, the refund would leave more of its payment than there is."""
    back = {"id": "re_r", "object": "refund", "charge": "po_c", "metadata": {"order_id": "404"}}
    sent.take(row("r", -300, "refund", source=back))
    sent.work()
    sent.clock.at += timedelta(hours=25)
    sent.work()
    (left,) = known(sent, "unapplied_payments", takes_in=("404",))["404"]
    assert left.amount == Decimal("4.00")
    with sent.database.transaction() as connection:
        done = connection.execute(
            f"update tieout.delivery set body = {BODY} where effect = 'refund'", ("-3.00", "-0.10")
        )
        assert done.rowcount == 1
    assert not known(sent, "unapplied_payments", takes_in=("404",))


def test_an_effect_that_was_put_in_another_s_place_is_no_fact(sent: Site) -> None:
    """Body and stamp of one row on another: the stamp says whose it is."""
    with sent.database.transaction() as connection:
        connection.execute(
            "update tieout.delivery v set body = o.body, stamp = o.stamp from tieout.delivery o"
            " where v.effect = 'payout' and o.effect = 'charge'"
        )
    assert not known(sent, "linked", payout_key="po_p")


@pytest.mark.parametrize(
    "sql",
    [
        "select external_id, body from tieout.delivery",
        "select (v.body::jsonb ->> 'amount')::numeric as amount from tieout.delivery v",
        "select amount from tieout.v_effect_booking",
    ],
)
def test_who_reads_effects_gives_what_they_are_checked_by(sent: Site, outsider: Module, sql: str) -> None:
    with pytest.raises(FactSourceError, match=r"it must give .*effect_stamp too"):
        found(sent, source(outsider(f"-- name: slips\n{sql}")))


@pytest.fixture
def edited(database: Database) -> Site:
    """An invoice over 100.00 that is booked."""
    shop = Site(
        database, {"receivable": "121000", "revenue.goods": "400000"}, kind="shopify", stream="orders"
    )
    shop.take(shop_order("100.00", 0))
    shop.work()
    return shop


def booked(site: Site) -> list[tuple[str, str]]:
    bodies = site.database.rows(
        "select effect, body from tieout.delivery where effect in ('invoice', 'edit') order by delivery_id"
    )
    return [(r["effect"], json.loads(r["body"])["total"]) for r in bodies]


def swap(site: Site, column: str, old: str, new: str, where: str) -> None:
    with site.database.transaction() as connection:
        changed = connection.execute(
            f"update tieout.document set {column} = replace({column}, %s, %s) where {where}", (old, new)
        )
        assert changed.rowcount == 1


def test_an_edit_of_what_somebody_changed_past_us_books_no_difference(edited: Site) -> None:
    """Between 60.00, as it says now, and 120.00 lie 60.00, which nobody owes."""
    swap(edited, "content", "100.00", "60.00", "revision = 1")
    edited.take(shop_order("120.00", 1))
    edited.work()
    assert booked(edited) == [("invoice", "100.00")]
    (case,) = edited.database.rows("select cause, amount, detail, blocking from tieout.cases")
    assert case == {
        "cause": "not_made_by_tieout", "amount": Decimal("20.00"), "blocking": True,
        "detail": "the stamp of revision 1, which was planned before, is not right",
    }  # fmt: skip
    # What the backup has is put back, and the edit is what it is.
    swap(edited, "content", "60.00", "100.00", "revision = 1")
    with edited.database.transaction() as connection:
        assert replay(connection, edited.clock.now(), "olga", cause="not_made_by_tieout")
    edited.work()
    assert booked(edited) == [("invoice", "100.00"), ("edit", "20.00")]


def test_what_is_kept_of_a_revision_before_is_not_believed(edited: Site) -> None:
    """An edit that waits keeps what came before it among its facts, which carry no stamp."""
    edited.options["invoice_on"] = "fulfilment"
    edited.take(shop_order("120.00", 1))
    edited.work()
    assert booked(edited) == [("invoice", "100.00")]
    swap(edited, "facts", "100.00", "60.00", "revision = 2")
    with edited.database.transaction() as connection:
        connection.execute("update tieout.document set retry_at = %s where revision = 2", (NOW,))
    edited.options.clear()
    edited.work()
    assert booked(edited) == [("invoice", "100.00"), ("edit", "20.00")]


def test_an_entry_that_somebody_changed_was_booked_all_the_same() -> None:
    """Leaving it out would book it twice."""
    scope: Any = None

    def again(entire: Entire, rows: Sequence[Row]) -> Any:
        asking = Asking(document=None, keys=FactKeys(), entire=entire)  # type: ignore[arg-type]
        return REVISIONS.facts_of(asking, REVISIONS.rows(rows, scope), scope)["restated_already"]

    changed = {"source_key": "e#1", "content": ""}
    assert again(Entire(key="e", parts=2, whole="w"), [changed])
    assert again(Entire(key="e"), [changed])
    assert not again(Entire(key="e", parts=2, whole="w"), [])
    assert REVISIONS.told_of_changed


def test_what_is_kept_of_facts_has_the_names_that_it_had() -> None:
    """Facts are kept with their hash: of one that asks for nothing of its own not a byte changes."""
    from tieout.documents import canonical_bytes

    said = canonical_bytes(Facts())
    assert b'"parked":[]' in said and b"own" not in said and b"unapplied" not in said
