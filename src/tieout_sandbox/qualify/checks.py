"""What the connector needs of an Odoo, each let happen in a company made for it: what must be so of any version.

`tests/conformance` holds the simulator of each version against the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import RefusedError, Sending, SetupError
from tieout.documents import (
    EntryPosting,
    InvoiceLine,
    LedgerLine,
    Mark,
    MatchedLine,
    MatchRequest,
    PaymentPosting,
    ProductRecord,
    UnmatchRequest,
)
from tieout_sandbox.qualify.books import END, ON, PAID_ON, Books, DiffersError, holds, number, tag, targets

Check = Callable[[Books], None]


def sent_three_times(books: Books) -> None:
    """An effect that is sent three times is one record, and what is posted is never posted again."""
    sending = books.invoice(f"i_{tag()}")
    outcomes = [books.one(sending) for _ in range(3)]
    told = {(o.status, o.cause) for o in outcomes}
    holds(told == {("confirmed", "")}, "each time it is confirmed", outcomes)
    holds(len({o.target_id for o in outcomes}) == 1, "each time it is the same record", outcomes)


def looked_up(books: Books) -> None:
    """What was sent is found by its external id, and what was not is absent."""
    sending, other = books.invoice(f"i_{tag()}"), books.invoice(f"i_{tag()}")
    (before,) = books.session.look_up([sending])
    holds(before.status == "absent", "what was not sent is absent", before)
    made = books.one(sending)
    found = books.session.look_up([sending, other])
    holds([o.status for o in found] == ["confirmed", "absent"], "only what was sent is there", found)
    holds(found[0].target_id == made.target_id, "and it is the one that was made", found, made)


def own_tax(books: Books) -> None:
    """The source's own tax stands on the tax line, whatever Odoo works out."""
    made = books.one(books.invoice(f"i_{tag()}", "100.03", "15.01"))
    holds(made.status == "confirmed" and not made.cause, "it is confirmed", made)
    lines = {code: Decimal(amount) for code, amount in made.read_back["lines"]}
    wanted = {"121000": Decimal("115.04"), "400000": Decimal("-100.03"), "tax:15%": Decimal("-15.01")}
    holds(lines == wanted, "its lines are as they were sent", lines)


def net_prices(books: Books) -> None:
    """Net prices are taken as net, and a refund turns every sign."""
    made = books.one(books.invoice(f"r_{tag()}", "200.00", "30.00", refund=True))
    holds(made.status == "confirmed" and not made.cause, "it is confirmed", made)
    lines = {code: Decimal(amount) for code, amount in made.read_back["lines"]}
    wanted = {"121000": Decimal("-230.00"), "400000": Decimal("200.00"), "tax:15%": Decimal("30.00")}
    holds(lines == wanted, "its lines are as they were sent", lines)


def products(books: Books) -> None:
    """A product that is there under its number is used, others are made once, and its line keeps account, price and taxes."""
    sku = f"SKU-{tag()}"
    made = Sending(f"tieout.product_{tag()}", ProductRecord(sku=sku, name="Valve"))
    first = books.one(made)
    holds((first.status, first.model) == ("confirmed", "product.product"), "a product is made", first)
    other = Sending(f"tieout.product_{tag()}", ProductRecord(sku=sku, name="The same, by another shop"))
    again = [books.one(x) for x in (made, other, made)]
    holds({o.target_id for o in again} == {first.target_id}, "and used from then on", again)
    line = InvoiceLine(
        name="Valve, blue", quantity=Decimal(2), net=Decimal("100.00"), account="400000", taxes=("15%",),
        product=made.external_id,
    )  # fmt: skip
    sending = replace(books.invoice(f"i_{tag()}", lines=(line,)), targets=targets(first))
    invoiced = books.one(sending)
    holds(invoiced.status == "confirmed" and not invoiced.cause, "an invoice of it is confirmed", invoiced)
    domain = [["move_id", "=", invoiced.target_id], ["display_type", "=", "product"]]
    rows = books.ask(
        "account.move.line", "search_read", fields=["name", "product_id", "price_unit"], domain=domain
    )
    found = [(r["name"], r["product_id"][0], Decimal(str(r["price_unit"]))) for r in rows]
    holds(found == [("Valve, blue", first.target_id, Decimal(50))], "its line is its own", found)


