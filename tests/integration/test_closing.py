"""What people do at a close through the operations that command line, API and demo share, over a real database and Odoo's simulator: each
reads its figures first, and leaves its evidence before and after it asks a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.buying import Buyer
from tests.integration.office import key_of
from tests.integration.selling import LAST, Seller, at
from tests.integration.test_certification import PAYABLE, Certifying
from tests.integration.test_certification import made as made
from tests.integration.test_close import OCTOBER, Closer, _entry
from tests.integration.test_close import closer as closer
from tests.integration.test_revaluation import _Abroad
from tests.integration.test_revaluation import abroad as abroad
from tieout.close import CloseError
from tieout.connector_api import ConnectorError, SetupError
from tieout.money import Period
from tieout.operations import closing


def project_of(office: Any, ledger: Any = None) -> Any:
    """A project that is open over the books of a test; its `ledger` is their own where none is given."""
    ledger = ledger or office.session
    return SimpleNamespace(
        release=office.release,
        clock=office.clock,
        database=office.database,
        session=lambda system: ledger if system == "odoo" else None,
        reader_of=lambda system: ledger if system == "odoo" else None,
    )


@pytest.fixture
def admin(buyer: Buyer) -> Iterator[Any]:
    """The ledger's session of somebody who may lock books."""
    world = buyer.world
    session: Any = CONNECTORS["odoo"].open(
        config(CONNECTORS["odoo"], url=world.url("odoo"), database=world.odoo.database,
               key=world.odoo.service.make_key(2), company=str(buyer.company.id))
    )  # fmt: skip
    yield session
    session.close()


def evidence(office: Any, *actions: str) -> list[tuple[str, str, str, Any]]:
    rows = office.database.rows(
        "select action, actor, subject, detail from tieout.evidence where action = any(%s) order by evidence_id",
        list(actions),
    )
    return [(r["action"], r["actor"], r["subject"], r["detail"]) for r in rows]


