"""Published electronic invoices, and changed copies of them, held against the rules as they are published.

`make campaign-einvoices` writes docs/campaigns/einvoices.md. Nothing published is part of the project: the folder that
TIEOUT_EINVOICES names (else ../shared/data/einvoices) holds, each under its own name, the public repositories
ConnectingEurope/eInvoicing-EN16931 (EUPL 1.2: rules and examples), OpenPEPPOL/peppol-bis-invoice-3 (rules and examples),
itplr-kosit/xrechnung-testsuite and ZUGFeRD/corpus (Apache 2.0: examples).
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from lxml import etree

from tests.conformance.schematron import Oracle
from tieout.formats import FormatError
from tieout.formats.einvoice import EInvoice, factur_x, is_booking_aid, is_peppol, problems_of, read_unchecked
from tieout.formats.einvoice.reading import xml_of

FOLDER = Path(
    os.environ.get("TIEOUT_EINVOICES")
    or Path(__file__).resolve().parents[3] / "shared" / "data" / "einvoices"
)
CEN, PEPPOL = "eInvoicing-EN16931", "peppol-bis-invoice-3"
RULES = {
    "UBL": f"{CEN}/ubl/xslt/EN16931-UBL-validation.xslt",
    "CII": f"{CEN}/cii/xslt/EN16931-CII-validation.xslt",
    "Peppol UBL": f"{PEPPOL}/rules/sch/PEPPOL-EN16931-UBL.sch",
    "Peppol CII": f"{PEPPOL}/rules/sch/PEPPOL-EN16931-CII.sch",
}
SETS = {
    "CEN, UBL examples": f"{CEN}/ubl/examples",
    "CEN, CII examples": f"{CEN}/cii/examples",
    "CEN, test files": f"{CEN}/test/testfiles",
    "Peppol, examples": f"{PEPPOL}/rules/examples",
    "Peppol, national": f"{PEPPOL}/rules/national-examples",
    "KoSIT, XRechnung": "xrechnung-testsuite/src/test",
    "corpus, XML-Rechnung": "corpus/XML-Rechnung",
    "corpus, ZUGFeRD 2 correct": "corpus/ZUGFeRDv2/correct",
    "corpus, ZUGFeRD 2 fail": "corpus/ZUGFeRDv2/fail",
    "corpus, ZUGFeRD 1": "corpus/ZUGFeRDv1",
}
# What the product holds an invoice to, as docs/FORMATS.md says: of all else the oracle is heard and not compared.
HELD = re.compile(
    r"BR-(0[1-7]|1[2-6]|2[1-7]|32|37|45|46|47|48|CO-04|CO-1[0-8]|DEC-\d\d|CL-(01|04|14|16|17|18|19|20|22|23)"
    r"|(S|Z|E|AE|IC|G|AF|AG)-0[1-9]|O-0[15-9]|(E|AE|IC|G|O)-10)|PEPPOL-EN16931-R(051|120|121)"
)
# Where we let in what the published rules refuse, and why.
KNOWN = {
    "GR-base-example-TaxRepresentative.xml": "BR-06: its seller has a trading name (BT-28) and no registered one (BT-27); "
    "the trading name stands in, as people read it",
}
_UNREAD = {
    "ZUGFeRD 1": "not read: ZUGFeRD 1, older than the standard",
    "embedded in the PDF": "not read: not exactly one invoice in the PDF",
    "not well-formed": "not read: not well-formed XML",
}
# Rules that the oracle names twice for one fault: a category's own, and that of all.
_SAME = {f"BR-{c}-09": "BR-CO-17" for c in ("S", "AF", "AG")}


@dataclass
class Verdict:
    """What both say of one document: rules by name. `theirs` is None where no published rules bind its profile, or
    nobody can read it."""

    name: str
    ours: frozenset[str]
    theirs: frozenset[str] | None
    aid: bool = False
    invoice: EInvoice | None = None

    @property
    def held(self) -> frozenset[str]:
        """Their rules among those that are held."""
        return frozenset(_SAME.get(x, x) for x in self.theirs or () if HELD.fullmatch(x))

    @property
    def agrees(self) -> bool:
        """Whether both let it in, or both refuse it."""
        return bool(self.ours) == bool(self.held)


@dataclass
class Corpus:
    """Everything of one set."""

    name: str
    verdicts: list[Verdict] = field(default_factory=list)


def oracle(folder: Path = FOLDER) -> Oracle:
    """The published rules of a folder."""
    return Oracle({name: folder / path for name, path in RULES.items() if (folder / path).is_file()})


def rule_of(problem: str) -> str:
    """The name of a problem's rule: what stands before its words."""
    return re.split(r"[:,] ", problem, maxsplit=1)[0]


def judged(rules: Oracle, name: str, content: bytes) -> Verdict:
    """What both say of a document."""
    try:
        xml = xml_of(content)
        invoice = read_unchecked(content)
    except FormatError as error:
        # Our reader needs more than well-formed XML; what it misses is named by its rule where it has one.
        said = rule_of(str(error))
        reason = next(
            (why for words, why in _UNREAD.items() if words in str(error)),
            "not read: lacks what none may lack",
        )
        return Verdict(name, frozenset({said if HELD.fullmatch(said) else reason}), None)
    ours = frozenset(rule_of(x) for x in problems_of(invoice))
    other = factur_x(invoice.customization) in ("MINIMUM", "BASIC WL", "EXTENDED")
    theirs: frozenset[str] | None = None
    if not other and ":extension:" not in invoice.customization:
        theirs = rules.broken(invoice.syntax, xml)
        if is_peppol(invoice.customization):
            theirs |= rules.broken(f"Peppol {invoice.syntax}", xml)
    return Verdict(name, ours, theirs, is_booking_aid(invoice.customization), invoice)


