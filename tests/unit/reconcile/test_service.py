"""Matching by small examples: what is matched and why, what is not, and what is refused."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tieout.cli.commands import cli
from tieout.reconcile import (
    Match,
    MatchingError,
    Result,
    breaks,
    checked,
    match,
    read_rates,
    read_rules,
    read_table,
)
from tieout.reconcile.numbers import likeness
from tieout.reconcile.parties import Parties, folded
from tieout.reconcile.ruleset import parse_rules
from tieout.reconcile.sums import subsets

RULES = read_rules()
COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")
# Others, so that one amount or name says something.
OTHERS = [
    (
        f"O{n}",
        "2026-09-01",
        f"{317 + n * 13}.{n:02d}",
        "EUR",
        f"INV-2026-{90_000 + n * 7}",
        f"Kunde {n} GmbH",
        "",
    )
    for n in range(60)
]


def table(*rows: tuple[str, ...]) -> pl.DataFrame:
    return checked(pl.DataFrame(list(rows), schema={c: pl.String for c in COLUMNS}, orient="row"), "rows")


def run(left: list[tuple[str, ...]], right: list[tuple[str, ...]], **given: object) -> Result:
    return match(table(*left), table(*right, *OTHERS), RULES, **given)  # type: ignore[arg-type]


def one(result: Result) -> Match:
    (found,) = [m for m in result.groups() if m.status == "auto"]
    return found


INVOICE = ("R1", "2026-09-01", "1190.00", "EUR", "INV-2026-00123", "Müller Bau GmbH", "")


@pytest.mark.parametrize(
    "text",
    ["INV-2026-00123", "Rechnung INV 2026 00123", "inv2026/00123", "RE-Nr. 2026-00123", "Invoice 2026/123",
     "Rg 00123 vom 01.09.2026", "INV-2026-0123", "2026-00123 danke"],
)  # fmt: skip
def test_a_number_in_any_spelling(text: str) -> None:
    found = one(run([("L1", "2026-09-10", "1190.00", "EUR", "", "MUELLER BAU", text)], [INVOICE]))
    assert (found.left, found.right) == (("L1",), ("R1",))
    assert found.difference.explained_as == ""


@pytest.mark.parametrize(
    ("paid", "on"),
    [("1189.98", "2026-09-20"), ("1177.50", "2026-10-20"), ("1166.20", "2026-09-12"), ("1071.00", "2026-10-20"),
     ("600.00", "2026-09-20")],
)  # fmt: skip
def test_what_is_short_pays_in_part_whatever_it_looks_like(paid: str, on: str) -> None:
    found = one(run([("L1", on, paid, "EUR", "", "Müller Bau", "INV-2026-00123")], [INVOICE]))
    assert (found.difference.explained_as, found.closed) == ("partial_payment", False)
    assert found.difference.amount == Decimal(paid) - Decimal("1190.00")


def test_what_a_part_payment_leaves_open_is_a_break() -> None:
    result = run([("L1", "2026-09-20", "600.00", "EUR", "", "Müller Bau", "INV-2026-00123")], [INVOICE])
    rest = [b for b in breaks(result.left, result.right, result.groups(), {}, RULES, ()) if b.id == "R1"]
    assert [(b.cause, b.amount) for b in rest] == [("part_paid", Decimal("590.00"))]


def test_what_an_over_payment_is_too_much_stays_open() -> None:
    result = run([("L1", "2026-09-20", "1200.00", "EUR", "", "Müller Bau", "INV-2026-00123")], [INVOICE])
    (found,) = result.groups()
    assert (found.status, found.difference.explained_as) == ("auto", "over_payment")
    assert found.difference.amount == Decimal("10.00") and not found.closed
    (rest,) = [b for b in breaks(result.left, result.right, [found], {}, RULES, ()) if b.side == "left"]
    assert (rest.cause, rest.amount) == ("over_paid", Decimal("10.00"))


def test_a_discount_that_was_taken_late_is_a_part_payment() -> None:
    late = ("L1", "2026-11-20", "1166.20", "EUR", "", "Müller Bau", "INV-2026-00123")
    assert one(run([late], [INVOICE])).difference.explained_as == "partial_payment"


def test_two_payments_of_one_invoice_are_one_group() -> None:
    lines = [
        ("L1", "2026-09-10", "500.00", "EUR", "", "Müller Bau", "INV-2026-00123 Teil 1"),
        ("L2", "2026-09-20", "690.00", "EUR", "", "Müller Bau", "INV-2026-00123 Rest"),
    ]
    assert one(run(lines, [INVOICE])).left == ("L1", "L2")


def test_one_payment_of_several_invoices_with_a_credit_note() -> None:
    rights = [
        INVOICE,
        ("R2", "2026-09-02", "238.00", "EUR", "INV-2026-00127", "Müller Bau GmbH", ""),
        ("R3", "2026-09-03", "-119.00", "EUR", "INV-2026-00131", "Müller Bau GmbH", "credit note"),
    ]
    with_list = ("L1", "2026-09-20", "1309.00", "EUR", "", "Müller Bau", "INV-2026-00123, 127, 131")
    assert one(run([with_list], rights)).right == ("R1", "R2", "R3")
    without = ("L1", "2026-09-20", "1309.00", "EUR", "", "Müller Bau", "offene Posten")
    found = [m for m in run([without], rights).groups() if set(m.right) == {"R1", "R2", "R3"}]
    assert found and found[0].rule == "party and amount"


def test_two_payments_of_two_invoices_are_one_group() -> None:
    rights = [INVOICE, ("R2", "2026-09-02", "238.00", "EUR", "INV-2026-00127", "Müller Bau GmbH", "")]
    lines = [
        ("L1", "2026-09-10", "1000.00", "EUR", "", "Müller Bau", "INV-2026-00123 INV-2026-00127 Teil 1"),
        ("L2", "2026-09-20", "428.00", "EUR", "", "Müller Bau", "INV-2026-00123 INV-2026-00127 Rest"),
    ]
    found = one(run(lines, rights))
    assert (found.left, found.right) == (("L1", "L2"), ("R1", "R2"))


def test_what_a_whole_party_could_have_by_chance_is_not_taken() -> None:
    # One party, thousands of cents: equal amounts meet by chance alone.
    draw = random.Random(4)

    def drawn(prefix: str) -> list[tuple[str, ...]]:
        return [(f"{prefix}{n}", "2026-09-10", f"{draw.randrange(100, 90_000) / 100:.2f}", "EUR", "", "Markt AG", "")
                for n in range(1500)]  # fmt: skip

    result = match(table(*drawn("L")), table(*drawn("R")), RULES)
    assert sum(m.status == "auto" for m in result.groups()) <= 1


def test_a_number_that_everybody_has_names_no_one() -> None:
    rights = [
        (f"R{n}", "2026-09-01", f"{100 + n}.99", "EUR", "CONTRACT-2026-00001", "X AG", "") for n in range(40)
    ]
    lines = [
        (f"L{n}", "2026-09-10", f"{200 + n}.98", "EUR", "", "Y AG", "CONTRACT-2026-00001") for n in range(40)
    ]
    assert list(run(lines, rights).groups()) == []


def test_of_two_payments_of_one_invoice_the_first_pays_it() -> None:
    lines = [
        ("L2", "2026-09-10", "1190.00", "EUR", "", "Müller Bau", "INV-2026-00123"),
        ("L1", "2026-09-18", "1190.00", "EUR", "", "Müller Bau", "INV-2026-00123"),
    ]
    assert one(run(lines, [INVOICE])).left == ("L2",)


def test_ten_equal_amounts_with_no_other_sign_are_left_to_people() -> None:
    rights = [
        (f"R{n}", "2026-09-01", "29.00", "EUR", f"INV-2026-001{n:02d}", f"Abo {n} AG", "") for n in range(10)
    ]
    lines = [(f"L{n}", "2026-09-10", "29.00", "EUR", "", "", "subscription") for n in range(10)]
    result = run(lines, rights)
    assert list(result.groups()) == []
    assert result.crowded == dict.fromkeys((f"L{n}" for n in range(10)), 10)
    causes = {b.cause for b in breaks(result.left, result.right, result.groups(), result.crowded, RULES, ())
              if b.side == "left"}  # fmt: skip
    assert causes == {"ambiguous"}


def test_a_mistyped_number_takes_no_one_elses_invoice() -> None:
    rights = [
        (f"R{n}", "2026-09-01", "29.00", "EUR", f"INV-2026-{500 + n:05d}", f"Abo {n} AG", "")
        for n in range(30)
    ]
    # It is R3's payment; the number that it names is R13's.
    wrong = ("L1", "2026-09-10", "29.00", "EUR", "", "Abo 3 AG", "INV-2026-00513")
    assert [m.right for m in run([wrong], rights).groups() if m.status == "auto" and m.right != ("R3",)] == []


def test_currencies_meet_by_a_rate_alone() -> None:
    dollars = ("R1", "2026-09-01", "1000.00", "USD", "INV-2026-00123", "Acme Inc", "")
    line = ("L1", "2026-09-10", "921.00", "EUR", "", "Acme", "INV-2026-00123")
    without = run([line], [dollars])
    assert list(without.groups()) == []
    rest = breaks(without.left, without.right, [], {}, RULES, ())
    assert next(b for b in rest if b.id == "R1").cause == "no_rate"
    rates = {(date(2026, 9, 10), "EUR", "USD"): Decimal("1.0840")}
    found = one(run([line], [dollars], rates=rates))
    # 1000 / 1.0840 = 922.51: what is missing stays open, unless a limit lets it be the rate's.
    assert (found.difference.amount, found.difference.explained_as) == (Decimal("-1.51"), "partial_payment")
    far = ("L1", "2026-09-10", "880.00", "EUR", "", "Acme", "INV-2026-00123")
    assert [m for m in run([far], [dollars], rates=rates).groups() if m.status == "auto"] == []


def test_equal_figures_of_two_currencies_are_not_equal() -> None:
    dollars = ("R1", "2026-09-01", "1000.00", "USD", "INV-2026-00123", "Acme Inc", "")
    euros = ("L1", "2026-09-10", "1000.00", "EUR", "", "Acme", "INV-2026-00123")
    assert list(run([euros], [dollars]).groups()) == []
    parts = [
        ("L1", "2026-09-10", "400.00", "EUR", "", "Müller Bau", "INV-2026-00123"),
        ("L2", "2026-09-11", "790.00", "USD", "", "Müller Bau", "INV-2026-00123"),
    ]
    assert all(m.left != ("L1", "L2") for m in run(parts, [INVOICE]).groups())


def test_a_serial_of_two_years_names_neither() -> None:
    rights = [
        ("R1", "2026-08-01", "99.00", "EUR", "INV-2025-00123", "Müller Bau GmbH", ""),
        ("R2", "2026-09-01", "99.00", "EUR", "INV-2026-00123", "Müller Bau GmbH", ""),
    ]
    line = ("L1", "2026-09-10", "99.00", "EUR", "", "Müller Bau", "Rg 00123")
    assert [m for m in run([line], rights).groups() if m.status == "auto"] == []


def test_a_small_credit_note_does_not_hide_in_a_rate() -> None:
    rights = [
        ("R1", "2026-09-01", "1547.07", "GBP", "INV-2026-00123", "Baker Ltd", ""),
        ("R2", "2026-09-02", "-11.28", "GBP", "INV-2026-00789", "Baker Ltd", "credit note"),
    ]
    rates = {(date(2026, 9, 10), "EUR", "GBP"): Decimal("0.8380")}
    line = ("L1", "2026-09-10", "1832.00", "EUR", "", "Baker", "INV-2026-00123, 789")
    found = list(run([line], rights, rates=rates).groups())
    assert ("R1", "R2") in [m.right for m in found]
    assert [m for m in found if m.status == "auto" and m.right == ("R1",)] == []


def test_a_credit_note_that_names_its_invoice_nets_with_it() -> None:
    credit = (
        "R2",
        "2026-09-05",
        "-1190.00",
        "EUR",
        "CN-2026-00007",
        "Müller Bau GmbH",
        "cancels INV-2026-00123",
    )
    found = one(run([("L1", "2026-09-10", "5.55", "EUR", "", "", "fee")], [INVOICE, credit]))
    assert (found.left, found.right, found.rule) == ((), ("R1", "R2"), "netting, number")


def test_a_missing_partner_may_still_come() -> None:
    young = ("R1", "2026-09-25", "777.77", "EUR", "INV-2026-00123", "Neu GmbH", "")
    old = ("R2", "2026-03-25", "888.88", "EUR", "INV-2026-00124", "Alt GmbH", "")
    result = run([("L1", "2026-10-01", "5.55", "EUR", "", "", "fee")], [young, old])
    causes = {b.id: b.cause for b in breaks(result.left, result.right, result.groups(), {}, RULES, ())}
    assert (causes["R1"], causes["R2"], causes["L1"]) == ("timing", "unmatched", "timing")
    later = {b.id: b.cause for b in breaks(result.left, result.right, [], {}, RULES, (), date(2026, 12, 1))}
    assert (later["R1"], later["L1"]) == ("unmatched", "unmatched")


def test_declared_keys_name_each_other(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[key]]\nleft = "charge"\nright = "source"\n\n[[pass]]\nname = "key"\namount = ["exact"]\n'
    )
    left = tmp_path / "left.csv"
    left.write_text(
        "id,date,amount,currency,reference,counterparty,description,charge\n1,2026-09-01,29.00,EUR,,,,ch_1\n"
    )
    right = tmp_path / "right.csv"
    right.write_text(
        "id,date,amount,currency,reference,counterparty,description,source\n"
        "9,2026-09-01,29.00,EUR,,,,ch_2\n8,2026-09-01,29.00,EUR,,,,ch_1\n"
    )
    done = CliRunner().invoke(
        cli, ["match", str(left), str(right), "--rules", str(rules), "--out", str(tmp_path / "o")]
    )
    assert done.exit_code == 1, done.output
    groups = [json.loads(line) for line in (tmp_path / "o").read_text().splitlines()]
    assert [(g["left"], g["right"]) for g in groups if g["status"] == "auto"] == [(["1"], ["8"])]


def test_a_pass_that_only_suggests_takes_nothing(tmp_path: Path) -> None:
    line = ("L1", "2026-09-10", "1190.00", "EUR", "", "Müller Bau", "INV-2026-00123")
    for declared in ("automatic = false\n", 'party = ["other"]\n'):
        (tmp_path / "rules.toml").write_text(f'[[pass]]\nname = "number"\namount = ["exact"]\n{declared}')
        rules = read_rules(tmp_path / "rules.toml")
        found = list(match(table(line), table(INVOICE, *OTHERS), rules).groups())
        assert [m.status for m in found if m.status == "auto"] == []
    assert one(run([line], [INVOICE])).rule == "number and amount"


# pieces


def test_names_fold_to_one() -> None:
    assert (
        folded("Müller & Söhne GmbH")[0] == folded("MUELLER SOEHNE")[0] == folded("Muller, Sohne G.m.b.H.")[0]
    )
    assert folded("Łódź Sp. z o.o.")[0] == folded("LODZ")[0]
    known = Parties(["Müller Bau GmbH", "Müller Bau AG", "Krause Textil KG"])
    assert known.of("Mueller Bau AG") == {"Müller Bau AG": "same"}
    assert set(known.of("MULLER BAU")) == {"Müller Bau GmbH", "Müller Bau AG"}
    assert known.of("Krausse Textil") == {"Krause Textil KG": "same"}
    assert known.of("Krase Textil") == {"Krause Textil KG": "similar"}
    assert known.of("Someone else") == {}
    long = Parties(["Schröder Elektrotechnik Nord KG", "Schröder Elektrotechnik Süd KG"])
    assert long.of("SCHROEDER ELEKTROTECHNIK") == {}
    assert long.of("SCHROEDER ELEKTROTECHNIK NO") == {"Schröder Elektrotechnik Nord KG": "similar"}
    assert Parties(["A", "B"], {"DE1": "B"}).of("A", "DE1") == {"B": "same"}


def test_digits_that_were_mistyped_or_cut() -> None:
    full, serial = "2026006123", "006123"
    assert likeness(("006123",), full, serial) == "medium"
    assert likeness(("2026006132",), full, serial) == "similar"
    assert likeness(("20260061",), full, serial) == "similar"
    assert likeness(("6123",), full, serial) == "weak"
    assert likeness(("2026",), full, serial) == "none"
    assert likeness(("9876543210",), full, serial) == "none"


def test_sums_are_found_and_rated() -> None:
    amounts = [11_900, 23_817, 4_411, 99_003, -5_000]
    hits, chance = subsets(amounts, 11_900 + 4_411 - 5_000)
    assert hits == [(0, 2, 4)] and chance < -5
    equal, likely = subsets([2_900] * 8, 5_800)
    assert len(equal) == 6 and likely > 0


# refusals

GOOD = "id,date,amount,currency,reference,counterparty,description\n1,2026-09-01,29.00,EUR,,,\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,date,amount,currency,reference,counterparty\n", "no column 'description'"),
        (GOOD + "1,2026-09-01,29.00,EUR,,,\n", "row 3, column 'id': '1' is the id of an earlier row too"),
        (GOOD + ",2026-09-01,29.00,EUR,,,\n", "row 3, column 'id'"),
        (GOOD + "2,01.09.2026,29.00,EUR,,,\n", "row 3, column 'date': '01.09.2026' is no date"),
        (GOOD + "2,2026-02-30,29.00,EUR,,,\n", "row 3, column 'date'"),
        (GOOD + "2,2026-09-01,\"1.234,50\",EUR,,,\n", "row 3, column 'amount': '1.234,50' is no amount"),
        (GOOD + "2,2026-09-01,NaN,EUR,,,\n", "row 3, column 'amount'"),
        (GOOD + "2,2026-09-01,1e3,EUR,,,\n", "row 3, column 'amount'"),
        (GOOD + "2,2026-09-01,123456789012345.00,EUR,,,\n", "row 3, column 'amount'"),
        (GOOD + "2,2026-09-01,29.001,EUR,,,\n", "finer than its currency's minor unit"),
        (GOOD + "2,2026-09-01,29.5,JPY,,,\n", "finer than its currency's minor unit"),
        (GOOD + "2,2026-09-01,29.00,Euro,,,\n", "row 3, column 'currency': 'Euro' is no currency"),
        (GOOD + "2,2026-09-01,29.00,,,,\n", "row 3, column 'currency'"),
        (GOOD + "2,2026-09-01\n2,2026,1,2,3,4,5,6,7,8\n", "cannot be read"),
        ("", "cannot be read"),
        (GOOD.replace("reference", "amount"), "the column 'amount' stands twice"),
        (GOOD.replace(",", ";"), "no column 'id'"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_with_its_row_and_column(tmp_path: Path, text: str, told: str) -> None:
    bad, good, to = tmp_path / "bad.csv", tmp_path / "good.csv", tmp_path / "out.jsonl"
    bad.write_text(text)
    good.write_text(GOOD)
    for sides in ((bad, good), (good, bad)):
        done = CliRunner().invoke(cli, ["match", *map(str, sides), "--out", str(to)])
        assert done.exit_code == 1
        assert told in " ".join(done.output.split())
        assert not to.exists() and len(list(tmp_path.iterdir())) == 2


def test_results_never_overwrite_what_is_read(tmp_path: Path) -> None:
    good, other = tmp_path / "good.csv", tmp_path / "other.csv"
    good.write_text(GOOD)
    other.write_text(GOOD)
    for options in (["--out", str(good)], ["--out", str(tmp_path / "o"), "--breaks", str(tmp_path / "o")]):
        done = CliRunner().invoke(cli, ["match", str(good), str(other), *options])
        assert done.exit_code == 2 and good.read_text() == GOOD


def test_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeff" + GOOD, encoding="utf-8")
    assert read_table(tmp_path / "a.csv")["id"].to_list() == ["1"]


def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD.encode() + b"2,2026-09-01,1.00,EUR,,M\xfcller,\n")
    with pytest.raises(MatchingError, match="cannot be read"):
        read_table(tmp_path / "a.csv")


def test_binary_floats_are_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({c: ["1"] for c in COLUMNS}).with_columns(amount=pl.lit(29.9))
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(MatchingError, match="binary floats"):
        read_table(tmp_path / "a.parquet")


def test_parquet_holds_decimals_and_dates(tmp_path: Path) -> None:
    frame = pl.DataFrame({c: ["x"] for c in COLUMNS}).with_columns(
        amount=pl.lit(Decimal("-1234.50")), date=pl.lit(date(2026, 9, 1)), currency=pl.lit("EUR")
    )
    frame.write_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet")["minor"].to_list() == [-123450]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confidense = 0.9\n[[pass]]\nname='a'\n", "confidense"),
        ("confidence = 1.5\n[[pass]]\nname='a'\n", "between 0.5 and 1"),
        ("[[pass]]\nname='a'\namount=['nearly']\n", "nearly"),
        ("[[pass]]\nname='a'\n[[pass]]\nname='a'\n", "two passes"),
        ("pass = []\n", "no [[pass]]"),
        ("[[pass\n", "rules.toml"),
        ("[window]\nbefore = -1\n[[pass]]\nname='a'\n", "0 or more"),
    ],
)
def test_rules_that_are_misspelt_are_wrong_usage(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "rules.toml").write_text(text)
    (tmp_path / "a.csv").write_text(GOOD)
    a = str(tmp_path / "a.csv")
    done = CliRunner().invoke(
        cli, ["match", a, a, "--rules", str(tmp_path / "rules.toml"), "--out", str(tmp_path / "o")]
    )
    assert done.exit_code == 2 and told in " ".join(done.output.split())
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("2026-09-01,EUR,USD,1.0840\n2026-09-01,EUR,USD,1.0841\n", "row 3, a second rate"),
        ("2026-09-01,EUR,USD,0\n", "row 2, column 'rate'"),
        ("2026-09-01,EUR,USD,-1\n", "row 2, column 'rate'"),
        ("2026-09-01,EUR,USD,inf\n", "row 2, column 'rate'"),
        ("2026-09-01,EUR,Dollar,1.1\n", "row 2, column 'quote'"),
        ("1.9.2026,EUR,USD,1.1\n", "row 2, column 'date'"),
    ],
)
def test_bad_rates_are_refused(tmp_path: Path, rows: str, told: str) -> None:
    (tmp_path / "rates.csv").write_text("date,base,quote,rate\n" + rows)
    with pytest.raises(MatchingError) as error:
        read_rates(tmp_path / "rates.csv")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("RF18539007547034", "Zahlung RF18 5390 0754 7034 danke"),
        ("rf18 5390 0754 7034", "RF18539007547034"),
        ("+++090/9337/55493+++", "virement ***090/9337/55493***"),
        ("090933755493", "+++090/9337/55493+++"),
        ("210000000003139471430009017", "QRR 21 00000 00003 13947 14300 09017"),
    ],
)
def test_a_structured_reference_is_found_in_whatever_groups_it_is_written(number: str, text: str) -> None:
    found = one(
        run(
            [("L1", "2026-10-05", "250.00", "EUR", "", "", text)],
            [("R1", "2026-09-20", "250.00", "EUR", number, "Someone Else", "")],
        )
    )
    assert (found.left, found.right) == (("L1",), ("R1",))
    assert found.why == "each names the other alone, and the amounts agree"


def test_a_structured_reference_that_fails_its_check_is_no_number() -> None:
    result = run(
        [("L1", "2026-10-05", "250.00", "EUR", "", "", "RF19 5390 0754 7034")],
        [("R1", "2026-09-20", "250.00", "EUR", "RF18539007547034", "Someone Else", "")],
    )
    assert not [m for m in result.groups() if m.status == "auto" and m.rule == "number and amount"]


def test_an_item_is_found_by_each_of_its_numbers() -> None:
    columns = {**dict.fromkeys(COLUMNS, pl.String), "also": pl.String}
    rows = [(*row, "") for row in OTHERS]
    rows += [("R1", "2026-09-20", "88.00", "EUR", "PO-77-A", "One GmbH", "", "INV-2026-12345|STR-9")]
    right = checked(pl.DataFrame(rows, schema=columns, orient="row"), "rows")
    for text in ("re PO-77-A", "INV 2026 12345", "your STR-9"):
        result = match(table(("L1", "2026-10-05", "88.00", "EUR", "", "", text)), right, RULES)
        best = next(iter(result.groups()))
        assert best.right == ("R1",), text


def test_an_intercompany_pair_has_opposite_signs(tmp_path: Path) -> None:
    for name, sign in (("a", ""), ("b", "-")):
        lines = [",".join(COLUMNS)]
        lines += [
            f"{name}{n},2026-10-0{n},{sign}{100 + n * 7}.00,EUR,IC-2026-100{n},Group,x" for n in range(1, 6)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    paths = [str(tmp_path / f"{n}.csv") for n in "ab"]
    out = tmp_path / "groups.jsonl"
    plain = CliRunner().invoke(cli, ["match", *paths, "--out", str(out)])
    assert plain.exit_code == 1 and '"auto"' not in out.read_text()
    paired = CliRunner().invoke(cli, ["match", *paths, "--out", str(out), "--opposite"])
    groups = [json.loads(line) for line in out.read_text().splitlines()]
    assert paired.exit_code == 0 and [g["difference"]["amount"] for g in groups] == ["0.00"] * 5


INTERCHANGEABLE = """
[[pass]]
name = "number and amount"
number = ["strong", "medium"]
amount = ["exact"]

