"""Bank files beside a peer in the same run, on equal fields; each reading in a process of its own,
so that its peak memory is its own. Medians of alternating runs."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.camt_files import write_camt
from benchmarks.waiting import output_of


@dataclass(frozen=True)
class Size:
    """Megabytes of CAMT (one file that is compared, a larger one of ours alone), lines of the others, and the runs."""

    camt_mb: float
    large_camt_mb: float
    mt940: int
    ofx: int
    csv: int
    runs: int


FULL, TOY = Size(100, 1000, 20_000, 5_000, 1_000_000, 3), Size(0.05, 0.1, 40, 20, 60, 1)
READING_S = 900


@dataclass(frozen=True)
class Comparison:
    """A file read in several ways, ours first: medians of seconds and the highest peak memory (MiB), by way."""

    title: str
    megabytes: float
    lines: int
    seconds: dict[str, float]
    peak_mib: dict[str, float]

    def rows(self) -> list[str]:
        def cell(way: str) -> str:
            speed, each = self.megabytes / self.seconds[way], self.lines / self.seconds[way]
            return f"{speed:.1f} MB/s, {each:,.0f} lines/s, {self.peak_mib[way]:.0f} MiB"

        name = f"{self.title}: {self.megabytes:,.1f} MB, {self.lines:,} lines"
        peers = [way for way in self.seconds if way != "ours"]
        found = [
            f"| {name if n == 0 else '–'} | {cell('ours') if n == 0 else ''} | {PEERS[way]}: {cell(way)} "
            f"| {self.seconds[way] / self.seconds['ours']:.2f} |"
            for n, way in enumerate(peers)
        ]
        return found or [f"| {name} | {cell('ours')} | | |"]


@dataclass(frozen=True)
class Result:
    """Every comparison."""

    size: Size
    found: list[Comparison]

    def page(self) -> str:
        rows = "\n".join(row for one in self.found for row in one.rows())
        return f"""## Bank files

| what | ours | peer | times its speed |
|---|---:|---:|---:|
{rows}

Each reading in a process of its own, medians of {self.size.runs} alternating runs (large files: one). Our places, proof and list of what
was not understood are on. The peer of CAMT takes the same fields with a plain lxml `iterparse` loop; bare expat with empty
callbacks is the floor of its way; the peer of CSV is the standard library's reader with a Decimal and a date a row.

