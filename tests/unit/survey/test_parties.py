"""Parties that are there twice are proposed by what should be one's own, and others are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tieout.connector_api.inventory import PartyThere
from tieout.survey.parties import alike


def party(key: int, name: str = "", tax_number: str = "", mail: str = "", parent: int = 0) -> PartyThere:
    return PartyThere(
        key,
        name or f"Firm {'abcdefghij'[key % 10] * 4} {key}",
        tax_number,
        mail,
        "",
        parent,
        datetime(2026, 1, 1, tzinfo=UTC),
    )


def found(*parties: PartyThere) -> list[tuple[Any, ...]]:
    return [(a.by, a.value, a.parties) for a in alike(parties)]


def test_a_tax_number_is_the_same_however_it_is_written() -> None:
    assert found(
        party(1, tax_number="DE 123.456-788"),
        party(2, tax_number="de123456788"),
        party(3, tax_number="DE999999999"),
    ) == [("tax number", "DE123456788", (1, 2))]


def test_no_number_is_nobodys() -> None:
    assert found(party(1, tax_number="/"), party(2, tax_number="/"), party(3), party(4)) == []


def test_a_name_is_the_same_without_form_case_accents_and_order() -> None:
    assert found(
        party(1, "Müller & Söhne GmbH"), party(2, "MULLER SOHNE"), party(3, "Müllers Söhne GmbH")
    ) == [("name", "muller sohne", (1, 2))]
    assert found(party(1, "Groß AG"), party(2, "gross ag")) == [("name", "gross", (1, 2))]


def test_a_name_of_three_letters_is_that_of_many() -> None:
    assert found(party(1, "Abc Ltd"), party(2, "ABC Inc")) == []


def test_a_contact_is_its_company() -> None:
    assert (
        found(party(1, "Acme", mail="a@acme.example"), party(2, "Ann", mail="A@acme.example ", parent=1))
        == []
    )
    assert found(party(1, "Acme", mail="a@acme.example"), party(2, "Ann", mail="a@acme.example", parent=1), party(3, mail="a@acme.example")) == [
        ("mail", "a@acme.example", (1, 3))
    ]  # fmt: skip


def test_a_group_is_told_by_its_surest_sign_alone() -> None:
    twins = (party(1, "Acme GmbH", "DE1234", "x@y.z"), party(2, "ACME", "DE1234", "x@y.z"))
    assert [by for by, _, _ in found(*twins)] == ["tax number"]
    # One more has the name alone.
    assert [by for by, _, _ in found(*twins, party(3, "Acme AG"))] == ["tax number", "name"]


def test_a_circle_of_parents_ends() -> None:
    assert found(party(1, "Acme", parent=2), party(2, "Acme", parent=1)) in ([], [("name", "acme", (1, 2))])
