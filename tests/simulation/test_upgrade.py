"""An upgrade in the middle of a day's work ends in the ledger of a month that was never broken."""

from __future__ import annotations

import pytest

from tests.migration.mid_month.old import HistoryError
from tests.simulation.upgrading import complaints, kept_ledger, upgraded


def test_a_month_that_begins_with_6e54738_ends_in_the_same_ledger() -> None:
    """The distributor's; the services company's is `make campaign-upgrade`."""
    try:
        result = upgraded("distributor")
    except HistoryError as error:
        pytest.skip(str(error))
    assert not complaints(result, kept_ledger("distributor"))
    assert 80 < result["before_pulling_again"]["revisions"] < result["revisions"], "that was no half"
