"""What persons earn is shown to the payroll role alone, and every reading leaves evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.office import Office, key_of
from tieout.inbox import Pay, persons, take_file
from tieout.rules import Interface
from tieout.security import AuthorityError
from tieout_sandbox.simulators.payroll import Employee, PayrollBureau

COMPONENTS = {"gross": "debit 6100", "tax": "credit 2110", "social": "credit 2120", "net_pay": "credit 2100",
              "employer_social": "debit 6110 credit 2120"}  # fmt: skip
PAYROLL = Interface(
    "payroll", "payroll", "US", ("runs", "details"), "people", "", options={"components": COMPONENTS}
)


@pytest.fixture
def bureau(office: Office) -> Office:
    office.let_in()
    tool = PayrollBureau()
    staff = [Employee("E1", "100", Decimal("4000.00")), Employee("E2", "200", Decimal("5000.00"))]
    content = tool.export(tool.pay("R1", "2026-10", date(2026, 10, 28), "USD", staff))
    connection = office.database.connect(autocommit=True)
    reader = CONNECTORS["payroll"].open(config(CONNECTORS["payroll"]))
    take_file(connection, PAYROLL, reader, "run.csv", content, office.clock, "")
    connection.close()
    return office


def read(office: Office, who: str, run: str = "R1") -> list[Pay]:
    connection = office.database.connect(autocommit=True)
    try:
        return persons(connection, PAYROLL, run, key_of(who), office.clock.now())
    finally:
        connection.close()


def test_the_payroll_role_sees_what_is_whose(bureau: Office) -> None:
    bureau.grant("cora", "payroll")
    found = {(p.employee, p.component): p.amount for p in read(bureau, "cora")}
    assert found["E1", "gross"] == Decimal("4000.00") and found["E2", "gross"] == Decimal("5000.00")
    assert bureau.evidence("persons.read") == 1
    with pytest.raises(LookupError, match="no run 'R9'"):
        read(bureau, "cora", "R9")


@pytest.mark.parametrize("who", ["carl", "frank", "alice", "nobody"])
def test_nobody_else_does_and_that_they_tried_is_kept(bureau: Office, who: str) -> None:
    with pytest.raises(AuthorityError):
        read(bureau, who)
    assert bureau.evidence("persons.refused") == 1 and bureau.evidence("persons.read") == 0


def test_a_message_that_was_changed_past_us_is_not_shown(bureau: Office) -> None:
    bureau.grant("cora", "payroll")
    with bureau.database.transaction() as connection:
        connection.execute(
            "update tieout.message_body b set body = replace(convert_from(body, 'UTF8'), '4000.00', '9000.00')::bytea"
            " from tieout.message m where m.message_id = b.message_id and m.stream = 'details'"
        )
    with pytest.raises(LookupError):
        read(bureau, "cora")
