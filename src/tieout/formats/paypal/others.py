"""PayPal's other reports, told by their columns, so that each is refused by its name.

Sources: PayPal's report specifications (developer.paypal.com/reports: transaction detail, subscription agreement, dispute detail, balance,
disbursement reconciliation, activity download); rows of them that wikimedia/wikimedia-fundraising-SmashPig publishes (trr_*.csv, sar_*.csv).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_OTHERS = (
    ({"transactionalstatus"}, "transaction detail report (TRR), which lists what moves no balance as well, and no balances"),
    ({"subscriptionid"}, "subscription agreement report (SAR), which has no money in it"),
    ({"disputeid"}, "dispute report (DDR), which says how disputes stand and moves no balance"),
    ({"caseid"}, "dispute report (DDR), which says how disputes stand and moves no balance"),
    ({"balanceimpact"}, "activity download, which states no totals to hold its rows against"),
    ({"transferid"}, "disbursement reconciliation report (DRR), which has no balances"),
    ({"date", "time", "timezone", "gross", "net"}, "activity download, which states no totals to hold its rows against"),
)  # fmt: skip


def key_of(name: str) -> str:
    """A column's name without what is written both ways: blanks, doubled ones, and capitals."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def other_report(cells: Iterable[str]) -> str:
    """What to say of a header that is another report's; "" for one of the settlement report."""
    names = {key_of(cell) for cell in cells}
    for telling, what in _OTHERS:
        if telling <= names:
            return f"this is PayPal's {what}: the settlement report (STL) is what is booked"
    return ""
