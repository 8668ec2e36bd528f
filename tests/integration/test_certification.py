"""Balance-sheet accounts are certified: by themselves within their limit, by two people of two roles above it; whatever changes
a figure or a rule takes that back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.buying import Buyer
from tests.integration.office import key_of, person
from tests.integration.test_close import OCTOBER, Closer, _entry
from tieout.close import CloseError, Word, kept_accounts, reject_accounts, sign_accounts
from tieout.close.accounts import AccountRow
from tieout.close.certify_rules import _strictest, rules_for
from tieout.close.certifying import read_accounts
from tieout.money import Period
from tieout.planning import accept, accept_case
from tieout.proofs import ClearingRow, OpenMovement
from tieout.rules import CloseRules, EntityClose, MappingRow, Release
from tieout.rules.certifying import CertifyRules

pytestmark = pytest.mark.long

PAYABLE, EXPENSE, CLEARING = "211000", "600000", "101501"
TASK = "accounts certified"


def reverse_tax(buyer: Buyer) -> tuple[str, str]:
    """A reverse charge, which stands on two accounts and comes to nothing; their codes."""
    context = {"allowed_company_ids": [buyer.company.id]}

    def find(model: str, domain: list[Any], field: str) -> dict[str, Any]:
        found = buyer.admin.call(model, "search_read", domain=domain, fields=[field], context=context)
        return dict(found[0])

    codes = ("131000", "252000")
    first, second = (find("account.account", [["code", "=", c]], "code")["id"] for c in codes)
    group = find("account.tax", [["type_tax_use", "=", "purchase"]], "tax_group_id")["tax_group_id"][0]
    lines = [
        [0, 0, {"repartition_type": "base"}],
        [0, 0, {"repartition_type": "tax", "factor_percent": 100, "account_id": first}],
        [0, 0, {"repartition_type": "tax", "factor_percent": -100, "account_id": second}],
    ]
    values = {"name": "Reverse 15%", "amount": 15, "type_tax_use": "purchase", "tax_group_id": group,
              "price_include_override": "tax_excluded", "invoice_repartition_line_ids": lines,
              "refund_repartition_line_ids": lines}  # fmt: skip
    buyer.admin.call("account.tax", "create", vals_list=[values], context=context)
    return codes


class Certifying:
    """A buyer's October, with a bookkeeper who prepares."""

    def __init__(self, closer: Closer) -> None:
        self.closer, self.b = closer, closer.b
        self.b.add(person("bea"))
        self.b.grant("bea", "preparer", None)

    def rows(self) -> dict[str, dict[str, Any]]:
        self.closer.state()
        return {r["account"]: r for r in kept_accounts(self.closer.connection, "US", "2026-10")}

    def done(self) -> bool:
        return next(bool(s.finding.done) for s in self.closer.state().tasks if s.task.name == TASK)

    def sign(self, who: str, *accounts: str, because: str = "") -> dict[str, str]:
        keys = [(a, "USD") for a in accounts]
        release, now = self.b.release(), self.b.clock.now()
        return dict(
            sign_accounts(
                self.closer.connection, release, "US", OCTOBER, keys, None, key_of(who), Word(because), now
            )
        )

    def reject(self, who: str, because: str = "the lease says 65.00") -> str:
        release, now = self.b.release(), self.b.clock.now()
        ((_, said),) = reject_accounts(
            self.closer.connection, release, "US", OCTOBER, [(PAYABLE, "USD")], None, key_of(who), Word(because), now
        )  # fmt: skip
        return said

    def figures(self, release: Release, held: str, *clearing: ClearingRow) -> dict[str, AccountRow]:
        """Accounts of October where the ledger holds so much on the clearing account and on what is owed to suppliers."""
        reader = self.b.session
        rows = read_accounts(
            self.closer.connection, release, reader, reader.facts(), "US", OCTOBER, [], clearing, CertifyRules(),
            lambda *_: {(CLEARING, "USD"): Decimal(held), (PAYABLE, "USD"): Decimal(held)},
        )  # fmt: skip
        return {r.account: r for r in rows}

    def by_hand(self, on: str = "2026-10-12") -> str:
        """Somebody owes 70.00 more to a supplier by hand, and another accepts that."""
        book = self.b.world.odoo.service.world
        accounts = {
            str(a["code"]): i for i, a in book.table("account.account").items()
            if self.b.company.id in a["company_ids"]
        }  # fmt: skip
        name = _entry(self.b, accounts[EXPENSE], accounts[PAYABLE], on)
        self.closer.state()
        for row in self.b.database.rows("select case_id from tieout.cases where state = 'open'"):
            with self.closer.connection.transaction():
                accept_case(
                    self.closer.connection, row["case_id"], "the landlord's rent", self.b.clock.now(), "cora"
                )
        return name

    def rules(self, **given: Any) -> None:
        self.b.closing = CloseRules({"US": EntityClose(certify=CertifyRules(**given))})


