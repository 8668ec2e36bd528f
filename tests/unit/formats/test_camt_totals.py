"""A CAMT file's own totals, its batches and its pages, held against its entries. All texts are invented."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.formats.camt_texts import amount, balance, batch, camt, detail, entry, proven, statement
from tieout.formats import parse


def summary(inside: str) -> str:
    return f"<TxsSummry>{inside}</TxsSummry>"


def total(count: str = "", total: str = "", more: str = "", name: str = "TtlNtries") -> str:
    counted = f"<NbOfNtries>{count}</NbOfNtries>" if count else ""
    summed = f"<Sum>{total}</Sum>" if total else ""
    return f"<{name}>{counted}{summed}{more}</{name}>"


def net(text: str, mark: str = "CRDT") -> str:
    return f"<TtlNetNtry><Amt>{text}</Amt><CdtDbtInd>{mark}</CdtDbtInd></TtlNetNtry>"


def net_before_04(text: str, mark: str = "CRDT") -> str:
    return f"<TtlNetNtryAmt>{text}</TtlNetNtryAmt>" + (f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else "")


ENTRIES = entry("12.50") + entry("20.00", "DBIT") + entry("0.00", "DBIT")


@pytest.mark.parametrize(
    "inside",
    [
        total("3"), total("3", "32.50"), total("3", "32.50", net("7.50", "DBIT")), total(more=net("7.5000", "DBIT")),
        total(more=net_before_04("7.50", "DBIT")), total(more=net_before_04("-7.50", "DBIT")),
        # Some write the net's size as the sum.
        total("3", "7.50", net_before_04("7.50", "DBIT")), total("3", "-7.50"),
        total("1", "12.50", name="TtlCdtNtries") + total("2", "20.00", name="TtlDbtNtries"),
        # Nothing says on which side a line of zero counts.
        total("2", "12.50", name="TtlCdtNtries") + total("1", "-20", name="TtlDbtNtries"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("balances", [True, False])
def test_totals_that_agree_are_a_proof(inside: str, balances: bool) -> None:
    around = (balance("OPBD", "100.00"), balance("CLBD", "92.50")) if balances else ()
    file = parse(camt(statement(*around, summary(inside), ENTRIES)))
    assert file.statements[0].conservation.holds is True
    assert file.remainder == ()


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        (total("2"), "states 2 lines, it holds 3"), (total("3", "99.00"), "a sum of 99.00, it holds 32.50"),
        (total("3", "32.50", net("7.50")), "a net of 7.50, it holds -7.50"), (total(more=net("7.51", "DBIT")), "a net of -7.51"),
        (total(more=net_before_04("99.00")), "a net of 99.00"), (total("3", "32.500000001"), "a sum of 32.500000001"),
        (total("3", "12.50", name="TtlCdtNtries"), "states 3 credits, it holds 1"),
        (total("1", "12.51", name="TtlCdtNtries"), "credits of 12.51, it holds 12.50"),
        (total("3", "20.00", name="TtlDbtNtries"), "states 3 debits, it holds 1"),
        (total("2", "20.01", name="TtlDbtNtries"), "debits of 20.01, it holds 20.00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("balances", [True, False])
def test_totals_that_contradict_the_entries_say_so(inside: str, says: str, balances: bool) -> None:
    around = (balance("OPBD", "100.00"), balance("CLBD", "92.50")) if balances else ()
    proof = parse(camt(statement(*around, summary(inside), ENTRIES))).statements[0].conservation
    assert proof.holds is False and any(says in problem for problem in proof.problems), proof.problems


def test_a_net_without_its_mark_is_no_proof_and_is_listed() -> None:
    file = parse(camt(statement(summary(total(more=net_before_04("7.50", ""))), ENTRIES)))
    assert file.statements[0].conservation.holds is None
    assert [u.what for u in file.remainder] == ["a net of all entries without its CdtDbtInd (7.50)"]


@pytest.mark.parametrize(
    ("count", "summed", "holds"),
    [("1", "12.50", True), ("2", "17.50", True), ("3", "18.50", True), ("2", "12.50", False), ("3", "17.50", False),
     ("4", "18.50", False)],
)  # fmt: skip
def test_unbooked_entries_count_all_or_not_at_all(count: str, summed: str, holds: bool) -> None:
    entries = entry("12.50") + entry("5.00", status="PDNG") + entry("1.00", status="INFO")
    stated = summary(total(count, summed, net(summed)))
    proof = parse(camt(statement(stated, entries))).statements[0].conservation
    assert (proof.holds, proof.sum_lines) == (holds, Decimal("12.50"))


A, B = detail("329.56", end_to_end="A"), detail("100.00", end_to_end="B")
FEE = "<Chrgs><Rcrd><Amt Ccy='EUR'>{}</Amt></Rcrd></Chrgs>"


@pytest.mark.parametrize(
    "more",
    [
        batch(A, B, count="2"), batch(A, B), batch(count="2"), batch(A, B, count="2", total=amount("429.56", name="TtlAmt")),
        batch(A, count="1") + batch(B, count="1"), batch(A) + batch(B, count="1"),
        batch(A, total=amount("329.56", name="TtlAmt")) + batch(B, total=amount("100.0", name="TtlAmt")),
        # OCA/bank-statement-import 976: fees between the transactions and their entry.
        batch(A, detail("110.00", more=FEE.format("10.00")), count="2"), FEE.format("10.00") + batch(A, detail("110.00")),
        batch(detail("500.00"), detail("70.44", "DBIT"), count="2"),
        # What cannot be added says nothing.
        batch(A, detail("117.00", currency="USD")), batch(A, "<TxDtls/>"),
    ],
)  # fmt: skip
def test_details_that_add_up_are_silent(more: str) -> None:
    file = parse(proven(entry("429.56", more=more), closing="1429.56"))
    assert file.statements[0].conservation.holds is True and file.remainder == ()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (batch(A, detail("90.00"), count="3"), "2 of 3 transactions, they sum to 419.56 of 429.56 EUR"),
        (batch(A, count="2"), "1 of 2 transactions, they sum to 329.56"), (batch(A, B, count="3"), "2 of 3 transactions"),
        (batch(A, B, B), "they sum to 529.56 of 429.56"), (batch(A), "they sum to 329.56"),
        (batch(A, B, count="2", total=amount("439.56", name="TtlAmt")), "its batch states 439.56 of 429.56"),
        (batch(A, B, total=amount("429.56", "DBIT", name="TtlAmt")), "its batch states -429.56"),
        (batch(count="2", total=amount("1.00", name="TtlAmt")), "its batch states 1.00"),
        (batch(A, detail("100.00", "DBIT")), "they sum to 229.56"),
        (batch(A, detail("110.00", more=FEE.format("9.00"))), "they sum to 439.56"),
        (batch(A, count="1") + batch(B, count="2"), "2 of 3 transactions"),
    ],
)  # fmt: skip
def test_details_that_do_not_add_up_are_said_and_the_entry_is_booked_as_it_stands(
    more: str, says: str
) -> None:
    raw = proven(entry("429.56", more=more), closing="1429.56")
    file = parse(raw)
    assert file.statements[0].conservation.holds is True
    assert file.statements[0].lines[0].amount == Decimal("429.56")
    (unread,) = file.remainder
    assert unread.what.startswith("an entry's details do not add up to it: ") and says in unread.what
    assert raw[unread.place.offset :].startswith(b"<Ntry>")


@pytest.mark.parametrize(
    ("more", "end_to_end", "count"),
    [(batch(A, B, count="2"), "", 2), (batch(A, B), "", None), (batch(A, count="3"), "", 3), (batch(A, count="1"), "A", 1),
     (batch(A), "A", None), (batch(A, count="0"), "A", 0), (batch(A) + batch(B), "", None), (batch(A, count="1") + batch(B), "", 2)],
)  # fmt: skip
def test_a_batch_is_no_single_payment_of_its_first_detail(
    more: str, end_to_end: str, count: int | None
) -> None:
    (line,) = parse(proven(entry("329.56", more=more), closing="1329.56")).statements[0].lines
    assert (line.end_to_end_id, line.batch_count) == (end_to_end, count)
    assert [d.end_to_end_id for d in line.details] == ["A", "B"][: len(line.details)]


def test_what_the_sender_called_a_batch_is_kept() -> None:
    named = "<NtryDtls><Btch><PmtInfId>RUN-7</PmtInfId><NbOfTxs>25</NbOfTxs></Btch></NtryDtls>"
    (line,) = parse(proven(entry("12.50", more=named), closing="1012.50")).statements[0].lines
    assert (line.batch_id, line.batch_count, line.details) == ("RUN-7", 25, ())


def interim(text: str, sub: str = "") -> str:
    return balance("ITBD", text, sub=sub)


PAGE = "<StmtPgntn><PgNb>{}</PgNb><LastPgInd>{}</LastPgInd></StmtPgntn>"
IN, OUT = entry("12.50"), entry("2.50", "DBIT")


@pytest.mark.parametrize(
    ("balances", "pages", "entries", "opening", "closing", "last"),
    [
        (balance("OPBD", "1000.00") + interim("1012.50"), "", IN, "1000.00", "1012.50", False),
        (interim("1012.50") + balance("CLBD", "1010.00"), "", OUT, "1012.50", "1010.00", True),
        (interim("1000.00") + interim("1012.50"), "", IN, "1000.00", "1012.50", False),
        # Finnish banks say by a subtype which interim balance a page begins with.
        (interim("1012.50", "CIBD") + interim("1000.00", "OIBD"), "", IN, "1000.00", "1012.50", False),
        (balance("PRCD", "1000.00") + interim("1012.50"), PAGE.format(1, "false"), IN, "1000.00", "1012.50", False),
        (interim("1012.50") + balance("CLBD", "1010.00"), PAGE.format(2, "true"), OUT, "1012.50", "1010.00", True),
        # Pages that repeat the statement's own balances.
        (balance("OPBD", "1000.00") + interim("1012.50") + balance("CLBD", "1010.00"), PAGE.format(1, "false"), IN,
         "1000.00", "1012.50", False),
        (balance("OPBD", "1000.00") + interim("1012.50") + balance("CLBD", "1010.00"), PAGE.format(2, "true"), OUT,
         "1012.50", "1010.00", True),
    ],
)  # fmt: skip
def test_pages_carry_over_by_interim_balances(
    balances: str, pages: str, entries: str, opening: str, closing: str, last: bool
) -> None:
    (found,) = parse(camt(statement(balances, entries, pages=pages))).statements
    assert (str(found.conservation.opening), str(found.conservation.closing)) == (opening, closing)
    assert found.conservation.holds is True
    assert (found.head.last_page, found.head.page) == (last, int(pages[17]) if pages else None)


def test_a_page_that_its_balances_prove_may_repeat_the_totals_of_its_statement() -> None:
    stated = summary(total("2", "15.00", net("10.00")))
    first = balance("OPBD", "1000.00") + interim("1012.50"), stated, IN
    last = interim("1012.50") + balance("CLBD", "1010.00"), stated, OUT
    for page in (first, last):
        assert parse(camt(statement(*page))).statements[0].conservation.holds is True
    alone = balance("OPBD", "1000.00") + balance("CLBD", "1012.50"), stated, IN
    assert parse(camt(statement(*alone))).statements[0].conservation.holds is False
    # Nothing but the totals: they are all that is there to hold it against.
    bare = statement(stated, IN, pages=PAGE.format(1, "false"))
    assert parse(camt(bare)).statements[0].conservation.holds is False


def test_a_message_of_several_says_the_page_where_its_version_has_no_other_place() -> None:
    header = "<MsgPgntn><PgNb>{}</PgNb><LastPgInd>{}</LastPgInd></MsgPgntn>"
    body = statement(interim("1012.50") + balance("CLBD", "1010.00"), OUT.replace("<Cd>BOOK</Cd>", "BOOK"))
    file = parse(camt(body, version="02", header=header.format(2, "true")))
    assert (file.statements[0].head.page, file.statements[0].head.last_page, file.remainder) == (2, True, ())
    alone = parse(camt(body, version="02", header=header.format(1, "true"))).statements[0].head
    assert alone.page is None


def test_a_statement_of_several_days_goes_from_its_first_balance_to_its_last() -> None:
    days = [
        balance("OPBD", "1012.50", "2026-10-02"), balance("CLBD", "1010.00", "2026-10-02"),
        balance("OPBD", "1000.00", "2026-10-01"), balance("CLBD", "1012.50", "2026-10-01"),
    ]  # fmt: skip
    (found,) = parse(camt(statement(*days, IN, OUT))).statements
    assert found.conservation.holds is True and found.conservation.opening == Decimal("1000.00")
