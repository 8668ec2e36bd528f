"""Ways around the second person at the close: its rules, its signatures, its limits. None succeeds, each leaves evidence; and each is a
line of docs/SEGREGATION.md, after those of `test_ways_around.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tests.integration.office import key_of, person
from tests.integration.test_close import OCTOBER, Closer, closer
from tests.integration.test_ways_around import DOCS
from tests.integration.test_ways_around import WAYS as BEFORE
from tests.integration.ways import Ways
from tieout.cases import NewCase, open_cases
from tieout.close import (
    CloseError,
    LateError,
    Word,
    decide_late,
    keep_mappings,
    keep_rules,
    kept_accounts,
    sign_accounts,
)
from tieout.evidence import Entry, record
from tieout.planning import HeldError, accept, accept_case
from tieout.rules import ApprovalPolicy, CloseRules, EntityClose, Interface, Release, Step
from tieout.rules.certifying import CertifyRules
from tieout.rules.expected import Expected
from tieout.rules.origins import Origin
from tieout.security import AddPerson, Confirm, person_of
from tieout.security.identity import Identity, Site

pytestmark = pytest.mark.long

__all__ = ["closer"]
PAYABLE = "211000"
SEPTEMBER_20 = datetime(2026, 9, 20, tzinfo=UTC)


class Books:
    """October about to be closed, and somebody who writes the project's files."""

    def __init__(self, closer: Closer) -> None:
        self.closer, self.b, self.c = closer, closer.b, closer.connection
        self._release = self.b.release
        self.keep(self.b.clock.now())

    def keep(self, now: datetime) -> None:
        """What a worker does once files are others: what is in force is evidence."""
        release = self.b.release()
        with self.c.transaction():
            self.c.execute(
                "insert into tieout.release (sha256, activated_at) values (%s, %s) on conflict do nothing",
                (release.sha256, now),
            )
            keep_mappings(self.c, release, now)

    def write(self, change: Callable[[Release], Release]) -> None:
        """Other files from here on."""
        self.b.release = lambda: change(self._release())  # type: ignore[method-assign]
        self.b.clock.at = self.b.clock.now().replace(minute=self.b.clock.now().minute + 1)
        self.keep(self.b.clock.now())

    def told(self, cause: str = "rules_changed") -> str:
        """What the one case of a cause says, after a look at the close, which it keeps open."""
        state = self.closer.states()["cases decided"]
        rows = self.b.database.rows(
            "select detail from tieout.cases where cause = %s and state = 'open' order by case_id", cause
        )
        assert len(rows) == 1 and state != "done", (rows, state)
        return str(rows[0]["detail"])

    def bill(self, number: str, on: date) -> None:
        """One more bill, of an order of its own."""
        self.b.order("PO-2")
        self.b.tool.receive("PO-2", "1", Decimal(10), date(2026, 10, 8))
        self.b.tell()
        self.b.bill(number, quantity="1", order="PO-2", on=on)
        assert self.b.states()[number] == "posted"

    def unlock(self) -> None:
        vals = {"fiscalyear_lock_date": False}
        self.b.admin.call("res.company", "write", ids=[self.b.company.id], vals=vals)

    def case(self, amount: str, currency: str = "USD", cause: str = "unknown_tax") -> int:
        given = NewCase(
            cause=cause, interface="bills", entity="US", period="2026-10", source_key=f"{cause}{currency}", amount=Decimal(amount),
            currency=currency, recovery="r", detail="d", owner="o", opened_at=self.b.clock.now(), due_at=self.b.clock.now(),
            blocking=False,
        )  # fmt: skip
        with self.c.transaction():
            open_cases(self.c, [given], "t")
        rows = self.b.database.rows("select max(case_id) as id from tieout.cases")
        return int(rows[0]["id"])

    def accept(self, number: int, who: str) -> Any:
        with self.c.transaction():
            return accept(self.c, self.b.release(), number, "as agreed", self.b.clock.now(), who)

    def limits(self, **rules: Any) -> None:
        self.write(lambda r: replace(r, closing=CloseRules({"US": EntityClose(**rules)})))


@pytest.fixture
def books(closer: Closer) -> Books:
    return Books(closer)


