"""Exports of cards and of foreign amounts: the sign and the amount are known, proven, or refused. All files are invented; the
shapes are those of issuers' exports (American Express, Discover, Apple Card, Capital One; N26 and a Dutch card for foreign amounts).
"""

from __future__ import annotations

import pytest

from tests.unit.formats.test_detecting import amounts, read, unread
from tieout.formats import FormatError

REFUSED = [
    # A purchase is above zero, and what was paid in below.
    ("Transaction Date,Description,Merchant,Type,Amount,Currency", "2026-10-02,COFFEE,Cafe,Purchase,4.50,USD",
     "2026-10-03,PAYMENT,Bank,Payment,-100.00,USD"),
    ("Date,Description,Category,Amount,Currency", "2026-10-02,COFFEE,Food,4.50,USD", "2026-10-03,PAYMENT RECEIVED - THANK YOU,None,-100.00,USD"),
    ("Date,Description,Amount,Currency", "2026-10-02,COFFEE,4.50,USD", "2026-10-03,ONLINE PAYMENT - THANK YOU,-100.00,USD"),
    ("Datum;Text;Art;Betrag;Währung", "2026-10-02;Kaffee;Kauf;4,50;EUR", "2026-10-03;Zahlung;Zahlung;-100,00;EUR"),
    # It is a card's, and nothing says how it is meant.
    ("Date,Description,Card Member,Account #,Amount,Currency", "2026-10-02,COFFEE,A B,-1234,4.50,USD", "2026-10-03,GYM,A B,-1234,-20.00,USD"),
    ("Date,Description,Card Member,Amount,Currency", "2026-10-02,COFFEE,A B,4.50,USD", "2026-10-03,GYM,A B,20.00,USD"),
    ("Date,Description,Card No.,Amount,Currency", "2026-10-03,AUTOPAY,1234,-20.00,USD"),
    ("Datum;Text;Kartennummer;Betrag;Währung", "2026-10-02;Kaffee;1234;4,50;EUR", "2026-10-03;Ausgleich;1234;-20,00;EUR"),
    ("Date;Libellé;Numéro de carte;Montant;Devise", "2026-10-02;CAFE;1234;4,50;EUR", "2026-10-03;X;1234;-20,00;EUR"),
    ("Fecha;Concepto;Titular de la tarjeta;Importe;Divisa", "2026-10-02;CAFE;A;4,50;EUR", "2026-10-03;X;A;-20,00;EUR"),
    # A refund of a card is money in.
    ("Date,Description,Card,Type,Amount,Currency", "2026-10-02,SHOP,1234,Refund,-4.50,USD", "2026-10-03,SHOP,1234,Other,20.00,USD"),
    ("Date,Description,Card,Type,Amount,Currency", "2026-10-02,SHOP,1234,Return,-4.50,USD", "2026-10-03,SHOP,1234,Sale,20.00,USD"),
]  # fmt: skip


@pytest.mark.parametrize("rows", REFUSED)
def test_a_card_whose_purchases_may_be_above_zero_is_refused(rows: tuple[str, ...]) -> None:
    with pytest.raises(FormatError, match="dialect"):
        read(*rows)


@pytest.mark.parametrize(("rows", "expected"), [
    (("Date,Description,Card Member,Type,Amount,Currency", "2026-10-02,COFFEE,A B,Purchase,-4.50,USD", "2026-10-03,X,A B,Payment,100.00,USD"),
     ["-4.50", "100.00"]),
    (("Date,Description,Card Number,Amount,Currency,Balance", "2026-10-02,COFFEE,1234,-4.50,USD,95.50", "2026-10-03,GYM,1234,-20.00,USD,75.50"),
     ["-4.50", "-20.00"]),
    (("Transaction Date,Posted Date,Card No.,Description,Debit,Credit,Currency", "2026-10-02,2026-10-02,1234,COFFEE,4.50,,USD",
      "2026-10-03,2026-10-03,1234,PAYMENT,,100.00,USD"), ["-4.50", "100.00"]),
    (("Date,Description,Card Number,Amount,D/C,Currency", "2026-10-02,COFFEE,1234,4.50,D,USD", "2026-10-03,PAYMENT,1234,100.00,C,USD"),
     ["-4.50", "100.00"]),
    (("Date,Description,Amount,Currency", "2026-10-02,COFFEE,-4.50,USD", "2026-10-03,PAYMENT RECEIVED,100.00,USD"), ["-4.50", "100.00"]),
    # Whoever sells has sales that are money in.
    (("Date,Description,Type,Amount,Currency", "2026-10-02,A1,Sale,4.50,USD", "2026-10-03,A1,Refund,-1.00,USD"), ["4.50", "-1.00"]),
    (("Date,Description,Amount,Currency", "2026-10-02,Sale,4.50,USD", "2026-10-03,Refund,-1.00,USD"), ["4.50", "-1.00"]),
])  # fmt: skip
def test_a_card_whose_signs_are_said_is_read(rows: tuple[str, ...], expected: list[str]) -> None:
    assert amounts(read(*rows)) == expected


