"""Account and card numbers as people may see them: by their last digits."""

from __future__ import annotations

import json
import re
from typing import Any

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8}(?![A-Za-z0-9])")
# As card networks number them: 15 or 16 digits that begin with 2 to 6, in groups or not (ISO/IEC 7812).
_CARD = re.compile(
    r"(?<![0-9])(?<![0-9]\.)[2-6][0-9]{3}[ -]?[0-9]{4,6}[ -]?[0-9]{4,5}[ -]?[0-9]{0,4}(?!\.?[0-9])"
)


def masked(text: str) -> str:
    """The text with IBANs (ISO 13616, by their check digits) and card numbers (by Luhn's) masked."""
    return _CARD.sub(_card, _IBAN.sub(_iban, text))


def masked_values(value: Any) -> Any:
    """The same of every text in a JSON value."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [masked_values(v) for v in value]
    if isinstance(value, dict):
        return {k: masked_values(v) for k, v in value.items()}
    return value


def masked_json(text: str) -> Any:
    """JSON text as a value whose texts are masked."""
    return masked_values(json.loads(text))


def _iban(found: re.Match[str]) -> str:
    plain = found.group().replace(" ", "")
    turned = plain[4:] + plain[:4]
    good = 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
    return f"{plain[:2]}…{plain[-4:]}" if good else found.group()


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found.group())
    if len(digits) not in (15, 16):
        return found.group()
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return f"…{digits[-4:]}" if total % 10 == 0 else found.group()
