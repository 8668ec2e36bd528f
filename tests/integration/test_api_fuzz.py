"""Every operation of the API with what its description allows and with what it does not: no 5xx, and no answer
that is not described. A sample here; `make campaign-api` sends a thousand of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.simulation.house import House

EXAMPLES = int(os.environ.get("TIEOUT_API_EXAMPLES", "8"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
# One would end the session that asks; the other is a stream, which has tests of its own.
LEFT_OUT = {("DELETE", "/session"), ("GET", "/events")}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, str]]]:
    """A whole project after its month, and somebody who may do anything there."""
    house = House(tmp_path_factory.mktemp("fuzz") / "demo", "distributor", orders=4)
    for role in ("controller", "administrator", "integrator", "operator", "auditor"):
        house.grant("cleo", role)
    # What is let go of, signed out or reset must not be who asks.
    yield house, house.session("cleo")[1]
    house.stop()


def operations(web: House) -> list[Any]:
    schema = schemathesis.openapi.from_url(f"{web.base}/api/v1/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_described(
    asked: tuple[House, dict[str, str]], mode: GenerationMode
) -> None:
    web, headers = asked
    tried = 0
    for operation in operations(web):
        if (operation.method.upper(), operation.path) in LEFT_OUT:
            continue

        @seed(7)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            nonlocal tried
            tried += 1
            web.connection.execute("delete from tieout.throttle")
            reply = case.call(base_url=f"{web.base}/api/v1", headers=headers, allow_redirects=False)
            case.validate_response(reply, checks=CHECKS)

        try:
            send()
        except Exception as error:
            if "Unsatisfiable" not in type(error).__name__:
                raise
    assert tried > 20 * EXAMPLES
