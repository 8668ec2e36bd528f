"""What a cause of cases is: its words for people, and what recovers it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter

# A sentence that was kept is read back; nobody keeps one this long.
_LONGEST = 4000
# A text in quotes as Python writes it, so that a key that holds words of the sentence is still one key.
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""


class Action(StrEnum):
    """What somebody does about a case. What each is called, and where it is done, say `WAYS`."""

    REPLAY = "replay"
    SOLVE = "solve"
    EXCLUDE = "exclude"
    MAP = "map"
    SET_UP = "set_up"
    POLL = "poll"
    RUN = "run"
    GIVE_FILE = "give_file"
    MATCH = "match"
    UNDO_MATCH = "undo_match"
    APPROVE = "approve"
    LOOK = "look"
    SIGN = "sign"
    DECIDE_LATE = "decide_late"
    PAY = "pay"
    MEND_AT_SOURCE = "mend_at_source"
    MEND_IN_LEDGER = "mend_in_ledger"
    READ_BACK = "read_back"
    MEND_AT_TARGET = "mend_at_target"
    ASK = "ask"
    REPORT = "report"
    WORK = "work"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something needs a person.

    `means` says what it is, `says` what to do: a sentence that may hold {fields}, which whoever finds a case fills in;
    `also` holds other such sentences by name, for what is found of the same cause in another place. `actions` are that
    sentence as what can be done, the likeliest first. `who` is whose it is; "" leaves it with the interface's
    owner. `acceptable`: nothing is wrong with its document itself, somebody has to judge it, and once they have, it
    goes on; `by_another`: and never by whoever prepared what is in doubt. `standing`: it is found anew at every look; accepted, it is told again only with another amount.
    `by_two`: whatever its amount, one person asks and another one lets it stand.
    """

    name: str
    means: str
    says: str
    actions: tuple[Action, ...]
    also: Mapping[str, str] = field(default_factory=dict, hash=False)
    who: str = ""
    acceptable: bool = False
    by_another: bool = False
    standing: bool = False
    by_two: bool = False

    @property
    def title(self) -> str:
        """Its name as words, in small letters."""
        return self.name.replace("_", " ")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence of what to do, the usual one first."""
        return (self.says, *self.also.values())

    def say(self, which: str = "", /, **fields: object) -> str:
        """What to do, of a case that was found. Raises KeyError without one of the sentence's fields, and for a
        sentence that it has not."""
        sentence = self.also[which] if which else self.says
        return sentence.format(**{"cause": self.name, **fields})

    def shown(self, which: str = "", /) -> str:
        """The sentence with the names of its fields in capitals: for what is told of no single case."""
        sentence = self.also[which] if which else self.says
        return self.say(which, **{name: _Named(name.upper()) for name in fields_in(sentence)})

    def fields_of(self, recovery: str) -> dict[str, str]:
        """The fields that were filled in where a case says `recovery`; none where that is no sentence of this cause,
        as older cases' may be. A case keeps its sentence alone, so that it reads the same for ever."""
        return self.sentence_of(recovery)[1]

    def sentence_of(self, recovery: str) -> tuple[str, dict[str, str]]:
        """The sentence that a case's `recovery` is of, and the fields that were filled in; ("", {}) where it is none of this
        cause's, or longer than any that is kept."""
        if len(recovery) > _LONGEST:
            return "", {}
        for sentence in self.sentences:
            found = re.fullmatch(_form(sentence, self.name), recovery, re.DOTALL)
            if found:
                return sentence, {
                    k: _plain(v) if _quoted(sentence, k) else v for k, v in found.groupdict().items()
                }
        return "", {}

    def said_in(self, recovery: str, gettext: Callable[[str], str]) -> str:
        """`recovery` in another language: its sentence as `gettext` says it, with the same fields, or their names where it is
        told of several cases. What is no sentence of this cause is looked up as it stands."""
        for which in ("", *self.also):
            if recovery == self.shown(which):
                sentence = self.also[which] if which else self.says
                return gettext(sentence).format(
                    **{"cause": self.name, **{name: _Named(name.upper()) for name in fields_in(sentence)}}
                )
        sentence, fields = self.sentence_of(recovery)
        return gettext(sentence).format(**{"cause": self.name, **fields}) if sentence else gettext(recovery)

    def of_several(self, one: str, other: str) -> str:
        """What to do about several cases, of which these two say different things: the sentence that both are of, with
        the names of its fields; where they are of none, what the first one says."""
        if one == other or max(len(one), len(other)) > _LONGEST:
            return one
        for which in ("", *self.also):
            form = _form(self.also[which] if which else self.says, self.name)
            if all(re.fullmatch(form, text, re.DOTALL) for text in (one, other)):
                return self.shown(which)
        return one


class _Named(str):
    """A field's name, in quotes nowhere."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def fields_in(sentence: str) -> set[str]:
    """The names of the fields that a finding fills in, the cause's own name apart."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name and name != "cause"}


def _form(sentence: str, cause: str) -> str:
    """A sentence as a regular expression, each field a group of its name."""
    parts, seen = [], set[str]()
    for text, name, _, how in Formatter().parse(sentence):
        parts.append(re.escape(text))
        if name == "cause":
            parts.append(re.escape(cause))
        elif name:
            parts.append(
                f"(?P={name})" if name in seen else f"(?P<{name}>{_QUOTED if how == 'r' else '.*?'})"
            )
            seen.add(name)
    return "".join(parts)


def _quoted(sentence: str, field_name: str) -> bool:
    return any(name == field_name and how == "r" for _, name, _, how in Formatter().parse(sentence))


def _plain(quoted: str) -> str:
    """The text that stands in quotes, as Python writes them."""
    try:
        return str(ast.literal_eval(quoted))
    except (ValueError, SyntaxError):
        return quoted
