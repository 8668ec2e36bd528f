"""Every e-invoice of ours, and every one of the shared cases, is read, refused or kept from booking as its index says."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tieout.cli.commands import cli
from tieout.connector_api import ContentRefusedError
from tieout.connectors.einvoices.normalise import bills
from tieout.documents import VendorBill
from tieout.formats import FormatError
from tieout.formats.einvoice import read_einvoice

OURS = Path(__file__).parent / "einvoices"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases"
KEYS = [
    "number", "kind", "credit", "currency", "issued_on", "due_on", "seller", "buyer", "lines", "tax", "total",
    "prepaid", "payable", "accounts", "rules_broken",
]  # fmt: skip


def index() -> list[dict[str, str]]:
    with (OURS / "INDEX.tsv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows, delimiter="\t"))


def shown(path: Path) -> dict[str, object]:
    """A file as `tieout parse --json` prints it."""
    done = CliRunner().invoke(cli, ["parse", "--json", str(path)])
    (found,) = json.loads(done.stdout)["files"]
    assert done.exit_code == (1 if found["error"] else 0)
    return dict(found)


def test_every_file_stands_in_the_index() -> None:
    assert sorted(p.name for p in OURS.glob("*.xml")) == sorted(r["file"] for r in index())


@pytest.mark.parametrize("row", index(), ids=lambda r: r["file"])
def test_a_file_is_read_as_its_index_says(row: dict[str, str]) -> None:
    found = shown(OURS / row["file"])
    if not row["total"]:
        assert found["invoices"] == [] and row["refused"] in str(found["error"])
        return
    (invoice,) = found["invoices"]  # type: ignore[misc]
    assert list(invoice) == KEYS and found["statements"] == []
    said = {k: invoice[k] for k in ("kind", "total", "payable")}
    assert said == {k: row[k] for k in said}
    assert invoice["credit"] is (row["credit"] == "yes") and " ".join(invoice["accounts"]) == row["accounts"]
    assert sorted({x.partition(": ")[0] for x in invoice["rules_broken"]}) == [
        x for x in row["refused"].split(",") if x
    ]


@pytest.mark.parametrize("row", index(), ids=lambda r: r["file"])
def test_what_becomes_of_it_is_what_the_index_says(row: dict[str, str]) -> None:
    raw = (OURS / row["file"]).read_bytes()
    if row["refused"]:
        with pytest.raises(FormatError, match=row["refused"].partition(",")[0]):
            bills(raw, {})
    elif row["taken"] == "bill":
        (bill,) = bills(raw, {})
        assert isinstance(bill, VendorBill)
        assert (bill.total.value, bill.due.value) == (Decimal(row["total"]), Decimal(row["payable"]))
        assert bill.refund is (row["credit"] == "yes") and " ".join(bill.ibans) == row["accounts"]
        parts = [x.net.value for x in bill.lines] + [x.amount.value for x in bill.taxes]
        assert sum(parts) == bill.total.value
    else:
        with pytest.raises(ContentRefusedError) as refused:
            bills(raw, {})
        assert refused.value.cause == row["taken"] and refused.value.amount is not None
        assert refused.value.amount.value == Decimal(row["total"]) and row["total"] in str(refused.value)


SHARED_CASES = {
    # file: credit, payable, accounts, rule that refuses it
    "ei-ubl-prepaid.xml": (False, "69.00", [], ""),
    "ei-cii-selfbilled-credit-261.xml": (True, "119.00", [], ""),
    "ei-cii-quantity-11-decimals.xml": (False, "119.00", [], ""),
    "ei-cii-steuernummer-only.xml": (False, "119.00", [], ""),
    "ei-ubl-taxrep-only.xml": (False, "119.00", [], ""),
    "ei-ubl-not-peppol-R120.xml": (False, "119.00", [], ""),
    "ei-ubl-line-net-3-decimals.xml": (False, "119.00", [], "BR-DEC-23"),
    "ei-cii-logistics-charge.xml": (False, "130.90", [], ""),
    "ei-ubl-second-paymentmeans-iban.xml": (False, "119.00", ["DE89370400440532013000"], ""),
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/cases is not here")
@pytest.mark.parametrize("name", SHARED_CASES)
def test_a_shared_case_ends_as_its_index_says(name: str) -> None:
    credit, payable, accounts, rule = SHARED_CASES[name]
    (invoice,) = shown(SHARED / name)["invoices"]  # type: ignore[misc]
    assert (invoice["credit"], invoice["payable"], invoice["accounts"]) == (credit, payable, accounts)
    assert {x.partition(": ")[0] for x in invoice["rules_broken"]} == ({rule} if rule else set())
    if rule:
        with pytest.raises(FormatError, match=rule):
            read_einvoice((SHARED / name).read_bytes())


@pytest.mark.parametrize("name", ["aid-cii-minimum.invented.xml", "net-ubl-peppol.invented.xml"])
def test_a_table_shows_an_invoice_and_what_it_breaks(name: str) -> None:
    done = CliRunner().invoke(cli, ["parse", str(OURS / name)])
    broken = "R120" in done.stdout
    assert done.exit_code == (1 if broken else 0) and "59.50" in done.stdout
    assert broken is name.startswith("net")


def test_a_statement_and_an_invoice_are_told_apart_in_one_call(tmp_path: Path) -> None:
    csv_file = tmp_path / "x.csv"
    csv_file.write_text("nothing that anybody knows\n")
    done = CliRunner().invoke(
        cli, ["parse", "--json", str(OURS / "net-cii-core.invented.xml"), str(csv_file)]
    )
    first, second = json.loads(done.stdout)["files"]
    assert first["format"] == "einvoice" and len(first["invoices"]) == 1
    assert second["invoices"] == [] and second["error"]
    forced = CliRunner().invoke(cli, ["parse", "--json", "--format", "einvoice", str(csv_file)])
    assert forced.exit_code == 1 and json.loads(forced.stdout)["files"][0]["invoices"] == []
