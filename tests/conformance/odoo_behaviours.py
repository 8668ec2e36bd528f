"""What an Odoo does that nobody asked it for: each function lets it happen in a company and tells what came of it.

What a real server did is kept in fixtures/odoo_as_it_is.json, by version; `test_odoo_as_it_is` holds the simulator against it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.conformance.odoo_automations import automations
from tests.conformance.odoo_brought import (
    coarse_currencies,
    fiscal_positions,
    methods_of_payment,
    taxes_on_payment,
    terms_of_partners,
)
from tests.conformance.odoo_ledger import BANK, LINE, MOVE, Ledger, money
from tests.conformance.odoo_taking_back import a_split_bank_line_taken_back

# Rates of the company's currency in the other one, what is invoiced at each, and its tax.
ROUNDED = [
    ("out_invoice", "0.9005", ["359.28", "52.98", "654.00"], ""),
    ("out_invoice", "0.9035", ["128.06", "5.95"], ""),
    ("out_invoice", "0.9005", ["10.01", "10.01", "10.01", "10.01", "10.01"], ""),
    ("out_invoice", "0.9005", ["359.28", "52.98", "654.00"], "VAT 20%"),
    ("out_refund", "0.9005", ["359.28", "52.98", "654.00"], ""),
    ("out_refund", "1.2345", ["0.01", "0.01", "0.03"], "VAT 20%"),
    ("in_invoice", "0.9005", ["359.28", "52.98", "654.00"], ""),
    ("out_invoice", "0.9035", ["50.00", "-12.34", "7.77"], "VAT 20%"),
    ("out_invoice", "0.9035", ["33.33", "33.33", "33.33", "-0.01"], ""),
]


def rounding(ledger: Ledger) -> Any:
    """The company's amounts of an invoice in another currency, line by line, where it rounds taxes globally."""
    return _rounded(ledger, "round_globally")


def rounding_by_line(ledger: Ledger) -> Any:
    """The same where the company rounds taxes line by line."""
    return _rounded(ledger, "round_per_line")


def _rounded(ledger: Ledger, method: str) -> Any:
    ledger.call("res.company", "write", [ledger.company], vals={"tax_calculation_rounding_method": method})
    found = []
    for number, (kind, rate, nets, tax) in enumerate(ROUNDED):
        on = ledger.last(3 + number)
        ledger.rate(on, rate)
        move = ledger.document(kind, on, nets, tax, "EUR")
        found.append(
            [[x["code"], money(x["amount_currency"]), money(x["balance"])] for x in _ordered(ledger, move)]
        )
    return found


def _ordered(ledger: Ledger, move: int) -> list[Any]:
    """Products in their order, then taxes, then what is due."""
    order = ["product", "tax", "payment_term"]
    return sorted(ledger.lines(move), key=lambda x: (order.index(x["display_type"]), x["id"]))


def partners_of_bank_lines(ledger: Ledger) -> Any:
    """Whether each line of a bank line's entry has the bank line's partner: with lines of its own, and without."""
    lines = [
        [0, 0, {"account_id": ledger.account("101511"), "name": "x", "debit": 10.0, "credit": 0.0}],
        [0, 0, {"account_id": ledger.account("121000"), "name": "x", "debit": 0.0, "credit": 10.0}],
    ]
    found: dict[str, Any] = {}
    for name, more in (("lines", {"line_ids": lines}), ("none", {})):
        bank = ledger.banked(ledger.last(6), "10.00", partner_id=ledger.partner, **more)
        rows = ledger.lines(ledger.entry_of(bank))
        found[name] = {row["code"]: bool(row["partner_id"]) for row in rows}
    return found


