"""A list that circles, or says that there is more and not where, ends in words: none of it is cut without a word."""

from __future__ import annotations

from typing import Any

import pytest

from tieout.connector_api import TransientError
from tieout.connectors.shopify import pages
from tieout.connectors.shopify.payments_api import _members
from tieout.connectors.stripe import polling


@pytest.mark.parametrize(("cursor", "why"), [("c1", "lead back"), (None, "nothing says where")])
def test_an_order_whose_lines_circle_is_not_taken_short(cursor: str | None, why: str) -> None:
    more = {"hasNextPage": True, "endCursor": cursor}
    node = {"id": "o1", "lineItems": {"nodes": [1], "pageInfo": more}}

    def ask(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        return {"order": {"lineItems": {"nodes": [1], "pageInfo": more}}}

    with pytest.raises(TransientError, match=why):
        pages.turned("order", node, {"lineItems": ("id", "")}, ask)


@pytest.mark.parametrize(("cursor", "why"), [("c1", "lead back"), (None, "nothing says where")])
def test_a_payout_whose_parts_circle_is_not_told_short(cursor: str | None, why: str) -> None:
    told = {"balanceTransactions": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}}
    with pytest.raises(TransientError, match=why):
        _members(
            lambda query, variables: {"shopifyPaymentsAccount": told}, {"id": "p1", "legacyResourceId": "1"}
        )


def test_a_page_of_stripes_without_anything_and_more_to_come_is_no_end() -> None:
    class Empty:
        def read(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
            return {"data": [], "has_more": True}

    with pytest.raises(TransientError, match="nothing says where"):
        polling.transactions(Empty(), {}, 0)  # type: ignore[arg-type]
