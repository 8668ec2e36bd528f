"""The declaration of the connector for providers' settlement reports as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tieout.connector_api import FEES, Connector, FileRefusedError, Item, Option, Proof, Stream, SystemConfig
from tieout.connectors.settlements.normalise import read_report, settlements
from tieout.connectors.settlements.providers import PROVIDERS
from tieout.formats import proven_by


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
        FEES,
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
        "Adyen: a batch has one MerchantPayout, and its other lines are what it pays out",
        "Shopify Payments: a day's payout of a currency is the sum of the lines that name the day",
        "PayPal: T04xx is a withdrawal; no withdrawal says what it is made of",
    ),
)
