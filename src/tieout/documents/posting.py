"""What a document means in its targets: postings and the other effects, by external id.

Lines carry signed amounts: a debit is positive, a credit negative. Accounts are codes, taxes are
names, other records are external ids. A target's own ids stand where it is asked to change what
others put there, and nowhere else: lines to match, "#12" for the partner whose id is 12, and the taxes that a line of
that partner's invoice carries.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from tieout.documents.discounts import TaxShare
from tieout.money import Amount


class PostingError(ValueError):
    """A posting that does not balance: a defect in a recipe, never posted."""


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One journal line. `amount` signed in the posting's currency; `company` signed in the
    entity's currency (equal where they are one); `own` is what stands there where the line is in another currency than its
    posting. `match` is the key under which the ledger
    pairs this line with others; `partner` is an external id, or "#" and the ledger's own id; `analytic`
    are analytic accounts by name (several plans' joined by a comma) and their percentages; `tax` is how the line counts
    in the tax report, where it does."""

    account: str
    amount: Decimal
    company: Decimal
    name: str
    partner: str = ""
    match: str = ""
    analytic: tuple[tuple[str, Decimal], ...] = ()
    own: Amount | msgspec.UnsetType = msgspec.UNSET
    tax: TaxShare | msgspec.UnsetType = msgspec.UNSET

    @property
    def in_ledger(self) -> Decimal:
        """The amount that stands in the ledger, in the line's own currency."""
        return self.own.value if isinstance(self.own, Amount) else self.amount


class PartnerRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="partner"):
    """A customer or supplier, as the ledger shall know them."""

    name: str
    email: str = ""
    country: str = ""
    source: str = ""


class PartnerUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="partner_update"):
    """Fields of a partner that is there, by its external id, as the system of record for them has them now; none else is
    touched."""

    partner: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType = msgspec.UNSET

    def fields(self) -> dict[str, str]:
        """What is to stand there, by field."""
        given = {"name": self.name, "email": self.email}
        return {name: value for name, value in given.items() if isinstance(value, str)}


class ProductRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="product"):
    """A product by its own number: the ledger's where it has one of that number, else a new one."""

    sku: str
    name: str


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """`net` = quantity x unit price, without tax, positive (a discount is negative); `taxes` are the
    ledger's names; `product` is an external id, "" for none; `analytic` as a ledger line's."""

    name: str
    quantity: Decimal
    net: Decimal
    account: str
    taxes: tuple[str, ...] = ()
    product: str = ""
    analytic: tuple[tuple[str, Decimal], ...] = ()


class InvoicePosting(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="invoice"):
    """A customer invoice, or with `purchase` a vendor bill; with `refund` a credit note of either.
    All amounts are positive in `currency`; `tax_totals` are the source's own, forced onto the ledger's
    tax lines; a tax that is not among them the ledger works out by itself, and it comes to nothing (it
    is due and deducted at once). `receivable` is the account of what is due, a bill's payable; it is
    due on `due`, or at once."""

    refund: bool
    journal: str
    partner: str
    on: date
    reference: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    tax_totals: dict[str, Decimal]
    total: Decimal
    receivable: str
    match: str = ""
    purchase: bool = False
    due: date | None = None


class CashPosting(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="cash"):
    """A line of a bank or clearing journal. `amount` is signed, into the account positive;
    `counterparts` sum to its opposite."""

    journal: str
    account: str
    on: date
    reference: str
    label: str
    currency: str
    amount: Decimal
    company: Decimal
    counterparts: tuple[LedgerLine, ...]
    partner: str = ""


