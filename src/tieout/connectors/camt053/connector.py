"""The declaration of the CAMT.053 connector."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.connect import Connector, FileRefusedError, Item, Option, Stream, SystemConfig
from tieout.connectors.camt053.normalise import file_digest, looks_like_camt053, statements


class Camt053Files:
    """FileReader: one message a file, known again by its content whatever its name."""

    def read(self, name: str, content: bytes) -> Iterator[Item]:
        if not looks_like_camt053(content):
            raise FileRefusedError(
                f"{name}: no CAMT.053 (a Document in the namespace "
                f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.NN with a BkToCstmrStmt was expected)"
            )
        yield Item("statements", name, f"file:{file_digest(content)}", content)

    def check(self) -> str:
        return "CAMT.053 files"


def open_session(config: SystemConfig) -> Camt053Files:
    return Camt053Files()


CONNECTOR = Connector(
    name="camt053",
    title="Bank statements as CAMT.053",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    options=(
        Option("bank_codes", "bank transaction code to the role of its account", table=True),
        Option(
            "customer_payments",
            "what a customer's transfer becomes: matched with the invoice, or a payment of its own first",
            ("matched", "registered"),
        ),
    ),
    streams=(
        Stream(
            "statements",
            "booked lines and balances of accounts",
            statements,
            "a statement never changes; a file taken twice has no second effect",
        ),
    ),
    simulator="tieout.connectors.camt053.simulator:Bank",
)