def payments(books: Books) -> None:
    """A registered payment is made once, and matched on both its accounts."""
    name = f"pay_{tag()}"
    bill = books.invoice(f"i_{tag()}", match="")
    billed = books.one(bill)
    body = PaymentPosting(
        journal="BNKU", account="101403", counter="121000", on=PAID_ON, reference=name, currency="USD",
        amount=Decimal("115.00"), partner=books.partner,
    )  # fmt: skip
    payment = Sending(f"tieout.{name}", body)
    paid = [books.one(payment) for _ in range(3)]
    holds(len({o.target_id for o in paid}) == 1 and not paid[0].cause, "it is made once", paid)
    booked = books.one(books.cash(f"c_{tag()}", "115.00", counter="101403"))
    for left, account in ((billed, "121000"), (booked, "101403")):
        request = MatchRequest(left=left.external_id, right=payment.external_id, account=account)
        matched = books.one(Sending(f"tieout.m_{tag()}", request, targets=targets(billed, booked, paid[0])))
        holds(matched.status == "confirmed", f"it is matched on {account}", matched)
    (row,) = books.ask("account.payment", "read", ids=[paid[0].target_id], fields=["state", "is_matched"])
    holds(row["state"] == books.settled and row["is_matched"], f"it is {books.settled}, and matched", row)


def _matched(books: Books, first: str) -> None:
    name = f"m_{tag()}"
    # One with tax and one without: each has its due line marked.
    due = books.invoice(name) if first == "invoice" else books.invoice(name, "115.00", "0.00")
    sendings = [due, books.cash(f"{name}_pay", "115.00", name)]
    ordered = sendings if first == "invoice" else sendings[::-1]
    outcomes = {o.external_id: o for o in map(books.one, ordered)}
    left, right = (outcomes[s.external_id] for s in sendings)
    request = MatchRequest(left=left.external_id, right=right.external_id, account="121000")
    match = Sending(f"tieout.{name}_match", request, (), targets(left, right))
    looked, sent = books.session.look_up([match]), books.one(match)
    holds(looked[0].status == sent.status == "confirmed", "they are matched by their key", looked, sent)
    (row,) = books.ask("account.move", "read", ids=[left.target_id], fields=["payment_state"])
    holds(row["payment_state"] in ("paid", "in_payment"), "the invoice is paid", row)


def matched_invoice_first(books: Books) -> None:
    """An invoice is matched with the payment that comes after it."""
    _matched(books, "invoice")


def matched_payment_first(books: Books) -> None:
    """A payment is matched with the invoice that comes after it."""
    _matched(books, "payment")


def part_payments(books: Books) -> None:
    """Two part payments close one invoice."""
    name = f"pp_{tag()}"
    bill = books.one(books.invoice(name))
    for nth, amount in enumerate(("15.00", "100.00")):
        part = books.one(books.cash(f"{name}_{nth}", amount))
        request = MatchRequest(left=bill.external_id, right=part.external_id, account="121000")
        match = Sending(f"tieout.{name}_m{nth}", request, (), targets(bill, part))
        holds(books.session.look_up([match])[0].status == "absent", "nothing matches it by itself")
        done = books.one(match)
        holds(done.status == "confirmed", "it is matched", done)


def taken_apart(books: Books) -> None:
    """A match is taken apart, and what was paid is open again."""
    name = f"u_{tag()}"
    due = books.one(books.invoice(name))
    entry = EntryPosting(
        journal="MISC", on=PAID_ON, reference=f"{name} paid", currency="USD",
        lines=(
            LedgerLine(account="212130", amount=Decimal("115.00"), company=Decimal("115.00"), name="x"),
            LedgerLine(account="121000", amount=Decimal("-115.00"), company=Decimal("-115.00"), name="x", match=name,
                       partner=books.partner),
        ),
    )  # fmt: skip
    paid = books.one(Sending(f"tieout.{name}_paid", entry))
    lines = tuple(
        MatchedLine(line=_line(books, number(o)), residual=Decimal(r)) for o, r in ((due, 115), (paid, -115))
    )
    body = UnmatchRequest(left=paid.external_id, account="121000", lines=lines)
    holds(not _open(books, name), "it is matched at first")
    done = books.one(Sending(f"tieout.{name}_apart", body, (), targets(due, paid)))
    holds(done.status == "confirmed", "it is taken apart", done)
    holds(_open(books, name) == [Decimal(-115), Decimal(115)], "both are open again", _open(books, name))