A line of MT940 in the shape that most have is cut by one pattern, and its `:86:` by another; whatever else goes the long
way, with equal results (a test holds both against each other under mutation). CSV gives lines as it reads them where
one account is in the file; where several alternate, it holds them.
"""


def ours(path: Path) -> int:
    """Every line with its place, and the proof: the statement must hold."""
    from tieout.formats import Line, OpenFile

    count = 0
    with path.open("rb") as stream:
        dialect = CSV_DIALECT if path.suffix == ".csv" else ""
        for event in OpenFile(stream, dialect=dialect).events():
            if isinstance(event, Line):
                count += 1
            else:
                # OFX and this CSV state no opening balance: nothing may be broken.
                proven = path.suffix not in (".ofx", ".csv")
                assert event.conservation.holds is (True if proven else None)
    return count


def iterparse(path: Path) -> int:
    """A plain lxml loop that takes the same fields of each entry and forgets it; no offsets, no
    proof, no check of what it does not know."""
    from datetime import date
    from decimal import Decimal

    from lxml import etree

    space = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"

    def path_of(names: str) -> str:
        return "/".join(space + name for name in names.split("/"))

    entry_fields = [path_of(p) for p in (
        "NtryRef", "CdtDbtInd", "Sts/Cd", "AcctSvcrRef", "BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd",
        "BkTxCd/Domn/Fmly/SubFmlyCd")]  # fmt: skip
    detail_fields = [path_of(p) for p in (
        "Refs/EndToEndId", "Refs/MndtId", "CdtDbtInd", "RltdPties/Dbtr/Pty/Nm", "RltdPties/DbtrAcct/Id/IBAN",
        "RltdPties/Cdtr/Pty/Nm", "RltdAgts/DbtrAgt/FinInstnId/BICFI", "RmtInf/Ustrd")]  # fmt: skip
    days = [path_of("BookgDt/Dt"), path_of("ValDt/Dt")]
    amount, details = path_of("Amt"), path_of("NtryDtls/TxDtls")
    count = 0
    for _, entry in etree.iterparse(str(path), tag=space + "Ntry"):
        row = [entry.findtext(p) for p in entry_fields]
        row += [date.fromisoformat(entry.findtext(p)) for p in days]
        money = entry.find(amount)
        row += [Decimal(money.text), money.get("Ccy")]
        for detail in entry.iterfind(details):
            row += [detail.findtext(p) for p in detail_fields]
            money = detail.find(amount)
            row += [Decimal(money.text), money.get("Ccy")]
        count += 1
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]
    return count


def expat(path: Path) -> int:
    """Bare expat with callbacks that do nothing but count: the floor of its way."""
    from xml.parsers import expat as parser

    count = 0

    def start(name: str, _: object) -> None:
        nonlocal count
        count += name == "Ntry"

    reader = parser.ParserCreate()
    reader.StartElementHandler = start
    reader.EndElementHandler = reader.CharacterDataHandler = lambda _: None
    with path.open("rb") as stream:
        reader.ParseFile(stream)
    return count


def mt940_lib(path: Path) -> int:
    import mt940

    return len(mt940.parse(str(path)).transactions)


def write_mt940(path: Path, lines: int, wrapped: bool = False) -> int:
    """One statement of so many structured lines that holds: transfers, or direct debits whose
    texts are wrapped at 27 and 65 characters."""
    total, rows = 0, [":20:STARTUMSE", ":25:70040041/532013000", ":28C:1/1", ":60F:C261005EUR0,00"]
    for n in range(lines):
        cents = 10_000 + n % 997
        total += cents if n % 3 else -cents
        rows.append(
            f":61:2610051005{'CR' if n % 3 else 'DR'}{cents // 100},{cents % 100:02d}NTRFNONREF//REF{n}"
        )
        if wrapped:
            debit = (f":86:105?00FOLGELASTSCHRIFT?109248?20EREF+E2E-{n:08d}?21MREF+MANDAT-{n:07d}?22CRED+DE98ZZZ09999999999"
                     f"?23SVWZ+Rechnung INV-{n:07d} u?24nd weitere vom 03. Oktober?25 2026?30COBADEFFXXX"
                     f"?31DE89370400440532013000?32Muster & Soehne Handels Ges?33ellschaft mbH {n}?34992")  # fmt: skip
            rows += [debit[at : at + 65] for at in range(0, len(debit), 65)]
            continue
        rows.append(f":86:166?00GUTSCHRIFT?20EREF+E2E-{n}?21SVWZ+Rechnung INV-{n:07d}?30COBADEFFXXX\n"
                    f"?31DE89370400440532013000?32Muster & Soehne {n}")  # fmt: skip
    sign = "C" if total >= 0 else "D"
    rows.append(f":62F:{sign}261005EUR{abs(total) // 100},{abs(total) % 100:02d}")
    path.write_text("\n".join(rows) + "\n-\n")
    return lines


def ofxtools_lib(path: Path) -> int:
    from ofxtools.Parser import OFXTree

    tree = OFXTree()
    with path.open("rb") as stream:
        tree.parse(stream)
    return sum(len(s.transactions) for s in tree.convert().statements)


def plain_csv(path: Path) -> int:
    """The standard library's reader, a Decimal and a date a row; no balance is followed."""
    import csv
    from datetime import date
    from decimal import Decimal

    count = 0
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            day, month, year = row["Date"].split("/")
            date(int(year), int(month), int(day))
            Decimal(row["Money In"] or "0") - Decimal(row["Money Out"] or "0")
            Decimal(row["Balance"])
            count += 1
    return count