def dates_of_exchange_entries(ledger: Ledger) -> Any:
    """On which day the difference of an exchange stands, and its lines; then what its undoing made."""
    found: dict[str, Any] = {}
    ledger.rate(ledger.last(5), "0.9000")
    ledger.rate(ledger.last(20), "0.8000")
    first = ledger.today.replace(day=1)
    ledger.rate(first, "0.8000")
    for name, on in (
        ("paid last month", ledger.last(20)),
        ("paid this month", first),
        ("paid today", ledger.today),
    ):
        move = ledger.document("out_invoice", ledger.last(5), ["90.00"], "", "EUR")
        bank = ledger.banked(on, "90.00", "BNKE")
        ledger.pay(bank, move)
        due = ledger.line_of(move, "121000")
        entries = _exchanges(ledger, due)
        found[name] = [_told(ledger, key) for key in entries]
        reference = {key: ledger.read(MOVE, key, "name")["name"] for key in entries}
        ledger.call(BANK, "action_undo_reconciliation", [bank])
        back = ledger.rows(MOVE, [["reversed_entry_id", "in", entries]], "ref")
        found[f"{name}, undone"] = [
            [row["ref"].replace(reference[entries[0]], "THAT"), *_told(ledger, row["id"])] for row in back
        ]
    return found


def _exchanges(ledger: Ledger, line: int) -> list[int]:
    domain = ["|", ["debit_move_id", "=", line], ["credit_move_id", "=", line]]
    rows = ledger.rows("account.partial.reconcile", domain, "exchange_move_id")
    return sorted({row["exchange_move_id"][0] for row in rows if row["exchange_move_id"]})


def _told(ledger: Ledger, move: int) -> list[Any]:
    row = ledger.read(MOVE, move, "date", "state")
    lines = [[x["code"], money(x["balance"]), money(x["amount_currency"])] for x in ledger.lines(move)]
    return [ledger.spoken(row["date"]), row["state"], sorted(lines)]


def ids_after_an_undo(ledger: Ledger) -> Any:
    """What keeps its id as a bank line's match is taken back."""
    move = ledger.document("out_invoice", ledger.last(5), ["100.00"])
    bank = ledger.banked(ledger.last(6), "100.00")
    entry = ledger.entry_of(bank)
    ledger.pay(bank, move)
    before = {x["code"]: x["id"] for x in ledger.lines(entry)}
    ledger.call(BANK, "action_undo_reconciliation", [bank])
    after = {x["code"]: x["id"] for x in ledger.lines(entry)}
    return {
        "entry": ledger.entry_of(bank) == entry,
        "lines before": sorted(before),
        "lines after": sorted(after),
        "kept": sorted(code for code in before if before[code] in after.values()),
        "state": ledger.read(MOVE, entry, "state")["state"],
        "invoice": ledger.read(MOVE, move, "payment_state")["payment_state"],
    }


def matches_of_others(ledger: Ledger) -> Any:
    """An invoice of which one matched 50 and another 30: what is left of it as one of them is taken."""
    found = {}
    for way in ("remove from the invoice", "remove from the entry", "by its own id"):
        move = ledger.document("out_invoice", ledger.last(5), ["100.00"])
        due = ledger.line_of(move, "121000")
        entries = [
            ledger.entry(ledger.last(6), ("121000", f"-{v}"), ("400000", v)) for v in ("50.00", "30.00")
        ]
        own = [ledger.line_of(e, "121000") for e in entries]
        for line in own:
            ledger.call(LINE, "reconcile", [due, line])
        if way == "by its own id":
            (partial,) = ledger.rows("account.partial.reconcile", [["credit_move_id", "=", own[1]]], "amount")
            ledger.call(MOVE, "js_remove_outstanding_partial", [move], partial_id=partial["id"])
        else:
            ledger.call(LINE, "remove_move_reconcile", [due if way.endswith("invoice") else own[1]])
        left = ledger.rows("account.partial.reconcile", [["debit_move_id", "=", due]], "amount")
        found[way] = [money(row["amount"]) for row in left]
    return found


