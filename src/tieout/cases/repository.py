"""Opens, solves and lists cases, with evidence in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tieout.cases.mentions import mentioned
from tieout.cases.model import NewCase, fingerprint
from tieout.cases.owners import OwnerError, check_owner
from tieout.cases.stamped import stamped
from tieout.cases.watching import Told, begin_watching, tell, tell_watchers
from tieout.causes import check_declared
from tieout.evidence import Entry, record
from tieout.security import Authority, load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.cases")


def open_cases(connection: Connection, cases: Iterable[NewCase], actor: str) -> int:
    """Open what is not open yet, and bring what is open up to what is known of it now; how many were new."""
    opened, entries = 0, []
    named = [(fingerprint(case), case) for case in cases]
    if len(named) > 1:
        connection.execute(_SQL["lock_known"], {"fingerprints": [key for key, _ in named]})
    for key, case in named:
        check_declared(case.cause)
        row = asdict(case) | {"fingerprint": key}
        told = connection.execute(_SQL["add"], row).fetchone()
        if told is not None:
            opened += told["fresh"]
            action = "case.opened" if told["fresh"] else "case.changed"
            detail = {
                "cause": case.cause, "amount": str(case.amount), "currency": case.currency,
                "case": told["case_id"], "period": told["period"], "blocking": told["blocking"],
            }  # fmt: skip
            said = Entry(case.opened_at, actor, action, case.source_key, case.entity, detail)
            entries.append(stamped(connection, said))
    if entries:
        record(connection, entries)
    return opened


def solve(
    connection: Connection,
    documents: Sequence[int],
    at: datetime,
    resolution: str,
    actor: str,
    causes: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
) -> int:
    """Solve the open cases of `documents` (of `causes` and source `keys`, or of any); how many."""
    rows = connection.execute(
        _SQL["solve"],
        {
            "documents": list(documents),
            "at": at,
            "resolution": resolution,
            "by": actor,
            "causes": list(causes) if causes is not None else None,
            "keys": list(keys) if keys is not None else None,
        },
    ).fetchall()
    return _solved(connection, rows, at, resolution, actor)


def solve_others(
    connection: Connection,
    held: Sequence[tuple[int, str, Sequence[str]]],
    at: datetime,
    resolution: str,
    actor: str,
) -> int:
    """Solve the open cases of documents that are held for other causes by now: `held` are (document, source key, the
    causes that it is held for). How many."""
    if not held:
        return 0
    documents, keys, causes = zip(*((d, k, ",".join(c)) for d, k, c in held), strict=True)
    given = {"documents": list(documents), "keys": list(keys), "causes": list(causes)}
    rows = connection.execute(
        _SQL["solve_others"], {**given, "at": at, "resolution": resolution, "by": actor}
    ).fetchall()
    return _solved(connection, rows, at, resolution, actor)


def _solved(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    at: datetime,
    resolution: str,
    actor: str,
) -> int:
    record(
        connection,
        [
            stamped(
                connection,
                Entry(
                    at,
                    actor,
                    "case.solved",
                    row["source_key"],
                    row["entity"],
                    {"cause": row["cause"], "resolution": resolution, "case": row["case_id"]},
                ),
            )
            for row in rows
        ],
    )
    tell_watchers(connection, [row["case_id"] for row in rows], Told.SOLVED, "solved", at, actor)
    return len(rows)


def solve_by_key(
    connection: Connection, cause: str, source_key: str, at: datetime, resolution: str, actor: str
) -> int:
    """Solve the open case of a cause and source key; how many."""
    given = {"cause": cause, "key": source_key, "at": at, "resolution": resolution, "by": actor}
    return _solved(
        connection, connection.execute(_SQL["solve_by_key"], given).fetchall(), at, resolution, actor
    )


def solve_case(
    connection: Connection, case_id: int, at: datetime, resolution: str, actor: str, accepted: bool = True
) -> int:
    """Solve one case by its number. `accepted`: a person decides that things may stand as they are."""
    given = {"case_id": case_id, "at": at, "resolution": resolution, "by": actor, "accepted": accepted}
    return _solved(
        connection, connection.execute(_SQL["solve_case"], given).fetchall(), at, resolution, actor
    )


def note_case(
    connection: Connection,
    case_id: int,
    person: str,
    text: str,
    at: datetime,
    authority: Authority | None = None,
) -> bool:
    """Write what somebody knows beside a case, in the caller's transaction; False where there is no such case. Whoever writes or is
    named with an @ watches it from then on; who is named, and who watches it, is told. Raises ValueError for an empty note, and
    MentionError where somebody is named who may not see the case."""
    if not text.strip():
        raise ValueError("a note says something")
    known = connection.execute(_SQL["entity_of"], {"case_id": case_id}).fetchone()
    if known is None:
        return False
    held = load_authority(connection) if authority is None else authority
    people = mentioned(held, text, known["entity"])
    given = {"case_id": case_id, "person": person, "text": text.strip(), "at": at}
    row = connection.execute(_SQL["note"], given).fetchone()
    assert row is not None
    detail = {"case": case_id, **({"mentioned": list(people)} if people else {})}
    record(connection, [Entry(at, person, "case.noted", row["source_key"], row["entity"], detail)])
    begin_watching(connection, [(case_id, name) for name in (person, *people)], at, person)
    key = f"note {row['note_id']}"
    others = [(case_id, name) for name in people if name != person]
    tell(connection, others, Told.MENTIONED, key, at, person)
    tell_watchers(connection, [case_id], Told.NOTED, key, at, person, people)
    return True


def notes_of(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Notes on a case, the first one first: at, person, text."""
    return list(connection.execute(_SQL["notes"], {"case_id": case_id}).fetchall())


