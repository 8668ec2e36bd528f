"""What no bank would take of an order, told with payment and field before anything is written.

Nothing is shortened or changed: an order is written as it is, or it is refused.
"""

from __future__ import annotations

import re

import msgspec

from tieout.formats.payments.charsets import SETS, converted, named, outside, set_of
from tieout.formats.payments.iban import is_iban, is_qr_iban
from tieout.formats.payments.model import Account, Address, Batch, Order, Payment, PaymentError
from tieout.formats.payments.profile import BankProfile
from tieout.formats.payments.sepa import LIST_VERSION, in_debits, in_transfers, leaves_the_eea
from tieout.formats.references import kind_of
from tieout.money import CURRENCIES, Amount, MoneyError

# Max35Text, in the Latin letters that SEPA lets banks expect.
_ID = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_SEQUENCES = ("FRST", "RCUR", "FNAL", "OOFF")
# How people write references whose check digits are right: in groups, the Belgian one within its marks.
_WRITTEN = {
    "RF": r"[A-Za-z0-9 ]+",
    "QR": r"[0-9 ]+",
    "OGM": r"(\d{12}|\+{3}\d{3}/\d{4}/\d{5}\+{3}|\*{3}\d{3}/\d{4}/\d{5}\*{3})",
}
_ADDRESS = (("street", 70), ("building", 16), ("postal_code", 16))
_MOST_LINES = 2


def as_written(order: Order, profile: BankProfile) -> Order:
    """The order with its texts as the profile of the bank has them: as they are, or converted where it says so."""
    if profile.others != "convert":
        return order
    batches = []
    for batch in order.batches:
        name = characters_of(profile, batch)
        payments = tuple(
            msgspec.structs.replace(
                p, party=_converted(p.party, name), remittance=converted(p.remittance, name)
            )
            for p in batch.payments
        )
        account = _converted(batch.account, name)
        batches.append(msgspec.structs.replace(batch, account=account, payments=payments))
    first = characters_of(profile, order.batches[0]) if order.batches else "basic"
    return msgspec.structs.replace(order, initiator=converted(order.initiator, first), batches=tuple(batches))


def _converted(account: Account, name: str) -> Account:
    address = account.address
    if address is not None:
        address = msgspec.structs.replace(
            address,
            town=converted(address.town, name),
            lines=tuple(converted(line, name) for line in address.lines),
            **{field: converted(getattr(address, field), name) for field, _ in _ADDRESS},
        )
    return msgspec.structs.replace(account, name=converted(account.name, name), address=address)


def characters_of(profile: BankProfile, batch: Batch) -> str:
    """The name of the set of characters that a batch is written in: the profile's, else its account's country's."""
    return profile.characters or set_of(batch.account.iban[:2])


def is_sepa(batch: Batch, debit: bool) -> bool:
    """Whether all of a batch are payments of the SEPA schemes: euros between accounts that they reach on its day, without
    a Swiss reference, which they do not carry."""
    return debit or all(sepa_transfer(batch.account.iban, p, batch) for p in batch.payments)


def sepa_transfer(iban: str, payment: Payment, batch: Batch) -> bool:
    """Whether a transfer from an account is one of SEPA on its batch's day."""
    reached = in_transfers(iban, batch.on) and in_transfers(payment.party.iban, batch.on)
    return payment.currency == "EUR" and reached and kind_of(payment.reference) != "QR"


def check_order(order: Order, profile: BankProfile, debit: bool) -> None:
    """Raises PaymentError for the first thing of an order that no bank of this profile would take."""
    _check_profile(profile)
    _check_id("the message", "message_id", order.message_id)
    if order.created_at.tzinfo is None:
        raise PaymentError("the message: created_at has no time zone")
    if not order.batches or not all(b.payments for b in order.batches):
        raise PaymentError("the message: a batch without payments, or none")
    characters = characters_of(profile, order.batches[0])
    _check_text("the message", "initiator", order.initiator, 70, characters)
    seen: set[str] = set()
    for batch in order.batches:
        where = f"batch {batch.batch_id}"
        _check_id(where, "batch_id", batch.batch_id)
        if batch.batch_id in seen:
            raise PaymentError(f"{where}: stands twice")
        seen.add(batch.batch_id)
        _check_batch(where, batch, profile, debit)