WAYS: Ways[Books] = Ways()
way = WAYS.way
FILES, CLOSE = "project's files", "close"
BY_TWO = "what a project goes by is let stand by two, or is as it was"
BEGAN = "what makes a close easier holds from the next period on"
ONE = "who lets somebody in, or gives the right, counts as one with them"
WORTH = "a limit is in the entity's currency, at the period's rate"
CHANGED, REFUSED, OPEN = "`rules_changed`", "`close.refused`", "the case, which keeps the close open"
POLICY = ApprovalPolicy("bills", 'kind == "vendor_bill" && company_amount >= 10000', (Step("controller"),))


def _interface(release: Release, name: str, **more: Any) -> Release:
    changed = {name: replace(release.interfaces[name], **more)}
    return replace(release, interfaces={**release.interfaces, **changed})


@way("an approval policy that is taken out", FILES, BY_TWO, CHANGED)
def policy_taken_out(books: Books) -> None:
    books.b.policies = (POLICY,)
    books.keep(books.b.clock.now())
    books = Books(books.closer)
    # What it was set up with had none; what is let stand by two has one.
    assert "approval policies: 1 new, such as bills" in books.told()
    (row,) = books.b.database.rows("select case_id from tieout.cases where cause = 'rules_changed'")
    assert not books.accept(row["case_id"], "cora").done
    with books.c.transaction():
        accept_case(books.c, row["case_id"], "agreed", books.b.clock.now(), "cora, carl")
    books.write(lambda r: replace(r, policies=()))
    assert books.closer.states()["cases decided"] == "done"
    # Back to what it was set up with: two people knew that as well.


@way("the same, put back once something was booked without it", FILES, BY_TWO, CHANGED)
def policy_there_and_back(books: Books) -> None:
    books.unlock()
    loose = replace(POLICY, when='kind == "vendor_bill" && company_amount >= 100000000')
    books.b.policies = (loose,)
    books.write(lambda r: r)
    books.bill("B-2", date(2026, 10, 20))
    books.b.policies = ()
    books.write(lambda r: r)
    said = books.told()
    assert "approval policies: 1 new, such as bills" in said and "documents were planned" in said


@way(
    "an account mapped to another for an hour in which something is booked",
    FILES,
    "a state by which something was booked is let stand by two",
    "`mapping_changed`",
)
def mapping_there_and_back(books: Books) -> None:
    def mapped(release: Release) -> Release:
        table = release.mappings["purchase_accounts"]
        rows = tuple(replace(r, value="612000") if r.key == "6100" else r for r in table.rows)
        return replace(
            release,
            sha256="0" * 64,
            mappings={**release.mappings, "purchase_accounts": replace(table, rows=rows)},
        )

    books.unlock()
    books.write(mapped)
    books.bill("B-2", date(2026, 10, 20))
    books.write(lambda r: r)
    assert "purchase_accounts.csv" in books.told("mapping_changed")


@way(
    "a table of which somebody else changed another row afterwards, let stand by whoever changed it first",
    "HTTP",
    "all who changed it since two people know it are its makers",
    "the case, of all of them",
)
def mapping_changed_by_two(books: Books) -> None:
    for who in ("cora", "carl"):
        with books.c.transaction():
            record(
                books.c, [Entry(books.b.clock.now(), who, "mapping.changed", "tax_rates", "", {"added": 1})]
            )
        books.b.rates[who] = "7"
        books.keep(books.b.clock.now())
    books.told("mapping_changed")
    (row,) = books.b.database.rows(
        "select case_id, made_user from tieout.cases where cause = 'mapping_changed'"
    )
    assert row["made_user"] == "carl; cora"
    for who in ("cora", "carl"):
        with pytest.raises(HeldError):
            books.accept(row["case_id"], who)


