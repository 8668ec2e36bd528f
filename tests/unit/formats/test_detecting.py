"""A CSV that nobody declared: which way its money went is known, or the file is refused. All texts are invented;
those after a published file name it: its shape carries over, not its contents.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.formats import FormatError, ParsedFile, parse
from tieout.formats.csv.detecting import detect

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cases"


def amounts(file: ParsedFile) -> list[str]:
    """The booked amounts, in the order of the file."""
    return [str(x.amount) for s in file.statements for x in s.lines if x.status == "booked"]


def read(*rows: str) -> ParsedFile:
    return parse(("\n".join(rows) + "\n").encode())


def unread(file: ParsedFile) -> set[str]:
    """The columns that the remainder lists."""
    return {hit[1] for u in file.remainder if (hit := re.fullmatch(r"the column '(.*)' is not read", u.what))}


# (header, mark of a debit, mark of a credit); OCA debit_credit.csv, firefly-iii issue 2835, and ING's Dutch
# export have the first, the third and the fifth.
MARKED = [
    ("D/C", "D", "C"), ("C/D", "D", "C"), ("S/H", "S", "H"), ("Soll/Haben", "Soll", "Haben"),
    ("Af Bij", "Af", "Bij"), ("Af/Bij", "af", "bij"), ("Dr/Cr", "Dr", "Cr"), ("DR / CR", "DR.", "CR."),
    ("Type", "debit", "credit"), ("Type", "D", "C"), ("Kennzeichen", "S", "H"), ("Transaction Type", "DEBIT", "CREDIT"),
    ("Debit/Credit", "D", "C"), ("CreditDebitIndicator", "DBIT", "CRDT"), ("Richting", "Debet", "Credit"),
    ("Sens", "Débit", "Crédit"), ("Dare/Avere", "D", "A"), ("Segno", "Dare", "Avere"), ("Segno", "Addebito", "Accredito"),
    ("Cargo/Abono", "C", "A"), ("Tipo", "Cargo", "Abono"), ("Debe/Haber", "D", "H"), ("Tipo", "Débito", "Crédito"),
    ("Tipo", "Saída", "Entrada"), ("Strona", "Obciążenie", "Uznanie"), ("Obciążenie/Uznanie", "O", "U"), ("Strona", "Wn", "Ma"),
    ("Směr", "Odchozí", "Příchozí"), ("Typ pohybu", "výdaj", "příjem"), ("Typ", "Uttag", "Insättning"),
    ("Retning", "Ud", "Ind"), ("Retning", "Ut", "Inn"), ("Laji", "Otto", "Pano"), ("Irány", "Terhelés", "Jóváírás"),
    ("CreditDebet", "D", "C"), ("D/K", "D", "K"), ("Debet/Kredit", "D", "K"), ("Kind", "Belastung", "Gutschrift"), ("Direction", "OUT", "IN"), ("Sign", "-", "+"), ("+/-", "-", "+"),
    ("Vorzeichen", "-", "+"), ("Kind", "Withdrawal", "Deposit"), ("Tür", "Borç", "Alacak"), ("Τύπος", "Χρέωση", "Πίστωση"),
]  # fmt: skip


def test_one_letter_alone_is_a_mark_where_no_language_means_another() -> None:
    rows = ("02.10.2026;Sale;33,50;C;EUR", "03.10.2026;Sale;15,00;C;EUR")
    assert amounts(read("Datum;Text;Betrag;Type;Währung", *rows)) == ["33.50", "15.00"]
    assert amounts(read("Datum;Text;Betrag;C/D;Währung", *rows)) == ["33.50", "15.00"]
    with pytest.raises(FormatError, match="'Tipo'"):
        read("Datum;Text;Betrag;Tipo;Währung", *rows)


@pytest.mark.parametrize(("name", "debit", "credit"), MARKED)
def test_a_mark_in_a_column_of_its_own_says_which_way_the_money_went(
    name: str, debit: str, credit: str
) -> None:
    rows = (f"02.10.2026;Rent;33,50;{debit};EUR", f"03.10.2026;Sale;1.533,50;{credit};EUR")
    file = read(f"Datum;Text;Betrag;{name};Währung", *rows)
    assert amounts(file) == ["-33.50", "1533.50"]
    assert unread(file) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [("33,50 S", "1.533,50 H"), ("33,50S", "1.533,50H"), ("S 33,50", "H 1.533,50"), ("33,50 D", "1.533,50 C"),
     ("33,50 DR", "1.533,50 CR"), ("33,50Dr.", "1.533,50Cr."), ("33,50 debit", "1.533,50 credit"), ("DR 33,50", "CR 1.533,50"), ("33,50 Soll", "1.533,50 Haben"),
     ("33,50-", "1.533,50"), ("33,50-", "1.533,50+"), ("(33,50)", "1.533,50"), ("-33,50", "+1.533,50"), ("- 33,50", "1.533,50"),
     ("\u221233,50", "1.533,50"), ("\u201333,50", "1.533,50"), ("-33,50", "1 533,50"), ("-33,50", "1\xa0533,50"),
     ("-33,50", "1\u202f533,50"), ("-33,50", "1'533,50"), ("-33,50", "1\u2019533,50"), ("-33,50000", "1.533,5")],
)  # fmt: skip
def test_a_mark_or_a_sign_beside_the_amount_says_it_too(one: str, other: str) -> None:
    file = read("Datum;Text;Betrag;Währung", f"02.10.2026;Rent;{one};EUR", f"03.10.2026;Sale;{other};EUR")
    assert amounts(file) == ["-33.50", "1533.50"]


@pytest.mark.parametrize(
    ("debit", "credit"),
    [("Debit", "Credit"), ("Soll", "Haben"), ("Money Out", "Money In"), ("Withdrawal", "Deposit"), ("Debe", "Haber"),
     ("Dare", "Avere"), ("Obciążenia", "Uznania"), ("Débit", "Crédit"), ("Addebiti", "Accrediti"), ("Cargo", "Abono"),
     ("Débito", "Crédito"), ("Uttag", "Insättning"), ("Ut fra konto", "Inn på konto"), ("Af", "Bij"), ("Terhelés", "Jóváírás")],
)  # fmt: skip
def test_columns_of_their_own_say_it_whatever_sign_the_debits_have(debit: str, credit: str) -> None:
    for sign in ("", "-"):
        rows = (f"02.10.2026;Rent;{sign}33,50;;EUR", "03.10.2026;Sale;;1.533,50;EUR")
        assert amounts(read(f"Datum;Text;{debit};{credit};Währung", *rows)) == ["-33.50", "1533.50"], sign


BALANCE = "Datum;Art;Betrag;Saldo;Währung"
REFUSED = [
    # Words that nobody knows, beside amounts without a sign.
    (("Datum;Vorgang;Betrag;Währung", "02.10.2026;ZUP;33,50;EUR", "03.10.2026;KOR;15,00;EUR"), "'Vorgang' .* not known"),
    (("Datum;Text;Betrag;Währung", "02.10.2026;ZUP;33,50;EUR", "03.10.2026;KOR;15,00;EUR", "04.10.2026;ZUP;3,50;EUR"), "'Text'"),
    (("Datum;Buchungstext;Betrag;Währung", *[f"{n:02d}.10.2026;{word};33,50;EUR" for n, word in enumerate(
        ["Gehalt", "Miete", "Karte", "Zins", "Storno", "Entgelt"] * 2, 1)]), "'Buchungstext'"),
    (("Datum;D/C;Betrag;Währung", "02.10.2026;1;33,50;EUR", "03.10.2026;2;15,00;EUR"), "'D/C' .* not known"),
    (("Datum;Type;Betrag;Währung", "02.10.2026;debit;33,50;EUR", "03.10.2026;refund;15,00;EUR"), "'Type'"),
    # C alone: credit in English, cargo in Spanish.
    (("Fecha;Tipo;Importe;Divisa", "02.10.2026;C;33,50;EUR", "03.10.2026;C;15,00;EUR"), "'Tipo'"),
    # A and B of a column that is not named for marks are a class, perhaps.
    (("Datum;Klasse;Betrag;Währung", "02.10.2026;A;33,50;EUR", "03.10.2026;B;15,00;EUR"), "'Klasse'"),
    (("Datum;Klasse;Betrag;Währung", "02.10.2026;D;33,50;EUR", "03.10.2026;C;15,00;EUR"), "'Klasse'"),
    (("Datum;Betrag;Währung", "02.10.2026;33,50 XY;EUR", "03.10.2026;15,00 ZZ;EUR"), "beside an amount"),
    (("Datum;Betrag;Währung", "02.10.2026;33,50;EUR", "03.10.2026;15,00 CR;EUR"), "some lines alone"),
    # Signs and marks that say the opposite of each other, and nothing that decides.
    (("Datum;D/C;Betrag;Währung", "02.10.2026;D;33,50;EUR", "03.10.2026;C;-15,00;EUR"), "contradict"),
    (("Datum;D/C;Betrag;Währung", "02.10.2026;D;-33,50;EUR", "03.10.2026;D;15,00;EUR"), "contradict"),
    (("Datum;S/H;Typ;Betrag;Währung", "02.10.2026;S;credit;33,50;EUR", "03.10.2026;H;debit;15,00;EUR"), "different ways"),
    (("Datum;D/C;Betrag;Währung", "02.10.2026;D;33,50;EUR", "03.10.2026;;15,00;EUR"), "some lines alone"),
    # Balances that contradict the signs, or the marks.
    ((BALANCE, "02.10.2026;x1;10,00;90,00;EUR", "03.10.2026;x2;15,00;75,00;EUR"), "balances do not follow"),
    ((BALANCE.replace("Art", "S/H"), "02.10.2026;S;10,00;90,00;EUR", "03.10.2026;S;15,00;105,00;EUR"), "opposite"),
    # The balances prove no word that stands in their first row alone.
    ((BALANCE, "02.10.2026;ZUP;10,00;90,00;EUR", "03.10.2026;KOR;15,00;105,00;EUR", "03.10.2026;KOR;5,00;110,00;EUR"), "'Art'"),
    ((BALANCE, "02.10.2026;B;10,00;90,00;EUR", "03.10.2026;A;15,00;105,00;EUR"), "'Art'"),
    (("Datum;Soll;Haben;Saldo;Währung", "02.10.2026;-10,00;;110,00;EUR", "03.10.2026;15,00;;95,00;EUR"), "below zero"),
    # Letters that are marks everywhere contradict the signs.
    (("Datum;Art;Betrag;Währung", "02.10.2026;D;33,50;EUR", "03.10.2026;C;-15,00;EUR"), "contradict"),
    (("Datum;Soll;Haben;Saldo;Währung", "02.10.2026;;10,00;90,00;EUR", "03.10.2026;;15,00;75,00;EUR"), "money out"),
    # A debit below zero among others: given back, or taken.
    (("Datum;Soll;Haben;Währung", "02.10.2026;10,00;;EUR", "03.10.2026;-15,00;;EUR"), "below zero"),
    (("Datum;Soll;Haben;Währung", "02.10.2026;10,00;;EUR", "03.10.2026;;-15,00;EUR"), "below zero"),
    # Rows that are shorter than the header are lines all the same: marks are looked for in them, too.
    (("Datum;Betrag;Vorgang;Währung;a;b;c", "02.10.2026;33,50;ZUP;EUR", "03.10.2026;15,00;KOR;EUR"), "'Vorgang'"),
    # Balances and turnovers among the movements, as Swedbank writes them.
    (("Data;Paaiškinimai;Suma;Valiuta;D/K", "2026-10-01;Likutis pradžiai;100.00;EUR;K", "2026-10-02;Nuoma;33.50;EUR;D"), "no movement"),
    (("Date;Description;Amount;Currency", "2026-10-01;Opening balance;100.00;EUR", "2026-10-02;Rent;-33.50;EUR"), "no movement"),
    (("Datum;Text;Betrag;Währung", "02.10.2026;Rent;-33,50;EUR", "02.10.2026;Neuer Kontostand per 02.10.2026:;66,50;EUR"), "no movement"),
    # Amounts that are none.
    (("Datum;Betrag;Währung", "02.10.2026;--33,50;EUR"), "no amount"), (("Datum;Betrag;Währung", "02.10.2026;(-33,50);EUR"), "no amount"),
    (("Datum;Betrag;Währung", "02.10.2026;-33,50-;EUR"), "no amount"), (("Datum;Betrag;Währung", "02.10.2026;(33,50;EUR"), "no amount"),
    (("Datum;Betrag;Währung", "02.10.2026;-12 50;EUR"), "no amount"), (("Datum;Betrag;Währung", "02.10.2026;-12'50;EUR"), "no amount"),
    (("Datum;Betrag;Währung", "02.10.2026;-1.23.456,00;EUR"), "no amount|finer"), (("Datum;Betrag;Währung", "02.10.2026;-12,50001;EUR"), "no plain|finer"),
    (("Datum;Betrag;Währung", "02.10.2026;-1.234;EUR"), "could be a thousand"), (("Datum;Betrag;Währung", "02.10.2026;1e3;EUR"), "no amount|beside"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "says"), REFUSED)
def test_what_is_not_certain_is_refused_with_what_to_do(rows: tuple[str, ...], says: str) -> None:
    with pytest.raises(FormatError, match=says):
        read(*rows)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Both letters, in a column of any name: the balances prove them.
        (("02.10.2026;B;10,00;90,00;EUR", "03.10.2026;A;15,00;105,00;EUR", "04.10.2026;B;5,00;100,00;EUR"),
         ["-10.00", "15.00", "-5.00"]),
        # Words that nobody knows do not matter where every one of them is proven to be money in.
        (("02.10.2026;ZUP;10,00;90,00;EUR", "03.10.2026;KOR;15,00;105,00;EUR", "04.10.2026;KOR;5,00;110,00;EUR",
          "05.10.2026;ZUP;5,00;115,00;EUR"), ["10.00", "15.00", "5.00", "5.00"]),
        (("02.10.2026;C;10,00;90,00;EUR", "03.10.2026;C;15,00;75,00;EUR"), ["-10.00", "-15.00"]),
        (("03.10.2026;C;15,00;125,00;EUR", "02.10.2026;C;10,00;110,00;EUR"), ["15.00", "10.00"]),
        # Marks that only say again what the signs say.
        (("02.10.2026;D;-33,50;;EUR", "03.10.2026;C;10,00;;EUR"), ["-33.50", "10.00"]),
        # Income alone, proven; and equal amounts, whose order the days tell.
        (("02.10.2026;x1;10,00;90,00;EUR", "03.10.2026;x2;15,00;105,00;EUR"), ["10.00", "15.00"]),
        (("02.10.2026;D;10,00;110,00;EUR", "03.10.2026;D;10,00;100,00;EUR"), ["-10.00", "-10.00"]),
    ],
)  # fmt: skip
def test_balances_decide_what_words_leave_open(rows: tuple[str, ...], expected: list[str]) -> None:
    assert amounts(read(BALANCE, *rows)) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # The mark alone, whatever sign stands there (OCA debit_credit.csv), and sign times mark.
        (("02.10.2026;D;33,50;-23,50;EUR", "03.10.2026;C;-1.533,50;1.510,00;EUR"), ["-33.50", "1533.50"]),
        (("02.10.2026;D;33,50;66,50;EUR", "03.10.2026;D;-10,00;76,50;EUR"), ["-33.50", "10.00"]),
    ],
)  # fmt: skip
def test_balances_decide_between_marks_and_signs(rows: tuple[str, ...], expected: list[str]) -> None:
    assert amounts(read(BALANCE.replace("Art", "D/C"), *rows)) == expected


def test_marks_that_say_again_what_the_signs_say_are_read() -> None:
    file = read("Datum;D/C;Betrag;Währung", "02.10.2026;D;-33,50;EUR", "03.10.2026;C;10,00;EUR")
    assert amounts(file) == ["-33.50", "10.00"] and unread(file) == set()


def test_balances_with_marks_of_their_own_are_signed() -> None:
    rows = ("02.10.2026;a;33,50 S;23,50 S;EUR", "03.10.2026;b;1.533,50 H;1.510,00 H;EUR")
    (statement,) = read(BALANCE, *rows).statements
    assert [str(x.amount) for x in statement.lines] == ["-33.50", "1533.50"]
    assert statement.head.closing is not None and statement.head.closing.amount == Decimal("1510.00")
    assert statement.conservation.holds is not False


@pytest.mark.parametrize(
    ("name", "booked", "pending"),
    [("Status", "Booked", "Pending"), ("State", "COMPLETED", "PENDING"), ("Info", "Umsatz gebucht", "Umsatz vorgemerkt"),
     ("Estado", "Contabilizado", "Pendiente"), ("Stato", "Contabilizzato", "In attesa"), ("Statut", "Comptabilisé", "En attente"),
     ("Stav", "Zaúčtováno", "Čekající"), ("Status", "Bokförd", "Reserverad"), ("Kind", "posted", "authorised"), ("Bemerkung", "", "vorgemerkt"),
     ("Pending", "no", "yes"), ("Vorgemerkt", "Nein", "Ja")],
)  # fmt: skip
def test_what_is_not_booked_yet_is_no_booked_line(name: str, booked: str, pending: str) -> None:
    rows = (f"02.10.2026;Rent;-33,50;{booked};EUR", f"03.10.2026;Shop;-10,00;{pending};EUR")
    file = read(f"Datum;Text;Betrag;{name};Währung", *rows)
    assert amounts(file) == ["-33.50"] and unread(file) == set()
    assert [x.status for s in file.statements for x in s.lines] == ["booked", "pending"]


def test_what_never_will_be_booked_is_no_line_and_is_listed() -> None:
    rows = ("02.10.2026;Rent;-33,50;Completed;EUR", "03.10.2026;Shop;-10,00;Declined;EUR")
    file = read("Datum;Text;Betrag;Status;Währung", *rows)
    assert [str(x.amount) for s in file.statements for x in s.lines] == ["-33.50"]
    assert [u.what for u in file.remainder] == ["a line that was never booked (Declined)"]


def test_a_state_that_nobody_knows_beside_one_that_is_known_refuses_the_file() -> None:
    rows = ("02.10.2026;Rent;-33,50;pending;EUR", "03.10.2026;Shop;-10,00;hmm;EUR")
    with pytest.raises(FormatError, match="'hmm' of others"):
        read("Datum;Text;Betrag;Bemerkung;Währung", *rows)


FEES = "Date,Description,Amount,Fee,Currency,Balance"


@pytest.mark.parametrize(
    ("rows", "expected", "listed"),
    [
        # The balance moves by amount and fee: Revolut.
        (("2026-10-02,Sale A1,100.00,0.00,USD,100.00", "2026-10-03,Sale B1,-33.50,1.00,USD,65.50"), ["100.00", "-34.50"], set()),
        (("2026-10-02,Sale A1,100.00,0.00,USD,100.00", "2026-10-03,Sale B1,50.00,-1.00,USD,149.00"), ["100.00", "49.00"], set()),
        # A fee that is given back has the other sign.
        (("2026-10-01,Sale A1,100.00,2.00,USD,98.00", "2026-10-02,Sale B1,-50.00,-1.00,USD,49.00", "2026-10-03,Sale C1,20.00,1.00,USD,68.00"),
         ["98.00", "-49.00", "19.00"], set()),
        # The amount holds it already.
        (("2026-10-02,Sale A1,100.00,0.00,USD,100.00", "2026-10-03,Sale B1,-33.50,1.00,USD,66.50"), ["100.00", "-33.50"], set()),
        # Nothing tells: the fee stands in the first row, or there is no balance.
        (("2026-10-02,Sale A1,-33.50,1.00,USD,965.50", "2026-10-04,Sale B1,1533.50,0.00,USD,2499.00"), ["-33.50", "1533.50"], {"Fee"}),
        (("2026-10-02,Sale A1,-33.50,1.00,USD,", "2026-10-04,Sale B1,1533.50,0.00,USD,"), ["-33.50", "1533.50"], {"Fee"}),
    ],
)  # fmt: skip
def test_fees_are_taken_where_the_balances_prove_it_and_listed_where_they_do_not(
    rows: tuple[str, ...], expected: list[str], listed: set[str]
) -> None:
    file = read(FEES, *rows)
    assert amounts(file) == expected and unread(file) == listed
    assert all(s.conservation.holds is not False for s in file.statements)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(("2026-10-02,Sale A1,100.00,3.00,97.00,USD", "2026-10-03,Sale B1,-33.50,0.00,-33.50,USD"), ["97.00", "-33.50"]),
     (("2026-10-02,Sale A1,100.00,-3.00,97.00,USD", "2026-10-03,Sale B1,-33.50,1.00,-32.50,USD"), ["97.00", "-32.50"])],
)  # fmt: skip
def test_a_net_column_proves_a_fee(rows: tuple[str, ...], expected: list[str]) -> None:
    file = read("Date,Description,Gross,Fee,Net,Currency", *rows)
    assert amounts(file) == expected and unread(file) == set()


def test_a_net_column_decides_where_balances_fit_both_ways() -> None:
    """The fee stands in the first row, of which a balance says nothing."""
    file = read(
        "Date,Name,Currency,Gross,Fee,Net,Balance", "2026-10-02,A,EUR,10.00,-0.60,9.40,9.40", "2026-10-03,B,EUR,-5.00,0.00,-5.00,4.40"
    )  # fmt: skip
    assert amounts(file) == ["9.40", "-5.00"]


def test_income_alone_is_income_where_no_column_can_say_otherwise() -> None:
    """A bank that writes a minus writes none on a day of receipts."""
    rows = [f"{n:02d}.10.2026;Invoice {n};Customer {n};33,50;EUR" for n in range(1, 6)]
    assert amounts(read("Datum;Verwendungszweck;Name;Betrag;Währung", *rows)) == ["33.50"] * 5


def test_what_an_earlier_release_knew_a_line_by_is_what_it_is_known_by_now() -> None:
    """Lines of an export are known again by their words: a text column that was not read makes every line a new one."""
    (line,) = (
        read("Date,Label,Currency,Amount,Partner Name", "2026-10-02,Rent,USD,-33.50,Ada").statements[0].lines
    )
    assert (line.remittance, line.counterparty, line.reference) == ("", "", "")
    # A header that no release could read has no such past.
    file = read(
        "Data operacji;Opis operacji;Kontrahent;Kwota operacji;Waluta", "2026-10-02;Czynsz;Ada;-33,50;PLN"
    )
    (line,) = file.statements[0].lines
    assert (line.remittance, line.counterparty, str(line.amount)) == ("Czynsz", "Ada", "-33.50")


def test_a_title_or_an_empty_total_is_no_date_that_is_not_known() -> None:
    rows = ("Ledger A;;;;", "2026-10-02;Rent;-33,50;EUR;", "Total;;;;")
    file = read("Datum;Text;Betrag;Währung;Notiz", *rows)
    assert amounts(file) == ["-33.50"]
    assert [(u.what, u.count) for u in file.remainder] == [("a row without date and amount", 2)]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_header_is_known_whatever_its_letters(mark: bytes) -> None:
    text = "Datum zaúčtování;Popis;Částka;Měna\n02.10.2026;Nájem;-33,50;CZK\n"
    assert amounts(parse(mark + text.encode())) == ["-33.50"]
    assert amounts(parse(text.encode("utf-16"))) == ["-33.50"]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # ING in Germany names the currency of the balance and that of the amount (fabolhak/ofxstatement-de-ing, test_with_saldo_1.csv).
        ("Buchung;Verwendungszweck;Saldo;Währung;Betrag;Währung", ("02.10.2026;Miete;66,50;EUR;-33,50;EUR", "01.10.2026;Gehalt;100,00;EUR;15,00;EUR")),
        ("Datum;Währung;Text;Betrag;Währung", ("02.10.2026;EUR;Rent;-33,50;EUR", "03.10.2026;EUR;Pay;15,00;EUR")),
        ("Date;Amount;Currency;Text;Date", ("2026-10-02;-33.50;EUR;Rent;2026-10-02", "2026-10-03;15.00;EUR;Pay;2026-10-03")),
    ],
)  # fmt: skip
def test_a_column_that_stands_twice_is_read_where_both_say_the_same(
    header: str, rows: tuple[str, ...]
) -> None:
    assert sorted(amounts(read(header, *rows))) == ["-33.50", "15.00"]
    cells = rows[1].split(";")
    other = ";".join([*cells[:-1], "USD" if cells[-1] == "EUR" else "2026-10-04"])
    with pytest.raises(FormatError, match=r"line 3: the column '(Währung|Date)' stands twice, and says"):
        read(header, rows[0], other)


def test_an_export_is_told_by_its_first_rows_only_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tieout.formats.csv.detecting.LARGEST", 2)
    with pytest.raises(FormatError, match="more than 2 rows"):
        read("Datum;Text;Betrag;Währung", *["02.10.2026;Rent;-33,50;EUR"] * 3)


KNOWN = [["Datum", "02.10.2026", "03.10.2026"], ["Betrag", "-33,50", "15,00"], ["Währung", "EUR", "EUR"]]
OTHERS = st.lists(
    st.tuples(
        st.sampled_from(["Fee", "Status", "Type", "Note", "Category", "Saldo", "Label", "Kurs", "D/C", "Net", "Amount Currency"]),
        st.sampled_from(["", "0,00", "1,00", "x", "debit", "booked", "Some words of a bank"]),
        st.sampled_from(["", "0,00", "2,00", "y", "credit", "posted", "Other words"]),
    ),
    unique_by=lambda c: c[0],
    max_size=5,
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(OTHERS, st.randoms(use_true_random=False))
def test_every_column_of_a_detected_file_is_read_or_in_the_remainder(
    others: list[tuple[str, str, str]], draw: Random
) -> None:
    """Whatever its columns: each with anything in it changes what is read, or is listed."""
    columns = [*KNOWN, *[list(c) for c in others]]
    draw.shuffle(columns)

    def text(rows: list[list[str]]) -> bytes:
        return "\n".join(";".join(cells) for cells in zip(*rows, strict=True)).encode()

    try:
        file = parse(text(columns), dialect="csv-detected")
    except FormatError:
        return
    dialect = detect(text(columns).decode().split("\n"))
    told = set(dialect.header()) | unread(file)
    assert {c[0] for c in columns if any(c[1:])} <= told
    assert not set(dialect.header()) & unread(file)


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("csv-dc-mark.csv", ["-33.50", "1533.50"]), ("csv-soll-haben.csv", ["-33.50", "1533.50"]), ("csv-fee-column.csv", ["-33.50", "1533.50"])],
)  # fmt: skip
def test_the_files_that_were_read_wrongly_are_read_rightly(name: str, expected: list[str]) -> None:
    file = parse(CASES / name)
    assert amounts(file) == expected
    assert ("Fee" in unread(file)) == (name == "csv-fee-column.csv")


WAYS = st.sampled_from(
    [
        "sign",
        "minus behind",
        "column",
        "unknown column",
        "unnamed letters",
        "beside",
        "sides",
        "sides below",
        "both",
    ]
)
PAIRS = st.sampled_from(
    [("D", "C"), ("S", "H"), ("debit", "credit"), ("Soll", "Haben"), ("Af", "Bij"), ("DR", "CR"), ("-", "+")]
)
ROWS = st.lists(
    st.tuples(st.integers(-9_999, 9_999).filter(bool), st.sampled_from(["Rent 1", "Sale 2", "Sale 3", "Fee 4"])), min_size=1, max_size=6
)  # fmt: skip


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def written(way: str, pair: tuple[str, str], cents: int) -> tuple[list[str], list[str]]:
    """(the columns' names, the cells) of an amount as this way writes it."""
    bare, mark = euros(abs(cents)), pair[cents > 0]
    strange = ("ZUP", "KOR")[cents > 0]
    letter = ("B", "A")[cents > 0]
    below = bare if cents > 0 else f"-{bare}"
    return {
        "sign": (["Betrag"], [below]),
        "minus behind": (["Betrag"], [bare if cents > 0 else f"{bare}-"]),
        "column": (["Betrag", "Type"], [bare, mark]),
        "unknown column": (["Betrag", "Vorgang"], [bare, strange]),
        "unnamed letters": (["Betrag", "Klasse"], [bare, letter]),
        "beside": (["Betrag"], [f"{bare} {mark}"]),
        "sides": (["Soll", "Haben"], ["", bare] if cents > 0 else [bare, ""]),
        "sides below": (["Soll", "Haben"], ["", bare] if cents > 0 else [below, ""]),
        "both": (["Betrag", "Type"], [below, mark]),
    }[way]


@settings(max_examples=examples(120), deadline=None)
@given(ROWS, WAYS, PAIRS, st.booleans(), st.booleans(), st.sampled_from(["none", "besides", "within"]))
def test_whatever_way_a_bank_writes_it_an_amount_is_right_or_refused(
    rows: list[tuple[int, str]],
    way: str,
    pair: tuple[str, str],
    balances: bool,
    newest_first: bool,
    fees: str,
) -> None:
    lines, expected, balance = [], [], 50_000
    for day, (cents, text) in enumerate(rows, 1):
        fee = 25 * day if fees != "none" else 0
        moved = cents - fee if fees == "besides" else cents
        balance += moved
        cells = [f"{day:02d}.10.2026", text, *written(way, pair, cents)[1], "EUR"]
        cells += [euros(fee)] if fees != "none" else []
        lines.append(";".join([*cells, *([euros(balance)] if balances else [])]))
        expected.append((cents, moved))
    names = ["Datum", "Text", *written(way, pair, 1)[0], "Währung", *(["Fee"] if fees != "none" else [])]
    head = ";".join([*names, *(["Saldo"] if balances else [])])
    if newest_first:
        lines, expected = lines[::-1], expected[::-1]
    try:
        file = read(head, *lines)
    except FormatError:
        # What is plainly said is not refused.
        assert way in ("unknown column", "unnamed letters", "beside")
        assert way != "beside" or pair == ("D", "C")
        return
    found = [int(Decimal(a) * 100) for a in amounts(file)]
    # A fee of which nothing tells whether the amount holds it is in the remainder, and the amount as it stands.
    taken = found == [moved for _, moved in expected]
    assert taken or (found == [cents for cents, _ in expected] and "Fee" in unread(file))


@pytest.mark.parametrize("mark", [".", "-", "/"])
def test_two_digits_at_the_end_that_change_as_days_do_may_be_no_year(mark: str) -> None:
    """Hungary, Korea and others write the year first."""
    first, second = (mark.join(("24", "01", day)) for day in ("15", "28"))
    with pytest.raises(FormatError, match="begin with its year"):
        read("Date;Text;Amount;Currency", f"{first};Shop;-5.00;EUR", f"{second};Pay;10.00;EUR")
    read(
        "Date;Text;Amount;Currency", f"15{mark}01{mark}24;Shop;-5.00;EUR", f"28{mark}01{mark}24;Pay;10.00;EUR"
    )
    # Around the turn of a year days change more often than years.
    read(
        "Date;Text;Amount;Currency",
        *(f"{d}{mark}24;Shop;-5.00;EUR" for d in (f"30{mark}12", f"31{mark}12")),
        f"02{mark}01{mark}25;Pay;1.00;EUR",
    )


@pytest.mark.parametrize(
    "heading",
    [
        "Pending transactions",
        "PENDING",
        "Vorgemerkte Umsätze:",
        "Movimientos pendientes",
        "Reserverade belopp",
    ],
)
def test_what_stands_under_a_heading_of_pending_is_not_booked(heading: str) -> None:
    rows = (
        "Date,Text,Amount,Currency",
        f"{heading},,,",
        "2026-10-17,b,-7.00,EUR",
        "Posted,,,",
        "2026-10-15,a,-5.00,EUR",
    )
    with pytest.raises(FormatError, match=re.escape(heading.rstrip(":"))):
        read(*rows)
    with pytest.raises(FormatError, match="of those behind it"):
        read(rows[0], rows[4], "", *rows[1:3])
    # Over nothing it says nothing.
    assert amounts(read(rows[0], rows[1], rows[3], rows[4])) == ["-5.00"]


@pytest.mark.parametrize(
    ("name", "no", "yes"),
    [
        ("Posted", "No", "Yes"),
        ("Gebucht", "nein", "ja"),
        ("Booked", "false", "true"),
        ("Contabilizado", "no", "sí"),
    ],
)
def test_a_column_that_is_named_for_what_is_booked_says_what_is_not(name: str, no: str, yes: str) -> None:
    file = read(
        f"Date,Text,Amount,Currency,{name}", f"2026-10-17,b,-7.00,EUR,{no}", f"2026-10-15,a,-5.00,EUR,{yes}"
    )
    assert amounts(file) == ["-5.00"]


@pytest.mark.parametrize(
    "text",
    ["Kontostand am 31.10.2026", "Saldo per 31.10.2026", "Balance on 31/10/2026", "Solde au 31/10/2026:"],
)
def test_a_balance_on_a_day_is_no_movement(text: str) -> None:
    with pytest.raises(FormatError, match="no movement"):
        read("Date;Text;Amount;Currency", "2026-10-15;a;-5.00;EUR", f"2026-10-31;{text};950.00;EUR")
    # What is left of a bill is a payment.
    for payment in ("Saldo", "saldo 2025", "Balance 12", "balance of invoice 31.10.2026"):
        assert amounts(read("Date;Text;Amount;Currency", f"2026-10-31;{payment};-950.00;EUR")) == ["-950.00"]
