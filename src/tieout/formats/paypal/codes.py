"""PayPal's transaction event codes (T-codes): what each moves, by the way of its money.

Source: PayPal, "Transaction event codes" (developer.paypal.com/docs/transaction-search/transaction-event-codes and
developer.paypal.com/reports/reference/t-codes, read in November 2026). A code says as well that money comes as that it goes: T0006 is
a sale to us, or what we buy. Where books differ on what it is, the word is "", and it is for a person to say (an
interface's `movements`). A code that is not published is told by its group where all codes of the group are one thing; PayPal
says that the group is enough to reconcile by.
"""

from __future__ import annotations

from typing import NamedTuple

from tieout.formats.model import Line


class Meaning(NamedTuple):
    """Our word for a code whose money comes, and for one whose money goes; "" where books differ. `says` is what it is."""

    comes: str
    goes: str
    says: str


_SALE = ("charge", "spending")
_FEE, _EXCHANGE, _HOLD, _OTHER = (("fee",) * 2, ("exchange",) * 2, ("reserve",) * 2, ("other",) * 2)
_SPENT, _ASKED, _TOP_UP = ("spending",) * 2, ("", ""), ("topup",) * 2
_LENT = ("financing",) * 2
_DISPUTE, _WON = ("", "dispute"), ("dispute_reversal", "")

