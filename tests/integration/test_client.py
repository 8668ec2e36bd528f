"""The typed client against the API: its values, its pages, and a write whose answer was lost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.integration.office import Office, key_of, person
from tests.integration.test_work_api import Front
from tieout.client import Client, ProblemError
from tieout.security import AddPerson, Confirm, GrantRole
from tieout.security.identity import make_service_key


@pytest.fixture
def front(office: Office) -> Iterator[Front]:
    office.let_in()
    made = Front(office)
    yield made
    made.stop()


@pytest.fixture
def client(front: Front) -> Iterator[Client]:
    office = front.office
    robot = AddPerson(name="robot", human=False, names=(), key_sha256="")
    for change in (robot, GrantRole(name="robot", role="operator", entity="US", limit=None)):
        office.change(Confirm(no=office.change(change, "alice")), "bob")
    scopes = ["cases:read", "cases:write", "documents:read"]
    with front.c.transaction():
        _, key = make_service_key(front.c, "robot", "tests", scopes, ["US"], 30, "alice", office.clock.now())
    with Client(front.base, key) as made:
        yield made


def test_cases_come_page_by_page_with_exact_amounts(front: Front, client: Client) -> None:
    for number in range(450):
        front.case(f"{number}.10")
    found = list(client.cases(entity="US"))
    assert len(found) == 450 and found[0].amount == Decimal("449.10") and found[-1].amount == Decimal("0.10")
    assert client.causes()[0].count == 450
    assert client.causes()[0].amount == sum((c.amount for c in found), Decimal(0))


def test_what_is_refused_is_a_problem_with_its_kind(front: Front, client: Client) -> None:
    number = front.case("1.00", "DE")
    with pytest.raises(ProblemError, match="no case") as error:
        client.case(number)
    assert (error.value.status, error.value.kind) == (404, "case")
    with Client(front.base, "tieout_sk_nobody") as nobody, pytest.raises(ProblemError, match="401 sign-in"):
        nobody.causes()


def test_a_document_and_its_figures(front: Front, client: Client) -> None:
    front.office.policies = ()
    front.office.journal("J-1", "99.50")
    front.office.work()
    (told,) = client.documents(kind="journal_entry")
    whole = client.document(told.document_id)
    assert [x.amount for x in whole.lines] == [
        Decimal("99.50"),
        Decimal("-99.50"),
    ] and whole.state == "posted"
    (row,) = client.tie_out(interface="journals").rows
    assert row.posted.debit == Decimal("99.50") == row.posted.credit and row.posted.net == 0


def test_a_write_whose_answer_was_lost_is_done_once(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    front.office.add(person("otto"))
    front.office.grant("otto", "operator")
    # A person's own: a service account decides nothing.
    client = Client(front.base, key_of("otto"))
    number, real, lost = front.case("5.00"), client._http.post, []

    def post(*args: Any, **given: Any) -> httpx2.Response:
        reply = real(*args, **given)
        if not lost:
            lost.append(reply)
            raise httpx2.ReadError("cut")
        return reply

    monkeypatch.setattr(client._http, "post", post)
    done = client.solve(number, "agreed")
    assert done.state == "solved" and done.solved_by == "otto" and lost
    assert front.office.evidence("case.solved") == 1
    with pytest.raises(ProblemError, match="409 case"):
        client.solve(number, "agreed")
