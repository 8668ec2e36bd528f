"""Ways around the second person: each is tried as somebody would, over HTTP or at the command line. None succeeds, each leaves
evidence; and each is a line of docs/SEGREGATION.md, which the last test keeps true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office, key_of, person
from tests.integration.test_bulk_decisions import PROJECT
from tests.integration.test_work_api import Front
from tests.integration.ways import Ways
from tieout.close import keep_rules
from tieout.connector_api import OpenItem
from tieout.reconcile.ledger.grouping import lines_key, match_document
from tieout.reconcile.ledger.handoff import suggestion_row
from tieout.rules import ApprovalPolicy, CloseRules, EntityClose, Step
from tieout.security import AddPerson, Confirm, Delegate, Reset, key_hash
from tieout.security.identity import make_service_key
from tieout.store import Queries
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long

DOCS = Path(__file__).parents[2] / "docs" / "SEGREGATION.md"
ZERO_WIDTH, CYRILLIC_A, RIGHT_TO_LEFT = "\u200b", "\u0430", "\u202e"
WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


@dataclass
class House:
    """An office with a web side and a project's folder: what somebody has who wants around."""

    office: Office
    folder: Path
    front: Front
    _signed_in: dict[str, httpx2.Client] = field(default_factory=dict)

    # what is tried

    def http(self, who: str) -> httpx2.Client:
        if who not in self._signed_in:
            self._signed_in[who] = self.front.sign_in(who)
        return self._signed_in[who]

    def approve(self, who: str, *numbers: int) -> str:
        """Over HTTP: "" where it was taken, else why not."""
        given = {
            "requests": list(numbers or self.office.open_requests()),
            "verdict": "approve",
            "reason": "looked at",
        }
        reply = self.http(who).post("/approvals/decide", json=given)
        return "" if reply.status_code == 200 else str(reply.json()["detail"])

    def command(self, who: str, *words: str, held: str = "") -> tuple[int, str]:
        """At the command line, by their own key (or the one that is held): exit status and what it says."""
        key = self.folder.parent / f"{who}.key"
        key.write_text((held or key_of(who)) + "\n")
        environment = {"ODOO_KEY": "x", "TIEOUT_KEY_FILE": str(key)}
        done = run_tieout(*words, "--dir", str(self.folder), environment=environment)
        return done.returncode, done.stdout + done.stderr

    # what there is

    def waits(self) -> None:
        """Nothing is booked, and something waits for a person."""
        self.office.work()
        assert self.office.booked() == [] and self.office.open_requests()

    def refused(self, said: str, *words: str) -> None:
        """It was not taken, nothing is booked, and the attempt is in evidence."""
        assert said and all(w in said for w in words), said
        assert self.office.evidence("approval.refused") >= 1
        self.waits()

    def held(self, amount: str, key: str = "J1", by: str = "mia", currency: str = "USD") -> int:
        """A case that holds a document, of an amount."""
        self.office.journal(key, amount, by=by, credit=-Decimal(amount) + 1, currency=currency)
        self.office.work()
        rows = self.office.database.rows(
            "select case_id from tieout.cases where state = 'open' order by case_id desc"
        )
        return int(rows[0]["case_id"])

    def case(self, amount: str, **more: Any) -> int:
        """A case that may stand as it is."""
        return self.front.case(amount, **more)

    def open_case(self, number: int) -> bool:
        (row,) = self.office.database.rows("select state from tieout.cases where case_id = %s", number)
        return bool(row["state"] == "open")

    def suggested(
        self, gap: str, line: int = 71, interface: str = "journals", paid: str = "100.00", **whose: Any
    ) -> int:
        """A suggestion whose cash, of `paid`, is short by so much; `whose` money it is, else that of who owes."""
        self.office.roles["difference.bank_charge"] = "642100"
        self.office.roles["difference.write_off"] = "642100"
        (self.folder / "mappings" / "accounts.csv").write_text(
            "key,value\nreceivable,121000\ndifference.bank_charge,642100\ndifference.write_off,642100\n"
        )
        due = Decimal(paid) + Decimal(gap)
        cash = _open_line(line, f"-{paid}", is_payment=True, kind="other", account="212130", **whose)
        owed = _open_line(line + 1, str(due), kind="receivable", account="121000", partner=9)
        document = match_document(
            [cash],
            [owed],
            confidence="0.9",
            rule="number",
            why="its number",
            decided_by="",
            own_currency="USD",
            explained_as="",
            difference_account="",
        )
        row = suggestion_row(document, str(line)) | {
            "interface": interface, "entity": "US", "lines_key": lines_key([*document.cash, *document.due]),
            "rank": 1, "now": self.office.clock.now(), "lines": [line, line + 1],
        }  # fmt: skip
        with self.office.database.transaction() as connection:
            connection.execute(Queries("tieout.reconcile.ledger")["propose"], row)
        rows = self.office.database.rows("select max(suggestion_id) as id from tieout.suggestion")
        return int(rows[0]["id"])

    def matched(self, who: str, number: int, act: str = "accept", **body: Any) -> str:
        """Decide a suggestion over HTTP: how it stands then, or why it was refused."""
        reply = self.http(who).post(f"/matches/suggestions/{number}/{act}", json=body)
        return self.stands(number) if reply.status_code == 200 else str(reply.json()["detail"])

    def stands(self, number: int) -> str:
        rows = self.office.database.rows(
            "select state from tieout.suggestion where suggestion_id = %s", number
        )
        return str(rows[0]["state"])

    def handed_on(self) -> int:
        """How many matches went to the workers."""
        return len(self.office.database.rows("select 1 from tieout.message where stream = 'reconciliations'"))

    def request_of(self, number: int) -> int:
        rows = self.office.database.rows(
            "select request_id from tieout.approval_request where case_id = %s and state = 'open'", number
        )
        return int(rows[0]["request_id"]) if rows else 0


