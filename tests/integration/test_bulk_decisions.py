"""One decision of many cases: each as if alone, under the rules of single ones, once, and only as it was seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office, key_of, person
from tests.integration.test_work_api import Front, operator
from tieout.planning import MOST, Decision, HeldError, Seen, accept_case, decide_many
from tieout.rules import ApprovalPolicy, Step
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long

PROJECT = """[project]
name = "Bulk"
environment = "test"
[database]
dsn = "{dsn}"
[serve]
port = {port}
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "http://127.0.0.1:9"
database = "x"
key = "env:ODOO_KEY"
[interfaces.reconciliation]
system = "odoo"
entity = "US"
process = "treasury"
streams = ["reconciliations"]
"""


@pytest.fixture
def site(office: Office) -> Iterator[Front]:
    office.let_in()
    made = Front(office)
    yield made
    made.stop()


def by_hand(
    site: Front,
    amount: str,
    entity: str = "US",
    currency: str = "USD",
    user: str = "bob@co.example",
    **more: str,
) -> int:
    """A case of an entry that somebody made in the ledger."""
    row = site.c.execute(
        "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency, blocking,"
        " recovery, detail, owner, opened_at, due_at, made_journal, made_user, made_kind, made_accounts)"
        " values (gen_random_uuid()::text, 'entry_without_source', '', %s, %s, gen_random_uuid()::text, %s, %s, false,"
        " 'r', 'd', 'o', now(), now(), %s, %s, 'entry', '121000') returning case_id",
        (entity, more.get("period", "2026-10"), Decimal(amount), currency, more.get("journal", "MISC"), user),
    ).fetchone()
    assert row is not None
    return int(row["case_id"])


def listed(http: httpx2.Client, **filters: str) -> list[dict[str, int]]:
    rows = http.get("/cases", params={"limit": 200, **filters}).json()["items"]
    return [{"case_id": r["case_id"], "revision": r["revision"]} for r in rows]


def outcomes(reply: httpx2.Response) -> dict[int, tuple[str, str]]:
    assert reply.status_code == 200, reply.text
    return {o["case_id"]: (o["outcome"], o["why"]) for o in reply.json()["outcomes"]}


def test_cases_of_one_cause_and_origin_are_one_group_never_summed_over_currencies(site: Front) -> None:
    for n in range(4):
        by_hand(site, f"{10 + n}.00")
    by_hand(site, "7.00", currency="EUR")
    by_hand(site, "8.00", user="ann@co.example")
    by_hand(site, "9.00", journal="BNK1")
    by_hand(site, "6.00", period="2026-09")
    by_hand(site, "5.00", entity="DE")
    cora = site.sign_in("cora")
    found = cora.get("/cases/groups", params={"entity": "US"}).json()["items"]
    assert [(g["amount"], g["currency"], g["count"], g["made_user"], g["made_journal"]) for g in found] == [
        ("46.00", "USD", 4, "bob@co.example", "MISC"),
        ("9.00", "USD", 1, "bob@co.example", "BNK1"),
        ("8.00", "USD", 1, "ann@co.example", "MISC"),
        ("7.00", "EUR", 1, "bob@co.example", "MISC"),
        ("6.00", "USD", 1, "bob@co.example", "MISC"),
    ]
    # Page by page they are the same.
    pages, after = [], ""
    while True:
        page = cora.get("/cases/groups", params={"entity": "US", "limit": 2, "after": after}).json()
        pages += page["items"]
        after = page["next"]
        if not after:
            break
    assert pages == found
    group = cora.get(f"/cases/groups/{found[0]['group']}").json()
    assert group["amount"] == "46.00" and group["cases"] == listed(cora, group=found[0]["group"])
    assert cora.get("/cases/groups/0123456789abcdef").status_code == 404
    assert cora.get("/cases/groups/nothing").status_code == 404
    # Nobody sees another entity's group.
    operator(site.office, "otto", "DE")
    otto = site.sign_in("otto", second_factor=False)
    assert [g["entity"] for g in otto.get("/cases/groups").json()["items"]] == ["DE"]
    assert otto.get(f"/cases/groups/{found[0]['group']}").status_code == 404


def test_each_case_has_an_outcome_of_its_own_and_evidence_with_person_reason_and_bulk(site: Front) -> None:
    good, changed, closed, theirs = (
        by_hand(site, f"{n}.00", e) for n, e in ((1, "US"), (2, "US"), (3, "US"), (4, "DE"))
    )
    site.office.journal("J1", "500.00", credit=Decimal("-499.00"))
    site.office.work()
    held = next(
        r["case_id"]
        for r in site.office.database.rows("select case_id from tieout.cases where document_id is not null")
    )
    operator(site.office, "otto", "US")
    otto = site.sign_in("otto", second_factor=False)
    seen = listed(otto)
    # Between the list and the decision one is given away, and another is settled.
    site.c.execute(
        "update tieout.cases set revision = revision + 1, owner = 'zoe' where case_id = %s", (changed,)
    )
    site.c.execute("update tieout.cases set state = 'solved' where case_id = %s", (closed,))
    seen += [{"case_id": theirs, "revision": 1}, {"case_id": 10**9, "revision": 1}]
    reply = otto.post(
        "/cases/decide", json={"action": "solve", "cases": seen, "reason": "agreed", "bulk": "b-1"}
    )
    found = outcomes(reply)
    assert found[good] == ("done", "")
    assert found[changed] == ("left", "it changed since it was listed: look at it again")
    assert found[closed] == ("left", "it is not open any more")
    assert found[held][0] == "left" and "held" in found[held][1]
    assert found[theirs] == found[10**9] == ("left", "there is no such case")
    told = reply.json()
    assert (told["done"], told["waits"], told["left"], told["person"]) == (1, 0, 5, "otto")
    rows = site.office.database.rows(
        "select actor, detail from tieout.evidence where action = 'case.decided' order by evidence_id"
    )
    assert len(rows) == 5 and {r["actor"] for r in rows} == {"otto"}
    assert {(d["bulk"], d["reason"]) for r in rows for d in [json.loads(r["detail"])]} == {("b-1", "agreed")}
    (row,) = site.office.database.rows(
        "select solved_by, accepted from tieout.cases where case_id = %s", good
    )
    assert row == {"solved_by": "otto", "accepted": True}
    assert otto.get("/cases/decisions/b-1").json() == told
    operator(site.office, "ines", "DE")
    ines = site.sign_in("ines", second_factor=False)
    assert ines.get("/cases/decisions/b-1").status_code == 404
    # What was decided is changed by nobody, in whatever way.
    for statement in (
        "update tieout.bulk_decision set person = 'x'",
        "delete from tieout.bulk_decision",
        "truncate tieout.bulk_decision",
    ):
        with pytest.raises(psycopg.Error):
            site.c.execute(statement)


def test_sent_again_it_is_done_once_whoever_sends_it_at_once(site: Front) -> None:
    for n in range(6):
        by_hand(site, f"{n + 1}.00")
    cora = site.sign_in("cora")
    body = {"action": "assign", "cases": listed(cora), "owner": "cora", "bulk": "again"}
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: cora.post("/cases/decide", json=body), range(6)))
    assert {r.status_code for r in replies} == {200} and len({r.text for r in replies}) == 1
    assert replies[0].json()["done"] == 6 and site.office.evidence("case.assigned") == 6
    other = {**body, "owner": "carl"}
    reply = cora.post("/cases/decide", json=other)
    assert reply.status_code == 422 and "another decision of many" in reply.json()["detail"]
    carl = site.sign_in("carl")
    assert carl.post("/cases/decide", json=body).status_code == 422


def test_two_who_decide_at_once_decide_each_case_once(site: Front) -> None:
    site.office.alone_up_to("1000.00")
    for n in range(20):
        by_hand(site, f"{n + 1}.00")
    cora = site.sign_in("cora")
    seen = listed(cora)

    def decide(turn: int) -> dict[int, tuple[str, str]]:
        mine = seen if turn % 2 else list(reversed(seen))
        return outcomes(
            cora.post("/cases/decide", json={"action": "solve", "cases": mine, "reason": f"turn {turn}"})
        )

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(decide, range(4)))
    done = [number for each in found for number, (outcome, _) in each.items() if outcome == "done"]
    assert sorted(done) == sorted(c["case_id"] for c in seen)
    assert site.office.evidence("case.solved") == 20


def test_more_than_is_stated_one_twice_none_or_without_a_reason_is_refused_whole(site: Front) -> None:
    number, cora = by_hand(site, "1.00"), site.sign_in("cora")
    one = {"case_id": number, "revision": 1}
    for body in (
        {"action": "solve", "cases": [{"case_id": n + 1, "revision": 1} for n in range(MOST + 1)], "reason": "agreed"},
        {"action": "solve", "cases": [one, one], "reason": "agreed"},
        {"action": "solve", "cases": [], "reason": "agreed"},
        {"action": "solve", "cases": [one]},
        {"action": "exclude", "cases": [one]},
        {"action": "assign", "cases": [one]},
        {"action": "pay", "cases": [one], "reason": "agreed"},
        {"action": "solve", "cases": [{"case_id": number}], "reason": "agreed"},
        {"action": "solve", "cases": [one], "reason": "agreed", "bulk": "x" * 81},
    ):  # fmt: skip
        assert cora.post("/cases/decide", json=body).status_code == 422, body
    assert site.office.evidence("case.solved") == 0
    assert site.office.database.rows("select 1 from tieout.bulk_decision") == []
    vera = site.sign_in("mia", second_factor=False)
    reply = vera.post("/cases/decide", json={"action": "solve", "cases": [one], "reason": "agreed"})
    assert reply.status_code == 403


def held_entries(office: Office, *amounts: str) -> list[int]:
    """Entries that do not balance: each held by a case."""
    for n, amount in enumerate(amounts):
        office.journal(f"J{n}", amount, by="mia", credit=Decimal("1.00") - Decimal(amount))
    office.work()
    rows = office.database.rows("select case_id from tieout.cases where state = 'open' order by case_id")
    return [r["case_id"] for r in rows]


def test_a_bulk_is_no_way_around_an_approval_or_a_limit(office: Office) -> None:
    """Each of 600.00 is below the policy's 1,000.00 and within carl's limit; three of them together are neither."""
    office.policies = (
        ApprovalPolicy(
            "large exclusions", 'action == "exclude" && company_amount >= 100000', (Step("controller"),)
        ),
    )
    office.let_in()
    office.add(person("carla"))
    office.grant("carla", "controller", "1000")
    numbers = held_entries(office, "600.00", "600.00", "600.00", "600.00")
    office.alone_up_to("10000.00")
    release, now = office.release(), office.clock.now()

    def decide(*cases: int) -> list[tuple[str, int]]:
        seen = tuple(Seen(n, 1) for n in cases)
        with office.database.transaction() as connection:
            done = decide_many(
                connection,
                release,
                Decision("exclude", seen, "a test run"),
                person="carl",
                may=lambda _: "",
                now=now,
            )
        return [(o.outcome, o.request) for o in done.outcomes]

    # One alone asks nobody, here as by a single decision.
    assert decide(numbers[0]) == [("done", 0)]
    waiting = decide(*numbers[1:])
    assert [o for o, _ in waiting] == ["waits"] * 3
    rows = office.database.rows("select company_amount, amount, summary from tieout.approval_request")
    assert {(r["company_amount"], r["amount"]) for r in rows} == {(Decimal("1800.00"), Decimal("600.00"))}
    assert all("one of 3 in bulk" in r["summary"] and "1800.00 USD" in r["summary"] for r in rows)
    request = waiting[0][1]
    assert "carl made it" in office.decide("carl", request)
    assert "1800" in office.decide("carla", request)
    assert office.decide("cora", request) == ""
    assert sorted(office.states().values()) == ["excluded", "excluded", "refused", "refused"]


def test_one_case_that_fails_takes_nothing_back_of_another(office: Office) -> None:
    office.let_in()
    numbers = held_entries(office, "600.00", "700.00")
    office.policies = ()
    office.alone_up_to("10000.00")
    release = office.release()
    seen = (Seen(numbers[0], 1), Seen(numbers[0] + 999, 1), Seen(numbers[1], 1))
    broken = Decision("exclude", seen, "a test run")
    with office.database.transaction() as connection:
        # The interface of the first one is gone from the project.
        connection.execute("update tieout.document set interface = 'gone' where source_key = 'J0'")
        done = decide_many(
            connection, release, broken, person="carl", may=lambda _: "", now=office.clock.now()
        )
    assert [o.outcome for o in done.outcomes] == ["left", "left", "done"]
    assert "none of the project any more" in done.outcomes[0].why
    assert office.states() == {"J0": "refused", "J1": "excluded"}


def test_who_made_an_entry_in_the_ledger_gives_no_reason_for_it_alone_or_among_many(site: Front) -> None:
    """Mia is mia@co.example in Odoo; nobody accepts what they made, under any name."""
    site.office.grant("mia", "operator")
    mine, others = by_hand(site, "1.00", user="Mia@CO.example"), by_hand(site, "2.00")
    mia, cora = site.sign_in("mia", second_factor=False), site.sign_in("cora")
    reply = mia.post(f"/cases/{mine}/solve", json={"reason": "agreed"})
    assert reply.status_code == 409 and "mia made what it is about" in reply.json()["detail"]
    assert mia.post("/cases/solve", json={"cases": [mine], "reason": "agreed"}).status_code == 409
    found = outcomes(
        mia.post("/cases/decide", json={"action": "solve", "cases": listed(mia), "reason": "agreed"})
    )
    assert found[others][0] == "done" and "somebody else solves it" in found[mine][1]
    with site.office.database.transaction() as connection, pytest.raises(HeldError):
        accept_case(connection, mine, "agreed", site.office.clock.now(), "mia@co.example")
    assert cora.post(f"/cases/{mine}/solve", json={"reason": "agreed"}).status_code == 200


@pytest.fixture
def folder(office: Office, tmp_path: Path) -> Path:
    office.let_in()
    office.grant("olga", "operator")
    office.grant("cora", "operator")
    assert office.database.stamp_key is not None
    keys = tmp_path / ".tieout" / "keys"
    keys.mkdir(parents=True)
    (keys / "stamp.key").write_text(office.database.stamp_key.hex())
    for name in ("olga", "cora"):
        (tmp_path / f"{name}.key").write_text(key_of(name))
    (tmp_path / "tieout.toml").write_text(PROJECT.format(dsn=office.database.dsn, port=free_port()))
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "accounts.csv").write_text("key,value\nreceivable,121000\n")
    return tmp_path


def test_the_command_line_decides_a_group_and_what_was_written_down_and_nothing_twice(
    office: Office, folder: Path
) -> None:
    front = Front(office)
    try:
        for n in range(12):
            by_hand(front, f"{n + 1}.00")
        last = by_hand(front, "99.00", user="ann@co.example")
    finally:
        front.stop()
    environment = {"ODOO_KEY": "x"}

    def run(*words: str, code: int = 0, by: str = "cora") -> str:
        held = {**environment, "TIEOUT_KEY_FILE": str(folder / f"{by}.key")}
        done = run_tieout(*words, "--dir", str(folder), environment=held)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout + done.stderr

    groups = json.loads(run("cases", "groups", "--json", code=1))
    assert [(g["count"], g["made_user"]) for g in groups] == [(1, "ann@co.example"), (12, "bob@co.example")]
    assert "entry in MISC by bob@co.example on 121000" in " ".join(run("cases", "groups", code=1).split())
    bobs = groups[1]["group"]
    # What is asked for is what there must be.
    assert "say which" in run("cases", "decide", "solve", "--reason", "agreed", code=2)
    assert "at most 500" in run("cases", "decide", "solve", "--group", bobs, "--limit", "501", code=2)
    assert "the limit is 5" in run(
        "cases", "decide", "solve", "--group", bobs, "--reason", "agreed", "--limit", "5", code=2
    )
    assert "is none of" in run("cases", "decide", "pay", "--group", bobs, code=2)
    assert "say why" in run("cases", "decide", "solve", "--group", bobs, code=2)
    assert "78.00 USD at risk" in run(
        "cases", "decide", "solve", "--group", bobs, "--reason", "agreed", "--dry-run"
    )
    written = folder / "list.json"
    written.write_text(run("cases", "list", "--json", code=1))
    words = (
        "cases",
        "decide",
        "solve",
        "--group",
        bobs,
        "--reason",
        "fees of October",
        "--bulk",
        "october",
        "--as",
        "cora",
    )
    told = json.loads(run(*words, "--json"))
    assert (told["done"], told["left"], told["person"]) == (12, 0, "cora")
    # Again it is told again; nothing is decided twice.
    assert json.loads(run(*words, "--json")) == told
    assert "another decision" in run("cases", "decide", "solve", "--group", bobs, "--reason", "x else", "--bulk", "october", "--as", "cora", code=2)  # fmt: skip
    # Other cases, and other owners, are another decision under whatever number.
    anns = ("cases", "decide", "solve", "--group", groups[0]["group"], "--reason", "fees of October")
    assert "another decision" in run(*anns, "--bulk", "october", "--as", "cora", code=2)
    assert "nothing is decided" in run("cases", "decide", "solve", "--group", bobs, "--reason", "agreed")
    # Decided as it was written down: twelve are closed by now, one is open.
    told = json.loads(
        run(
            "cases",
            "decide",
            "solve",
            "--listed",
            str(written),
            "--reason",
            "agreed",
            "--json",
            code=1,
            by="olga",
        )
    )
    assert (told["done"], told["left"]) == (1, 12)
    rows = office.database.rows("select case_id, resolution from tieout.cases where solved_by = 'olga'")
    assert [(r["case_id"], r["resolution"]) for r in rows] == [(last, "agreed")]
    assert office.evidence("case.decided") == 12 + 13
    # Nor is it another owner's.
    front = Front(office)
    try:
        spare = by_hand(front, "5.00")
    finally:
        front.stop()
    one = ("cases", "decide", "assign", "--case", str(spare), "--bulk", "given", "--as", "cora")
    run(*one, "--owner", "cora")
    run(*one, "--owner", "cora")
    assert "another decision" in run(*one, "--owner", "carl", code=2)
