"""Ways around the segregation of duties: each is tried, none succeeds, each leaves evidence."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import typer

from tests.integration.office import Office, key_of, person
from tests.stages import step
from tieout.cli import people
from tieout.planning import decide, exclude
from tieout.rules import ApprovalPolicy, Step
from tieout.security import (
    AuthorityError,
    Confirm,
    Delegate,
    EndPerson,
    GrantRole,
    Recall,
    RevokeRole,
    StampError,
    load_authority,
)
from tieout.security.stamps import Stamper
from tieout.store import Database, let_application_in


@pytest.fixture
def app(office: Office) -> Database:
    """The database as the application's role sees it: what an intruder with its password has."""
    let_application_in(office.database, "tieout_app", "intruder")
    parts = psycopg.conninfo.conninfo_to_dict(office.database.dsn) | {
        "user": "tieout_app",
        "password": "intruder",
    }
    return Database(psycopg.conninfo.make_conninfo(**parts))


def held(office: Office, amount: str = "2500.00", **more: Any) -> int:
    """A journal that waits for an approval; its request."""
    office.let_in().journal("J1", amount, **{"by": "mia", **more})
    office.work()
    (number,) = office.open_requests()
    assert office.booked() == []
    return number


def refused(office: Office, *who: str) -> None:
    """None of them can approve what waits, nothing is booked, and each attempt is in evidence."""
    before = office.evidence("approval.refused")
    for name in who:
        assert office.decide(name), name
    office.work()
    assert office.booked() == [] and office.states()["J1"] == "normalised"
    assert office.evidence("approval.refused") == before + len(who) * max(1, len(office.open_requests()))


def try_to(office: Office, change: Any, by: str) -> str:
    """A change of authority as the command line makes it; what it says."""
    before = office.evidence("authority.refused")

    class App:
        database, clock = office.database, office.clock

    with pytest.raises(typer.Exit):
        people._keep(App, change, by)
    assert office.evidence("authority.refused") == before + 1
    row = office.database.rows(
        "select detail from tieout.evidence where action = 'authority.refused' order by evidence_id desc limit 1"
    )
    return str(row[0]["detail"])


def test_what_a_second_person_approves_is_booked_and_says_by_whom(office: Office) -> None:
    number = held(office)
    assert office.decide("carl", number) == ""
    office.work()
    assert office.booked() == [("J1", "212300", Decimal("-2500.00")), ("J1", "621000", Decimal("2500.00"))]
    (row,) = office.database.rows(
        "select detail from tieout.evidence where action = 'document.planned' and subject = 'journals:J1'"
    )
    assert f"request {number}: carl" in row["detail"]


def test_nothing_that_waits_holds_up_what_does_not(office: Office) -> None:
    held(office)
    office.journal("J2", "999.99", by="mia")
    office.work()
    assert {ref for ref, _, _ in office.booked()} == {"J2"}


# 1 to 3: the maker


def test_a_maker_does_not_approve(office: Office) -> None:
    held(office)
    refused(office, "mia")


def test_a_maker_does_not_approve_under_the_name_that_a_source_knows(office: Office) -> None:
    held(office, by="", prepared_by="MIA@co.example")
    office.grant("mia", "controller")
    refused(office, "mia")


def test_a_maker_who_is_given_the_role_does_not_approve(office: Office) -> None:
    held(office)
    office.grant("mia", "controller")
    refused(office, "mia")


# 4 to 11: roles, second accounts, service accounts


def test_nobody_gives_a_role_to_themselves(office: Office) -> None:
    held(office, by="alice")
    said = try_to(office, GrantRole(name="alice", role="controller", entity="*", limit=None), "alice")
    assert "nobody grants a role to themselves" in said
    said = try_to(office, GrantRole(name="mia", role="controller", entity="*", limit=None), "mia")
    assert "no administrator" in said
    refused(office, "alice", "mia")


def test_one_administrator_is_not_two(office: Office) -> None:
    held(office, by="alice")
    number = office.change(GrantRole(name="mia", role="controller", entity="*", limit=None), "alice")
    assert "another administrator confirms" in try_to(office, Confirm(no=number), "alice")
    refused(office, "mia")