def _check_profile(profile: BankProfile) -> None:
    for name, value, known in (
        ("characters", profile.characters, ("", *SETS)),
        ("others", profile.others, ("refuse", "convert")),
        ("addresses", profile.addresses, ("structured", "hybrid")),
    ):
        if value not in known:
            words = ", ".join(k for k in known if k)
            raise PaymentError(f"the bank's profile: {name} is {value!r}, one of {words} was expected")


def _check_batch(where: str, batch: Batch, profile: BankProfile, debit: bool) -> None:
    _check_account(where, batch.account, profile, characters_of(profile, batch))
    if is_qr_iban(batch.account.iban):
        raise PaymentError(f"{where}: iban: a QR-IBAN is paid to alone; the account's own IBAN was expected")
    if debit:
        _check_debits(where, batch)
    ids = [p.end_to_end_id for p in batch.payments]
    for payment in batch.payments:
        _check_payment(f"{where}, payment {payment.end_to_end_id}", payment, batch, profile, debit)
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


def _check_payment(where: str, payment: Payment, batch: Batch, profile: BankProfile, debit: bool) -> None:
    _check_id(where, "end_to_end_id", payment.end_to_end_id)
    _check_amount(where, payment)
    characters = characters_of(profile, batch)
    _check_account(where, payment.party, profile, characters)
    if payment.reference and payment.remittance:
        raise PaymentError(f"{where}: either a reference or a remittance text, not both")
    if payment.remittance:
        _check_text(where, "remittance", payment.remittance, 140, characters)
    _check_reference(where, payment, debit)
    if debit != (payment.mandate is not None):
        raise PaymentError(f"{where}: a direct debit has a mandate, a transfer has none")
    if payment.mandate is not None:
        _check_id(where, "mandate_id", payment.mandate.mandate_id)
        if payment.mandate.sequence not in _SEQUENCES:
            raise PaymentError(
                f"{where}: sequence is {payment.mandate.sequence!r}, not {', '.join(_SEQUENCES)}"
            )
        _check_debit_scheme(where, payment, batch)
    else:
        _check_transfer_addresses(where, payment, batch)


def _check_amount(where: str, payment: Payment) -> None:
    try:
        exact = Amount.exact(payment.amount, payment.currency)
    except (MoneyError, ValueError) as error:
        raise PaymentError(f"{where}: amount: {error}") from None
    if payment.currency not in CURRENCIES:
        raise PaymentError(f"{where}: {payment.currency!r} is no currency of ISO 4217")
    if exact.value <= 0 or exact.value >= 10**9:
        raise PaymentError(f"{where}: amount {payment.amount}: above 0 and below 1,000,000,000 was expected")


def _check_reference(where: str, payment: Payment, debit: bool) -> None:
    """RF goes to any account, the Belgian one to a Belgian account, and the Swiss one belongs with a QR-IBAN: neither
    goes without the other. Sources: SIX, Swiss Implementation Guidelines QR-bill; Febelfin, XML message for credit
    transfer initiation."""
    iban, kind = payment.party.iban, kind_of(payment.reference)
    if is_qr_iban(iban) and kind != "QR":
        raise PaymentError(
            f"{where}: reference: the payee's account is a QR-IBAN, which takes a QR reference (QRR, 27 digits) alone"
        )
    if payment.reference and not (kind and re.fullmatch(_WRITTEN[kind], payment.reference)):
        raise PaymentError(
            f"{where}: reference {payment.reference[:50]!r} is no RF reference (ISO 11649), QR reference or Belgian "
            "structured communication: its shape or its check digits are wrong"
        )
    if debit and kind not in ("", "RF"):
        raise PaymentError(f"{where}: reference: a direct debit carries an RF reference alone")
    if kind == "QR" and not is_qr_iban(iban):
        raise PaymentError(f"{where}: reference: a QR reference goes to a QR-IBAN alone")
    if kind == "QR" and payment.currency not in ("CHF", "EUR"):
        raise PaymentError(
            f"{where}: currency {payment.currency}: a QR-IBAN is paid in CHF or EUR, and in no other currency"
        )
    if kind == "OGM" and not iban.startswith("BE"):
        raise PaymentError(
            f"{where}: reference: a Belgian structured communication goes to a Belgian account"
        )