def assign_cases(
    connection: Connection,
    numbers: Sequence[int],
    owner: str,
    due_at: datetime | None,
    actor: str,
    at: datetime,
    authority: Authority | None = None,
) -> int:
    """Give open cases to a person, and another due time where one is given, in the caller's transaction; how many.
    `authority` is who may do what now, read where it is not given. Raises OwnerError without an owner, and where one of the
    cases cannot be theirs: then none is given."""
    held = load_authority(connection) if authority is None else authority
    ids = list(numbers)
    entities = [r["entity"] for r in connection.execute(_SQL["entities"], {"ids": ids})]
    if not owner.strip():
        raise OwnerError("a case is somebody's: say whose")
    if not entities:
        return 0
    (name,) = {check_owner(held, owner, entity) for entity in entities}
    rows = connection.execute(_SQL["assign"], {"ids": ids, "owner": name, "due_at": due_at}).fetchall()
    detail = {"owner": name, "due_at": due_at.isoformat() if due_at else ""}
    record(
        connection,
        [
            Entry(at, actor, "case.assigned", r["source_key"], r["entity"], {**detail, "case": r["case_id"]})
            for r in rows
        ],
    )
    _tell_of_owner(connection, rows, name, at, actor)
    return len(rows)


def _tell_of_owner(
    connection: Connection, rows: Sequence[dict[str, Any]], owner: str, at: datetime, actor: str
) -> None:
    """Whose cases are now watches them and is told, unless they took them themselves; so is whoever watched them. A case that was
    theirs already is nothing new."""
    by_revision: dict[int, list[int]] = {}
    for r in rows:
        if r["before"] != owner:
            by_revision.setdefault(r["revision"], []).append(r["case_id"])
    for revision, numbers in by_revision.items():
        pairs = [(n, owner) for n in numbers]
        begin_watching(connection, pairs, at, actor)
        key = f"owner {revision}"
        tell(connection, pairs if owner != actor else [], Told.ASSIGNED, key, at, actor)
        tell_watchers(connection, numbers, Told.GIVEN, key, at, actor, [owner])


@dataclass(frozen=True)
class CaseFilter:
    """Which open cases: None is any. `numbers` are these alone; `owners` those of whoever goes by one of these names; `workers` those that
    none of these has, each a name with an entity whose cases can be theirs ("*": every one)."""

    cause: str | None = None
    entity: str | None = None
    interface: str | None = None
    period: str | None = None
    group: str | None = None
    numbers: tuple[int, ...] | None = None
    owners: tuple[str, ...] | None = None
    workers: tuple[tuple[str, str], ...] | None = None

    def given(self) -> dict[str, Any]:
        """As the parameters of a query."""
        return {
            "cause": self.cause, "entity": self.entity, "interface": self.interface, "period": self.period,
            "group": self.group, "ids": None if self.numbers is None else list(self.numbers),
            "owners": None if self.owners is None else list(self.owners),
            "workers": None if self.workers is None else [name for name, _ in self.workers],
            "of": None if self.workers is None else [entity for _, entity in self.workers],
        }  # fmt: skip


def list_open(connection: Connection, cause: str | None = None) -> list[dict[str, Any]]:
    """Open cases, of a cause or of all of them, the largest amount first."""
    return list_filtered(connection, CaseFilter(cause=cause))


def list_filtered(connection: Connection, wanted: CaseFilter) -> list[dict[str, Any]]:
    """Open cases of a filter, the largest amount first."""
    return list(connection.execute(_SQL["open"], wanted.given()).fetchall())


def list_groups(connection: Connection, wanted: CaseFilter) -> list[dict[str, Any]]:
    """Open cases of a filter by group, the largest amount first: of one cause, entity, interface, period and currency, and
    of entries that others made of one journal, user, kind and accounts. Amounts are never summed over currencies."""
    return list(connection.execute(_SQL["groups"], wanted.given()).fetchall())
