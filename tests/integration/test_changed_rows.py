"""Texts that somebody changes in the database past Tieout: nothing is paid, proven, matched or planned by them without a
word. A real database; Odoo's simulator over HTTP."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tests.integration.test_close import OCTOBER, Closer, close, closer
from tests.integration.test_payee_checks import report, tell
from tests.integration.test_payment_runs import paying, sent
from tests.integration.test_reconciling import CHARGES, Books, books, whole, world
from tests.integration.test_settling import ADYEN, SHOPIFY, Site
from tests.stages import step
from tieout.cases import NewCase, list_open, open_cases, solve_case
from tieout.close.service import revoke_late
from tieout.evidence import Sealer, load_or_make_signer
from tieout.kept_figures.figures import Figures
from tieout.operations.upgrading import stamp_totals
from tieout.payables import FilingStage, PaymentRunError
from tieout.proofs import TieOutRow, tie_out
from tieout.reconcile import MatchingError
from tieout.security import changed_rows, stamper, written
from tieout.store import Connection, Database

pytestmark = pytest.mark.long

__all__ = ["books", "closer", "paying", "world"]
PAST = "past Tieout"


def change(database: Any, table: str, old: str, new: str, where: str = "true") -> None:
    """A text of `table` (body of a delivery, content of a document), by SQL; its stamp stays."""
    column = {"delivery": "body", "document": "content"}[table]
    with database.transaction() as connection:
        done = connection.execute(
            f"update tieout.{table} set {column} = replace({column}, %s, %s)"
            f" where {where} and {column} like '%%' || %s || '%%'",
            (old, new, old),
        )
        assert done.rowcount, f"no {table} says {old!r}"


# Payment runs


def two_suppliers(buyer: Buyer) -> None:
    buyer.vendor("V2")
    buyer.order("PO-2", vendor="V2", on=date(2026, 10, 6))
    buyer.tool.receive("PO-2", "1", Decimal(10), date(2026, 10, 8))
    buyer.tell()
    assert buyer.approve() == ""
    buyer.bill("B-2", quantity="5", vendor="V2", order="PO-2", on=date(2026, 10, 12))


def test_a_bill_that_is_said_to_be_another_suppliers_is_paid_to_nobody(paying: Buyer) -> None:
    two_suppliers(paying)
    partners = paying.database.rows(
        "select distinct body::jsonb ->> 'partner' as partner from tieout.delivery where effect = 'bill' order by 1"
    )
    one, other = (r["partner"] for r in partners)
    change(paying.database, "delivery", one, other, "effect = 'bill'")
    with pytest.raises(PaymentRunError, match=f"effect .*{PAST}"):
        paying.propose()
    assert sent(paying) == {}


PAYABLES: list[tuple[str, str, str, str]] = [
    ("supplier", "supplier", "Vendor V1", "Vendor Z9"),
    ("what waits for its release", "vendor_payment", '"settles":[{', '"settles":[],"x":[{'),
    ("the bill", "vendor_bill", "B-1", "B-7"),
    ("the order", "purchase_order", "PO-1", "PO-9"),
]


@pytest.mark.parametrize(
    ("kind", "old", "new"), [x[1:] for x in PAYABLES[:3]], ids=[x[0] for x in PAYABLES[:3]]
)
def test_no_run_is_proposed_beside_a_row_that_was_changed(
    paying: Buyer, kind: str, old: str, new: str
) -> None:
    paying.propose()  # so that something waits for its release
    change(paying.database, "document", old, new, f"kind = '{kind}'")
    with pytest.raises(PaymentRunError, match=PAST):
        paying.propose()


def test_what_a_bank_said_of_a_payee_is_not_unsaid_by_sql(paying: Buyer) -> None:
    paying.propose()
    tell(paying, report(("US20261026-001", "RVNM", "")))
    change(paying.database, "document", '"RVNM"', '"RCVC"', "kind = 'payment_answer'")
    with pytest.raises(PaymentRunError, match=PAST):
        paying.propose(date(2026, 10, 27))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"value":"230.00"', '"value":"2.30"'),  # another amount
        ('"run":"US20261026"', '"run":"US20261020"'),  # out of its run's sight
    ],
)
def test_a_payment_that_was_changed_after_it_was_booked_holds_the_banks_file(
    paying: Buyer, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    two_suppliers(paying)
    paying.propose()
    with monkeypatch.context() as held:
        held.setattr(FilingStage, "round", lambda *_: False)
        paying.approve()
        for request in paying.open_requests():
            paying.decide("cora", request)
        paying.work()
    assert set(paying.states("vendor_payment").values()) == {"posted"}
    change(paying.database, "document", old, new, "kind = 'vendor_payment' and source_key like '%%-001'")
    paying.work()
    assert sent(paying) == {}
    (case,) = paying.database.rows("select cause, detail, amount from tieout.cases where state = 'open'")
    assert case["cause"] == "payment_file_refused" and PAST in case["detail"]
    # Put back as it was, both are paid.
    change(paying.database, "document", new, old, "kind = 'vendor_payment' and source_key like '%%-001'")
    paying.work()
    assert sorted(sent(paying).values()) == [Decimal("115.00"), Decimal("230.00")]


def test_nothing_is_accrued_beside_a_row_that_was_changed(buyer: Buyer) -> None:
    buyer.ready()
    change(buyer.database, "document", '"10"', '"1000"', "kind = 'goods_receipt'")
    with pytest.raises(ValueError, match=PAST):
        buyer.accrue()


# Matching, and what is planned


def test_what_a_partner_kept_back_is_not_made_less_by_sql(books: Books) -> None:
    books.limits = CHARGES
    acme = books.partner("Acme Corp")
    for n in range(3):
        books.invoice(f"INV-7705{n}", f"{400 + n}.00", acme)
        books.cash(f"c{n}", f"{387 + n}.50", f"Acme Corp INV-7705{n} /CHGS/USD12,50")
        if n < 2:
            whole(books)
    change(books.database, "document", "12.50", "0.50", "kind = 'reconciliation'")
    with pytest.raises(MatchingError, match=PAST):
        whole(books)
    assert books.balance("620000") == Decimal("25.00")


# Proofs


def settled(books: Books) -> Site:
    """A payout whose bank line is matched as it comes."""
    site = Site(books, "adyen")
    site.take(ADYEN)
    books.cash("c1", "73.55", "ADYEN TX1 batch 7", company="80.00", currency="EUR")
    books.run()
    books.work()
    return site


@pytest.mark.parametrize(
    ("table", "old", "new", "where"),
    [
        ("document", '"value":"98.75"', '"value":"98.76"', 'content like \'%%"category":"charge"%%\''),
        ("document", '"automatic":true', '"automatic":false', "kind = 'provider_movement'"),
        ("delivery", "73.55", "73.56", "effect = 'payout'"),
    ],
    ids=["a movement's net", "whether it lists anything", "the payout's effect"],
)
def test_a_payout_is_not_proven_by_a_row_that_was_changed(
    books: Books,
    table: str,
    old: str,
    new: str,
    where: str,
) -> None:
    site = settled(books)
    (before,) = site.proofs()
    assert PAST not in before.why
    change(books.database, table, old, new, where)
    (after,) = site.proofs()
    assert not after.proven and PAST in after.why


def rows_of(books: Books, site: Site) -> list[TieOutRow]:
    with books.database.transaction() as connection:
        return [r for r in tie_out(connection, site.release()) if r.interface == "pay"]


def test_the_tie_out_says_what_was_changed_and_proves_nothing_by_it(books: Books) -> None:
    site = settled(books)
    assert sum(r.changed for r in rows_of(books, site)) == 0
    change(books.database, "delivery", "73.55", "73.56", "effect = 'payout'")
    (row,) = [r for r in rows_of(books, site) if r.changed]
    assert row.changed == 1 and not row.proven and row.period == "2026-10" and row.currency == "EUR"
    with books.database.transaction() as connection:
        kept = Figures(connection, site.release(), books.clock.now()).tie_out()
    assert [r["changed"] for r in kept if r["interface"] == "pay" and r["changed"]] == [1]
    assert all(not r["proven"] for r in kept if r["changed"])


def test_what_stands_open_on_clearing_says_that_it_was_changed(books: Books) -> None:
    site = Site(books, "shopify_payments")
    site.take(SHOPIFY)
    (item,) = site.clearing(date(2026, 10, 31)).items
    change(
        books.database, "document", f'"{item.amount}"', f'"{item.amount + 1}"', f"source_key = '{item.key}'"
    )
    (item,) = site.clearing(date(2026, 10, 31)).items
    assert PAST in item.why


def test_no_task_of_a_close_is_done_beside_a_row_that_was_changed(closer: Closer) -> None:
    done = {s.task.name for s in closer.state().tasks if s.finding and s.finding.done}
    assert {"bank reconciled", "complete: bills", "ledger is ours"} <= done
    change(closer.b.database, "document", "B-1", "B-7", "kind = 'vendor_bill'")
    found = {s.task.name: s.finding for s in closer.state().tasks if s.finding}
    changed = {name for name, finding in found.items() if PAST in str(finding.why)}
    assert {"bank reconciled", "complete: bills", "ledger is ours"} <= changed
    assert not any(found[name].done for name in changed)


def test_what_a_source_says_of_itself_is_not_what_somebody_wrote(closer: Closer) -> None:
    """A figure that is made to agree proves nothing, and takes a signature back."""
    close(closer)
    with closer.b.database.transaction() as connection:
        (row,) = [r for r in tie_out(connection, closer.b.release()) if r.interface == "bills"]
        assert row.proven and row.source is not None
    closer.b.database.rows(
        "update tieout.document set measure_debit = measure_debit + 1000, measure_count = measure_count + 1"
        " where kind = 'vendor_bill' returning 1"
    )
    closer.b.database.rows(
        "update tieout.control_total set debit = debit + 1000, count = count + 1 where interface = 'bills' returning 1"
    )
    with closer.b.database.transaction() as connection:
        (after,) = [r for r in tie_out(connection, closer.b.release()) if r.interface == "bills"]
    assert after.changed == 1 and not after.proven
    revoke_late(closer.connection, closer.b.release(), "US", OCTOBER, closer.b.clock.now())
    why = closer.revoked()["complete: bills"]
    assert f"1 of the figures behind {row.source.net + 1000} were written in the database past Tieout" in why
    # Asked anew, the source says what is so; what was written into the document is a residual.
    assert closer.states()["complete: bills"] == "open"


@pytest.mark.parametrize(
    "statement",
    [
        "update tieout.cases set state = 'solved', solved_at = now(), solved_by = 'x', resolution = 'x'",
        "delete from tieout.cases",
        "update tieout.cases set amount = 0",
        "update tieout.cases set period = '2026-11'",
        "update tieout.cases set entity = 'DE'",
    ],
)
def test_a_case_that_was_settled_past_us_keeps_the_close_open(closer: Closer, statement: str) -> None:
    case = NewCase(
        cause="processing_failed", interface="bills", entity="US", period="2026-10", source_key="a", amount=Decimal("777.70"),
        currency="USD", recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
    )  # fmt: skip
    with closer.connection.transaction():
        open_cases(closer.connection, [case], "t")
        # It is told again, of another amount: the last word holds.
        open_cases(closer.connection, [replace(case, amount=Decimal("778.80"))], "t")
    closer.connection.execute(statement)
    assert closer.states()["cases decided"] != "done"
    assert "(778.80 USD), was solved, changed or deleted in the database past Tieout" in closer.why(
        "cases decided"
    )


_SOLVED = {"cause": "processing_failed", "resolution": "x"}
_SMALL = {
    "cause": "processing_failed",
    "amount": "0",
    "currency": "USD",
    "period": "2026-10",
    "blocking": True,
}
_EVIDENCE = "insert into tieout.evidence (at, actor, action, subject, entity, detail) values (now(), 'cora', %s, 'a', 'US', %s)"


@pytest.mark.parametrize(
    ("statement", "action", "detail", "said"),
    [
        (
            "set state = 'solved', solved_at = now(), solved_by = 'cora', resolution = 'x'",
            "case.solved",
            _SOLVED,
            "was solved",
        ),
        (
            "set state = 'solved', accepted = true, solved_by = 'cora'",
            "case.solved",
            {**_SOLVED, "stamp": "00" * 32},
            "was solved",
        ),
        ("set amount = 0", "case.changed", _SMALL, "was solved, changed or deleted"),
    ],
)
def test_a_case_that_was_settled_past_us_with_evidence_keeps_the_close_open(
    closer: Closer, statement: str, action: str, detail: dict[str, Any], said: str
) -> None:
    case = _failed(closer)
    with closer.connection.transaction():
        open_cases(closer.connection, [case], "t")
    (row,) = list_open(closer.connection)
    closer.connection.execute(f"update tieout.cases {statement}".encode())
    closer.connection.execute(_EVIDENCE, (action, json.dumps({**detail, "case": row["case_id"]})))
    assert closer.states()["cases decided"] != "done"
    assert f"processing failed of a (777.70 USD), {said}" in closer.why("cases decided")


def test_evidence_of_a_case_that_was_changed_or_deleted_keeps_the_close_open(
    closer: Closer, tmp_path: Path
) -> None:
    with closer.connection.transaction():
        open_cases(closer.connection, [_failed(closer)], "t")
    assert step(
        Sealer(load_or_make_signer(tmp_path / "key"), closer.b.clock, tmp_path / "witness"), closer.connection
    )
    closer.connection.execute("set session_replication_role = replica")
    closer.connection.execute("update tieout.cases set amount = 0")
    closer.connection.execute(
        "update tieout.evidence set detail = replace(detail, '777.70', '0') where action = 'case.opened'"
    )
    assert "of a (0 USD), has evidence that was written or changed in the database" in closer.why(
        "cases decided"
    )
    closer.connection.execute("delete from tieout.evidence where action = 'case.opened'")
    closer.connection.execute("delete from tieout.cases")
    assert "1 entries of the sealed log are gone" in closer.why("cases decided")


def test_an_acceptance_that_nobody_gave_keeps_the_close_open(closer: Closer) -> None:
    case = replace(_failed(closer), amount=Decimal("77.70"))
    with closer.connection.transaction():
        open_cases(closer.connection, [case], "t")
    (row,) = list_open(closer.connection)
    with closer.connection.transaction():
        solve_case(closer.connection, row["case_id"], closer.b.clock.now(), "it was found", "cora")
    assert closer.why("cases decided") == "no case is open above the limit"
    closer.connection.execute(
        "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency, blocking, recovery,"
        " detail, owner, opened_at, due_at, state, accepted) select 'x', cause, interface, entity, period, 'b', 12.30, currency, blocking,"
        " recovery, detail, owner, opened_at - interval '1 year', due_at, state, true from tieout.cases"
    )
    assert "processing failed of b (12.30 USD), was accepted in the database past Tieout" in closer.why(
        "cases decided"
    )


def test_a_document_that_is_held_without_a_case_keeps_the_close_open(closer: Closer) -> None:
    closer.connection.execute(
        "update tieout.document set state = 'refused', reason = 'x' where kind = 'vendor_bill'"
    )
    said = closer.why("cases decided")
    assert "is held, and no case says why" in said and "bills" in said


def _failed(closer: Closer) -> NewCase:
    return NewCase(
        cause="processing_failed", interface="bills", entity="US", period="2026-10", source_key="a", amount=Decimal("777.70"),
        currency="USD", recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
    )  # fmt: skip


def test_a_case_that_people_settled_is_settled(closer: Closer) -> None:
    case = NewCase(
        cause="processing_failed", interface="bills", entity="US", period="2026-10", source_key="a", amount=Decimal("7.70"),
        currency="USD", recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
    )  # fmt: skip
    for _ in range(2):
        with closer.connection.transaction():
            open_cases(closer.connection, [case], "t")
        (row,) = list_open(closer.connection)
        assert "1 processing failed (7.70 USD)" in closer.why("cases decided")
        with closer.connection.transaction():
            solve_case(closer.connection, row["case_id"], closer.b.clock.now(), "it was found", "cora")
        assert closer.why("cases decided") == "no case is open above the limit"


def test_what_was_taken_before_there_were_stamps_is_stamped_once(closer: Closer) -> None:
    closer.state()
    with closer.b.database.transaction() as connection:
        connection.execute("update tieout.control_total set stamp = null")
        assert any(r.changed for r in tie_out(connection, closer.b.release()))
        assert stamp_totals(connection) > 0
        assert not any(r.changed for r in tie_out(connection, closer.b.release()))
        assert stamp_totals(connection) == 0


# What it costs


def rows_read(connection: Connection) -> int:
    """Rows of documents that this transaction looked at so far, by whatever way."""
    row = connection.execute(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as n from pg_stat_xact_all_tables"
        " where schemaname = 'tieout' and relname = 'document'"
    ).fetchone()
    assert row is not None
    return int(row["n"])


def fill(database: Database, kind: str, count: int) -> None:
    """Documents of one kind, each as it was written."""
    with database.transaction() as connection:
        connection.execute("set local session_replication_role = replica")
        stamps, content = stamper(connection), "{}"
        sha = hashlib.sha256(content.encode()).digest()
        first = connection.execute(
            "select coalesce(max(document_id), 0) + 1 as n from tieout.document"
        ).fetchone()
        assert first is not None
        for n in range(first["n"], first["n"] + count):
            connection.execute(
                "insert into tieout.document (document_id, interface, entity, kind, source_key, revision, version, content,"
                " content_sha256, message_id, occurred_at, accounting_on, period, currency, control_group, measure_count,"
                " measure_debit, measure_credit, state, release, stamp) overriding system value"
                " values (%(n)s, 'i', 'US', %(kind)s, %(key)s, 1, '1', %(content)s, %(sha)s, %(n)s, '2026-10-01', '2026-10-01',"
                " '2026-10', 'USD', '', 1, 0, 0, 'posted', 'r', %(stamp)s)",
                {"n": n, "kind": kind, "key": f"k{n}", "content": content, "sha": sha,
                 "stamp": stamps.document("i", f"k{n}", 1, n, sha)},
            )  # fmt: skip


def test_a_check_reads_what_it_is_asked_for_once_and_nothing_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 4,000 orders, 200 matches and 100 bills, in pages of 50: else a payment run of a company with a million orders reads
    all of them once a page."""
    monkeypatch.setattr(written, "_BATCH", 50)
    for kind, count in (
        ("order", 2000),
        ("reconciliation", 200),
        ("vendor_bill", 100),
        ("order", 2000),
    ):
        fill(database, kind, count)
    with database.transaction() as connection:
        connection.execute("analyze tieout.document")
    asked: list[tuple[dict[str, Any], int]] = [
        ({"kinds": ["reconciliation"]}, 200),
        ({"kinds": ["vendor_bill", "reconciliation", "supplier"]}, 300),
        ({"documents": range(1990, 2110)}, 120),
        ({}, 4300),
    ]
    for given, most in asked:
        with database.transaction() as connection:
            assert changed_rows(connection, "US", **given) == []
            # Whether there is a further row is looked at too.
            assert rows_read(connection) <= most + 20, given
