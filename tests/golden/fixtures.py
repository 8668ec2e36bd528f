"""Golden files: a sample beside the documents that it must become.

`python -m tests.golden.fixtures` writes the samples that are missing (invented, by the simulators) and every
document again. A sample that stands stays as it was stored, though a simulator may say it otherwise today: an
archive holds such messages, and they must be read for ever. To have one anew, delete it first; to have both,
give the new one a name of its own.
Names: `<stream>.<what>.<origin>.<ext>` with origin recorded, published or invented.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.connectors import shopify_orders as sold
from tieout.close import OpenSale, Revalued
from tieout.close.cutting_off import cutoff_entry
from tieout.close.revaluing import entry_of as revaluation_entry
from tieout.connector_api import OpenItem, SystemConfig
from tieout.documents import Party, Supplier, SupplierAccount, canonical_bytes
from tieout.money import Amount
from tieout.operations.discover import discover
from tieout.payables import Accrual, SupplierRevision, propose
from tieout.payables.accruing import entries_of
from tieout.payables.filing import file_of
from tieout.reconcile.ledger.grouping import match_document
from tieout.rules import Interface
from tieout_sandbox.simulators.bankfile import Bank, BankLine
from tieout_sandbox.simulators.chargebee import Chargebee
from tieout_sandbox.simulators.concur import Concur
from tieout_sandbox.simulators.coupa import Coupa
from tieout_sandbox.simulators.einvoices import AccessPoint, Item, Sent
from tieout_sandbox.simulators.expenses import Expense, ExpenseTool, Report
from tieout_sandbox.simulators.gusto import Gusto
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports
from tieout_sandbox.simulators.payments import PaymentBank
from tieout_sandbox.simulators.paypal import PayPal
from tieout_sandbox.simulators.payroll import Employee, PayrollBureau
from tieout_sandbox.simulators.procurement import Ordered, ProcurementTool, Purchase, Vendor
from tieout_sandbox.simulators.salesforce import Salesforce
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.shopify_payments import ShopifyPayments
from tieout_sandbox.simulators.stripe import Stripe

FOLDER = Path(__file__).resolve().parents[2] / "src" / "tieout" / "connectors"
AT = datetime(2026, 10, 5, 12, tzinfo=UTC)


def samples() -> Iterator[tuple[Path, str]]:
    """(sample, stream) of every fixture that there is."""
    for path in sorted(FOLDER.glob("*/fixtures/*")):
        if not path.name.endswith((".documents.json", ".options.json")):
            yield path, path.name.split(".")[0]


# Each of hundreds of samples asks, and to look for outsiders' connectors is to read what is installed.
_connectors = cache(discover)


def documents_of(path: Path, stream: str) -> list[Any]:
    connector = _connectors()[path.parents[1].name]
    options = path.with_suffix(".options.json")
    given = json.loads(options.read_text()) if options.exists() else {}
    found = connector.stream(stream).normalise(path.read_bytes(), given)
    return [json.loads(canonical_bytes(document)) for document in found]


def golden(path: Path) -> Path:
    return path.with_suffix(".documents.json")


def _write(connector: str, name: str, raw: bytes) -> None:
    folder = FOLDER / connector / "fixtures"
    folder.mkdir(exist_ok=True)
    if not (folder / name).exists():
        (folder / name).write_bytes(raw)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, default=str).encode() + b"\n"


def _stripe() -> None:
    stripe = Stripe(lambda: AT, key="k", webhook_secret="s", seed=1)
    row = stripe.charge(11_500, "USD", 364, AT, {"order_id": "5000000007"}, "Ada Byron")
    _write("stripe", "balance_transactions.charge.invented.json", _json(row))
    refund = stripe.refund(row["source"], 2300, AT, {"order_id": "5000000007", "refund_id": "refund:9"})
    _write("stripe", "balance_transactions.refund.invented.json", _json(refund))
    dispute = stripe.open_dispute(row["source"], 1500, AT)
    _write("stripe", "balance_transactions.dispute.invented.json", _json(stripe.books.transactions[-1]))
    _write("stripe", "disputes.opened.invented.json", _json(dispute))
    payout = stripe.adjust("payout_minimum_balance_hold", -500, "EUR", AT, "Hold")
    _write("stripe", "balance_transactions.hold.invented.json", _json(payout))
    body = {
        "payout": {"id": "po_1", "created": int(AT.timestamp()), "currency": "usd"},
        "transactions": ["txn_b", "txn_a"],
    }
    _write("stripe", "payouts.composition.invented.json", _json(body))


def _shopify() -> None:
    for included, currency in ((False, "USD"), (True, "EUR")):
        shop = Shopify(lambda: AT, shop="s", currency=currency, zone="UTC", token="t", webhook_secret="w")
        tax = {"title": "VAT", "rate": "0.2", "amount": Decimal("20.00")}
        lines = [
            {
                "name": "Valve",
                "quantity": 2,
                "price": Decimal("120.00" if included else "100.00"),
                "taxes": [tax],
            },
            {"name": "Gift card", "quantity": 1, "price": Decimal("50.00"), "taxes": [], "gift_card": True},
        ]
        order = shop.place(
            number="US-1", at=AT, customer={"id": "7", "name": "Ada Byron", "email": "ada@example.com"},
            lines=lines, shipping=Decimal("5.95"), shipping_tax=[], total=Decimal("175.95"), included=included,
            tenders=[("gift_card", Decimal("20.00")), ("stripe", Decimal("155.95"))],
        )  # fmt: skip
        shop.refund(
            order, [(0, 1, Decimal("60.00" if included else "50.00"), Decimal("10.00"))], Decimal("59.00"), AT
        )
        name = "included" if included else "excluded"
        _write("shopify", f"orders.tax-{name}.invented.json", _json(order))
    shop = Shopify(lambda: AT, shop="s", currency="USD", zone="UTC", token="t", webhook_secret="w")
    for name in ("fulfilled", "cancelled-early"):
        line = {"name": "Valve", "sku": "MS-101", "quantity": 1, "price": Decimal("90.00"), "taxes": []}
        order = shop.place(
            number="US-2", at=AT, customer={"id": "7", "name": "Ada Byron", "email": "ada@example.com"},
            lines=[line], shipping=Decimal(0), shipping_tax=[], total=Decimal("90.00"), included=False,
            tenders=[("stripe", Decimal("90.00"))],
        )  # fmt: skip
        act = shop.fulfil if name == "fulfilled" else shop.cancel
        act(order, AT + timedelta(days=2))
        _write("shopify", f"orders.{name}.invented.json", _json(order))
        _write("shopify", f"orders.{name}.invented.options.json", _json({"invoice_on": "fulfilment"}))


def _shopify_parts() -> None:
    """An order in two parcels, one unit called off before and one returned after them."""
    shop = Shopify(lambda: AT, shop="s", currency="EUR", zone="UTC", token="t", webhook_secret="w")
    lines = [
        {"name": name, "sku": name[0], "quantity": 3, "price": Decimal(price), "taxes": [
            {"title": "VAT", "rate": rate, "amount": Decimal(tax)}]}
        for name, price, rate, tax in (("Valve", "60.00", "0.2", "10.00"), ("Hose", "11.00", "0.1", "1.00"))
    ]  # fmt: skip
    order = shop.place(
        number="EU-3", at=AT, customer={"id": "7", "name": "Ada Byron", "email": "ada@example.com"}, lines=lines,
        shipping=Decimal("6.00"), shipping_tax=[], total=Decimal("77.00"), included=True,
        tenders=[("stripe", Decimal("77.00"))],
    )  # fmt: skip
    back = [(0, 1, Decimal("20.00"), Decimal("3.33"))], Decimal("20.00")
    shop.fulfil(order, AT + timedelta(days=1), {1: 2}, whole=False)
    shop.refund(order, *back, AT + timedelta(days=2))
    shop.fulfil(order, AT + timedelta(days=3))
    shop.refund(order, *back, AT + timedelta(days=9))
    _write("shopify", "orders.sent-in-parts.invented.json", _json(order))
    _write("shopify", "orders.sent-in-parts.invented.options.json", _json({"revenue_on": "cut_off"}))


def _shopify_today() -> None:
    """An order as it is asked for since its current total is: the samples above are as messages of before have it."""
    item = sold.line(1, "100.00", quantity=2, off=["20.00"], taxLines=[sold.tax("8.00")])
    given = sold.refund(1, [sold.back(item, "40.00", "4.00")], [sold.moved(2, "REFUND", "44.00")])
    node = sold.placed([item], "88.00", current="44.00", refunds=[given])
    _write("shopify", "orders.discounted.invented.json", _json(node))
    account = ShopifyPayments("USD")
    order = ("gid://shopify/Order/1", "#1001")
    rows = {
        "charge": account.move("CHARGE", Decimal("88.00"), Decimal("2.85"), AT, order, 1, ("CHARGE", 11)),
        "refund": account.move("REFUND", Decimal("-44.00"), Decimal(0), AT, order, 2, ("REFUND", 12)),
    }
    rows["refund"] |= {"refund": "gid://shopify/Refund/1", "payment": "gid://shopify/OrderTransaction/1"}
    members = [*account.movements]
    payout = account.pay_out(AT + timedelta(days=2))
    for name, row in {**rows, "transfer": account.movements[-1]}.items():
        _write("shopify", f"balance.{name}.invented.json", _json(row))
    _write("shopify", "payouts.paid.invented.json", _json({**payout, "members": members}))
    paid = {
        "id": "gid://shopify/OrderTransaction/1",
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
    }
    dispute = account.open_dispute(
        {"id": order[0], "name": order[1]}, Decimal("88.00"), Decimal("15.00"), AT, 1
    )
    account.close_dispute(dispute, False, AT + timedelta(days=30))
    told = {**dispute, "order": {"id": order[0], "transactions": [paid]}, "account_currency": "USD"}
    _write("shopify", "disputes.lost.invented.json", _json(told))


def _salesforce() -> None:
    org = Salesforce(lambda: AT, client_id="i", client_secret="s")
    account = org.add_account(1, "Harbor Industrial", "ap@example.com", AT)
    _write("salesforce", "accounts.customer.invented.json", _json(org._shown("Account", account)))
    won = org.win(1, "SO-1", account["Id"], AT, [("Goods", 2, Decimal("200.00"))],
                  ("State Tax", Decimal(15), Decimal("30.00")), Decimal("230.00"))  # fmt: skip
    _write("salesforce", "won_orders.taxed.invented.json", _json(org._shown("Opportunity", won)))


def _bankfile() -> None:
    bank = Bank()
    bank.open_account("DE02120300000000202051", "EUR", 10_000)
    for line in (
        BankLine(date(2026, 10, 5), 9000, "po_abc", "STRIPE", "STRIPE po_abc"),
        BankLine(date(2026, 10, 5), -1500, remittance="Fee & charges", code=("ACMT", "MDOP", "CHRG")),
        BankLine(date(2026, 10, 5), -1500, remittance="Fee & charges", code=("ACMT", "MDOP", "CHRG")),
    ):
        bank.book("DE02120300000000202051", line)
    _write(
        "bankfile", "statements.day.invented.xml", bank.statement("DE02120300000000202051", date(2026, 10, 5))
    )


def _odoo() -> None:
    cash = OpenItem(
        line=71, move=31, account="212130", kind="other", is_payment=True, on=date(2026, 10, 12), due=None,
        currency="USD", residual=Decimal("-487.50"), company=Decimal("-487.50"), partner=0, partner_name="",
        numbers=("DE02120300000000202051:285:2026-10-12:00001",), label="Acme Corp INV-77030",
        effect="tieout.bank_line_1",
    )  # fmt: skip
    due = OpenItem(
        line=12, move=4, account="121000", kind="receivable", is_payment=False, on=date(2026, 10, 5), due=None,
        currency="USD", residual=Decimal("500.00"), company=Decimal("500.00"), partner=9,
        partner_name="Acme Corp", numbers=("INV-77030",), label="INV-77030",
    )  # fmt: skip
    document = match_document(
        [cash], [due], explained_as="bank_charge", difference_account="620000", confidence="0.9999",
        rule="number, difference explained", why="its number; same party; bank charge",
        decided_by="policy: automatic", own_currency="USD",
    )  # fmt: skip
    _write("odoo", "reconciliations.bank-charge.invented.json", canonical_bytes(document))


def _revaluation() -> None:
    found = Revalued(account="211000", currency="EUR", amount=Decimal("-90.00"), carried=Decimal("-112.50"),
                     rate=Decimal("0.9"), worth=Decimal("-100.00"))  # fmt: skip
    entry = revaluation_entry([found], "USD", date(2026, 10, 31))
    _write("odoo", "revaluations.1.invented.json", canonical_bytes(entry))


def _cutoff() -> None:
    sales = [
        OpenSale(interface="shop", number=number, on=date(2026, 10, 30), source=Amount(Decimal(net), "USD"),
                 amounts={"goods": Decimal(net)})
        for number, net in (("US-1", "80.00"), ("US-2", "-75.00"))
    ]  # fmt: skip
    _write("odoo", "cutoffs.1.invented.json", canonical_bytes(cutoff_entry(sales, "USD", date(2026, 10, 31))))


def _settlements() -> None:
    files = Path(__file__).parent / "bankfiles"
    for provider, what, sample, options in (
        ("adyen", "adyen", "csv.csv-adyen-settlement.invented.csv", {}),
        ("paypal", "paypal", "paypal.settlement.invented.csv", {}),
        ("paypal", "paypal-version-9", "paypal.version-9.invented.csv", {}),
        ("shopify_payments", "shopify-payments", "csv.csv-shopify-payouts.invented.csv", {}),
        (
            "shopify_payments",
            "shopify-payments-by-id",
            "csv.csv-shopify-payouts-id.invented.csv",
            {"payouts": "id"},
        ),
    ):
        name = f"settlements.{what}.invented"
        _write("settlements", f"{name}.csv", (files / sample).read_bytes())
        _write("settlements", f"{name}.options.json", _json({"provider": provider, **options}))


def _ledgers() -> None:
    lines = (
        ExportedLine("6000", Decimal("1200.00"), "Rent, October", cost_centre="100:60;200:40"),
        ExportedLine("2000", Decimal("-1200.00"), pair="IC-7", partner_entity="DE"),
    )
    entry = ExportedEntry(
        "A-17", date(2026, 10, 31), "USD", lines, "mia@example.com", date(2026, 11, 1), "Rent"
    )
    _items("ledgers", {}, "journals.csv", LedgerExports().export([entry]))
    balances = b"on,account,currency,balance\n2026-10-31,6000,USD,1200.00\n2026-10-31,2000,USD,-1200.00\n"
    _items("ledgers", {"nature": "trial_balance"}, "balances.csv", balances)


def _payroll() -> None:
    bureau = PayrollBureau()
    staff = [
        Employee(f"E{n}", centre, Decimal(3000 + n)) for n, centre in ((1, "100"), (2, "100"), (3, "200"))
    ]
    run = bureau.pay("R-10", "2026-10", date(2026, 10, 28), "USD", staff)
    components = {"gross": "debit 6100", "tax": "credit 2110", "social": "credit 2120", "net_pay": "credit 2100",
                  "employer_social": "debit 6110 credit 2120"}  # fmt: skip
    _items(
        "payroll", {"components": components}, "run.csv", bureau.export(run, prepared_by="pat@example.com")
    )


def _expenses() -> None:
    expenses = (
        Expense("travel", Decimal("119.00"), Decimal("19.00"), "card", "100"),
        Expense("per_diem", Decimal("56.00"), cost_centre="100", days=2),
    )
    report = Report("X-9", date(2026, 10, 14), "E1", "Ada Byron", "EUR", expenses)
    _items("expenses", {"per_diem": "28.00"}, "reports.csv", ExpenseTool().export([report]))


def _chargebee() -> None:
    site = Chargebee(lambda: AT, key="k")
    tax = ("State Tax 15%", 15.0, 18_000)
    year = site.line("Team plan", 120_000, date(2026, 10, 15), date(2027, 10, 15), tax=tax)
    used = site.line("Minutes", 4200, date(2026, 9, 15), date(2026, 10, 15), metered=True)
    invoice = site.bill("INV-1", AT, ("cus_1", "Acme Corp"), [year, used])
    back = site.line("Team plan, unused", 60_000, date(2027, 4, 15), date(2027, 10, 15))
    _write("chargebee", "invoices.year.invented.json", _json(invoice))
    _write("chargebee", "credit_notes.unused.invented.json", _json(site.credit("CN-1", AT, invoice, [back])))
    for name in ("invoices.year", "credit_notes.unused"):
        _write("chargebee", f"{name}.invented.options.json", _json({"deferral": "tieout"}))


def _gusto() -> None:
    site = Gusto(lambda: AT, company="co-1", token="t")
    for number, (department, gross) in enumerate(
        (("100", "4000.00"), ("100", "3333.33"), ("200", "5000.00"))
    ):
        site.hire(f"e{number}", department, Decimal(gross))
    row = site.process("run-1", date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 20))
    departments = {k: d for k, (d, _) in site.employees.items()}
    _write("gusto", "payrolls.half-month.invented.json", _json({"payroll": row, "departments": departments}))
    paid = site.pay_contractor("pay-1", date(2026, 10, 20), Decimal("750.00"), Decimal("42.10"))
    _write("gusto", "contractor_payments.fixed.invented.json", _json(paid))


def _paypal() -> None:
    account = PayPal(lambda: AT, client_id="i", client_secret="s")
    sale = account.move("8HT00001", "T0006", "115.00", AT, fee="-3.64", invoice_id="SO-1")
    _write("paypal", "transactions.sale.invented.json", _json(sale))
    given = {"paypal_reference_id": "8HT00001", "paypal_reference_id_type": "TXN"}
    _write("paypal", "transactions.refund.invented.json", _json(account.move("8HT00002", "T1107", "-23.00", AT, fee="0.30", **given)))  # fmt: skip


def _concur() -> None:
    # reports.trip is a message of before financial documents were read, and stays as it was stored.
    site = Concur(lambda: AT, client_id="c", client_secret="s", refresh_token="r")
    entries = [("TAXI", "Taxi", Decimal("23.40"), "EMPL", False), ("HOTEL", "Hotel", Decimal("180.00"), "CBCP", False),
               ("HOTEL", "Hotel", Decimal("-20.00"), "CBCP", False), ("MEALS", "Meals", Decimal("12.00"), "CBCP", True)]  # fmt: skip
    row = site.approve("R8", AT, ("ada@example.com", "Ada Byron"), entries, "100")
    _write(
        "concur", "reports.document.invented.json", _json({"report": row, "document": site.documents["R8"]})
    )


def _coupa() -> None:
    site = Coupa(lambda: AT, client_id="c", client_secret="s")
    vendor = site.add_supplier("V01", "Acme Ltd", "DE89370400440532013000", AT, tax_id="US-1")
    order = site.issue(
        "PO-1", vendor, AT, [("Valve", "10.0", "12.505", "6000"), ("Advice", "1", "900.00", "6100")]
    )
    _write("coupa", "suppliers.one.invented.json", _json(vendor))
    _write("coupa", "orders.two-lines.invented.json", _json(order))
    _write("coupa", "receipts.came.invented.json", _json(site.receive(order, 1, "4.0", AT)))
    _write("coupa", "receipts.went-back.invented.json", _json(site.receive(order, 1, "1.0", AT, back=True)))
    bill = site.bill("A-77", order, date(2026, 10, 5), AT, {1: "4.0", 2: "1"})
    _write("coupa", "bills.invoice.invented.json", _json(bill))
    credit = site.bill("A-77-C", order, date(2026, 10, 6), AT, {1: "1"}, credit=True)
    _write("coupa", "bills.credit.invented.json", _json(credit))
    site.change(bill, AT + timedelta(days=1), status="voided")
    _write("coupa", "bills.voided.invented.json", _json(bill))


def _billing() -> None:
    head = "number,kind,on,customer,customer_name,description,net,tax,tax_key,tax_rate,currency,from_on,to_on,credits,documents"
    rows = [
        "I-1,invoice,2026-10-15,C1,Acme Corp,Plan,1200.00,180.00,State Tax 15%,15,USD,2026-10-15,2027-10-14,,",
        "I-1,invoice,2026-10-15,C1,Acme Corp,Minutes,42.00,,,,USD,,,,",
        "CN-1,credit_note,2026-10-20,C1,Acme Corp,Unused,600.00,,,,USD,2027-04-15,2027-10-14,I-1,",
        "TOTAL,invoice,2026-10-31,-,,,1422.00,,,,USD,,,,1",
        "TOTAL,credit_note,2026-10-31,-,,,600.00,,,,USD,,,,1",
    ]
    _items("billing", {"deferral": "tieout"}, "invoices.csv", "\n".join([head, *rows]).encode())
    for path in (FOLDER / "billing" / "fixtures").glob("documents.?.invented.json"):
        _write("billing", path.with_suffix(".options.json").name, _json({"deferral": "tieout"}))


def _procurement() -> None:
    tool = ProcurementTool()
    tool.vendors["V1"] = Vendor("V1", "Acme Ltd", "DE89370400440532013000", "DE123456789", "DE", "Cologne",
                                "EUR", by="mia@example.com")  # fmt: skip
    lines = (Ordered("1", "chair", Decimal(10), Decimal("19.995"), "6000", "100"),)
    tool.orders["PO-1"] = Purchase("PO-1", "V1", date(2026, 10, 5), lines, "EUR")
    tool.receive("PO-1", "1", Decimal(4), date(2026, 10, 8))
    for form in ("suppliers", "orders", "receipts"):
        _items("procurement", {}, f"{form}.csv", getattr(tool, f"export_{form}")())
    head = (
        "bill,supplier,on,currency,name,quantity,price,net,total,order,order_line,tax_key,tax_rate,tax,iban"
    )
    row = "B-1,V1,2026-10-09,EUR,chair,4,20.00,80.00,95.20,PO-1,1,S 19,19,15.20,DE89370400440532013000"
    _items("procurement", {}, "bills.csv", f"{head}\n{row}\n".encode())
    accrual = entries_of(
        [Accrual(order="PO-1", supplier="V1", line="1", name="chair", account="6000", dimensions={},
                 quantity=Decimal(6), amount=Amount(Decimal("119.97"), "EUR"))],
        date(2026, 10, 31),
    )  # fmt: skip
    for name in ("procurement", "coupa"):
        _write(name, "accruals.1.invented.json", canonical_bytes(accrual[0]))


def _einvoices() -> None:
    point = AccessPoint()
    items = (
        Item("chair", Decimal(3), Decimal("19.90"), Decimal(19), order_line="1"),
        Item("advice", Decimal("1.5"), Decimal("80.00"), Decimal(0), "AE"),
    )
    iban = "DE89370400440532013000"
    bill = Sent("B-1", date(2026, 10, 9), "Acme & Sons Ltd", items, "DE123456789", "DE", "EUR", iban, "PO-1",
                date(2026, 11, 8), buyer_tax_id="DE999999999")  # fmt: skip
    _write("einvoices", "bills.ubl.invented.xml", point.deliver(bill))
    _write("einvoices", "bills.cii.invented.xml", point.deliver(bill, "CII"))
    credit = Sent("CN-1", date(2026, 10, 12), "Acme & Sons Ltd", items[:1], "DE123456789", "DE", "EUR",
                  credit=True, refers_to="B-1")  # fmt: skip
    _write("einvoices", "bills.credit.invented.xml", point.deliver(credit))
    _items("einvoices", {}, "report.csv", point.report(date(2026, 10, 12)))


def _payments() -> None:
    supplier = Supplier(
        key="supplier:V1", occurred_at=AT, currency="EUR", party=Party(key="V1", name="Acme Ltd", country="DE"),
        account=SupplierAccount(iban="DE89370400440532013000"), town="Cologne",
    )  # fmt: skip
    item = OpenItem(
        line=7, move=3, account="211000", kind="payable", is_payment=False, on=date(2026, 10, 9), due=None,
        currency="EUR", residual=Decimal("-95.20"), company=Decimal("-95.20"), partner=4, partner_name="Acme Ltd",
        numbers=("B-1",), label="", effect="tieout.b",
    )  # fmt: skip
    telling = SupplierRevision(revision=1, state="posted", supplier=supplier, since=AT)
    options = {
        "currency": "EUR",
        "cooling_days": "0",
        "account": "DE02120300000000202051",
        "initiator": "Us GmbH",
    }
    interface = Interface("payments", "payments", "DE", ("payments",), "", "", options=options)
    found = propose(
        "DE20261026", [item], {"tieout.b": "V1"}, {"V1": [telling]}, interface, ZoneInfo("UTC"),
        pay_on=date(2026, 10, 26), until=date(2026, 10, 26), by="mia", now=AT,
    )  # fmt: skip
    _write("payments", "payments.1.invented.json", canonical_bytes(found.payments[0]))
    file = file_of(found.run, 1, list(found.payments), interface, AT)
    _write("payments", "files.1.invented.json", canonical_bytes(file))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_text(file.content)
        bank = PaymentBank(Bank(), "DE02120300000000202051", Path(folder), {"DE89370400440532013000"})
        _write("payments", "answers.rejected.invented.xml", bank.execute(path, date(2026, 10, 26))[1])


def _items(connector: str, options: dict[str, Any], name: str, content: bytes) -> None:
    """Each message of a file as a sample."""
    made = discover()[connector]
    session = made.open(SystemConfig(connector, connector, "test", {}))
    for number, item in enumerate(session.read(name, content, options), 1):
        _write(connector, f"{item.stream}.{number}.invented.json", item.body)


def write() -> None:
    for make in (
        _stripe, _shopify, _shopify_parts, _shopify_today, _salesforce, _bankfile, _odoo, _settlements, _ledgers, _payroll, _expenses,
        _chargebee, _gusto, _paypal, _concur, _coupa,
        _billing, _procurement, _einvoices, _payments, _revaluation, _cutoff,
    ):  # fmt: skip
        make()
    for path, stream in samples():
        golden(path).write_bytes(_json(documents_of(path, stream)))


if __name__ == "__main__":
    write()