for _name, _does, _change, _says in (
    ("nothing_expected", "nothing that has to come any more", lambda r: _interface(r, "bank", expected=Expected("month")), "interfaces of US"),
    ("interface_taken_out", "an interface taken out of the project", lambda r: replace(r, interfaces={n: i for n, i in r.interfaces.items() if n != "bank"}), "gone, such as interfaces/bank.toml"),
    ("released_by_nobody", "a role that releases payments, named as nobody", lambda r: _interface(r, "payments", options={"release_role": ""}), "interfaces of US"),
    ("late_events_booked", "late events booked on the first open day, which were cases", lambda r: _interface(r, "bills", late_events="first_open"), "interfaces of US"),
    ("own_entries_declared", "one's own entries declared as made by intent", lambda r: replace(r, entities={"US": replace(r.entities["US"], origins=(Origin("all", ("entry",), date(2026, 10, 1), "mia", "usual"),))}), "entity of US"),
    ("books_begin_later", "a first day that is moved behind what was booked by hand", lambda r: replace(r, entities={"US": replace(r.entities["US"], begins_on=date(2026, 11, 1))}), "entity of US"),
    ("month_ends_earlier", "a time zone in which the month is over sooner", lambda r: replace(r, entities={"US": replace(r.entities["US"], time_zone="Pacific/Kiritimati")}), "entity of US"),
    ("pieces_not_added_up", "pieces that are not added up any more (`split_days = 0`)", lambda r: replace(r, closing=CloseRules({"US": EntityClose(split_days=0)})), "entity of US"),
    ("sign_on_of_ones_own", "a group of the sign-on that makes controllers", lambda r: replace(r, sign_on=(("issuer", "https://me.example"), ("group mine", "controller:*"))), "sign-on: 2 new"),
):  # fmt: skip

    def _scene(books: Books, change: Any = _change, says: str = _says) -> None:
        assert books.closer.states()["cases decided"] == "done"
        books.write(change)
        assert says in books.told()
        books.write(lambda r: r)
        assert books.closer.states()["cases decided"] == "done"

    _scene.__name__ = _name
    way(_does, FILES, BY_TWO, CHANGED)(_scene)


@way("another role that signs, for one that one has", f"{FILES}, {CLOSE}", BEGAN, f"{REFUSED}; {CHANGED}")
def another_role_signs_the_close(books: Books) -> None:
    with books.c.transaction():
        keep_rules(books.c, books.b.release(), SEPTEMBER_20)
    books.limits(sign_role="helper")
    books.b.add(person("piet"))
    books.b.grant("piet", "helper")
    books.closer.state()
    with pytest.raises(CloseError, match="piet is no controller of US"):
        books.closer.sign("piet")
    assert books.b.evidence("close.refused") == 1
    books.told()


@way("a signature by the role that whoever prepared the task gave", CLOSE, ONE, REFUSED)
def signed_by_a_role_of_ones_own(books: Books) -> None:
    _administrator(books, "ada", "controller")
    books.b.add(person("dora"))
    books.b.grant("dora", "controller", by="ada")
    books.closer.state()
    assert "prepared" in books.closer.sign("ada", "complete: bills")["complete: bills"]
    assert "gave dora the role" in books.closer.sign("dora", "complete: bills")["complete: bills"]
    assert books.b.evidence("close.refused") == 1
    assert "signed" in books.closer.sign("cora", "complete: bills")["complete: bills"]


@way("a signature by a colleague whose invitation whoever prepared the task opened", CLOSE, ONE, REFUSED)
def signed_by_an_invitation_of_ones_own(books: Books) -> None:
    _administrator(books, "ada", "controller")
    Identity(books.c, books.b.clock.now, Site("localhost", "http://localhost", "t")).invite("cora", "ada")
    books.closer.state()
    books.closer.sign("ada", "complete: bills")
    assert "let cora in" in books.closer.sign("cora", "complete: bills")["complete: bills"]
    assert books.b.evidence("close.refused") == 1


def _administrator(books: Books, name: str, *roles: str) -> None:
    books.b.add(person(name))
    for role in ("administrator", *roles):
        books.b.grant(name, role)


