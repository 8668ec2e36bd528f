"""Published files through the real intake and planning: every line of a file that was read is booked, known already, or in a case.

Bank files come as a folder's files do, each corpus into a database of its own, with every account that it names mapped and a rate
for every currency; then the very same bytes come once more, the last ones first, as if nobody had met them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.corpora import Corpus
from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.banks import Banks
from tests.integration.test_process import ACCOUNTS
from tieout.connector_api import FileRefusedError, Item, LedgerFacts
from tieout.documents import VendorBill, decode_document
from tieout.formats import FormatError, Line, ParsedFile, Statement, parse
from tieout.inbox import accept, refuse_file, take_file
from tieout.rules import Entity, Release
from tieout.store import Database

# What a line is told from another by: account, currency, day, amount, reference, words.
Said = tuple[str, str, date, Decimal, str, str]
# Accounts with the bank's own ids of lines.
Named = set[tuple[str, str]]
_EXPORTS = ("csv", "ofx")
ORDERS = ("sorted", "reversed", "shuffled")
_SEED = 18
_PORTION = 40


@dataclass
class Taken:
    """What became of a corpus's files in one order. `told` is every booked line of every file that was taken, `known` those
    that another file had told already."""

    corpus: str
    order: str
    files: int = 0
    refused: int = 0
    told: int = 0
    not_booked: int = 0
    booked: int = 0
    held: int = 0
    known: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Every line that was lost or doubled, in words."""
        where = f"{self.corpus}, {self.order}"
        return [f"{where}: lost: {x}" for x in self.lost] + [f"{where}: doubled: {x}" for x in self.doubled]


class _Rates:
    """A ledger that has a rate of every currency and no day that is locked."""

    def __init__(self, currencies: Iterable[str]) -> None:
        rates = {c: [(date(1990, 1, 1), Decimal(1 if c == "USD" else 2))] for c in currencies}
        self._facts = LedgerFacts(None, rates)

    def facts(self, entity: Entity) -> LedgerFacts:
        return self._facts

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}