def _open_line(line: int, residual: str, **more: Any) -> OpenItem:
    amount = Decimal(residual)
    given: dict[str, Any] = {"is_payment": False, "partner": 0, "partner_name": "Acme", "effect": "", **more}
    return OpenItem(
        line=line, move=line, on=date(2026, 10, 12), due=None, currency="USD", residual=amount, company=amount,
        numbers=(f"INV-{line}",), label="Acme", **given,
    )  # fmt: skip


@pytest.fixture
def house(office: Office, tmp_path: Path) -> Iterator[House]:
    office.let_in()
    for name in ("mia", "cora", "carl"):
        office.grant(name, "controller")
        office.grant(name, "operator")
    folder = tmp_path / "project"
    (folder / "mappings").mkdir(parents=True)
    (folder / ".tieout" / "keys").mkdir(parents=True)
    (folder / ".tieout" / "keys" / "stamp.key").write_text(bytes(32).hex())
    (folder / "tieout.toml").write_text(PROJECT.format(dsn=office.database.dsn, port=free_port()))
    (folder / "mappings" / "accounts.csv").write_text("key,value\nreceivable,121000\n")
    made = House(office, folder, Front(office))
    yield made
    made.front.stop()


WAYS: Ways[House] = Ways()
way = WAYS.way

MAKER = "a maker of one revision is a maker of all"
NAME = "a name is compared by what it says"
LOOK = "nobody decides about what somebody who is written like them made"
PIECES = "pieces of one person to one payee are added up"
SECOND = "above `alone_limit` another person decides as well"
BY_TWO = "some causes take two, whatever the amount"
WAITS = "`suggestion.to_approve`"
REFUSED, ASKED, ALIKE = "`approval.refused`", "`approval.requested`", "`authority.person`, with `alike`"


@way("a revision of a cent without a name, then one's own approval", "HTTP", MAKER, REFUSED)
def anonymous_revision(house: House) -> None:
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    house.office.journal("J1", "2500.01")
    house.office.work()
    house.refused(house.approve("mia"), "mia", "made it")
    assert house.approve("cora") == ""


@way("the same at the command line", "command line", MAKER, REFUSED)
def anonymous_revision_by_command(house: House) -> None:
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    house.office.journal("J1", "2500.01")
    house.office.work()
    code, said = house.command("mia", "approvals", "approve", str(house.office.open_requests()[0]))
    assert code == 2
    house.refused(said, "made it")


@way("a revision by somebody else, then one's own approval", "HTTP", MAKER, REFUSED)
def revision_by_another(house: House) -> None:
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    house.office.journal("J1", "2600.00", by="carl")
    house.office.work()
    house.refused(house.approve("mia"), "made it")
    house.refused(house.approve("carl"), "made it")


@way("three revisions, the first by oneself", "HTTP", MAKER, REFUSED)
def three_revisions(house: House) -> None:
    for amount, by in (("2500.00", "mia"), ("2500.01", ""), ("2500.02", "")):
        house.office.journal("J1", amount, by=by)
        house.office.work()
    house.refused(house.approve("mia"), "made it")


@way("an edit of what was booked already, without a name", "HTTP", MAKER, REFUSED)
def edit_after_posting(house: House) -> None:
    house.office.journal("J1", "500.00", by="mia")
    house.office.work()
    house.office.journal("J1", "9000.00")
    house.office.work()
    said = house.approve("mia")
    assert "made it" in said and house.office.evidence("approval.refused") == 1
    assert sum(b for _, a, b in house.office.booked() if a == "621000") == Decimal("500.00")


