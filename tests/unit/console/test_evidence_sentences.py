"""Each kind of evidence that the product writes has a sentence, made of its own entry alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tieout
from tieout.approvals.model import RequestState
from tieout.cases.watching import Told
from tieout.connector_api import OutcomeStatus
from tieout.console.evidence_sentences import SENTENCES, names_in, said_of, sentence_of
from tieout.console.language import Speech, gettext, speaking
from tieout.processes.recipe import PlanDecision
from tieout.security.changes import Change

_KIND = re.compile(r"([a-z_]+)\.([a-z_]+)")
_SOURCE = Path(tieout.__file__).parent
# What an action that is put together of its area and a word may be, by its area.
PUT_TOGETHER = {
    "approval": {"approve", "reject", *(str(s) for s in RequestState if s is not RequestState.OPEN)},
    "authority": {kind.__struct_config__.tag for kind in Change.__args__},
    "case": {str(Told.OVERDUE), str(Told.ESCALATED)},
    "delivery": {str(s) for s in OutcomeStatus},
    "document": {str(s) for s in PlanDecision},
    "identity": {
        *(f"{way}_used" for way in ("totp", "recovery")),
        *(f"{way}_removed" for way in ("password", "passkey", "totp", "recovery")),
    },
    "lesson": {"approved", "rejected"},
    "suggestion": {"accepted", "rejected", "to_approve"},
}
# Written like an action, and none: models of Odoo, pages, settings.
NO_ACTION = {
    "account.account", "account.group_account_basic", "account.group_account_user", "account.journal",
    "account.lock_exception", "account.move", "account.payment", "account.tax", "evidence.key", "identity.sso",
}  # fmt: skip


def _trees() -> Iterator[ast.AST]:
    for path in sorted(_SOURCE.rglob("*.py")):
        yield ast.parse(path.read_text())


def _written(trees: Iterator[ast.AST]) -> set[str]:
    """Every action that a source writes, and what is written like one of an area that some source writes."""
    texts: set[str] = set()
    areas: set[str] = set()
    made: set[str] = set()
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KIND.fullmatch(node.value):
            texts.add(node.value)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Entry":
            asked = [
                *node.args[2:3],
                *(k.value for k in node.keywords if k.arg == "action"),
            ]
            for part in (p for x in asked for p in ast.walk(x)):
                if isinstance(part, ast.JoinedStr):
                    area = str(getattr(part.values[0], "value", "")).rstrip(".")
                    made |= {f"{area}.{word}" for word in PUT_TOGETHER[area]}
                elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                    areas |= {m[1] for m in [_KIND.fullmatch(part.value)] if m}
    areas |= {action.partition(".")[0] for action in SENTENCES}
    found = {t for t in texts if t.partition(".")[0] in areas and not t.endswith((".html", ".py"))}
    found |= {f"{area}.{word}" for area, words in PUT_TOGETHER.items() for word in words}
    return (found | made) - NO_ACTION


def test_every_kind_that_is_written_has_a_sentence() -> None:
    written = _written(_trees())
    assert len(written) > 120
    assert written - set(SENTENCES) == set()


def test_a_kind_without_a_sentence_is_found() -> None:
    source = "record(c, [Entry(now, who, 'entity.dissolved', code, code, {})])"
    assert _written(iter([ast.parse(source)])) - set(SENTENCES) == {"entity.dissolved"}


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_the_barest_wording_needs_nothing_of_the_detail(action: str) -> None:
    assert names_in(SENTENCES[action][-1]) <= {"who", "of", "where"}
    assert "{" not in sentence_of("anna", action, "400000", "DE", {})


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_a_sentence_says_the_words_of_its_entry(action: str) -> None:
    for wording in SENTENCES[action]:
        given = {name: f"<{name}>" for name in names_in(wording) - {"who", "of", "where"}}
        said = sentence_of("<who>", action, "<of>", "DE", given)
        # The fullest wording whose words are there: this one, or one that needs the same.
        assert all(f"<{name}>" in said for name in names_in(wording) - {"where"} if name in given)


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_german_says_the_same_words(action: str) -> None:
    with speaking(Speech("de")):
        for wording in SENTENCES[action]:
            german = gettext(wording)
            assert german != wording
            assert names_in(german) == names_in(wording)


def test_what_is_said_is_read_once() -> None:
    detail = {"reason": "the tax office asked for it", "rows": [{"secret": "x"}]}
    entry = {
        "actor": "anna",
        "action": "mapping.changed",
        "subject": "accounts",
        "entity": "DE",
        "detail": detail,
    }
    assert said_of(entry) == "anna changed the mapping accounts: the tax office asked for it"


def test_a_value_with_braces_is_a_value() -> None:
    detail = {"reason": "{who} {nothing} {0.__class__}"}
    assert sentence_of("anna", "mapping.changed", "x", "", detail).endswith("{who} {nothing} {0.__class__}")


def test_a_long_value_is_cut_and_a_structure_is_not_said() -> None:
    said = sentence_of("anna", "mapping.changed", "x", "", {"reason": "y" * 5000})
    assert said.endswith("y…")
    assert len(said) < 300
    assert (
        sentence_of("anna", "mapping.changed", "x", "", {"reason": {"k": 1}}) == "anna changed the mapping x"
    )


def test_a_kind_of_a_later_version_is_said_by_its_name() -> None:
    assert sentence_of("anna", "moon.seen_again", "crater", "", {}) == "anna: moon seen again, crater"


def test_a_cause_is_said_by_its_title() -> None:
    detail = {"cause": "unknown_tax", "amount": "980.43", "currency": "USD"}
    said = sentence_of("process", "case.opened", "order:70", "US", detail)
    assert said == "A case was opened of order:70: unknown tax, 980.43 USD at risk"