class Desk(Banks):
    """Takes a corpus's files as a folder's: whatever nothing shows to be whole is taken all the same."""

    def release(self) -> Release:
        made = super().release()
        interfaces = {n: replace(i, complete="when settled") for n, i in made.interfaces.items()}
        return replace(made, interfaces=interfaces)

    def arrive(self, files: Mapping[str, bytes]) -> list[str]:
        """Files of a folder, one after the other; the names of those that were taken."""
        release = self.release()
        interface = release.interfaces[self.kind]
        reader = CONNECTORS[self.kind].open(config(CONNECTORS[self.kind]))
        connection, taken = self.database.connect(autocommit=True), list[str]()
        for name, content in files.items():
            try:
                take_file(connection, interface, reader, name, content, self.clock)
                taken.append(name)
            except FileRefusedError as error:
                refuse_file(connection, release, interface, name, error, self.clock)
        connection.close()
        return taken

    def again(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Bytes that were taken before, as if nobody had met them."""
        items = [Item(self.stream, f"again {name}", f"again {name}", content) for name, content in files]
        with self.database.transaction() as connection:
            accept(connection, self.kind, items, "poll", self.clock.now())


def ordered(files: Sequence[Path], order: str) -> list[Path]:
    """Files sorted by name, the other way round, or shuffled, always alike."""
    if order == "shuffled":
        return random.Random(_SEED).sample(list(files), len(files))
    return sorted(files, reverse=order == "reversed")


def take_in(database: Database, corpus: Corpus, files: Sequence[Path], order: str) -> Taken:
    """Take a corpus's bank files in, one after the other, and then all of them once more; say what became of their lines."""
    done = Taken(corpus.name, order)
    contents = {str(p.relative_to(corpus.folder / "files")): p.read_bytes() for p in ordered(files, order)}
    contents = _distinct(contents)
    read = {name: parsed for name, content in contents.items() if (parsed := _parsed(content)) is not None}
    site = _desk(database, read.values())
    done.files = len(contents)
    done.refused = done.files - len(site.arrive(contents))
    _work_until_nothing_waits(site)
    _account(site, read, done)
    before = _kept(site)
    site.again([(n, contents[n]) for n in reversed(list(read))])
    site.work()
    after = _kept(site)
    done.doubled += [f"{after[k] - n} {k} by the same bytes" for k, n in before.items() if after[k] != n]
    return done


def _work_until_nothing_waits(site: Desk) -> None:
    """Until nobody waits any longer for what a line or an invoice names."""
    site.work()
    site.clock.at += timedelta(days=400)
    site.work()


def _kept(site: Desk) -> dict[str, int]:
    """How many documents stand, and how many effects."""
    (row,) = site.database.rows(
        "select (select count(*) from tieout.document where measure_count > 0 and state <> 'superseded') as documents,"
        " (select count(*) from tieout.delivery) as effects"
    )
    return row


def take_bills(database: Database, corpus: Corpus, files: Sequence[Path], order: str) -> Taken:
    """Take a corpus's electronic invoices in, in portions, and say what became of each. None of their suppliers is known here,
    so that all end as cases."""
    done = Taken(corpus.name, order)
    contents = {str(p.relative_to(corpus.folder / "files")): p.read_bytes() for p in ordered(files, order)}
    roles = {"payable": "211000", "rounding": "442000"}
    site = Desk(database, roles, kind="einvoices", stream="bills")
    contents, taken = _distinct(contents), list[str]()
    done.files = len(contents)
    for portion in batched(contents.items(), _PORTION):
        taken += site.arrive(dict(portion))
        site.work()
    done.refused = done.files - len(taken)
    _work_until_nothing_waits(site)
    _account_for_bills(site, {name: contents[name] for name in taken}, done)
    return done


def _account_for_bills(site: Desk, taken: dict[str, bytes], done: Taken) -> None:
    """Every invoice is a document with its own money, or another file's with the same, or its message's case."""
    messages = site.database.rows(
        "select message_id, source_key, state from tieout.message order by message_id"
    )
    failed, stands = _failed(site), _bills(site)
    for (name, content), message in zip(taken.items(), messages, strict=True):
        done.told += 1
        if message["state"] == "failed":
            assert message["source_key"] in failed
            done.held += 1
            continue
        (bill,) = CONNECTORS["einvoices"].stream("bills").documents(content, {})
        assert isinstance(bill, VendorBill)
        found = stands.get(_worth(bill), {})
        if message["message_id"] in found:
            done.booked += found[message["message_id"]] == "planned"
            done.held += found[message["message_id"]] == "in a case"
        elif found:
            done.known += 1
        else:
            done.lost.append(f"{name}: invoice {bill.number} of {bill.seller.name}, {bill.total}")


def _worth(bill: VendorBill) -> tuple[Any, ...]:
    """What an invoice is told from another of its seller's by."""
    return bill.key.partition("~")[0], bill.refund, bill.total, bill.booked_on


def _bills(site: Desk) -> dict[tuple[Any, ...], dict[int, str]]:
    """Of every invoice that stands, the messages that it came in and whether each is planned or in a case."""
    found: dict[tuple[Any, ...], dict[int, str]] = {}
    for row in site.database.rows(
        "select d.content, d.message_id, d.state, exists (select 1 from tieout.cases c"
        " where c.document_id = d.document_id and c.state = 'open') as in_case"
        " from tieout.document d where d.kind = 'vendor_bill' and d.state <> 'superseded'"
    ):
        bill = decode_document(row["content"].encode())
        assert isinstance(bill, VendorBill)
        planned = row["state"] in ("planned", "posted")
        if planned or row["in_case"]:
            said = "planned" if planned else "in a case"
            found.setdefault(_worth(bill), {})[row["message_id"]] = said
    return found


def batched(items: Iterable[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    """Items, so many at a time."""
    left = list(items)
    for start in range(0, len(left), size):
        yield left[start : start + size]


def _distinct(contents: dict[str, bytes]) -> dict[str, bytes]:
    """The first file of each content."""
    first = {content: name for name, content in reversed(contents.items())}
    return {name: content for name, content in contents.items() if first[content] == name}


def _parsed(content: bytes) -> ParsedFile | None:
    try:
        return parse(content)
    except FormatError:
        return None


def _desk(database: Database, read: Iterable[ParsedFile]) -> Desk:
    made = Desk(database, {**ACCOUNTS, "unapplied.bank": "212130"}, kind="bankfile", stream="statements")
    heads = [s.head for file in read for s in file.statements]
    made.map({head.account for head in heads})
    made.ledger = _Rates({head.currency for head in heads})
    return made


def _account(site: Desk, read: dict[str, ParsedFile], done: Taken) -> None:
    """Hold what the database has of these files against what they say."""
    failed, named = _failed(site), _named(read.values())
    least, most = Counter[Said](), Counter[Said]()
    families: dict[tuple[Any, ...], list[Counter[Said]]] = {}
    for name, file in read.items():
        for statement in file.statements:
            lines = Counter(
                _known_as(said(statement, x), named) for x in statement.lines if _counts(statement, x)
            )
            done.told += lines.total()
            done.not_booked += len(statement.lines) - lines.total()
            if name in failed:
                done.held += lines.total()
            else:
                families.setdefault(_begins(file, statement), []).append(lines)
    for (kind, *_), told in families.items():
        # Two that begin alike may be one told twice: what both tell is at least one. An export's lines are one wherever they stand.
        once = Counter[Said]()
        for lines in told:
            once |= lines
        least += once
        most += (
            once if kind == "export" else sum({tuple(sorted(x.items())): x for x in told}.values(), Counter())
        )
    booked, held = _documents(site, named, done)
    done.booked = booked.total()
    done.held += held.total()
    done.known = done.told - done.booked - done.held
    done.lost += [f"{n} of {line}" for line, n in (least - (booked + held)).items()]
    done.doubled += [f"{n} of {line}" for line, n in (booked - most).items()]


def _named(read: Iterable[ParsedFile]) -> Named:
    """The bank's own ids of the lines of exports (FITID): of such a line another export may say other words."""
    return {
        (s.head.account, line.bank_reference)
        for file in read
        for s in file.statements
        for line in s.lines
        if file.format in _EXPORTS and line.bank_reference
    }


def _known_as(line: Said, named: Named) -> Said:
    return (*line[:5], "") if (line[0], line[4]) in named else line


def _begins(file: ParsedFile, statement: Statement) -> tuple[Any, ...]:
    """What two statements share that may be one: account, currency, and the balance and day that they begin with; an export
    is a part of its account's lines, whatever it begins with."""
    head = statement.head
    opening = head.opening
    if file.format in _EXPORTS or opening is None:
        return "export", head.account, head.currency
    return "statement", head.account, head.currency, opening.amount, head.from_on or opening.on


def _counts(statement: Statement, line: Line) -> bool:
    """Whether a line is to be booked: nothing of an interim report or a test is, nor what is pending."""
    if statement.head.intraday or statement.head.status == "test":
        return False
    return line.status == "booked" or bool(line.corrects)


def said(statement: Statement, line: Line) -> Said:
    """What a document says of a line."""
    head = statement.head
    on = line.booked_on or line.value_on or head.to_on or (head.closing and head.closing.on)
    assert on is not None
    reference, words = line.bank_reference or line.reference, line.remittance or line.additional
    return head.account, line.currency, on, line.amount, reference, _bare(words)


def _bare(words: str) -> str:
    """Words without their blanks: banks cut them into lines elsewhere each time."""
    return "".join(words.split())


def _failed(site: Desk) -> set[str]:
    """Files whose message could not be taken and whose case says so."""
    rows = site.database.rows(
        "select m.source_key, exists (select 1 from tieout.cases c where c.source_key = m.source_key"
        " and c.interface = m.interface and c.state = 'open') as in_case from tieout.message m where m.state = 'failed'"
    )
    for row in rows:
        assert row["in_case"], f"{row['source_key']} failed, and no case says so"
    return {row["source_key"] for row in rows}


def _documents(site: Desk, named: Named, done: Taken) -> tuple[Counter[Said], Counter[Said]]:
    """Lines that are booked, each by an effect, and lines that a case holds."""
    booked, held = Counter[Said](), Counter[Said]()
    for row in site.database.rows(
        "select d.state, d.content::jsonb as said, d.currency, exists (select 1 from tieout.delivery y"
        " where y.document_id = d.document_id) as by_effect, exists (select 1 from tieout.cases c"
        " where c.document_id = d.document_id and c.state = 'open') as in_case"
        " from tieout.document d where d.kind = 'statement_line' and d.state <> 'superseded'"
    ):
        x = row["said"]
        amount = Decimal(x["amount"]["value"])
        on = date.fromisoformat(x["booked_on"])
        whole = (x["account"], row["currency"], on, amount, x["reference"], _bare(x["remittance"]))
        line = _known_as(whole, named)
        if row["state"] in ("planned", "posted") and (row["by_effect"] or not amount):
            booked[line] += 1
        elif row["in_case"]:
            held[line] += 1
        else:
            done.lost.append(f"{line}: it is {row['state']}, without an effect or a case")
    return booked, held
