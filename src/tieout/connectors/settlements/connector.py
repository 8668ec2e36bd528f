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
from tieout.connectors.settlements.normalise import read_report, settlements
from tieout.connectors.settlements.providers import PROVIDERS
from tieout.formats import proven_by

# The day on which the published pages and payloads were read.
_READ = date(2026, 11, 30)


class SettlementFiles:
    """FileReader: one message a report, known again by its content whatever its name."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """One item a report, named by the hash of its bytes. Refused where its columns do not hold what the
        interface says, or it does not add up."""
        content = bytes(content)
        try:
            read_report(content, options)
        except ValueError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        digest = hashlib.sha256(content).hexdigest()
        yield Item("settlements", name, f"file:{digest}", content)

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        file = read_report(bytes(content), options)
        amounts = [line.amount for s in file.statements for line in s.lines]
        lacks = "nothing: this provider's report states no figures of its own"
        return Proof(proven_by(file), len(amounts), sum(amounts, Decimal(0)), lacks)

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return f"settlement reports of {', '.join(sorted(PROVIDERS))}"


def open_session(config: SystemConfig) -> SettlementFiles:
    """A session without any settings: which provider's report it is says the interface."""
    return SettlementFiles()


CONNECTOR = Connector(
    name="settlements",
    title="Settlement reports of payment providers as files (Adyen, PayPal, Shopify Payments)",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    provider=lambda streams, options: str(options.get("provider", "")),
    options=(
        Option("provider", "whose reports they are", tuple(sorted(PROVIDERS))),
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
    ),
    not_covered=(
        "PayPal: what a withdrawal is made of (its disbursement reconciliation report says it); transaction detail, dispute and "
        "activity reports",
        "Adyen: aggregate and interactive settlement reports, the payments accounting report, reports of balance platforms",
        "Shopify Payments: the list of payouts; bills of shipping labels",
    ),
)
