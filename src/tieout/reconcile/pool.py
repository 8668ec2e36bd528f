"""What no number alone has settled: items with what their texts and names say."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from tieout.reconcile.frames import pl
from tieout.reconcile.keys import MEDIUM, SHARED, Shape
from tieout.reconcile.kinds import other_kinds
from tieout.reconcile.parties import Parties

_RUN = re.compile(r"\d(?:[-/._ ]?\d)*")
# Days are no numbers of anything.
_DAY = r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d|20\d\d-\d\d-\d\d)\b"
# A year and a serial that lost its zeros ("2025-412"), which is no amount.
_MAY_BE_OF_A_YEAR = r"(?:19|20)\d\d[-/][1-9]\d\d"
_OF_A_YEAR = re.compile(r"(?<![\d/-])((?:19|20)\d\d)[-/]([1-9]\d{2,})(?!\d|[.,/-]\d)")
# Digits that are a whole number by themselves: fewer are anything's.
_WHOLE = 8
_NO_DIGIT = re.compile(r"\D")
# Columns that say more than an amount, and what an item calls that.
_GROUNDS = {
    "bank_charge": "charge",
    "early_discount": "discount",
    "early_discount_until": "discount_until",
    "untaxed": "untaxed",
}
_SEPARATOR = r"[^A-Z0-9]{0,3}"
_SERIAL = re.compile(r"(\d+)\D*$")


class Item(msgspec.Struct, frozen=True, gc=False):
    """One row. `day` counts days, `minor` is signed in whole minor units, `runs` are the runs of
    digits in its text, `whole` the digits of whole numbers of the right side's shapes there and `loose` the runs that
    are none, `yearly` the years and serials without zeros there, `number` its own number's digits and `serial` their last run. In minor units: the `charge` that
    a bank says it kept of a left item; the `discount` that a right item's term grants up to the day `discount_until`,
    and what it is without its tax (None: not known)."""

    n: int
    id: str
    day: int
    minor: int
    currency: str
    name: str
    account: str
    number: str
    serial: str
    runs: tuple[str, ...]
    whole: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    yearly: tuple[tuple[str, str], ...] = ()
    charge: int = 0
    discount: int = 0
    discount_until: int = 0
    untaxed: int | None = None


class Pool:
    """The items that are left, and the ways to find one."""

    def __init__(
        self,
        left: pl.DataFrame,
        right: pl.DataFrame,
        links: pl.DataFrame,
        parties: Parties,
        shapes: list[Shape],
        letters: frozenset[str],
        common: Mapping[tuple[str, int], float],
        prices: frozenset[tuple[str, int]],
    ) -> None:
        full = re.compile("|".join(_full(s) for s in shapes) or r"(?!)")
        kinds = other_kinds(letters)
        self.left = _items(left, full, kinds, read_all=True)
        self.right = _items(right, full, kinds, read_all=False)
        self.parties = parties
        self.common = common
        self.prices = prices
        self.named: dict[int, dict[int, int]] = defaultdict(dict)
        self.named_by: dict[int, dict[int, int]] = defaultdict(dict)
        for mine, theirs, strength in links.iter_rows():
            if mine in self.left and theirs in self.right:
                self.named[mine][theirs] = strength
                self.named_by[theirs][mine] = strength
        self.by_party: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self.by_party_amount: dict[tuple[str, str, int], list[Item]] = defaultdict(list)
        self.by_amount: dict[tuple[str, int], list[Item]] = defaultdict(list)
        self.by_serial: dict[str, list[Item]] = defaultdict(list)
        self.open: dict[str, int] = defaultdict(int)
        for item in sorted(self.right.values(), key=lambda i: (i.day, i.id)):
            self.by_party[item.name, item.currency].append(item)
            self.by_party_amount[item.name, item.currency, item.minor].append(item)
            self.by_amount[item.currency, item.minor].append(item)
            self.open[item.currency] += 1
            if len(item.serial) >= 3:
                self.by_serial[item.serial.lstrip("0")].append(item)
        self._days = {key: [i.day for i in items] for key, items in self.by_party.items()}
        self._name_serials()
        self.payers: dict[tuple[str, str, int], list[Item]] = defaultdict(list)
        for item in self.left.values():
            for party in self.parties.of(item.name, item.account):
                self.payers[party, item.currency, item.minor].append(item)
        self.currencies = sorted({i.currency for i in self.right.values()})

    def block(self, name: str, currency: str, first: int, last: int, most: int) -> list[Item]:
        """A party's open items of the days from `first` to `last`, in their order; at most so
        many, the latest."""
        days = self._days.get((name, currency))
        if days is None:
            return []
        start, end = bisect_left(days, first), bisect_right(days, last)
        return self.by_party[name, currency][max(start, end - most) : end]

    def _name_serials(self) -> None:
        """A run of digits that is one open item's whole serial, zeros and all, names it in part."""
        for left in self.left.values():
            for run in left.runs:
                if len(run) < 5:
                    continue
                whole = [r for r in self.by_serial.get(run.lstrip("0"), ()) if r.serial == run]
                if len(whole) == 1 and whole[0].n not in self.named[left.n]:
                    self.named[left.n][whole[0].n] = MEDIUM
                    self.named_by[whole[0].n][left.n] = MEDIUM