[[pass]]
name = "doubles"
number = ["none"]
party = ["same"]
amount = ["exact"]
interchangeable = true
"""


def test_equal_amounts_are_paired_in_order_only_where_a_rule_calls_them_interchangeable() -> None:
    left = [(f"L{n}", f"2026-10-{n:02d}", "49.00", "EUR", "", "Kunde 7 GmbH", "Abo") for n in (5, 3, 4)]
    right = [
        (f"R{n}", f"2026-10-{n:02d}", "49.00", "EUR", f"INV-2026-7000{n}", "Kunde 7 GmbH", "") for n in (2, 1)
    ]
    assert not [m for m in run(left, right).groups() if m.status == "auto"]
    rules = parse_rules(INTERCHANGEABLE, "mine")
    orders = []
    for shuffled in (left, left[::-1]):
        found = list(match(table(*shuffled), table(*right, *OTHERS), rules).groups())
        orders.append(sorted((m.left, m.right, m.rule, m.status) for m in found))
    assert (
        orders[0]
        == orders[1]
        == [(("L3",), ("R1",), "doubles", "auto"), (("L4",), ("R2",), "doubles", "auto")]
    )
    # Another party's, or one that names a number, is no double.
    other = [("L9", "2026-10-05", "49.00", "EUR", "", "Kunde 8 GmbH", "Abo")]
    assert not list(match(table(*other), table(*right, *OTHERS), rules).groups())
    named = [("L9", "2026-10-05", "49.00", "EUR", "", "Kunde 7 GmbH", "INV-2026-70002")]
    assert one(match(table(*named), table(*right, *OTHERS), rules)).right == ("R2",)
    # One that names something else is no double of these.
    elsewhere = [("L9", "2026-10-05", "49.00", "EUR", "", "Kunde 7 GmbH", "INV-2026-90007")]
    assert not [
        m for m in match(table(*elsewhere), table(*right, *OTHERS), rules).groups() if m.status == "auto"
    ]
    with pytest.raises(MatchingError, match="pass 'doubles' is interchangeable: it has"):
        parse_rules(INTERCHANGEABLE.replace('["none"]', '["weak"]'), "mine")


@pytest.mark.parametrize(
    ("one_way", "other"),
    [("Иванов и Сыновья", "Ivanov i Synov'ya"), ("Παπαδόπουλος ΑΕ", "PAPADOPOULOS AE"), ("Łódź Sp. z o.o.", "LODZ"),
     ("株式会社", "ZHU SHI HUI SHE")],
)  # fmt: skip
def test_other_scripts_are_read_as_banks_write_them(one_way: str, other: str) -> None:
    assert Parties([one_way]).of(other), (folded(one_way), folded(other))


def test_a_table_that_is_read_in_parts_tells_every_problem_with_its_own_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.reconcile.reading._PART", 2)
    rows = [{**dict.fromkeys(COLUMNS, ""), "id": f"X{n % 5}", "date": "2026-10-01", "amount": f"{n}.00", "currency": "EUR"}
            for n in range(7)]  # fmt: skip
    for suffix in (".csv", ".parquet"):
        path = tmp_path / f"t{suffix}"
        first = 2 if suffix == ".csv" else 1
        write = pl.DataFrame.write_csv if suffix == ".csv" else pl.DataFrame.write_parquet
        write(pl.DataFrame(rows[:5]), path)
        assert read_table(path)["id"].to_list() == [f"X{n}" for n in range(5)]
        write(pl.DataFrame(rows), path)
        with pytest.raises(MatchingError) as told:
            read_table(path)
        assert [p.split(",")[0] for p in told.value.problems] == [
            f"t{suffix}: row {first + n}" for n in (5, 6)
        ]
        write(pl.DataFrame([*rows[:4], {**rows[4], "amount": "1,5"}]), path)
        with pytest.raises(MatchingError, match=f"row {first + 4}, column 'amount'"):
            read_table(path)
    assert len(checked(pl.DataFrame([], schema=dict.fromkeys(COLUMNS, pl.String)), "none")) == 0
