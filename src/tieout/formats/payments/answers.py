"""pain.002 (versions .03 to .14) and booked lines, read back to the payments that they answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tieout.formats.amounts import exact
from tieout.formats.model import FormatError, Line
from tieout.formats.payments.model import Answer, Order, Payment
from tieout.formats.payments.payee import CHECKS
from tieout.formats.xmltree import Element, child, children, read_tree, text

_NAMESPACE = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)")


def sniff(head: bytes) -> bool:
    """Whether this begins a pain.002."""
    return bool(_NAMESPACE.search(head[:4096]))


def read_status(content: bytes) -> tuple[Answer, ...]:
    """Every answer of a pain.002: of the file, its batches and its payments, in that order.

    Raises FormatError for a file that is none, that declares a document type, or of which an answer to a payment does not
    name it.
    """
    named = _NAMESPACE.search(content[:4096])
    if named is None or not 3 <= int(named[1]) <= 14:
        raise FormatError("no Document in a namespace of pain.002.001.03 to .14 was found")
    root = read_tree(content)
    report = root[0] if len(root) else root
    group = child(report, "OrgnlGrpInfAndSts")
    if group is None:
        raise FormatError("OrgnlGrpInfAndSts is missing: nothing says which message is answered")
    message = text(group, "OrgnlMsgId")
    answers = []
    if status := text(group, "GrpSts"):
        answers.append(_answer(group, message, status))
    for batch in children(report, "OrgnlPmtInfAndSts"):
        batch_id = text(batch, "OrgnlPmtInfId")
        if status := text(batch, "PmtInfSts"):
            answers.append(_answer(batch, message, status, batch_id))
        for payment in children(batch, "TxInfAndSts"):
            status = text(payment, "TxSts")
            end_to_end = text(payment, "OrgnlEndToEndId")
            if not status:
                raise FormatError(f"an answer to {end_to_end} has no TxSts")
            # Without it the answer would read as one to the whole file.
            if not end_to_end:
                raise FormatError(f"an answer {status} in {batch_id} has no OrgnlEndToEndId")
            answers.append(_answer(payment, message, status, batch_id, end_to_end))
    return tuple(answers)


def _answer(element: Element, message: str, status: str, batch: str = "", end_to_end: str = "") -> Answer:
    reasons = children(element, "StsRsnInf")
    codes = [text(r, "Rsn/Cd") or text(r, "Rsn/Prtry") for r in reasons]
    words = [(c.text or "").strip() for r in reasons for c in children(r, "AddtlInf")]
    money = child(element, "OrgnlTxRef/Amt/InstdAmt")
    amount, currency = None, ""
    if money is not None:
        currency = money.get("Ccy") or ""
        amount = exact(money.text or "", currency)
    return Answer(
        message_id=message,
        batch_id=batch,
        end_to_end_id=end_to_end,
        status=status,
        reason=" ".join(c for c in codes if c),
        additional=" ".join(w for w in words if w),
        amount=amount,
        currency=currency,
    )


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of an order with how it stands. `status` is "" where nothing answers it yet;
    `booked` is the booked amount, positive, or None; `problem` says what does not agree. `payee` is the check of its payee
    (RCVC, RVMC, RVNM …, see `payee`), which no later answer hides, and `payee_name` what the bank adds to it."""

    batch_id: str
    payment: Payment
    status: str = ""
    reason: str = ""
    payee: str = ""
    payee_name: str = ""
    booked: Decimal | None = None
    problem: str = ""


_REJECTED = ("RJCT", "CANC")


class _Nearest:
    """The last answer to each payment, batch and file."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Answer] = {}

    def add(self, answer: Answer) -> None:
        self._said[answer.batch_id, answer.end_to_end_id] = answer

    def to(self, batch: str, end_to_end: str) -> tuple[Answer | None, Answer | None]:
        """A payment's own answer, and the nearest one: its own, its batch's, its file's."""
        own = self._said.get((batch, end_to_end))
        return own, own or self._said.get((batch, "")) or self._said.get(("", ""))


def answered(
    order: Order, answers: Iterable[Answer] = (), lines: Iterable[Line] = ()
) -> tuple[list[Answered], list[str]]:
    """Every payment of `order` with what `answers` and the booked `lines` say of it, and the
    answers to nothing that was sent. Lines of other business are left alone.

    A payment's own answer counts before its batch's, and that before the file's; an answer that
    repeats another amount is a problem. Lines confirm by end-to-end id in their details.
    """
    stray: list[str] = []
    known = {(b.batch_id, p.end_to_end_id) for b in order.batches for p in b.payments}
    outcomes, checks = _Nearest(), _Nearest()
    for answer in answers:
        if answer.message_id != order.message_id:
            stray.append(f"an answer to message {answer.message_id}, not {order.message_id}")
            continue
        if answer.end_to_end_id and (answer.batch_id, answer.end_to_end_id) not in known:
            stray.append(f"an answer to {answer.end_to_end_id} in {answer.batch_id}, which was never sent")
        (checks if answer.status in CHECKS else outcomes).add(answer)
    booked = _booked(lines)
    found: list[Answered] = []
    for batch in order.batches:
        for payment in batch.payments:
            own, said = outcomes.to(batch.batch_id, payment.end_to_end_id)
            _, check = checks.to(batch.batch_id, payment.end_to_end_id)
            amount = booked.get(payment.end_to_end_id)
            found.append(
                Answered(
                    batch_id=batch.batch_id,
                    payment=payment,
                    status=said.status if said else "",
                    reason=said.reason if said else "",
                    payee=check.status if check else "",
                    payee_name=check.additional if check else "",
                    booked=amount,
                    problem=_problem(payment, own, said, amount),
                )
            )
    return found, stray


def _booked(lines: Iterable[Line]) -> dict[str, Decimal]:
    """Booked amounts by end-to-end id, positive; two of one id add up."""
    found: dict[str, Decimal] = {}
    for line in lines:
        if line.status != "booked" or line.reversal:
            continue
        for detail in line.details:
            amount = detail.amount if detail.amount is not None else line.amount
            if detail.end_to_end_id:
                found[detail.end_to_end_id] = found.get(detail.end_to_end_id, Decimal(0)) + abs(amount)
    return found


def _problem(payment: Payment, own: Answer | None, said: Answer | None, booked: Decimal | None) -> str:
    if (
        own is not None
        and own.amount is not None
        and (own.amount, own.currency) != (payment.amount, payment.currency)
    ):
        return f"sent {payment.amount} {payment.currency}, answered {own.amount} {own.currency}"
    if booked is not None and booked != payment.amount:
        return f"sent {payment.amount}, booked {booked}"
    if booked is not None and said is not None and said.status in _REJECTED:
        return f"answered {said.status} and booked all the same"
    return ""
