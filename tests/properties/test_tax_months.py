"""Source tax is the ledger's tax and named differences, whatever documents say and whatever people do to their entries; and
what entered a filed period is the difference of its two states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.connector_api import LedgerTaxes, OthersMove, TaxCode, TaxItem
from tieout.proofs.filed import Filing, counted, entered
from tieout.proofs.split import Judged, Standing
from tieout.proofs.tax_keys import TaxKey
from tieout.proofs.taxes import Claim, TaxWhy, tax_month

CODES = (TaxCode("sale", "NY"), TaxCode("sale", "CA"), TaxCode("purchase", "NY"), TaxCode("sale", "VAT"))
PLACES = {CODES[0]: "US-NY", CODES[1]: "US-CA", CODES[2]: "", CODES[3]: "DE"}
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
cents = st.integers(-50_000, 50_000).map(lambda n: Decimal(n) / 100)


@dataclass(frozen=True)
class Sold:
    """A document of some taxes (a credit note's are negative), and what became of its entry in the ledger."""

    number: int
    taxes: tuple[tuple[TaxCode, Decimal, Decimal], ...]
    on: date
    fate: str
    more: Decimal


@st.composite
def sold(draw: st.DrawFn) -> list[Sold]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        codes = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True))
        sign = draw(st.sampled_from((1, 1, -1)))
        amounts = st.integers(0, 50_000).map(lambda n: Decimal(n) / 100)
        taxes = tuple((c, sign * draw(amounts), sign * draw(amounts)) for c in codes)
        month = draw(st.sampled_from((OCTOBER, OCTOBER, NOVEMBER)))
        on = month + timedelta(days=draw(st.integers(0, 29)))
        fate = draw(
            st.sampled_from(("stands", "stands", "waits", "held", "changed", "deleted", "moved", "retaxed"))
        )
        found.append(Sold(number, taxes, on, fate, draw(cents)))
    return found


by_hand = st.lists(
    st.tuples(st.sampled_from(CODES), cents, st.sampled_from(list(Standing))), max_size=4
)  # fmt: skip


def item(number: int, code: TaxCode, tax: Decimal, base: Decimal, on: date, entry: str = "") -> list[TaxItem]:
    record, name = ("account.move", number), entry or f"INV/{number}"

    def one(tax: Decimal, base: Decimal) -> TaxItem:
        return TaxItem(name, on, record, code, "251000", "USD", tax, base, tax, base)

    return [one(tax, Decimal(0)), one(Decimal(0), base)]


def booked(documents: list[Sold]) -> tuple[list[Claim], list[TaxItem]]:
    """What documents say, and what the ledger has of their entries after people were at them, whatever its day."""
    claims, items = [], []
    for d in documents:
        there = d.fate not in ("waits", "held")
        on = d.on
        if d.fate == "moved":
            on = NOVEMBER if d.on < NOVEMBER else OCTOBER
        for n, (code, tax, base) in enumerate(d.taxes):
            claims.append(
                Claim(
                    document=f"d{d.number}", number=f"N{d.number}", key=TaxKey("USD", code, PLACES[code]), on=d.on, tax=tax,
                    base=base, record=("account.move", d.number) if there else None,
                    why=TaxWhy.HELD if d.fate == "held" else TaxWhy.WAITING,
                )
            )  # fmt: skip
            if not there or d.fate == "deleted":
                continue
            stands = tax + d.more if d.fate == "changed" and n == 0 else tax
            of = CODES[(CODES.index(code) + 1) % 4] if d.fate == "retaxed" and n == 0 else code
            items += item(d.number, of, stands, base, on)
    return claims, items


def judged_of(hands: list[tuple[TaxCode, Decimal, Standing]]) -> dict[str, Judged]:
    found = {}
    for n, (_, _, standing) in enumerate(hands):
        move = OthersMove(f"MISC/{n}", OCTOBER, "", "Ann", Decimal(1))
        found[move.name] = Judged(move, standing, "origin" if standing is Standing.DECLARED else "")
    return found


def summed(pairs: Iterable[tuple[Any, Decimal]]) -> dict[Any, Decimal]:
    """The sums by key, without those that come to nothing."""
    found: dict[Any, Decimal] = {}
    for key, amount in pairs:
        found[key] = found.get(key, Decimal(0)) + amount
    return {key: amount for key, amount in found.items() if amount}


@given(sold(), by_hand)
def test_source_tax_is_the_ledgers_and_named_differences(
    documents: list[Sold], hands: list[tuple[TaxCode, Decimal, Standing]]
) -> None:
    claims, items = booked(documents)
    judged = judged_of(hands)
    for n, (code, amount, _) in enumerate(hands):
        items += item(1000 + n, code, amount, Decimal(0), OCTOBER, f"MISC/{n}")
    in_month = [i for i in items if i.on < NOVEMBER]
    places = {("USD", code): place for code, place in PLACES.items()}
    ledger_now = LedgerTaxes(items=in_month, makers=dict.fromkeys(judged, "Ann"))
    rows = tax_month("US", "2026-10", claims, ledger_now, judged, places, {})
    source = summed((c, t) for d in documents if d.on < NOVEMBER for c, t, _ in d.taxes)
    ledger = summed((i.code, i.tax) for i in in_month)
    for row in rows:
        code = row.key.code
        assert row.residual == 0 and row.key.place == PLACES[code]
        assert row.source == source.get(code, 0) and row.in_ledger == ledger.get(code, 0)
        assert row.source_base - row.base == sum((d.base for d in row.differences), Decimal(0))
    # Worked out apart: what each document and entry is to differ by.
    said = [((c, f"N{d.number}"), t) for d in documents if d.on < NOVEMBER for c, t, _ in d.taxes]
    stands = [((i.code, i.entry.replace("INV/", "N")), -i.tax) for i in in_month]
    assert summed((*said, *stands)) == summed(
        ((r.key.code, x.number), x.tax) for r in rows for x in r.differences
    )
    if all(d.fate == "stands" for d in documents) and not hands:
        assert not any(row.differences for row in rows)
    whys = {x.why for row in rows for x in row.open}
    assert TaxWhy.DECLARED not in whys and TaxWhy.EXPLAINED not in whys


@given(sold(), sold(), st.booleans())
def test_what_entered_a_filed_period_is_what_its_two_states_differ_by(
    before: list[Sold], after: list[Sold], some: bool
) -> None:
    filing = Filing(
        no=1, entity="US", first=OCTOBER, last=date(2026, 10, 31), report="VAT", taxes=("NY",) if some else (), reference="r",
        reason="r", corrects=None, by="cora", at="",
    )  # fmt: skip
    states = []
    for documents in (before, after):
        items = [i for i in booked(documents)[1]]
        # What falls due on payment counts by that entry, and not by the invoice.
        items += [replace(i, counts=False) for i in items]
        states.append(counted(items, filing))
    sums = summed(
        ((x.key, x.code), s * x.tax) for s, state in zip((-1, 1), states, strict=True) for x in state
    )
    found = entered(filing, *states, {})
    assert {(e.key, e.code): e.tax for e in found if e.tax} == sums
    assert all(OCTOBER <= e.on < NOVEMBER and (not some or e.code.name == "NY") for e in found)
    assert entered(filing, states[0], states[0], {}) == []
