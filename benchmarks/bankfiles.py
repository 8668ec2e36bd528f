"""Bank files beside a peer in the same run, on equal fields; each reading in a process of its own,
so that its peak memory is its own. Medians of five alternating runs."""

from __future__ import annotations

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
        for event in OpenFile(stream).events():
            if isinstance(event, Line):
                count += 1
            else:
                assert event.conservation.holds is True
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


def write_mt940(path: Path, lines: int) -> int:
    """One statement of so many structured lines that holds."""
    total, rows = 0, [":20:STARTUMSE", ":25:70040041/532013000", ":28C:1/1", ":60F:C261005EUR0,00"]
    for n in range(lines):
        cents = 10_000 + n % 997
        total += cents if n % 3 else -cents
        rows.append(
            f":61:2610051005{'CR' if n % 3 else 'DR'}{cents // 100},{cents % 100:02d}NTRFNONREF//REF{n}"
        )
        rows.append(f":86:166?00GUTSCHRIFT?20EREF+E2E-{n}?21SVWZ+Rechnung INV-{n:07d}?30COBADEFFXXX\n"
                    f"?31DE89370400440532013000?32Muster & Soehne {n}")  # fmt: skip
    sign = "C" if total >= 0 else "D"
    rows.append(f":62F:{sign}261005EUR{abs(total) // 100},{abs(total) % 100:02d}")
    path.write_text("\n".join(rows) + "\n-\n")
    return lines


READERS: dict[str, Callable[[Path], int]] = {
    "ours": ours, "iterparse": iterparse, "expat": expat, "mt940": mt940_lib}  # fmt: skip


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


if __name__ == "__main__":
    started = time.perf_counter()
    lines = READERS[sys.argv[1]](Path(sys.argv[2]))
    spent = time.perf_counter() - started
    peak = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(json.dumps([spent, lines, int(peak.split()[1]) / 1024]))