def _check_debit_scheme(where: str, payment: Payment, batch: Batch) -> None:
    if payment.currency != "EUR":
        raise PaymentError(f"{where}: currency {payment.currency}: a SEPA direct debit is of EUR alone")
    for iban in (batch.account.iban, payment.party.iban):
        if not in_debits(iban, batch.on):
            raise PaymentError(
                f"{where}: iban: the SEPA direct debit does not reach {iban[:2]} on {batch.on} ({LIST_VERSION})"
            )
    if leaves_the_eea(batch.account.iban, payment.party.iban) and payment.party.address is None:
        raise PaymentError(
            f"{where}: address: a debit that leaves the EEA says the payer's, at least town and country"
        )


def _check_transfer_addresses(where: str, payment: Payment, batch: Batch) -> None:
    """Within SEPA the payer's address where a side is outside the EEA; across any other border the payee's (SWIFT CBPR+,
    at least town and country since 2026-11-14)."""
    own, other = batch.account, payment.party
    if sepa_transfer(own.iban, payment, batch):
        if leaves_the_eea(own.iban, other.iban) and own.address is None:
            raise PaymentError(
                f"{where}: address: a SEPA transfer that leaves the EEA says the payer's, at least town and country"
            )
    elif own.iban[:2] != other.iban[:2] and other.address is None:
        raise PaymentError(
            f"{where}: address: a transfer across a border beyond SEPA says the payee's, at least town and country"
        )


def _check_account(where: str, account: Account, profile: BankProfile, characters: str) -> None:
    _check_text(where, "name", account.name, 70, characters)
    if not is_iban(account.iban):
        raise PaymentError(f"{where}: iban: its check digits or its shape are wrong")
    if account.bic and not _BIC.fullmatch(account.bic):
        raise PaymentError(f"{where}: bic {account.bic!r}: 8 or 11 letters and digits were expected")
    if account.address is not None:
        _check_address(where, account.address, profile, characters)


def _check_address(where: str, address: Address, profile: BankProfile, characters: str) -> None:
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        raise PaymentError(f"{where}: country {address.country!r}: two capital letters were expected")
    _check_text(where, "town", address.town, 35, characters)
    for name, size in _ADDRESS:
        if text := getattr(address, name):
            _check_text(where, name, text, size, characters)
    if address.lines and profile.addresses != "hybrid":
        raise PaymentError(
            f"{where}: lines: this bank takes structured addresses; its profile would say addresses hybrid"
        )
    if len(address.lines) > _MOST_LINES:
        raise PaymentError(
            f"{where}: lines: a hybrid address has at most {_MOST_LINES}, not {len(address.lines)}"
        )
    for line in address.lines:
        _check_text(where, "lines", line, 70, characters)
        # What stands in a field of its own is not said once more in a line (SWIFT CBPR+, EPC guidance on addresses).
        for said in filter(None, (address.town, address.postal_code)):
            if re.search(rf"(^|[\s,]){re.escape(said)}$", line.strip(), re.IGNORECASE):
                raise PaymentError(f"{where}: lines: {said!r} stands in a field of its own already")


def _check_id(where: str, name: str, text: str) -> None:
    if not _ID.fullmatch(text) or "//" in text or text.startswith("/") or text.endswith("/"):
        raise PaymentError(
            f"{where}: {name} {text[:50]!r}: 1 to 35 letters, digits or /-?:().,'+ were expected"
        )


def _check_text(where: str, name: str, text: str, size: int, characters: str) -> None:
    """Nothing is shortened or changed: whoever reads the name must read all of it."""
    if not text.strip() or len(text) > size or not text.isprintable():
        raise PaymentError(
            f"{where}: {name}: 1 to {size} printable characters were expected, not {len(text)}"
        )
    if wrong := outside(text, characters):
        raise PaymentError(
            f"{where}: {name}: {named(wrong)} is not among the {characters} characters that the bank takes; "
            "write it otherwise, or let the bank's profile convert it"
        )
