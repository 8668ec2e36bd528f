"""The words of the sign-in pages that come from elsewhere: what the script and the API say there is what the page translates."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

import tieout.security.identity as identity
from tieout.console.gate import _SCRIPT_SAYS
from tieout.security.identity import passwords

SCRIPT = resources.files("tieout.console").joinpath("static", "signin.js").read_text()
# Texts that stand in two pieces of Python are one.
REFUSED = "".join(p.read_text() for p in Path(identity.__file__).parent.glob("*.py"))


def test_what_the_script_looks_up_is_given_to_it() -> None:
    looked_up = set(re.findall(r'told\("([^"]+)"\)', SCRIPT))
    assert len(looked_up) == 6 and looked_up <= set(_SCRIPT_SAYS)


def test_what_is_translated_is_what_is_said() -> None:
    for text in _SCRIPT_SAYS:
        assert (
            text in SCRIPT
            or text in REFUSED
            or text == f"a password has {passwords.SHORTEST} characters or more; several words do well"
        ), text


def test_a_weak_password_is_refused_in_words_that_are_translated() -> None:
    for weak in ("short", "aaaaaaaaaaaaaaaa"):
        with pytest.raises(passwords.PasswordError) as refused:
            passwords.check_new(weak, "ada")
        assert str(refused.value) in _SCRIPT_SAYS
