"""Of every kind of fault that is planted into a month: Today and the alert name its cause and its money, and what they
say to do about it works: done by people and by nobody else, the case is gone and the money is where it belongs."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.acceptance.commands import run_tieout
from tests.simulation.house import misnamed, planted_causes
from tests.simulation.recoveries import RECOVERIES, Hands
from tests.simulation.runs import staying
from tests.simulation.searches import SEARCHES
from tieout.alerting import open_alerts
from tieout.proofs import tie_out
from tieout.security import masked

pytestmark = pytest.mark.long

# What recovers a fault may bring: a payment that nobody expects any more, a close that is late.
_BESIDE = {"close_task_late"}


@pytest.fixture(scope="module", params=sorted(RECOVERIES))
def hands(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    """A project of its own, since all that is wrong in it is mended: after the quiet month that others are held against
    (tests/simulation/runs.py)."""
    made = staying(tmp_path_factory.mktemp("faults") / "demo", request.param)
    yield Hands(made)
    made.stop()


def test_at_least_twenty_kinds_of_fault_are_planted() -> None:
    assert len({cause for kinds in RECOVERIES.values() for cause in kinds}) >= 20


def test_today_and_the_alert_name_every_kind_of_fault_and_its_money(hands: Hands) -> None:
    assert set(planted_causes(hands.house)) == set(RECOVERIES[hands.house.kind])
    assert misnamed(hands.house, hands.rita) == []


def test_a_finance_team_finds_what_it_looks_for_first(hands: Hands) -> None:
    """Twenty searches of each company's month, typed as people type, each with its thing first."""
    searches = SEARCHES[hands.house.kind](hands.house.connection)
    assert len(searches) == 20
    wrong = []
    for search in searches:
        found = hands.ask("GET", f"/find?q={quote(search.typed)}")["items"]
        if not found or found[0]["source_key"] != masked(search.first):
            wrong.append(f"{search.typed!r}: {[(f['thing'], f['number'], f['party']) for f in found[:2]]}")
    assert wrong == []


def test_nobody_finds_or_counts_what_they_may_not_see(hands: Hands) -> None:
    """Somebody of another entity finds nothing of this one, nor hears how much there is; an administrator sees no figures; and
    wages are found by nobody."""
    searches = SEARCHES[hands.house.kind](hands.house.connection)
    hands.house.grant("elsa", "viewer", "MARS")
    with hands.house.api("elsa") as elsa:
        for search in searches:
            told = elsa.get("/find", params={"q": search.typed}).json()
            assert (told["items"], told["more"]) == ([], False), search
    with hands.house.api("adam", ("administrator",)) as adam:
        assert adam.get("/find", params={"q": "2026-10"}).status_code == 403
    wages = hands.house.connection.execute(
        "select count(*) as n from tieout.findable f join tieout.document d using (document_id) where d.interface = 'payroll'"
    ).fetchone()
    assert wages == {"n": 0}


# What recovers each planted fault in tests/simulation/recoveries.py, of what its case offers.
OFFERED: dict[str, set[str]] = {
    "unknown_tax": {"map", "replay"}, "unmapped_account": {"map", "replay"}, "unknown_dimension": {"map", "replay"},
    "unknown_customer": {"mend_at_source", "poll"}, "order_edited_after_payout": {"solve"}, "payment_without_order": {"match"},
    "unmatched_bank_line": {"match"}, "imported_by_another_connector": {"exclude"}, "unreadable_file": {"give_file", "solve"},
    "changed_in_ledger": {"mend_in_ledger", "read_back"}, "reversed_in_ledger": {"mend_in_ledger", "read_back"}, "refund_failed": {"solve"},
    "deposit_differs_from_payout": {"match"}, "unreconciled_in_ledger": {"mend_in_ledger", "read_back"},
    "late_event": {"decide_late", "mend_in_ledger", "set_up", "replay"}, "bank_details_differ": {"mend_at_source", "replay"},
    "bill_above_order": {"mend_at_source", "replay"}, "duplicate_bill": {"exclude"}, "duplicate_payroll_run": {"exclude"},
    "intercompany_one_sided": {"ask"}, "paid_already": {"exclude"}, "payment_returned": {"pay", "solve"},
    "schedule_differs": {"mend_at_source", "poll"}, "tax_engine_down": {"solve"}, "unbalanced_journal": {"mend_at_source"},
}  # fmt: skip


