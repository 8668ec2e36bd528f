"""[identity] of tieout.toml: what is taken, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tieout.settings import ProjectError
from tieout.settings.identity import read_identity
from tieout.settings.tomlfile import TomlFile

SSO = """[identity]
url = "https://books.example.com/"
[identity.sso]
issuer = "https://login.example.com"
client_id = "tieout"
client_secret = "env:X"
[identity.sso.groups]
finance = ["viewer"]
us = ["controller:US", "viewer"]
"""


def read(folder: Path, text: str, host: str = "127.0.0.1") -> Any:
    (folder / "tieout.toml").write_text(text)
    file = TomlFile(folder / "tieout.toml", folder)
    return read_identity(file, host, 8080, {"US": None}, lambda section, key, value: f"<{value}>")


def test_groups_give_roles_of_entities(tmp_path: Path) -> None:
    found = read(tmp_path, SSO)
    assert (found.url, found.host, found.secure) == ("https://books.example.com", "books.example.com", True)
    assert found.sign_on.groups == {
        "finance": (("viewer", "*"),),
        "us": (("controller", "US"), ("viewer", "*")),
    }
    assert found.sign_on.client_secret == "<env:X>" and found.sign_on.second_factor


def test_without_it_people_come_to_this_machine(tmp_path: Path) -> None:
    found = read(tmp_path, "")
    assert (found.url, found.secure, found.sign_on) == ("http://localhost:8080", False, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"https://books.example.com/"', '"http://books.example.com"', "by https alone"),
        ('"https://books.example.com/"', '"books"', "no address"),
        ('"https://books.example.com/"', '"https://x.example/path"', "no address"),
        ('"https://login.example.com"', '"http://login.example.com"', "with https"),
        ('["viewer"]', '"viewer"', "roles were expected"),
        ('["viewer"]', '["administrator"]', "never by a group"),
        ('["viewer"]', '["viewer:XX"]', "no entity"),
        ("client_id", "client_ident", "client_ident"),
        ("[identity]\n", "[identity]\nports = 1\n", "ports"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert SSO.count(old) == 1
    with pytest.raises(ProjectError, match=said):
        read(tmp_path, SSO.replace(old, new))
