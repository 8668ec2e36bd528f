"""Certifications as they are kept: made by an account itself within its limit or by two people of two roles, taken back by
whatever changes its figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.close.accounts import AccountRow, Certified
from tieout.close.causes import CERTIFY_RULES_CHANGED
from tieout.close.certify_rules import rules_for
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.planning import sign_role_in
from tieout.rules import Release
from tieout.security import Person, load_authority, stamper, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
Key = tuple[str, str]


def keep_accounts(connection: Connection, rows: Sequence[AccountRow], now: datetime) -> dict[Key, Certified]:
    """Keep how a month's accounts stand: certifications whose figures changed are taken back, accounts within their limit
    certify themselves; how each is certified by then. In a transaction of its own."""
    if not rows:
        return {}
    entity, period = rows[0].entity, rows[0].period
    entries: list[Entry] = []
    with connection.transaction():
        standing = _standing(connection, entity, period)
        current = {(r.account, r.currency): r for r in rows}
        for key, kept in list(standing.items()):
            row = current.get(key)
            if row is None or row.digest != kept["digest"] or not _ours(connection, kept) or (
                kept["by_itself"] and not row.by_itself
            ):  # fmt: skip
                entries.append(_revoke(connection, kept, row, now))
                del standing[key]
        for key, row in current.items():
            if row.by_itself and (key not in standing or not _done(standing[key])):
                if key in standing:
                    entries.append(_revoke(connection, standing.pop(key), row, now, "it certifies itself"))
                entries.append(_by_itself(connection, row, now))
        _keep_figures(connection, rows, now)
        if entries:
            record(connection, entries)
        return {k: _certified(r) for k, r in _standing(connection, entity, period).items()}


def tell_rules(
    connection: Connection, release: Release, entity: str, period: Period, said: str, key: str, now: datetime
) -> None:
    """A case for rules that came after the month's end and nobody accepted; solved where the old ones are back."""
    cause = CERTIFY_RULES_CHANGED
    for row in connection.execute(_SQL["open_late"], {"entity": entity, "cause": cause.name}).fetchall():
        if row["period"] == str(period) and row["source_key"] != key:
            solve_by_key(connection, cause.name, row["source_key"], now, "other rules are in force", "close")
    if not said:
        return
    case = NewCase(
        cause=cause.name, interface="", entity=entity, period=str(period), source_key=key, amount=Decimal(0),
        currency=release.entities[entity].currency, recovery=cause.say(), detail=said[:300], owner=cause.who, opened_at=now,
        due_at=now + timedelta(hours=24), blocking=False, standing=cause.standing,
    )  # fmt: skip
    open_cases(connection, [case], "close")


def kept_accounts(connection: Connection, entity: str, period: str) -> list[dict[str, Any]]:
    """Every account of a month as it was read last: account, currency, its figures, read_at, and how it is certified
    (`by_itself`, `explanation`, `prepared_by`, `signed_by`; `state` is certified, prepared or open)."""
    certified = {
        k: _certified(r) for k, r in _standing(connection, entity, period).items() if _ours(connection, r)
    }
    found = []
    for row in connection.execute(_SQL["account_figures"], {"entity": entity, "period": period}).fetchall():
        by = certified.get((row["account"], row["currency"]))
        found.append(
            {"account": row["account"], "currency": row["currency"], **row["figures"], "read_at": row["read_at"],
             "state": "open" if by is None else "certified" if by.stands else "prepared",
             "by_itself": by is not None and by.by_itself, "explanation": by.explanation if by else "",
             "prepared_by": by.prepared_by if by else "", "signed_by": by.signed_by if by else ""}
        )  # fmt: skip
    return found


def sign_account(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    key: Key,
    person: Person,
    because: str,
    now: datetime,
) -> str:
    """A person's word for an account as it was kept last, in the caller's transaction; what became of it. The first, with the
    preparer's role, says why it is as it is; another, with the role that signs the close, signs that."""
    given = {"entity": entity, "period": str(period), "account": key[0], "currency": key[1]}
    row = connection.execute(_SQL["account_figure"], given).fetchone()
    if row is None:
        return "is no account of this close"
    rules, _, _ = rules_for(connection, release, entity, period)
    signs, kept = (
        sign_role_in(connection, release, entity, period),
        _standing(connection, entity, str(period)).get(key),
    )
    if kept is not None and (not _ours(connection, kept) or kept["digest"] != row["digest"]):
        record(
            connection,
            [_revoke(connection, kept, None, now, "it was not made by Tieout, or of other figures")],
        )
        kept = None
    if kept is not None and _done(kept):
        return "is certified already"
    if kept is None:
        if not _holds(person, rules.preparer, entity):
            return _refused(connection, given, person, now, f"a {rules.preparer} prepares it first")
        if not because.strip():
            return "an explanation is needed: --because"
        return _prepare(connection, given, row, person.name, rules.preparer, because.strip(), now)
    if not _holds(person, signs, entity):
        return _refused(connection, given, person, now, f"a {signs} signs it, who did not prepare it")
    if why := why_not(load_authority(connection), person.name, [kept["prepared_by"]], signs, entity):
        return _refused(connection, given, person, now, f"who prepared it does not sign it: {why}")
    return _sign(connection, kept, person.name, signs, now)


