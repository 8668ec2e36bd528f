"""The declaration of the connector for banks' files, of every format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from tieout.connector_api import (
    Connector,
    FileRefusedError,
    Item,
    Option,
    Proof,
    Stream,
    SystemConfig,
    Verified,
)
from tieout.connectors.bankfile.normalise import (
    ACCOUNT_NOT_NAMED,
    STATEMENT_TAKEN_BACK,
    STATEMENT_WITHOUT_BALANCES,
    file_digest,
    proof_of,
    read_file,
    statements,
)
from tieout.formats import DIALECTS, FORMATS, FormatError

_ANY = "|".join(re.escape(f) for f in FORMATS)


class BankFiles:
    """FileReader: one message a file, known again by its content whatever its name."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """One item a file, named by the hash of its bytes: the same file under another name is known. Refused
        where it cannot be read whole, or has a format that the interface does not expect."""
        content = bytes(content)
        try:
            found = read_file(content, options).format
        except FormatError as error:
            raise FileRefusedError(f"{name}: {error}") from None
        expected = [x.strip() for x in str(options.get("formats", "")).split(",") if x.strip()]
        if expected and not options.get("format") and found not in expected:
            raise FileRefusedError(
                f"{name}: it is {found}, and {', '.join(expected)} are expected here: the interface's option formats "
                "says which, or its country's pack does"
            )
        yield Item("statements", name, f"file:{file_digest(content)}", content)

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """See `ProvingReader.proof`."""
        return proof_of(read_file(bytes(content), options))

    def check(self) -> str:
        """What is read, in a line: there is nobody to ask."""
        return f"files as {', '.join(FORMATS)}"


def open_session(config: SystemConfig) -> BankFiles:
    """A session without any settings: how a file is read is said by the interface that it comes to."""
    return BankFiles()


CONNECTOR = Connector(
    name="bankfile",
    title="Bank statements as files",
    version="1",
    config=(),
    open=open_session,
    can=("file",),
    verified=(
        Verified(
            date(2026, 11, 28),
            "published statements of 108 repositories, each read beside another library or refused with words",
            "docs/campaigns/corpora.md",
        ),
    ),
    causes=(STATEMENT_WITHOUT_BALANCES, STATEMENT_TAKEN_BACK, ACCOUNT_NOT_NAMED),
    options=(
        Option("format", "the files' format, where it shall not be detected", FORMATS),
        Option(
            "formats",
            "the formats that are expected, by commas; any other is refused (default: those of the country's pack)",
            shape=rf"({_ANY})( *, *({_ANY}))*",
            pack="statements",
        ),
        Option("dialect", "the files' dialect: its name, or the project's dialects/NAME.toml", DIALECTS),
        Option(
            "account",
            "the account that the files are of, where they name none (some banks' CSV): an interface has one such account",
        ),
        Option("encoding", "the files' encoding, where it shall not be detected"),
        Option("bank_codes", "bank transaction code to the role of its account", table=True),
        Option(
            "payout_pattern",
            r"what payouts are called in lines, as a regular expression (default: Stripe's, \bpo_\w+)",
        ),
        Option(
            "order_pattern",
            "what orders and invoices are called in lines, as a regular expression (default: SO-… and INV-…)",
        ),
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
)