def test_nobody_confirms_what_they_gain_by(office: Office) -> None:
    held(office)
    number = office.change(GrantRole(name="bob", role="controller", entity="*", limit=None), "alice")
    assert "gains by it" in try_to(office, Confirm(no=number), "bob")
    refused(office, "bob")


def test_a_second_account_that_the_maker_let_in_does_not_approve(office: Office) -> None:
    held(office, by="alice")
    office.add(person("alina"))
    office.grant("alina", "controller")
    refused(office, "alina")


def others(office: Office) -> tuple[str, str]:
    """Two administrators more, whom a maker who is one let in, and who let others in."""
    for name in ("dan", "eve"):
        office.add(person(name))
        office.grant(name, "administrator")
    return "dan", "eve"


def test_neither_a_delegate_nor_whom_they_stand_in_for_was_let_in_by_the_maker(office: Office) -> None:
    number = held(office, by="alice")
    dan, eve = others(office)
    days = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    # Let in by alice: cora and dora. Let in by others: nina and nora.
    office.add(person("dora"))
    for name in ("nina", "nora"):
        office.add(person(name), dan, eve)
    office.grant("nina", "controller", None, dan, eve)
    office.change(Delegate(name="nina", to="dora", **days), "nina")
    office.change(Delegate(name="cora", to="nora", **days), "cora")
    refused(office, "dora", "nora", "cora")
    assert office.decide("nina", number) == ""


def test_a_role_that_the_maker_gave_is_none_for_what_they_made(office: Office) -> None:
    held(office, by="alice")
    dan, eve = others(office)
    office.add(person("nina"), dan, eve)
    office.grant("nina", "controller")
    refused(office, "nina")


def test_a_new_key_loses_no_name(office: Office) -> None:
    """Two administrators give mia another key and forget her name at a source: she stays the maker."""
    office.let_in()
    office.add(person("mia"))
    office.grant("mia", "controller")
    office.journal("J1", "2500.00", prepared_by="mia@co.example")
    office.work()
    refused(office, "mia")


def test_whose_right_was_used_does_not_use_anothers(office: Office) -> None:
    number = held(office, currency="EUR", cost_centre="100")
    office.add(person("dora"))
    days = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    office.change(Delegate(name="cora", to="dora", **days), "cora")
    office.change(Delegate(name="carl", to="cora", **days), "carl")
    assert office.decide("dora", number) == ""
    refused(office, "cora")


def test_a_person_has_one_account_and_one_key(office: Office) -> None:
    held(office)
    assert "one account a person" in try_to(office, person("mia2", "mia@co.example"), "alice")
    twin = person("mia3")
    stolen = type(twin)(name="mia3", human=True, names=(), key_sha256=person("carl").key_sha256)
    assert "a key of their own" in try_to(office, stolen, "alice")
    refused(office, "mia2", "mia3")


def test_a_service_account_does_not_approve(office: Office) -> None:
    held(office)
    office.add(person("robot", human=False))
    office.grant("robot", "controller")
    refused(office, "robot")


def test_a_key_that_is_nobodys_and_one_of_somebody_who_left_do_not_approve(office: Office) -> None:
    held(office)
    office.change(EndPerson(name="carl"), "alice")
    refused(office, "stranger", "carl")


def test_a_role_that_was_taken_away_does_not_approve(office: Office) -> None:
    held(office)
    office.change(RevokeRole(name="carl", role="controller", entity="*"), "alice")
    refused(office, "carl")


# 12 to 16: delegation


def test_whoever_stands_in_for_a_controller_does_not_approve_what_they_made(office: Office) -> None:
    held(office)
    office.change(Delegate(name="carl", to="mia", since=date(2026, 10, 1), until=date(2026, 10, 31)), "carl")
    refused(office, "mia")


def test_nobody_approves_by_the_right_of_the_maker(office: Office) -> None:
    held(office, by="carl")
    office.add(person("dora"))
    office.change(Delegate(name="carl", to="dora", since=date(2026, 10, 1), until=date(2026, 10, 31)), "carl")
    refused(office, "dora")


