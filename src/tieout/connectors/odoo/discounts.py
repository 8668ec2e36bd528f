"""The lines in which Odoo books a discount for paying early that corrects tax, worked out from the invoice itself.

As read of Odoo 18 and 19 (account.move, `_get_invoice_counterpart_amls_for_early_payment_discount_per_payment_term_line`),
of which one case was observed on a 19.0 (500.00 and 15%, two per cent: 10.00 and 1.50): each base is taken again at a unit
price less the percentage, and its taxes on that; what they are less is the discount's line. A base carries the invoice's own
taxes and the boxes of a refund, a tax line the distribution of a refund at the same place. What rounding leaves goes to the
largest base. All of it stands at the invoice's own rate.

What is not a plain percentage (a fixed amount, a group, a tax on a tax, one that falls due on payment, a distribution on
several accounts by shares, an invoice rounded to cash) has no parts here: a person registers that payment in Odoo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout.connector_api import RefusedError, SetupError
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.documents import DiscountPart, TaxShare
from tieout.money import Amount, minor_digits

_LINES = [
    "move_id", "account_id", "display_type", "price_unit", "quantity", "discount", "amount_currency", "balance", "tax_ids",
    "tax_line_id", "tax_repartition_line_id",
]  # fmt: skip
_TAXES = [
    "name", "amount", "amount_type", "price_include", "include_base_amount", "tax_exigibility",
    "invoice_repartition_line_ids", "refund_repartition_line_ids",
]  # fmt: skip
_SHARES = ["repartition_type", "factor_percent", "account_id", "tag_ids"]
_SILENT = ("line_section", "line_subsection", "line_note")
_HUNDRED = Decimal(100)
Row = dict[str, Any]


@dataclass(frozen=True)
class Granted:
    """What a term grants on an invoice's due line: `percent` of it, which is `amount` in the invoice's currency and
    `company` in the company's, both signed as the line. `rate` is units of the first for one of the second."""

    percent: Decimal
    amount: Decimal
    company: Decimal
    rate: Decimal
    currency: str
    own_currency: str


@dataclass(frozen=True)
class Share:
    """A line of a tax's distribution: `factor` is 1, -1, or what it is of the whole; `account` a code, "" for the base's."""

    key: int
    of_base: bool
    factor: Decimal
    account: str
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Tax:
    """A tax as far as it matters here; `invoice` and `refund` are its distributions, place by place."""

    key: int
    name: str
    percent: Decimal
    included: bool
    plain: bool
    invoice: tuple[Share, ...]
    refund: tuple[Share, ...]


@dataclass
class Books:
    """Taxes by id, and whether the company rounds each line or the sum of all."""

    taxes: Mapping[int, Tax]
    by_line: bool


def is_taxed(lines: Iterable[Row]) -> bool:
    """Whether an invoice's lines carry a tax, one of nothing per cent included: its report has a base."""
    return any(row["tax_ids"] for row in lines if row["display_type"] == "product")


def parts_of(
    lines: Sequence[Row], granted: Granted, books: Books, code_of: Callable[[int], str]
) -> tuple[DiscountPart, ...]:
    """A discount's lines of one invoice, which sum to what is granted; none where it is not plain. `lines` are the
    invoice's own, `code_of` says the code of an account."""
    bases = [row for row in lines if row["display_type"] == "product"]
    used = {t for row in bases for t in row["tax_ids"]}
    if not used or not _plain(lines, used, books):
        return ()
    sign = -1 if granted.amount > 0 else 1
    nets = [_net(row, granted, books) for row in bases]
    taxes = _tax_parts(lines, bases, nets, granted, books, code_of, sign)
    if taxes is None:
        return ()
    # Each line and each of its taxes is rounded once.
    most = len(lines) + sum(len(row["tax_ids"]) for row in bases)
    return _balanced(_base_parts(bases, nets, granted, books, sign), taxes, granted, most)