def hashed_journals(ledger: Ledger) -> Any:
    """What a journal refuses whose entries are hashed as they are posted."""
    found: dict[str, Any] = {}
    waiting = ledger.banked(ledger.last(6), "10.00", "STRU")
    ledger.call("account.journal", "write", [ledger.journal("STRU")], vals={"restrict_mode_hash_table": True})
    count = len(ledger.rows(BANK, [["journal_id", "=", ledger.journal("STRU")]], "amount"))
    values = {
        "journal_id": ledger.journal("STRU"),
        "date": ledger.last(7).isoformat(),
        "payment_ref": "x",
        "amount": 5.0,
    }
    found["bank line beside one on suspense"] = ledger.attempt(BANK, "create", vals_list=[values])
    lines = [
        [0, 0, {"account_id": ledger.account("101501"), "name": "x", "debit": 5.0, "credit": 0.0}],
        [0, 0, {"account_id": ledger.account("621000"), "name": "x", "debit": 0.0, "credit": 5.0}],
    ]
    found["bank line of no suspense beside one"] = ledger.attempt(
        BANK, "create", vals_list=[{**values, "line_ids": lines}]
    )
    now = len(ledger.rows(BANK, [["journal_id", "=", ledger.journal("STRU")]], "amount"))
    found["bank lines made"] = now - count
    move = ledger.document("out_invoice", ledger.last(5), ["10.00"])
    found["matching that one"] = _attempt_pay(ledger, waiting, move)
    found["bank line then"] = ledger.attempt(BANK, "create", vals_list=[{**values, "line_ids": lines}])
    last = ledger.rows(BANK, [["journal_id", "=", ledger.journal("STRU")], ["amount", "=", 5.0]], "amount")[
        -1
    ]["id"]
    found["its undoing"] = ledger.attempt(BANK, "action_undo_reconciliation", [last])
    ledger.call("account.journal", "write", [ledger.journal("BNKU")], vals={"restrict_mode_hash_table": True})
    alone = {**values, "journal_id": ledger.journal("BNKU")}
    found["bank line on suspense, alone"] = ledger.attempt(BANK, "create", vals_list=[alone])
    ledger.call("account.journal", "write", [ledger.journal("MISC")], vals={"restrict_mode_hash_table": True})
    due = ledger.document("out_invoice", ledger.last(5), ["100.00"])
    entry = ledger.entry(ledger.last(6), ("121000", "-100.00"), ("400000", "100.00"))
    found["an entry"] = ledger.read(MOVE, entry, "state")["state"]
    own = ledger.line_of(entry, "121000")
    found["its match"] = ledger.attempt(LINE, "reconcile", [ledger.line_of(due, "121000"), own])
    found["its match taken"] = ledger.attempt(LINE, "remove_move_reconcile", [own])
    found["back to draft"] = ledger.attempt(MOVE, "button_draft", [entry])
    found["another amount"] = ledger.attempt(LINE, "write", [own], vals={"credit": 99.0})
    found["another account"] = ledger.attempt(
        LINE, "write", [own], vals={"account_id": ledger.account("212130")}
    )
    found["another reference"] = ledger.attempt(MOVE, "write", [entry], vals={"ref": "x"})
    return found


def _attempt_pay(ledger: Ledger, bank: int, move: int) -> str:
    from tests.conformance.odoo_ledger import Refusal

    try:
        ledger.pay(bank, move)
    except Refusal as error:
        return str(error)
    return "done"


LOCKS = ("sale_lock_date", "purchase_lock_date", "tax_lock_date", "fiscalyear_lock_date", "hard_lock_date")


