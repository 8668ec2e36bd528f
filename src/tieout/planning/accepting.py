"""A person decides that things may stand as they are, or that a document may go on although it looks wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.approvals import Request, Subject, ask, content_hash, standing_of
from tieout.cases import solve_case
from tieout.causes import Action, Held, Offer, cause_named, offers
from tieout.documents import decode_document
from tieout.documents.states import DocumentState
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.money.period import accounting_date
from tieout.planning.deciding_alone import Alone
from tieout.planning.makers import makers_before
from tieout.planning.rates_kept import worth_by_rates
from tieout.planning.worth import worth_of
from tieout.processes import Facts, may_be_accepted
from tieout.rules import Release
from tieout.rules.origins import UNREAD
from tieout.security import NOT_OURS, StampError, by_a_key_of, load_authority, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


class HeldError(ValueError):
    """A case that words alone do not solve: its document is held, and would be booked by nobody; or who would accept it
    made what it is about."""


def actions_of(connection: Connection, case_id: int) -> tuple[Held, ...]:
    """What a person can do with the document of a case that is open, beside mending its reason; nothing for one that is
    not."""
    row = _to_act(connection, case_id)
    return _possible(row) if row is not None else ()


def offers_of(connection: Connection, case_id: int) -> tuple[Offer, ...]:
    """Everything that can be done about a case that is open, with its parameters, the likeliest first: what its cause
    names, and what its document allows. Nothing for one that is not open."""
    row = _to_act(connection, case_id)
    if row is None:
        return ()
    return offers(cause_named(row["cause"]), row["recovery"], row, _possible(row))


def _to_act(connection: Connection, case_id: int) -> dict[str, Any] | None:
    return connection.execute(_SQL["to_act"], {"case_id": case_id, "not_ours": NOT_OURS}).fetchone()


def _possible(row: dict[str, Any]) -> tuple[Held, ...]:
    held, found = row["state"] == DocumentState.REFUSED, list[Held]()
    if held or row["unsent"]:
        found.append(Action.REPLAY)
    if not held or may_be_accepted(row["cause"]):
        found.append(Action.SOLVE)
    if held:
        found.append(Action.EXCLUDE)
    return tuple(found)


@dataclass(frozen=True)
class Accepted:
    """What became of a case that somebody accepts: `done`, or it waits for the approval `request`; neither: it was not open any
    more."""

    done: bool
    request: int = 0


def accept(
    connection: Connection, release: Release, case_id: int, reason: str, now: datetime, actor: str
) -> Accepted:
    """As `accept_case`; above what one person decides alone it waits until another one approves, in the caller's transaction.

    Raises HeldError, and ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("to accept a case needs a reason")
    connection.execute(_SQL["lock_held"], {"case_id": case_id})
    row = connection.execute(_SQL["asked_to_accept"], {"case_id": case_id}).fetchone()
    if row is None:
        return Accepted(False)
    check_may_stand(connection, row, actor)
    alone = Alone(connection, release, row["entity"], actor, now)
    known = row["entity"] in release.entities
    worth = _worth(row, release) if known else Decimal(0)
    needed = None if cause_named(row["cause"]).by_two else worth
    if known and alone.above(needed) and not _seen_by_two(row):
        asked = worth
        if worth is None and row["amount"]:
            own, today = (
                release.entities[row["entity"]],
                accounting_date(now, release.entities[row["entity"]].zone),
            )
            asked = worth_by_rates(
                connection, own.code, abs(row["amount"]), row["currency"], own.currency, today
            )
        about = _subject(row, asked, reason, (actor, *made_of(connection, row)))
        number = standing_of(connection, about, alone.demand)
        return Accepted(False, number or ask(connection, about, alone.demand, now))
    done = accept_case(connection, case_id, reason, now, actor)
    if done and known:
        alone.keep("accept", f"case {case_id}", worth)
    return Accepted(done)


def take_acceptance(connection: Connection, request: Request, now: datetime) -> bool:
    """Solve the case of an approved acceptance, where it is still what was approved; False where it is not."""
    assert request.about.case_id is not None
    row = connection.execute(_SQL["asked_to_accept"], {"case_id": request.about.case_id}).fetchone()
    if row is None:
        return False
    content = json.loads(request.about.content)
    if content_hash(_parts(row, content["reason"])) != request.about.content_sha256:
        why = "the case changed since it was asked: it is not accepted"
        detail = {"request": request.request_id, "why": why}
        record(
            connection,
            [Entry(now, "approvals", "approval.void", request.about.subject, row["entity"], detail)],
        )
        return False
    who = ", ".join(d.person for d in request.decisions if d.verdict == "approve")
    why = f"{content['reason']} (asked for by {content['asked_by']}, request {request.request_id})"
    return accept_case(connection, row["case_id"], why, now, who)


def _subject(row: dict[str, Any], worth: Decimal | None, reason: str, makers: Sequence[str]) -> Subject:
    shown = {k: row[k] for k in ("cause", "source_key", "amount", "currency", "recovery", "detail")}
    document = json.loads(row["content"]) if row["content"] else shown
    return Subject(
        action="accept",
        subject=f"case {row['case_id']}",
        revision=row["revision"],
        interface=row["interface"],
        entity=row["entity"],
        summary=f"{cause_named(row['cause']).title} {row['source_key']}: {reason}"[:300],
        content=json.dumps(
            {"document": document, "case": shown, "postings": [], "reason": reason, "asked_by": makers[0]},
            default=str,
        ),
        content_sha256=content_hash(_parts(row, reason)),
        currency=row["currency"],
        amount=abs(row["amount"]),
        # Of what nobody knows the worth, the amount at risk is all that is known: nobody with a limit lets it stand.
        company_amount=abs(row["amount"]) if worth is None else worth,
        worth_known=worth is not None,
        asked_by=makers[0],
        makers=tuple(sorted(set(makers))),
        document_id=row["document_id"],
        case_id=row["case_id"],
    )