def _plain(lines: Sequence[Row], used: set[int], books: Books) -> bool:
    known = [books.taxes[t] for t in used if t in books.taxes]
    shares = [row["tax_repartition_line_id"][0] for row in lines if row["tax_repartition_line_id"]]
    return (
        len(known) == len(used)
        and all(t.plain for t in known)
        # Two lines of one distribution: Odoo itself keeps only one of them.
        and len(shares) == len(set(shares))
        and not any(row["tax_ids"] for row in lines if row["display_type"] == "tax")
        and all(row["display_type"] in ("product", "tax", "payment_term", *_SILENT) for row in lines)
    )


def _net(row: Row, granted: Granted, books: Books) -> Decimal:
    """A line without its taxes at the price less the discount, positive as its price is; rounded where lines are."""
    price = _number(row["price_unit"]) * _number(row["quantity"]) * (1 - _number(row["discount"]) / _HUNDRED)
    price *= 1 - granted.percent / _HUNDRED
    within = sum((books.taxes[t].percent for t in row["tax_ids"] if books.taxes[t].included), Decimal(0))
    net = price / (1 + within / _HUNDRED)
    return _rounded(net, granted.currency) if books.by_line else net


def _tax_parts(
    lines: Sequence[Row],
    bases: Sequence[Row],
    nets: Sequence[Decimal],
    granted: Granted,
    books: Books,
    code_of: Callable[[int], str],
    sign: int,
) -> list[DiscountPart] | None:
    """What each tax line is less; None where a tax that comes to something has no line."""
    raw: dict[int, Decimal] = {}
    for row, net in zip(bases, nets, strict=True):
        for key in row["tax_ids"]:
            amount = net * books.taxes[key].percent / _HUNDRED
            amount = _rounded(amount, granted.currency) if books.by_line else amount
            raw[key] = raw.get(key, Decimal(0)) + amount
    by_share = {row["tax_repartition_line_id"][0]: row for row in lines if row["tax_repartition_line_id"]}
    found = []
    for key, amount in sorted(raw.items()):
        tax = books.taxes[key]
        for before, after in zip(tax.invoice, tax.refund, strict=True):
            if before.of_base:
                continue
            line = by_share.pop(before.key, None)
            if line is None:
                if _rounded(amount, granted.currency):
                    return None
                continue
            own = sign * before.factor * amount
            # A tax that somebody put there by hand is not what Odoo works out anew: its share would be a guess.
            due = exact(line["amount_currency"]) * (1 - granted.percent / _HUNDRED)
            if abs(_rounded(own, granted.currency) - due) > (len(lines) + 1) * _unit(granted.currency):
                return None
            found.append(
                DiscountPart(
                    account=after.account or code_of(line["account_id"][0]),
                    name=f"early payment discount ({tax.name})",
                    amount=_rounded(own, granted.currency) - exact(line["amount_currency"]),
                    company=_rounded(own / granted.rate, granted.own_currency) - exact(line["balance"]),
                    tax=TaxShare(share=after.key, tags=after.tags),
                    back=TaxShare(share=before.key, tags=before.tags),
                )
            )
    return None if by_share else found


def _base_parts(
    bases: Sequence[Row], nets: Sequence[Decimal], granted: Granted, books: Books, sign: int
) -> list[DiscountPart]:
    """What the bases of each set of taxes are less."""
    groups: dict[tuple[int, ...], list[Decimal]] = {}
    for row, net in zip(bases, nets, strict=True):
        held = groups.setdefault(tuple(row["tax_ids"]), [Decimal(0), Decimal(0), Decimal(0)])
        held[0] += net
        held[1] += exact(row["amount_currency"])
        held[2] += exact(row["balance"])
    return [
        DiscountPart(
            account="",
            name="early payment discount",
            amount=_rounded(sign * net, granted.currency) - amount,
            company=_rounded(sign * net / granted.rate, granted.own_currency) - balance,
            tax=TaxShare(taxes=keys, tags=_base_tags(keys, books, refund=True)),
            back=TaxShare(taxes=keys, tags=_base_tags(keys, books, refund=False)),
        )
        for keys, (net, amount, balance) in groups.items()
    ]


def _base_tags(keys: Iterable[int], books: Books, refund: bool) -> tuple[int, ...]:
    shares = (s for k in keys for s in (books.taxes[k].refund if refund else books.taxes[k].invoice))
    return tuple(dict.fromkeys(tag for s in shares if s.of_base for tag in s.tags))


