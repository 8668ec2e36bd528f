"""Every published sample is read, or refused with a reason; other parsers agree or are explained.

The samples lie in ../shared/data; the tests say that they were skipped where that is absent.
Other parsers are oracles here alone, never in the product.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tieout.formats import FormatError, Line, ParsedFile, parse

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MT940 = sorted(p for p in (DATA / "mt940").glob("*/*") if p.suffix != ".json")
CAMT = sorted((DATA / "camt").glob("*/*.xml"))
BAI2 = sorted((DATA / "bai2").glob("*/*.bai2"))
OFX = sorted((DATA / "ofx").glob("*/*.ofx"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")

# What is not read, and the reason that it is refused with.
REFUSED = {
    **dict.fromkeys(
        [f"test_fixtures_{n}.txt" for n in (
            "amount_formats", "colon_in_descriptor", "currency_in_25", "empty_86", "empty_entry_date",
            "empty_line", "missing_crlf_at_end")],
        "the format is not known",
    ),  # lines without a message
    "test_fixtures_sepa_snippet_broken.txt": "a second account",
    "tests_data_mt940_full_betterplace_sepa_snippet_broken.sta": "a second account",
    "tests_data_mt940_special-cases_invalid_statement.sta": "the format is not known",
    "tests_data_mt940_special-cases_unexpected_tag.sta": "without an account",
    "tests_data_mt942_full_cmxl_mt942_1.sta": "empty",
    "spec_fixtures_052_valid_namespace.xml": "holds no statement",
    "spec_fixtures_053_valid_namespace.xml": "holds no statement",
    "spec_fixtures_general_invalid_namespace.xml": "holds no statement",
    **dict.fromkeys(
        [f"tests_fixtures_{n}.ofx" for n in (
            "fidelity-savings", "fidelity", "investment_401k", "investment_medium", "td_ameritrade", "tiaacref",
            "vanguard", "vanguard401k")],
        "investment statement",
    ),
    **dict.fromkeys(
        [f"tests_fixtures_{n}.ofx" for n in (
            "account_listing_aggregation", "bank_small", "signon_success", "signon_success_no_message")],
        "holds no statement",
    ),
    "tests_fixtures_error_message.ofx": "2000 General Server Error",
    "tests_fixtures_signon_fail.ofx": "15500",
    "tests_fixtures_fail_nice_date_missing.ofx": "without its DTPOSTED",
    "tests_fixtures_fail_nice_decimal_error.ofx": "is no amount",
    # An entry in euros on an account in francs.
    "spec_fixtures_053_valid_example_v8.xml": "a line is in EUR, its account in CHF",
}  # fmt: skip
# Published with lines left out or figures changed: their statements do not hold, as they stand.
DO_NOT_HOLD = {
    "test_fixtures_sepa_snippet.txt", "tests_data_mt940_full_betterplace_sepa_snippet.sta",
    "__tests___cases_abn-amro-1.STA", "tests_data_mt940_full_abnamro_mt940.sta",
    "tests_data_mt940_full_bugs_issue-51.sta", "tests_data_mt940_full_jejik_abnamro.sta",
    "tests_data_mt940_full_jejik_ing.sta", "tests_data_mt940_full_jejik_knab.sta",
    "tests_data_mt940_full_jejik_knab_broken.sta", "tests_data_mt940_full_jejik_postfinance.sta",
    "tests_data_mt940_full_mBank_with_newline_in_tnr.sta", "tests_data_mt940_full_sparkasse_buxtehude.sta",
    "tests_data_mt940_special-cases_incomplete_tag_61.sta", "tests_data_mt940_special-cases_invalid_utf8.sta",
    "tests_data_mt940_special-cases_overly_long_details.sta", "tests_data_mt942_full_jejik_rabobank.sta",
    "tests_data_mt942_full_jejik_triodos.sta", "tests_data_mt942_special-cases_mt942.sta",
    "tests_data_citi_example.bai2",  # a credit of 0.01 between two equal balances
    "spec_fixtures_053_valid_example_with_batch.xml", "spec_fixtures_053_valid_example_with_datetime.xml",
    "spec_fixtures_053_valid_example_with_debit.xml", "spec_fixtures_053_valid_example_with_instdamt.xml",
}  # fmt: skip


@needs_data
@pytest.mark.parametrize("path", [*MT940, *CAMT, *BAI2, *OFX], ids=lambda p: p.name)
def test_a_published_sample_is_read_or_refused_with_a_reason(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(FormatError, match=REFUSED[path.name]):
            parse(path)
        return
    file = parse(path)
    assert file.statements
    holds = all(s.conservation.holds is not False for s in file.statements)
    assert holds == (path.name not in DO_NOT_HOLD), [s.conservation.problems for s in file.statements]


def _lines(file: ParsedFile) -> list[Line]:
    return [line for statement in file.statements for line in statement.lines]


def _text(path: Path, file: ParsedFile) -> str:
    return path.read_bytes().decode(file.encoding if file.encoding != "ascii" else "utf-8")


@needs_data
@pytest.mark.parametrize("path", [p for p in MT940 if p.name not in REFUSED], ids=lambda p: p.name)
def test_mt940_agrees_except_for_the_sign_of_reversals(path: Path) -> None:
    """mt-940 joins statements, so it reads a message at a time; it takes RC and RD for C and D
    where nothing tells it otherwise, and those statements hold with our sign alone."""
    mt940: Any = pytest.importorskip("mt940")
    file = parse(path)
    theirs = []
    for message in re.split(r"(?m)^(?=:20:)", _text(path, file))[1:]:
        read = mt940.models.Transactions()
        read.parse(message)
        theirs += [t.data for t in read if "amount" in t.data]
    ours = _lines(file)
    assert len(ours) == len(theirs)
    for line, data in zip(ours, theirs, strict=True):
        sign = -1 if line.reversal else 1
        assert line.amount == sign * data["amount"].amount, (line, data)
        assert line.currency == (data.get("currency") or line.currency)
        assert str(line.value_on) == str(data["date"])
    if any(line.reversal for line in ours):
        assert all(s.conservation.holds for s in file.statements)


@needs_data
@pytest.mark.parametrize("path", [p for p in MT940 if p.with_suffix(".json").exists()], ids=lambda p: p.name)
def test_the_expected_values_published_beside_samples_are_ours(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(), parse_float=Decimal)
    file = parse(path)
    assert len(expected) == len(file.statements)
    for theirs, ours in zip(expected, file.statements, strict=True):
        sign = 1 if theirs["closingBalance"]["isCredit"] else -1
        assert ours.head.closing is not None
        assert ours.head.closing.amount == sign * Decimal(theirs["closingBalance"]["value"])
        assert ours.head.closing.currency == theirs["closingBalance"]["currency"]
        assert [abs(x.amount) for x in ours.lines] == [Decimal(t["amount"]) for t in theirs["transactions"]]
        assert [x.amount > 0 for x in ours.lines] == [t["isCredit"] for t in theirs["transactions"]]
        assert [str(x.value_on) for x in ours.lines] == [t["valueDate"] for t in theirs["transactions"]]


@needs_data
@pytest.mark.filterwarnings("ignore:Failed to convert value")
@pytest.mark.parametrize("path", [p for p in CAMT if p.name not in REFUSED], ids=lambda p: p.name)
def test_pyiso20022_reads_the_same_entries(path: Path) -> None:
    """Amounts, marks, dates and references of every entry, by the published schemas' classes. It
    refuses files that break the schema; those are named with why."""
    pytest.importorskip("xsdata")
    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.config import ParserConfig

    file = parse(path)
    kind, version = file.format[-3:], re.search(rb"camt\.\d{3}\.001\.(\d\d)", path.read_bytes())
    assert version is not None
    name = f"pyiso20022.camt.camt_{kind}_001_{version[1].decode()}"
    module: Any = import_module(name)
    parser = XmlParser(
        config=ParserConfig(fail_on_unknown_properties=False, fail_on_converter_warnings=False)
    )
    document = parser.from_bytes(path.read_bytes(), module.Document)
    root = next(v for v in (getattr(document, n, None) for n in vars(document)) if v is not None)
    groups = getattr(root, {"052": "rpt", "053": "stmt", "054": "ntfctn"}[kind])
    entries = [entry for group in groups for entry in group.ntry]
    ours = _lines(file)
    assert len(entries) == len(ours)
    for entry, line in zip(entries, ours, strict=True):
        sign = 1 if entry.cdt_dbt_ind.value == "CRDT" else -1
        assert line.amount == sign * Decimal(str(entry.amt.value)) and line.currency == entry.amt.ccy
        assert line.bank_reference == (entry.acct_svcr_ref or "")
        booked = entry.bookg_dt and (entry.bookg_dt.dt or entry.bookg_dt.dt_tm)
        assert str(line.booked_on or "") == str(booked or "")[:10]
        details = [t for d in entry.ntry_dtls for t in d.tx_dtls]
        assert len(details) == len(line.details)
        for theirs, mine in zip(details, line.details, strict=True):
            reference = (theirs.refs.end_to_end_id if theirs.refs else "") or ""
            assert mine.end_to_end_id == ("" if reference == "NOTPROVIDED" else reference)


@needs_data
@pytest.mark.parametrize("path", BAI2, ids=lambda p: p.name)
def test_bai2_reads_the_same_details(path: Path) -> None:
    """Amounts in minor units by account; it takes no sign from the type code, and we do."""
    bai2: Any = pytest.importorskip("bai2.bai2")
    theirs = [
        (account.header.customer_account_number, detail.type_code.code, detail.amount)
        for group in bai2.parse_from_string(path.read_text()).children
        for account in group.children
        for detail in account.children
    ]
    ours = [
        (s.head.account, line.bank_code, int(abs(line.amount) * 100), line.amount > 0)
        for s in parse(path).statements
        for line in s.lines
    ]
    assert [row[:3] for row in ours] == theirs
    assert all(credit == ("100" <= code <= "399") for _, code, _, credit in ours)


@needs_data
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [p for p in OFX if p.name not in REFUSED], ids=lambda p: p.name)
def test_ofxparse_reads_the_same_transactions(path: Path) -> None:
    ofxparse: Any = pytest.importorskip("ofxparse")
    with path.open("rb") as stream:
        read = ofxparse.OfxParser.parse(stream, fail_fast=False)
    theirs = [
        (account.account_id, t.amount, t.date.date(), t.id)
        for account in read.accounts
        for t in account.statement.transactions
    ]
    ours = [
        (s.head.account, line.amount, line.booked_on, line.bank_reference)
        for s in parse(path).statements
        for line in s.lines
    ]
    # It discards a transaction whose FITID is empty; its money is there all the same.
    assert [row for row in ours if row[3]] == theirs


@needs_data
@pytest.mark.parametrize("path", [p for p in OFX if p.name not in REFUSED], ids=lambda p: p.name)
def test_ofxtools_reads_the_same_transactions_where_it_reads_at_all(path: Path) -> None:
    """It is strict about the schema: those that it refuses are named."""
    parser: Any = pytest.importorskip("ofxtools.Parser")
    tree = parser.OFXTree()
    try:
        with path.open("rb") as stream:
            tree.parse(stream)
        read = tree.convert()
    except Exception as error:  # noqa: BLE001 - what the other reader raises is its own
        assert path.name in OFXTOOLS_REFUSES, repr(error)
        return
    theirs = [
        (t.trnamt, t.dtposted.date(), t.fitid)
        for statement in read.statements
        for t in (statement.transactions or [])
    ]
    ours = [(x.amount, x.booked_on, x.bank_reference) for s in parse(path).statements for x in s.lines]
    assert [row[0] for row in ours] == [row[0] for row in theirs]
    # It takes an instant without a zone for UTC and one with a zone to UTC: the day may move.
    assert all(abs((a[1] - b[1]).days) <= 1 and a[2] == b[2] for a, b in zip(ours, theirs, strict=True))


# A bank id longer than the schema's nine; no header at all; a header behind empty lines.
OFXTOOLS_REFUSES = {
    "tests_fixtures_checking.ofx",
    "tests_fixtures_fail_nice_empty_balance.ofx",
    "tests_fixtures_ofx-v102-empty-tags.ofx",
}
