"""A small XML document whole: entities, networks and document types are refused; names go without
their namespaces."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from tieout.formats.model import FormatError, Place

Element = Any
_LARGEST = 64 << 20


def read_tree(content: bytes, largest: int = _LARGEST) -> Element:
    """The root element. Raises FormatError."""
    if len(content) > largest:
        raise FormatError(f"more than {largest >> 20} MiB")
    declaration = re.search(rb"<!(?!--|\[CDATA\[)", content)
    if declaration:
        raise FormatError(
            "a document type declaration: such files are refused", Place(declaration.start(), 0)
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(f"not well-formed XML: {error.msg}") from None


def name_of(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> list[Element]:
    """The elements of this name directly below, in order, whatever their namespace."""
    return [c for c in element if name_of(c) == name]


def child(element: Element, path: str) -> Element | None:
    """The first element of a path below `element`, None where there is none."""
    for name in path.split("/"):
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def each(element: Element, path: str) -> list[Element]:
    """Every element of a path below `element`."""
    level = [element]
    for name in path.split("/"):
        level = [c for e in level for c in children(e, name)]
    return level


def text(element: Element, path: str) -> str:
    """The text at a path, "" where there is none."""
    found = child(element, path)
    return "" if found is None else (found.text or "").strip()
