"""The dialects of MT940 and MT942: each a declaration, none a parser.

`marks` tell a dialect by what only its files hold; the order is that of trying. What a bank
writes into :86: is told by its own shape (structured ?20, slashed /REMI/, labelled or free), so
a dialect only says what its shape cannot.
"""

from __future__ import annotations

import re

import msgspec


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """`marks` are looked for before the first line of an account, `body_marks` in all of the
    beginning. `free` says what the lines of a free :86: are: text; account_name_text (the first line is
    the other side's account and name, the rest is remittance); text_name (the first line is the
    text, the second the other side's name). `supplementary` and `reference` say what a bank puts
    into the second line of :61: and into its reference beside a reference. `labels` are words
    that a bank writes before account, bank, name, remittance or end-to-end id.
    """

    name: str
    title: str
    marks: tuple[str, ...] = ()
    body_marks: tuple[str, ...] = ()
    free: str = "text"
    supplementary: str = "text"
    reference: str = "reference"
    labels: tuple[tuple[str, str], ...] = ()
    encoding: str = ""

    def fits(self, head: str, body: str) -> bool:
        """Whether a mark stands in the head (before the first :61:) or the body of a file."""
        return any(re.search(mark, head, re.MULTILINE) for mark in self.marks) or any(
            re.search(mark, body, re.MULTILINE) for mark in self.body_marks
        )


DIALECTS = (
    Dialect(
        name="rabobank-classic",
        title="Rabobank, account numbers before IBAN",
        marks=(r"^:25:\d{4}\.\d\d\.\d{3}[A-Z]{3}",),
        reference="account_name",
    ),
    Dialect(
        name="rabobank",
        title="Rabobank",
        marks=(r"^:940:", r"^:20:940S\d{6}", r"^:25:NL\d\dRABO"),
        supplementary="account",
    ),
    Dialect(
        name="abnamro",
        title="ABN AMRO",
        marks=(r"ABNANL2A", r"^:20:ABN AMRO", r"^:25:NL\d\dABNA"),
        labels=(
            ("account", "IBAN:"),
            ("bank", "BIC:"),
            ("name", "NAAM:"),
            ("remittance", "OMSCHRIJVING:"),
            ("end_to_end_id", "KENMERK:"),
        ),
    ),
    Dialect(
        name="ing",
        title="ING",
        marks=(r"INGBNL2A", r"^:20:INGEB", r"^:20:MPBZ", r"^:20:P\d{12}", r"^:25:NL\d\dINGB"),
    ),
    Dialect(
        name="asn",
        title="ASN Bank and SNS",
        marks=(r"^:25:NL\d\d(?:ASNB|SNSB|RBRB)",),
        body_marks=(r"^:61:\d{10}D?C?[\d,]+N(?:OVB|IOB|BEA|GEA|INC)[^\n]*\n[^:\n]",),
        free="account_name_text",
    ),
    Dialect(
        name="knab",
        title="Knab",
        marks=(r"^:25:NL\d\dKNAB",),
        body_marks=(r"^:86:[^\n]*\nREK: ",),
        labels=(("account", "REK:"), ("name", "NAAM:")),
    ),
    Dialect(
        name="triodos",
        title="Triodos",
        marks=(r"^:25:TRIODOSBANK/", r"^:25:NL\d\dTRIO"),
    ),
    Dialect(
        name="danske",
        title="Danske Bank",
        marks=(r"^:25:DABA[A-Z]{4}", r"^:25:(?:DK|FI|NO|SE)\d\d[0-9 ]*DABA"),
        free="text_name",
    ),
    Dialect(
        name="starmoney",
        title="StarMoney and others with :NS:",
        body_marks=(r"^:NS:\d\d",),
    ),
    Dialect(
        name="mbank",
        title="mBank",
        marks=(r"^:25:PL\d\d1140",),
        body_marks=(r"; \nTNR: |; TNR: ",),
        labels=(
            ("account", "Z RACH.:"),
            ("account", "NA RACH.:"),
            ("name", "OD:"),
            ("name", "DLA:"),
            ("remittance", "TYT.:"),
            ("bank_reference", "TNR:"),
        ),
    ),
    Dialect(
        name="hsbc",
        title="HSBC",
        marks=(r"HSBC[A-Z]{2}[A-Z0-9]{2}", r"^:25:GB\d\d(?:HBUK|MIDL)"),
        free="text",
    ),
    Dialect(
        name="unicredit",
        title="UniCredit (HypoVereinsbank, Bank Austria)",
        marks=(r"HYVEDEMM|UNCRIT|BKAUATWW", r"^:25:\d{3}20\d{3}/", r"^:25:(?:DE\d\d\d{3}20|AT\d\d12000)"),
    ),
    Dialect(
        name="deutschebank",
        title="Deutsche Bank",
        marks=(r"DEUT(?:DE|NL|BE|ES|IT)", r"^:25:\d{3}70\d{3}/", r"^:25:DE\d\d\d{3}70"),
    ),
    Dialect(
        name="commerzbank",
        title="Commerzbank",
        marks=(r"COBADE", r"^:25:\d{3}(?:40|80)\d{3}/", r"^:25:DE\d\d\d{3}[48]0"),
    ),
    Dialect(
        name="sparkasse",
        title="Sparkasse and Landesbank",
        marks=(r"^:20:STARTUMS", r"^:25:\d{3}5\d{4}/", r"^:25:DE\d\d\d{3}5"),
    ),
)
GENERIC = Dialect(name="generic", title="SWIFT MT940 and MT942")


def dialect_named(name: str) -> Dialect:
    """Raises KeyError for a name that is none."""
    return {d.name: d for d in (*DIALECTS, GENERIC)}[name]


def detect(body: str) -> Dialect:
    """The first dialect whose marks stand in the file's beginning; else the generic one."""
    # Option P of the account has another tag, and the same account behind it.
    body = body.replace("\n:25P:", "\n:25:")
    head = body.partition("\n:61:")[0]
    return next((d for d in DIALECTS if d.fits(head, body)), GENERIC)
