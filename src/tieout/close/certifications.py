"""Certifications as they are kept: made by an account itself within its limit or by two people of two roles
(`people_certify.py`), taken back by whatever changes its figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.close.accounts import AccountRow, Certified
from tieout.close.causes import CERTIFY_RULES_CHANGED
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Release
from tieout.security import stamper
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
        # People's words come before or after it, never in between.
        connection.execute(_SQL["lock_close"], {"entity": entity, "period": period})
        standing = standing_rows(connection, entity, period)
        current = {(r.account, r.currency): r for r in rows}
        for key, kept in list(standing.items()):
            row = current.get(key)
            if row is None or row.digest != kept["digest"] or not is_ours(connection, kept) or (
                kept["by_itself"] and not row.by_itself
            ):  # fmt: skip
                entries.append(take_back(connection, kept, row, now))
                del standing[key]
        for key, row in current.items():
            if row.by_itself and (key not in standing or not is_done(standing[key])):
                if key in standing:
                    entries.append(take_back(connection, standing.pop(key), row, now, "it certifies itself"))
                entries.append(_by_itself(connection, row, now))
        _keep_figures(connection, rows, now)
        if entries:
            record(connection, entries)
        return {k: _certified(r) for k, r in standing_rows(connection, entity, period).items()}


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
    """Every account of a month as it was read last: account, currency, its figures and their `digest`, read_at, and how it is
    certified (`by_itself`, `explanation`, `prepared_by`, `signed_by` with their instants; `state` is certified, prepared or open)."""
    certified = {k: r for k, r in standing_rows(connection, entity, period).items() if is_ours(connection, r)}
    found = []
    for row in connection.execute(_SQL["account_figures"], {"entity": entity, "period": period}).fetchall():
        by = certified.get((row["account"], row["currency"]))
        found.append(
            {"account": row["account"], "currency": row["currency"], **row["figures"], "digest": row["digest"],
             "read_at": row["read_at"], "state": "open" if by is None else "certified" if is_done(by) else "prepared",
             "by_itself": by is not None and by["by_itself"], "explanation": by["explanation"] if by else "",
             "prepared_by": by["prepared_by"] if by else "", "prepared_at": by["prepared_at"] if by else None,
             "signed_by": by["signed_by"] if by else "", "signed_at": by["signed_at"] if by else None}
        )  # fmt: skip
    return found


def account_history(connection: Connection, entity: str, period: str, key: Key) -> list[dict[str, Any]]:
    """What was said of an account (code, currency) and what became of it, the last first, at most 50: its figures then,
    `explanation`, who prepared and signed it and when, `revoked_at` and `revoked_why` where it was taken back; `ours` is False of
    what was written past Tieout."""
    given = {"entity": entity, "period": period, "account": key[0], "currency": key[1]}
    rows = connection.execute(_SQL["certification_history"], given).fetchall()
    return [{**r, "ours": is_ours(connection, r)} for r in rows]


def _by_itself(connection: Connection, row: AccountRow, now: datetime) -> Entry:
    given = {"entity": row.entity, "period": row.period, "account": row.account, "currency": row.currency}
    said = f"{row.says()}, limit {row.limit:.2f}"
    values = {
        **given, "figures": json.dumps(row.figures), "digest": row.digest, "by_itself": True, "explanation": said,
        "by": "", "role": "", "now": now,
    }  # fmt: skip
    values["stamp"] = stamper(connection).stamp("certification", *parts_of(values | {"prepared_by": "", "prepared_role": ""}))  # fmt: skip
    connection.execute(_SQL["put_certification"], values)
    detail = {"figures": row.figures, "digest": row.digest[:16], "says": said}
    return Entry(now, "close", "account.certified_itself", subject_of(given), row.entity, detail)


def take_back(
    connection: Connection, kept: Mapping[str, Any], row: AccountRow | None, now: datetime, why: str = ""
) -> Entry:
    """Take a certification back; the entry that says why: what of its figures changed, unless `why` says it."""
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
    return Entry(now, "close", "account.revoked", subject_of(kept), kept["entity"], detail)


def standing_rows(connection: Connection, entity: str, period: str) -> dict[Key, dict[str, Any]]:
    """The certifications of a month that nobody took back, as they are kept, by account and currency."""
    rows = connection.execute(_SQL["certifications"], {"entity": entity, "period": period}).fetchall()
    return {(r["account"], r["currency"]): r for r in rows}


def is_ours(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether a certification's stamps are right: not written past us."""
    stamps = stamper(connection)
    if not stamps.holds(row["prepared_stamp"], "certification", *parts_of(row)):
        return False
    signed = (*parts_of(row), row["signed_by"], row["signed_role"])
    return not row["signed_by"] or stamps.holds(row["stamp"], "certification signed", *signed)


def parts_of(row: Mapping[str, Any]) -> tuple[object, ...]:
    """What a certification's stamp is of."""
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


def is_done(row: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do: it certified itself, or the second person signed it."""
    return bool(row["by_itself"] or row["signed_by"])


def _certified(row: Mapping[str, Any]) -> Certified:
    return Certified(
        by_itself=row["by_itself"], explanation=row["explanation"], prepared_by=row["prepared_by"],
        signed_by=row["signed_by"],
    )  # fmt: skip


def subject_of(row: Mapping[str, Any]) -> str:
    """An account of a month, as evidence names it."""
    return f"{row['entity']}:{row['period']}:{row['account']}:{row['currency']}"