def test_a_delegation_holds_on_its_days_and_within_the_limit(office: Office) -> None:
    number = held(office, "20000.00")
    office.add(person("dora"))
    office.change(Delegate(name="cora", to="dora", since=date(2026, 10, 1), until=date(2026, 10, 19)), "cora")
    refused(office, "dora")
    office.change(
        Delegate(name="carl", to="dora", since=date(2026, 10, 20), until=date(2026, 10, 21)), "carl"
    )
    refused(office, "dora")  # carl may approve 10,000
    office.change(
        Delegate(name="cora", to="dora", since=date(2026, 10, 20), until=date(2026, 10, 21)), "cora"
    )
    assert office.decide("dora", number) == ""
    office.work()
    assert office.states()["J1"] == "posted"
    (row,) = office.database.rows("select person, authority from tieout.approval_decision")
    assert row == {"person": "dora", "authority": "cora"}


def test_nobody_delegates_for_others_or_takes_a_delegation_on(office: Office) -> None:
    held(office)
    change = Delegate(name="cora", to="mia", since=date(2026, 10, 1), until=date(2026, 10, 31))
    assert "for themselves alone" in try_to(office, change, "mia")
    # A delegate's delegate has no right of cora's.
    office.add(person("dora"))
    office.add(person("dirk"))
    days = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    office.change(Delegate(name="cora", to="dora", **days), "cora")
    office.change(Delegate(name="dora", to="dirk", **days), "dora")
    refused(office, "dirk")
    office.change(Recall(name="cora", to="dora"), "cora")
    refused(office, "dora")


def test_a_person_and_whoever_stands_in_for_them_are_one(office: Office) -> None:
    """Two controllers are needed: cora, and dora by cora's right, are one."""
    number = held(office, currency="EUR", cost_centre="100")
    office.add(person("dora"))
    days = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    office.change(Delegate(name="cora", to="dora", **days), "cora")
    assert office.decide("dora", number) == ""
    refused(office, "cora", "dora")
    assert office.decide("carl", number) == ""


# 17 to 19: more than one thing at once


def test_a_batch_with_something_of_ones_own_is_not_approved_at_all(office: Office) -> None:
    held(office)
    office.journal("J2", "3000.00", by="carl")
    office.work()
    numbers = office.open_requests()
    assert "carl made it" in office.decide("carl", *numbers)
    assert office.open_requests() == numbers and office.evidence("approval.refused") == 2
    assert office.decide("cora", *numbers) == ""
    office.work()
    assert set(office.states().values()) == {"posted"}


def test_the_same_person_at_the_same_instant_counts_once(office: Office) -> None:
    number = held(office, currency="EUR", cost_centre="100")
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(office.decide("cora", number))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("") == 1 and office.evidence("approval.refused") == 5
    office.work()
    assert office.states()["J1"] == "normalised" and office.booked() == []


def test_a_long_entry_is_not_approved_in_small_pieces(office: Office) -> None:
    """450 lines of 5.00 are parts of some 500.00 each, below the policy: the whole is above it."""
    office.let_in()
    rows = ["entry,on,currency,account,amount,prepared_by"]
    rows += ["J1,2026-10-15,USD,6000,5.00,mia@co.example"] * 450 + [
        "J1,2026-10-15,USD,2000,-2250.00,mia@co.example"
    ]
    office.take("long.csv", "\n".join(rows).encode(), "mia")
    office.work()
    (number,) = office.open_requests()
    assert office.booked() == [] and set(office.states()) == {"J1#1", "J1#2", "J1#3"}
    assert office.decide("mia", number) and office.decide("carl", number) == ""
    office.work()
    assert set(office.states().values()) == {"posted"}
    sums: dict[str, Decimal] = {}
    for _, account, balance in office.booked():
        sums[account] = sums.get(account, Decimal(0)) + balance
    assert sums == {"621000": Decimal("2250.00"), "212300": Decimal("-2250.00"), "101701": Decimal(0)}


# 20 to 22: the content


