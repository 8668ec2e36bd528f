"""What was waived, as the printed close has it: sums by kind, and revenue left out as a share that the verifier works out anew."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.close.sections.waived import WaivedRows, waived_section
from tieout.close.sheet import section_json
from tieout.close.waivers import Share, Waiver, WaiverKind, Waivers
from tieout.evidence.verify_closes import wrong_in_section


def waiver(kind: WaiverKind, amount: str, currency: str, company: str | None) -> Waiver:
    return Waiver(
        kind=kind, about="x", cause="c", interface="i", amount=Decimal(amount), currency=currency,
        company=None if company is None else Decimal(company), at=datetime(2026, 11, 1, tzinfo=UTC), by="a", second="b", reason="r",
    )  # fmt: skip


def test_sums_by_kind_and_the_share_are_those_of_the_waivers() -> None:
    rows = (
        waiver(WaiverKind.EXCLUDED, "483.00", "USD", "483.00"),
        waiver(WaiverKind.WRITTEN_OFF, "1.20", "USD", "1.20"),
        waiver(WaiverKind.EXCLUDED, "5", "EUR", None),
    )
    share = Share(sales=Decimal("483.00"), credits=Decimal("10.00"), booked=Decimal(1000))
    found = Waivers(
        entity="US", period="2026-10", currency="USD", rows=rows, share=share, limit=Decimal(100), percent_limit=Decimal(1)
    )  # fmt: skip
    section = section_json(waived_section(WaivedRows(found, ZoneInfo("UTC"))))
    assert wrong_in_section(section) == []
    assert section["tables"][0]["sums"][0]["rows"] == [
        ["excluded", "EUR", "1", "5.00"], ["excluded", "USD", "1", "483.00"], ["written off", "USD", "1", "1.20"],
    ]  # fmt: skip
    # Of one nobody knows what it is worth: then nobody knows the sum.
    assert section["tables"][0]["sums"][1]["rows"][0] == ["excluded", "2", None]
    (said,) = section["shares"]
    assert said["percent"] == str(share.percent) == "33.47"
    changed = {**section, "shares": [{**said, "percent": "3.47"}]}
    assert wrong_in_section(changed) == ["Revenue left out (USD): 3.47 % is not its share"]