@way("a revision that takes one's name at the source away", "HTTP", MAKER, REFUSED)
def prepared_by_taken_away(house: House) -> None:
    house.office.journal("J1", "2500.00", prepared_by="mia@co.example")
    house.office.work()
    house.office.journal("J1", "2500.00", prepared_by="")
    house.office.work()
    house.refused(house.approve("mia"), "made it")


@way("a short entry that becomes a long one without a name", "HTTP", MAKER, REFUSED)
def grows_long(house: House) -> None:
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    rows = [
        "entry,on,currency,account,amount",
        *["J1,2026-10-15,USD,6000,5.00"] * 450,
        "J1,2026-10-15,USD,2000,-2250.00",
    ]
    house.office.take("long.csv", "\n".join(rows).encode())
    house.office.work()
    said = (
        house.approve("mia", *house.office.open_requests())
        if house.office.open_requests()
        else "nothing waits: made it"
    )
    assert "made it" in said and house.office.booked() == []


@way(
    "the giver of the first revision rewritten by SQL",
    "SQL, HTTP",
    "who gave a revision is stamped",
    "`not_made_by_tieout`",
)
def giver_rewritten(house: House) -> None:
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    with house.office.database.transaction() as connection:
        connection.execute("update tieout.message set submitted_by = 'carl'")
    house.office.journal("J1", "2500.01")
    house.office.work()
    assert house.office.booked() == [] and ("not_made_by_tieout", "J1") in house.office.cases()


def _prepared_as(name: str) -> Callable[[House], None]:
    def scene(house: House) -> None:
        house.office.journal("J1", "2500.00", prepared_by=name)
        house.office.work()
        house.refused(house.approve("mia"), "somebody else approves it")
        assert house.approve("cora") == ""

    return scene


for _name, _does, _as, _holds in (
    ("wide_letters", "one's name in wide letters at the source", "mia@co.example".translate(WIDE), NAME),
    ("invisible_letters", "one's name with an invisible letter in it", f"mi{ZERO_WIDTH}a@co.example", NAME),
    (
        "turned_direction",
        "one's name with a mark that turns its direction",
        f"{RIGHT_TO_LEFT}mia@co.example",
        NAME,
    ),
    ("address_with_a_name", "one's address behind somebody else's name", "Carl <MIA@co.example>", NAME),
    ("address_as_a_link", "one's address as a link", "mailto:mia@co.example", NAME),
    (
        "letters_of_another_script",
        "one's name with a letter of another script",
        f"mi{CYRILLIC_A}@co.example",
        LOOK,
    ),
    ("points_in_the_address", "points in one's address", "m.i.a@co.example", LOOK),
    ("tag_in_the_address", "a tag behind one's address", "mia+close@co.example", LOOK),
    ("letters_that_join", "letters that read as another (rn for m)", "rnia@co.example", LOOK),
):
    _scene = _prepared_as(_as)
    _scene.__name__ = _name
    way(_does, "HTTP", _holds, REFUSED)(_scene)


@way(
    "a second account whose name looks like the maker's",
    "command line, HTTP",
    f"it is warned of; {LOOK}",
    f"{ALIKE}; {REFUSED}",
)
def second_account(house: House) -> None:
    house.office.add(person("alan", "a.l.a.n@co.example"))
    code, said = house.command("alice", "people", "add", "mi-a", "--code", "0" * 64)
    assert code == 0 and "written like 'mia'" in said
    (row,) = house.office.database.rows(
        "select detail from tieout.evidence where action = 'authority.person' order by evidence_id desc limit 1"
    )
    assert "written like" in str(row["detail"])
    number = json.loads(house.command("alice", "people", "list", "--json")[1])["waiting"][0]["change"]
    house.office.change(Confirm(no=number), "bob")
    house.office.grant("mi-a", "controller")
    house.office.journal("J1", "2500.00", by="mia")
    house.office.work()
    house.refused(house.approve("mi-a"), "written like mia")


@way(
    "an account under another's name in wide letters",
    "command line",
    "one account a person",
    "`authority.refused`",
)
def account_in_wide_letters(house: House) -> None:
    code, said = house.command(
        "alice", "people", "add", "zed", "--code", "1" * 64, "--known-as", "mia@co.example".translate(WIDE)
    )
    assert code == 2 and "one account a person" in said and house.office.evidence("authority.refused") == 1


@way("three amounts, each under the limit", "HTTP", PIECES, f"{ASKED}; {REFUSED}")
def split_amounts(house: House) -> None:
    for n in range(3):
        house.office.journal(f"J{n}", "600.00", by="mia")
        house.office.work()
    assert sorted(house.office.states().values()) == ["normalised", "normalised", "posted"]
    assert "made it" in house.approve("mia") and len(house.office.booked()) == 2


