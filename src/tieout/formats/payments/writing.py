"""pain.001 (credit transfers, versions .03 and .09) and pain.008 (direct debits, .02 and .08).

Nothing is shortened or rewritten to fit: a text that is too long, an IBAN whose check digits are
wrong, an amount finer than its currency are refused. Equal orders give equal bytes.
Source: ISO 20022 message definition reports, Payments Initiation; EPC implementation guidelines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Any

from lxml import etree

from tieout.formats.amounts import CURRENCIES
from tieout.formats.payments.model import Account, Batch, Order, Payment, PaymentError
from tieout.formats.references import is_rf
from tieout.money import Amount, MoneyError

TRANSFERS = {"03": "pain.001.001.03", "09": "pain.001.001.09"}
DEBITS = {"02": "pain.008.001.02", "08": "pain.008.001.08"}
# From these versions on a bank is named by BICFI and a day stands in Dt.
_NEW = ("09", "08")
# Max35Text, in the Latin letters that SEPA lets banks expect.
_ID = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_SEQUENCES = ("FRST", "RCUR", "FNAL", "OOFF")
Element = Any


def is_iban(text: str) -> bool:
    """ISO 13616: shape and check digits (modulo 97 is 1)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def write_transfers(order: Order, version: str = "09") -> bytes:
    """The order as pain.001. Raises PaymentError."""
    return _Writer(order, TRANSFERS, version, "CstmrCdtTrfInitn", debit=False).write()


def write_debits(order: Order, version: str = "08") -> bytes:
    """The order as pain.008. Raises PaymentError."""
    return _Writer(order, DEBITS, version, "CstmrDrctDbtInitn", debit=True).write()