@pytest.mark.parametrize(("rows", "expected", "listed"), [
    (("Date,Description,Amount (EUR),Original Amount,Original Currency,Exchange Rate", "2026-10-02,COFFEE,-9.20,-10.00,USD,0.92",
      "2026-10-03,RENT,-500.00,,,"), ["-9.20", "-500.00"], {"Original Amount", "Original Currency", "Exchange Rate"}),
    (("Date,Description,Amount,Currency,Foreign Amount,Foreign Currency", "2026-10-02,COFFEE,-9.20,EUR,-10.00,USD", "2026-10-03,B,-1.00,EUR,,"),
     ["-9.20", "-1.00"], {"Foreign Amount", "Foreign Currency"}),
    (("Datum;Text;Betrag;Währung;Fremdbetrag;Fremdwährung", "2026-10-02;Kaffee;-9,20;EUR;-10,00;USD", "2026-10-03;B;-1,00;EUR;;"),
     ["-9.20", "-1.00"], {"Fremdbetrag", "Fremdwährung"}),
    (("Date,Description,Amount,Currency,VAT Amount", "2026-10-02,COFFEE,-9.20,EUR,1.47", "2026-10-03,B,-1.00,EUR,0.16"),
     ["-9.20", "-1.00"], {"VAT Amount"}),
    (("Date,Description,Amount,Currency,Amount in words", "2026-10-02,COFFEE,-9.20,EUR,nine", "2026-10-03,B,-1.00,EUR,one"),
     ["-9.20", "-1.00"], {"Amount in words"}),
])  # fmt: skip
def test_an_amount_of_another_currency_is_listed_and_never_the_lines(
    rows: tuple[str, ...], expected: list[str], listed: set[str]
) -> None:
    file = read(*rows)
    assert amounts(file) == expected and unread(file) >= listed
    assert {x.currency for s in file.statements for x in s.lines} == {"EUR"}


@pytest.mark.parametrize("rows", [
    ("Transaction Date,Description,Transaction Amount,Transaction Currency,Billing Amount,Billing Currency,Account",
     "2026-10-02,COFFEE,-10.00,USD,-9.20,EUR,DE02120300000000202051", "2026-10-03,B,-1.00,EUR,-1.00,EUR,DE02120300000000202051"),
    ("Date,Description,Amount,Currency,Settled Amount", "2026-10-02,COFFEE,-10.00,USD,-9.20", "2026-10-03,B,-1.00,EUR,-1.00"),
    ("Date,Description,Amount,Foreign Amount,Currency", "2026-10-02,COFFEE,-9.20,-10.00,USD", "2026-10-03,B,-1.00,-1.00,EUR"),
    ("Datum;Text;Betrag;Währung;Betrag in EUR", "2026-10-02;Kaffee;-10,00;USD;-9,20", "2026-10-03;B;-1,00;EUR;-1,00"),
])  # fmt: skip
def test_two_amounts_of_which_nobody_knows_which_is_meant_are_refused(rows: tuple[str, ...]) -> None:
    with pytest.raises(FormatError, match="dialect"):
        read(*rows)


@pytest.mark.parametrize(
    "text",
    ["Pending - Coffee", "PENDING: COFFEE", "[Pending] Coffee", "(vorgemerkt) Kaffee", "En attente : CAFE"],
)
def test_a_text_that_says_that_its_line_is_not_booked_refuses_the_file(text: str) -> None:
    with pytest.raises(FormatError, match="booked"):
        read(
            "Date,Description,Amount,Currency", f"2026-10-02,{text},-4.50,EUR", "2026-10-03,RENT,-500.00,EUR"
        )


@pytest.mark.parametrize(
    "text", ["Pending Ltd, invoice 7", "Offen: Rechnung 4", "Miete - Oktober", "Hold - Smith and Co"]
)
def test_a_text_that_only_holds_such_a_word_is_a_text(text: str) -> None:
    file = read(
        "Date;Description;Amount;Currency", f"2026-10-02;{text};-4.50;EUR", "2026-10-03;RENT;-500.00;EUR"
    )
    assert amounts(file) == ["-4.50", "-500.00"]


@pytest.mark.parametrize(
    "name",
    [
        "Posted Date",
        "Posting date",
        "Booked on",
        "Clearing Date",
        "Completed Date",
        "Date de comptabilisation",
    ],
)
def test_a_line_without_the_day_that_others_were_booked_on_may_be_pending(name: str) -> None:
    head = f"Date,{name},Description,Amount,Currency"
    with pytest.raises(FormatError, match="booked"):
        read(head, "2026-10-13,2026-10-14,RENT,-5.00,EUR", "2026-10-15,,HOTEL,-100.00,EUR")
    file = read(head, "2026-10-13,2026-10-14,RENT,-5.00,EUR", "2026-10-15,2026-10-16,HOTEL,-100.00,EUR")
    assert amounts(file) == ["-5.00", "-100.00"]
    assert amounts(read(head, "2026-10-13,,RENT,-5.00,EUR", "2026-10-15,,HOTEL,-100.00,EUR")) == [
        "-5.00",
        "-100.00",
    ]