def write_ofx(path: Path, lines: int) -> int:
    rows = ["OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n"
            "COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0"
            "<SEVERITY>INFO</STATUS><DTSERVER>20261005<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS>"
            "<TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>121000358<ACCTID>1"
            "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261001<DTEND>20261031"]  # fmt: skip
    rows += [
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261005120000<TRNAMT>{100 + n % 997}.{n % 100:02d}<FITID>F{n}"
        f"<NAME>Valve Works {n % 1000}<MEMO>Invoice INV-{n:07d}</STMTTRN>"
        for n in range(lines)
    ]
    rows.append(
        "</BANKTRANLIST><LEDGERBAL><BALAMT>1.00<DTASOF>20261005</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    path.write_text("\n".join(rows))
    return lines


def write_csv(path: Path, lines: int) -> int:
    """A chain of balances; no opening balance is stated, so the proof is of the chain alone."""
    balance = 0
    with path.open("w") as file:
        file.write("Date,Description,Money Out,Money In,Balance,Currency\n")
        for n in range(lines):
            cents = 10_000 + n % 997
            balance += cents if n % 3 else -cents
            text = f"{cents // 100}.{cents % 100:02d}"
            held = f"{'-' if balance < 0 else ''}{abs(balance) // 100}.{abs(balance) % 100:02d}"
            out, into = ("", text) if n % 3 else (text, "")
            file.write(f"05/10/2026,Invoice INV-{n:07d},{out},{into},{held},GBP\n")
    return lines


CSV_DIALECT = """
name = "benchmark"
delimiter = ","
decimal = "."
date = "DD/MM/YYYY"
account_is = "bench"

[columns]
booked_on = "Date"
remittance = "Description"
debit = "Money Out"
credit = "Money In"
balance = "Balance"
currency = "Currency"
"""


READERS: dict[str, Callable[[Path], int]] = {
    "ours": ours, "iterparse": iterparse, "expat": expat, "mt940": mt940_lib,
    "ofxtools": ofxtools_lib, "csv": plain_csv}  # fmt: skip
NEEDS: dict[str, tuple[str, ...]] = {
    "ours": ("tieout.formats",), "iterparse": ("lxml.etree", "decimal"), "expat": ("xml.parsers.expat",),
    "mt940": ("mt940",), "ofxtools": ("ofxtools.Parser",), "csv": ("csv", "decimal")}  # fmt: skip
PEERS = {
    "iterparse": "iterparse",
    "expat": "expat, empty callbacks",
    "mt940": "mt-940",
    "ofxtools": "ofxtools",
    "csv": "csv",
}


def measure(reader: str, path: Path) -> tuple[float, int, float]:
    """(seconds, lines, peak MiB) of one reading in a process of its own. Raises NoAnswerError."""
    command = [sys.executable, "-m", "benchmarks.bankfiles", reader, str(path)]
    seconds, lines, peak = json.loads(output_of(f"{reader} reads {path.name}", command, READING_S))
    return seconds, lines, peak


def compare(title: str, path: Path, lines: int, readers: tuple[str, ...], runs: int) -> Comparison:
    """Read in alternating runs. Raises AssertionError where a way finds other than `lines` lines."""
    seconds: dict[str, list[float]] = {r: [] for r in readers}
    peaks: dict[str, float] = {}
    for _ in range(runs):
        for reader in readers:
            spent, found, peak = measure(reader, path)
            assert found == lines, (reader, found, lines)
            seconds[reader].append(spent)
            peaks[reader] = max(peaks.get(reader, 0.0), peak)
    medians = {reader: statistics.median(spent) for reader, spent in seconds.items()}
    return Comparison(title, path.stat().st_size / 1e6, lines, medians, peaks)


def run(size: Size) -> Result:
    """One format after another, in a folder that goes."""
    with tempfile.TemporaryDirectory() as folder:
        camt, mt940, ofx, table = (
            Path(folder) / name for name in ("camt.xml", "file.sta", "file.ofx", "file.csv")
        )
        n = size.runs
        found = [
            compare("CAMT.053", camt, write_camt(camt, size.camt_mb), ("ours", "iterparse", "expat"), n),
            compare("CAMT.053, large", camt, write_camt(camt, size.large_camt_mb), ("ours",), 1),
        ]
        camt.unlink()
        wrapped = write_mt940(mt940, size.mt940, wrapped=True)
        found += [
            compare("MT940, direct debits with wrapped texts", mt940, wrapped, ("ours", "mt940"), n),
            compare(
                "MT940, structured transfers", mt940, write_mt940(mt940, size.mt940), ("ours", "mt940"), n
            ),
            compare("OFX 1", ofx, write_ofx(ofx, size.ofx), ("ours", "ofxtools"), n),
            compare("CSV with a chain of balances", table, write_csv(table, size.csv), ("ours", "csv"), 1),
        ]
    return Result(size, found)


if __name__ == "__main__":
    # What is timed does not count imports, and a way's memory not those of the others.
    for module in NEEDS[sys.argv[1]]:
        importlib.import_module(module)
    started = time.perf_counter()
    lines = READERS[sys.argv[1]](Path(sys.argv[2]))
    spent = time.perf_counter() - started
    peak = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(json.dumps([spent, lines, int(peak.split()[1]) / 1024]))
