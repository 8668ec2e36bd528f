"""Somebody who has the database and its owner's rights writes, changes or deletes evidence, so that it says what they want."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.simulation.ways.books import Books
from tests.simulation.ways.people import ON, charge
from tests.simulation.ways.way import Told, Way


def _case(books: Books, told: Told) -> dict[str, Any]:
    return books.sql("select case_id, cause, source_key from tieout.cases where source_key = %s", told.words)[
        0
    ]


def _solved_with_evidence(books: Books, told: Told) -> Told:
    """The case is solved, and evidence says that the controller did."""
    row = _case(books, told)
    books.sql(
        "update tieout.cases set state = 'solved', solved_at = now(), resolution = 'explained', solved_by = 'controller',"
        " accepted = true where case_id = %s",
        row["case_id"],
    )
    detail = {"case": row["case_id"], "cause": row["cause"], "resolution": "explained"}
    _write(books, "controller", "case.solved", row["source_key"], detail)
    return told


def _small_with_evidence(books: Books, told: Told) -> Told:
    """The case is of nothing, and evidence says that it became so."""
    row = _case(books, told)
    books.sql("update tieout.cases set amount = 0 where case_id = %s", row["case_id"])
    detail = {
        "case": row["case_id"], "cause": row["cause"], "amount": "0", "currency": "USD", "period": "2026-10", "blocking": True,
    }  # fmt: skip
    _write(books, "process", "case.changed", row["source_key"], detail)
    return told


def _write(books: Books, actor: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    books.sql(
        "insert into tieout.evidence (at, actor, action, subject, entity, detail) values (%s, %s, %s, %s, 'US', %s)",
        books.project.clock.now(), actor, action, subject, json.dumps(detail, sort_keys=True),
    )  # fmt: skip
    books.settle()


def _unlocked(books: Books, *statements: tuple[str, object]) -> None:
    """Statements without the triggers that keep evidence as it is."""
    books.sql("set session_replication_role = replica")
    for text, value in statements:
        books.sql(text, value)
    books.sql("set session_replication_role = origin")


def _evidence_changed(books: Books, told: Told) -> Told:
    """What evidence says of the case is nothing, and so is the case."""
    row = _case(books, told)
    _unlocked(
        books,
        ("update tieout.evidence set detail = regexp_replace(detail, '\"amount\": \"[0-9.]+\"', '\"amount\": \"0\"') where subject = %s"
         " and action like 'case.%%'", row["source_key"]),
        ("update tieout.cases set amount = 0 where case_id = %s", row["case_id"]),
    )  # fmt: skip
    # Of evidence that says nothing any more the document does: less the provider's fee of 0.30.
    return replace(told, amount=Decimal("777.40"))


def _evidence_deleted(books: Books, told: Told) -> Told:
    """There never was a case."""
    row = _case(books, told)
    _unlocked(
        books,
        ("delete from tieout.evidence where subject = %s and action like 'case.%%'", row["source_key"]),
        ("delete from tieout.cases where case_id = %s", row["case_id"]),
    )
    return Told(
        "1 entries of the sealed log are gone", also=(("212100 USD: -777.70 in the ledger", told.amount),)
    )


def _evidence_deleted_with_its_leaf(books: Books, told: Told) -> Told:
    """Nor does the log of seals know of one."""
    row = _case(books, told)
    _unlocked(
        books,
        ("delete from tieout.evidence_leaf l using tieout.evidence e where e.evidence_id = l.evidence_id and e.subject = %s"
         " and e.action like 'case.%%'", row["source_key"]),
    )  # fmt: skip
    return _evidence_deleted(books, told)


def _way(name: str, then: Any) -> Way:
    return Way(name, "evidence", "distributor", charge, ON, then=then)


WAYS = (
    _way("a case solved by SQL, and evidence of it", _solved_with_evidence),
    _way("a case made small by SQL, and evidence of it", _small_with_evidence),
    _way("evidence of a case changed by SQL", _evidence_changed),
    _way("evidence of a case deleted by SQL", _evidence_deleted),
    _way("evidence of a case deleted by SQL, and its seal", _evidence_deleted_with_its_leaf),
)
