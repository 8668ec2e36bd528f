"""People's word for accounts that do not certify themselves: who prepares says why an account is as it is, another person of
another role signs that or rejects it. Whoever may not hears why, and evidence keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.close.certifications import (
    Key,
    is_done,
    is_ours,
    kept_accounts,
    parts_of,
    standing_rows,
    subject_of,
    take_back,
)
from tieout.close.certify_rules import rules_for
from tieout.close.ending import not_over
from tieout.close.taking import CloseError
from tieout.close.turns import PREPARE, REJECT, SIGN, Roles, Turn, turn_of
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.planning import sign_role_in
from tieout.rules import Release
from tieout.security import NOBODY_LET_IN, Person, load_authority, person_of, stamper, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
Said = list[tuple[str, str]]
_OTHERS = "its figures are others than were looked at: look again"


@dataclass(frozen=True)
class Word:
    """What a person says of accounts: `because` is why they are as they are, or why they are rejected; `shown_by` what shows it, a
    document or an entry; `seen` the digests of the figures that they looked at, by account: of others nothing is said."""

    because: str = ""
    shown_by: str = ""
    seen: Mapping[Key, str] | None = None

    @property
    def text(self) -> str:
        """The explanation as it is kept."""
        because, shown_by = self.because.strip(), self.shown_by.strip()
        return f"{because}; shown by: {shown_by}" if because and shown_by else because


class _Desk:
    """One person before the accounts of a month, in a transaction that nobody else's word comes between."""

    def __init__(
        self, connection: Connection, release: Release, entity: str, period: Period, person: Person
    ) -> None:
        self.connection, self.entity, self.period, self.person = connection, entity, str(period), person
        # By the rules of the month: a role that was named since is none.
        rules, _, _ = rules_for(connection, release, entity, period)
        self.roles = Roles(entity, rules.preparer, sign_role_in(connection, release, entity, period))
        self._authority = load_authority(connection)

    def turn(self, kept: Mapping[str, Any] | None) -> Turn:
        """What the person may do with an account that is certified like that."""
        prepared = (
            None if kept is not None and is_done(kept) else kept["prepared_by"] if kept is not None else ""
        )
        return turn_of(self.person, self.roles, prepared, self._same)

    def _same(self, person: Person, maker: str) -> str:
        return why_not(self._authority, person.name, [maker], self.roles.reviewer, self.entity)

    def find(
        self, key: Key, now: datetime
    ) -> tuple[dict[str, Any], Mapping[str, Any], Mapping[str, Any] | None]:
        """The account as it was read last, and what stands of its certification. LookupError: it is none of this close."""
        given = {"entity": self.entity, "period": self.period, "account": key[0], "currency": key[1]}
        row = self.connection.execute(_SQL["account_figure"], given).fetchone()
        if row is None:
            raise LookupError("is no account of this close")
        kept = standing_rows(self.connection, self.entity, self.period).get(key)
        if kept is not None and (not is_ours(self.connection, kept) or kept["digest"] != row["digest"]):
            why = "it was not made by Tieout, or of other figures"
            record(self.connection, [take_back(self.connection, kept, None, now, why)])
            kept = None
        return given, row, kept

    def refuse(self, given: Mapping[str, Any], why: str, now: datetime) -> str:
        """Evidence of what was not done, and its words."""
        entry = Entry(now, self.person.name, "account.refused", subject_of(given), self.entity, {"why": why})
        record(self.connection, [entry])
        return f"not done: {why}"


def accounts_for(
    connection: Connection, release: Release, entity: str, period: Period, person: Person, now: datetime
) -> list[dict[str, Any]]:
    """As `kept_accounts`, with what a person may do with each: `may`, `why_not` and `waits_for` of a Turn; `taken_back` is why
    what people said of it last does not stand, "" where it does."""
    desk = _Desk(connection, release, entity, period, person)
    given = {"entity": entity, "period": str(period)}
    back = {(r["account"], r["currency"]): r for r in connection.execute(_SQL["taken_back"], given)}
    early = not_over(period, release.entities[entity].zone, now)
    found = []
    for row in kept_accounts(connection, entity, str(period)):
        kept = row if row["by_itself"] or row["prepared_by"] else None
        turn, last = desk.turn(kept), back.get((row["account"], row["currency"]))
        if early and turn.waits_for:
            turn = Turn((), early, turn.waits_for)
        said = f"{last['revoked_why']} (what {last['prepared_by']} said)" if last and kept is None else ""
        found.append(
            {**row, "may": list(turn.may), "why_not": turn.why_not, "waits_for": turn.waits_for, "taken_back": said}
        )  # fmt: skip
    return found


