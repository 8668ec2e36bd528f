"""The declaration of the connector for providers' settlement reports as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import (
    FEES,
    MOVEMENTS,
    Connector,
    FileRefusedError,
    Item,
    Option,
    Proof,
    Stream,
    SystemConfig,
    Verified,
)
from tieout.connectors.settlements.itemised import read_itemised
from tieout.connectors.settlements.normalise import read_report, settlements
from tieout.connectors.settlements.providers import NAMES, is_itemised
from tieout.connectors.settlements.stripe import itemised
from tieout.formats import proven_by

# The day on which the published pages and payloads were read.
_READ = date(2026, 11, 30)
_NO_FIGURES = "nothing: this provider's report states no figures of its own"


class SettlementFiles:
    """FileReader: one message a report, known again by its content whatever its name."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """One item a report, named by the hash of its bytes. Refused where its columns do not hold what the
        interface says, or it does not add up."""
        content = bytes(content)
        try:
            if is_itemised(options):
                itemised(content, options)
            else:
                read_report(content, options)
        except ValueError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        digest = hashlib.sha256(content).hexdigest()
        yield Item("settlements", name, f"file:{digest}", content)

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        if is_itemised(options):
            rows = read_itemised(bytes(content), options).rows
            total = sum((row.net.value for row in rows), Decimal(0))
            return Proof("", len(rows), total, _NO_FIGURES)
        file = read_report(bytes(content), options)
        amounts = [line.amount for s in file.statements for line in s.lines]
        return Proof(proven_by(file), len(amounts), sum(amounts, Decimal(0)), _NO_FIGURES)

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return f"settlement reports of {', '.join(NAMES)}"


def open_session(config: SystemConfig) -> SettlementFiles:
    """A session without any settings: which provider's report it is says the interface."""
    return SettlementFiles()


CONNECTOR = Connector(
    name="settlements",
    title="Settlement reports of payment providers as files (Adyen, PayPal, Shopify Payments, Stripe)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    provider=lambda streams, options: str(options.get("provider", "")),
    options=(
        Option("provider", "whose reports they are", NAMES),
        Option(
            "order_reference",
            "what a payment's reference is: the order's number (default), or the shop's own key of it",
            ("number", "key"),
        ),
        Option(
            "payouts",
            "how payouts of Shopify Payments are known: by their day (the default), or by the column Payout ID, which newer exports "
            "have and two payouts of one day need",
            ("day", "id"),
        ),
        Option(
            "order_metadata",
            "Stripe: the metadata key of payments that names the order: order_id if not given",
        ),
        Option(
            "refund_metadata", "Stripe: the metadata key of refunds that names the credit note: refund_id"
        ),
        Option(
            "payout_schedule",
            "Stripe: whether its payouts are automatic (the default), and so have a list of what they paid out, or made by hand",
            ("automatic", "manual"),
        ),
        Option(
            "time_zone",
            "Stripe: the zone that reports were asked for in, such as America/Chicago (UTC if not given): that of the columns created and "
            "effective_at; those that end in _utc need none",
        ),
        FEES,
        MOVEMENTS,
    ),
    streams=(
        Stream(
            "settlements",
            "movements of a provider's balance, payouts, and what they paid out",
            settlements,
            "a settled line never changes; a report taken twice has no second effect",
        ),
    ),
    assumed=(
        "Shopify Payments: where payouts go by their day, it is paid out in one payout a currency",
        "PayPal: of the two views of its balance, the rows of a report carry over what is available",
        "Stripe: the payout reconciliation report is the one that begins with automatic_payout_id, as its Dashboard writes it; in the report of "
        "payouts each goes to the bank and each reversal comes back, whichever sign both have",
    ),
    verified=(
        Verified(
            _READ,
            "PayPal's settlement report 7 and 9, its table of event codes, and rows that others publish with their tests",
            "developer.paypal.com/reports; wikimedia/wikimedia-fundraising-SmashPig",
        ),
        Verified(
            _READ,
            "Adyen's settlement details report with the columns of 2016 and 2023, and its journal types",
            "docs.adyen.com/reporting/settlement-reconciliation; wikimedia/wikimedia-fundraising-SmashPig",
        ),
        Verified(
            _READ,
            "exports of Shopify Payments' transactions, with and without Payout ID, as integrators publish them",
            "the sources of tests/published/settlements",
        ),
        Verified(
            _READ,
            "the columns of Stripe's itemised reports of the balance, of payouts and of their reconciliation, and rows that integrators publish",
            "docs.stripe.com/reports/report-types/balance, .../payout-reconciliation; the sources of tests/published/settlements",
        ),
    ),
    not_covered=(
        "PayPal: what a withdrawal is made of (its disbursement reconciliation report says it); transaction detail, dispute and "
        "activity reports",
        "Adyen: aggregate and interactive settlement reports, the payments accounting report, reports of balance platforms",
        "Shopify Payments: the list of payouts; bills of shipping labels",
        "Stripe: how disputes stand (its API says when one is lost), the type within a reporting category, who paid; its exports of payments and "
        "payouts that are no reports",
    ),
)
