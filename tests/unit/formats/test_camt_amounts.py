"""Amounts of CAMT as xs:decimal has them, in whose currency they are booked, and who is a party. All texts are invented."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.formats.camt_texts import balance, batch, camt, detail, entry, proven, statement
from tieout.formats import FormatError, Line, parse


def only(raw: bytes) -> Line:
    (found,) = parse(raw).statements
    (line,) = found.lines
    assert found.conservation.holds is True, found.conservation
    return line


@pytest.mark.parametrize(
    ("text", "closing", "value"),
    [("12.50000", "1012.5", "12.50"), ("12.5", "1012.50000", "12.50"), (".5", "1000.5", "0.50"), ("12.", "1012.", "12.00"),
     ("+12.50", "1012.50", "12.50"), ("000000000012.50", "0001012.50", "12.50"), ("12", "1012", "12.00")],
)  # fmt: skip
def test_an_amount_is_read_as_xml_writes_decimals(text: str, closing: str, value: str) -> None:
    line = only(proven(entry(text), closing=closing))
    assert str(line.amount) == value


@pytest.mark.parametrize("text", ["12.50001", "12.505", "1e1", "1,250", "12.50.0", ".", "", "NaN", "12 .5"])
def test_an_amount_that_is_booked_is_exact_or_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"byte [1-9]"):
        parse(proven(entry(text), closing="1012.50"))


CHARGES = "<Chrgs><Rcrd><Amt Ccy='{1}'>{0}</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
EXCHANGE = "<AmtDtls><InstdAmt><Amt Ccy='{1}'>{0}</Amt></InstdAmt></AmtDtls>"


@pytest.mark.parametrize(
    "shape", [CHARGES, EXCHANGE, batch(detail("12.50", more=CHARGES)), batch(detail("12.50", more=EXCHANGE))]
)
@pytest.mark.parametrize(
    ("text", "currency"), [("0.12345", "EUR"), (".5", "EUR"), ("0.123", "JPY"), ("7.", "USD")]
)
def test_what_nobody_books_may_be_as_fine_as_it_is(shape: str, text: str, currency: str) -> None:
    line = only(proven(entry("12.50", more=shape.format(text, currency)), closing="1012.50"))
    found = [
        (abs(c.amount), c.currency) for c in (*line.charges, *(x for d in line.details for x in d.charges))
    ]
    found += [x for x in (line.instructed,) if x]
    assert found == [(Decimal(f"{text}0"), currency)]


@pytest.mark.parametrize("shape", [CHARGES, EXCHANGE, batch(detail("12.50", more=CHARGES))])
@pytest.mark.parametrize(
    ("text", "currency"), [("1e1", "EUR"), ("-0.50", "EUR"), ("0.50", "QQQ"), ("", "EUR")]
)
def test_what_nobody_books_and_nobody_can_read_is_listed(shape: str, text: str, currency: str) -> None:
    file = parse(proven(entry("12.50", more=shape.format(text, currency)), closing="1012.50"))
    assert file.statements[0].lines[0].amount == Decimal("12.50")
    assert [u.what for u in file.remainder] == [
        f"an amount of a detail that cannot be read ({currency} {text})"
    ]


def test_many_remarks_of_a_kind_are_counted_together() -> None:
    rows = "".join(CHARGES.format(f"-{n}.00", "EUR") for n in range(1, 101)).replace("</Chrgs><Chrgs>", "")
    file = parse(proven(entry("12.50", more=rows), closing="1012.50"))
    assert len(file.remainder) == 51 and file.remainder[-1].count == 50


def test_two_rates_of_an_exchange_do_not_contradict() -> None:
    details = (
        '<AmtDtls><InstdAmt><Amt Ccy="USD">10.00</Amt><CcyXchg><SrcCcy>USD</SrcCcy><XchgRate>0.80</XchgRate></CcyXchg></InstdAmt>'
        '<TxAmt><Amt Ccy="EUR">12.50</Amt><CcyXchg><SrcCcy>USD</SrcCcy><XchgRate>1.25</XchgRate></CcyXchg></TxAmt></AmtDtls>'
    )
    line = only(proven(entry("12.50", more=details), closing="1012.50"))
    assert (line.exchange_rate, line.instructed) == (Decimal("1.25"), (Decimal("10.00"), "USD"))


def test_a_rate_that_is_none_is_listed() -> None:
    more = '<AmtDtls><TxAmt><Amt Ccy="EUR">12.50</Amt><CcyXchg><XchgRate>1,25</XchgRate></CcyXchg></TxAmt></AmtDtls>'
    file = parse(proven(entry("12.50", more=more), closing="1012.50"))
    assert file.statements[0].lines[0].exchange_rate is None
    assert [u.what for u in file.remainder] == ["an exchange rate that cannot be read (1,25)"]


TX = "<AmtDtls><TxAmt><Amt Ccy='{1}'>{0}</Amt></TxAmt></AmtDtls>"


@pytest.mark.parametrize(
    ("mark", "more", "closing", "booked"),
    [
        # OCA/bank-statement-import 385: the entry in the payment's currency, what moved the account in TxAmt.
        ("CRDT", TX.format("109.36", "CHF"), "1109.36", "109.36"),
        ("DBIT", TX.format("109.36", "CHF"), "890.64", "-109.36"),
        ("CRDT", batch(detail("109.36", currency="CHF")), "1109.36", "109.36"),
        ("DBIT", batch(detail("9.36", "DBIT", currency="CHF"), detail("100.00", "DBIT", currency="CHF"), count="2"),
         "890.64", "-109.36"),
        ("CRDT", batch(f"<TxDtls>{TX.format('109.36', 'CHF')}</TxDtls>"), "1109.36", "109.36"),
    ],
)  # fmt: skip
def test_an_entry_in_another_currency_is_booked_by_what_moved_the_account(
    mark: str, more: str, closing: str, booked: str
) -> None:
    line = only(proven(entry("100.00", mark, more), closing=closing, currency="CHF"))
    assert (line.amount, line.currency) == (Decimal(booked), "CHF")
    assert line.instructed == (Decimal("100.00"), "EUR")


@pytest.mark.parametrize(
    "more",
    ["", TX.format("100.00", "EUR"), TX.format("109.36", "USD"), batch(detail("100.00")),
     batch(detail("109.36", currency="CHF"), count="2"), batch(detail("109.36", currency="CHF"), detail("1.00")),
     batch(detail("109.36", "DBIT", currency="CHF"))],
)  # fmt: skip
def test_an_entry_in_another_currency_that_says_nothing_of_the_account_is_refused_with_where(
    more: str,
) -> None:
    raw = proven(entry("100.00", more=more), closing="1109.36", currency="CHF")
    with pytest.raises(FormatError, match=r"a line is in EUR, its account in CHF.*ask the bank") as refused:
        parse(raw)
    assert refused.value.place is not None and raw[refused.value.place.offset :].startswith(b"<Ntry>")


def test_the_accounts_currency_may_stand_in_its_balances_alone() -> None:
    balances = balance("OPBD", "1000.00", currency="CHF"), balance("CLBD", "1109.36", currency="CHF")
    raw = camt(statement(*balances, entry("100.00", more=TX.format("109.36", "CHF")), currency=""))
    assert only(raw).amount == Decimal("109.36")


def test_a_booked_balance_in_another_currency_proves_nothing_and_is_listed() -> None:
    file = parse(
        camt(statement(balance("OPBD", "1.00"), balance("CLBD", "13.50", currency="USD"), entry("12.50")))
    )
    assert file.statements[0].conservation.holds is None and file.statements[0].head.closing is None
    assert [u.what for u in file.remainder] == ["a balance CLBD in USD of an account in EUR"]


def test_a_balance_that_proves_nothing_may_be_unreadable() -> None:
    file = parse(proven(balance("CLAV", "1.005"), entry("12.50"), closing="1012.50"))
    assert file.statements[0].conservation.holds is True
    assert "a balance CLAV that cannot be read" in file.remainder[0].what
    with pytest.raises(FormatError, match="finer"):
        parse(proven(entry("12.50"), closing="1012.505"))


AGENT = "<RltdPties><{0}><Agt><FinInstnId>{1}</FinInstnId></Agt></{0}></RltdPties>"
BIC, NAME = "<BICFI>COBADEFFXXX</BICFI>", "<Nm>Commerzbank AG</Nm>"


@pytest.mark.parametrize(
    ("mark", "role", "agent", "name", "bank"),
    [("CRDT", "Dbtr", BIC + NAME, "Commerzbank AG", "COBADEFFXXX"), ("DBIT", "Cdtr", BIC + NAME, "Commerzbank AG", "COBADEFFXXX"),
     ("CRDT", "Dbtr", NAME, "Commerzbank AG", ""), ("CRDT", "Dbtr", BIC, "COBADEFFXXX", "COBADEFFXXX"),
     ("CRDT", "UltmtDbtr", NAME, "Commerzbank AG", ""), ("CRDT", "Cdtr", BIC + NAME, "", "")],
)  # fmt: skip
def test_a_bank_that_is_the_party_itself_is_the_counterparty(
    mark: str, role: str, agent: str, name: str, bank: str
) -> None:
    more = batch(detail("12.50", mark, more=AGENT.format(role, agent)))
    file = parse(proven(entry("12.50", mark, more), closing="1012.50" if mark == "CRDT" else "987.50"))
    (line,) = file.statements[0].lines
    assert (line.counterparty, line.counterparty_bank) == (name, bank)
    assert file.remainder == ()