def test_what_is_edited_after_its_approval_is_not_approved(office: Office) -> None:
    number = held(office)
    connection = office.database.connect()
    with connection.transaction():
        decide(connection, office.release(), key_of("carl"), [number], "approve", "", office.clock.now())
        # Before the workers take it up, the maker sends another amount.
        office.journal("J1", "9500.00", by="mia")
    office.work()
    assert office.booked() == []
    (second,) = office.open_requests()
    (row,) = office.database.rows("select amount from tieout.approval_request where request_id = %s", second)
    assert row["amount"] == Decimal("9500.00") and second != number


def test_an_edit_after_posting_needs_an_approval_of_its_own(office: Office) -> None:
    number = held(office)
    assert office.decide("carl", number) == ""
    office.work()
    office.journal("J1", "9000.00", by="mia")
    office.work()
    assert len(office.booked()) == 2
    assert office.decide("mia") and office.decide("carl") == ""
    office.work()
    assert sum(b for _, account, b in office.booked() if account == "621000") == Decimal("9000.00")


def test_what_a_changed_mapping_makes_of_it_is_not_approved(office: Office) -> None:
    number = held(office)
    connection = office.database.connect()
    with connection.transaction():
        decide(connection, office.release(), key_of("carl"), [number], "approve", "", office.clock.now())
        office.accounts["6000"] = "642100"
    office.work()
    assert office.booked() == []
    (second,) = office.open_requests()
    assert second != number and office.evidence("approval.void") == 1


def test_a_policy_that_became_stricter_asks_again(office: Office) -> None:
    number = held(office, "60000.00")
    assert office.decide("cora", number) == ""
    assert office.decide("cora", number)  # not as chief financial officer too
    connection = office.database.connect()
    with connection.transaction():
        decide(connection, office.release(), key_of("frank"), [number], "approve", "", office.clock.now())
        office.policies = (
            *office.policies,
            type(office.policies[0])("late", "true", (office.policies[3].steps[0],)),
        )
    office.work()
    assert office.booked() == [] and len(office.open_requests()) == 1


def test_an_amount_above_a_limit_and_another_content_than_was_seen(office: Office) -> None:
    number = held(office, "10000.01")
    assert "above what carl may approve" in office.decide("carl", number)
    assert "look again" in office.decide("cora", number, seen="00ff")
    assert office.evidence("approval.refused") == 2


# 23 to 30: SQL as the application's role


def test_a_decision_written_by_sql_is_none(office: Office, app: Database) -> None:
    number = held(office)
    with app.transaction() as connection:
        connection.execute(
            "insert into tieout.approval_decision select request_id, content_sha256, makers, 0, 'carl', 'carl',"
            " 'approve', '', true, now(), '\\x00' from tieout.approval_request where request_id = %s",
            (number,),
        )
        connection.execute(
            "update tieout.approval_request set state = 'approved' where request_id = %s", (number,)
        )
        connection.execute("update tieout.document set retry_at = '2026-10-01' where source_key = 'J1'")
    office.clock.at += timedelta(hours=1)
    office.work()
    assert office.booked() == [] and office.evidence("approval.not_ours") >= 1


def test_the_database_itself_refuses_the_maker(office: Office, app: Database) -> None:
    number = held(office)
    with pytest.raises(psycopg.errors.CheckViolation), app.transaction() as connection:
        connection.execute(
            "insert into tieout.approval_decision select request_id, content_sha256, makers, 0, 'mia', 'mia',"
            " 'approve', '', true, now(), '\\x00' from tieout.approval_request where request_id = %s",
            (number,),
        )
    with pytest.raises(psycopg.errors.ForeignKeyViolation), app.transaction() as connection:
        connection.execute(
            "insert into tieout.approval_decision select request_id, content_sha256, '{}', 0, 'mia', 'mia',"
            " 'approve', '', true, now(), '\\x00' from tieout.approval_request where request_id = %s",
            (number,),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "update tieout.approval_request set makers = '{}'",
        "update tieout.approval_request set company_amount = 1",
        "delete from tieout.approval_request",
        "update tieout.approval_decision set verdict = 'approve'",
        "delete from tieout.authority where no > 2",
        "update tieout.authority set made_by = 'bob'",
        "delete from tieout.evidence",
        "alter table tieout.authority disable trigger all",
        "truncate tieout.approval_decision cascade",
    ],
)
def test_what_was_decided_is_not_taken_back(office: Office, app: Database, statement: str) -> None:
    held(office)
    with pytest.raises(psycopg.Error), app.transaction() as connection:
        connection.execute(statement.encode())


