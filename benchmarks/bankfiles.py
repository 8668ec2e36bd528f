"""Bank files beside a peer in the same run, on equal fields; each reading in a process of its own,
so that its peak memory is its own. Medians of five alternating runs."""

from __future__ import annotations

import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.camt_files import write_camt

RUNS = 5


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


def measure(reader: str, path: Path) -> tuple[float, int, float]:
    """(seconds, lines, peak MiB) of one reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bankfiles", reader, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, lines, peak = json.loads(done.stdout)
    return seconds, lines, peak


def compare(title: str, path: Path, lines: int, readers: tuple[str, ...], runs: int = RUNS) -> None:
    seconds: dict[str, list[float]] = {r: [] for r in readers}
    peaks: dict[str, float] = {}
    for _ in range(runs):
        for reader in readers:
            spent, found, peak = measure(reader, path)
            assert found == lines, (reader, found, lines)
            seconds[reader].append(spent)
            peaks[reader] = max(peaks.get(reader, 0.0), peak)
    size = path.stat().st_size / 1e6
    print(f"{title}: {size:.0f} MB, {lines} lines", flush=True)
    for reader in readers:
        median = statistics.median(seconds[reader])
        print(
            f"  {reader}: {size / median:.1f} MB/s, {lines / median:,.0f} lines/s, peak {peaks[reader]:.0f} MiB"
        )
    for peer in readers[1:]:
        ratio = statistics.median(seconds[peer]) / statistics.median(seconds["ours"])
        print(f"  {ratio:.2f} x the speed of {peer}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "camt.xml"
        compare("CAMT.053, offsets and proof on", path, write_camt(path, 100), ("ours", "iterparse", "expat"))
        compare("CAMT.053, large", path, write_camt(path, 1000), ("ours",), runs=1)
        path.unlink()
        path = Path(folder) / "file.sta"
        compare("MT940, places and proof on", path, write_mt940(path, 20_000), ("ours", "mt940"))
        compare("MT940, wrapped texts", path, write_mt940(path, 20_000, wrapped=True), ("ours", "mt940"))
        path = Path(folder) / "file.ofx"
        compare("OFX 1", path, write_ofx(path, 5_000), ("ours", "ofxtools"))
        path = Path(folder) / "file.csv"
        compare("CSV, a chain of balances", path, write_csv(path, 1_000_000), ("ours", "csv"), runs=1)


if __name__ == "__main__":
    for module in ("tieout.formats", "lxml.etree", "mt940", "ofxtools.Parser"):
        importlib.import_module(module)
    started = time.perf_counter()
    lines = READERS[sys.argv[1]](Path(sys.argv[2]))
    spent = time.perf_counter() - started
    peak = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(json.dumps([spent, lines, int(peak.split()[1]) / 1024]))
