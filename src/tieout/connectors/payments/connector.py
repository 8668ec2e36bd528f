"""The declaration of the connector for payment runs and their files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from tieout.connector_api import ConfigField, Connector, Option, Stream, Verified
from tieout.connectors.payments.client import open_session
from tieout.documents import (
    BatchControl,
    Document,
    PaymentAnswer,
    PaymentFile,
    VendorPayment,
    decode_document,
)
from tieout.formats.model import FormatError
from tieout.formats.payments import DIFFERING, Answer, read_status
from tieout.formats.xmltree import read_tree, text


def payments(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A payment of a run, or the run's own figures. Raises ValueError where the bytes are neither."""
    document = decode_document(raw)
    if not isinstance(document, VendorPayment | BatchControl):
        raise ValueError(f"{document.key} is no payment")
    return [document]


def files(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The file of a run. Raises ValueError where the bytes are none."""
    document = decode_document(raw)
    if not isinstance(document, PaymentFile):
        raise ValueError(f"{document.key} is no payment file")
    return [document]


def answers(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What a pain.002 says, payment by payment; of a whole file or batch as one. Raises FormatError."""
    root = read_tree(raw)
    report = root[0] if len(root) else root
    own, made = text(report, "GrpHdr/MsgId"), text(report, "GrpHdr/CreDtTm")
    try:
        on = date.fromisoformat(made[:10])
    except ValueError:
        raise FormatError(f"GrpHdr/CreDtTm {made[:30]!r} is no day") from None
    return [
        PaymentAnswer(
            key=f"{own}:{x.message_id}:{x.end_to_end_id}:{x.status}",
            occurred_at=datetime.combine(on, time(12), UTC),
            currency=x.currency or str(options.get("currency", "EUR")),
            end_to_end_id=x.end_to_end_id,
            message_id=x.message_id,
            status=x.status,
            reason=" ".join(w for w in (x.reason, x.additional) if w),
            booked_on=on,
        )
        for x in _single(read_status(raw))
    ]


def _single(said: tuple[Answer, ...]) -> list[Answer]:
    """The answers of a report, less the sum of checks of payees whose differing payments it names one by one: a person
    decides about those."""
    named = any(x.end_to_end_id and x.status in DIFFERING for x in said)
    return [x for x in said if x.end_to_end_id or not (named and x.status in DIFFERING)]


CONNECTOR = Connector(
    name="payments",
    title="Payment runs: pain.001 out, pain.002 back",
    version="1",
    config=(ConfigField("folder", "where the bank's files are put, for your banking software to fetch"),),
    open=open_session,
    can=("file", "write", "look_up"),
    options=(
        Option("initiator", "the payer's name as the bank knows it"),
        Option("account", "the IBAN that pays"),
        Option("bic", "its bank's BIC"),
        Option("currency", "what is paid in (default: EUR)"),
        Option(
            "version", "which pain.001 the bank takes (default: the country's, 09 elsewhere)", ("09", "03")
        ),
        Option("batch_booking", "whether the bank books a file as one line", ("yes", "no")),
        Option(
            "characters",
            "which characters the bank takes in texts (default: those of the account's country, basic elsewhere)",
            ("basic", "german", "swiss"),
        ),
        Option(
            "other_characters",
            "what becomes of a text with others: the payment is held back, or they are converted by the EPC's table "
            "(default: refuse)",
            ("refuse", "convert"),
        ),
        Option(
            "addresses",
            "how the bank takes addresses: in fields alone, or with up to two lines beside them (default: structured)",
            ("structured", "hybrid"),
        ),
        Option("town", "the payer's town: asked for where a payment leaves the EEA"),
        Option("country", "the payer's country (default: the entity's)", shape="[A-Z]{2}"),
        Option("street", "the payer's street"),
        Option("building", "the number of the payer's house"),
        Option("postal_code", "the payer's postal code"),
        Option(
            "address_line_1", "what of the payer's address stands in no field, where addresses are hybrid"
        ),
        Option("address_line_2", "a second such line"),
        Option("cooling_days", "how many days a new account is not paid to (default: 7)", shape=r"\d{1,3}"),
        Option("release_role", "whose role it is to release payments (default: controller)"),
        Option(
            "withholding",
            "what is withheld: a supplier's withholding to percent of what is paid, such as 15",
            table=True,
        ),
    ),
    streams=(
        Stream("payments", "payments of runs, as they were proposed", payments),
        Stream("files", "the bank's file of a run", files),
        Stream("answers", "what the bank says of payments (pain.002)", answers),
    ),
    verified=(
        Verified(
            date(2026, 11, 28),
            "every file written is valid by the published schemas of pain.001.001.03 and .09 and pain.008 (those that sepaxml brings), and "
            "published bug reports of banks' refusals are cases",
            "tests/conformance/test_payment_files.py, test_payment_kinds.py",
        ),
    ),
    assumed=(
        "banking software fetches files from the folder by itself, and puts the bank's answers into another",
    ),
)
