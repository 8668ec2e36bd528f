"""Ways around the second person: each is tried as somebody would, over HTTP or at the command line. None succeeds, each leaves
evidence; and each is a line of docs/SEGREGATION.md, which the last test keeps true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office, key_of, person
from tests.integration.test_bulk_decisions import PROJECT
from tests.integration.test_work_api import Front
from tieout.rules import ApprovalPolicy, Step
from tieout.security import Confirm, Delegate
from tieout_sandbox.ports import free_port

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

    def command(self, who: str, *words: str) -> tuple[int, str]:
        """At the command line, by their own key: exit status and what it says."""
        key = self.folder.parent / f"{who}.key"
        key.write_text(key_of(who) + "\n")
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

    def request_of(self, number: int) -> int:
        rows = self.office.database.rows(
            "select request_id from tieout.approval_request where case_id = %s and state = 'open'", number
        )
        return int(rows[0]["request_id"]) if rows else 0


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


@dataclass(frozen=True)
class Way:
    """`does` is a line of the table: what somebody tries; `by` where; `holds` what stops it; `evidence` what is left of it."""

    does: str
    by: str
    holds: str
    evidence: str
    scene: Callable[[House], None]


WAYS: dict[str, Way] = {}


def way(
    does: str, by: str, holds: str, evidence: str
) -> Callable[[Callable[[House], None]], Callable[[House], None]]:
    def keep(scene: Callable[[House], None]) -> Callable[[House], None]:
        WAYS[scene.__name__] = Way(does, by, holds, evidence, scene)
        return scene

    return keep


MAKER = "a maker of one revision is a maker of all"
NAME = "a name is compared by what it says"
LOOK = "nobody decides about what somebody who is written like them made"
PIECES = "pieces of one person to one payee are added up"
SECOND = "above `alone_limit` another person decides as well"
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
    code, said = house.command("carl", "cases", "solve", str(number), "--note", "as agreed")
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


@pytest.mark.parametrize("name", WAYS)
def test_no_way_around(house: House, name: str) -> None:
    WAYS[name].scene(house)


def table() -> str:
    """The ways as a table."""
    lines = ["| | what is tried | where | what holds | what it leaves |", "|---|---|---|---|---|"]
    lines += [
        f"| {n} | {w.does} | {w.by} | {w.holds} | {w.evidence} |" for n, w in enumerate(WAYS.values(), 1)
    ]
    return "\n".join(lines)


def test_the_table_of_the_documentation_is_these() -> None:
    assert len(WAYS) >= 24
    assert table() in DOCS.read_text(encoding="utf-8"), "\n" + table()