class _Writer:
    def __init__(self, order: Order, known: dict[str, str], version: str, root: str, *, debit: bool) -> None:
        if version not in known:
            raise PaymentError(f"version {version!r} is not written; these are: {', '.join(known)}")
        self._order, self._root, self._debit = order, root, debit
        self._space = f"urn:iso:std:iso:20022:tech:xsd:{known[version]}"
        self._new = version in _NEW
        self._bic = "BICFI" if self._new else "BIC"

    def _add(self, parent: Element, path: str, text: str | None = None) -> Element:
        """The last element of a path below `parent`, made with those above it."""
        for name in path.split("/"):
            parent = etree.SubElement(parent, f"{{{self._space}}}{name}")
        if text is not None:
            parent.text = text
        return parent

    def write(self) -> bytes:
        order = self._order
        _check_order(order, self._debit)
        document = etree.Element(f"{{{self._space}}}Document", nsmap={None: self._space})  # type: ignore[dict-item]
        root = self._add(document, self._root)
        header = self._add(root, "GrpHdr")
        payments = [p for b in order.batches for p in b.payments]
        self._add(header, "MsgId", order.message_id)
        self._add(header, "CreDtTm", order.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self._totals(header, payments)
        self._add(header, "InitgPty/Nm", order.initiator)
        for batch in order.batches:
            self._batch(root, batch)
        return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    def _totals(self, parent: Element, payments: Iterable[Payment]) -> None:
        amounts = [p.amount for p in payments]
        self._add(parent, "NbOfTxs", str(len(amounts)))
        self._add(parent, "CtrlSum", str(sum(amounts, Decimal(0))))

    def _batch(self, root: Element, batch: Batch) -> None:
        info = self._add(root, "PmtInf")
        self._add(info, "PmtInfId", batch.batch_id)
        self._add(info, "PmtMtd", "DD" if self._debit else "TRF")
        self._add(info, "BtchBookg", "true" if batch.batch_booking else "false")
        self._totals(info, batch.payments)
        kind = self._add(info, "PmtTpInf")
        # SEPA is of euros alone; elsewhere it is a transfer as any other, its charges shared.
        sepa = self._debit or all(p.currency == "EUR" for p in batch.payments)
        self._add(kind, "SvcLvl/Cd", "SEPA" if sepa else "NURG")
        if self._debit:
            self._add(kind, "LclInstrm/Cd", batch.instrument)
            first = batch.payments[0].mandate
            assert first is not None
            self._add(kind, "SeqTp", first.sequence)
        day = "ReqdColltnDt" if self._debit else ("ReqdExctnDt/Dt" if self._new else "ReqdExctnDt")
        self._add(info, day, batch.on.isoformat())
        own = "Cdtr" if self._debit else "Dbtr"
        self._party(info, own, batch.account)
        self._add(info, f"{own}Acct/Id/IBAN", batch.account.iban)
        self._agent(info, f"{own}Agt", batch.account.bic, needed=True)
        self._add(info, "ChrgBr", "SLEV" if sepa else "SHAR")
        if self._debit:
            scheme = self._add(info, "CdtrSchmeId/Id/PrvtId/Othr")
            self._add(scheme, "Id", batch.creditor_id)
            self._add(scheme, "SchmeNm/Prtry", "SEPA")
        for payment in batch.payments:
            (self._debit_of if self._debit else self._transfer)(info, payment)

    def _transfer(self, info: Element, payment: Payment) -> None:
        transfer = self._add(info, "CdtTrfTxInf")
        self._add(transfer, "PmtId/EndToEndId", payment.end_to_end_id)
        self._add(transfer, "Amt/InstdAmt", str(payment.amount)).set("Ccy", payment.currency)
        self._agent(transfer, "CdtrAgt", payment.party.bic, needed=False)
        self._party(transfer, "Cdtr", payment.party)
        self._add(transfer, "CdtrAcct/Id/IBAN", payment.party.iban)
        self._remittance(transfer, payment)

    def _debit_of(self, info: Element, payment: Payment) -> None:
        debit = self._add(info, "DrctDbtTxInf")
        self._add(debit, "PmtId/EndToEndId", payment.end_to_end_id)
        self._add(debit, "InstdAmt", str(payment.amount)).set("Ccy", payment.currency)
        assert payment.mandate is not None
        mandate = self._add(debit, "DrctDbtTx/MndtRltdInf")
        self._add(mandate, "MndtId", payment.mandate.mandate_id)
        self._add(mandate, "DtOfSgntr", payment.mandate.signed_on.isoformat())
        self._agent(debit, "DbtrAgt", payment.party.bic, needed=True)
        self._party(debit, "Dbtr", payment.party)
        self._add(debit, "DbtrAcct/Id/IBAN", payment.party.iban)
        self._remittance(debit, payment)

    def _agent(self, parent: Element, name: str, bic: str, *, needed: bool) -> None:
        if bic:
            self._add(parent, f"{name}/FinInstnId/{self._bic}", bic)
        # The schema wants an agent; within SEPA the IBAN says which, and this is the word for it.
        elif needed:
            self._add(parent, f"{name}/FinInstnId/Othr/Id", "NOTPROVIDED")

    def _party(self, parent: Element, name: str, party: Account) -> None:
        element = self._add(parent, name)
        self._add(element, "Nm", party.name)
        address = party.address
        if address is None:
            return
        postal = self._add(element, "PstlAdr")
        for tag, text in (
            ("StrtNm", address.street),
            ("BldgNb", address.building),
            ("PstCd", address.postal_code),
            ("TwnNm", address.town),
            ("Ctry", address.country),
        ):
            if text:
                self._add(postal, tag, text)

    def _remittance(self, parent: Element, payment: Payment) -> None:
        if payment.reference:
            reference = self._add(parent, "RmtInf/Strd/CdtrRefInf")
            self._add(reference, "Tp/CdOrPrtry/Cd", "SCOR")
            self._add(reference, "Ref", payment.reference)
        elif payment.remittance:
            self._add(parent, "RmtInf/Ustrd", payment.remittance)


def _check_order(order: Order, debit: bool) -> None:
    _check_id("the message", "message_id", order.message_id)
    _check_text("the message", "initiator", order.initiator, 70)
    if order.created_at.tzinfo is None:
        raise PaymentError("the message: created_at has no time zone")
    if not order.batches or not all(b.payments for b in order.batches):
        raise PaymentError("the message: a batch without payments, or none")
    seen: set[str] = set()
    for batch in order.batches:
        where = f"batch {batch.batch_id}"
        _check_id(where, "batch_id", batch.batch_id)
        if batch.batch_id in seen:
            raise PaymentError(f"{where}: stands twice")
        seen.add(batch.batch_id)
        _check_account(where, batch.account)
        if debit:
            _check_debits(where, batch)
        ids = [p.end_to_end_id for p in batch.payments]
        for payment in batch.payments:
            _check_payment(f"{where}, payment {payment.end_to_end_id}", payment, debit)
        if len(set(ids)) != len(ids):
            raise PaymentError(f"{where}: an end-to-end id stands twice, so no answer could be told apart")


def _check_debits(where: str, batch: Batch) -> None:
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", batch.creditor_id):
        raise PaymentError(f"{where}: creditor_id {batch.creditor_id!r} is no creditor identifier")
    if batch.instrument not in ("CORE", "B2B"):
        raise PaymentError(f"{where}: instrument is {batch.instrument!r}, CORE or B2B was expected")
    sequences = {p.mandate.sequence for p in batch.payments if p.mandate}
    if len(sequences) > 1:
        raise PaymentError(f"{where}: one sequence a batch, not {', '.join(sorted(sequences))}")


def _check_payment(where: str, payment: Payment, debit: bool) -> None:
    _check_id(where, "end_to_end_id", payment.end_to_end_id)
    try:
        exact = Amount.exact(payment.amount, payment.currency)
    except (MoneyError, ValueError) as error:
        raise PaymentError(f"{where}: amount: {error}") from None
    if payment.currency not in CURRENCIES:
        raise PaymentError(f"{where}: {payment.currency!r} is no currency of ISO 4217")
    if exact.value <= 0 or exact.value >= 10**9:
        raise PaymentError(f"{where}: amount {payment.amount}: above 0 and below 1,000,000,000 was expected")
    _check_account(where, payment.party)
    if payment.reference and payment.remittance:
        raise PaymentError(f"{where}: either a reference or a remittance text, not both")
    if payment.reference and not is_rf(payment.reference):
        raise PaymentError(f"{where}: reference {payment.reference!r} is no RF reference (ISO 11649)")
    if payment.remittance:
        _check_text(where, "remittance", payment.remittance, 140)
    if debit != (payment.mandate is not None):
        raise PaymentError(f"{where}: a direct debit has a mandate, a transfer has none")
    if payment.mandate is not None:
        _check_id(where, "mandate_id", payment.mandate.mandate_id)
        if payment.mandate.sequence not in _SEQUENCES:
            raise PaymentError(
                f"{where}: sequence is {payment.mandate.sequence!r}, not {', '.join(_SEQUENCES)}"
            )


def _check_account(where: str, account: Account) -> None:
    _check_text(where, "name", account.name, 70)
    if not is_iban(account.iban):
        raise PaymentError(f"{where}: iban: its check digits or its shape are wrong")
    if account.bic and not _BIC.fullmatch(account.bic):
        raise PaymentError(f"{where}: bic {account.bic!r}: 8 or 11 letters and digits were expected")
    address = account.address
    if address is not None:
        if not re.fullmatch(r"[A-Z]{2}", address.country):
            raise PaymentError(f"{where}: country {address.country!r}: two capital letters were expected")
        _check_text(where, "town", address.town, 35)
        for name, text, size in (
            ("street", address.street, 70),
            ("building", address.building, 16),
            ("postal_code", address.postal_code, 16),
        ):
            if text:
                _check_text(where, name, text, size)


def _check_id(where: str, name: str, text: str) -> None:
    if not _ID.fullmatch(text) or "//" in text or text.startswith("/") or text.endswith("/"):
        raise PaymentError(
            f"{where}: {name} {text[:50]!r}: 1 to 35 letters, digits or /-?:().,'+ were expected"
        )


def _check_text(where: str, name: str, text: str, size: int) -> None:
    """Nothing is shortened: whoever reads the name must read all of it."""
    if not text.strip() or len(text) > size or not text.isprintable():
        raise PaymentError(
            f"{where}: {name}: 1 to {size} printable characters were expected, not {len(text)}"
        )
