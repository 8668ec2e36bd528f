"""By which rules a month's accounts are certified: the strictest that were in force while it lasted.

Rules are recorded as they come into force, with evidence. Others that came later, or that made it easier within the month, are a case of
it, and hold for it once another person accepted that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Release
from tieout.rules.certifying import CLASSES, CertifyRules, rules_of
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


def record_rules(connection: Connection, release: Release, now: datetime) -> int:
    """Record in the caller's transaction by which rules each entity certifies, where they are others than before, with
    evidence; how many changed."""
    changed = []
    for code in release.entities:
        content = _content(release, code)
        digest = _digest(content)
        last = connection.execute(_SQL["last_certify_rule"], {"entity": code}).fetchone()
        if last is not None and last["digest"] == digest:
            continue
        stamp = stamper(connection).stamp("certify_rule", code, digest, _text(now))
        given = {"entity": code, "content": json.dumps(content), "digest": digest, "now": now, "stamp": stamp}
        connection.execute(_SQL["put_certify_rule"], given)
        detail = {"rules": content, "were": last["content"] if last else None, "release": release.sha256}
        changed.append(Entry(now, "close", "certify.rules", code, code, detail))
    if changed:
        record(connection, changed)
    return len(changed)


def rules_for(
    connection: Connection, release: Release, entity: str, period: Period
) -> tuple[CertifyRules, str, str]:
    """The rules that a month is certified by; and, where others are in force by now that nobody accepted for it, what changed
    and the key of its case, else "" twice."""
    today = _content(release, entity)
    zone = release.entities[entity].zone
    begin, end = (datetime.combine(d, time(0), zone) for d in (period.first, period.last + timedelta(days=1)))
    stamps = stamper(connection)
    rows = [
        r for r in connection.execute(_SQL["certify_rules"], {"entity": entity}).fetchall()
        if _digest(r["content"]) == r["digest"]
        and stamps.holds(r["stamp"], "certify_rule", entity, r["digest"], _text(r["recorded_at"]))
    ]  # fmt: skip
    # The latest first; of a month from before the first record the first holds.
    before = [r for r in rows if r["recorded_at"] < end] or rows[-1:]
    within = [r for r in before if r["recorded_at"] >= begin]
    since = [r["content"] for r in (*within, *before[len(within) : len(within) + 1])]
    held = _strictest(since) if since else today
    key = f"{entity}:{period}:{_digest(today)[:12]}"
    if _digest(held) == _digest(today):
        return rules_of(today), "", ""
    if connection.execute(_SQL["rules_accepted"], {"key": key}).fetchone() is not None:
        return rules_of(today), "", ""
    said = "; ".join(
        f"{name} was {json.dumps(held.get(name), sort_keys=True)} and is {json.dumps(today.get(name), sort_keys=True)}"
        for name in sorted({*held, *today}) if held.get(name) != today.get(name)
    )  # fmt: skip
    return rules_of(held), said, key


def _strictest(since: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of rules that were in force one after the other, the latest first: each limit as low as it was, each account in the highest class, and
    none by itself that ever needed people. Who prepares and reviews is as the latest say."""
    limits = {c: min((x["limits"][c] for x in since), key=Decimal) for c in since[0]["limits"]}
    named = {account for x in since for account in x["classes"]}
    classes = {}
    for account in sorted(named):
        said = [x["classes"].get(account) for x in since]
        # Without a word an account is of its role's class, which a lower one is no reason to leave.
        known = [c for c in said if c is not None]
        highest = min(known, key=CLASSES.index)
        if None not in said or highest == CLASSES[0]:
            classes[account] = highest
    alone = sorted({c for x in since for c in x["never_alone"]})
    return {**since[0], "limits": limits, "classes": classes, "never_alone": alone}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _content(release: Release, entity: str) -> dict[str, Any]:
    rules = release.closing.of(entity)
    return {**rules.certify.content(), "reviewer": rules.sign_role}


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