def published(folder: Path = FOLDER) -> Iterator[tuple[str, Path]]:
    """Every published file, beside its set."""
    for name, path in SETS.items():
        for file in sorted((folder / path).rglob("*")):
            if file.suffix.lower() in (".xml", ".pdf"):
                yield name, file


def changed(content: bytes, seed: int) -> bytes:
    """A copy of an invoice with one thing changed: an amount, a sign, its decimals, a code; or one thing gone."""
    dice = random.Random(seed)
    root = etree.fromstring(content, etree.XMLParser(remove_comments=True, resolve_entities=False))
    leaves = [e for e in root.iter() if isinstance(e.tag, str) and not len(e) and (e.text or "").strip()]
    numbers = [e for e in leaves if re.fullmatch(r"-?\d+(\.\d+)?", e.text.strip()) and _counts(e)]
    leaf = dice.choice(numbers if numbers and dice.random() < 0.7 else leaves)
    if leaf in numbers:
        value = Decimal(leaf.text.strip())
        leaf.text = dice.choice((
            f"{value + Decimal('0.01'):f}", f"{value - 10:f}", f"{-value:f}", f"{value:f}0", f"{value * 10:f}",
            f"{value + Decimal('0.001'):f}", "0",
        ))  # fmt: skip
    elif dice.random() < 0.5:
        leaf.getparent().remove(leaf)
    else:
        leaf.text = dice.choice(
            ("S", "Z", "E", "AE", "K", "G", "O", "L", "381", "380", "389", "326", "XX", "EUR", "C62")
        )
    return etree.tostring(root)


def _counts(element: etree._Element) -> bool:
    name = etree.QName(element).localname
    return name.endswith(("Amount", "Percent", "Quantity", "TypeCode"))


def summary(corpora: list[Corpus]) -> list[str]:
    """The table of sets: files, read, aids, refused, and what the oracle says of them."""
    rows = [
        "| set | files | read | booking aids | refused | compared | agree | stricter here | laxer here |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for c in corpora:
        compared = [v for v in c.verdicts if v.theirs is not None]
        good = [v for v in c.verdicts if not v.ours]
        rows.append(
            f"| {c.name} | {len(c.verdicts)} | {sum(not v.aid for v in good)} | {sum(v.aid for v in good)} | "
            f"{sum(bool(v.ours) for v in c.verdicts)} | {len(compared)} | {sum(v.agrees for v in compared)} | "
            f"{sum(bool(v.ours) and not v.held for v in compared)} | {sum(bool(v.held) and not v.ours for v in compared)} |"
        )
    return rows


def refusals(corpora: list[Corpus]) -> list[str]:
    """What refuses how many files."""
    count = Counter(rule for c in corpora for v in c.verdicts for rule in v.ours)
    return ["| refused by | files |", "|---|---:|", *(f"| {r} | {n} |" for r, n in sorted(count.items()))]


def unheld(corpora: list[Corpus]) -> list[str]:
    """What only the oracle holds documents to."""
    found = (x for c in corpora for v in c.verdicts for x in v.theirs or () if not HELD.fullmatch(x))
    return [f"{rule} ({n})" for rule, n in sorted(Counter(found).items())]


def differences(corpora: list[Corpus]) -> list[str]:
    """Each document on which the two differ."""
    return [
        f"- {c.name}, {v.name}: here {', '.join(sorted(v.ours)) or 'let in'}; there {', '.join(sorted(v.held)) or 'let in'}"
        for c in corpora for v in c.verdicts if v.theirs is not None and not v.agrees
    ]  # fmt: skip


def campaign(count: int, folder: Path = FOLDER) -> tuple[list[str], int]:
    """The report's lines over every published file and `count` changed copies; how many documents we let in that a rule
    which we hold refuses."""
    rules = oracle(folder)
    corpora = {name: Corpus(name) for name in SETS}
    good: list[tuple[str, bytes]] = []
    for name, file in published(folder):
        verdict = judged(rules, file.name, file.read_bytes())
        corpora[name].verdicts.append(verdict)
        if verdict.theirs is not None and not verdict.ours and not verdict.theirs:
            good.append((file.name, xml_of(file.read_bytes())))
    copies = Corpus("changed copies")
    for seed in range(count if good else 0):
        name, xml = good[seed % len(good)]
        copies.verdicts.append(judged(rules, f"{name} #{seed}", changed(xml, seed)))
    found = [c for c in corpora.values() if c.verdicts]
    everything = [*found, copies]
    lax = sum(bool(v.held) and not v.ours for c in everything for v in c.verdicts if v.theirs is not None)
    gone = differences(found)
    changed_gone = differences([copies])
    lines = [
        f"{sum(len(c.verdicts) for c in found)} published files and {len(copies.verdicts)} copies of valid ones with one thing",
        "changed (an amount, a sign, decimals, a code, an element gone), each read here and held against the published",
        "Schematron of EN 16931 and Peppol. Both are compared on the rules that are held here (docs/FORMATS.md); the core's",
        "Schematron does not bind MINIMUM, BASIC WL, EXTENDED and extensions, so those are not compared.", "",
        *summary(everything), "", "## Published files that are refused, by rule", "", *refusals(found), "",
        "## Where the two differ on published files", "", *(gone or ["Nowhere."]), "",
        *(f"{name}: {why}." for name, why in KNOWN.items() if any(name in x for x in gone)), "",
        "## Where the two differ on changed copies", "", *(changed_gone[:40] or ["Nowhere."]), "",
        "## Rules that only the oracle holds published files to", "", ", ".join(unheld(found)) or "None.",
    ]  # fmt: skip
    return lines, lax