class PaymentPosting(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="payment"):
    """A payment registered in the ledger before the bank's line: `amount` is signed in the
    entity's currency (a customer's payment is positive) and stands on `account` (outstanding)
    against `counter` (receivable)."""

    journal: str
    account: str
    counter: str
    on: date
    reference: str
    currency: str
    amount: Decimal
    partner: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Put a match key on an open line of the ledger, by its own id."""

    line: int
    match: str


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True):
    """An open line of the ledger, by its own id: `residual` is what was open of it, `rest` what
    shall stay open, both signed in its currency. With `partner` (the ledger's own id, -1 for none)
    it is first moved to the match's account: the suspense side of a bank line."""

    line: int
    residual: Decimal
    rest: Decimal = Decimal(0)
    partner: int = 0


class EntryPosting(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="entry"):
    """A journal entry of signed lines that sum to zero. `expects` are lines of the ledger that it is
    made for: where one of them is open by another amount by now, nothing is posted, and `late` is the
    case's cause. `marks` are put on other lines before it is posted, so that the ledger pairs these with its own as it posts."""

    journal: str
    on: date
    reference: str
    currency: str
    lines: tuple[LedgerLine, ...]
    marks: tuple[Mark, ...] = ()
    expects: tuple[MatchedLine, ...] = ()
    late: str = "matched_otherwise"


class MatchRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="match"):
    """Reconcile the lines of effects (`left`, `right`, "" for none) on one account, and `lines`
    that are there already, as one set. `keeps` says that some of the effects' own stays open."""

    left: str
    right: str
    account: str
    lines: tuple[MatchedLine, ...] = ()
    keeps: bool | msgspec.UnsetType = msgspec.UNSET


class UnmatchRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="unmatch"):
    """Take the match apart that a MatchRequest made, and nothing that others matched on its lines. Bank lines that it
    moved out of suspense (`statement_lines`, the ledger's own ids) fall back there. `whole` are all lines of the
    match, on whatever account: the entry `left` may be matched with these alone when it is to be booked back. Matches
    of before this was said (unset) are looked at on this account alone."""

    left: str
    account: str
    lines: tuple[MatchedLine, ...] = ()
    statement_lines: tuple[int, ...] = ()
    whole: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET


class CrmUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="crm"):
    """Set fields of a CRM account to these values: what its customer owes, how that stands, and, where it is told, what
    is ordered and not invoiced yet (no part of the exposure)."""

    account_key: str
    exposure: Amount
    collection_status: str
    open_orders: Amount | msgspec.UnsetType = msgspec.UNSET


class MailOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="mail"):
    """A message to somebody, sent once."""

    to: str
    subject: str
    text: str


class FileOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="file"):
    """A file for a bank, by its name: the same name is never written twice with other content."""

    name: str
    content: str


class EventOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="event"):
    """A CloudEvent. `data` holds texts only: amounts are decimal texts."""

    type: str
    subject: str
    time: str
    data: dict[str, str]


EffectBody = (
    PartnerRecord
    | PartnerUpdate
    | ProductRecord
    | InvoicePosting
    | CashPosting
    | PaymentPosting
    | EntryPosting
    | MatchRequest
    | UnmatchRequest
    | CrmUpdate
    | MailOut
    | EventOut
    | FileOut
)


def _invoice_lines(posting: InvoicePosting) -> list[LedgerLine]:
    # What is sold is a credit, what is bought a debit; a refund is the other way round.
    sign = -1 if posting.refund == posting.purchase else 1
    rows = [
        LedgerLine(
            account=x.account, amount=sign * x.net, company=Decimal(0), name=x.name, analytic=x.analytic
        )
        for x in posting.lines
    ]
    rows += [
        LedgerLine(account=f"tax:{tax}", amount=sign * value, company=Decimal(0), name=tax)
        for tax, value in posting.tax_totals.items()
    ]
    rows.append(
        LedgerLine(
            account=posting.receivable,
            amount=-sign * posting.total,
            company=Decimal(0),
            name=posting.reference,
            partner=posting.partner,
            match=posting.match,
        )
    )
    return rows


def ledger_lines(body: EffectBody) -> list[LedgerLine]:
    """The journal lines that `body` means, signed; none for an effect outside the ledger.

    Raises PostingError where they do not sum to zero.
    """
    match body:
        case InvoicePosting():
            rows = _invoice_lines(body)
        case CashPosting():
            own = LedgerLine(account=body.account, amount=body.amount, company=body.company, name=body.label)
            rows = [own, *body.counterparts]
        case PaymentPosting():
            rows = [
                LedgerLine(
                    account=account, amount=value, company=value, name=body.reference, partner=body.partner
                )
                for account, value in ((body.account, body.amount), (body.counter, -body.amount))
            ]
        case EntryPosting():
            rows = list(body.lines)
        case _:
            return []
    for what in ("amount", "company"):
        total = sum((getattr(row, what) for row in rows), Decimal(0))
        if total:
            raise PostingError(f"{body.reference}: {what}s sum to {total}, not to zero")
    return rows