def lock_dates(ledger: Ledger) -> Any:
    """For each lock at the end of last month: where what is dated before it is booked, and what it refuses of what was
    booked before. The hard one comes last, since it stays."""
    found: dict[str, Any] = {}
    for lock in LOCKS:
        # Drafts would not let the hard one be set, bank lines on suspense neither it nor the fiscal year's.
        waiting = ledger.call(
            MOVE, "search", domain=[["state", "=", "draft"], ["company_id", "=", ledger.company]]
        )
        if waiting:
            ledger.call(MOVE, "action_post", waiting)
        before, bank = _documents(ledger, post=True), _settled(ledger)
        told: dict[str, Any] = {"set": _lock(ledger, lock, ledger.last_end)}
        drafts = _documents(ledger, post=False)
        for name, move in drafts.items():
            told[f"posted: {name}"] = _posted_on(ledger, move)
        told["bank line"] = _bank_line_on(ledger)
        told["taken back: a bank line's match"] = ledger.attempt(BANK, "action_undo_reconciliation", [bank])
        told["matched then: an old invoice"] = _matched_later(ledger, before["invoice"])
        for name, move in before.items():
            told[f"to draft: {name}"] = ledger.attempt(MOVE, "button_draft", [move])
        told["the lock taken back"] = _lock(ledger, lock, None)
        if told["taken back: a bank line's match"] == "done":
            ledger.call(BANK, "unlink", [bank])
        found[lock] = told
    return found


def _documents(ledger: Ledger, post: bool) -> dict[str, int]:
    on = ledger.last(15)
    return {
        "invoice": ledger.document("out_invoice", on, ["10.00"], post=post),
        "invoice, taxed": ledger.document("out_invoice", on, ["10.00"], "VAT 20%", post=post),
        "refund": ledger.document("out_refund", on, ["10.00"], post=post),
        "bill": ledger.document("in_invoice", on, ["10.00"], post=post),
        "bill, taxed": ledger.document("in_invoice", on, ["10.00"], "15%", post=post),
        "entry": ledger.entry(on, ("121000", "10.00"), ("400000", "-10.00"), post=post),
        "entry, taxed": ledger.entry(on, ("121000", "12.00"), ("400000", "-10.00"), ("251000", "-2.00"), tax="VAT 20%",
                                     post=post),
    }  # fmt: skip


def _settled(ledger: Ledger) -> int:
    """A bank line of last month that is matched."""
    bank = ledger.banked(ledger.last(15), "10.00")
    ledger.pay(bank, ledger.document("out_invoice", ledger.last(15), ["10.00"]))
    return bank


def _lock(ledger: Ledger, name: str, on: date | None) -> str:
    return ledger.attempt(
        "res.company", "write", [ledger.company], vals={name: on.isoformat() if on else False}
    )


def _matched_later(ledger: Ledger, move: int) -> str:
    """An old invoice is paid by an entry of today."""
    entry = ledger.entry(ledger.today, ("121000", "-10.00"), ("400000", "10.00"))
    return ledger.attempt(
        LINE, "reconcile", [ledger.line_of(move, "121000"), ledger.line_of(entry, "121000")]
    )


def _posted_on(ledger: Ledger, move: int) -> str:
    done = ledger.attempt(MOVE, "action_post", [move])
    if done != "done":
        return done
    return ledger.spoken(ledger.read(MOVE, move, "date")["date"])


def _bank_line_on(ledger: Ledger) -> str:
    values = {
        "journal_id": ledger.journal("BNKU"),
        "date": ledger.last(15).isoformat(),
        "payment_ref": "x",
        "amount": 1.0,
    }
    done = ledger.attempt(BANK, "create", vals_list=[values])
    if done != "done":
        return done
    row = ledger.rows(
        BANK, [["journal_id", "=", ledger.journal("BNKU")], ["amount", "=", 1.0]], "date", "move_id"
    )[-1]
    told = ledger.spoken(row["date"])
    # What stands on suspense would refuse the next lock: it is matched with an invoice of today.
    ledger.pay(row["id"], ledger.document("out_invoice", ledger.today, ["1.00"]))
    return told


