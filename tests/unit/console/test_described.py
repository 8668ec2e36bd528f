"""The API's description as rows: types in words that lead to shapes, what is needed, what is found by words."""

from __future__ import annotations

from typing import Any

import pytest

from tieout.console.described import operations, shapes, type_of

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/cases/{case_id}/notes": {
            "post": {
                "operationId": "note",
                "tags": ["work"],
                "description": "Write beside\na case.",
                "x-needs": ["cases:write"],
                "parameters": [
                    {"name": "case_id", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}
                },
                "responses": {
                    "201": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Case"}}}
                    },
                    "404": {"content": {"application/problem+json": {}}},
                },
            }
        },
        "/papers/tie-out": {
            "get": {
                "operationId": "paper",
                "responses": {"200": {"content": {"application/pdf": {}}}, "422": {}},
            }
        },
    },
    "components": {
        "schemas": {
            "Note": {
                "type": "object",
                "required": ["words"],
                "properties": {"words": {"type": "string", "description": "what\nis said"}},
            },
            "Case": {"type": "object", "properties": {"amount": {"type": "string"}}},
            "State": {"enum": ["open", "solved"]},
        }
    },
}


def test_an_operation_says_what_it_takes_answers_and_needs() -> None:
    note, paper = operations(DESCRIPTION)
    assert (note.method, note.path, note.group, note.words, note.needs) == (
        "POST", "/cases/{case_id}/notes", "work", "Write beside a case.", ("cases:write",),
    )  # fmt: skip
    assert [(f.name, f.where, f.type, f.required) for f in note.fields] == [
        ("case_id", "path", (("integer", ""),), True)
    ]
    assert note.body == (("Note", "Note"),)
    # Problems are the same of every operation.
    assert note.answers == (("201", "application/json", (("Case", "Case"),)),)
    assert (paper.group, paper.needs, paper.body, paper.answers) == (
        "other",
        (),
        (),
        (("200", "application/pdf", ()),),
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [("", ["note", "paper"]), ("beside CASE", ["note"]), ("pdf", []), ("get tie-out", ["paper"])],
)
def test_operations_are_found_by_each_of_the_words(asked: str, found: list[str]) -> None:
    assert [o.name for o in operations(DESCRIPTION, asked)] == found


def test_shapes_are_their_fields_or_what_they_are() -> None:
    case, note, state = shapes(DESCRIPTION)
    assert case[0] == "Case" and note[2][0].words == "what is said" and note[2][0].required
    assert state == ("State", "", (), (('one of "open", "solved"', ""),))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/Case"}}, "list of Case"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date or null"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "by name: integer"),
        ({"const": "page"}, '"page"'),
        ({}, "anything"),
    ],
)
def test_a_type_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert "".join(text for text, _ in type_of(schema)) == words
