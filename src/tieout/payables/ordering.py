"""A run's payments as the order that a bank gets, by what the project declares of the bank: pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from tieout.documents import VendorPayment
from tieout.formats.payments import (
    Account,
    Address,
    BankProfile,
    Batch,
    Order,
    Payment,
    PaymentError,
    is_qr_iban,
    sepa_transfer,
    write_transfers,
)
from tieout.formats.references import kind_of
from tieout.rules import Interface

# The Belgian reference within its marks: twelve digits alone may be any number.
_MARKED = re.compile(r"\+{3}\d{3}/\d{4}/\d{5}\+{3}|\*{3}\d{3}/\d{4}/\d{5}\*{3}")
_ADDRESS = ("street", "building", "postal_code")


def bank_profile(interface: Interface, version: str = "09") -> BankProfile:
    """What the bank of an interface takes, as its options say; pain.001 of `version` where they say none."""
    option = interface.option
    return BankProfile(
        version=option("version", version),
        characters=option("characters"),
        others=option("other_characters", "refuse"),
        addresses=option("addresses", "structured"),
        batch_booking=option("batch_booking", "no") == "yes",
    )


def order_of(
    message: str, payments: Sequence[VendorPayment], interface: Interface, at: datetime, country: str = ""
) -> Order:
    """The order of payments of one run, made `at` an instant: one batch under the message's own id. `country` is the
    payer's where the interface says none."""
    option = interface.option
    return Order(
        message_id=message,
        created_at=at,
        initiator=option("initiator"),
        batches=(
            Batch(
                batch_id=message,
                account=_payer(interface, country),
                on=max(p.booked_on for p in payments),
                payments=tuple(_transfer(p) for p in payments),
                batch_booking=bank_profile(interface).batch_booking,
            ),
        ),
    )


def _payer(interface: Interface, country: str) -> Account:
    option, address = interface.option, None
    if option("town"):
        told = {name: option(name) for name in _ADDRESS}
        lines = tuple(filter(None, (option("address_line_1"), option("address_line_2"))))
        address = Address(town=option("town"), country=option("country", country), lines=lines, **told)
    return Account(name=option("initiator"), iban=option("account"), bic=option("bic"), address=address)


def _transfer(payment: VendorPayment) -> Payment:
    party = payment.party
    address = Address(town=payment.town, country=party.country) if payment.town and party.country else None
    structured = is_reference_to(payment.account.iban, payment.remittance)
    return Payment(
        end_to_end_id=payment.end_to_end_id,
        amount=payment.pays.value,
        currency=payment.currency,
        party=Account(name=party.name, iban=payment.account.iban, bic=payment.account.bic, address=address),
        remittance="" if structured else payment.remittance,
        reference=payment.remittance if structured else "",
    )


def is_reference_to(iban: str, text: str) -> bool:
    """Whether a bill's number is the structured reference that its payee's account asks for: a QR reference of a
    QR-IBAN, a Belgian structured communication of a Belgian account."""
    if is_qr_iban(iban):
        return kind_of(text) == "QR"
    return iban.startswith("BE") and bool(_MARKED.fullmatch(text)) and kind_of(text) == "OGM"


def files_of(payments: Sequence[VendorPayment], account: str, on: date) -> list[list[VendorPayment]]:
    """A run's payments as the files that hold them: what SEPA carries, and what it does not, apart where there are both,
    so that the one is not sent on as the other."""
    batch = Batch(batch_id="", account=Account(name="", iban=account), on=on, payments=())
    sepa, others = list[VendorPayment](), list[VendorPayment]()
    for payment in payments:
        into = sepa if sepa_transfer(account, _transfer(payment), batch) else others
        into.append(payment)
    return [found for found in (sepa, others) if found]


def why_no_bank_takes(
    payments: Sequence[VendorPayment], interface: Interface, at: datetime, country: str, version: str
) -> str:
    """What a bank of this interface would not take of payments, with payment and field; "" where it would."""
    try:
        order = order_of(payments[0].run, payments, interface, at, country)
        write_transfers(order, profile=bank_profile(interface, version))
    except PaymentError as error:
        return str(error)
    return ""
