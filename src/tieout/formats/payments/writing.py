"""pain.001 (credit transfers, versions .03 and .09) and pain.008 (direct debits, .02 and .08).

What a bank would not take is refused (see `checking`); texts are converted where the bank's profile says so, and
amounts never. Equal orders give equal bytes.
Source: ISO 20022 message definition reports, Payments Initiation; EPC implementation guidelines (EPC132-08); SIX, Swiss
Payment Standards, for QRR; Febelfin, XML message for credit transfer initiation, for the Belgian reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Any

from lxml import etree

from tieout.formats.payments.checking import as_written, check_order, is_sepa
from tieout.formats.payments.model import Account, Batch, Order, Payment, PaymentError
from tieout.formats.payments.profile import BankProfile
from tieout.formats.references import kind_of, plain_reference
from tieout.money import Amount

TRANSFERS = {"03": "pain.001.001.03", "09": "pain.001.001.09"}
DEBITS = {"02": "pain.008.001.02", "08": "pain.008.001.08"}
# From these versions on a bank is named by BICFI and a day stands in Dt.
_NEW = ("09", "08")
_USUAL = BankProfile()
# ISO 11649 and the Belgian one are the scheme's creditor reference, which the issuer tells apart; the Swiss one is SIX's.
_REFERENCES = {"RF": "SCOR", "OGM": "SCOR", "QR": "QRR"}
Element = Any


def write_transfers(order: Order, version: str = "", profile: BankProfile = _USUAL) -> bytes:
    """The order as pain.001 of a version (the profile's where none is named), as a bank of this profile takes it. Raises
    PaymentError."""
    version = version or profile.version
    return _Writer(order, profile, TRANSFERS, version, "CstmrCdtTrfInitn", debit=False).write()


def write_debits(order: Order, version: str = "", profile: BankProfile = _USUAL) -> bytes:
    """The order as pain.008 of a version (the profile's where none is named), as a bank of this profile takes it. Raises
    PaymentError."""
    version = version or profile.debit_version
    return _Writer(order, profile, DEBITS, version, "CstmrDrctDbtInitn", debit=True).write()


def _exactly(payment: Payment) -> Decimal:
    """Its amount with its currency's decimals: a number that was worked out may say 1E+2, which no file may."""
    return Amount.exact(payment.amount, payment.currency).value


class _Writer:
    def __init__(
        self,
        order: Order,
        profile: BankProfile,
        known: dict[str, str],
        version: str,
        root: str,
        *,
        debit: bool,
    ) -> None:
        if version not in known:
            raise PaymentError(f"version {version!r} is not written; these are: {', '.join(known)}")
        self._order, self._root, self._debit = as_written(order, profile), root, debit
        self._profile = profile
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
        check_order(order, self._profile, self._debit)
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
        amounts = [_exactly(p) for p in payments]
        self._add(parent, "NbOfTxs", str(len(amounts)))
        self._add(parent, "CtrlSum", f"{sum(amounts, Decimal(0)):f}")

    def _batch(self, root: Element, batch: Batch) -> None:
        info = self._add(root, "PmtInf")
        self._add(info, "PmtInfId", batch.batch_id)
        self._add(info, "PmtMtd", "DD" if self._debit else "TRF")
        self._add(info, "BtchBookg", "true" if batch.batch_booking else "false")
        self._totals(info, batch.payments)
        kind = self._add(info, "PmtTpInf")
        # What SEPA does not reach is a transfer as any other, its charges shared, and so is all that shares a batch with it.
        sepa = is_sepa(batch, self._debit)
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
        self._add(transfer, "Amt/InstdAmt", f"{_exactly(payment):f}").set("Ccy", payment.currency)
        self._agent(transfer, "CdtrAgt", payment.party.bic, needed=False)
        self._party(transfer, "Cdtr", payment.party)
        self._add(transfer, "CdtrAcct/Id/IBAN", payment.party.iban)
        self._remittance(transfer, payment)

    def _debit_of(self, info: Element, payment: Payment) -> None:
        debit = self._add(info, "DrctDbtTxInf")
        self._add(debit, "PmtId/EndToEndId", payment.end_to_end_id)
        self._add(debit, "InstdAmt", f"{_exactly(payment):f}").set("Ccy", payment.currency)
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
        for line in address.lines:
            self._add(postal, "AdrLine", line)

    def _remittance(self, parent: Element, payment: Payment) -> None:
        if payment.reference:
            kind = kind_of(payment.reference)
            reference = self._add(parent, "RmtInf/Strd/CdtrRefInf")
            named = self._add(reference, "Tp")
            self._add(named, "CdOrPrtry/Prtry" if kind == "QR" else "CdOrPrtry/Cd", _REFERENCES[kind])
            if kind == "OGM":
                self._add(named, "Issr", "BBA")
            self._add(reference, "Ref", plain_reference(payment.reference))
        elif payment.remittance:
            self._add(parent, "RmtInf/Ustrd", payment.remittance)
