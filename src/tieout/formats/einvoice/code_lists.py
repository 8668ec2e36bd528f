"""The code lists that EN 16931 binds its codes to, as `code_lists.toml` holds them: one dated version, each
list beside the rule that names it.

An invoice may say a code that came later than this version: it is refused with the version's name, so that a
reader knows which of the two is old.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources

import msgspec


class CodeList(msgspec.Struct, frozen=True, kw_only=True):
    """A list: the `rule` that holds a code to it, its `title` for people, its `codes`."""

    rule: str
    title: str
    codes: frozenset[str]

    def __contains__(self, code: object) -> bool:
        return code in self.codes


class CodeLists(msgspec.Struct, frozen=True, kw_only=True):
    """Every list of one version, which is used from a day on."""

    version: str
    used_from: date
    invoices: CodeList
    credit_notes: CodeList
    self_billed: CodeList
    vat_categories: CodeList
    payment_means: CodeList
    allowance_reasons: CodeList
    charge_reasons: CodeList
    exemptions: CodeList
    countries: CodeList
    units: CodeList

    @property
    def said(self) -> str:
        """The version as a refusal names it."""
        return f"code list {self.version} of {self.used_from}"


@cache
def code_lists() -> CodeLists:
    """The lists, read once."""
    raw = tomllib.loads(resources.files(__package__).joinpath("code_lists.toml").read_text("utf-8"))
    for found in raw.values():
        if isinstance(found, dict):
            found["codes"] = found["codes"].split()
    return msgspec.convert(raw, CodeLists)


def credits(syntax: str, root: str, kind: str) -> bool:
    """Whether a document is a credit note: in UBL its root says so, in CII its type code alone.

    81 is in both lists of UBL ("credit note related to goods or services" by its name), so there nothing but the
    root can decide; a code of the other kind breaks BR-CL-01 and is refused.
    """
    return root == "CreditNote" if syntax == "UBL" else kind in code_lists().credit_notes