@way("the pieces in one moment, in one file", "HTTP", PIECES, ASKED)
def split_in_one_file(house: House) -> None:
    rows = ["entry,on,currency,account,amount"]
    for n in range(4):
        rows += [f"J{n},2026-10-15,USD,6000,400.00", f"J{n},2026-10-15,USD,2000,-400.00"]
    house.office.take("four.csv", "\n".join(rows).encode(), "mia")
    house.office.work()
    assert sorted(house.office.states().values()) == ["normalised", "normalised", "posted", "posted"]
    assert "made it" in house.approve("mia")


@way("every second piece without a name", "HTTP", PIECES, ASKED)
def split_without_a_name(house: House) -> None:
    for n, by in enumerate(("mia", "", "mia")):
        house.office.journal(f"J{n}", "600.00", by=by)
        house.office.work()
    assert sum(s == "posted" for s in house.office.states().values()) == 1 and house.office.open_requests()


@way("pieces dated into different weeks", "HTTP", PIECES, ASKED)
def split_by_date(house: House) -> None:
    for n, day in enumerate((1, 10, 19)):
        house.office.journal(f"J{n}", "600.00", by="mia", on=date(2026, 10, day))
        house.office.work()
    assert sum(s == "posted" for s in house.office.states().values()) == 1 and house.office.open_requests()


@way("two amounts, each within what one approver may approve", "HTTP", PIECES, REFUSED)
def split_under_an_approvers_limit(house: House) -> None:
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "5000.00")
    for n in range(2):
        house.office.journal(f"J{n}", "3000.00", by="mia")
        house.office.work()
    first, second = house.office.open_requests()
    assert house.approve("carla", first) == ""
    said = house.approve("carla", second)
    assert "6000" in said and house.office.evidence("approval.refused") == 1
    assert house.approve("cora", second) == ""


@way("an exclusion above the limit by one person", "HTTP", SECOND, f"{ASKED}; {REFUSED}")
def exclusion_by_one(house: House) -> None:
    house.office.policies = ()
    number = house.held("3872.07")
    reply = house.http("carl").post(f"/cases/{number}/exclude", json={"reason": "not ours"})
    assert reply.status_code == 200 and reply.json()["request"]
    assert "carl made it" in house.approve("carl") and house.office.states() == {"J1": "refused"}
    assert house.approve("cora") == "" and house.office.states() == {"J1": "excluded"}


@way("the same by whoever brought the document", "HTTP", SECOND, REFUSED)
def exclusion_approved_by_its_maker(house: House) -> None:
    house.office.policies = ()
    number = house.held("3872.07", by="mia")
    house.http("carl").post(f"/cases/{number}/exclude", json={"reason": "not ours"})
    assert "mia made it" in house.approve("mia") and house.office.states() == {"J1": "refused"}


@way("small exclusions, one after the other", "HTTP", SECOND, ASKED)
def exclusions_in_pieces(house: House) -> None:
    house.office.policies = ()
    asked = []
    for n in range(3):
        number = house.held("60.00", key=f"J{n}")
        asked.append(
            house.http("carl").post(f"/cases/{number}/exclude", json={"reason": "small"}).json()["request"]
        )
    assert asked[0] is None and asked[1] and asked[2]


@way("an acceptance above the limit by one person", "HTTP", SECOND, f"{ASKED}; {REFUSED}")
def acceptance_by_one(house: House) -> None:
    number = house.case("50000.00")
    reply = house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    assert reply.status_code == 200 and reply.json()["request"] and house.open_case(number)
    assert "carl made it" in house.approve("carl", house.request_of(number)) and house.open_case(number)
    assert house.approve("cora", house.request_of(number)) == "" and not house.open_case(number)


@way("the same as one of many cases", "HTTP", SECOND, ASKED)
def acceptance_in_bulk(house: House) -> None:
    small, large = house.case("1.00"), house.case("50000.00", key="k2")
    seen = [{"case_id": n, "revision": 1} for n in (small, large)]
    reply = (
        house.http("carl")
        .post("/cases/decide", json={"action": "solve", "cases": seen, "reason": "agreed"})
        .json()
    )
    assert (reply["done"], reply["waits"]) == (1, 1) and house.open_case(large)


@way("small acceptances, one after the other", "HTTP", SECOND, ASKED)
def acceptances_in_pieces(house: House) -> None:
    numbers = [house.case("60.00", key=f"k{n}") for n in range(3)]
    for number in numbers:
        house.http("carl").post(f"/cases/{number}/solve", json={"reason": "small"})
    assert [house.open_case(n) for n in numbers] == [False, True, True]


@way(
    "an acceptance that grew after it was asked", "HTTP", "an approval is of what was seen", "`approval.void`"
)
def acceptance_that_grew(house: House) -> None:
    number = house.case("500.00")
    house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    request = house.request_of(number)
    house.front.c.execute(
        "update tieout.cases set amount = 50000, revision = revision + 1 where case_id = %s", (number,)
    )
    house.approve("cora", request)
    assert house.open_case(number) and house.office.evidence("approval.void") == 1