def test_a_right_written_by_sql_is_none_and_stops_everybody(office: Office, app: Database) -> None:
    held(office)
    with app.transaction() as connection:
        connection.execute(
            "insert into tieout.authority select max(no) + 1, now(), 'alice',"
            """ '{"change":"grant","name":"mia","role":"controller","entity":"*","limit":null}', '\\x00'"""
            " from tieout.authority"
        )
    refused(office, "mia", "carl")
    with office.database.transaction() as connection, pytest.raises(StampError):
        load_authority(connection)


def test_a_right_written_by_sql_with_its_evidence_is_none_either(office: Office, app: Database) -> None:
    held(office)
    with app.transaction() as connection:
        connection.execute(
            "insert into tieout.authority select max(no) + 1, now(), 'alice',"
            """ '{"change":"grant","name":"mia","role":"controller","entity":"*","limit":null}', '\\x00'"""
            " from tieout.authority"
        )
        connection.execute(
            "insert into tieout.evidence (at, actor, action, subject) values (now(), 'alice', 'authority.grant', 'x')"
        )
    refused(office, "mia", "carl")


def test_a_stamp_serves_for_one_row_alone() -> None:
    stamps = Stamper(bytes(32))
    one = stamps.stamp("message", "ab", "c", b"")
    for other in (
        ("message", "a", "bc", b""),
        ("message", "ab", "c"),
        ("messagea", "b", "c", b""),
        ("delivery", "ab", "c", b""),
    ):
        assert not stamps.holds(one, *other), other
    assert stamps.holds(one, "message", "ab", "c", b"") and not stamps.holds(None, "message", "ab", "c", b"")
    assert not Stamper(bytes([1] * 32)).holds(one, "message", "ab", "c", b"")


def test_a_delivery_written_or_changed_by_sql_is_not_sent(office: Office, app: Database) -> None:
    number = held(office)
    office.journal("J2", "10.00", by="mia")
    office.plan()
    with app.transaction() as connection:
        # A small entry that needs nobody, made a large one before it is sent.
        connection.execute(
            "update tieout.delivery set body = replace(body, '10.00', '90000.00') where external_id like '%%J2%%'"
        )
        # And one that nobody planned.
        connection.execute(
            "insert into tieout.delivery (document_id, interface, entity, system, lane, effect, external_id,"
            " ledger, body, body_sha256) select document_id, interface, entity, 'odoo', 'MISC', 'entry', 'tieout.x',"
            " true, (select body from tieout.delivery limit 1), '\\x00' from tieout.document where source_key = 'J1'"
        )
    office.work()
    assert office.booked() == [] and number in office.open_requests()
    assert [c for c, _ in office.cases()] == ["not_made_by_tieout", "not_made_by_tieout"]
    assert office.evidence("delivery.not_ours") == 2


def test_a_waiting_document_changed_by_sql_is_not_planned(office: Office, app: Database) -> None:
    number = held(office)
    assert office.decide("carl", number) == ""
    with app.transaction() as connection:
        connection.execute(
            "update tieout.document set content = replace(content, '2500.00', '9999.00') where source_key = 'J1'"
        )
    office.work()
    assert office.booked() == [] and office.cases() == [("not_made_by_tieout", "J1")]


def test_a_message_that_names_another_maker_by_sql_is_not_read(office: Office, app: Database) -> None:
    office.let_in().journal("J1", "2500.00", by="carl")
    with app.transaction() as connection:
        connection.execute("update tieout.message set submitted_by = 'mia'")
    office.work()
    assert not office.open_requests()
    assert {c for c, _ in office.cases()} == {"not_made_by_tieout"} and office.booked() == []


def test_a_state_set_by_sql_books_nothing(office: Office, app: Database) -> None:
    held(office)
    with app.transaction() as connection:
        connection.execute("update tieout.document set state = 'planned'")
    office.work()
    assert office.booked() == []
    with app.transaction() as connection:
        connection.execute(
            "update tieout.document set state = 'normalised', reason = '', retry_at = '2026-10-01'"
        )
    office.work()
    assert office.booked() == [] and len(office.open_requests()) == 1


