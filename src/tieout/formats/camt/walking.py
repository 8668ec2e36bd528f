"""Reads an element by a table: one pass over its children, nothing looked up twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.formats.camt.elements import NESTED, Table
from tieout.formats.model import FormatError

Element = Any
Values = dict[str, Any]


class Walker:
    """Tables of one namespace. `unknown` is called with each element that no table names."""

    def __init__(self, namespace: str, unknown: Callable[[Element], None]) -> None:
        self._namespace, self._unknown = namespace, unknown
        self._nested: dict[str, Values] = {}
        for name, table in NESTED.items():
            self._nested.setdefault(name, {}).update(self.compile(table))

    def compile(self, table: Table) -> Values:
        """A table with qualified names."""
        found: Values = {}
        for name, rule in table.items():
            if isinstance(rule, dict):
                rule = self.compile(rule)
            elif isinstance(rule, tuple):
                kind, key = rule
                rule = (getattr(self, f"_{kind}"), key, self._nested.setdefault(name, {}))
            found[f"{{{self._namespace}}}{name}"] = rule
        return found

    def read(self, element: Element, table: Values, into: Values) -> Values:
        """Fill `into` with what the table names.

        Raises FormatError where one thing stands twice with different values.
        """
        for child in element:
            rule = table.get(child.tag)
            if rule is None:
                if child.tag.__class__ is str:
                    self._unknown(child)
            elif rule.__class__ is str:
                text = child.text
                if rule in into and into[rule] != text:
                    raise _twice(child)
                into[rule] = text
            elif rule.__class__ is dict:
                self.read(child, rule, into)
            else:
                rule[0](child, rule[1], rule[2], into)
        return into

    def _money(self, element: Element, key: str, _: Values, into: Values) -> None:
        pair = (element.text, element.get("Ccy"))
        if key in into and into[key] != pair:
            raise _twice(element)
        into[key] = pair

    def _texts(self, element: Element, key: str, _: Values, into: Values) -> None:
        into.setdefault(key, []).append((element.text or "").strip())

    def _each(self, element: Element, key: str, nested: Values, into: Values) -> None:
        into.setdefault(key, []).append(self.read(element, nested, {}))

    def _text_or_code(self, element: Element, key: str, _: Values, into: Values) -> None:
        found = (element.text or "").strip()
        for child in element:
            if str(child.tag).rpartition("}")[2] in ("Cd", "Prtry"):
                found = (child.text or "").strip()
        if key in into and into[key] != found:
            raise _twice(element)
        into[key] = found


def _twice(element: Element) -> FormatError:
    name = str(element.tag).rpartition("}")[2]
    return FormatError(f"{name} stands twice with different values, once was expected")
