"""What Gusto publishes, read: entries by component, what does not add up, windows, corrections, tokens; and what an earlier version
stored is read as it was.

Names and amounts are invented, fields are published (Gusto/gusto-python-client, docs.gusto.com).
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import SetupError, SystemConfig
from tieout.connectors.gusto.connector import CONNECTOR
from tieout.connectors.gusto.contractors import contractor_payment
from tieout.connectors.gusto.normalise import debits_and_credits, payroll
from tieout.documents import JournalEntry, canonical_bytes
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.gusto import CLIENT, CONSENT, Gusto

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE = Path(__file__).resolve()
FIXTURES = HERE.parents[3] / "src" / "tieout" / "connectors" / "gusto" / "fixtures"
WHOLE = json.loads((HERE.parents[2] / "published" / "gusto" / "payrolls.whole.json").read_text())
DEPARTMENTS = {"e-1": "100", "e-2": "200"}


def lines(row: dict[str, Any]) -> dict[tuple[str, str], str]:
    body = json.dumps({"payroll": row, "departments": DEPARTMENTS}).encode()
    (entry,) = payroll(body, {})
    assert isinstance(entry, JournalEntry)
    return {(x.account, x.dimensions.get("cost_centre", "")): str(x.amount.value) for x in entry.lines}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    row: dict[str, Any] = copy.deepcopy(WHOLE)
    change(row)
    return row


class TestEntry:
    def test_costs_stand_by_department_and_what_is_owed_as_a_whole(self) -> None:
        """Reported of reimbursements: OpenDigitalProductFactory/opendigitalproductfactory 4476."""
        assert lines(WHOLE) == {
            ("gross_pay", "100"): "5000.00",
            ("gross_pay", "200"): "4000.00",
            ("employer_taxes", "100"): "382.50",
            ("employer_taxes", "200"): "306.00",
            # A rebate and a levy of the company as a whole.
            ("employer_taxes", ""): "4.08",
            ("benefits", "100"): "487.50",
            ("reimbursements", "100"): "84.20",
            ("employee_taxes.owed", ""): "-2300.00",
            ("employer_taxes.owed", ""): "-692.58",
            ("benefits.owed", ""): "-807.50",
            # Child support is debited with the payroll, the garnishment is paid out by the company.
            ("child_support.owed", ""): "-150.00",
            ("deductions.owed", ""): "-100.00",
            ("reimbursements.owed", ""): "-84.20",
            ("net_pay.owed", ""): "-6130.00",
        }

    def test_tips_that_were_paid_in_cash_are_not_paid_again(self) -> None:
        row = json.loads((HERE.parents[2] / "published" / "gusto" / "payrolls.tips.json").read_text())
        found = lines(row)
        assert found["cash_tips.paid", ""] == "-100.00"
        assert found["net_pay.owed", ""] == "-620.00"

    def test_a_reversal_has_the_other_signs(self) -> None:
        row = json.loads((HERE.parents[2] / "published" / "gusto" / "payrolls.reversal.json").read_text())
        assert lines(row)["gross_pay", "100"] == "-4000.00"
        assert debits_and_credits({"payroll": row, "departments": {}}) == (
            Decimal("4306.00"),
            Decimal("4306.00"),
        )

    def test_reimbursements_of_older_versions_were_among_fixed_compensations(self) -> None:
        def older(row: dict[str, Any]) -> None:
            for person in row["employee_compensations"]:
                given = person.pop("reimbursements")
                person["fixed_compensations"] = [
                    {"name": "Reimbursement", "amount": g["amount"]} for g in given
                ]

        assert lines(changed(older)) == lines(WHOLE)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda r: r.update(processed=False), "not processed"),
            (lambda r: r["employee_compensations"][0].update(benefits=[]), "1 persons does not add up"),
            (lambda r: r["employee_compensations"][0].update(check_amount="3130.00"), "does not add up"),
            (lambda r: r["employee_compensations"].pop(), "own total of gross_pay is 9000.00 USD"),
            (lambda r: r.update(company_taxes=[]), "own total of employer_taxes is 692.58"),
            (
                lambda r: r["totals"].update(owners_draw="10.00"),
                "owners_draw: a payroll has what is not booked",
            ),
            (lambda r: r["totals"].update(something_new="10.00"), "something_new"),
            (lambda r: r["totals"].update(child_support_debit="900.00"), "child support of 900.00"),
            (lambda r: r["company_taxes"][0].update(employer=False), "a tax of all employees together"),
            (lambda r: r["totals"].update(employee_cash_tips="5.00"), "employee_cash_tips is 5.00"),
        ],
    )
    def test_what_does_not_add_up_or_is_not_known_is_told_without_a_name(
        self, change: Callable[[dict[str, Any]], object], said: str
    ) -> None:
        with pytest.raises(ValueError, match=said) as told:
            lines(changed(change))
        assert "e-1" not in str(told.value)

    def test_benefits_that_a_scope_hides_are_named_as_that(self) -> None:
        row = changed(lambda r: r["employee_compensations"][0].update(benefits=[]))
        with pytest.raises(ValueError, match="employee_benefits:read:phi"):
            lines(row)

    def test_a_total_of_nothing_that_is_not_known_is_nothing(self) -> None:
        assert lines(changed(lambda r: r["totals"].update(something_new="0.00", another=None))) == lines(
            WHOLE
        )

    def test_whom_a_payroll_leaves_out_counts_nothing(self) -> None:
        left_out = {"employee_uuid": "e-3", "excluded": True, "gross_pay": "100.00", "net_pay": None}
        assert lines(changed(lambda r: r["employee_compensations"].append(left_out))) == lines(WHOLE)

    def test_what_an_earlier_version_stored_is_read_as_it_was(self) -> None:
        stored = json.loads((FIXTURES / "payrolls.stored-before.recorded.json").read_text())
        told = [json.loads(canonical_bytes(d)) for d in payroll(json.dumps(stored).encode(), {})]
        kept = json.loads((FIXTURES / "payrolls.stored-before.recorded.documents.json").read_text())
        assert [d["reference"] for d in told] == [d["reference"] for d in kept]
        assert [(x["account"], x["amount"]) for x in told[0]["lines"]] == [
            (x["account"], x["amount"]) for x in kept[0]["lines"]
        ]

    def test_a_contractor_is_paid_wages_bonus_and_expenses(self) -> None:
        row = {
            "uuid": "p-1",
            "date": "2026-10-15",
            "wage_total": "740.00",
            "reimbursement": "100.00",
            "bonus": "20.00",
        }
        (entry,) = contractor_payment(json.dumps(row).encode(), {})
        assert isinstance(entry, JournalEntry)
        assert {x.account: str(x.amount.value) for x in entry.lines} == {
            "contractor_pay": "740.00",
            "contractor_reimbursements": "100.00",
            "contractor_pay.owed": "-840.00",
        }


def opened(url: str, **settings: str) -> Any:
    return CONNECTOR.open(SystemConfig("gusto", "gusto", "test", {"url": url, "company": "c-1", **settings}))


def address(session: Any) -> str:
    return str(session._http.base_url).rstrip("/")


@pytest.fixture
def company() -> Iterator[tuple[Gusto, Any]]:
    there = Gusto(lambda: NOW, company="c-1", token="t")
    there.hire("e-1", "100", Decimal("4000.00"))
    port = free_port()
    serving = serve({port: there})
    session = opened(f"http://127.0.0.1:{port}", token="t")
    yield there, session
    session.close()
    serving.stop()


def read(
    session: Any, stream: str = "payrolls", cursor: dict[str, Any] | None = None, now: datetime = NOW
) -> tuple[list[Any], Any]:
    items: list[Any] = []
    at = cursor or {}
    for _ in range(60):
        page = session.poll(stream, at, now)
        items, at = [*items, *page.items], page.cursor
        if not page.more:
            return items, at
    raise AssertionError("it goes on")


def run(there: Gusto, key: str, last: date, **more: Any) -> dict[str, Any]:
    return there.process(key, last - timedelta(days=13), last, last + timedelta(days=5), **more)


class TestPolls:
    def test_nobody_is_in_a_list_so_each_payroll_is_asked_for(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        run(there, "r-1", date(2026, 10, 14))
        ((item,), _) = read(session)
        assert len(json.loads(item.body)["payroll"]["employee_compensations"]) == 1
        (entry,) = payroll(item.body, {})
        assert isinstance(entry, JournalEntry) and sum(x.amount.value for x in entry.lines) == 0

    def test_persons_come_in_pages(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        for number in range(250):
            there.hire(f"m-{number}", str(number % 3), Decimal("1000.00"))
        run(there, "r-1", date(2026, 10, 14))
        ((item,), _) = read(session)
        body = json.loads(item.body)
        assert len(body["payroll"]["employee_compensations"]) == 251
        assert len(body["departments"]) == 251
        payroll(item.body, {})

    def test_a_question_spans_a_year_at_most(
        self, company: tuple[Gusto, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Reported: dlt-hub/verified-sources 697."""
        there, session = company
        run(there, "first", date(2012, 3, 14))
        run(there, "last", date(2026, 11, 14))
        asked: list[tuple[date, date]] = []
        answer = there.answer

        def heard(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Any:
            given = dict(parse_qsl(query))
            if "start_date" in given:
                asked.append((date.fromisoformat(given["start_date"]), date.fromisoformat(given["end_date"])))
            return answer(method, path, query, headers, body)

        monkeypatch.setattr(there, "answer", heard)
        items, _ = read(session)
        assert [i.source_key for i in items] == ["first", "last"]
        assert all(b - a < timedelta(days=365) and b <= NOW.date() + timedelta(days=90) for a, b in asked)
        # No day between two questions.
        assert all(later[0] == earlier[1] + timedelta(days=1) for earlier, later in itertools.pairwise(asked))

    @pytest.mark.parametrize("reason", ["Bonus", "Correction", "Dismissed employee"])
    def test_off_cycle_payrolls_are_asked_for(self, company: tuple[Gusto, Any], reason: str) -> None:
        there, session = company
        run(there, "r-1", date(2026, 10, 14), reason=reason)
        assert [i.source_key for i in read(session)[0]] == ["r-1"]

    def test_payrolls_run_elsewhere_are_taken_where_that_is_said(self, company: tuple[Gusto, Any]) -> None:
        """Reported: dlt-hub/verified-sources 697."""
        there, session = company
        run(there, "r-1", date(2026, 10, 14))["external"] = True
        assert read(session)[0] == []
        other = opened(address(session), token="t", external="yes")
        assert [i.source_key for i in read(other)[0]] == ["r-1"]
        other.close()

    def test_what_is_old_and_told_already_does_not_come_again(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        run(there, "r-1", date(2026, 4, 14))
        _, cursor = read(session)
        assert read(session, cursor=cursor, now=NOW + timedelta(days=1))[0] == []

    def test_a_correction_of_a_period_long_past_is_found(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        run(there, "r-1", date(2026, 4, 14))
        _, cursor = read(session)
        run(there, "r-2", date(2026, 4, 14), reason="Correction")
        items, cursor = read(session, cursor=cursor, now=NOW + timedelta(days=1))
        assert [i.source_key for i in items] == ["r-2"]
        assert read(session, cursor=cursor, now=NOW + timedelta(days=2))[0] == []

    def test_other_figures_of_a_period_long_past_are_found(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        row = run(there, "r-1", date(2026, 4, 14))
        ((first,), cursor) = read(session)
        row["totals"]["company_debit"] = "1.00"
        ((again,), _) = read(session, cursor=cursor, now=NOW + timedelta(days=1))
        assert again.source_key == first.source_key and again.dedupe_key != first.dedupe_key

    def test_how_it_is_paid_tells_nothing_anew(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        row = run(there, "r-1", date(2026, 11, 14))
        ((first,), cursor) = read(session)
        row["payroll_status_meta"]["expected_check_date"] = "2026-11-20"
        ((again,), _) = read(session, cursor=cursor)
        assert again.dedupe_key == first.dedupe_key

    @pytest.mark.parametrize("gone", [False, True])
    def test_one_that_is_not_processed_any_more_is_a_case_once(
        self, company: tuple[Gusto, Any], gone: bool
    ) -> None:
        there, session = company
        row = run(there, "r-1", date(2026, 6, 14))
        _, cursor = read(session)
        if gone:
            there.payrolls.remove(row)
        row["processed"] = False
        ((item,), cursor) = read(session, cursor=cursor)
        with pytest.raises(ValueError, match="not any more"):
            payroll(item.body, {})
        assert read(session, cursor=cursor)[0] == []

    def test_what_may_be_called_off_waits_for_its_day(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        row = run(there, "r-1", NOW.date())
        row["payroll_status_meta"]["cancellable"] = True
        items, cursor = read(session)
        assert items == []
        items, _ = read(session, cursor=cursor, now=NOW + timedelta(days=5))
        assert [i.source_key for i in items] == ["r-1"]

    def test_a_cursor_of_an_earlier_version_asks_for_the_month_before(
        self, company: tuple[Gusto, Any]
    ) -> None:
        there, session = company
        run(there, "old", date(2026, 4, 14))
        run(there, "new", date(2026, 11, 14))
        items, cursor = read(session, cursor={"since": "2026-11-20"})
        assert [i.source_key for i in items] == ["new"]
        run(there, "late", date(2026, 4, 14), reason="Correction")
        assert "late" in [i.source_key for i in read(session, cursor=cursor)[0]]

    def test_a_cursor_between_pages_is_gone_on_with(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        for number in range(60):
            run(there, f"r-{number}", date(2026, 9, 1) + timedelta(days=number))
        items, _ = read(session)
        assert len(items) == len({i.source_key for i in items}) == 60
        again, _ = read(session, cursor={"since": "2026-11-20"})
        assert {i.source_key for i in again} == {f"r-{n}" for n in range(49, 60)}

    def test_contractors_are_paid_by_day_and_records_of_elsewhere_are_left_out(
        self, company: tuple[Gusto, Any]
    ) -> None:
        """Reported: PostHog/posthog 73791."""
        there, session = company
        there.pay_contractor("p-1", date(2026, 10, 15), Decimal("700.00"), Decimal("50.00"))
        there.pay_contractor("p-2", date(2026, 10, 16), Decimal("900.00"))["payment_method"] = (
            "Historical Payment"
        )
        there.pay_contractor("p-3", NOW.date() + timedelta(days=3), Decimal("80.00"))["may_cancel"] = True
        items, cursor = read(session, "contractor_payments")
        assert [i.source_key for i in items] == ["p-1"]
        items, _ = read(session, "contractor_payments", cursor, NOW + timedelta(days=3))
        assert [i.source_key for i in items] == ["p-3"]

    def test_that_a_payment_was_funded_tells_nothing_anew(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        row = there.pay_contractor("p-1", date(2026, 11, 15), Decimal("700.00"))
        row["status"] = "Unfunded"
        ((first,), cursor) = read(session, "contractor_payments")
        row["status"] = "Funded"
        ((again,), _) = read(session, "contractor_payments", cursor)
        assert again.dedupe_key == first.dedupe_key


class TestControlTotals:
    SPAN = (datetime(2026, 10, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC))

    def test_they_are_what_the_entries_come_to(self, company: tuple[Gusto, Any]) -> None:
        there, session = company
        run(there, "r-1", date(2026, 10, 14))
        run(there, "r-2", date(2026, 10, 14), way=-1, reason="Correction")
        run(there, "next", date(2026, 10, 29))
        there.pay_contractor("p-1", date(2026, 10, 15), Decimal("700.00"), Decimal("50.00"))
        totals = {
            t.group: t
            for t in session.control_totals(
                ("payrolls", "contractor_payments"), *self.SPAN, "America/New_York"
            )
        }
        sides = [debits_and_credits(json.loads(i.body)) for i in read(session)[0][:2]]
        assert totals["payrolls"].count == 2
        assert totals["payrolls"].debit == sum(d for d, _ in sides)
        assert totals["payrolls"].credit == sum(c for _, c in sides)
        paid = totals["contractor_payments"]
        assert (paid.count, paid.debit, paid.credit) == (1, Decimal("750.00"), Decimal("750.00"))


class TestSignedIn:
    EMPTY = Answer(b"[]", headers={"Content-Type": "application/json", "X-Total-Pages": "1"})

    def test_a_refresh_token_is_used_once_and_the_next_one_after_it(self, company: tuple[Gusto, Any]) -> None:
        """Reported: UsefulSoftwareCo/executor 1973, dlt-hub/verified-sources 697."""
        there, session = company
        other = opened(address(session), client_id=CLIENT, client_secret="t", refresh_token=CONSENT)
        other.check()
        there._access.clear()
        there._access.add("nobody's")
        # The consent's own token is gone by now, as it is at Gusto.
        there._refresh.discard(CONSENT)
        other.check()
        other.close()

    def test_every_question_names_the_version(self) -> None:
        with Replay({("GET", "/v1/companies/c-1/employees"): self.EMPTY}) as server:
            session = opened(server.url, token="t")
            session.check()
            session.close()
        assert [a.headers["x-gusto-api-version"] for a in server.asked] == ["2026-06-15"]

    def test_a_renewal_is_asked_for_as_published(self) -> None:
        told = {"access_token": "a", "token_type": "bearer", "expires_in": 7200, "refresh_token": "r2"}
        answers: dict[tuple[str, str], bytes | Answer] = {
            ("POST", "/oauth/token"): json.dumps(told).encode(),
            ("GET", "/v1/companies/c-1/employees"): self.EMPTY,
        }
        with Replay(answers) as server:
            back = "https://books.example.com/back"
            session = opened(
                server.url, client_id="i", client_secret="s", refresh_token="r1", redirect_uri=back
            )
            session.check()
            session.close()
        assert dict(parse_qsl(server.asked[0].body.decode())) == {
            "grant_type": "refresh_token", "refresh_token": "r1", "client_id": "i", "client_secret": "s",
            "redirect_uri": "https://books.example.com/back",
        }  # fmt: skip
        assert server.asked[1].headers["authorization"] == "Bearer a"

    def test_without_a_way_to_sign_in_it_says_what_to_set(self) -> None:
        """Reported: NousResearch/hermes-agent 52146."""
        with pytest.raises(SetupError, match="set client_id, client_secret and refresh_token"):
            opened("https://api.gusto.com")