def _line(books: Books, move: int) -> int:
    """The line of an entry that stands on the receivable."""
    domain = [["move_id", "=", move], ["account_id.code", "=", "121000"]]
    (line,) = books.ask("account.move.line", "search", domain=domain)
    return int(line)


def _open(books: Books, name: str) -> list[Decimal]:
    """What is open of the receivable under a name."""
    items = books.session.open_items(["121000"], END)
    return sorted(i.residual for i in items if i.effect.startswith(f"tieout.{name}"))


def sets(books: Books) -> None:
    """What is open is read whoever made it, and a set of it is reconciled once by an entry that expects it as it was."""
    name, value = f"set_{tag()}", Decimal("115.00")
    books.one(books.invoice(name, match=""))
    books.one(books.cash(f"{name}_c", "115.00", counter="212130"))
    found = {
        i.numbers[0]: i for i in books.session.open_items(["212130", "121000"], END) if name in i.numbers[0]
    }
    holds(set(found) == {name, f"{name}_c"}, "both are read as open", sorted(found))
    due, paid = found[name], found[f"{name}_c"]
    holds((due.is_payment, due.residual, paid.is_payment, paid.residual) == (False, value, True, -value),
          "with their signs", due, paid)  # fmt: skip
    lines = (
        LedgerLine(account="212130", amount=value, company=value, name="x", match=f"{name}u"),
        LedgerLine(account="121000", amount=-value, company=-value, name="x", match=f"{name}r",
                   partner=f"#{due.partner}"),
    )  # fmt: skip
    entry = EntryPosting(
        journal="MISC", on=PAID_ON, reference=f"{name} applied", currency="USD", lines=lines,
        marks=(Mark(line=paid.line, match=f"{name}u"), Mark(line=due.line, match=f"{name}r")),
        expects=tuple(MatchedLine(line=x.line, residual=x.residual) for x in (paid, due)),
    )  # fmt: skip
    applied = books.one(Sending(f"tieout.{name}_a", entry))
    holds(applied.status == "confirmed" and not applied.cause, "the entry is confirmed", applied)
    late = books.one(Sending(f"tieout.{name}_b", msgspec.structs.replace(entry, reference=f"{name} late")))
    holds((late.status, late.cause) == ("refused", "matched_otherwise"), "another comes too late", late)
    there = books.ask("account.move", "search", domain=[["ref", "=", f"{name} late"]])
    holds(there == [], "and nothing is posted for it", there)
    left = {i.line for i in books.session.open_items(["212130", "121000"], END)}
    holds(not left & {due.line, paid.line}, "neither line is open any more")


def one_line_expected_twice(books: Books) -> None:
    """Of entries of one set that expect the same line to be open, one is posted."""
    name = f"two_{tag()}"
    books.one(books.invoice(f"{name}_1", match=""))
    (due,) = (i for i in books.session.open_items(["121000"], END) if f"{name}_1" in i.numbers[0])

    def entry(key: str) -> Sending:
        lines = (
            LedgerLine(account="212130", amount=due.residual, company=due.residual, name="x"),
            LedgerLine(account="121000", amount=-due.residual, company=-due.residual, name="x", match=key,
                       partner=f"#{due.partner}"),
        )  # fmt: skip
        body = EntryPosting(
            journal="MISC", on=PAID_ON, reference=key, currency="USD", lines=lines,
            marks=(Mark(line=due.line, match=key),),
            expects=(MatchedLine(line=due.line, residual=due.residual),),
        )  # fmt: skip
        return Sending(f"tieout.{key}", body)

    found = books.session.send([entry(f"{name}_a"), entry(f"{name}_b")])
    told = sorted((o.status, o.cause) for o in found)
    holds(told == [("confirmed", ""), ("refused", "matched_otherwise")], "one is posted, one refused", found)


