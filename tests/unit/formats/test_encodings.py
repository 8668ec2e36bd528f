"""Letters of one byte, told by whose file it is, or by the only language that writes them all. All names are invented."""

from __future__ import annotations

import pytest

from tieout.formats.encodings import decode

FRENCH, SPANISH, POLISH = "Hélène Forêt, Règlement", "Muñoz", "Zieliński"


@pytest.mark.parametrize(
    ("head", "name", "encoding"),
    [
        # A French RIB, an Austrian and a German account, without an IBAN.
        (":25:30004/00001234567\n:60F:C261001EUR1,00\n", "Forêt", "cp1252"),
        (":25P:30004/0000123456A\n", SPANISH, "cp1252"),
        (":25:12000/00123456789EUR\n", "Forêt", "cp1252"),
        (":25:50010517/0648489890\n", SPANISH, "cp1252"),
        # BICs before and beneath the account, and of the other side.
        (":25:BNPAFRPP/123\n", "Forêt", "cp1252"),
        (":25P:123\nBREXPLPWXXX\n", POLISH, "cp1250"),
        ("?20X?30BCITITMM?31123\n", "Però", "cp1252"),
        # Currencies of one country, also in balances.
        (":60F:C261001DKK1,00\n", "Sørensen", "cp1252"),
        (":60F:C261001PLN1,00\n", POLISH, "cp1250"),
        (":60F:C261001CHF1,00\n", "Forêt", "cp1252"),
        # Nothing but the letters: no language of Central Europe writes č, ę and é; no western one ř, š and ů.
        ("", FRENCH, "cp1252"),
        ("", "Ação de São João", "cp1252"),
        ("", "Più città", "cp1252"),
        ("", "Příliš žluťoučký kůň", "cp1250"),
    ],
)  # fmt: skip
def test_letters_are_told_by_whose_file_it_is(head: str, name: str, encoding: str) -> None:
    found = decode((head + name).encode(encoding))
    assert (found.text, found.encoding, found.unknown) == (head + name, encoding, ())


@pytest.mark.parametrize(
    "head", ["", ":60F:C261001EUR1,00\n", ":25:BNPAFRPP/1\n:60F:C261001PLN1,00\n", ":25:12345678/12345678\n"]
)  # fmt: skip
def test_where_nothing_or_two_things_speak_a_letter_stays_unknown(head: str) -> None:
    assert decode((head + SPANISH).encode("cp1252")).text == f"{head}Mu\ufffdoz"