def accounts_out_of_use(ledger: Ledger) -> Any:
    """An account that was archived: whether it is listed, and what posting on it says; and one without a code."""
    field, value = ledger.played.archived
    (key,) = ledger.call("account.account", "create", vals_list=[
        {"code": "499000", "name": "Gone", "account_type": "income"}])  # fmt: skip
    draft = ledger.entry(ledger.last(6), ("121000", "10.00"), ("499000", "-10.00"), post=False)
    ledger.call("account.account", "write", [key], vals={field: value})
    other = [[0, 0, {"account_id": key, "name": "x", "balance": 1.0}],
             [0, 0, {"account_id": ledger.account("121000"), "name": "x", "balance": -1.0}]]  # fmt: skip
    values = {"move_type": "entry", "date": ledger.last(6).isoformat(), "line_ids": other}
    no_code = [{"name": "No code", "account_type": "expense"}]
    return {
        "listed": bool(ledger.call("account.account", "search", domain=[["code", "=", "499000"]])),
        "posting a draft": ledger.attempt(MOVE, "action_post", [draft]),
        "a new draft": ledger.attempt(MOVE, "create", vals_list=[values]),
        "without a code": ledger.attempt("account.account", "create", vals_list=no_code),
    }


def a_new_company(ledger: Ledger) -> Any:
    """How a company of the standard chart rounds and takes prices, and its journals."""
    row = ledger.read(
        "res.company", ledger.company, "tax_calculation_rounding_method", "account_price_include"
    )
    journals = ledger.rows("account.journal", [["company_id", "=", ledger.company]], "code", "type")
    return [row["tax_calculation_rounding_method"], row["account_price_include"],
            sorted([x["code"], x["type"]] for x in journals)]  # fmt: skip


def names_of_companies(ledger: Ledger) -> Any:
    """A second company of a name, and in which order companies come."""
    name = ledger.read("res.company", ledger.company, "name")["name"]
    return {"a second of one name": ledger.attempt("res.company", "create", vals_list=[{"name": name}])}


def a_match_and_a_draft(ledger: Ledger) -> Any:
    """An invoice that is paid, and goes back to draft and forth."""
    move = ledger.document("out_invoice", ledger.last(5), ["100.00"])
    entry = ledger.entry(ledger.last(6), ("121000", "-100.00"), ("400000", "100.00"))
    due = ledger.line_of(move, "121000")
    ledger.call(LINE, "reconcile", [due, ledger.line_of(entry, "121000")])
    states = [_state(ledger, move, due)]
    ledger.call(MOVE, "button_draft", [move])
    states.append(_state(ledger, move, due))
    ledger.call(MOVE, "action_post", [move])
    return [*states, _state(ledger, move, due)]


def _state(ledger: Ledger, move: int, line: int) -> list[Any]:
    row = ledger.read(MOVE, move, "state", "payment_state")
    return [
        row["state"],
        row["payment_state"],
        bool(ledger.read(LINE, line, "matching_number")["matching_number"]),
    ]


def payments(ledger: Ledger) -> Any:
    """A payment's states, of a customer's and to a vendor, before and after the bank knows of it."""
    found: dict[str, Any] = {}
    for name, kind, code in (("customer", "out_invoice", "121000"), ("vendor", "in_invoice", "211000")):
        move = ledger.document(kind, ledger.last(5), ["100.00"])
        context = {"active_model": MOVE, "active_ids": [move]}
        given = [{"payment_date": ledger.last(6).isoformat(), "journal_id": ledger.journal("BNKU")}]
        (wizard,) = ledger.call("account.payment.register", "create", vals_list=given, context=context)
        done = ledger.call("account.payment.register", "action_create_payments", [wizard], context=context)
        payment = done["res_id"]
        told: list[Any] = [ledger.read("account.payment", payment, "state", "is_matched", "is_reconciled")]
        told.append(ledger.read(MOVE, move, "payment_state")["payment_state"])
        entry = ledger.read("account.payment", payment, "move_id")["move_id"][0]
        outstanding = next(x for x in ledger.lines(entry) if x["code"] != code)
        bank = ledger.banked(ledger.last(7), "100.00" if name == "customer" else "-100.00")
        line = ledger.open_part(bank)
        ledger.call(LINE, "write", [line], vals={"account_id": outstanding["account_id"][0]})
        ledger.call(LINE, "reconcile", [outstanding["id"], line])
        told.append(ledger.read("account.payment", payment, "state", "is_matched", "is_reconciled"))
        for row in told:
            if isinstance(row, dict):
                row.pop("id")
        found[name] = [outstanding["code"], *told]
    return found


