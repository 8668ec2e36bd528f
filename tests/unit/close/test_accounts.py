"""An account is what is expected of it and a difference, and the difference is within its limit or somebody's to explain."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.close.accounts import AccountRow, Certified, account_row, in_words
from tieout.rules.certifying import CLASSES, NONE, CertifyRules, known_from, rules_of

amounts = st.integers(-1_000_000, 1_000_000).map(lambda n: Decimal(n) / 100)
limits = st.integers(0, 100_000).map(lambda n: Decimal(n) / 100)
ROLES = ("bank.DE02", "clearing.stripe.USD", "unapplied.unknown", "receivable", "liability.gift_card", "")
rules = st.builds(
    CertifyRules,
    st.fixed_dictionaries({c: limits for c in CLASSES}),
    st.sets(st.sampled_from(CLASSES)).map(lambda s: tuple(sorted(s))),
    st.dictionaries(st.sampled_from(("212100", "bank.", "receivable")), st.sampled_from(CLASSES)),
)


def row(in_ledger: Decimal, expected: Decimal | None, by: CertifyRules, role: str, rate: Decimal | None) -> AccountRow:  # fmt: skip
    known = (expected, known_from(role) if expected is not None else NONE)
    return account_row("US", "2026-10", ("212100", "USD"), role, by, in_ledger, known, rate)


@settings(max_examples=examples(200), deadline=None)
@given(
    amounts,
    st.none() | amounts,
    rules,
    st.sampled_from(ROLES),
    st.none() | st.sampled_from((Decimal(1), Decimal("0.8"))),
)
def test_the_ledger_is_what_is_expected_and_a_difference_that_is_within_the_limit_or_explained(
    in_ledger: Decimal, expected: Decimal | None, by: CertifyRules, role: str, rate: Decimal | None
) -> None:
    found = row(in_ledger, expected, by, role, rate)
    assert (found.expected or 0) + found.difference == in_ledger
    if found.by_itself:
        assert expected is not None and found.risk_class not in by.never_alone
        assert abs(found.difference) <= found.limit * (rate or 1)
        certified: Certified | None = Certified(by_itself=True)
    else:
        why_people = expected is None or found.risk_class in by.never_alone or rate is None
        assert why_people or abs(found.difference) / (rate or 1) > found.limit
        certified = None
    done, said = in_words([(found, certified)])
    assert done == found.by_itself
    assert done or f"{in_ledger:.2f} in the ledger" in said
    explained = Certified(by_itself=False, explanation="as it is", prepared_by="bea", signed_by="cora")
    done, said = in_words([(found, explained)])
    assert done and f"212100 {found.difference:.2f} USD (as it is)" in said
    assert not in_words([(found, Certified(by_itself=False, explanation="x", prepared_by="bea"))])[0]


@settings(max_examples=examples(60), deadline=None)
@given(rules)
def test_rules_are_what_their_content_says(by: CertifyRules) -> None:
    assert rules_of(by.content()) == by and rules_of(by.content()).content() == by.content()


def test_every_figure_is_in_the_digest() -> None:
    plain = CertifyRules()
    one = row(Decimal(5), Decimal(0), plain, "unapplied.unknown", Decimal(1))
    wider = CertifyRules({**plain.limits, "medium": Decimal(11)})
    others = [
        row(Decimal(6), Decimal(0), plain, "unapplied.unknown", Decimal(1)),
        row(Decimal(5), Decimal(1), plain, "unapplied.unknown", Decimal(1)),
        row(Decimal(5), None, plain, "unapplied.unknown", Decimal(1)),
        row(Decimal(5), Decimal(0), plain, "unapplied.bank", Decimal(1)),
        row(Decimal(5), Decimal(0), wider, "unapplied.unknown", Decimal(1)),
        row(Decimal(5), Decimal(0), CertifyRules(never_alone=("medium",)), "unapplied.unknown", Decimal(1)),
        row(Decimal(5), Decimal(0), CertifyRules(classes={"212100": "high"}), "unapplied.unknown", Decimal(1)),
    ]  # fmt: skip
    assert len({one.digest, *(o.digest for o in others)}) == len(others) + 1


def test_banks_are_high_what_waits_is_to_be_zero_and_a_class_goes_before() -> None:
    plain = CertifyRules()
    assert (
        plain.class_of("101511", "bank.DE02") == "high" and known_from("bank.DE02") == "the bank's statement"
    )
    assert known_from("unapplied.unknown") == "zero" and known_from("") == "the documents posted"
    assert (
        plain.class_of("251000", "") == "medium" and plain.class_of("212300", "liability.gift_card") == "low"
    )
    by = CertifyRules(classes={"bank.": "low", "bank.DE02": "medium", "251000": "high"})
    assert (by.class_of("1", "bank.DE02"), by.class_of("1", "bank.X"), by.class_of("251000", "")) == (
        "medium", "low", "high",
    )  # fmt: skip


def test_a_difference_of_its_limit_certifies_itself_and_one_of_a_cent_more_does_not() -> None:
    by = CertifyRules({"high": Decimal(0), "medium": Decimal(10), "low": Decimal(100)})
    for difference, alone in (("10.00", True), ("-10.00", True), ("10.01", False), ("-10.01", False)):
        found = row(Decimal(difference), Decimal(0), by, "receivable", Decimal(1))
        assert (found.limit, found.by_itself) == (Decimal(10), alone)
    # In another currency it is what it is worth: 8.00 at 0.80 for one are 10.00.
    assert row(Decimal("8.00"), Decimal(0), by, "receivable", Decimal("0.8")).by_itself
    assert not row(Decimal("8.01"), Decimal(0), by, "receivable", Decimal("0.8")).by_itself
    # A bank has no slack, and needs nobody where nothing differs.
    assert row(Decimal(5), Decimal(5), by, "bank.DE02", Decimal(1)).by_itself
