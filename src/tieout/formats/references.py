"""Structured payment references, known by their own check digits.

RF: ISO 11649. OGM: the Belgian +++123/1234/12345+++ (97 modulo). QR/ESR: the Swiss 27 digits
(modulo 10, recursive). A text that fails its check is no structured reference: it stays text.
"""

from __future__ import annotations

import re

_RF = re.compile(r"\bRF\d{2}[A-Za-z0-9 ]{1,26}\b")
_OGM = re.compile(r"(?:\+{3}|\*{3})(\d{3})/?(\d{4})/?(\d{5})(?:\+{3}|\*{3})")
_QR = re.compile(r"(?<!\d)(?:\d{2} ?)(?:\d{5} ?){4}\d{5}(?!\d)")
# What every reference has, beside its marks: few texts are looked at more closely.
_LONG = re.compile(r"[0-9][0-9 ]{25}")
# From the Swiss implementation guidelines of the QR-bill (modulo 10, recursive).
_QR_TABLE = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)


def is_rf(text: str) -> bool:
    """ISO 11649: RF, two check digits, up to 21 letters and digits; modulo 97 is 1."""
    if not re.fullmatch(r"RF\d{2}[A-Z0-9]{1,21}", text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def is_ogm(digits: str) -> bool:
    """Twelve digits of which the last two are the first ten modulo 97 (97 for 0)."""
    return bool(re.fullmatch(r"\d{12}", digits)) and (int(digits[:10]) % 97 or 97) == int(digits[10:])


def is_qr(digits: str) -> bool:
    """Twenty-seven digits whose last is the recursive modulo 10 of the others; not all zero."""
    # Twenty-seven zeros check, and refer to nothing.
    if not re.fullmatch(r"\d{27}", digits) or not int(digits):
        return False
    carry = 0
    for digit in digits[:-1]:
        carry = _QR_TABLE[(carry + int(digit)) % 10]
    return (10 - carry) % 10 == int(digits[-1])


def plain_reference(reference: str) -> str:
    """A whole reference without blanks and marks, as it is told on."""
    return re.sub(r"[\s/+*]", "", reference).upper()


def kind_of(reference: str) -> str:
    """RF, OGM or QR for a whole text that is one; "" for any other."""
    plain = plain_reference(reference)
    if is_rf(plain):
        return "RF"
    if is_ogm(plain):
        return "OGM"
    return "QR" if is_qr(plain) else ""


def find_references(text: str) -> tuple[tuple[str, str], ...]:
    """(kind, reference without blanks) of each one in a free text, in order of appearance."""
    marked = "RF" in text or "++" in text or "**" in text
    if not marked and (len(text) < 26 or _LONG.search(text) is None):
        return ()
    found: dict[tuple[str, str], int] = {}
    for hit in _RF.finditer(text):
        words = hit.group().split()
        # A blank may belong to the reference or end it: the longest that checks is taken.
        for size in range(len(words), 0, -1):
            plain = "".join(words[:size]).upper()
            if is_rf(plain):
                found.setdefault(("RF", plain), hit.start())
                break
    for hit in _OGM.finditer(text):
        plain = "".join(hit.groups())
        if is_ogm(plain):
            found.setdefault(("OGM", plain), hit.start())
    for hit in _QR.finditer(text):
        plain = hit.group().replace(" ", "")
        if is_qr(plain):
            found.setdefault(("QR", plain), hit.start())
    return tuple(sorted(found, key=lambda pair: found[pair]))