class _Saying:
    """A person's word for accounts (code, currency) as they were read last; (): for every one that it is their turn for, unless they
    have to be `named`: each, and what became of it by `act`. In the caller's transaction, where there is one; asks no system. Raises
    CloseError, AuthorityError, StampError."""

    def __init__(self, act: Callable[[_Desk, Key, Word, datetime], str], *, named: bool) -> None:
        self._act, self._named = act, named

    def __call__(
        self,
        connection: Connection,
        release: Release,
        entity: str,
        period: Period,
        keys: Sequence[Key],
        who: Person | None,
        key: str,
        word: Word,
        now: datetime,
    ) -> Said:
        if self._named and not keys:
            raise CloseError("say which accounts")
        if not load_authority(connection).people:
            raise CloseError(NOBODY_LET_IN)
        person = who if who is not None else person_of(connection, key)
        if early := not_over(period, release.entities[entity].zone, now):
            raise CloseError(early)
        with connection.transaction():
            connection.execute(_SQL["lock_close"], {"entity": entity, "period": str(period)})
            desk = _Desk(connection, release, entity, period, person)
            rows = () if keys else accounts_for(connection, release, entity, period, person, now)
            theirs = [(r["account"], r["currency"]) for r in rows if {PREPARE, SIGN} & set(r["may"])]
            return [(" ".join(k), self._of_one(desk, k, word, now)) for k in dict.fromkeys([*keys, *theirs])]

    def _of_one(self, desk: _Desk, key: Key, word: Word, now: datetime) -> str:
        try:
            return self._act(desk, key, word, now)
        except LookupError as error:
            return str(error.args[0])


def _sign(desk: _Desk, key: Key, word: Word, now: datetime) -> str:
    given, row, kept = desk.find(key, now)
    turn = desk.turn(kept)
    if not turn.waits_for:
        return turn.why_not
    if turn.why_not:
        return desk.refuse(given, turn.why_not, now)
    if word.seen is not None and word.seen.get(key, row["digest"]) != row["digest"]:
        return f"not done: {_OTHERS}"
    if kept is not None:
        return _reviewed(desk, kept, now)
    if not word.because.strip():
        return "not done: an explanation is needed: why it is as it is"
    return _prepared(desk, given, row, word.text, now)


def _reject(desk: _Desk, key: Key, word: Word, now: datetime) -> str:
    given, _, kept = desk.find(key, now)
    if kept is None:
        return "not done: nobody prepared it"
    turn = desk.turn(kept)
    if not turn.waits_for:
        return "not done: it is certified, and what changes its figures takes that back"
    if REJECT not in turn.may:
        return desk.refuse(
            given, f"a {desk.roles.reviewer} rejects it, or who prepared it takes it back", now
        )
    if not word.because.strip():
        return "not done: a reason is needed: what is wrong with it, or missing"
    name = desk.person.name
    own = SIGN not in turn.may
    said = f"{'taken back' if own else 'rejected'} by {name}: {word.because.strip()}"
    values = {"id": kept["certification_id"], "now": now, "why": said}
    desk.connection.execute(_SQL["revoke_certification"], values)
    detail = {
        "figures": kept["figures"], "explanation": kept["explanation"], "digest": kept["digest"][:16],
        "prepared_by": kept["prepared_by"], "why": word.because.strip(),
    }  # fmt: skip
    action = "account.taken_back" if own else "account.rejected"
    record(desk.connection, [Entry(now, name, action, subject_of(kept), desk.entity, detail)])
    return f"{'taken back' if own else 'rejected'}: a {desk.roles.preparer} prepares it anew"


def _prepared(desk: _Desk, given: dict[str, Any], row: Mapping[str, Any], text: str, now: datetime) -> str:
    who, role = desk.person.name, desk.roles.preparer
    values = {
        **given, "figures": json.dumps(row["figures"]), "digest": row["digest"], "by_itself": False,
        "explanation": text, "by": who, "role": role, "now": now,
    }  # fmt: skip
    parts = parts_of(values | {"prepared_by": who, "prepared_role": role})
    values["stamp"] = stamper(desk.connection).stamp("certification", *parts)
    desk.connection.execute(_SQL["put_certification"], values)
    detail = {"figures": row["figures"], "explanation": text, "digest": row["digest"][:16], "role": role}
    record(desk.connection, [Entry(now, who, "account.prepared", subject_of(given), desk.entity, detail)])
    return "prepared: somebody else signs it"


def _reviewed(desk: _Desk, kept: Mapping[str, Any], now: datetime) -> str:
    who, role = desk.person.name, desk.roles.reviewer
    stamp = stamper(desk.connection).stamp("certification signed", *parts_of(kept), who, role)
    values = {"id": kept["certification_id"], "by": who, "role": role, "now": now, "stamp": stamp}
    desk.connection.execute(_SQL["sign_certification"], values)
    detail = {
        "figures": kept["figures"], "explanation": kept["explanation"], "digest": kept["digest"][:16],
        "prepared_by": kept["prepared_by"], "role": role,
    }  # fmt: skip
    record(desk.connection, [Entry(now, who, "account.certified", subject_of(kept), desk.entity, detail)])
    return f"signed, prepared by {kept['prepared_by']}"


# The first person, with the preparer's role, says why an account is as it is; another, with the role that signs the close, signs that.
sign_accounts = _Saying(_sign, named=False)
# Who does not sign what another prepared, and says why; or takes their own word back.
reject_accounts = _Saying(_reject, named=True)
