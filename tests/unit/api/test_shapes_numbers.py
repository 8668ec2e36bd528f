"""No number of the API's answers has an exponent: neither 100 as `1E+2` nor a zero of the database as `0E-7`."""

from __future__ import annotations

import csv
import importlib
import io
import pkgutil
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

import tieout.api.v1
from tieout.api.v1.cells import as_csv
from tieout.api.v1.shapes import Money


def shapes() -> set[type[BaseModel]]:
    """Every shape that the API's modules declare."""
    for found in pkgutil.iter_modules(tieout.api.v1.__path__):
        importlib.import_module(f"tieout.api.v1.{found.name}")
    seen: set[type[BaseModel]] = set()
    waiting = list(BaseModel.__subclasses__())
    while waiting:
        shape = waiting.pop()
        if shape not in seen:
            seen.add(shape)
            waiting += shape.__subclasses__()
    return {x for x in seen if x.__module__.startswith("tieout.api.")}


def test_every_number_of_a_shape_is_written_in_full() -> None:
    """A field that may hold a Decimal and is not declared as `Money` would be written as Python writes it."""
    bare, number = [], 0
    for shape in shapes():
        for name, field in shape.model_fields.items():
            plain = field.annotation in (Decimal, Decimal | None)
            number += plain or "Decimal" in repr(field.annotation)
            if plain:
                made = shape.model_construct(**{name: Decimal("0E-7")})
                if "E" in str(made.model_dump(mode="json", include={name}).get(name)):
                    bare.append(f"{shape.__name__}.{name}")
    assert number > 20
    assert bare == []


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18))
def test_money_has_no_exponent_in_json_or_csv_and_keeps_its_value(value: Decimal) -> None:
    said = TypeAdapter(Money).dump_python(value, mode="json")
    table: Any = as_csv([{"amount": value}], "x.csv").body
    cell = next(csv.DictReader(io.StringIO(bytes(table).decode())))["amount"]
    for text in (said, cell):
        assert "E" not in text
        assert Decimal(text) == value