class TestLocks:
    DETAIL = '{"kind":"fiscal year","until":"2026-10-31"}'

    def test_books_are_locked_to_the_last_day_and_both_are_in_evidence_with_the_sheet(
        self, buyer: Buyer, admin: Any
    ) -> None:
        buyer.ready()
        buyer.clock.at = datetime(2026, 11, 3, 15, tzinfo=UTC)
        project = project_of(buyer, admin)
        found = closing.lock_books(project, "US", OCTOBER, "fiscal year", "cora")
        assert found["fiscal year"] == date(2026, 10, 31) == admin.locks()["fiscal year"]
        told = evidence(buyer, "close.lock_asked", "close.locked")
        assert [(a, who, of) for a, who, of, _ in told] == [
            ("close.lock_asked", "cora", "US:2026-10"), ("close.locked", "cora", "US:2026-10"),
        ]  # fmt: skip
        for *_, detail in told:
            assert "fiscal year" in str(detail) and "2026-10-31" in str(detail)
        assert closing.print_close(project, "US", OCTOBER).name

    def test_a_lock_is_in_evidence_as_asked_for_before_the_ledger_answers(
        self, buyer: Buyer, admin: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may be set though nobody heard so: then it was ours, and no close says that it is locked."""
        buyer.ready()
        buyer.clock.at = datetime(2026, 11, 3, 15, tzinfo=UTC)

        def silent(kind: str, until: date) -> None:
            raise ConnectorError("no answer")

        monkeypatch.setattr(admin, "set_lock", silent)
        with pytest.raises(ConnectorError, match="no answer"):
            closing.lock_books(project_of(buyer, admin), "US", OCTOBER, "fiscal year", "cora")
        assert [a for a, *_ in evidence(buyer, "close.lock_asked", "close.locked")] == ["close.lock_asked"]

    def test_no_lock_is_set_within_the_month_and_nothing_is_asked(self, buyer: Buyer, admin: Any) -> None:
        project = project_of(buyer, admin)
        buyer.clock.at = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)
        with pytest.raises(CloseError, match="a lock is never moved back here"):
            closing.lock_books(project, "US", OCTOBER, "fiscal year", "cora")
        assert admin.locks()["fiscal year"] is None and evidence(buyer, "close.lock_asked") == []
        buyer.clock.at = datetime(2026, 11, 1, 0, 1, tzinfo=UTC)
        closing.lock_books(project, "US", OCTOBER, "fiscal year", "cora")
        assert admin.locks()["fiscal year"] == date(2026, 10, 31)

    def test_what_is_no_ledger_is_neither_locked_nor_itemised(self, buyer: Buyer) -> None:
        buyer.clock.at = datetime(2026, 11, 3, 15, tzinfo=UTC)
        project = project_of(buyer)
        project.reader_of = lambda system: None
        with pytest.raises(SetupError, match="odoo is no ledger that can be locked"):
            closing.set_lock(project, "US", OCTOBER, "fiscal year", "cora")
        with pytest.raises(SetupError, match="odoo is no ledger that can be read"):
            closing.close_items(project, "US", OCTOBER)
        project.reader_of = lambda system: object()
        with pytest.raises(SetupError, match="no ledger that says what stands"):
            closing.close_items(project, "US", OCTOBER)


def test_an_account_is_signed_by_figures_that_are_read_then_never_by_those_that_were_shown(
    made: Certifying,
) -> None:
    """What came into the account since it was prepared is in nobody's explanation."""
    project = project_of(made.b)
    made.by_hand()

    def sign(who: str, because: str = "") -> str:
        found = closing.sign_accounts(project, "US", OCTOBER, [(PAYABLE, "USD")], key_of(who), because)
        return found[0][1]

    (row,) = [r for r in closing.account_rows(project, "US", OCTOBER) if r["account"] == PAYABLE]
    assert (row["difference"], row["state"]) == ("-70.00", "open")
    assert sign("bea", "rent").startswith("prepared")
    accounts = {
        str(a["code"]): i for i, a in made.b.world.odoo.service.world.table("account.account").items()
        if made.b.company.id in a["company_ids"]
    }  # fmt: skip
    _entry(made.b, accounts["600000"], accounts[PAYABLE], "2026-10-13")
    assert sign("cora") == "not done: a preparer prepares it first"
    (row,) = [r for r in closing.account_rows(project, "US", OCTOBER) if r["account"] == PAYABLE]
    assert (row["difference"], row["state"]) == ("-140.00", "open")
    assert sign("bea", "rent, twice").startswith("prepared")
    rejected = closing.reject_accounts(
        project, "US", OCTOBER, [(PAYABLE, "USD")], key_of("cora"), "of November"
    )
    assert rejected[0][1].startswith("rejected")
    assert sign("bea", "rent, twice, by the lease").startswith("prepared")
    assert sign("cora") == "signed, prepared by bea"


def test_a_close_is_signed_by_two_and_what_is_waived_is_read_of_the_entity_alone(closer: Closer) -> None:
    project = project_of(closer.b)
    assert not closing.close_state(project, "US", OCTOBER).closed
    for who in ("cora", "carl", "cora"):
        said = dict(closing.sign_close(project, "US", OCTOBER, (), "", key_of(who)))
    assert said["close"] == "signed, prepared by carl"
    assert closing.close_state(project, "US", OCTOBER).closed
    assert closing.waivers_of(project, "US", OCTOBER).rows == ()
    assert closing.print_close(project, "US", OCTOBER).name


def test_what_is_only_said_is_not_booked(abroad: _Abroad) -> None:
    project, count = (
        project_of(abroad),
        "select count(*)::int as n from tieout.document where kind = 'journal_entry'",
    )
    wanted = closing.revalue(project, "US", LAST, dry=True)
    assert wanted and abroad.database.rows(count)[0]["n"] == 0
    abroad.work()
    assert abroad.database.rows(count)[0]["n"] == 0
    assert closing.revalue(project, "US", LAST) == wanted
    abroad.work()
    assert abroad.database.rows(count)[0]["n"] == 1


def test_a_cut_off_that_is_only_said_is_not_booked(seller: Seller) -> None:
    order = seller.sell("US-1", at(31))
    seller.tell(order)
    project = project_of(seller)
    found = closing.cut_off(project, "US", LAST, dry=True)
    seller.work()
    assert [x.net for x in found] == [Decimal("107.00")] and seller.moves("CUTOFF") == []
    closing.cut_off(project, "US", LAST)
    seller.work()
    assert seller.moves("CUTOFF") == ["CUTOFF-20261031 2026-10-31"]


def test_where_nothing_revalues_it_is_said_what_is_lacking(buyer: Buyer) -> None:
    with pytest.raises(LookupError, match="nothing revalues US: mappings"):
        closing.revalue(project_of(buyer), "US", Period(2026, 10).last)