def test_what_can_be_done_is_offered_on_the_page_by_the_api_and_by_the_command_line(hands: Hands) -> None:
    for role in ("controller", "operator", "auditor"):
        hands.house.grant("vera", role)
    _, headers = hands.house.session("vera")
    failed = []
    with httpx2.Client(base_url=hands.house.base, headers=headers, timeout=60) as http:
        for cause in RECOVERIES[hands.house.kind]:
            found = hands.ask("GET", f"/cases?cause={cause}")["items"][0]
            case = hands.ask("GET", f"/cases/{found['case_id']}")
            offered = case["recoveries"]
            if not OFFERED[cause] <= {r["action"] for r in offered}:
                failed.append(f"{cause} offers {[r['action'] for r in offered]}")
            page = html.unescape(http.get(f"/cases/{found['case_id']}").text)
            failed += [f"{cause}: no {r['label']} on the page" for r in offered if r["label"] not in page]
            links = [r["page"] for r in offered if r["page"]]
            failed += [f"{cause}: {link}" for link in links if http.get(link).status_code != 200]
            if case["means"] not in page:
                failed.append(f"{cause}: the page does not say what it means")
            shown = run_tieout(
                "cases", "show", str(found["case_id"]), folder=hands.house.project.settings.folder
            )
            commands = [r["command"] for r in offered if r["command"]]
            failed += [f"{cause}: no {c} in {shown.stdout}" for c in commands if c not in shown.stdout]
    assert failed == []
    # A mapping is led to by table and key.
    cause = {"distributor": "unknown_tax", "services": "unknown_dimension"}[hands.house.kind]
    (found,) = hands.ask("GET", f"/cases?cause={cause}")["items"]
    (row,) = [r for r in hands.ask("GET", f"/cases/{found['case_id']}")["recoveries"] if r["action"] == "map"]
    table = {"unknown_tax": "taxes", "unknown_dimension": "dimensions"}[cause]
    assert row["operation"] == f"POST /cases/{found['case_id']}/map" and row["parameters"]["table"] == table
    assert row["page"].startswith(f"/cases/{found['case_id']}?do=map&key=")
    assert repr(row["parameters"]["key"]) in found["recovery"]


def test_what_they_say_to_do_works(hands: Hands) -> None:
    failed, left = [], set(RECOVERIES[hands.house.kind])
    for cause, recover in RECOVERIES[hands.house.kind].items():
        case = hands.ask("GET", f"/cases?cause={cause}")["items"][0]
        try:
            recover(hands, case)
            hands.settle()
            left.discard(cause)
            wrong = recovered(hands, case, left)
        except (AssertionError, LookupError, ValueError) as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            failed.append(f"{cause}: {wrong}")
    assert failed == []
    assert standing(hands) == []
    deadline = time.monotonic() + 120
    while (told := {a["cause"] for a in open_alerts(hands.house.connection)} - _BESIDE) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.2)
    assert told == set()


def test_a_payment_run_is_looked_at_proposed_and_released(hands: Hands) -> None:
    """On the page: one person proposes, another one releases. (The distributor pays nobody from here.)"""
    hands.house.grant("pia", "preparer")
    _, headers = hands.house.session("pia")
    with httpx2.Client(base_url=hands.house.base, headers=headers, timeout=60) as http:
        if hands.house.kind != "services":
            assert "Nobody is paid from here" in http.get("/payments").text
            return
        form = {"csrf": headers["x-tieout-csrf"], "entity": "US", "pay_on": "2026-11-12", "act": "look"}
        looked = http.post("/payments", data=form)
        assert looked.status_code == 200 and "Propose it" in looked.text and "No run" not in looked.text
        before = {r["run"] for r in hands.ask("GET", "/payment-runs?entity=US")}
        asked = len(hands.ask("GET", "/approvals")["items"])
        refused = http.post("/payments", data={**form, "pay_on": "soon"})
        assert "pay_on" in refused.text and 'value="soon"' in refused.text
        done = http.post("/payments", data={**form, "act": "propose"})
        assert done.status_code == 303 and done.headers["location"] == "/payments", done.text
    hands.settle()
    (made,) = [r for r in hands.ask("GET", "/payment-runs?entity=US") if r["run"] not in before]
    assert len(hands.ask("GET", "/approvals")["items"]) > asked
    hands.approve()
    hands.settle()
    (made,) = [r for r in hands.ask("GET", "/payment-runs?entity=US") if r["run"] == made["run"]]
    assert made["released"] == made["payments"] > 0 and made["released_amount"] == made["amount"]


def recovered(hands: Hands, case: dict[str, Any], left: set[str]) -> str:
    """What is wrong once a fault was dealt with; nothing, if its case is gone, its money is booked or excluded, and
    nothing else came of it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = hands.ask("GET", f"/cases/{case['case_id']}")
        today = {f["cause"] for f in hands.ask("GET", "/today")["failed"]} - _BESIDE
        if now["state"] == "solved" and today == left:
            break
        time.sleep(0.1)
    else:
        return (
            f"the case is {now['state']}; Today names {sorted(today - left)} and not {sorted(left - today)}"
        )
    if not case["document_id"]:
        return ""
    row = hands.house.connection.execute(
        "select d.state, array_agg(distinct v.state) filter (where v.state is not null) as sent"
        " from tieout.document d left join tieout.delivery v using (document_id) where d.document_id = %s"
        " group by d.document_id",
        (case["document_id"],),
    ).fetchone()
    assert row is not None
    sent = set(row["sent"] or ())
    # What is booked was read back; of what is excluded nothing is on its way.
    fine = {"posted": sent <= {"confirmed"}, "excluded": sent <= {"refused"}, "superseded": not sent}
    return "" if fine.get(row["state"]) else f"its document is {row['state']}, {sent}"


def standing(hands: Hands) -> list[str]:
    """Once all is recovered: what is in exception still, or in the ledger otherwise than posted."""
    project = hands.house.project
    rows = tie_out(hands.house.connection, project.release())
    return [
        f"{r.interface} {r.period} {r.currency}: {r.in_exception}, gap {r.ledger_gap}"
        for r in rows
        if r.in_exception.count or (r.ledger_gap or Decimal(0)) != 0
    ]
