"""What happens outside is the same whatever the product asks there, and how often."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from tieout_sandbox.simulators.stripe import Stripe

AT = datetime(2026, 11, 5, 15, tzinfo=UTC)


def _asked(times: int) -> list[str]:
    """What a charge and a dispute are called that come after so many reports."""
    stripe = Stripe(lambda: AT, key="k", webhook_secret="s", seed=302)
    kinds = ("balance.summary.1", "payouts.summary.1", "balance_change_from_activity.summary.1")
    for kind in kinds * times:
        form = {"report_type": kind, "parameters[interval_start]": 0, "parameters[interval_end]": 1}
        answer = stripe.answer(
            "POST", "/v1/reporting/report_runs", "", {"authorization": "Bearer k"}, urlencode(form).encode()
        )
        assert answer.status == 200
    row = stripe.charge(1000, "USD", 59, AT, {}, "Ada")
    return [row["id"], row["source"]["id"], stripe.open_dispute(row["source"], 1500, AT)["id"]]


def test_a_report_that_is_asked_for_again_changes_no_name_of_what_happens_afterwards() -> None:
    """A database that dies where the driver ties a month out lets it ask the provider for its reports once more."""
    assert _asked(0) == _asked(1) == _asked(2)