def _prepare(
    connection: Connection, given: dict[str, Any], row: Mapping[str, Any], who: str, role: str, because: str, now: datetime
) -> str:  # fmt: skip
    values = {
        **given, "figures": json.dumps(row["figures"]), "digest": row["digest"], "by_itself": False,
        "explanation": because, "by": who, "role": role, "now": now,
    }  # fmt: skip
    values["stamp"] = stamper(connection).stamp("certification", *_parts(values | {"prepared_by": who, "prepared_role": role}))  # fmt: skip
    connection.execute(_SQL["put_certification"], values)
    detail = {"figures": row["figures"], "explanation": because, "digest": row["digest"][:16], "role": role}
    record(connection, [Entry(now, who, "account.prepared", _subject(given), given["entity"], detail)])
    return "prepared: somebody else signs it"


def _sign(connection: Connection, kept: Mapping[str, Any], who: str, role: str, now: datetime) -> str:
    stamp = stamper(connection).stamp("certification signed", *_parts(kept), who, role)
    values = {"id": kept["certification_id"], "by": who, "role": role, "now": now, "stamp": stamp}
    connection.execute(_SQL["sign_certification"], values)
    detail = {
        "figures": kept["figures"], "explanation": kept["explanation"], "digest": kept["digest"][:16],
        "prepared_by": kept["prepared_by"], "role": role,
    }  # fmt: skip
    record(connection, [Entry(now, who, "account.certified", _subject(kept), kept["entity"], detail)])
    return f"signed, prepared by {kept['prepared_by']}"


def _by_itself(connection: Connection, row: AccountRow, now: datetime) -> Entry:
    given = {"entity": row.entity, "period": row.period, "account": row.account, "currency": row.currency}
    said = f"{row.says()}, limit {row.limit:.2f}"
    values = {
        **given, "figures": json.dumps(row.figures), "digest": row.digest, "by_itself": True, "explanation": said,
        "by": "", "role": "", "now": now,
    }  # fmt: skip
    values["stamp"] = stamper(connection).stamp("certification", *_parts(values | {"prepared_by": "", "prepared_role": ""}))  # fmt: skip
    connection.execute(_SQL["put_certification"], values)
    detail = {"figures": row.figures, "digest": row.digest[:16], "says": said}
    return Entry(now, "close", "account.certified_itself", _subject(given), row.entity, detail)


def _revoke(
    connection: Connection, kept: Mapping[str, Any], row: AccountRow | None, now: datetime, why: str = ""
) -> Entry:
    figures = row.figures if row is not None else {}
    changed = [
        f"{n} was {kept['figures'].get(n)} and is {figures.get(n)}"
        for n in sorted(figures) if figures.get(n) != kept["figures"].get(n)
    ]  # fmt: skip
    said = why or "; ".join(changed) or "its stamp is not right, or it is no account of the month any more"
    connection.execute(
        _SQL["revoke_certification"], {"id": kept["certification_id"], "now": now, "why": said[:500]}
    )
    detail = {"why": said[:300], "prepared_by": kept["prepared_by"], "signed_by": kept["signed_by"]}
    return Entry(now, "close", "account.revoked", _subject(kept), kept["entity"], detail)


def _refused(
    connection: Connection, given: Mapping[str, Any], person: Person, now: datetime, why: str
) -> str:
    record(
        connection,
        [Entry(now, person.name, "account.refused", _subject(given), given["entity"], {"why": why})],
    )
    return f"not done: {why}"


def _standing(connection: Connection, entity: str, period: str) -> dict[Key, dict[str, Any]]:
    rows = connection.execute(_SQL["certifications"], {"entity": entity, "period": period}).fetchall()
    return {(r["account"], r["currency"]): r for r in rows}


def _ours(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether its stamps are right: not written past us."""
    stamps = stamper(connection)
    if not stamps.holds(row["prepared_stamp"], "certification", *_parts(row)):
        return False
    signed = (*_parts(row), row["signed_by"], row["signed_role"])
    return not row["signed_by"] or stamps.holds(row["stamp"], "certification signed", *signed)


def _parts(row: Mapping[str, Any]) -> tuple[object, ...]:
    names = (
        "entity",
        "period",
        "account",
        "currency",
        "digest",
        "by_itself",
        "explanation",
        "prepared_by",
        "prepared_role",
    )
    return tuple(row[n] for n in names)


def _keep_figures(connection: Connection, rows: Sequence[AccountRow], now: datetime) -> None:
    entity, period = rows[0].entity, rows[0].period
    connection.execute(_SQL["forget_account_figures"], {"entity": entity, "period": period})
    given = {
        "entity": entity, "period": period, "now": now, "account": [r.account for r in rows],
        "currency": [r.currency for r in rows], "figures": [json.dumps(r.figures) for r in rows],
        "digest": [r.digest for r in rows],
    }  # fmt: skip
    connection.execute(_SQL["keep_account_figures"], given)


def _holds(person: Person, role: str, entity: str) -> bool:
    return person.human and bool(person.grants_of(role, entity))


def _done(row: Mapping[str, Any]) -> bool:
    return bool(row["by_itself"] or row["signed_by"])


def _certified(row: Mapping[str, Any]) -> Certified:
    return Certified(
        by_itself=row["by_itself"], explanation=row["explanation"], prepared_by=row["prepared_by"],
        signed_by=row["signed_by"],
    )  # fmt: skip


def _subject(row: Mapping[str, Any]) -> str:
    return f"{row['entity']}:{row['period']}:{row['account']}:{row['currency']}"