def early_discounts(ledger: Ledger) -> Any:
    """An invoice with 2% within 7 days, paid in them: what the payment's entry books."""
    (term,) = ledger.call("account.payment.term", "create", vals_list=[{
        "name": "2/7", "early_discount": True, "discount_percentage": 2, "discount_days": 7,
        "early_pay_discount_computation": "included", "company_id": ledger.company}])  # fmt: skip
    move = ledger.document("out_invoice", ledger.last(5), ["500.00"], "15%", post=False)
    ledger.call(MOVE, "write", [move], vals={"invoice_payment_term_id": term})
    ledger.call(MOVE, "action_post", [move])
    context = {"active_model": MOVE, "active_ids": [move]}
    given = [{"payment_date": ledger.last(6).isoformat(), "journal_id": ledger.journal("BNKU")}]
    (wizard,) = ledger.call("account.payment.register", "create", vals_list=given, context=context)
    done = ledger.call("account.payment.register", "action_create_payments", [wizard], context=context)
    entry = ledger.read("account.payment", done["res_id"], "move_id")["move_id"][0]
    return {
        "entry": sorted([x["code"], money(x["balance"])] for x in ledger.lines(entry)),
        "invoice": ledger.read(MOVE, move, "payment_state")["payment_state"],
    }


def settled_by_an_entry(ledger: Ledger) -> Any:
    """How invoices, bills and their refunds read that an entry closed."""
    found = {}
    for kind, code, sign in (("out_invoice", "121000", "-"), ("out_refund", "121000", ""), ("in_invoice", "211000", ""),
                             ("in_refund", "211000", "-")):  # fmt: skip
        move = ledger.document(kind, ledger.last(5), ["100.00"])
        back = "" if sign else "-"
        entry = ledger.entry(ledger.last(6), (code, f"{sign}100.00"), ("400000", f"{back}100.00"))
        ledger.call(LINE, "reconcile", [ledger.line_of(move, code), ledger.line_of(entry, code)])
        found[kind] = ledger.read(MOVE, move, "payment_state")["payment_state"]
    return found


def marked_lines(ledger: Ledger) -> Any:
    """An invoice of another currency and a bank line that carry one match key: what is paired, and what is left."""
    ledger.rate(ledger.last(5), "0.9000")
    ledger.rate(ledger.last(20), "0.8000")
    move = ledger.document("out_invoice", ledger.last(5), ["90.00"], "", "EUR")
    due = ledger.line_of(move, "121000")
    ledger.call(LINE, "write", [due], vals={"matching_number": "Ikey1"})
    euro = ledger.currency("EUR")
    lines = [
        [0, 0, {"account_id": ledger.account("101512"), "name": "x", "debit": 112.5, "credit": 0.0, "currency_id": euro,
                "amount_currency": 90.0}],
        [0, 0, {"account_id": ledger.account("121000"), "name": "x", "debit": 0.0, "credit": 112.5, "currency_id": euro,
                "amount_currency": -90.0, "matching_number": "Ikey1"}],
    ]  # fmt: skip
    bank = ledger.banked(ledger.last(20), "90.00", "BNKE", line_ids=lines)
    own = ledger.line_of(ledger.entry_of(bank), "121000")
    left = {}
    for name, line in (("invoice", due), ("bank line", own)):
        row = ledger.read(LINE, line, "amount_residual", "amount_residual_currency", "reconciled")
        left[name] = [
            money(row["amount_residual"]),
            money(row["amount_residual_currency"]),
            row["reconciled"],
        ]
    state = ledger.read(MOVE, move, "payment_state")["payment_state"]
    return {**left, "state": state, "exchanged": len(_exchanges(ledger, due))}


