"""The published rules of electronic invoices, run as they are published: an oracle in tests alone.

What is published as XSLT 2 (EN 16931) runs as it is; what is published as ISO Schematron (Peppol) is turned into XSLT
2 here: a template for each rule, the first that fits a node within its pattern, as ISO 19757-3 says. `saxonche` runs
both. Nothing of either is part of the project: `tests.conformance.einvoice_corpus` says where they are looked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_XSL = "http://www.w3.org/1999/XSL/Transform"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def stylesheet(schematron: Path) -> bytes:
    """An ISO Schematron of one file, with query binding xslt2, as XSLT 2 that writes `failed` elements."""
    root = etree.parse(str(schematron)).getroot()
    spaces = {n.get("prefix"): n.get("uri") for n in root.iter(f"{_SCH}ns")}
    sheet = etree.Element(f"{{{_XSL}}}stylesheet", nsmap={"xsl": _XSL, **spaces}, version="2.0")
    for own in root.iter(f"{{{_XSL}}}function"):
        sheet.append(own)
    for let in root.iterchildren(f"{_SCH}let"):
        sheet.append(_variable(let))
    start = _element(sheet, "template", match="/")
    found = _element(start, "element", name="found")
    for number, pattern in enumerate(root.iter(f"{_SCH}pattern")):
        mode = f"p{number}"
        _element(found, "apply-templates", select="/", mode=mode)
        for let in pattern.iterchildren(f"{_SCH}let"):
            sheet.append(_variable(let))
        rules = list(pattern.iterchildren(f"{_SCH}rule"))
        for place, rule in enumerate(rules):
            # The first rule of a pattern that fits takes the node: it has the highest priority.
            template = _element(
                sheet, "template", match=rule.get("context"), mode=mode, priority=str(len(rules) - place + 1)
            )
            _rule(template, rule)
            _onward(template, mode)
        for match in ("*|/", "@*|text()|comment()|processing-instruction()"):
            below = _element(sheet, "template", match=match, mode=mode, priority="-1")
            if match == "*|/":
                _onward(below, mode)
    return etree.tostring(sheet)


def _rule(template: Any, rule: Any) -> None:
    for part in rule:
        if part.tag == f"{_SCH}let":
            template.append(_variable(part))
        elif part.tag == f"{_SCH}assert":
            broken = _element(template, "if", test=f"not({part.get('test')})")
            failed = etree.SubElement(
                broken, "failed", id=part.get("id") or "", flag=part.get("flag") or "fatal"
            )
            failed.text = ""


def _variable(let: Any) -> Any:
    made = etree.Element(f"{{{_XSL}}}variable", name=let.get("name"))
    made.set("select", let.get("value"))
    return made


def _element(parent: Any, tag: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{_XSL}}}{tag}", **attributes)


def _onward(template: Any, mode: str) -> None:
    _element(template, "apply-templates", select="*", mode=mode)


class Oracle:
    """Published rules, compiled once: by name a stylesheet of XSLT 2 or a Schematron."""

    def __init__(self, rules: dict[str, Path]) -> None:
        from saxonche import PySaxonProcessor

        self._saxon = PySaxonProcessor(license=False)
        processor = self._saxon.new_xslt30_processor()
        self._sheets = {}
        for name, path in rules.items():
            text = path.read_bytes() if path.suffix in (".xslt", ".xsl") else stylesheet(path)
            self._sheets[name] = processor.compile_stylesheet(stylesheet_text=text.decode("utf-8"))

    def broken(self, name: str, content: bytes) -> frozenset[str]:
        """The fatal rules that a document breaks; "stopped" where the rules themselves fail on it, as on a day that is
        none."""
        from saxonche import PySaxonApiError

        tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        node = self._saxon.parse_xml(xml_text=etree.tostring(tree, encoding="unicode"))
        try:
            answer = self._sheets[name].transform_to_string(xdm_node=node)
        except PySaxonApiError:
            return frozenset({"stopped"})
        said = etree.fromstring(answer.encode())
        failed = [*said.iter(f"{_SVRL}failed-assert"), *said.iter("failed")]
        return frozenset(x.get("id", "") for x in failed if x.get("flag", "fatal") == "fatal")
