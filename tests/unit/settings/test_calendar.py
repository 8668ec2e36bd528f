"""What calendar.toml says of a close's limits, of how accounts certify and of how long items may stand: what holds where it says
nothing, what it may say, and how a wrong value is refused: with file, line, key, and what was expected."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.rules import EntityClose
from tieout.rules.certifying import CertifyRules
from tieout.rules.itemised import ItemRule, item_rule
from tieout.settings import ProjectError
from tieout.settings.calendar import read_calendar

DOC = Path(__file__).resolve().parents[3] / "docs" / "CLOSE.md"


def calendar(folder: Path, text: str) -> EntityClose:
    (folder / "calendar.toml").write_text(f'[entities.US]\ncountry = "US"\n{text}\n')
    return read_calendar(folder, {"US": ""}).of("US")


def test_what_holds_where_nothing_is_said(tmp_path: Path) -> None:
    made = calendar(tmp_path, "")
    assert made.hand_limit == Decimal("100.00") and made.items == {}
    assert made.certify == CertifyRules()
    assert {c: f"{v:f}" for c, v in made.certify.limits.items()} == {
        "high": "0",
        "medium": "10",
        "low": "100",
    }
    assert (made.certify.never_alone, made.certify.classes, made.certify.preparer) == ((), {}, "preparer")
    # A project without a calendar is held to the same.
    (tmp_path / "calendar.toml").unlink()
    bare = read_calendar(tmp_path, {"DE": ""}).of("DE")
    assert (bare.hand_limit, bare.items, bare.certify) == (made.hand_limit, {}, made.certify)


def test_what_the_documentation_shows_is_read(tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL)
    shown = next(b for b in blocks if "certify = {" in b)
    (tmp_path / "calendar.toml").write_text(shown)
    made = read_calendar(tmp_path, {"US": ""}).of("US")
    assert made.hand_limit == Decimal("100.00") and made.items["clearing"] == ItemRule(
        5, "treasury", "the provider's payout"
    )
    assert made.certify.class_of("212300", "") == "high" and made.certify.limits["low"] == Decimal(100)


def test_what_is_declared_holds_also_as_a_table_of_its_own(tmp_path: Path) -> None:
    made = calendar(
        tmp_path,
        'hand_limit = "0.00"\n[entities.US.items]\n"clearing.stripe.EUR" = { age = 10 }\nopen = { age = 0, owner = "people" }\n'
        '[entities.US.certify]\nmedium = "0"\nnever_alone = ["high"]\npreparer = "bookkeeper"\n'
        '[entities.US.certify.classes]\n"gift_cards" = "high"',
    )
    assert made.hand_limit == 0
    assert item_rule("clearing.stripe.EUR", made.items) == ItemRule(10, "", "the provider's payout")
    assert item_rule("clearing.stripe.USD", made.items) == ItemRule(3, "", "the provider's payout")
    assert item_rule("open.staff", made.items) == ItemRule(0, "people")
    assert made.certify.limits == {"high": 0, "medium": 0, "low": 100} and made.certify.never_alone == (
        "high",
    )
    assert (
        made.certify.preparer == "bookkeeper" and made.certify.class_of("217000", "gift_cards.US") == "high"
    )


# What is written, on which line it stands, and what is said of it.
WRONG = [
    ("hand_limit = 100", 3, "hand_limit = 100: an amount in quotes was expected, 0 or more"),
    ('hand_limit = "-1"', 3, "hand_limit = '-1': an amount"),
    ('hand_limit = "1,000.00"', 3, "hand_limit = '1,000.00': an amount"),
    ('hand_limit = "NaN"', 3, "hand_limit = 'NaN': an amount"),
    ('hand_limit = "Infinity"', 3, "hand_limit = 'Infinity': an amount"),
    ('hand_limits = "1"', 3, "unknown key 'hand_limits' in [entities.US]; did you mean 'hand_limit'?"),
    ('certify = "10.00"', 3, "certify = '10.00': a table was expected"),
    ('certify = { low = "-1" }', 3, "low = '-1': an amount in quotes was expected, 0 or more"),
    ("certify = { medium = 10 }", 3, "medium = 10: an amount in quotes was expected"),
    ('[entities.US.certify]\nlow = "1"\nhigh = "ten"', 5, "high = 'ten': an amount in quotes was expected"),
    (
        'certify = { medum = "10.00" }',
        3,
        "unknown key 'medum' in [entities.US.certify]; did you mean 'medium'?",
    ),
    (
        'certify = { never_alone = "high" }',
        3,
        "never_alone = 'high': classes were expected, of high, medium, low",
    ),
    ('certify = { never_alone = ["all"] }', 3, "never_alone = ['all']: classes were expected"),
    ("certify = { never_alone = [[]] }", 3, "never_alone = [[]]: classes were expected"),
    (
        'certify = { classes = { "212300" = "risky" } }',
        3,
        "classes = {'212300': 'risky'}: accounts or roles were expected",
    ),
    ("certify = { classes = { a = {} } }", 3, "classes = {'a': {}}: accounts or roles were expected"),
    ('certify = { classes = ["high"] }', 3, "classes = ['high']: accounts or roles were expected"),
    (
        'certify = { preparer = "controller" }',
        3,
        "preparer = 'controller' signs the close (sign_role): another role",
    ),
    ('sign_role = "preparer"', 3, "'preparer' decides nothing: controller, approver or a role of your own"),
    ("certify = { preparer = 5 }", 3, "preparer = 5: the name of a role was expected"),
    ('certify = { preparer = "" }', 3, "preparer = '': the name of a role was expected"),
    ("items = 5", 3, "items = 5: a table was expected"),
    ("items = { clearing = 5 }", 3, "items, clearing = 5: age, owner or both were expected"),
    ("items = { clearing = {} }", 3, "items, clearing = {}: age, owner or both were expected"),
    (
        '[entities.US.items]\nunapplied = { age = 5 }\nclearing = { age = "5" }',
        5,
        "items, clearing: age = '5': business days",
    ),
    ("items = { clearing = { age = -1 } }", 3, "age = -1: business days from 0 to 520 were expected"),
    ("items = { clearing = { age = 521 } }", 3, "age = 521: business days from 0 to 520 were expected"),
    ("items = { clearing = { age = true } }", 3, "age = True: business days"),
    ("items = { clearing = { owner = 5 } }", 3, "items, clearing: owner = 5: a name was expected"),
    (
        "items = { clearing = { ages = 5 } }",
        3,
        "items, clearing = {'ages': 5}: age, owner or both were expected",
    ),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG, ids=[w[0].replace("\n", " ") for w in WRONG])
def test_what_is_wrong_is_refused_with_file_line_key_and_what_was_expected(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(ProjectError) as refused:
        calendar(tmp_path, text)
    assert str(refused.value).startswith(f"calendar.toml, line {line}: "), refused.value
    assert said in str(refused.value)