@pytest.fixture
def made(buyer: Buyer) -> Certifying:
    """October is over, and its books are open."""
    buyer.ready()
    buyer.bill()
    return Certifying(Closer(buyer).over())


def test_within_its_limit_an_account_certifies_itself_and_says_both_figures(made: Certifying) -> None:
    row = made.rows()[PAYABLE]
    assert row["by_itself"] and row["state"] == "certified" and row["difference"] == "0.00"
    assert row["in_ledger"] == row["expected"] == "-230.00" and row["known_from"] == "the documents posted"
    assert f"{PAYABLE} USD: -230.00 in the ledger, -230.00 expected" in row["explanation"]
    # Costs are no balance: they are governed, and not certified.
    assert EXPENSE not in made.rows()
    assert "accounts certified themselves" in made.closer.why(TASK)
    told = made.b.database.rows(
        "select detail from tieout.evidence where action = 'account.certified_itself'"
    )
    assert len(told) == len(made.rows())
    assert made.done()


@pytest.mark.long
def test_above_its_limit_two_people_of_two_roles_explain_it_and_the_difference_stands_in_the_close(
    made: Certifying,
) -> None:
    made.by_hand()
    row = made.rows()[PAYABLE]
    assert (row["in_ledger"], row["expected"], row["difference"], row["state"]) == (
        "-300.00", "-230.00", "-70.00", "open",
    )  # fmt: skip
    assert "-300.00 in the ledger, -230.00 expected" in made.closer.why(TASK)
    assert not made.done()
    assert (
        made.sign("cora", PAYABLE, because="rent")[f"{PAYABLE} USD"]
        == "not done: a preparer prepares it first"
    )
    assert "explanation is needed" in made.sign("bea", PAYABLE)[f"{PAYABLE} USD"]
    assert made.sign("bea", PAYABLE, because="rent of October, see the lease")[f"{PAYABLE} USD"].startswith(
        "prepared"
    )
    assert made.rows()[PAYABLE]["state"] == "prepared" and "prepared by bea" in made.closer.why(TASK)
    assert made.sign("bea", PAYABLE)[f"{PAYABLE} USD"].startswith("not done: a controller signs it")
    assert made.sign("cora", PAYABLE)[f"{PAYABLE} USD"] == "signed, prepared by bea"
    why = made.closer.why(TASK)
    assert made.done()
    assert f"1 by two people: {PAYABLE} -70.00 USD (rent of October, see the lease)" in why
    assert made.sign("cora", PAYABLE)[f"{PAYABLE} USD"] == "is certified already"
    actions = [r["action"] for r in made.b.database.rows("select action from tieout.evidence where subject like %s order by evidence_id", f"%:{PAYABLE}:%")]  # fmt: skip
    assert actions[-4:] == ["account.refused", "account.prepared", "account.refused", "account.certified"]


def test_one_person_with_both_roles_and_their_twin_are_one(made: Certifying) -> None:
    made.by_hand()
    made.b.grant("bea", "controller", None)
    made.rows()
    made.sign("bea", PAYABLE, because="rent")
    assert "does not sign it" in made.sign("bea", PAYABLE)[f"{PAYABLE} USD"]
    made.b.add(person("be\u0430"))  # with a Cyrillic a
    made.b.grant("be\u0430", "controller", None)
    assert "does not sign it" in made.sign("be\u0430", PAYABLE)[f"{PAYABLE} USD"]


