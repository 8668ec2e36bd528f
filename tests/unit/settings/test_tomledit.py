"""What a form writes is the file that people write: their comments and whatever they said beside the form's questions stay."""

from __future__ import annotations

import tomllib

import pytest

from tieout.settings import ProjectError, declared_in, edited

BY_HAND = """# Statements of the house bank.
system = "bank"
entity = "MAIN"     # the holding
owner = "treasury"

[expected]
statements = 1      # in a month

[options]
formats = "camt.053"   # what it sends

[options.bank_codes]
"ACMT/MDOP/CHRG" = "bank_fees"
"""


def test_only_what_changed_is_another_line() -> None:
    options = {"formats": "camt.053", "bank_codes": {"ACMT/MDOP/CHRG": "bank_fees"}}
    values = {"system": "bank", "entity": "MAIN", "owner": "accounting"}
    after = edited(BY_HAND, values, {"options": options})
    changed = [b for a, b in zip(BY_HAND.splitlines(), after.splitlines(), strict=True) if a != b]
    assert changed == ['owner = "accounting"']
    assert edited(BY_HAND, {**values, "owner": "treasury"}, {"options": options}) == BY_HAND


def test_what_is_new_stands_before_the_tables_and_what_is_left_out_goes() -> None:
    after = edited(BY_HAND, {"cut_off": "17:00", "owner": None}, {"options": {}})
    said = tomllib.loads(after)
    assert said == {"system": "bank", "entity": "MAIN", "cut_off": "17:00", "expected": {"statements": 1}}
    assert "# the holding" in after and "# Statements of the house bank." in after


def test_a_file_that_a_form_begins_is_read_as_it_was_meant() -> None:
    said = {
        "system": "s",
        "streams": ["a", "b"],
        "every_minutes": 30,
        "close_critical": False,
        "owner": 'a "b" \\ [c] é',
    }
    text = edited("", {**said, "process": None}, {"options": {"x": "y", "t": {"k = 1": "v"}}})
    assert tomllib.loads(text) == {**said, "options": {"x": "y", "t": {"k = 1": "v"}}}
    assert declared_in(text) == tomllib.loads(text) and text.startswith("# Written by a form")


def test_a_file_that_is_no_toml_is_refused() -> None:
    with pytest.raises(ProjectError, match="no TOML"):
        edited("a = ", {"b": 1}, {})