@way("an acceptance at the command line", "command line", SECOND, ASKED)
def acceptance_by_command(house: House) -> None:
    number = house.case("50000.00")
    code, said = house.command("carl", "cases", "solve", str(number), "--reason", "as agreed")
    assert code == 0 and "waits for an approval" in said and house.open_case(number)
    code, said = house.command("carl", "approvals", "approve", str(house.request_of(number)))
    assert code == 2 and "carl made it" in said and house.open_case(number)


@way(
    "one's own acceptance by the right of somebody who is away",
    "HTTP",
    "a delegate has the right, and stays who they are",
    REFUSED,
)
def acceptance_by_a_delegate(house: House) -> None:
    days = {
        "since": house.office.clock.now().date(),
        "until": house.office.clock.now().date() + timedelta(days=3),
    }
    house.office.change(Delegate(name="cora", to="carl", **days), "cora")
    number = house.case("50000.00")
    house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    assert "carl made it" in house.approve("carl", house.request_of(number)) and house.open_case(number)


@way(
    "a policy that lets a small piece through",
    "HTTP",
    "each policy counts the pieces that it did not ask for",
    ASKED,
)
def split_under_the_second_policy(house: House) -> None:
    house.office.policies = (
        ApprovalPolicy(
            "journals", 'kind == "journal_entry" && company_amount >= 100000', (Step("controller"),)
        ),
        ApprovalPolicy("large", 'kind == "journal_entry" && company_amount >= 500000', (Step("cfo"),)),
    )
    for n in range(2):
        house.office.journal(f"J{n}", "3000.00", by="mia")
        house.office.work()
    rows = house.office.database.rows("select policies from tieout.approval_request order by request_id")
    assert [r["policies"] for r in rows] == [["journals"], ["journals", "large"]]


@way("an explanation of revenue left out by one, though it is small", "HTTP", BY_TWO, f"{ASKED}; {REFUSED}")
def explanation_by_one(house: House) -> None:
    number = house.case("10.00", cause="revenue_left_out")
    reply = house.http("carl").post(f"/cases/{number}/solve", json={"reason": "tests"})
    assert reply.json()["request"] and house.open_case(number)
    assert "carl made it" in house.approve("carl", house.request_of(number)) and house.open_case(number)
    assert house.approve("cora", house.request_of(number)) == "" and not house.open_case(number)


@way(
    "one's own decision of before there was a second person, let stand by oneself",
    "command line",
    BY_TWO,
    ASKED,
)
def decision_of_before(house: House) -> None:
    number = house.case("10.00", cause="waived_by_one")
    code, said = house.command("carl", "cases", "solve", str(number), "--reason", "it was agreed")
    assert code == 0 and "waits for an approval" in said and house.open_case(number)


@way("a difference booked away by a match, by one person", "HTTP", SECOND, WAITS)
def difference_by_one(house: House) -> None:
    number = house.suggested("900.00")
    assert house.matched("carl", number, difference="bank_charge") == "to_approve" and not house.handed_on()
    assert "somebody else" in house.matched("carl", number, "approve") and not house.handed_on()
    assert house.matched("cora", number, "approve") == "accepted" and house.handed_on() == 1
    (row,) = house.office.database.rows("select decided_by, approved_by from tieout.suggestion")
    assert (row["decided_by"], row["approved_by"]) == ("carl", "cora")


@way("the same at the command line", "command line", SECOND, WAITS)
def difference_by_command(house: House) -> None:
    number = house.suggested("900.00", interface="reconciliation")
    code, said = house.command("carl", "matches", "accept", str(number), "--difference", "bank_charge")
    assert code == 0 and "waits for another person" in said and not house.handed_on(), said
    code, said = house.command("carl", "matches", "approve", str(number))
    assert code == 2 and not house.handed_on()


@way("small differences, one after the other", "HTTP", SECOND, WAITS)
def differences_in_pieces(house: House) -> None:
    numbers = [house.suggested("60.00", 100 * n) for n in (1, 2)]
    assert [house.matched("carl", n, difference="bank_charge") for n in numbers] == ["accepted", "to_approve"]
    # And with what was excluded or accepted alone.
    case = house.case("60.00")
    assert house.http("carl").post(f"/cases/{case}/solve", json={"reason": "agreed"}).json()["request"]


@way("small write-offs, one after the other, within the interface's limit", "HTTP", SECOND, WAITS)
def write_offs_in_pieces(house: House) -> None:
    house.office.options["write_off_limit"] = "5000.00"
    numbers = [house.suggested("60.00", 100 * n) for n in (1, 2)]
    given = {"reason": "insolvent"}
    assert [house.matched("carl", n, "write-off", **given) for n in numbers] == ["accepted", "to_approve"]