@pytest.mark.long
def test_a_late_change_takes_a_certification_back_and_the_task_with_it(made: Certifying) -> None:
    made.by_hand()
    made.rows()
    made.sign("bea", PAYABLE, because="rent")
    made.sign("cora", PAYABLE)
    made.rows()
    for who in ("cora", "carl"):
        made.closer.sign(who, TASK)
    assert made.closer.states()[TASK] == "signed"
    made.by_hand("2026-10-13")
    row = made.rows()[PAYABLE]
    assert (
        row["state"] == "open" and row["difference"] == "-140.00" and made.closer.states()[TASK] != "signed"
    )
    assert TASK in made.closer.revoked()
    why = made.b.database.rows("select revoked_why from tieout.certification where signed_by = 'cora'")
    assert "in_ledger was -300.00 and is -370.00" in why[0]["revoked_why"]


@pytest.mark.long
def test_a_limit_that_is_raised_after_the_month_is_a_case_and_certifies_nothing(made: Certifying) -> None:
    made.closer.b.clock.at = datetime(2026, 10, 20, tzinfo=UTC)
    made.rows()  # the rules of October are known before it ends
    made.closer.over()
    made.by_hand()
    made.rules(limits={"high": Decimal(0), "medium": Decimal(1000), "low": Decimal(1000)})
    row = made.rows()[PAYABLE]
    assert row["state"] == "open" and row["limit"] == "10.00"
    assert "the rules were changed after the month's end" in made.closer.why(TASK)
    (case,) = made.b.database.rows("select case_id, detail from tieout.cases where cause = 'certify_rules_changed' and state = 'open'")  # fmt: skip
    assert '"medium": "10"' in case["detail"] and '"medium": "1000"' in case["detail"]
    # Put back, it is none.
    made.rules()
    assert "were changed" not in made.closer.why(TASK)
    assert not made.b.database.rows("select 1 from tieout.cases where cause = 'certify_rules_changed' and state = 'open'")  # fmt: skip
    made.rules(limits={"high": Decimal(0), "medium": Decimal(1000), "low": Decimal(1000)})
    made.rows()
    (case,) = made.b.database.rows("select case_id from tieout.cases where cause = 'certify_rules_changed' and state = 'open'")  # fmt: skip
    with made.closer.connection.transaction():
        asked = accept(
            made.closer.connection, made.b.release(), case["case_id"], "agreed with the board", made.b.clock.now(), "cora"
        )  # fmt: skip
    assert not asked.done and asked.request and made.rows()[PAYABLE]["state"] == "open"
    with made.closer.connection.transaction():
        # As somebody else approves that.
        accept_case(
            made.closer.connection, case["case_id"], "agreed with the board", made.b.clock.now(), "cora"
        )
    assert made.rows()[PAYABLE]["by_itself"] and made.done()
    assert "70.00 USD apart within their limits" in made.closer.why(TASK)


def test_a_limit_that_is_raised_within_the_month_certifies_nothing_of_it(made: Certifying) -> None:
    """On the evening of its last day whoever closes raises it above what they cannot explain."""
    made.b.clock.at = datetime(2026, 9, 20, tzinfo=UTC)
    made.rows()
    made.b.clock.at = datetime(2026, 10, 31, 20, tzinfo=UTC)
    made.by_hand()
    made.rules(limits={"high": Decimal(0), "medium": Decimal(1000), "low": Decimal(1000)})
    made.rows()
    made.closer.over()
    row = made.rows()[PAYABLE]
    assert (row["state"], row["limit"]) == ("open", "10.00")
    assert '"medium": "10"' in made.closer.why(TASK) and not made.done()
    # Of November, in which it held from the first day on, it is the rule.
    november = rules_for(made.closer.connection, made.b.release(), "US", Period(2026, 11))
    assert november[0].limits["medium"] == 1000 and november[1] == ""