def _balanced(
    bases: list[DiscountPart], taxes: list[DiscountPart], granted: Granted, most: int
) -> tuple[DiscountPart, ...]:
    """All of them, what rounding leaves on the largest base; none where more is left than rounding can."""
    found = [*bases, *taxes]
    amount = granted.amount - sum((p.amount for p in found), Decimal(0))
    company = granted.company - sum((p.company for p in found), Decimal(0))
    for left, currency in ((amount, granted.currency), (company, granted.own_currency)):
        if abs(left) > most * _unit(currency):
            return ()
    # The largest as Odoo takes it: signed, so of a bill's negative ones the nearest to zero.
    largest = max(range(len(bases)), key=lambda n: bases[n].amount)
    return tuple(
        DiscountPart(
            account=p.account,
            name=p.name,
            amount=Amount.exact(p.amount + (amount if n == largest else 0), granted.currency).value,
            company=Amount.exact(p.company + (company if n == largest else 0), granted.own_currency).value,
            tax=p.tax,
            back=p.back,
        )
        for n, p in enumerate(found)
        if p.amount or p.company or n == largest
    )


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_digits(currency))


def _rounded(value: Decimal, currency: str) -> Decimal:
    return value.quantize(_unit(currency), ROUND_HALF_UP)


def _number(value: Any) -> Decimal:
    """A price or a quantity by its shortest text: these may have more decimals than money."""
    return Decimal(str(value or 0))


# reading


def read_lines(client: OdooClient, moves: Iterable[int]) -> dict[int, list[Row]]:
    """The lines of these invoices, by invoice; empty where this user may not read what a discount needs."""
    wanted = sorted(set(moves))
    found: dict[int, list[Row]] = {}
    for start in range(0, len(wanted), 500):
        domain = [["move_id", "in", wanted[start : start + 500]]]
        try:
            rows = client.call("account.move.line", "search_read", domain=domain, fields=_LINES, order="id")
        except (SetupError, RefusedError):
            return {}
        for row in rows:
            found.setdefault(row["move_id"][0], []).append(row)
    return found


def read_books(client: OdooClient, lines: Iterable[Row], names: Directory) -> Books:
    """The taxes of these lines with their distributions, and how the company rounds; no taxes where this user may not
    read them."""
    keys = sorted({t for row in lines for t in row["tax_ids"]})
    try:
        rows = client.call("account.tax", "read", ids=keys, fields=_TAXES)
        wanted = sorted({s for row in rows for s in _both(row)})
        shares = client.call("account.tax.repartition.line", "read", ids=wanted, fields=_SHARES)
    except (SetupError, RefusedError):
        return Books({}, by_line=False)
    by_key = {row["id"]: _share(row, names.code_of) for row in shares}
    return Books({row["id"]: _tax(row, by_key) for row in rows}, names.rounds_by_line)


def _both(row: Row) -> Iterator[int]:
    yield from row["invoice_repartition_line_ids"]
    yield from row["refund_repartition_line_ids"]


def _share(row: Row, code_of: Callable[[int], str]) -> Share:
    return Share(
        key=row["id"],
        of_base=row["repartition_type"] == "base",
        factor=_number(row["factor_percent"]) / _HUNDRED if row["repartition_type"] == "tax" else Decimal(1),
        account=code_of(row["account_id"][0]) if row["account_id"] else "",
        tags=tuple(row["tag_ids"]),
    )


def _tax(row: Row, shares: Mapping[int, Share]) -> Tax:
    invoice = tuple(shares[k] for k in row["invoice_repartition_line_ids"])
    refund = tuple(shares[k] for k in row["refund_repartition_line_ids"])
    alike = [(a.of_base, a.factor) for a in invoice] == [(b.of_base, b.factor) for b in refund]
    plain = (
        row["amount_type"] == "percent"
        and not row["include_base_amount"]
        and row["tax_exigibility"] == "on_invoice"
        and alike
        # Of a tax on several accounts by shares Odoo spreads the rounding in its own way.
        and all(abs(s.factor) == 1 for s in invoice)
    )
    return Tax(
        row["id"], row["name"], _number(row["amount"]), bool(row["price_include"]), plain, invoice, refund
    )