@way("a write-off approved by anybody who matches", "HTTP", "who lets it happen signs the close", WAITS)
def write_off_approved_by_a_preparer(house: House) -> None:
    house.office.add(person("piet"))
    house.office.grant("piet", "preparer")
    number = house.suggested("900.00")
    assert house.matched("mia", number, "write-off", reason="insolvent") == "to_approve"
    assert "piet is no controller of US" in house.matched("piet", number, "approve")
    assert house.stands(number) == "to_approve" and not house.handed_on()


@way(
    "a write-off above what its approver may approve",
    "HTTP",
    "an approver's limit is one of matches, too",
    WAITS,
)
def write_off_above_the_approvers_limit(house: House) -> None:
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "500.00")
    number = house.suggested("900.00")
    assert house.matched("mia", number, "write-off", reason="insolvent") == "to_approve"
    assert "900.00 is above what carla may approve" in house.matched("carla", number, "approve")
    assert not house.handed_on()


LET_IN = "who lets somebody in counts as one with them"
MACHINE = "a machine decides nothing, and its key is its maker's hand"
LIMIT = "an approver's limit counts all of it, in the entity's currency"
NOT_TAKEN = "nothing is taken of such a file, and `tieout check` says why"


def _third_administrator(house: House) -> None:
    """Ada lets nobody in, and prepares."""
    house.office.add(person("ada"))
    house.office.grant("ada", "administrator")
    house.office.journal("J1", "2500.00", by="ada")
    house.office.work()


@way(
    "an invitation of a colleague who works by key, opened by whoever handed it out", "HTTP", LET_IN, REFUSED
)
def invited_by_oneself(house: House) -> None:
    _third_administrator(house)
    house._signed_in["cora"] = house.front.sign_in("cora", by="ada")
    house.refused(house.approve("cora"), "ada made it, and let cora in")
    assert house.office.evidence("authority.invited") == 1


@way("a colleague's way to sign in, reset by oneself and another administrator", "HTTP", LET_IN, REFUSED)
def reset_by_oneself(house: House) -> None:
    _third_administrator(house)
    house.office.change(Confirm(no=house.office.change(Reset(name="cora"), "ada")), "bob")
    house.refused(house.approve("cora"), "ada made it, and let cora in")


@way("another key for a colleague, made by oneself", "command line", LET_IN, REFUSED)
def key_of_a_colleague(house: House) -> None:
    _third_administrator(house)
    other = AddPerson(name="cora", human=True, names=(), key_sha256=key_hash("taken"))
    house.office.change(Confirm(no=house.office.change(other, "ada")), "bob")
    code, said = house.command(
        "cora", "approvals", "approve", str(house.office.open_requests()[0]), held="taken"
    )
    assert code == 2
    house.refused(said, "let cora in")


def _robot(house: House, *scopes: str) -> str:
    """A service account, and the key that ada, an administrator and a controller, made of it."""
    house.office.add(person("ada"))
    for role in ("administrator", "controller"):
        house.office.grant("ada", role)
    house.office.add(person("robot", human=False))
    house.office.grant("robot", "operator")
    with house.office.database.transaction() as connection:
        now = house.office.clock.now()
        return make_service_key(connection, "robot", "nightly", scopes, ["*"], 90, "ada", now)[1]


@way("a document brought by a service account whose key one made", "HTTP", MACHINE, REFUSED)
def brought_by_ones_machine(house: House) -> None:
    _robot(house, "files:write")
    house.office.journal("J1", "2500.00", by="robot")
    house.office.work()
    house.refused(house.approve("ada"), "ada made a key of robot")
    assert house.approve("cora") == ""


@way("an acceptance asked for by such a machine, to approve it oneself", "HTTP", MACHINE, "`access.refused`")
def asked_by_ones_machine(house: House) -> None:
    key, number = _robot(house, "cases:write", "cases:read"), house.case("900.00")
    with httpx2.Client(
        timeout=60, base_url=f"{house.front.base}/api/v1", headers={"authorization": f"Bearer {key}"}
    ) as http:
        for path, body in (
            (f"/cases/{number}/solve", {"reason": "as agreed"}),
            (f"/cases/{number}/exclude", {"reason": "as agreed"}),
            ("/cases/solve", {"cases": [number], "reason": "as agreed"}),
            (
                "/cases/decide",
                {"action": "solve", "cases": [{"case_id": number, "revision": 1}], "reason": "agreed"},
            ),
        ):
            assert http.post(path, json=body).status_code == 403, path
    assert house.open_case(number) and not house.request_of(number)
    assert house.office.evidence("access.refused") == 4


@way("the same at the command line", "command line", MACHINE, "`authority.refused`")
def machine_at_the_command_line(house: House) -> None:
    _robot(house, "cases:write")
    number = house.case("50.00")
    code, said = house.command("robot", "cases", "solve", str(number), "--reason", "as agreed")
    assert code == 2 and "a service account" in said and house.open_case(number)
    assert house.office.evidence("authority.refused") == 1