def accounts_that_are_not_reconciled(ledger: Ledger) -> Any:
    """Two lines of an account that does not allow reconciling: matched in so many words, and by a key as they are posted."""
    lines = [ledger.line_of(ledger.entry(ledger.last(6), ("400100", v), ("121000", w)), "400100")
             for v, w in (("10.00", "-10.00"), ("-10.00", "10.00"))]  # fmt: skip
    told: dict[str, Any] = {"in so many words": ledger.attempt(LINE, "reconcile", lines)}
    drafts = [ledger.entry(ledger.last(6), ("400200", v), ("121000", w), post=False)
              for v, w in (("10.00", "-10.00"), ("-10.00", "10.00"))]  # fmt: skip
    own = [ledger.line_of(move, "400200") for move in drafts]
    told["a key"] = [ledger.attempt(LINE, "write", [line], vals={"matching_number": "Ikey2"}) for line in own]
    told["posting"] = ledger.attempt(MOVE, "action_post", drafts)
    told["allows it then"] = ledger.read("account.account", ledger.account("400200"), "reconcile")[
        "reconcile"
    ]
    told["matched"] = [ledger.read(LINE, line, "reconciled")["reconciled"] for line in own]
    return told


def quantities(ledger: Ledger) -> Any:
    """What becomes of quantities and prices that are finer than decimal accuracy has them."""
    told = {}
    for quantity, price in (
        ("0.12", "80.00"),
        ("0.125", "80.00"),
        ("0.005", "1000.00"),
        ("3", "3.333"),
        ("2.675", "100.00"),
    ):
        line = {"name": "x", "quantity": float(quantity), "price_unit": float(price), "account_id": ledger.account("400000"),
                "tax_ids": [[6, 0, []]]}  # fmt: skip
        on = ledger.last(6).isoformat()
        values = {"move_type": "out_invoice", "partner_id": ledger.partner, "invoice_date": on, "date": on,
                  "invoice_line_ids": [[0, 0, line]]}  # fmt: skip
        (move,) = ledger.call(MOVE, "create", vals_list=[values])
        row = ledger.read(LINE, ledger.line_of(move, "400000"), "quantity", "balance")
        told[f"{quantity} x {price}"] = [str(row["quantity"]), money(row["balance"])]
    return told


def days_after_today(ledger: Ledger) -> Any:
    """A document of tomorrow."""
    on = ledger.today + timedelta(days=1)
    move = ledger.document("out_invoice", on, ["10.00"])
    row = ledger.read(MOVE, move, "state", "date")
    return [row["state"], row["date"] == on.isoformat()]


# Those that lock or change the company they are in come last; `OWN` get a company of their own.
ALL = [
    a_new_company, rounding, partners_of_bank_lines, dates_of_exchange_entries, ids_after_an_undo, matches_of_others, accounts_out_of_use,
    names_of_companies, a_match_and_a_draft, payments, early_discounts, settled_by_an_entry, marked_lines,
    accounts_that_are_not_reconciled, automations, quantities, days_after_today,
    terms_of_partners, coarse_currencies, methods_of_payment, fiscal_positions, taxes_on_payment,
    rounding_by_line, hashed_journals, lock_dates, a_split_bank_line_taken_back,
]  # fmt: skip
OWN = frozenset(
    [
        "fiscal_positions",
        "taxes_on_payment",
        "a_split_bank_line_taken_back",
        "hashed_journals",
        "lock_dates",
        "rounding_by_line",
    ]
)
# Asked of real servers alone: the simulator has no rules of people's own.
NOT_PLAYED = frozenset(["automations"])
