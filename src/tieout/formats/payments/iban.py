"""IBANs (ISO 13616), and the Swiss ones that take a QR reference alone."""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def is_iban(text: str) -> bool:
    """ISO 13616: shape and check digits (modulo 97 is 1)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def is_qr_iban(iban: str) -> bool:
    """Whether an IBAN's institution (IID, its fifth to ninth place) is one of 30000 to 31999, of Switzerland or
    Liechtenstein. Source: SIX, Swiss Implementation Guidelines QR-bill, 2.3."""
    return iban[:2] in ("CH", "LI") and iban[4:9].isdigit() and 30000 <= int(iban[4:9]) <= 31999