@way("a difference booked away by such a machine", "HTTP", MACHINE, "`access.refused`")
def matched_by_ones_machine(house: House) -> None:
    key, number = _robot(house, "matches:write", "matches:read"), house.suggested("60.00")
    with httpx2.Client(
        timeout=60, base_url=f"{house.front.base}/api/v1", headers={"authorization": f"Bearer {key}"}
    ) as http:
        reply = http.post(f"/matches/suggestions/{number}/accept", json={"difference": "bank_charge"})
    assert reply.status_code == 403 and house.stands(number) == "open" and not house.handed_on()
    assert house.office.evidence("access.refused") == 1


@way("exclusions one by one, each within what its approver may approve", "HTTP", LIMIT, REFUSED)
def exclusions_under_an_approvers_limit(house: House) -> None:
    house.office.policies = ()
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "5000.00")
    asked = []
    for n in range(2):
        number = house.held("3000.00", key=f"J{n}")
        reply = house.http("carl").post(f"/cases/{number}/exclude", json={"reason": "not ours"})
        asked.append(reply.json()["request"])
    assert house.approve("carla", asked[0]) == ""
    assert "asked for before by the same person" in house.approve("carla", asked[1])
    assert sorted(house.office.states().values()) == ["excluded", "refused"]


@way("many cases at a time, in decisions each within what their approver may approve", "HTTP", LIMIT, REFUSED)
def exclusions_in_bulks(house: House) -> None:
    house.office.policies = ()
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "5000.00")
    numbers = [house.held("1500.00", key=f"J{n}") for n in range(4)]
    asked = []
    for some in (numbers[:2], numbers[2:]):
        rows = house.office.database.rows(
            "select case_id, revision from tieout.cases where case_id = any(%s)", some
        )
        given = {"action": "exclude", "cases": [dict(r) for r in rows], "reason": "not ours"}
        reply = house.http("carl").post("/cases/decide", json=given).json()
        asked.append([o["request"] for o in reply["outcomes"]])
    # Of one decision each says what both come to, and they count once.
    assert all(asked[0]) and [house.approve("carla", n) for n in asked[0]] == ["", ""]
    assert "above what carla may approve" in house.approve("carla", asked[1][0])


@way("acceptances one by one, each within what their approver may approve", "HTTP", LIMIT, REFUSED)
def acceptances_under_an_approvers_limit(house: House) -> None:
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "5000.00")
    numbers = [house.case("3000.00", key=f"k{n}") for n in range(2)]
    for number in numbers:
        house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    assert house.approve("carla", house.request_of(numbers[0])) == ""
    assert "above what carla may approve" in house.approve("carla", house.request_of(numbers[1]))
    assert house.open_case(numbers[1])


@way("an acceptance in a dearer currency, small by its number", "HTTP", LIMIT, REFUSED)
def acceptance_in_a_dearer_currency(house: House) -> None:
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "1000.00")
    number = house.case("900.000")
    house.front.c.execute("update tieout.cases set currency = 'KWD' where case_id = %s", (number,))
    house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    assert "of which nobody knows the worth" in house.approve("carla", house.request_of(number))
    assert house.open_case(number)
    assert house.approve("cora", house.request_of(number)) == "" and not house.open_case(number)


@way(
    "an exclusion of a document whose case is of a part of it",
    "SQL, HTTP",
    "all that is left out counts",
    ASKED,
)
def exclusion_of_more_than_its_case(house: House) -> None:
    house.office.policies = ()
    number = house.held("3872.07")
    house.front.c.execute("update tieout.cases set amount = 0.02 where case_id = %s", (number,))
    reply = house.http("carl").post(f"/cases/{number}/exclude", json={"reason": "a cent"})
    assert reply.json()["request"] and house.office.states() == {"J1": "refused"}


@way(
    "an approval by a role that whoever made it gave",
    "HTTP",
    "who gives the right counts as one with its holder",
    REFUSED,
)
def role_by_the_maker(house: House) -> None:
    _third_administrator(house)
    house.office.add(person("dora"))
    house.office.grant("dora", "controller", by="ada")
    house.refused(house.approve("dora"), "gave dora the role", "somebody else approves it")


@way(
    "a difference approved by a role that whoever matched it gave",
    "HTTP",
    "who gives the right counts as one with its holder",
    WAITS,
)
def match_by_a_role_of_ones_own(house: House) -> None:
    _third_administrator(house)
    house.office.grant("ada", "operator")
    house.office.add(person("dora"))
    house.office.grant("dora", "controller", by="ada")
    number = house.suggested("900.00")
    assert house.matched("ada", number, difference="bank_charge") == "to_approve"
    assert "gave dora the role" in house.matched("dora", number, "approve") and not house.handed_on()