def _full(shape: Shape) -> str:
    """An expression for a whole number of a shape, with its letters or without; one that never fits for a number that
    anything may be."""
    digits = _SEPARATOR.join(rf"\d{{{n}}}" for n in shape.digits)
    if len(shape.digits) < 2 and sum(shape.digits) < _WHOLE:
        return rf"\b{shape.letters}{_SEPARATOR}{digits}\b" if shape.letters else r"(?!)"
    return rf"(?<!\d){digits}(?!\d)"


def _items(rows: pl.DataFrame, full: re.Pattern[str], kinds: str, read_all: bool) -> dict[int, Item]:
    days = rows["date"].to_physical().to_list()
    found: dict[int, Item] = {}
    # A number that many have is no one's.
    counts = rows["reference"].value_counts(name="rows")
    shared = set(counts.filter(pl.col("rows") > SHARED)["reference"].to_list())
    columns = ("n", "id", "minor", "currency", "counterparty", "account", "reference")
    said, texts = _said(rows), _texts(rows, kinds, read_all)
    for at, (day, values) in enumerate(zip(days, rows.select(columns).iter_rows(), strict=True)):
        n, key, minor, currency, name, account, reference = values
        own = "" if reference in shared else reference
        last = _SERIAL.search(own) if own else None
        runs: tuple[str, ...] = ()
        whole: tuple[str, ...] = ()
        yearly: tuple[tuple[str, str], ...] = ()
        text, own_text, may_be = texts[at]
        if text:
            whole = tuple([_NO_DIGIT.sub("", hit) for hit in full.findall(text)])
            yearly = tuple(_OF_A_YEAR.findall(text)) if may_be else ()
            runs = tuple(dict.fromkeys([_NO_DIGIT.sub("", run) for run in _RUN.findall(own_text)]))
        found[n] = Item(
            n=n,
            id=key,
            day=day,
            minor=minor,
            currency=currency,
            name=name,
            account=account,
            number=_NO_DIGIT.sub("", own) if last else "",
            serial=last[1] if last else "",
            runs=runs,
            whole=whole,
            loose=tuple([run for run in runs if run not in whole]) if whole else runs,
            yearly=yearly,
            **(said[at] if said else {}),
        )
    return found


def _texts(rows: pl.DataFrame, kinds: str, read_all: bool) -> list[tuple[str, str, bool]]:
    """What each row says without its days, and that without the numbers of other kinds; "" where it holds no digit. And
    whether it may say a year and a serial without its zeros, which few do."""
    text = pl.concat_str(["reference", "description"], separator=" ").str.to_uppercase()
    # The right side's texts are read for what they take back alone.
    read = text.str.contains(r"\d") & (pl.lit(read_all) | (pl.col("minor") < 0))
    bare = pl.when(read).then(text.str.replace_all(_DAY, " ")).otherwise(pl.lit(""))
    said = pl.col("text")
    own, may_be = said.str.replace_all(kinds, " "), said.str.contains(_MAY_BE_OF_A_YEAR)
    return rows.select(bare.alias("text")).with_columns(own=own, may_be=may_be).rows()


def _said(rows: pl.DataFrame) -> list[dict[str, int]]:
    """What each row says beside its amount, as fields of an item; nothing at all where no column says any."""
    names = {c: _GROUNDS[c] for c in _GROUNDS if c in rows.columns}
    if not names:
        return []
    told = rows.select(
        (pl.col(c).to_physical() if c == "early_discount_until" else pl.col(c)).alias(n)
        for c, n in names.items()
    )
    return [{k: v for k, v in row.items() if v is not None} for row in told.iter_rows(named=True)]
