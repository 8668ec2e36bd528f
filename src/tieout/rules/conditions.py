"""Conditions in CEL (the Common Expression Language), type-checked when a project is read.

Amounts are whole minor units, so that no amount becomes a float. Only a BOOL counts: this
library gives run-time errors back as values.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cel_expr_python import cel


class ConditionError(ValueError):
    """A condition that cannot be used: what is wrong with it."""


@lru_cache(maxsize=64)
def _environment(variables: tuple[tuple[str, str], ...]) -> Any:
    return cel.NewEnv(variables={name: getattr(cel.Type, kind) for name, kind in variables})


@lru_cache(maxsize=1024)
def _compiled(text: str, variables: tuple[tuple[str, str], ...]) -> Any:
    try:
        expression = _environment(variables).compile(text)
    except RuntimeError as error:
        first = str(error).removeprefix("INVALID_ARGUMENT: ").splitlines()[0]
        known = ", ".join(name for name, _ in variables)
        raise ConditionError(f"{text!r}: {first} Known are: {known}") from None
    if expression.return_type() != cel.Type.BOOL:
        raise ConditionError(f"{text!r} is no condition: it gives no true or false")
    return expression


def check_condition(text: str, variables: tuple[tuple[str, str], ...]) -> None:
    """Whether `text` is a condition over `variables` (name, INT or STRING). Raises ConditionError."""
    _compiled(text, variables)


def holds(text: str, variables: tuple[tuple[str, str], ...], values: Mapping[str, int | str]) -> bool:
    """Whether a condition holds. Raises ConditionError where it cannot be evaluated, such as a
    division by zero."""
    found = _compiled(text, variables).eval(data=dict(values))
    if found.type() != cel.Type.BOOL:
        raise ConditionError(f"{text!r} cannot be evaluated: {found.value()}")
    return bool(found.value())