@way(
    "a policy whose step is a role that decides nothing",
    "project's files",
    NOT_TAKEN,
    "the files that were hold",
)
def step_of_a_clerk(house: House) -> None:
    (house.folder / "rules").mkdir(exist_ok=True)
    (house.folder / "rules" / "approvals.toml").write_text(
        '[[policy]]\nname = "j"\nwhen = "true"\nsteps = [{ role = "preparer" }]\n'
    )
    code, said = house.command("mia", "check")
    assert code != 0 and "'preparer' decides nothing" in said


@way(
    "a close that is signed by a role that decides nothing",
    "project's files",
    NOT_TAKEN,
    "the files that were hold",
)
def signed_by_clerks(house: House) -> None:
    (house.folder / "calendar.toml").write_text('[entities.US]\nsign_role = "preparer"\n')
    code, said = house.command("mia", "check")
    assert code != 0 and "'preparer' decides nothing" in said


@way(
    "another role that signs, for one that one has, named in the month in which it lets something pass",
    "project's files, HTTP", "the role of the month's beginning lets it pass", REFUSED,
)  # fmt: skip
def another_role_signs(house: House) -> None:
    _rules(house, "controller", "2026-09-20T00:00:00+00:00")
    house.office.closing = CloseRules({"US": EntityClose(sign_role="helper")})
    _rules(house, "helper", house.office.clock.now().isoformat())
    house.office.add(person("piet"))
    house.office.grant("piet", "helper")
    number = house.case("900.00")
    house.http("carl").post(f"/cases/{number}/solve", json={"reason": "as agreed"})
    assert "piet is no controller" in house.approve("piet", house.request_of(number)) and house.open_case(
        number
    )


@way("one customer's money for another's invoice, by one person", "HTTP", SECOND, WAITS)
def anothers_money(house: House) -> None:
    number = house.suggested("0.00", paid="900.00", partner_name="Bolt Ltd")
    assert house.matched("carl", number) == "to_approve" and not house.handed_on()
    assert "somebody else" in house.matched("carl", number, "approve") and not house.handed_on()
    assert house.matched("cora", number, "approve") == "accepted" and house.handed_on() == 1
    rows = house.office.database.rows(
        "select detail from tieout.evidence where action = 'suggestion.to_approve'"
    )
    assert [json.loads(r["detail"])["paid_for_others"] for r in rows] == ["900.00"]


@way("the same at the command line", "command line", SECOND, WAITS)
def anothers_money_by_command(house: House) -> None:
    number = house.suggested("0.00", interface="reconciliation", paid="900.00", partner_name="Bolt Ltd")
    code, said = house.command("carl", "matches", "accept", str(number))
    assert code == 0 and "waits for another person" in said and not house.handed_on(), said


@way("a payment that the ledger has of one customer, for another's invoice", "HTTP", SECOND, WAITS)
def anothers_payment(house: House) -> None:
    number = house.suggested("0.00", paid="900.00", partner=8)
    assert house.matched("carl", number) == "to_approve" and not house.handed_on()


@way("a customer's money for others' invoices in small parts, one after the other", "HTTP", SECOND, WAITS)
def anothers_money_in_parts(house: House) -> None:
    numbers = [house.suggested("60.00", 100 * n, paid="60.00", partner_name="Bolt Ltd") for n in (1, 2)]
    assert [house.matched("carl", n) for n in numbers] == ["accepted", "to_approve"]
    # What pays its own is no matter of two.
    assert house.matched("carl", house.suggested("0.00", 900, paid="900.00")) == "accepted"


@way(
    "the same above what its approver may approve",
    "HTTP",
    "an approver's limit is one of matches, too",
    WAITS,
)
def anothers_money_above_the_approvers_limit(house: House) -> None:
    house.office.add(person("carla"))
    house.office.grant("carla", "controller", "500.00")
    number = house.suggested("0.00", paid="900.00", partner_name="Bolt Ltd")
    assert house.matched("mia", number) == "to_approve"
    assert "900.00 is above what carla may approve" in house.matched("carla", number, "approve")
    assert not house.handed_on()


def _rules(house: House, sign_role: str, at: str) -> None:
    """Rules as they were kept at an instant."""
    release = house.office.release()
    closing = CloseRules({"US": EntityClose(sign_role=sign_role)})
    with house.office.database.transaction() as connection:
        keep_rules(connection, replace(release, closing=closing), datetime.fromisoformat(at))


@pytest.mark.parametrize("name", WAYS)
def test_no_way_around(house: House, name: str) -> None:
    WAYS[name].scene(house)


def test_the_table_of_the_documentation_is_these() -> None:
    assert len(WAYS) >= 24
    assert WAYS.table() in DOCS.read_text(encoding="utf-8"), "\n" + WAYS.table()
