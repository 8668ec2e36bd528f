"""What a partner, a tax, a currency or a journal brings along to what is posted: see `odoo_behaviours`."""

from __future__ import annotations

from typing import Any

from tests.conformance.odoo_ledger import LINE, MOVE, Ledger, Row, money


def _invoice(ledger: Ledger, partner: int, **more: Any) -> list[list[str]]:
    """An invoice of the 5th, due on the 20th as it says: the accounts, days and amounts on which it is owed once it is posted."""
    line = {
        "name": "x",
        "quantity": 1,
        "price_unit": 100.0,
        "account_id": ledger.account("400000"),
        "tax_ids": [[6, 0, []]],
    }
    values = {"move_type": "out_invoice", "partner_id": partner, "invoice_date": ledger.last(5).isoformat(),
              "date": ledger.last(5).isoformat(), "invoice_date_due": ledger.last(20).isoformat(),
              "invoice_line_ids": [[0, 0, line]], **more}  # fmt: skip
    (move,) = ledger.call(MOVE, "create", vals_list=[values])
    ledger.call(MOVE, "action_post", [move])
    owed = ledger.rows(LINE, [["move_id", "=", move], ["display_type", "=", "payment_term"]], "date_maturity")
    codes = [x["code"] for x in ledger.lines(move) if x["display_type"] == "payment_term"]
    return [[code, ledger.spoken(row["date_maturity"])] for code, row in zip(codes, owed, strict=True)]


def terms_of_partners(ledger: Ledger) -> Any:
    """When an invoice is due that says so itself, of a partner who has ten days: left to Odoo, and said to have no term."""
    days = [[0, 0, {"value": "percent", "value_amount": 100.0, "nb_days": 10, "delay_type": "days_after"}]]
    (term,) = ledger.call(
        "account.payment.term", "create", vals_list=[{"name": "Ten days", "line_ids": days}]
    )
    given = {"name": "Slow", "property_payment_term_id": term}
    (partner,) = ledger.call("res.partner", "create", vals_list=[given])
    return {
        "left to Odoo": _invoice(ledger, partner),
        "said to have none": _invoice(ledger, partner, invoice_payment_term_id=False),
    }


def fiscal_positions(ledger: Ledger) -> Any:
    """On which account an invoice is owed of a partner whose fiscal position puts another in place of the receivable."""
    values = {"code": "121300", "name": "Abroad", "account_type": "asset_receivable", "reconcile": True}
    (abroad,) = ledger.call("account.account", "create", vals_list=[values])
    given = {"name": "Abroad", "company_id": ledger.company}
    (position,) = ledger.call("account.fiscal.position", "create", vals_list=[given])
    row = {"position_id": position, "account_src_id": ledger.account("121000"), "account_dest_id": abroad}
    ledger.call("account.fiscal.position.account", "create", vals_list=[row])
    told: dict[str, Any] = {}
    (partner,) = ledger.call("res.partner", "create", vals_list=[{"name": "From abroad"}])
    told["nobody's"] = _invoice(ledger, partner)
    ledger.call("res.partner", "write", [partner], vals={"property_account_position_id": position})
    told["the partner's own"] = _invoice(ledger, partner)
    ledger.call("res.partner", "write", [partner], vals={"property_account_position_id": False})
    ledger.call("account.fiscal.position", "write", [position], vals={"auto_apply": True})
    told["its country's, of a partner without one"] = _invoice(ledger, partner)
    (france,) = ledger.call("res.country", "search", domain=[["code", "=", "FR"]])
    ledger.call("res.partner", "write", [partner], vals={"country_id": france})
    told["its country's"] = _invoice(ledger, partner)
    return told