CODES: dict[str, Meaning] = {
    code: Meaning(*words, says)
    for code, words, says in (
        # T00: from one PayPal account to another
        ("T0000", _SALE, "a payment of no other kind"),
        ("T0001", _SALE, "mass payment"),
        ("T0002", _SALE, "payment of a subscription"),
        ("T0003", _SALE, "payment agreed on before"),
        ("T0004", _SALE, "eBay auction"),
        ("T0005", _SALE, "direct payment"),
        ("T0006", _SALE, "PayPal checkout"),
        ("T0007", _SALE, "website payment"),
        ("T0008", _SALE, "postage"),
        ("T0009", _SALE, "gift certificate bought"),
        ("T0010", _SALE, "auction elsewhere"),
        ("T0011", _SALE, "payment by telephone"),
        ("T0012", _SALE, "virtual terminal"),
        ("T0013", _SALE, "donation"),
        ("T0014", _SALE, "rebate"),
        ("T0015", _SALE, "payout by somebody else"),
        ("T0016", _SALE, "recovery by somebody else"),
        ("T0017", _SALE, "from store to store"),
        ("T0018", _SALE, "PayPal Here"),
        ("T0019", _SALE, "paid by another instrument"),
        ("T0021", _SALE, "paid in a cryptocurrency"),
        # T01: fees that are no payment's own
        ("T0100", _FEE, "a fee of no other kind"),
        ("T0101", _FEE, "monthly fee"),
        ("T0102", _FEE, "fee for a withdrawal to a foreign bank"),
        ("T0103", _FEE, "fee for a check"),
        ("T0104", _FEE, "fee for a mass payment"),
        ("T0105", _FEE, "fee for a withdrawal by check"),
        ("T0106", _FEE, "fee for a chargeback"),
        ("T0107", _FEE, "fee for a payment"),
        ("T0108", _FEE, "fee for cash at a machine"),
        ("T0109", _FEE, "fee for an automatic withdrawal"),
        ("T0110", _FEE, "fee for a withdrawal to a foreign card"),
        ("T0111", _FEE, "fee for a warranty"),
        ("T0112", _FEE, "fee for a gift certificate that ended"),
        ("T0113", _FEE, "a partner's fee"),
        ("T0114", _FEE, "fee for a dispute"),
        # T02: one currency's balance to another's
        ("T0200", _EXCHANGE, "conversion"),
        ("T0201", _EXCHANGE, "conversion that was asked for"),
        ("T0202", _EXCHANGE, "conversion that covers a balance below zero"),
        # T03, T04: from and to the bank
        ("T0300", ("topup", ""), "paid in from the bank"),
        ("T0301", ("topup", ""), "paid in from the bank by PayPal's rule"),
        ("T0302", ("topup", ""), "collected from the bank"),
        ("T0303", ("topup", ""), "transfer from the bank"),
        ("T0400", ("", "payout"), "withdrawal to the bank"),
        ("T0401", ("", "payout"), "automatic withdrawal to the bank"),
        ("T0402", ("", "payout"), "withdrawal to Hyperwallet"),
        ("T0403", ("", "payout"), "withdrawal to the bank by hand"),
        # T05 to T07: cards: what we pay with the balance, and what a card of ours pays for us
        ("T0500", _SPENT, "paid with PayPal's debit card"),
        ("T0501", _SPENT, "paid with PayPal's virtual debit card"),
        ("T0502", _SPENT, "cash from a machine"),
        ("T0503", _SPENT, "paid with PayPal's hidden virtual debit card"),
        ("T0504", _SPENT, "cash advance"),
        ("T0505", _HOLD, "held for PayPal's debit card"),
        ("T0600", _SPENT, "given back to our credit card"),
        ("T0700", _SPENT, "paid in by our credit card for what we bought"),
        ("T0701", _SPENT, "paid in by our credit card for a balance below zero"),
        # T08, T09: given by PayPal
        ("T0800", _OTHER, "bonus"),
        ("T0801", _OTHER, "cash back of the debit card"),
        ("T0802", _OTHER, "bonus for a referral"),
        ("T0803", _OTHER, "bonus of the balance manager"),
        ("T0804", _OTHER, "bonus for a buyer's warranty"),
        ("T0805", _OTHER, "payment for a buyer's protection"),
        ("T0806", _OTHER, "bonus for a first direct debit"),
        ("T0807", _OTHER, "security charge given back"),
        ("T0808", _OTHER, "cash back of the credit card"),
        ("T0900", _OTHER, "incentive"),
        ("T0901", _OTHER, "gift certificate redeemed"),
        ("T0902", _OTHER, "points redeemed"),
        ("T0903", _OTHER, "coupon redeemed"),
        ("T0904", _OTHER, "eBay's loyalty incentive"),
        ("T0905", _OTHER, "offer that paid"),
        ("T1000", _SPENT, "bill paid"),
        # T11: taken back
        ("T1100", _ASKED, "taken back, of no other kind"),
        ("T1101", ("payout_reversal", ""), "withdrawal that came back"),
        ("T1102", _SPENT, "payment by debit card that came back"),
        ("T1103", _OTHER, "points given back"),
        ("T1104", _TOP_UP, "payment from the bank that was taken back"),
        ("T1105", _HOLD, "hold ended"),
        ("T1106", _DISPUTE, "payment taken back by PayPal"),
        ("T1107", ("spending", "refund"), "payment given back by who got it"),
        ("T1108", ("fee", ""), "fee reversed"),
        ("T1109", ("fee", ""), "fee given back"),
        ("T1110", _DISPUTE, "held while a dispute is looked into"),
        ("T1111", _WON, "hold of a dispute ended"),
        ("T1112", _ASKED, "MAM reversal"),
        ("T1113", ("spending", "refund"), "credit without a payment"),
        ("T1114", _SPENT, "mass payment reversed"),
        ("T1115", _SPENT, "mass payment given back"),
        ("T1116", _ASKED, "reversed after an instant review"),
        ("T1117", _OTHER, "rebate taken back"),
        ("T1118", ("", "dispute"), "payment by another instrument reversed, of who sold"),
        ("T1119", _SPENT, "payment by another instrument reversed, of who bought"),
        # T12: adjustments
        ("T1200", _OTHER, "adjustment"),
        ("T1201", _DISPUTE, "chargeback"),
        ("T1202", _WON, "chargeback reversed"),
        ("T1203", _OTHER, "written off"),
        ("T1204", _OTHER, "incentive adjusted"),
        ("T1205", _WON, "chargeback reimbursed"),
        ("T1207", _DISPUTE, "chargeback after a representment was rejected"),
        ("T1208", ("", "dispute"), "chargeback's reversal taken back"),
        # T13: authorizations, which move no balance and stand in no settlement report
        ("T1300", _ASKED, "authorization"),
        ("T1301", _ASKED, "authorization renewed"),
        ("T1302", _ASKED, "authorization voided"),
        ("T1400", _OTHER, "dividend"),
        # T15: holds
        ("T1500", _HOLD, "temporary hold"),
        ("T1501", _HOLD, "held for an open authorization"),
        ("T1502", _HOLD, "held for a payment from the bank"),
        ("T1503", _HOLD, "held of the available balance"),
        # T16, T18: credit that PayPal gives to us as a buyer
        ("T1600", _SPENT, "paid in by buyer's credit"),
        ("T1601", _SPENT, "paid in by BML"),
        ("T1602", _SPENT, "buyer's credit paid"),
        ("T1603", _SPENT, "buyer's credit paid back"),
        ("T1700", _ASKED, "withdrawal to what is no bank"),
        ("T1701", _ASKED, "withdrawal by WorldLink"),
        ("T1800", _SPENT, "buyer's credit paid"),
        ("T1801", _SPENT, "BML paid"),
        ("T1900", _OTHER, "correction"),
        # T20: between accounts of PayPal
        ("T2000", _ASKED, "between accounts of ours"),
        ("T2001", _ASKED, "settlement consolidated"),
        ("T2002", _ASKED, "transfer from what is payable"),
        ("T2003", _ASKED, "transfer to another ledger of PayPal"),
        ("T2004", _LENT, "receivables financed"),
        # T21, T22: reserves
        ("T2101", _HOLD, "hold"),
        ("T2102", _HOLD, "hold ended"),
        ("T2103", _HOLD, "reserve held"),
        ("T2104", _HOLD, "reserve released"),
        ("T2105", _HOLD, "held for a payment's review"),
        ("T2106", _HOLD, "released after a payment's review"),
        ("T2107", _HOLD, "payment held"),
        ("T2108", _HOLD, "payment released"),
        ("T2109", _HOLD, "gift certificate bought: held"),
        ("T2110", _HOLD, "gift certificate redeemed: released"),
        ("T2111", _HOLD, "not available yet"),
        ("T2112", _HOLD, "available now"),
        ("T2113", _HOLD, "blocked"),
        ("T2114", _HOLD, "held for taxes"),
        ("T2201", _HOLD, "to and from a balance that a credit card funds"),
        ("T2301", _ASKED, "tax withheld for the IRS"),
        ("T3000", _ASKED, "paid by another instrument"),
        # T50: collected for others
        ("T5000", _HOLD, "collected, to be paid to others"),
        ("T5001", _HOLD, "paid to others"),
        ("T9700", _ASKED, "receivable for shipping"),
        ("T9701", _LENT, "lent by PayPal"),
        ("T9702", _LENT, "paid back to PayPal"),
        ("T9800", _ASKED, "for display only"),
        ("T9900", _ASKED, "other"),
    )
}
# What every code of a group is.
GROUPS: dict[str, Meaning] = {
    "T00": Meaning(*_SALE, "payment"),
    "T01": Meaning(*_FEE, "fee"),
    "T02": Meaning(*_EXCHANGE, "conversion"),
    "T03": Meaning("topup", "", "paid in from the bank"),
    "T04": Meaning("", "payout", "withdrawal"),
    "T15": Meaning(*_HOLD, "hold"),
    "T19": Meaning(*_OTHER, "correction"),
    "T21": Meaning(*_HOLD, "reserve"),
}


def word_of(code: str, way: int) -> str:
    """Our word for a movement of a code, whose money comes (1), goes (-1), or neither (0); "" where nobody but the
    company knows, or the code is not published."""
    found = CODES.get(code) or GROUPS.get(code[:3])
    if found is None:
        return ""
    if not way:
        return found.comes or found.goes
    return found.comes if way > 0 else found.goes


def way_of(line: Line) -> int:
    """Which way a line's money went: by its gross amount, since a fee may be all of it."""
    gross = line.amount - sum(c.amount for c in line.charges)
    return (gross > 0) - (gross < 0)