# 31 and on: exclusions, and what an owner of the database can do


def test_what_one_excludes_another_approves(office: Office) -> None:
    office.let_in().journal("J1", "500.00", by="mia", credit=Decimal("-499.00"))
    office.work()
    (row,) = office.database.rows("select case_id from tieout.cases where state = 'open'")
    with office.database.transaction() as connection:
        number = exclude(connection, office.release(), row["case_id"], "a test", office.clock.now(), "carl")
    assert number and office.states() == {"J1": "refused"}
    assert "carl made it" in office.decide("carl", number)
    assert office.decide("cora", number) == ""
    assert office.states() == {"J1": "excluded"} and not office.cases()


def test_an_owner_who_takes_a_change_back_is_found_out(office: Office) -> None:
    held(office)
    office.change(RevokeRole(name="carl", role="controller", entity="*"), "alice")
    with office.database.transaction() as connection:
        connection.execute("alter table tieout.authority disable trigger all")
        connection.execute("delete from tieout.authority where no = (select max(no) from tieout.authority)")
    with office.database.transaction() as connection, pytest.raises(StampError):
        load_authority(connection)
    assert "restored from a backup" in office.decide("carl")


def test_a_rejection_needs_a_reason_makes_a_case_and_a_new_telling_is_asked_anew(office: Office) -> None:
    number = held(office)
    assert "needs a reason" in office.decide("carl", number, verdict="reject")
    assert office.decide("carl", number, verdict="reject", reason="wrong month") == ""
    assert office.cases() == [("approval_rejected", "J1")] and office.states() == {"J1": "refused"}
    assert "nothing is left to decide" in office.decide("cora", number)
    office.journal("J1", "2400.00", by="mia")
    office.work()
    assert len(office.open_requests()) == 1 and not office.cases()


def test_past_its_service_level_those_whom_the_policy_names_decide(office: Office) -> None:
    from tieout.approvals import EscalationStage

    number = held(office, "60000.00")
    assert office.decide("cora", number) == ""
    assert "no cfo" in office.decide("olga", number)
    office.clock.at += timedelta(hours=25)
    connection = office.database.connect(autocommit=True)
    stage = EscalationStage(office.release, office.clock)
    step(stage, connection)
    assert office.cases() == [("approval_overdue", "journals:J1")]
    assert office.decide("olga", number) == ""
    stage._looked = 0
    step(stage, connection)
    connection.close()
    office.work()
    assert not office.cases() and office.states()["J1"] == "posted"


def test_two_administrators_stay(office: Office) -> None:
    office.let_in()
    with pytest.raises(AuthorityError, match="two administrators must stay"):
        office.change(EndPerson(name="bob"), "alice")
    with pytest.raises(AuthorityError, match="there are people already"):
        office.let_in()


def test_all_of_a_role_are_all_who_may(office: Office) -> None:
    office.policies = (ApprovalPolicy("all", 'kind == "journal_entry"', (Step("controller", 0),)),)
    number = held(office, "9000.00")
    office.add(person("nina"))
    office.grant("nina", "controller", "100.00")  # not up to this amount
    assert office.decide("carl", number) == ""
    refused(office, "carl")
    assert office.decide("cora", number) == ""
    office.work()
    assert office.states()["J1"] == "posted"


def test_a_long_entry_is_asked_anew_where_a_mapping_changed(office: Office) -> None:
    office.let_in()
    rows = [
        "entry,on,currency,account,amount",
        *["J1,2026-10-15,USD,6000,5.00"] * 450,
        "J1,2026-10-15,USD,2000,-2250.00",
    ]
    office.take("long.csv", "\n".join(rows).encode(), "mia")
    office.work()
    (number,) = office.open_requests()
    connection = office.database.connect()
    with connection.transaction():
        decide(connection, office.release(), key_of("carl"), [number], "approve", "", office.clock.now())
        office.accounts["6000"] = "642100"
    office.work()
    assert office.booked() == [] and office.open_requests() not in ([], [number])


