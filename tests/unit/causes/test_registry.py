"""Causes: what a case says is read back as what can be done, and nothing that anybody declared is left half said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.causes import WAYS, Action, Cause, UndeclaredError, fields_in, offers
from tieout.causes.registry import Registry
from tieout.operations.causes import homes_of_causes
from tieout.operations.discover import discover

HOMES = homes_of_causes(discover().by_name.values())
EVERY = [c for _, causes in HOMES for c in causes]
SENTENCES = [(c, which) for c in EVERY for which in ("", *c.also)]
ROW = {"case_id": 7, "interface": "shop", "entity": "US", "period": "2026-10"}


def named(name: str) -> Cause:
    (found,) = [c for c in EVERY if c.name == name]
    return found


@pytest.mark.parametrize("cause,which", SENTENCES, ids=lambda x: getattr(x, "name", x))
@settings(max_examples=examples(20))
@given(data=st.data())
def test_what_a_case_says_is_read_back(cause: Cause, which: str, data: st.DataObject) -> None:
    sentence = cause.also[which] if which else cause.says
    # Names as sources have them: whatever is no line break, quotes and commas with them.
    text = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
    fields = {name: data.draw(text) for name in sorted(fields_in(sentence))}
    said = cause.say(which, **fields)
    again = cause.fields_of(said)
    # Where a name holds words of the sentence itself, another cut says the same: it is the same sentence.
    assert cause.say(which, **again) == said or again == fields


def test_keys_are_read_back_as_they_were() -> None:
    cause = named("unmapped_account")
    for key in (
        "15 %",
        "O'Brien",
        'a "b"',
        'it\'s "both"',
        "back\\slash",
        "ü, then `x`",
        "x' to mappings/y.csv",
    ):
        said = cause.say(key=key, table="taxes")
        assert cause.fields_of(said) == {"key": key, "table": "taxes"}


def test_an_older_sentence_has_no_parameters_and_all_the_actions() -> None:
    found = offers(named("unmapped_account"), "add it somewhere", ROW, (Action.REPLAY, Action.EXCLUDE))
    assert [(x.action, x.page) for x in found] == [
        ("map", "/mappings"),
        ("replay", "/cases/7"),
        ("exclude", "/cases/7"),
    ]
    # Nobody knows which row: nothing can be sent.
    assert (found[0].operation, found[0].command, found[0].fields) == ("", "", {"case_id": "7"})


def test_an_action_is_offered_with_its_parameters() -> None:
    cause = named("unknown_tax")
    said = cause.say(key="15 %", table="taxes")
    mapping, replay, exclude = offers(cause, said, ROW, (Action.REPLAY, Action.EXCLUDE))
    assert (mapping.operation, mapping.page, mapping.fields) == (
        "POST /cases/7/map",
        "/cases/7?do=map&key=15%20%25",
        {"case_id": "7", "key": "15 %", "table": "taxes"},
    )
    assert mapping.command == 'tieout cases map 7 VALUE --reason "…"'
    assert replay.command == "tieout replay --case 7" and replay.operation == "POST /cases/7/replay"
    assert exclude.command.startswith("tieout cases exclude 7 ")


def test_what_the_document_does_not_allow_is_not_offered() -> None:
    cause = named("duplicate_bill")
    assert [x.action for x in offers(cause, cause.say(), ROW, ())] == []
    both = (Action.SOLVE, Action.EXCLUDE, Action.REPLAY)
    assert [x.action for x in offers(cause, cause.say(), ROW, both)] == ["exclude", "solve", "replay"]


def test_a_source_that_is_asked_can_be_asked_once_it_was_corrected() -> None:
    cause = named("document_does_not_add_up")
    usual = [x.action for x in offers(cause, cause.say(), ROW, ())]
    assert Action.MEND_AT_SOURCE in usual and Action.POLL not in usual
    asked = offers(cause, cause.say(), {**ROW, "polled": True}, ())
    actions = [x.action for x in asked]
    assert [a for a in actions if a is not Action.POLL] == usual
    at = actions.index(Action.POLL)
    assert actions[at - 1] is Action.MEND_AT_SOURCE
    assert (asked[at].operation, asked[at].command) == ("POST /interfaces/shop/run", "tieout run shop")
    # One whose messages come by themselves is not asked, even where its cause says so.
    cause = named("unknown_customer")
    for polled, offered in ((True, True), (False, False)):
        found = offers(cause, cause.say("nobody"), {**ROW, "polled": polled}, ())
        assert (Action.POLL in [x.action for x in found]) is offered


def test_lines_that_are_to_be_matched_are_led_to_by_their_amount() -> None:
    cause = named("unmatched_bank_line")
    (match, *_) = offers(cause, cause.say(), {**ROW, "amount": Decimal("432.10")}, ())
    assert match.page == "/matching?entity=US&amount=432.10"
    (match, *_) = offers(cause, cause.say(), ROW, ())
    assert match.page == "/matching?entity=US"
    (match, *_) = offers(cause, cause.say(), {}, ())
    assert match.page == "/matching"


def test_an_address_is_safe_whatever_a_key_holds() -> None:
    cause = Cause(name="x", means="m", says="add {key!r} to {table}", actions=(Action.MAP,))
    (found,) = offers(cause, cause.say(key="k&x=1#y", table="../a?b#c"), ROW, ())
    assert found.page == "/cases/7?do=map&key=k%26x%3D1%23y"
    (found,) = offers(cause, cause.say(key="k", table="../a?b#c"), {}, ())
    assert found.page == "/mappings/..%2Fa%3Fb%23c"


def test_several_cases_are_told_with_the_names_of_what_differs() -> None:
    cause = named("unmapped_account")
    one, other = (cause.say(key=k, table="accounts") for k in ("a", "b"))
    assert cause.of_several(one, one) == one
    assert cause.of_several(one, other) == (
        "add KEY to mappings/TABLE.csv, then `tieout replay --cause unmapped_account`"
    )
    assert cause.of_several("old words", one) == "old words"


def test_what_a_case_says_is_said_in_another_language_with_what_it_filled_in() -> None:
    cause = named("unmapped_account")
    german = {
        cause.says: "Zeile {key!r} in {table}: `tieout replay --cause {cause}`",
        "old words": "alte Worte",
    }
    key = "a {key} of 'ours'"
    assert cause.said_in(cause.say(key=key, table="accounts"), lambda t: german.get(t, t)) == (
        f"Zeile {key!r} in accounts: `tieout replay --cause unmapped_account`"
    )
    # Told of several cases, it names what differs; a sentence of nobody's stands as it is, or as it is looked up.
    assert cause.said_in(cause.shown(), lambda t: german.get(t, t)).startswith("Zeile KEY in TABLE:")
    assert cause.said_in("old words", lambda t: german.get(t, t)) == "alte Worte"
    assert cause.said_in("of nobody {key}", lambda t: german.get(t, t)) == "of nobody {key}"
    assert cause.said_in("x" * 5000, lambda t: german.get(t, t)) == "x" * 5000


@pytest.mark.parametrize("cause", EVERY, ids=lambda c: c.name)
def test_every_sentence_is_the_same_by_its_pattern(cause: Cause) -> None:
    for which in ("", *cause.also):
        sentence = cause.also[which] if which else cause.says
        said = cause.say(which, **dict.fromkeys(fields_in(sentence), "it's {x}"))
        assert cause.said_in(said, str) == said
        assert cause.said_in(cause.shown(which), str) == cause.shown(which)


def test_a_name_is_declared_once() -> None:
    first = Cause(name="x", means="m", says="s", actions=())
    registry = Registry([first, Cause(name="x", means="m", says="s", actions=())])
    with pytest.raises(ValueError, match="two causes are named 'x'"):
        registry.declare([Cause(name="x", means="m", says="another", actions=())])
    with pytest.raises(ValueError, match="names no cause"):
        registry.declare([Cause(name="No such", means="m", says="s", actions=())])
    assert registry.named("x") is first


def test_an_undeclared_cause_is_named_and_in_tests_refused() -> None:
    registry = Registry()
    registry.check("from_elsewhere")
    found = registry.named("from_elsewhere")
    assert (found.name, found.title, found.actions) == ("from_elsewhere", "from elsewhere", (Action.REPORT,))
    registry.strict = True
    with pytest.raises(UndeclaredError, match="nobody declared the cause 'from_elsewhere'"):
        registry.check("from_elsewhere")


@pytest.mark.parametrize("cause", EVERY, ids=lambda c: c.name)
def test_every_cause_says_what_it_means_and_offers_something(cause: Cause) -> None:
    assert cause.means.endswith(".") and cause.means[0].isupper()
    assert cause.actions and len(set(cause.actions)) == len(cause.actions)
    # What a sentence tells people to call is offered as a button, too.
    for sentence in cause.sentences:
        for words, action in (("`tieout replay", Action.REPLAY), ("`tieout cases solve`", Action.SOLVE),
                              ("`tieout cases exclude`", Action.EXCLUDE), ("mappings/{table}", Action.MAP),
                              ("`tieout run ", Action.RUN), ("`tieout matches join`", Action.MATCH),
                              ("`tieout matches undo`", Action.UNDO_MATCH)):  # fmt: skip
            assert words not in sentence or action in cause.actions, f"{words}: {action} is not offered"
    # A document that is held for this is let go on by solving alone where somebody may judge it.
    assert not cause.acceptable or Action.SOLVE in cause.actions


def test_every_action_is_some_cause_s_and_has_its_way() -> None:
    assert set(WAYS) == set(Action)
    assert {a for c in EVERY for a in c.actions} == set(Action)
