"""The API's description (OpenAPI 3.1) as a page shows it. Pure: from what `/openapi.json` says to rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# A text, and the shape that it names, "" where it names none.
Piece = tuple[str, str]
Words = tuple[Piece, ...]


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer. `where` is path, query or header of a parameter, else ""."""

    name: str
    where: str
    type: Words
    required: bool
    words: str


@dataclass(frozen=True)
class Operation:
    """`needs` are the operations of roles and keys that it takes; `answers` by their status, with what they hold."""

    name: str
    method: str
    path: str
    group: str
    words: str
    needs: tuple[str, ...]
    fields: tuple[Field, ...]
    body: Words
    answers: tuple[tuple[str, str, Words], ...]


def operations(description: Mapping[str, Any], asked: str = "") -> list[Operation]:
    """Every operation, in the description's order; of those only that have each word of `asked` in name, path or words."""
    wanted = asked.lower().split()
    found = [
        _operation(path, method, told)
        for path, methods in description["paths"].items()
        for method, told in methods.items()
    ]
    return [o for o in found if all(w in f"{o.name} {o.method} {o.path} {o.words}".lower() for w in wanted)]


def shapes(description: Mapping[str, Any]) -> list[tuple[str, str, tuple[Field, ...], Words]]:
    """Every shape by its name: its words, its fields, and what it is where it has none."""
    return [
        (
            name,
            _plain(told.get("description", "")),
            tuple(_fields(told)),
            () if "properties" in told else type_of(told),
        )
        for name, told in sorted(description["components"]["schemas"].items())
    ]


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        group=(told.get("tags") or ["other"])[0],
        words=_plain(told.get("description") or told.get("summary", "")),
        needs=tuple(told.get("x-needs", ())),
        fields=tuple(_parameter(p) for p in told.get("parameters", ())),
        body=next((type_of(c.get("schema", {})) for c in content.values()), ()),
        answers=tuple(_answers(told)),
    )


def _answers(told: Mapping[str, Any]) -> Iterator[tuple[str, str, Words]]:
    for status, answer in told["responses"].items():
        # Problems are the same everywhere, and are said once.
        if status.startswith("2"):
            content = answer.get("content", {})
            kinds = ", ".join(content)
            yield status, kinds, next((type_of(c["schema"]) for c in content.values() if c.get("schema")), ())


def _parameter(told: Mapping[str, Any]) -> Field:
    schema = told.get("schema", {})
    words = told.get("description") or schema.get("description", "")
    return Field(told["name"], told["in"], type_of(schema), bool(told.get("required")), _plain(words))


def _fields(told: Mapping[str, Any]) -> Iterator[Field]:
    required = set(told.get("required", ()))
    for name, schema in told.get("properties", {}).items():
        yield Field(name, "", type_of(schema), name in required, _plain(schema.get("description", "")))


def type_of(schema: Mapping[str, Any]) -> Words:
    """What a value may be, in words that link to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return ((name, name),)
    if "const" in schema:
        return ((f'"{schema["const"]}"', ""),)
    if "enum" in schema:
        return (("one of " + ", ".join(f'"{value}"' for value in schema["enum"]), ""),)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _joined([type_of(each) for each in schema[key]])
    kind = schema.get("type", "anything")
    if kind == "array":
        return (("list of ", ""), *type_of(schema.get("items", {})))
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return (("by name: ", ""), *type_of(schema["additionalProperties"]))
    return ((schema.get("format") or kind, ""),)


def _joined(parts: list[Words]) -> Words:
    found: list[Piece] = []
    for part in parts:
        found += [(" or ", ""), *part] if found else part
    return tuple(found)


def _plain(text: str) -> str:
    return " ".join(text.split())
