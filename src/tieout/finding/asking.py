"""What somebody typed, as questions to the index. Pure.

Every word must fit, in one of the ways in which it may be meant: as a word, an amount, a day, the end of an account, a kind
of thing, a currency. Asked is three times: what is called so, what says exactly so, and what begins so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tieout.finding.terms import (
    account_ends_of,
    amount_term,
    amounts_of,
    days_of,
    folded,
    is_account,
    joined,
    quoted,
    spellings,
    written_days,
)

_MOST_TYPED, _MOST_CHUNKS, _SHORTEST_BEGINNING = 200, 8, 3
_PART = re.compile(r"[^\W_]+")
_SYMBOLS = str.maketrans({c: " " for c in '€$£¥()[]{}"?!;*&|<>'})
# Words that name a kind of thing, and the kinds; people call an order what we know as its invoice.
_KINDS: dict[str, tuple[str, ...]] = {
    word: tuple(things.split(","))
    for words, things in (
        ("invoice invoices rechnung rechnungen", "invoice,bill"),
        ("order orders auftrag bestellung", "invoice,purchase order"),
        ("bill bills eingangsrechnung", "bill"),
        ("credit creditnote gutschrift", "credit note,vendor credit"),
        ("note", "credit note"),
        ("charge charges", "charge"),
        ("payment payments zahlung", "charge,vendor payment,bank line"),
        ("refund refunds erstattung", "refund,credit note"),
        ("payout payouts auszahlung", "payout"),
        ("dispute disputes chargeback", "dispute"),
        ("fee fees", "fee"),
        ("bank line transfer", "bank line"),
        ("statement statements kontoauszug", "statement,bank line"),
        ("supplier vendor lieferant", "supplier,bill,vendor payment,purchase order"),
        ("customer client kunde", "customer,invoice"),
        ("po purchase", "purchase order"),
        ("receipt receipts", "receipt"),
        ("entry journal buchung", "entry"),
        ("expense expenses spesen", "expense report"),
        ("match", "match"),
        ("iban account konto", "bank line,supplier,bill,vendor payment,statement"),
    )
    for word in words.split()
}  # fmt: skip
# Said between words, and meant by nobody.
_FILLERS = frozenset(
    "the of from for to by at on in an a no nr and und von für fur der die das mit with".split()
)


@dataclass(frozen=True)
class Asked:
    """Three tsqueries, each narrower than the next: `called` is what bears it as its name, `exact` what says it word for word,
    `begins` what has words that begin so."""

    called: str
    exact: str
    begins: str


def readings(typed: str) -> tuple[Asked, ...]:
    """The ways in which it may be read, the likelier first: of `Harbor 1 397,52` a thousand, then a name with a number."""
    dated = written_days(typed[:_MOST_TYPED])
    found = (asked(text) for text in dict.fromkeys((joined(dated), dated)))
    return tuple(x for x in found if x is not None)


def asked(text: str) -> Asked | None:
    """The questions of words that stand apart; None where there is nothing that could be searched."""
    chunks = text.translate(_SYMBOLS).split()
    kept = [c for c in chunks if folded(c) not in _FILLERS] or chunks
    clauses = [c for c in (_clause(chunk, len(kept)) for chunk in kept[:_MOST_CHUNKS]) if c]
    if not clauses:
        return None
    called, exact, begins = (" & ".join(each) for each in zip(*clauses, strict=True))
    return Asked(called, exact, begins)


def asked_case(typed: str) -> int | None:
    """The number of a case, where that may be all that was typed."""
    left = [c.lstrip("#") for c in typed[:_MOST_TYPED].split() if folded(c) not in ("case", "fall")]
    return int(left[0]) if len(left) == 1 and re.fullmatch(r"[0-9]{1,9}", left[0]) else None


def _clause(chunk: str, of: int) -> tuple[str, str, str] | None:
    """One word in every way in which it may be meant, for each of the three questions; `of` how many words are typed."""
    beside = [*_amounts(chunk), *(quoted(x) for x in account_ends_of(chunk))]
    days = [f"{quoted(x)}:*" if len(x) < len("@20261003") else quoted(x) for x in days_of(chunk)]
    kinds = [quoted(f":{t.replace(' ', '')}") for t in _KINDS.get(folded(chunk), ())] if of > 1 else []
    currency = [quoted(f"${chunk.casefold()}")] if re.fullmatch(r"[A-Za-z]{3}", chunk) and of > 1 else []
    word = ("", "", "") if is_account(chunk) else _word(chunk)
    others = [*beside, *days, *kinds, *currency]
    # A whole number is what something is called sooner than what it comes to.
    named = others if not chunk.isdigit() else []
    sides = [[word[0], *named], [word[1], *others], [word[2], *others]]
    found = tuple(" | ".join(x for x in side if x) for side in sides)
    return (f"({found[0]})", f"({found[1]})", f"({found[2]})") if all(found) else None


def _amounts(chunk: str) -> list[str]:
    return [quoted(amount_term(x)) for x in amounts_of(chunk)]


def _word(chunk: str) -> tuple[str, str, str]:
    """A word as it is written and in its parts."""
    parts = _PART.findall(chunk)
    if not parts:
        return "", "", ""
    ends = (":A", "", ":*")
    whole = spellings("".join(parts))
    ways = [_any(whole, end) for end in ends]
    if 1 < len(parts) <= 8:
        each = [spellings(p) for p in parts]
        for n, end in enumerate(ends):
            # Only its last part is not written to its end: what begins as every number does, `INV`, is not looked for.
            firsts = [_any(x, "" if end == ":*" else end) for x in each[:-1]]
            ways[n] += " | (" + " & ".join([*firsts, _any(each[-1], end)]) + ")"
    return ways[0], ways[1], ways[2]


def _any(terms: Sequence[str], end: str) -> str:
    """One of these terms; a beginning only where it is long enough to tell things apart."""
    return (
        "("
        + " | ".join(quoted(t) + (end if end != ":*" or len(t) >= _SHORTEST_BEGINNING else "") for t in terms)
        + ")"
    )