@way("an account certified by the role that its preparer gave", CLOSE, ONE, "`account.refused`")
def certified_by_a_role_of_ones_own(books: Books) -> None:
    _administrator(books, "ada", "preparer")
    books.b.add(person("dora"))
    books.b.grant("dora", "controller", by="ada")
    books.limits(certify=CertifyRules(never_alone=("high", "medium", "low")))
    said = ""
    for who, because in (("ada", "looked at"), ("dora", "")):
        books.closer.state()
        account = next(r["account"] for r in kept_accounts(books.c, "US", "2026-10"))
        given = (
            books.c,
            books.b.release(),
            "US",
            OCTOBER,
            [(account, "USD")],
            None,
            key_of(who),
            Word(because),
        )
        said = sign_accounts(*given, books.b.clock.now())[0][1]
        assert who != "ada" or "prepared" in said
    assert "does not sign it" in said and books.b.evidence("account.refused") == 1


@way("a limit that is small by its number, for a case in a dearer currency", CLOSE, WORTH, OPEN)
def case_in_a_dearer_currency(books: Books) -> None:
    books.limits(case_limit=Decimal(1000))
    books.case("900.00", "USD")
    assert books.closer.states()["cases decided"] == "done"
    books.case("900.000", "KWD")
    assert "unknown tax (900.00 KWD)" in books.closer.why("cases decided")
    # By a rate that a plan kept: 900 at 0.31 for one are 2,903.23, and 300 within the limit.
    books.c.execute(
        "update tieout.document set currency = 'KWD', facts = '{\"rate\":\"0.31\"}' where document_id = "
        "(select min(document_id) from tieout.document where facts is not null)"
    )
    assert "unknown tax (900.00 KWD)" in books.closer.why("cases decided")
    books.case("300.000", "KWD", "unknown_order")
    assert "unknown order" not in books.closer.why("cases decided")
    books.case("311.000", "KWD", "approval_overdue")
    assert "approval overdue (311.00 KWD)" in books.closer.why("cases decided")


@way(
    "an acceptance by oneself under a limit raised for it, within what may stay open",
    f"{FILES}, {CLOSE}",
    "some causes take two, whatever the amount",
    "`waived_by_one`, which keeps the close open",
)
def waived_within_the_case_limit(books: Books) -> None:
    books.limits(case_limit=Decimal(1000))
    with books.c.transaction():
        keep_rules(books.c, books.b.release(), SEPTEMBER_20)
    books.limits(case_limit=Decimal(1000), alone_limit=Decimal(1000))
    assert books.accept(books.case("900.00"), "cora").done
    assert "waived by one" in books.closer.why("cases decided")


@way("a late event passed under a limit that was raised for it", FILES, BEGAN, "the event, undecided")
def late_event_under_a_raised_limit(books: Books) -> None:
    books.b.late_events = "first_open"
    books.b.clock.at = datetime(2026, 11, 5, 15, tzinfo=UTC)
    with books.c.transaction():
        keep_rules(books.c, books.b.release(), SEPTEMBER_20)
    books.bill("LATE", date(2026, 10, 30))
    books.limits(late_limit=Decimal(10**6), late_materiality=Decimal(10**6))
    (event,) = books.b.database.rows("select document_id from tieout.late_event")
    who = person_of(books.c, key_of("cora"))
    with pytest.raises(LateError, match="would be passed"), books.c.transaction():
        decide_late(
            books.c,
            books.b.release(),
            event["document_id"],
            "pass",
            "it is immaterial",
            who,
            books.b.clock.now(),
        )
    assert books.b.evidence("late.decided") == 0


@pytest.mark.parametrize("name", WAYS)
def test_no_way_around_the_close(books: Books, name: str) -> None:
    WAYS[name].scene(books)


@pytest.mark.parametrize("role", ["", "preparer", "operator"])
def test_a_payment_is_released_by_somebody_who_may_decide_whatever_its_interface_says(
    buyer: Buyer, role: str
) -> None:
    buyer.ready()
    buyer.bill()
    buyer.paying["release_role"] = role
    buyer.propose()
    (row,) = buyer.database.rows("select steps from tieout.approval_request where state = 'open'")
    assert row["steps"] == '[{"role": "controller", "need": 1}]'


def test_the_table_of_the_documentation_is_these() -> None:
    first = len(BEFORE) + 1
    assert len(BEFORE) + len(WAYS) >= 62
    assert WAYS.table(first) in DOCS.read_text(encoding="utf-8"), "\n" + WAYS.table(first)


_ = (AddPerson, Confirm, Interface)
