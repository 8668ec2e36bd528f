"""Who made an entry is told by its surest sign, and every entry has one who did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.connector_api.inventory import EntryThere
from tieout.survey import Feeder, FeederKind
from tieout.survey.feeders import PACE, feeders_of

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


def entry(**more: Any) -> EntryThere:
    plain: dict[str, Any] = {
        "key": 1, "day": date(2026, 10, 5), "made_at": AT, "journal": "INV", "kind": "out_invoice", "number": "INV/1", "reference": "",
        "origin": "", "party_key": 7, "party": "Acme", "login": "ann", "amount": Decimal("10.00"), "record": "account.move", "record_key": 1,
    }  # fmt: skip
    return EntryThere(**{**plain, **more})


def alone(**more: Any) -> Feeder:
    return feeders_of([entry(**more)])[0]


@pytest.mark.parametrize(
    ("shown", "feeder"),
    [
        ({"external_id": "tieout.c1_invoice_7"}, Feeder(FeederKind.TIEOUT, "")),
        ({"external_id": "shopify_ept.order_7"}, Feeder(FeederKind.CONNECTOR, "shopify_ept")),
        ({"external_id": "__import__.sales_2026_7"}, Feeder(FeederKind.IMPORT, "sales…")),
        ({"external_id": "__import__.4711"}, Feeder(FeederKind.IMPORT, "")),
        ({"signs": ("bank synchronisation",)}, Feeder(FeederKind.SYNCHRONISED, "")),
        ({"signs": ("payment provider",), "login": "__system__"}, Feeder(FeederKind.PROVIDER, "")),
        ({"signs": ("point of sale",)}, Feeder(FeederKind.SHOP, "point of sale")),
        ({"signs": ("exchange difference",)}, Feeder(FeederKind.LEDGER, "exchange difference")),
        ({"login": "__system__"}, Feeder(FeederKind.LEDGER, "its own scheduled actions")),
        ({"origin": "S00012"}, Feeder(FeederKind.ORDER, "")),
        ({"signs": ("reversal",)}, Feeder(FeederKind.HAND, "ann")),
        ({}, Feeder(FeederKind.HAND, "ann")),
        ({"login": ""}, Feeder(FeederKind.HAND, "an account that ours may not see")),
        # The surest sign counts.
        ({"external_id": "shopify_ept.order_7", "signs": ("statement import",), "origin": "S1"}, Feeder(FeederKind.CONNECTOR, "shopify_ept")),
    ],
    ids=str,
)  # fmt: skip
def test_the_surest_sign_tells_who_made_an_entry(shown: dict[str, Any], feeder: Feeder) -> None:
    assert alone(**shown) == feeder


def test_nobody_types_at_the_pace_of_a_program() -> None:
    def paced(count: int, seconds: int) -> set[FeederKind]:
        made = [entry(key=k, made_at=AT + timedelta(seconds=k * seconds)) for k in range(count)]
        return {f.how for f in feeders_of(made)}

    assert paced(PACE, 1) == {FeederKind.HAND}
    assert paced(PACE + 1, 1) == {FeederKind.PROGRAM}
    # As many, each in a minute of its own.
    assert paced(PACE + 1, 60) == {FeederKind.HAND}


def test_the_pace_of_one_account_says_nothing_of_another() -> None:
    program = [entry(key=k, login="api") for k in range(PACE + 1)]
    *made, by_hand = feeders_of([*program, entry(key=99, login="ann")])
    assert set(made) == {Feeder(FeederKind.PROGRAM, "api")} and by_hand == Feeder(FeederKind.HAND, "ann")


@given(
    st.lists(
        st.builds(
            lambda external, signs, login, origin, seconds: entry(
                external_id=external,
                signs=tuple(signs),
                login=login,
                origin=origin,
                made_at=AT + timedelta(seconds=seconds),
            ),
            st.sampled_from(["", "tieout.x", "__import__.x", "mod.x", "nodot"]),
            st.lists(st.sampled_from(["reversal", "mail", "bank synchronisation", "unheard of"]), max_size=2),
            st.sampled_from(["", "ann", "__system__"]),
            st.sampled_from(["", "S1"]),
            st.integers(0, 200),
        ),
        max_size=40,
    )
)
def test_every_entry_has_one_feeder(entries: list[EntryThere]) -> None:
    found = feeders_of(entries)
    assert len(found) == len(entries)
    assert all((f.how is FeederKind.HAND) == f.by_hand and f.key for f in found)