def test_the_strictest_of_a_month_is_of_each_limit_class_and_account() -> None:
    first = {"limits": {"high": "0", "medium": "10", "low": "100"}, "classes": {"1": "high", "2": "medium", "4": "low"},
             "never_alone": ["high"], "preparer": "a", "reviewer": "c"}  # fmt: skip
    later = {"limits": {"high": "5", "medium": "9", "low": "100"}, "classes": {"1": "low", "2": "medium", "3": "low"},
             "never_alone": ["low"], "preparer": "b", "reviewer": "d"}  # fmt: skip
    assert _strictest([later, first]) == {
        "limits": {"high": "0", "medium": "9", "low": "100"}, "classes": {"1": "high", "2": "medium"}, "never_alone": ["high", "low"],
        "preparer": "b", "reviewer": "d",
    }  # fmt: skip
    assert _strictest([first]) == first


def test_rules_that_somebody_wrote_into_the_database_certify_nothing(made: Certifying) -> None:
    """A row of before the month's end with the right digest, and no stamp of ours: 70.00 would be within its limit."""
    made.closer.b.clock.at = datetime(2026, 10, 20, tzinfo=UTC)
    made.rows()
    made.closer.over()
    made.by_hand()
    made.rules(limits={"high": Decimal(0), "medium": Decimal(1000), "low": Decimal(1000)})
    own = made.b.closing.of("US")
    content = {**own.certify.content(), "reviewer": own.sign_role}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    with made.b.database.transaction() as connection:
        connection.execute(
            "insert into tieout.certify_rule (entity, content, digest, recorded_at, stamp) select 'US', %s, %s, %s, stamp"
            " from tieout.certify_rule where entity = 'US'",
            [json.dumps(content), digest, datetime(2026, 10, 21, tzinfo=UTC)],
        )
    row = made.rows()[PAYABLE]
    assert row["state"] == "open" and row["limit"] == "10.00"
    assert "the rules were changed after the month's end" in made.closer.why(TASK) and not made.done()


def test_a_providers_account_should_hold_its_balance_less_what_is_not_posted(made: Certifying) -> None:
    """The provider holds 100.00, of which 30.00 stand in a case: the ledger holds 70.00, and 100.00 would be wrong."""
    release = made.b.release()
    accounts = release.mappings["accounts"]
    rows = (*accounts.rows, MappingRow("clearing.stripe.USD", CLEARING))
    release = replace(release, mappings={**release.mappings, "accounts": replace(accounts, rows=rows)})
    held = OpenMovement(
        key="txn_1", category="charge", on=date(2026, 10, 30), days=1, amount=Decimal("30.00"), posted=Decimal(0), why="in a case"
    )  # fmt: skip
    clearing = ClearingRow(
        entity="US", as_of=OCTOBER.last, provider="stripe", account=CLEARING, currency="USD", in_ledger=Decimal("70.00"),
        ours=Decimal("70.00"), source=Decimal("100.00"), items=(held,),
    )  # fmt: skip
    row = made.figures(release, "70.00", clearing)[CLEARING]
    assert (row.expected, row.difference, row.known_from) == (Decimal("70.00"), 0, "the provider's balance")
    assert row.by_itself
    assert not made.figures(release, "100.00", clearing)[CLEARING].by_itself


def test_what_stood_before_the_first_day_is_expected_besides_the_documents(made: Certifying) -> None:
    """A supplier was owed 45.00 before, and what is posted since comes to 230.00."""
    release = made.b.release()
    release = replace(release, entities={"US": replace(release.entities["US"], begins_on=OCTOBER.first)})
    assert made.figures(release, "-275.00")[PAYABLE].difference == -45
    with made.b.database.transaction() as connection:
        connection.execute(
            "insert into tieout.opening_balance (entity, begins_on, account, currency, amount, read_at)"
            " values ('US', '2026-10-01', %s, 'USD', -45.00, now())", [PAYABLE],
        )  # fmt: skip
    row = made.figures(release, "-275.00")[PAYABLE]
    assert (row.expected, row.difference, row.by_itself) == (Decimal("-275.00"), 0, True)


def test_what_was_prepared_of_other_figures_is_not_signed(made: Certifying) -> None:
    """The row of its figures was changed past us since: whoever signs would sign what nobody prepared."""
    made.by_hand()
    made.rows()
    made.sign("bea", PAYABLE, because="rent")
    with made.b.database.transaction() as connection:
        connection.execute("update tieout.account_figure set digest = 'x' where account = %s", [PAYABLE])
    assert made.sign("cora", PAYABLE)[f"{PAYABLE} USD"] == "not done: a preparer prepares it first"
    (kept,) = made.b.database.rows(
        "select signed_by, revoked_why from tieout.certification where prepared_by = 'bea'"
    )
    assert kept == {"signed_by": "", "revoked_why": "it was not made by Tieout, or of other figures"}


