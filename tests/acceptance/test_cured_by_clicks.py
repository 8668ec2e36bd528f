"""The sandbox by clicks alone, as a newcomer goes: every planted fault is cured from Today, and then two people close the month; of both
companies. The company's people act in their systems where a case asks for that, by the sandbox's own buttons."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.acceptance.companies import up
from tests.acceptance.visiting import Visitor
from tests.simulation.recoveries import RECOVERIES

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]
Cure = Callable[[Visitor], None]


def planned_again(visitor: Visitor) -> None:
    visitor.press("Reprocess it")
    visitor.told("the case is solved")


def reopened(visitor: Visitor) -> None:
    visitor.outside("Open October again in Odoo")
    planned_again(visitor)


def decided_late(visitor: Visitor) -> None:
    """It stands, and is booked on the first open day; October is opened for what is corrected after this."""
    visitor.page.get_by_label("Decide what it is").select_option("adjust")
    visitor.page.locator("#why-late").fill("the report came after the cut-off")
    visitor.press("Decide")
    visitor.told("it stands, on the first open day: the case is solved")
    visitor.on_the_sandbox("Open October again in Odoo", "October is open again")


def mapped(value: str, known: str) -> Cure:
    """What the ledger has is there to be picked, what it would book is shown, and it is put in force; what the ledger has not is not."""

    def cure(visitor: Visitor) -> None:
        page = visitor.page
        form = page.get_by_role("form", name="The row that is missing")
        assert known in [o.inner_text() for o in form.locator(f"datalist option[value='{value}']").all()]
        form.get_by_label("Meaning").fill("nothing that is there")
        form.get_by_label("Reason").fill("looked it up")
        visitor.press("Put it in force and plan again")
        expect(page.get_by_role("alert")).to_contain_text("nothing that is there")
        form.get_by_label("Meaning").fill(value)
        visitor.press("Show what it would book")
        expect(page.locator(".tried")).to_contain_text("would leave exception")
        visitor.press("Put it in force and plan again")
        visitor.told(f"is {value} in")
        visitor.told("cases solved: 1")

    return cure


def accepted(reason: str) -> Cure:
    return lambda visitor: visitor.decide("Accept as it is", reason)


def excluded(reason: str) -> Cure:
    return lambda visitor: visitor.decide("Exclude the document", reason)


def mended_in_ledger(label: str) -> Cure:
    """Until it is mended there, reading it again says that it differs still."""

    def cure(visitor: Visitor) -> None:
        visitor.press("Read it in the ledger again")
        visitor.told("which still differs")
        visitor.outside(label)
        visitor.press("Read it in the ledger again")
        visitor.told("the ledger agrees again")

    return cure


def asked_again(label: str) -> Cure:
    def cure(visitor: Visitor) -> None:
        visitor.outside(label)
        visitor.press("Ask its source now")
        visitor.told("is asked now")
        visitor.solved()

    return cure


def written_off(visitor: Visitor) -> None:
    visitor.answer("with a write-off")
    visitor.match(1, "write off")


def invoiced(visitor: Visitor) -> None:
    visitor.outside("Write the invoice that it pays in Odoo")
    visitor.match(2)


def confirmed(visitor: Visitor) -> None:
    visitor.outside("Have the supplier confirm the account")
    visitor.approve_waiting()
    planned_again(visitor)


def received(visitor: Visitor) -> None:
    visitor.outside("Order two more, and receive them")
    visitor.again("Reprocess it")


def both_sides(visitor: Visitor) -> None:
    visitor.outside("Let the other company book its side")
    visitor.approve_waiting()
    visitor.again("Read the close's evidence now")


def sent_again(label: str, approved: bool) -> Cure:
    def cure(visitor: Visitor) -> None:
        visitor.outside(label)
        if approved:
            visitor.approve_waiting()
            visitor.solved()
        else:
            visitor.decide("Accept as it is", "it came again, with values")

    return cure


CURES: dict[str, dict[str, Cure]] = {
    "distributor": {
        # What is corrected after this is of October.
        "late_event": reopened,
        "changed_in_ledger": mended_in_ledger("Put the account back in Odoo"),
        "deposit_differs_from_payout": written_off,
        "imported_by_another_connector": excluded("the other connector's invoice stands"),
        "order_edited_after_payout": accepted("the customer pays the rest by transfer"),
        "payment_without_order": asked_again("Give the charge back in Stripe"),
        "refund_failed": accepted("paid by transfer on 2 November"),
        "unknown_customer": asked_again("Name the customer in Salesforce"),
        "unknown_tax": mapped("15%", "15%"),
        "unmapped_account": mapped("400000", "Product Sales"),
        "unmatched_bank_line": invoiced,
        "unreadable_file": accepted("the bank says that it sent this by mistake"),
        "unreconciled_in_ledger": mended_in_ledger("Match the two again in Odoo"),
    },
    "services": {
        "late_event": decided_late,
        "bank_details_differ": confirmed,
        "bill_above_order": received,
        "duplicate_bill": excluded("the same once more"),
        "duplicate_payroll_run": excluded("the same once more"),
        "intercompany_one_sided": both_sides,
        "paid_already": excluded("somebody paid it by the bank's own page"),
        "payment_returned": accepted("the bank had it wrong: paid again by the run of 15 October"),
        "reversed_in_ledger": mended_in_ledger("Reverse the reversal in Odoo"),
        "schedule_differs": asked_again("Correct the schedule in Chargebee"),
        "tax_engine_down": accepted("the engine says the same"),
        "unbalanced_journal": sent_again("Send the journal again, balanced", approved=True),
        "unknown_dimension": mapped("Delivery", "Delivery"),
        "unreadable_file": sent_again("Send the journal again, with values", approved=False),
    },
}


# The entities of each company: every one's close is gone through.
CLOSED = {"distributor": ["US"], "services": ["US", "DE"]}


@pytest.fixture(scope="module", params=sorted(CURES))
def visitor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A company whose month is over, and somebody who opened its link."""
    folder: Path = tmp_path_factory.mktemp("clicks") / request.param
    with up(folder, "--company", request.param) as running, sync_playwright() as player:
        running.said("month is over")
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Visitor(browser.new_page(), running.link, request.param)
        browser.close()


def test_every_planted_fault_is_cured_from_today(visitor: Visitor) -> None:
    cures = CURES[visitor.company]
    assert set(cures) == set(RECOVERIES[visitor.company])
    for cause, cure in cures.items():
        words = cause[:1].upper() + cause[1:].replace("_", " ")
        visitor.open(words)
        cure(visitor)


def test_two_people_close_the_month(visitor: Visitor) -> None:
    entities = CLOSED[visitor.company]
    for entity in entities:
        visitor.book_what_ends_the_month(entity)
    # What waits for an approval as the books are locked would be late.
    visitor.decide_what_waits()
    visitor.lock()
    visitor.decide_the_rest(entities)
    for entity in entities:
        visitor.certify(entity)
    visitor.decide_the_rest(entities)
    for entity in entities:
        visitor.sign(entity)
    # What a controller wants: nothing is left on Today, each close is signed whole, and the month's money is proven.
    assert visitor.causes() == [] and visitor.waiting() == []
    for entity in entities:
        assert visitor.unsigned(entity) == []
        assert visitor.unproven(entity) == []
