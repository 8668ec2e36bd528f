"""Accounts that are itemised at a period's end: by role, how long an item may stand on one, and whose it is then.

Such an account is on its way to zero: whatever stands on it waits for something. Ages are in business days of the entity. What
is normal where a project says nothing: a card's money is paid out after two or three business days, a transfer between banks
arrives within a week, nothing stays in suspense; a dispute of a card takes 30 to 90 days and a provider's reserve is
released after 180 at most (docs.stripe.com, disputes and connected account reserves, November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tieout.money.calendar import BusinessCalendar
from tieout.rules.mapping import Mapping as MappingTable

SUSPENSE = "suspense"
CLEARING = "clearing"
# The longest age that may be called normal: two years.
MOST_DAYS = 520


@dataclass(frozen=True)
class ItemRule:
    """How items of a role stand: `days` is up to how many business days that is normal, 0: never. `owner` is "" where a
    project says none; `waits_for` is what ends an item."""

    days: int
    owner: str = ""
    waits_for: str = "what takes it off the account"

    def past_on(self, on: date, calendar: BusinessCalendar) -> date:
        """The first day on which an item of a day is past its age."""
        return calendar.following(on, self.days + 1) if self.days else on


DEFAULTS: dict[str, ItemRule] = {
    SUSPENSE: ItemRule(0, waits_for="somebody who says what it is"),
    "journal_split": ItemRule(0, waits_for="the other parts of its entry"),
    CLEARING: ItemRule(3, waits_for="the provider's payout"),
    "unapplied": ItemRule(5, waits_for="what it pays"),
    "bank_in_transit": ItemRule(5, waits_for="the bank's line"),
    "outstanding_receipts": ItemRule(5, waits_for="the bank's line"),
    "outstanding_payments": ItemRule(5, waits_for="the bank's line"),
    "disputes_receivable": ItemRule(65, waits_for="the decision of the dispute"),
    "provider_reserve": ItemRule(130, waits_for="its release by the provider"),
    "provider_spending": ItemRule(20, waits_for="the bill or receipt that it paid"),
    "provider_advances": ItemRule(5, waits_for="the day on which the provider takes the advance back"),
}


def item_rule(role: str, declared: Mapping[str, ItemRule]) -> ItemRule | None:
    """The rule of a role, such as clearing.stripe.EUR: that of the longest beginning of its name that the project or Tieout
    says something of, the project's before Tieout's; None where the role is not itemised."""
    parts = role.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    own = next((declared[n] for n in names if n in declared), None)
    return own or next((DEFAULTS[n] for n in names if n in DEFAULTS), None)


def itemised_accounts(
    table: MappingTable | None, declared: Mapping[str, ItemRule], on: date
) -> dict[str, tuple[str, ItemRule]]:
    """The codes of accounts that are itemised on a day, with their role and its rule: as they are or were mapped until then, since
    what stands on an account waits there whatever account takes what comes since. Where one has several roles, all are
    named and the strictest rule holds."""
    found: dict[str, tuple[str, ItemRule]] = {}
    for row in sorted(table.rows, key=lambda r: r.key) if table else ():
        rule = item_rule(row.key, declared)
        if rule is None or row.valid_from > on:
            continue
        if row.value in found:
            role, other = found[row.value]
            named = role if row.key in role.split(", ") else f"{role}, {row.key}"
            found[row.value] = named, min(rule, other, key=lambda r: r.days)
        else:
            found[row.value] = row.key, rule
    return found
