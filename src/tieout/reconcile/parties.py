"""Whose money it is: names as banks write them, to the names that the right side knows.

A name is folded: capitals, umlauts in either spelling, other scripts in Latin letters, no marks, no
legal form. Equal folds are
the same party, unless their legal forms tell two apart. A name that was cut, or has a letter
wrong, is similar where it is much nearer to one party than to any other. An account that
already paid what was proven to be one party's, and never another's, speaks for that party.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz

_DIGRAPHS = (("AE", "A"), ("OE", "O"), ("UE", "U"), ("SS", "S"))
_SPECIAL = str.maketrans({"Ø": "O", "Æ": "A", "ß": "S", "Ł": "L", "Đ": "D", "&": " ", "Œ": "O", "ı": "I"})
_FORMS = frozenset(
    "GMBH AG KG OHG GBR UG EK EV SE CO MBH BV NV VOF LTD LIMITED PLC LLP LLC INC CORP CORPORATION SA SAS "
    "SARL EURL SRL SPA SL SLU SP Z O OO AB AS ASA APS OY OYJ KFT ZRT DOO SRO GESMBH COMPANY THE UND AND".split()
)
_SIMILAR, _AHEAD, _SHORTEST_CUT = 88.0, 4.0, 12
_BESIDE, _OF_WORD = 20, 200


@lru_cache(1 << 18)
def folded(name: str) -> tuple[str, str]:
    """(core, form): the name without marks, case and legal form, and its legal form alone."""
    text = unicodedata.normalize("NFKD", name.upper().translate(_SPECIAL))
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("ß", "S")
    # Other scripts are written as a bank without them writes them.
    text = text if text.isascii() else anyascii(text).upper()
    for two, one in _DIGRAPHS:
        text = text.replace(two, one)
    words = re.sub(r"[^A-Z0-9 ]+", "", re.sub(r"[-/,]", " ", text)).split()
    core = [w for w in words if w not in _FORMS]
    return " ".join(core or words), "".join(w for w in words if w in _FORMS and w not in ("CO", "UND", "AND"))


class Parties:
    """The parties of the right side. `of` gives those that a left item may be of, each with
    "same" or "similar"."""

    def __init__(self, names: Iterable[str], accounts: Mapping[str, str] | None = None) -> None:
        self.names = sorted({n for n in names if n})
        self._by_core: dict[str, list[str]] = defaultdict(list)
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            core, _ = folded(name)
            if core not in self._by_core:
                for word in set(core.split()):
                    self._by_word[word].append(core)
            self._by_core[core].append(name)
        self._cores = sorted(self._by_core)
        self._accounts = dict(accounts or {})
        self._found: dict[str, dict[str, str]] = {}

    def __len__(self) -> int:
        return len(self.names)

    def of(self, name: str, account: str = "") -> dict[str, str]:
        """Parties by name, each "same" or "similar"; nothing where the name says nothing."""
        by_account = self._accounts.get(account) if account else None
        if by_account:
            return {by_account: "same"}
        if name not in self._found:
            self._found[name] = self._search(name) if name else {}
        return self._found[name]

    @staticmethod
    def differ_in_form(one: str, other: str) -> bool:
        """Whether two names are one but for their legal forms, of which neither is the other's beginning (a bank cuts
        what is long): two companies."""
        (core, form), (core_too, form_too) = folded(one), folded(other)
        cut = form.startswith(form_too) or form_too.startswith(form)
        return core == core_too and not cut

    def _search(self, name: str) -> dict[str, str]:
        core, form = folded(name)
        exact = self._by_core.get(core)
        if exact:
            if form and len(exact) > 1:
                same_form = [n for n in exact if folded(n)[1] == form]
                exact = same_form or exact
            return {n: "similar" if self.differ_in_form(name, n) else "same" for n in exact}
        near = self._nearest(core)
        return {n: "similar" for n in self._by_core[near]} if near else {}

    def _nearest(self, core: str) -> str:
        """The one core that is much nearer than all others; "" where there is none."""
        if len(core) < 4:
            return ""
        at = bisect_left(self._cores, core)
        if len(core) >= _SHORTEST_CUT:
            cut = [c for c in self._cores[at : at + 2] if c.startswith(core)]
            if len(cut) == 1:
                return cut[0]
        words = sorted(
            (w for w in set(core.split()) if w in self._by_word), key=lambda w: (len(self._by_word[w]), w)
        )
        # Names beside it in the alphabet, and those that share one of its two rarest words.
        candidates = set(self._cores[max(0, at - _BESIDE) : at + _BESIDE])
        for word in words[:2]:
            candidates.update(self._by_word[word][:_OF_WORD])
        scored = sorted(((fuzz.ratio(core, c), c) for c in candidates), reverse=True)[:2]
        if not scored or scored[0][0] < _SIMILAR:
            return ""
        if len(scored) > 1 and scored[0][0] - scored[1][0] < _AHEAD:
            return ""
        return scored[0][1]