def test_who_decided_a_match_is_its_maker(office: Office) -> None:
    from tieout.documents import Reconciliation, canonical_bytes
    from tieout.money import Amount
    from tieout.planning.approving import Approving
    from tieout.planning.work import Work

    office.let_in()
    match = Reconciliation(key="m", occurred_at=office.clock.now(), currency="USD", cash=(), due=(),
                           difference=Amount.zero("USD"), rule="by hand", confidence="1", why="", decided_by="mia, carl",
                           booked_on=date(2026, 10, 5))  # fmt: skip
    work = Work(
        match, canonical_bytes(match), b"", 1, 1, match.measure(), date(2026, 10, 5), submitted_by="cora"
    )
    with office.database.transaction() as connection:
        approving = Approving(connection, office.release(), office.interface, office.clock.now())
        assert approving._makers(work) == ("carl", "cora", "mia")


def test_an_amount_at_the_limit_is_within_it(office: Office) -> None:
    number = held(office, "10000.00")
    assert office.decide("carl", number) == ""


def test_what_needs_nobody_after_an_edit_is_booked_and_its_request_is_void(office: Office) -> None:
    number = held(office)
    office.journal("J1", "500.00", by="mia")
    office.work()
    assert office.states()["J1"] == "posted" and office.open_requests() == []
    assert "is void" in office.decide("carl", number)


def test_what_was_there_before_stamps_goes_on_after_the_upgrade(office: Office) -> None:
    from tieout.operations.upgrading import stamp_what_is_there

    number = held(office)
    office.journal("J2", "10.00", by="mia")
    office.plan()  # planned, not sent
    office.journal("J3", "20.00", by="mia")  # not even planned
    with office.database.transaction() as connection:
        for table in ("message", "document", "delivery"):
            connection.execute(f"update tieout.{table} set stamp = null".encode())
        assert stamp_what_is_there(connection) >= 3
    assert office.decide("carl", number) == ""
    office.work()
    assert set(office.states().values()) == {"posted"} and not office.cases()


def test_what_has_no_stamp_after_the_upgrade_is_not_acted_on(office: Office) -> None:
    office.journal("J2", "10.00", by="mia")
    with office.database.transaction() as connection:
        connection.execute("update tieout.message set stamp = null")
    office.work()
    assert office.booked() == [] and {c for c, _ in office.cases()} == {"not_made_by_tieout"}


def test_a_request_written_by_sql_stands_in_nobodys_way(office: Office, app: Database) -> None:
    """Whoever forges a weaker request in place of ours only makes us ask once more."""
    number = held(office)
    with app.transaction() as connection:
        connection.execute(
            "update tieout.approval_request set state = 'void' where request_id = %s", (number,)
        )
        columns = ("action, subject, revision, document_id, case_id, interface, entity, batch, summary, content,"
                   " content_sha256, currency, amount, company_amount, policies, escalate_to, requested_at, due_at")  # fmt: skip
        connection.execute(
            f"insert into tieout.approval_request ({columns}, makers, steps, stamp) select {columns}, '{{}}',"
            f" steps, '\\x00' from tieout.approval_request where request_id = {number}".encode()
        )
        connection.execute("update tieout.document set retry_at = '2026-10-01' where source_key = 'J1'")
    (forged,) = office.open_requests()
    assert "was not made by us" in office.decide("mia", forged)
    office.work()
    (third,) = office.open_requests()
    assert third not in (number, forged) and office.booked() == []
    assert office.decide("mia", third) and office.decide("carl", third) == ""
    office.work()
    assert office.states()["J1"] == "posted"


def test_what_is_excluded_in_another_currency_is_measured_in_the_entitys(office: Office) -> None:
    office.let_in().journal("J1", "10500.00", currency="EUR", by="mia", credit=Decimal("-1.00"))
    office.work()
    (row,) = office.database.rows("select case_id from tieout.cases where state = 'open'")
    with office.database.transaction() as connection:
        number = exclude(connection, office.release(), row["case_id"], "a test", office.clock.now(), "mia")
    (asked,) = office.database.rows("select amount, company_amount from tieout.approval_request")
    assert number and asked["amount"] == Decimal("10500.00") and asked["company_amount"] > Decimal("11000")
