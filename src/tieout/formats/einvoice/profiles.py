"""Which specification a document follows, by its identifier (BT-24).

Source: Peppol BIS Billing 3.0 (CustomizationID), Factur-X 1.0 and ZUGFeRD 2 (their five profiles).
"""

from __future__ import annotations

import re

_PEPPOL = "peppol.eu:2017:poacc:billing"
_FACTUR_X = re.compile(
    r"(?:factur-x\.eu|zugferd\.de)\S*:(minimum|basic-?wl|basic|en16931|comfort|extended)\b", re.I
)


def is_peppol(customization: str) -> bool:
    """Whether a document says that it follows Peppol BIS Billing: its own rules bind nobody else."""
    return _PEPPOL in customization.lower()


def factur_x(customization: str) -> str:
    """The profile of Factur-X or ZUGFeRD: MINIMUM, BASIC WL, BASIC, EXTENDED; "" where another
    specification, or none of theirs but EN 16931 itself, is named."""
    found = _FACTUR_X.search(customization)
    name = found[1].upper().replace("-", "") if found else ""
    return {"BASICWL": "BASIC WL", "COMFORT": "EN16931"}.get(name, name)


def is_booking_aid(customization: str) -> bool:
    """Whether a document has no lines by design: a booking aid beside the real invoice, and none by itself."""
    return factur_x(customization) in ("MINIMUM", "BASIC WL")
