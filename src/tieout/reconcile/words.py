"""Why a group was put together, in words: which signs, what differs, what would have sufficed."""

from __future__ import annotations

from tieout.reconcile.pool import Pool
from tieout.reconcile.weighing import Hypothesis

_NUMBER = {
    "strong": "the text names the number",
    "medium": "the text names the number in part",
    "similar": "the text holds a number that is mistyped or cut off",
    "weak": "the text holds the number's last digits",
    "none": "no number",
}
_PARTY = {
    "same": "same party",
    "similar": "similar party",
    "other": "another party",
    "unknown": "party unknown",
}


def explained(kind: str, looks: str) -> str:
    """What a difference is, and what it is not taken for."""
    words = kind.replace("_", " ")
    if not looks or looks == kind:
        return words
    return f"{words}: {looks.replace('_', ' ')} has no evidence, or no limit that lets it pass"


def why(h: Hypothesis, pool: Pool) -> str:
    """One line; what speaks against it stands at the end."""
    if not h.left or not h.right:
        signs = ["one side's items cancel", _PARTY[h.party]]
        signs += ["one names the other's number"] if h.number == "strong" else []
        return "; ".join(signs) + ("" if h.rule.automatic else f"; but {h.rule.name!r} only suggests")
    signs = [_NUMBER[h.number], _PARTY[h.party]]
    if h.party in ("similar", "other"):
        names = pool.left[h.left[0]].name, pool.right[h.right[0]].name
        signs[-1] += f" ({names[0]!r}, {names[1]!r})"
    signs.append("amounts agree" if h.amount == "exact" else explained(h.amount, h.looks))
    if len(h.left) + len(h.right) > 2:
        signs.append(f"{len(h.left)} to {len(h.right)}")
    against = []
    if h.other_number:
        against.append("the text names another number")
    if h.held:
        against.append(h.held)
    if not h.rule.automatic:
        against.append(f"{h.rule.name!r} only suggests")
    return "; ".join(signs) + (f"; but {' and '.join(against)}" if against else "")
