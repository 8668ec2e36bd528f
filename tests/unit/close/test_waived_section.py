"""What was waived, as the printed close has it: sums by kind, and revenue left out as a share that the verifier works out anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
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
    section = section_json(waived_section(WaivedRows(found, (), ZoneInfo("UTC"))))
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


def test_a_document_that_was_left_out_stands_once_as_a_persons_or_as_its_sources() -> None:
    def document(key: str, by_people: bool) -> dict[str, Any]:
        return {
            "kind": "sales_order", "interface": "i", "source_key": key, "link_key": f"US-{key}", "accounting_on": date(2026, 10, 5),
            "currency": "USD", "amount": Decimal("5.00"), "reason": "cancelled", "by_people": by_people,
        }  # fmt: skip

    found = Waivers(
        entity="US", period="2026-10", currency="USD", rows=(waiver(WaiverKind.EXCLUDED, "5", "USD", "5"),), share=Share(),
        limit=Decimal(100), percent_limit=Decimal(1),
    )  # fmt: skip
    section = section_json(
        waived_section(WaivedRows(found, (document("x", True), document("y", False)), ZoneInfo("UTC")))
    )
    assert wrong_in_section(section) == []
    waivers, left_out, _ = section["tables"]
    keys = [c[0] for c in waivers["columns"]]
    (row,) = waivers["rows"]
    assert dict(zip(keys, row, strict=True)) | {"about": "x", "number": "US-x", "on": "2026-10-05"} == dict(
        zip(keys, row, strict=True)
    )
    assert [r[2] for r in left_out["rows"]] == ["y"] and left_out["sums"][0]["rows"] == [
        ["sales_order", "USD", "1", "5.00"]
    ]
