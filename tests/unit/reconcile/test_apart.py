"""Pairs that are never matched by themselves: what becomes of them, and of everything else."""

from __future__ import annotations

from tests.unit.reconcile.test_service import INTERCHANGEABLE, OTHERS, RULES, table
from tieout.reconcile import Match, Result, match
from tieout.reconcile.ruleset import parse_rules

NAME = "Brandt Metall GmbH"


def run(left: list[tuple[str, ...]], right: list[tuple[str, ...]], *apart: tuple[str, str]) -> Result:
    return match(table(*left), table(*right, *OTHERS), RULES, apart=[frozenset(pair) for pair in apart])


def automatic(result: Result) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    return {(m.left, m.right) for m in result.groups() if m.status == "auto"}


def suggested(result: Result) -> list[Match]:
    return [m for m in result.groups() if m.status == "suggested"]


def paid(key: str, amount: str, text: str, day: str = "2026-10-05") -> tuple[str, ...]:
    return key, day, amount, "EUR", "", NAME, text


def due(key: str, amount: str, number: str, day: str = "2026-10-01") -> tuple[str, ...]:
    return key, day, amount, "EUR", number, NAME, ""


def test_what_a_number_alone_proves_is_suggested_at_even_odds() -> None:
    left, right = [paid("C", "250.00", "INV-2026-04711")], [due("I", "250.00", "INV-2026-04711")]
    assert automatic(run(left, right)) == {(("C",), ("I",))}
    held = run(left, right, ("C", "I"))
    assert automatic(held) == set()
    (found,) = suggested(held)
    assert (found.left, found.right, found.confidence) == (("C",), ("I",), 0.5)


def test_a_group_of_many_that_holds_the_pair_is_not_proven_either() -> None:
    left = [paid("C", "400.00", "INV-2026-04711 INV-2026-04712")]
    right = [due("I", "250.00", "INV-2026-04711"), due("J", "150.00", "INV-2026-04712")]
    assert automatic(run(left, right)) == {(("C",), ("I", "J"))}
    for pair in (("C", "I"), ("C", "J"), ("J", "C")):
        assert automatic(run(left, right, pair)) == set()
    # A pair of which one is elsewhere bars nothing.
    assert automatic(run(left, right, ("C", "elsewhere"))) == {(("C",), ("I", "J"))}


def test_others_of_its_items_win_as_if_the_pair_were_not_there() -> None:
    left = [paid("C", "250.00", "INV-2026-04711"), paid("D", "250.00", "INV-2026-04711", "2026-10-06")]
    right = [due("I", "250.00", "INV-2026-04711")]
    assert automatic(run(left, right)) == {(("C",), ("I",))}  # the nearer day
    assert automatic(run(left, right, ("C", "I"))) == {(("D",), ("I",))}
    # What is taken by another is not suggested.
    assert not [m for m in suggested(run(left, right, ("C", "I"))) if "I" in m.right]


def test_a_pair_of_one_side_does_not_cancel_by_itself() -> None:
    right = [due("I", "250.00", "INV-2026-04711"), due("K", "-250.00", "RINV-2026-00012")]
    free, held = run([], right), run([], right, ("I", "K"))
    assert ((), ("I", "K")) in {(m.left, m.right) for m in free.groups()}
    assert automatic(held) == set()


def test_what_a_rule_calls_interchangeable_skips_the_pair() -> None:
    rules = parse_rules(INTERCHANGEABLE, "mine")
    left = [paid("C", "80.00", "rent")]
    right = [due("I", "80.00", "INV-2026-04711"), due("J", "80.00", "INV-2026-04712", "2026-10-02")]
    free = match(table(*left), table(*right, *OTHERS), rules)
    held = match(table(*left), table(*right, *OTHERS), rules, apart=[frozenset(("C", "I"))])
    assert automatic(free) == {(("C",), ("I",))}
    assert automatic(held) == {(("C",), ("J",))}