def test_nobody_rejects_but_who_reviews_and_who_prepared(made: Certifying) -> None:
    made.by_hand()
    made.rows()
    assert made.reject("cora") == "not done: nobody prepared it"
    made.sign("bea", PAYABLE, because="rent")
    made.b.add(person("vera"))
    made.b.grant("vera", "viewer", None)
    assert made.reject("vera") == "not done: a controller rejects it, or who prepared it takes it back"
    assert made.rows()[PAYABLE]["state"] == "prepared"
    assert "a reason is needed" in made.reject("cora", " ")
    assert made.reject("cora") == "rejected: a preparer prepares it anew"
    made.sign("bea", PAYABLE, because="65.00 of rent")
    assert made.reject("bea") == "taken back: a preparer prepares it anew"
    assert made.rows()[PAYABLE]["state"] == "open"


def test_a_class_that_never_certifies_itself_needs_people_at_no_difference(made: Certifying) -> None:
    made.rules(never_alone=("medium",))
    assert made.rows()[PAYABLE]["state"] == "open"
    assert made.sign("bea", PAYABLE, because="agreed with suppliers' statements")[f"{PAYABLE} USD"].startswith("prepared")  # fmt: skip
    made.sign("cora", PAYABLE)
    assert made.rows()[PAYABLE]["state"] == "certified"


def test_what_nothing_states_apart_always_needs_people(buyer: Buyer) -> None:
    codes = reverse_tax(buyer)
    buyer.ready()
    buyer.bill("AE", category="AE", rate=0)
    assert buyer.cases() == []
    made = Certifying(Closer(buyer).over())
    shared = {a: r for a, r in made.rows().items() if r["expected"] is None}
    assert set(shared) == set(codes)
    assert all(r["state"] == "open" and r["known_from"] == "nothing" for r in shared.values())


def test_sql_neither_signs_nor_changes_nor_takes_out_a_certification(made: Certifying) -> None:
    made.by_hand()
    made.rows()
    made.sign("bea", PAYABLE, because="rent")

    def refused(statement: str) -> None:
        with pytest.raises(psycopg.Error), made.b.database.transaction() as connection:
            connection.execute(statement)

    refused("update tieout.certification set signed_by = 'bea', signed_role = 'controller', signed_at = now() where prepared_by = 'bea'")  # fmt: skip
    refused("update tieout.certification set signed_by = 'cora', signed_role = 'preparer', signed_at = now() where prepared_by = 'bea'")  # fmt: skip
    refused("update tieout.certification set explanation = 'none' where prepared_by = 'bea'")
    refused("delete from tieout.certification")
    refused("delete from tieout.certify_rule")
    with made.b.database.transaction() as connection:
        connection.execute(
            "update tieout.certification set signed_by = 'cora', signed_role = 'controller', signed_at = now(),"
            " stamp = prepared_stamp where prepared_by = 'bea'"
        )
    assert made.rows()[PAYABLE]["state"] == "open"
    # A preparer whom nobody heard of is none.
    with made.b.database.transaction() as connection:
        connection.execute(
            "insert into tieout.certification (entity, period, account, currency, figures, digest, by_itself, explanation,"
            " prepared_by, prepared_role, prepared_at, prepared_stamp) select entity, period, account, currency, figures,"
            " digest, false, 'fine', 'bea', 'preparer', now(), 'x' from tieout.account_figure where account = %s",
            [PAYABLE],
        )
    assert made.sign("cora", PAYABLE)[f"{PAYABLE} USD"] == "not done: a preparer prepares it first"


def test_nobody_certifies_a_month_that_is_not_over(made: Certifying) -> None:
    made.b.clock.at = datetime(2026, 10, 20, tzinfo=UTC)
    with pytest.raises(CloseError, match="to be signed from"):
        made.sign("bea", PAYABLE, because="rent")
