"""The record of differences: each value of it, and which record a version is met with."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tieout.connector_api import SetupError
from tieout.connectors.odoo import versions
from tieout.connectors.odoo.versions import KNOWN, V18, V19, V20, Differences, as_its_fields_say, choose

# Each value by version, as docs/ODOO.md has it with its source: 18.0, 19.0, 20.0.
RECORD = {
    "series": ("18.0", "19.0", "20.0"),
    "transport": ("jsonrpc", "json2", "json2"),
    "needs": (("database", "login"), (), ()),
    "tells_version": (False, True, True),
    "grouping": ("read_group", "formatted_read_group", "formatted_read_group"),
    "replicas": (False, True, True),
    "company_values": ("values", "vals", "vals"),
    "invoice_columns": ((), (), (("document_tax_mode", "tax_excluded"),)),
    "reviews": (False, False, True),
    "undo_group": ("account.group_account_basic", "account.group_account_basic", "account.group_account_user"),
    "unmatch_takes_siblings": (False, False, True),
    "reset_keeps_match": (False, True, True),
    "residual_everywhere": (False, False, True),
    "waiting": ("in_process", "in_process", "paid"),
    "settled": ("paid", "paid", "reconciled"),
    "users_groups": ("groups_id", "group_ids", "group_ids"),
    "archived": (("deprecated", True), ("active", False), ("active", False)),
    "code_needed": (True, True, False),
    "key_scope": ("", "", "rpc"),
    "password_by": ("record", "context", "context"),
    "rounding": ("largest", "smooth", "smooth"),
    "cash_account": ("101501", "", ""),
    "tax_rounding": ("round_per_line", "round_globally", "round_globally"),
    "bills_settle": (True, False, False),
    "fine_prices": (False, True, True),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORD)
def test_each_value_is_what_its_source_says(name: str) -> None:
    assert tuple(getattr(each, name) for each in (V18, V19, V20)) == RECORD[name]


def test_no_value_is_without_a_source() -> None:
    assert set(Differences.__dataclass_fields__) == {*RECORD, "key_hint"}
    assert "90 days" in V18.key_hint and V18.key_hint == V19.key_hint
    assert all(x in V20.key_hint for x in ("scope RPC", "90 days", "one day", "light user"))


@pytest.mark.parametrize(
    ("version", "record", "newer", "asked"),
    [
        ("18.0", V18, False, False), ("18.0-20250421", V18, False, False), ("18.0+e", V18, False, False),
        ("19.0", V19, False, False), ("19.0-20260210", V19, False, False),
        # What Odoo Online runs between two versions has the fields of either.
        ("saas~19.1", V19, False, True), ("saas~19.4", V19, False, True), ("19.3alpha1", V19, False, True),
        ("20.0", V20, False, False), ("saas~20.1", V20, True, True), ("21.0", V20, True, True),
        ("100.0", V20, True, True),
    ],
)  # fmt: skip
def test_a_version_is_met_with_its_own_record_or_the_newest(
    version: str, record: Differences, newer: bool, asked: bool
) -> None:
    chosen = choose(version)
    assert (chosen.differs, chosen.newer, chosen.asked) == (record, newer, asked)
    assert bool(chosen.warning) is newer
    if newer:
        assert "until this version is qualified" in chosen.warning and version in chosen.warning


@pytest.mark.parametrize(
    "version", ["17.0", "saas~17.4", "16.0-20240101", "9.0", "saas~18.1", "saas~18.4", "18.3"]
)
def test_what_nobody_read_is_refused_with_what_is_needed(version: str) -> None:
    with pytest.raises(SetupError, match=r"18\.0, or 19\.0 or newer, is needed"):
        choose(version)


@pytest.mark.parametrize("version", ["", "nginx", "v19"])
def test_what_is_no_version_is_no_odoo(version: str) -> None:
    with pytest.raises(SetupError, match="none of Odoo's"):
        choose(version)


def test_fields_say_what_a_version_between_two_has() -> None:
    between = choose("saas~19.4")
    assert as_its_fields_say(between, ()).differs == V19
    taxed = as_its_fields_say(between, {"document_tax_mode"}).differs
    assert taxed.invoice_columns == V20.invoice_columns and not taxed.reviews
    reviewed = as_its_fields_say(between, {"review_state"}).differs
    assert reviewed.reviews and reviewed.undo_group == V20.undo_group and not reviewed.invoice_columns
    # What is beyond all that is known is not sent a field that it has no more.
    assert not as_its_fields_say(choose("21.0"), {"review_state"}).differs.invoice_columns


def test_nothing_else_of_the_connector_tests_for_a_version() -> None:
    folder = Path(versions.__file__).parent
    names = {f"V{n.series.partition('.')[0]}" for n in KNOWN} | {"KNOWN"}
    for path in folder.glob("*.py"):
        if path.name == "versions.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Name) and node.id in names), path
            assert not (
                isinstance(node, ast.Attribute) and node.attr == "series" and _compared(path, node)
            ), path


def _compared(path: Path, node: ast.Attribute) -> bool:
    compared = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Compare)]
    return any(n.lineno == node.lineno for n in compared)


def test_each_line_of_the_page_is_a_test_or_says_where_it_was_read() -> None:
    root = Path(versions.__file__).parents[4]
    page = (root / "docs" / "ODOO.md").read_text().partition("## What differs")[2]
    rows = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 40 and all(len(row) == 5 for row in rows)
    tests = "".join((root / "tests" / name).read_text() for name in (
        "conformance/test_odoo_versions.py", "conformance/test_connectors.py", "conformance/test_odoo_as_it_is.py",
        "unit/connectors/test_odoo_answers.py",
        "unit/connectors/test_odoo_transports.py",
    ))  # fmt: skip
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row[4])
        assert named or re.search(r"read: \[S\d\d\]", row[4]), row
        assert all(f"def {name}(" in tests for name in named), row
