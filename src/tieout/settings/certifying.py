"""Reads how an entity certifies its accounts: `certify` of an entity in calendar.toml."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.rules.certifying import CLASSES, CertifyRules
from tieout.settings.tomlfile import TomlFile

_KEYS = {*CLASSES, "never_alone", "classes", "preparer"}


def read_certify(file: TomlFile, table: dict[str, Any], section: str, sign_role: str) -> CertifyRules:
    """The rules; what is not said is as the defaults have it. Raises ProjectError with file and line."""
    given, plain = table.get("certify", {}), CertifyRules()
    if not isinstance(given, dict):
        raise file.fail("certify", section, 'a table was expected, such as certify = { medium = "10.00" }')
    file.check_keys(given, _KEYS, f"{section}.certify")
    limits = {c: _amount(file, section, c, given.get(c, f"{plain.limits[c]:f}")) for c in CLASSES}
    alone, classes = given.get("never_alone", []), given.get("classes", {})
    if not isinstance(alone, list) or not set(alone) <= set(CLASSES):
        raise file.fail("never_alone", section, f"classes were expected: {', '.join(CLASSES)}")
    if not isinstance(classes, dict) or not set(classes.values()) <= set(CLASSES):
        raise file.fail(
            "classes", section, f"accounts or roles with their class were expected: {', '.join(CLASSES)}"
        )
    preparer = str(given.get("preparer", plain.preparer))
    if preparer == sign_role:
        raise file.fail("preparer", section, f"{preparer!r} signs the close: another role prepares")
    return CertifyRules(limits, tuple(alone), {str(k): v for k, v in classes.items()}, preparer)


def _amount(file: TomlFile, section: str, name: str, text: object) -> Decimal:
    try:
        if not isinstance(text, str) or not Decimal(text).is_finite() or Decimal(text) < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise file.fail(name, section, f'{text!r} is no amount, such as "10.00"') from None
    return Decimal(text)