def taxes_on_payment(ledger: Ledger) -> Any:
    """What a tax makes due that falls due on payment: of an invoice that is matched in so many words, and by a key."""
    values = {"code": "251900", "name": "Transition", "account_type": "liability_current", "reconcile": True}
    (transition,) = ledger.call("account.account", "create", vals_list=[values])
    change = {"tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition}
    ledger.call("account.tax", "write", [ledger.tax("NY 15%")], vals=change)
    (journal,) = ledger.rows("account.journal", [["code", "=", "CABA"]], "name")

    def paid(by_key: bool = False) -> Any:
        move = ledger.document("out_invoice", ledger.last(5), ["100.00"], "NY 15%", post=False)
        entry = ledger.entry(ledger.last(6), ("121000", "-115.00"), ("101720", "115.00"), post=False)
        lines = [ledger.line_of(move, "121000"), ledger.line_of(entry, "121000")]
        for line in lines if by_key else ():
            ledger.call(LINE, "write", [line], vals={"matching_number": f"Ion{move}"})
        for each in (move, entry):
            ledger.call(MOVE, "action_post", [each])
        said = "by its key" if by_key else ledger.attempt(LINE, "reconcile", lines)
        made = ledger.rows(MOVE, [["tax_cash_basis_origin_move_id", "=", move]], "state")
        matched = bool(ledger.read(LINE, lines[0], "reconciled")["reconciled"])
        return [said.partition(" for the ")[0].partition(" (")[0], matched, _due(ledger, made)]

    # A chart that is loaded beside such a tax of another company switches it on.
    ledger.call("res.company", "write", [ledger.company], vals={"tax_exigibility": False})
    told: dict[str, Any] = {"the company's switch is off": paid()}
    ledger.call("res.company", "write", [ledger.company], vals={"tax_exigibility": True})
    told |= {"in so many words": paid(), "by a key": paid(by_key=True)}
    ledger.call("res.company", "write", [ledger.company], vals={"tax_cash_basis_journal_id": False})
    told |= {"without a journal": paid(), "without a journal, by a key": paid(by_key=True)}
    ledger.call("res.company", "write", [ledger.company], vals={"tax_cash_basis_journal_id": journal["id"]})
    ledger.call("account.journal", "write", [journal["id"]], vals={"active": False})
    told["an archived journal"] = paid()
    return told


def _due(ledger: Ledger, made: list[Row]) -> list[str]:
    """What the entries put on the tax's own account."""
    return [money(x["balance"]) for row in made for x in ledger.lines(row["id"]) if x["code"] == "251000"]


def coarse_currencies(ledger: Ledger) -> Any:
    """What becomes of amounts in a currency that is rounded to 0.05."""
    key, name = _made_coarse(ledger)
    try:
        rate = {
            "currency_id": key,
            "company_id": ledger.company,
            "name": ledger.last(1).isoformat(),
            "rate": 1.0,
        }
        ledger.call("res.currency.rate", "create", vals_list=[rate])
        move = ledger.document("out_invoice", ledger.last(5), ["99.98"], currency=name)
        return sorted([x["code"], money(x["amount_currency"])] for x in ledger.lines(move))
    finally:
        ledger.call("res.currency", "write", [key], vals={"rounding": 0.01})


def _made_coarse(ledger: Ledger) -> tuple[int, str]:
    """A currency that is rounded to 0.05 from now on. Odoo makes none coarser in which anybody ever booked, so that each run on a
    database has one of its own."""
    given: dict[str, Any] = {
        "domain": [["name", "not in", ["USD", "EUR"]], ["rounding", "=", 0.01]],
        "fields": ["name"],
        "order": "id",
        "context": {"active_test": False},
    }
    for row in ledger.call("res.currency", "search_read", **given):
        vals = {"active": True, "rounding": 0.05}
        if ledger.attempt("res.currency", "write", [row["id"]], vals=vals) == "done":
            return int(row["id"]), str(row["name"])
    raise AssertionError("somebody booked in each of its currencies: give another database")


def methods_of_payment(ledger: Ledger) -> Any:
    """On which account a payment stands that is registered, by what its journal's method says."""
    domain = [["journal_id", "=", ledger.journal("BNKU")], ["payment_type", "=", "inbound"]]
    (method,) = ledger.rows("account.payment.method.line", domain, "payment_account_id")

    def stands() -> list[str]:
        values = {"payment_type": "inbound", "partner_type": "customer", "partner_id": ledger.partner, "amount": 10.0,
                  "date": ledger.last(6).isoformat(), "journal_id": ledger.journal("BNKU")}  # fmt: skip
        (payment,) = ledger.call("account.payment", "create", vals_list=[values])
        ledger.call("account.payment", "action_post", [payment])
        move = ledger.read("account.payment", payment, "move_id")["move_id"][0]
        return sorted(x["code"] for x in ledger.lines(move))

    told: dict[str, Any] = {"none": [bool(method["payment_account_id"]), stands()]}
    change = {"payment_account_id": ledger.account("101720")}
    ledger.call("account.payment.method.line", "write", [method["id"]], vals=change)
    return told | {"another": stands()}