def bad_rows(books: Books) -> None:
    """One bad row is refused by its reason, and its neighbours are posted."""
    good, bad, odd = (
        books.invoice(f"g_{tag()}"),
        books.invoice(f"b_{tag()}", partner="tieout.nobody"),
        books.invoice(f"o_{tag()}", journal="NOPE"),
    )
    found = {o.external_id: o for o in books.session.send([good, bad, odd])}
    told = [found[s.external_id].status for s in (good, bad, odd)]
    holds(told == ["confirmed", "refused", "refused"], "the good one is posted, the others refused", found)
    why = found[bad.external_id].error, found[odd.external_id].error
    holds("nobody" in why[0] and "NOPE" in why[1], "each says why", why)


def unbalanced(books: Books) -> None:
    """An entry that does not balance is refused, and nothing is booked."""
    lines = tuple(
        LedgerLine(account=a, amount=Decimal(v), company=Decimal(v), name="x")
        for a, v in (("612000", "10"), ("230000", "-9"))
    )
    name = f"e_{tag()}"
    body = EntryPosting(journal="MISC", on=ON, reference=name, currency="USD", lines=lines)
    outcome = books.one(Sending(f"tieout.{name}", body))
    holds(outcome.status == "refused" and "balanced" in outcome.error, "it is refused", outcome)
    there = books.ask("account.move", "search", domain=[["ref", "=", name]])
    holds(there == [], "and nothing is booked", there)


def trial_balance(books: Books) -> None:
    """The trial balance is of posted lines, and comes to nothing."""
    before = books.session.trial_balance(END)
    books.one(books.invoice(f"tb_{tag()}"))
    after = books.session.trial_balance(END)
    own = sum(v for (_, currency), v in after.items() if currency == "USD")
    holds(own == 0, "it comes to nothing", own)
    moved = after["121000", "USD"] - before.get(("121000", "USD"), Decimal(0))
    holds(moved == Decimal("115.00"), "it moves by what was posted", moved)


def seen_by_content(books: Books) -> None:
    """What people reset to draft or delete is seen as the entry is read back."""
    sendings = [books.invoice(f"ed_{tag()}", match="") for _ in range(3)]
    ids = [number(books.one(s)) for s in sendings]
    books.person("account.move", "button_draft", ids=ids[:2])
    books.person("account.move", "unlink", ids=[ids[1]])
    causes = [o.cause for o in books.session.read_back(sendings, ids)]
    holds(causes == ["unposted_in_ledger", "deleted_in_ledger", ""], "each is told apart", causes)


def locked(books: Books) -> None:
    """What a lock of the books would move to another day is not sent."""

    def lock(until: Any) -> None:
        books.person("res.company", "write", ids=[books.company], vals={"sale_lock_date": until})

    name = f"l_{tag()}"
    lock(END.isoformat())
    try:
        late = books.one(books.invoice(name))
    finally:
        lock(False)
    holds(late.status == "refused" and "lock" in late.error, "it is refused", late)
    there = books.ask("account.move", "search", domain=[["ref", "=", name]])
    holds(there == [], "and nothing is booked", there)


def few_rights(books: Books) -> None:
    """An account of few rights is refused, and told which right it lacks."""
    vals = {"sale_lock_date": "2026-01-31"}
    try:
        books.session._client.call("res.company", "write", ids=[books.company], vals=vals)
    except SetupError as error:
        holds("lacks a right" in str(error), "it is told so", str(error))
        return
    raise DiffersError("the service account may write to its company")


def not_there(books: Books) -> None:
    """A record that is not there is refused, and not tried again."""
    try:
        books.session._client.call("account.move", "action_post", ids=[99999999])
    except RefusedError:
        return
    raise DiffersError("posting what is not there is not refused")


def foreign(books: Books) -> None:
    """An invoice in another currency is posted at the day's rate, and keeps its amounts."""
    made = books.one(books.invoice(f"f_{tag()}", "359.28", "0.00", currency="EUR", match=""))
    holds(made.status == "confirmed" and not made.cause, "it is confirmed", made)
    lines = {code: Decimal(amount) for code, amount in made.read_back["lines"]}
    holds(
        lines == {"121000": Decimal("359.28"), "400000": Decimal("-359.28")}, "its amounts are its own", lines
    )


CHECKS: tuple[Check, ...] = (
    sent_three_times, looked_up, own_tax, net_prices, foreign, products, payments, matched_invoice_first,
    matched_payment_first, part_payments, taken_apart, sets, one_line_expected_twice, bad_rows, unbalanced,
    trial_balance, seen_by_content, locked, few_rights, not_there,
)  # fmt: skip
