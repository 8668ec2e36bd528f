"""Reads how an entity certifies its accounts: `certify` of an entity in calendar.toml."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.rules.certifying import CLASSES, CertifyRules
from tieout.settings.tomlfile import TomlFile

_KEYS = {*CLASSES, "never_alone", "classes", "preparer"}


def read_certify(file: TomlFile, table: dict[str, Any], section: str, sign_role: str) -> CertifyRules:
    """The rules; what is not said is as the defaults have it. Raises ProjectError with file and line."""
    given, plain, inside = table.get("certify", {}), CertifyRules(), f"{section}.certify"
    if not isinstance(given, dict):
        raise file.fail(
            "certify", section, f'certify = {given!r}: a table was expected, such as {{ medium = "10.00" }}'
        )
    file.check_keys(given, _KEYS, inside)
    limits = {c: _amount(file, inside, c, given.get(c, f"{plain.limits[c]:f}")) for c in CLASSES}
    alone, classes = given.get("never_alone", []), given.get("classes", {})
    if not isinstance(alone, list) or any(c not in CLASSES for c in alone):
        raise file.fail(
            "never_alone", inside, f"never_alone = {alone!r}: classes were expected, of {', '.join(CLASSES)}"
        )
    if not isinstance(classes, dict) or any(c not in CLASSES for c in classes.values()):
        raise file.fail(
            "classes", inside,
            f"classes = {classes!r}: accounts or roles were expected, each with its class: {', '.join(CLASSES)}",
        )  # fmt: skip
    preparer = given.get("preparer", plain.preparer)
    if not isinstance(preparer, str) or not preparer.strip():
        raise file.fail("preparer", inside, f"preparer = {preparer!r}: the name of a role was expected")
    if preparer == sign_role:
        at = ("preparer", inside) if "preparer" in given else ("sign_role", section)
        raise file.fail(*at, f"preparer = {preparer!r} signs the close (sign_role): another role prepares")
    return CertifyRules(limits, tuple(alone), {str(k): v for k, v in classes.items()}, preparer)


def _amount(file: TomlFile, section: str, name: str, text: object) -> Decimal:
    try:
        if not isinstance(text, str) or not Decimal(text).is_finite() or Decimal(text) < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise file.fail(
            name, section, f'{name} = {text!r}: an amount in quotes was expected, 0 or more, such as "10.00"'
        ) from None
    return Decimal(text)