def _parts(row: dict[str, Any], reason: str) -> list[bytes]:
    """All that an acceptance is of: another amount, finding or document, and nobody approved it."""
    fields = (
        row["case_id"],
        row["cause"],
        row["amount"],
        row["currency"],
        row["recovery"],
        row["detail"],
        row["told"],
    )
    return [*(str(x).encode() for x in fields), (row["content"] or "").encode(), reason.encode()]


def _worth(row: dict[str, Any], release: Release) -> Decimal | None:
    """What a case is about in the entity's currency; None where nobody knows: its currency has no rate, or it is of what
    became no document (a file or a message that was refused)."""
    amount = abs(row["amount"])
    if not amount and row["blocking"] and row["document_id"] is None:
        return None
    own = release.entities[row["entity"]].currency
    facts = msgspec.json.decode(row["facts"].encode(), type=Facts) if row["facts"] else None
    return worth_of(amount, row["currency"], facts, own)


def _seen_by_two(row: dict[str, Any]) -> bool:
    """Whether whoever accepts it is the second person already: it is decided by another than its maker, who is known."""
    return cause_named(row["cause"]).by_another and bool(prepared_by(row) - {""})


def made_of(connection: Connection, row: dict[str, Any]) -> set[str]:
    """Who made what a case is about, by name: of its document every revision, of an entry in the ledger its user there.

    Raises HeldError where that cannot be said any more, StampError."""
    by = row["made_user"]
    names = {by, *by.split("; ")} if not by.startswith(UNREAD) else set[str]()
    if row["content"]:
        document = decode_document(row["content"].encode())
        before, changed = makers_before(connection, row["interface"], [document])
        if changed:
            raise HeldError(
                f"case {row['case_id']}: a revision of its document was changed past us: restore it first"
            )
        names |= before[document.key]
    authority = load_authority(connection)
    return {authority.who_is(n) for n in names if n.strip()}


def accept_case(connection: Connection, case_id: int, reason: str, now: datetime, actor: str) -> bool:
    """Solve a case with a person's reason, in the caller's transaction; False where it is not open any more.

    A document that is held for what a person may judge (an acceptable cause) is planned again, past that. Raises HeldError
    where it is held for anything else: it would be in exception for good, and nobody's case; and where another person than
    `actor` decides: who made what it is about.
    """
    connection.execute(_SQL["lock_held"], {"case_id": case_id})
    row = connection.execute(_SQL["to_accept"], {"case_id": case_id}).fetchone()
    if row is None:
        return False
    check_may_stand(connection, row | {"case_id": case_id}, actor)
    held = row["state"] == DocumentState.REFUSED
    solve_case(connection, case_id, now, reason, actor)
    if held:
        connection.execute(_SQL["go_on"], {"id": row["document_id"], "now": now})
        subject, detail = f"document {row['document_id']}", {"accepted": row["cause"], "case": case_id}
        record(connection, [Entry(now, actor, "document.replayed", subject, row["entity"], detail)])
        wake(connection)
    return True


def check_may_stand(connection: Connection, row: dict[str, Any], actor: str) -> None:
    """Raises HeldError where a case cannot stand as it is, or where `actor` is not who says so."""
    _by_another(connection, row, row["case_id"], actor)
    if row["state"] == DocumentState.REFUSED and not may_be_accepted(row["cause"]):
        raise HeldError(
            f"case {row['case_id']}: its document is held and booked nowhere, so it cannot stand as it is: "
            f"{row['recovery']}; or exclude it with a reason"
        )


def _by_another(connection: Connection, row: dict[str, Any], case_id: int, actor: str) -> None:
    """Raises HeldError where `actor` made what a case is about: in the ledger; or, of a cause that another person decides,
    its document, or one that its plan was made beside. And where the people of the project, or who made it, cannot be read, for
    nobody could say then."""
    # Of a table several may have changed it.
    names = {row["made_user"], *row["made_user"].split("; ")}
    if cause_named(row["cause"]).by_another:
        names |= prepared_by(row)
    names -= {""}
    if not names:
        return
    if row["made_user"].startswith(UNREAD):
        raise HeldError(
            f"case {case_id}: its maker's login cannot be read in the ledger, so that nobody can be told apart from them: let "
            "Tieout's account read users there (in Odoo: res.users), look again, then solve it"
        )
    try:
        authority = load_authority(connection)
    except StampError as error:
        raise HeldError(f"case {case_id}: who may decide cannot be read: {error}") from None
    for name in sorted(names):
        if any(
            why_not(authority, each, [name]) or by_a_key_of(connection, authority, each, [name])
            for each in actor.split(", ")
        ):
            raise HeldError(
                f"case {case_id}: {actor} made what it is about, as {name}, and another person decides: somebody else solves it"
            )


def prepared_by(row: dict[str, Any]) -> set[str]:
    """Who prepared a case's document (`content`), or one that its plan was made beside (`facts`), as their sources say it."""
    made = [] if row["content"] is None else [decode_document(row["content"].encode())]
    if row["facts"]:
        facts = msgspec.json.decode(row["facts"].encode(), type=Facts)
        made += [decode_document(x.content.encode()) for x in facts.related]
    return {getattr(document, "prepared_by", "") for document in made}
