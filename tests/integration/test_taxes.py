"""A month's taxes against the ledger's own tax lines, what people do to them there, and periods that were filed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.integration.office import Office
from tests.integration.taxed_selling import Selling
from tieout.delivery import read_back_month
from tieout.money import Period
from tieout.proofs import (
    Filing,
    keep_filing,
    kept_filings,
    look_at_taxes,
    prepare,
    tax_verdict,
)

OCTOBER = Period.parse("2026-10")
STATE = ("State Tax", "0.06")
TAX_ACCOUNT, RENT = "251000", "621000"
NOVEMBER_5 = datetime(2026, 11, 5, 9, tzinfo=UTC)
D = Decimal


class Taxed:
    """A shop whose October is in the books, and people who work in its ledger."""

    def __init__(self, office: Office) -> None:
        self.s = Selling(office)
        self.c = office.database.connect(autocommit=True)
        self.admin = office.admin

    def look(self, period: Period = OCTOBER) -> tuple[bool, str]:
        """What the close does: read back, then look at taxes."""
        now, session = self.s.clock.now(), self.s.office.session
        read_back_month(self.c, session, "odoo", "US", period, "UTC", now)
        found = look_at_taxes(self.c, self.s.release(), session, "US", [period], now)
        assert found is not None
        return tax_verdict(found[period])

    def causes(self) -> list[tuple[str, Decimal]]:
        return [x for x in self.s.cases() if x[0] in ("tax_differs", "changed_in_ledger", "posted_into_filed_period",
                                                      "reversed_in_ledger")]  # fmt: skip

    def ids(self, model: str, field: str, *values: str) -> dict[str, int]:
        company = self.s.office.company.id
        table = self.s.office.world.odoo.service.world.table(model)
        return {
            str(r[field]): int(r["id"])
            for r in table.values()
            if r[field] in values and company in (r.get("company_ids") or [r.get("company_id")])
        }

    def entry(self, amount: str, tax: str = "NY 15%", on: str = "2026-10-20", name: str = "by hand") -> int:
        """Somebody books a tax by hand: so much more is owed; without `tax` on its account alone. The entry's id."""
        accounts = self.ids("account.account", "code", TAX_ACCOUNT, RENT)
        share: dict[str, Any] = {}
        if tax:
            number = self.ids("account.tax", "name", tax)[tax]
            (row,) = self.admin.call(
                "account.tax.repartition.line", "search_read",
                domain=[["tax_id", "=", number], ["repartition_type", "=", "tax"], ["document_type", "=", "invoice"]],
                fields=["tax_id"],
            )  # fmt: skip
            share = {"tax_repartition_line_id": row["id"]}
        lines = [
            {"account_id": accounts[RENT], "debit": amount, "credit": "0", "name": name},
            {"account_id": accounts[TAX_ACCOUNT], "debit": "0", "credit": amount, "name": name, **share},
        ]
        journal = self.ids("account.journal", "code", "MISC")["MISC"]
        values = {
            "move_type": "entry",
            "journal_id": journal,
            "date": on,
            "ref": name,
            "line_ids": [[0, 0, x] for x in lines],
        }
        context = {"allowed_company_ids": [self.s.office.company.id]}
        (made,) = self.admin.call("account.move", "create", vals_list=[values], context=context)
        self.admin.call("account.move", "action_post", ids=[made])
        return int(made)

    def reset(self, move: int, **values: Any) -> None:
        """Somebody sets an entry back, writes into it, and posts it again."""
        self.admin.call("account.move", "button_draft", ids=[move])
        if values:
            self.admin.call("account.move", "write", ids=[move], vals=values)
            self.admin.call("account.move", "action_post", ids=[move])

    def name_of(self, move: int) -> str:
        (row,) = self.admin.call("account.move", "read", ids=[move], fields=["name"])
        return str(row["name"])

    def file(self, first: date = OCTOBER.first, last: date = OCTOBER.last, **more: Any) -> Filing:
        given: dict[str, Any] = {
            "report": "US-NY", "taxes": (), "reference": "NY-2026-10", "reason": "the state's receipt", "corrects": None,
            "who": "cora", **more,
        }  # fmt: skip
        now, session = self.s.clock.now(), self.s.office.session
        wanted, items = prepare(self.s.release(), session, "US", first=first, last=last, now=now, **given)
        with self.c.transaction():
            return keep_filing(self.c, wanted, items, now)

    taxed.look_at_filed()
    assert "posted_into_filed_period" not in dict(taxed.causes())
    assert [e["amount"] for e in kept_filings(taxed.c, None)[0]["entered"]] == ["40.00"]
