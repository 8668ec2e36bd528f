"""An accountant reverses an entry over Odoo's API as a real 19.0 has it, which the simulator once took without its journal."""

from __future__ import annotations

from datetime import date

import pytest

from tests.simulation.apart import odoo_apart
from tieout_sandbox.company import Administrator
from tieout_sandbox.services.manual_entries import reverse_by_hand

DAY = date(2026, 10, 1)


def test_a_reversal_names_its_journal() -> None:
    with odoo_apart() as apart:
        admin = Administrator(apart.url, "books", apart.key)
        company = admin.set_up("One", DAY).id
        context = {"allowed_company_ids": [company]}
        accounts = admin.call(
            "account.account", "search", domain=[["code", "in", ["400100", "621000"]]], context=context
        )
        (journal,) = admin.call("account.journal", "search", domain=[["code", "=", "MISC"]], context=context)
        lines = [[0, 0, {"account_id": a, "balance": b}] for a, b in zip(accounts, (5.0, -5.0), strict=True)]
        values = {"journal_id": journal, "date": "2026-10-13", "ref": "J-1", "line_ids": lines}
        made = admin.call("account.move", "create", vals_list=[values], context=context)
        admin.call("account.move", "action_post", ids=made, context=context)

        wizard = {**context, "active_model": "account.move", "active_ids": made}
        with pytest.raises(RuntimeError, match=r"422 .*ValidationError.*Missing required value.*journal_id"):
            admin.call("account.move.reversal", "create", vals_list=[{"date": "2026-10-19"}], context=wizard)

        for _ in range(2):
            reverse_by_hand(admin, company, "J-1", date(2026, 10, 19))
        (back,) = admin.rows("account.move", [["reversed_entry_id", "in", made]], ["state", "date"], company)
        assert back["state"] == "posted" and back["date"] == "2026-10-19"
        admin.close()
