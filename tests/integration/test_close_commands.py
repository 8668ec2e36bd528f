"""Certification, items, late events and filed taxes as people type them: how each command ends, and in which words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tests.integration.office import person
from tests.integration.test_certification import PAYABLE, Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_itemised import SUSPENSE, TRANSIT, Desk
from tests.integration.test_late_events import Late
from tests.integration.test_late_events import late as late
from tests.integration.test_taxes import Taxed, later
from tests.integration.test_taxes import taxed as taxed
from tests.integration.typed import Typed

pytestmark = pytest.mark.long

OCTOBER = ("--period", "2026-10")
# What nobody means and somebody types.
HOSTILE = [
    "'; drop table tieout.certification; --",
    "[bold]x[/bold]",
    "[/]",
    "\u202e211000",
    "../../etc/passwd",
    "a" * 5000,
]


def unfit(typed: Typed, *words: str, by: str = "cora") -> None:
    """Of what takes a month and an entity: which are none."""
    for period in ("2026-13", "october", "2026", "", "2026-10-31"):
        assert "--period" in typed.run(*words, "--period", period, by=by, code=2), period
    assert "--entity XX: there are US" in typed.run(*words, *OCTOBER, "--entity", "XX", by=by, code=2)


class TestCertification:
    @pytest.fixture
    def typed(self, made: Certifying, tmp_path: Path) -> Typed:
        made.by_hand()
        return Typed(made.b, tmp_path)

    def test_accounts_are_shown_prepared_rejected_and_signed(self, typed: Typed) -> None:
        sign = ("close", "accounts", "sign", *OCTOBER)
        told = typed.run("close", "accounts", "show", *OCTOBER, code=1)
        assert (
            f"{PAYABLE} USD payable" in told
            and "-300.00" in told
            and "-70.00" in told
            and "the documents posted" in told
        )
        (row,) = [
            r
            for r in json.loads(typed.run("close", "accounts", "show", *OCTOBER, "--json", code=1))
            if r["account"] == PAYABLE
        ]
        assert (row["state"], row["expected"], row["difference"], row["prepared_at"]) == (
            "open",
            "-230.00",
            "-70.00",
            None,
        )
        key = f"{PAYABLE} USD: "
        assert (
            typed.run(*sign, PAYABLE, by="bea", code=1)
            == f"{key}not done: an explanation is needed: why it is as it is\n"
        )
        assert (
            typed.run(*sign, PAYABLE, "--reason", "x", by="cora", code=1)
            == f"{key}not done: a preparer prepares it first\n"
        )
        # Whoever has nothing to do is told so, and it is no success.
        assert "no account waits for you" in typed.run(*sign, by="cora", code=1)
        words = ("--reason", "rent of [October]", "--shown-by", "lease, page 3")
        assert (
            typed.run(*sign, PAYABLE, *words, by="bea", code=0) == f"{key}prepared: somebody else signs it\n"
        )
        assert "rent of [October]; shown by: lease, page 3" in typed.run(
            "close", "accounts", "show", *OCTOBER, code=1
        )
        reject = ("close", "accounts", "reject", *OCTOBER)
        assert typed.run(*reject, PAYABLE, by="cora", code=1).startswith(f"{key}not done: a reason is needed")
        assert (
            typed.run(*reject, PAYABLE, "--reason", "not of October", by="cora", code=0)
            == f"{key}rejected: a preparer prepares it anew\n"
        )
        assert (
            typed.run(*reject, PAYABLE, "--reason", "again", by="cora", code=1)
            == f"{key}not done: nobody prepared it\n"
        )
        assert "say which accounts" in typed.run(*reject, "--reason", "all of it", by="cora", code=2)
        typed.run(*sign, f"{PAYABLE}:USD", "--reason", "rent by the lease", by="bea", code=0)
        assert (
            typed.run(*sign, PAYABLE, by="bea", code=1)
            == f"{key}not done: a controller signs it, who did not prepare it\n"
        )
        assert typed.run(*sign, by="cora", code=0) == f"{key}signed, prepared by bea\n"
        assert typed.run(*sign, PAYABLE, by="carl", code=0) == f"{key}is certified already\n"
        assert "certified bea, cora" in typed.run("close", "accounts", "show", *OCTOBER, code=0)

    def test_whoever_may_not_and_what_is_none(self, typed: Typed) -> None:
        office = typed.office
        office.add(person("vera"))
        office.grant("vera", "viewer", None)
        for act in ("sign", "reject"):
            command = ("close", "accounts", act, *OCTOBER, PAYABLE, "--reason", "x")
            assert "vera has no role for close:certify of US" in typed.run(*command, by="vera", code=2)
            assert "this is bea's key, not cora's" in typed.run(*command, "--as", "cora", by="bea", code=2)
            assert "TIEOUT_KEY_FILE" in typed.run(*command, code=2)
            unfit(typed, "close", "accounts", act, PAYABLE, "--reason", "x")
            assert "to be signed from" in typed.run(
                "close", "accounts", act, "--period", "2026-11", PAYABLE, "--reason", "x", by="bea", code=2
            )
        assert office.evidence("authority.refused") >= 6
        sign = ("close", "accounts", "sign", *OCTOBER, "--reason", "x")
        none = ("999999", f"{PAYABLE}:EUR", "600000", *HOSTILE)
        names = [" ".join((a.partition(":")[0], a.partition(":")[2] or "USD")) for a in none]
        told = typed.run(*sign, *none, by="bea", code=1)
        assert told == "".join(f"{name}: is no account of this close\n" for name in names)
        unfit(typed, "close", "accounts", "show")
        assert office.database.rows("select 1 from tieout.certification where not by_itself") == []


class TestItems:
    @pytest.fixture
    def desk(self, buyer: Buyer) -> Desk:
        buyer.ready()
        buyer.bill()
        desk = Desk(buyer)
        desk.over()
        desk.book(TRANSIT, "70", "2026-10-30", "payout [po_1] [/]")
        return desk

    def test_they_are_listed_and_what_is_past_its_age_ends_with_1(self, desk: Desk, tmp_path: Path) -> None:
        typed = Typed(desk.b, tmp_path)
        told = typed.run("close", "items", *OCTOBER, code=0)
        # What stands in brackets is a text, and no markup that is swallowed.
        assert "[po_1]" in told and "70.00" in told
        found = json.loads(typed.run("close", "items", *OCTOBER, "--json", code=0))
        (account,) = found["accounts"]
        assert (account["account"], account["balance"], account["rest"]) == (TRANSIT, "70.00", "0.00")
        assert found["as_of"] == "2026-10-31" and sum(Decimal(i["amount"]) for i in account["items"]) == 70
        desk.book(SUSPENSE, "-1458.04", "2026-10-21")
        told = typed.run("close", "items", *OCTOBER, code=1)
        assert "-1,458.04" in told and "(past)" in told
        # Of one account alone.
        assert SUSPENSE not in typed.run("close", "items", *OCTOBER, "--account", TRANSIT, code=0)
        assert "nothing stands on any of them" in typed.run(
            "close", "items", *OCTOBER, "--account", "999999", code=0
        )
        for text in HOSTILE[:5]:
            assert "nothing stands" in typed.run("close", "items", *OCTOBER, "--account", text, code=0)
        unfit(typed, "close", "items")


class TestLateEvents:
    def test_they_are_listed_and_decided(self, late: Late, tmp_path: Path) -> None:
        typed = Typed(late.b, tmp_path)
        typed.calendar('late_limit = "0.00"\nlate_materiality = "0.00"')
        listed = ("close", "late", "--period", "2026-11")
        assert "nothing of a locked period is booked in it" in typed.run(*listed, code=0)
        event = late.bill("LATE")
        number = str(event.number)
        told = typed.run(*listed, code=1)
        assert number in told and "2026-10-30" in told and "fiscal year" in told and "to be decided" in told
        (row,) = json.loads(typed.run(*listed, "--json", code=1))
        assert row["number"] == event.number and Decimal(row["amount"]) == event.amount
        decide = ("close", "decide", number)
        why = ("--reason", "of the auditor's list")
        assert "would be passed of 2026-11, above 0.00" in typed.run(*decide, "pass", *why, by="cora", code=2)
        assert typed.run(*decide, "reopen", *why, by="cora", code=0).endswith("of 2026-10-30: reopen\n")
        assert typed.run(*decide, "adjust", *why, by="carl", code=0).endswith("of 2026-10-30: adjust\n")
        assert "adjust, carl: of the auditor's list" in typed.run(*listed, code=0)
        typed.calendar(f'late_limit = "0.00"\nlate_materiality = "{event.amount}"')
        assert typed.run(*decide, "pass", *why, by="cora", code=0).endswith("of 2026-10-30: pass\n")
        assert f"passed in all: {event.amount:.2f}, of {event.amount:.2f} at most" in typed.run(
            *listed, code=0
        )
        assert late.b.evidence("late.decided") == 3

    def test_whoever_may_not_and_what_is_none(self, late: Late, tmp_path: Path) -> None:
        give = late.b.give
        late.b.give = lambda *given: give(*given, by="cora")  # type: ignore[method-assign]
        event = late.bill("LATE")
        typed, why = Typed(late.b, tmp_path), ("--reason", "of the auditor's list")
        late.b.add(person("vera"))
        late.b.grant("vera", "viewer", None)
        decide = ("close", "decide", str(event.number))
        assert "somebody else" in typed.run(*decide, "adjust", *why, by="cora", code=2)
        assert "vera has no role for close:sign" in typed.run(*decide, "adjust", *why, by="vera", code=2)
        assert "this is carl's key, not cora's" in typed.run(
            *decide, "adjust", *why, "--as", "cora", by="carl", code=2
        )
        assert "TIEOUT_KEY_FILE" in typed.run(*decide, "adjust", *why, code=2)
        assert "'waive' is no decision: adjust, pass, reopen" in typed.run(
            *decide, "waive", *why, by="carl", code=2
        )
        for reason in ("", "  ", "no", "x" * 501):
            assert "say why, in " in typed.run(*decide, "adjust", "--reason", reason, by="carl", code=2), (
                reason
            )
        for number in ("0", "999999", str(2**62), str(2**70)):
            assert f"no late event {number}: `tieout close late` lists them" in typed.run(
                "close", "decide", number, "adjust", *why, by="carl", code=2
            )
        for number in ("one", "1;drop", "1.5"):
            assert "integer" in typed.run("close", "decide", number, "adjust", *why, by="carl", code=2)
        unfit(typed, "close", "late")
        assert late.events()[0].decision == ""


class TestTaxes:
    FILE = ("--report", "US-NY", "--reference", "NY-2026-10", "--reason", "the state's receipt")

    @pytest.fixture
    def typed(self, taxed: Taxed, tmp_path: Path) -> Typed:
        later(taxed)
        office: Any = taxed.s.office.let_in()
        office.release, office.clock = taxed.s.release, taxed.s.clock
        office.add(person("vera"))
        office.grant("vera", "viewer", None)
        return Typed(office, tmp_path)

    def test_a_month_ties_out_is_filed_and_what_enters_it_is_told(self, typed: Typed, taxed: Taxed) -> None:
        told = typed.run("taxes", *OCTOBER, code=0)
        assert "US-NY" in told and "NY 15%" in told and "6.00" in told
        (row,) = json.loads(typed.run("taxes", *OCTOBER, "--json", code=0))
        assert (row["entity"], row["source"], row["in_ledger"], row["residual"]) == (
            "US",
            "6.00",
            "6.00",
            "0.00",
        )
        file = ("taxes", "file", "2026-10", *self.FILE, "--tax", "NY 15%")
        said = typed.run(*file, by="cora", code=0)
        number = said.split("number ")[1].strip()
        assert f"declared as filed (number {number})" in typed.run(*file, by="cora", code=2)
        assert f"no filing number {int(number) + 7} of US stands" in typed.run(
            *file, "--corrects", str(int(number) + 7), by="cora", code=2
        )
        typed.run(*file, "--corrects", number, by="carl", code=0)
        told = typed.run("taxes", "filed", code=0)
        assert (
            f"{number}: US-NY 2026-10 to 2026-10, NY-2026-10, by cora, corrected since; 0 entered since"
            in told
        )
        taxed.entry("40.00", on="2026-10-21", name="[late]")
        told = typed.run("taxes", *OCTOBER, code=1)
        assert "40.00" in told
        taxed.look_at_filed()
        told = typed.run("taxes", "filed", code=1)
        assert "1 entered since" in told and "40.00" in told
        assert json.loads(typed.run("taxes", "filed", "--json", code=1))[0]["count"] == 1

    def test_whoever_may_not_and_what_is_none(self, typed: Typed) -> None:
        unfit(typed, "taxes")
        file = ("taxes", "file", "2026-10", *self.FILE)
        assert "vera has no role for close:sign of US" in typed.run(*file, by="vera", code=2)
        assert "this is carl's key, not cora's" in typed.run(*file, "--as", "cora", by="carl", code=2)
        assert "TIEOUT_KEY_FILE" in typed.run(*file, code=2)
        assert "--entity XX: there are US" in typed.run(*file, "--entity", "XX", by="cora", code=2)
        assert "is not over: a period is filed once it is" in typed.run(
            "taxes", "file", "2026-11", *self.FILE, by="cora", code=2
        )
        for months in (
            "2026-13",
            "2026-Q5",
            "october",
            "0000",
            "9999",
            "9999-12",
            "2026-10-31",
            "'; drop table",
            "x" * 500,
        ):
            typed.run("taxes", "file", months, *self.FILE, by="cora", code=2)
        assert "the ledger has no tax 'VAT 99%'" in typed.run(*file, "--tax", "VAT 99%", by="cora", code=2)
        assert "reference: from 1 to" in typed.run(
            "taxes",
            "file",
            "2026-10",
            "--report",
            "VAT",
            "--reference",
            " ",
            "--reason",
            "x",
            by="cora",
            code=2,
        )
        assert "reason: from 1 to" in typed.run(
            "taxes",
            "file",
            "2026-10",
            "--report",
            "VAT",
            "--reference",
            "x",
            "--reason",
            "x" * 5000,
            by="cora",
            code=2,
        )
        assert typed.run("taxes", "filed", code=0) == ""
        assert typed.office.database.rows("select 1 from tieout.tax_filing") == []


def test_a_signed_month_hears_of_another_decision(late: Late, tmp_path: Path) -> None:
    """What was signed is taken back by what is decided afterwards, from the command line as well."""
    typed = Typed(late.b, tmp_path)
    typed.calendar('late_limit = "0.00"\nlate_materiality = "0.00"')
    event, task = late.bill("LATE"), "late events decided"
    late.b.clock.at = datetime(2026, 12, 3, 15, tzinfo=UTC)
    decide = ("close", "decide", str(event.number))
    typed.run(*decide, "adjust", "--reason", "as an adjustment", by="cora", code=0)
    month = ("--period", "2026-11")
    typed.run("close", "show", *month, code=1)
    for who in ("cora", "carl"):
        typed.run("close", "sign", *month, task, by=who, code=0)
    typed.run(*decide, "reopen", "--reason", "the auditor wants it there", by="carl", code=0)
    tasks = {t["task"]: t for t in json.loads(typed.run("close", "show", *month, "--json", code=1))["tasks"]}
    assert tasks[task]["state"] in ("open", "blocked") and "lock stands at" in tasks[task]["why"]
