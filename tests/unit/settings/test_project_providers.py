"""A provider's balance is told in one way: by its files or by its API, and by a shop's API where the interface asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.operations.discover import discover
from tieout.settings import ProjectError, load_project

PROJECT = """
[project]
name = "Books"
environment = "test"

[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"

[systems.odoo]
connector = "odoo"
url = "https://books.example.com"
key = "env:TIEOUT_TEST_KEY"

[systems.shop]
connector = "shopify"
url = "https://s.myshopify.com"
token = "env:TIEOUT_TEST_KEY"

[systems.files]
connector = "settlements"

[interfaces.shop]
system = "shop"
entity = "US"
"""
FILES = '[interfaces.files]\nsystem = "files"\nentity = "US"\noptions = { provider = "shopify_payments" }\n'
API = '[interfaces.balance]\nsystem = "shop"\nentity = "US"\nstreams = ["balance", "payouts"]\n'


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_TEST_KEY", "k" * 32)


def load(folder: Path, more: str) -> dict[str, tuple[str, ...]]:
    (folder / "tieout.toml").write_text(PROJECT + more)
    release = load_project(folder, discover()).release
    return {name: tuple(i.streams) for name, i in release.interfaces.items()}


def test_a_shops_balance_is_read_where_an_interface_names_it(tmp_path: Path) -> None:
    assert load(tmp_path, FILES)["shop"] == ("orders",)
    assert load(tmp_path, API)["balance"] == ("balance", "payouts")


def test_by_file_and_by_api_at_once_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"'files' \(settlements\) and 'balance' \(shopify\) both tell of shopify_payments"):  # fmt: skip
        load(tmp_path, FILES + API)
