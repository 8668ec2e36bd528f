"""An old commit's product, out of the repository's history, and months that are played with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
DRIVER = Path(__file__).with_name("driver.py")
COMMIT = "6e54738"
SEED = 5
# Orders a scenario: the sizes of the small months that tests play.
ORDERS = {"distributor": 14, "services": 20}
# In the middle of this day everything is stopped.
UNTIL = date(2026, 10, 16)
_PATIENCE_S = 900


class HistoryError(Exception):
    """The repository does not hold the commit: a shallow clone, say."""


@contextmanager
def source_of(commit: str) -> Iterator[Path]:
    """A folder with the packages of a commit, for PYTHONPATH. Raises HistoryError."""
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "src"], capture_output=True, check=False
    )
    if made.returncode:
        why = made.stderr.decode(errors="replace").strip()
        raise HistoryError(f"the history here does not hold {commit}: {why}")
    with TemporaryDirectory(prefix="tieout-old-") as folder:
        with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
            archive.extractall(folder, filter="data")
        _tell_what_the_vendor_tells(Path(folder) / "src")
        yield Path(folder) / "src"


# What Shopify always had and the simulator of that time did not say (GraphQL Admin 2026-07): newer products ask for it. It is
# null there, as for an order without an address; a fulfilment is of everything, so it has all lines.
_SHOPIFY = {
    "type TaxLine { title: String!": "type MailingAddress { countryCodeV2: String provinceCode: String }\n"
    "type ShippingRefunds { nodes: [ShippingRefund!]! }\n"
    "type ShippingRefund { subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! shippingLine: ShippingLine! }\n"
    "type Adjustments { nodes: [Adjustment!]! }\n"
    "type Adjustment { id: ID! reason: String amountSet: MoneyBag! taxAmountSet: MoneyBag! }\n"
    "type Transactions { nodes: [OrderTransaction!]! }\n"
    "type TaxLine { channelLiable: Boolean title: String!",
    "type Refund { id: ID!": "type Refund { refundShippingLines(first: Int): ShippingRefunds\n"
    "  orderAdjustments(first: Int): Adjustments transactions(first: Int): Transactions id: ID!",
    "type Order { id: ID!": "type PaymentTerms { paymentTermsType: String! }\n"
    "type Order { displayAddress: MailingAddress paymentTerms: PaymentTerms id: ID!",
    "type Fulfillment { createdAt": "type FulfillmentLineItem { quantity: Int lineItem: LineItem! }\n"
    "type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! }\n"
    "type Fulfillment { id: ID! deliveredAt: DateTime\n"
    "  fulfillmentLineItems(first: Int): FulfillmentLineItemConnection! createdAt",
    "type RefundLineItem { quantity": "type RefundLineItem { restockType: String quantity",
    '{"createdAt": _iso(at), "status": "SUCCESS"}': '{"createdAt": _iso(at), "status": "SUCCESS", "id": order["id"] + "01",'
    ' "fulfillmentLineItems": {"nodes": [{"quantity": x["quantity"], "lineItem": x} for x in order["lineItems"]["nodes"]]}}',
}


# Likewise of Odoo 19: of res.company the locks of sales, purchases and taxes as they bind whoever asks.
_ODOO_SCHEMA = {
    # Of an entry whose tax falls due on payment: no company of those months has one.
    '" partner_bank_id:m2o:res.partner.bank tax_cash_basis_rec_id:m2o:account.partial.reconcile"': '" partner_bank_id:m2o:res.partner.bank'
    " tax_cash_basis_rec_id:m2o:account.partial.reconcile tax_cash_basis_origin_move_id:m2o:account.move"
    ' always_tax_exigible:bool"',
    '" ~user_hard_lock_date:date partner_id': '" ~user_hard_lock_date:date ~user_tax_lock_date:date'
    " ~user_sale_lock_date:date ~user_purchase_lock_date:date partner_id",
    # How a tax is distributed: that simulator has no lines for it.
    '"account.lock_exception": "company_id': '"account.tax.repartition.line": "repartition_type:char'
    ' account_id:m2o:account.account tax_id:m2o:account.tax",\n        "account.lock_exception": "company_id',
}
# What a domain may ask of several records (Odoo 17 and later): whether one of them is as it says; whether there is any.
_ODOO_ORM = {
    "        if len(path) > 1:\n            inner = self._leaf(": '        if op == "any":\n'
    "            of, table = self._compile(field.relation, list(wanted)), self.store.tables[field.relation]\n"
    "            return lambda r: any(of(table[i]) for i in self.value(model, name, r) or [])\n"
    "        if len(path) > 1:\n            inner = self._leaf(",
    '            if field.kind in ("m2m", "o2m", "json"):\n                return lambda r: (wanted': "            if field.kind in"
    ' ("m2m", "o2m") and wanted is False:\n                return lambda r: bool(get(r)) == (op == "!=")\n'
    '            if field.kind in ("m2m", "o2m", "json"):\n                return lambda r: (wanted',
}
_ODOO_SERVICE = {
    "        rows = self.world.searcher.read(model, records, fields, load)\n": "        rows = self.world.searcher.read(model, records, fields, load)\n"
    '        for row in rows if model == "account.tax" else ():\n'
    '            row |= {n: [] for n in row if n.endswith("_repartition_line_ids")}\n',
    'for name in ("fiscalyear_lock_date", "hard_lock_date"):': 'for name in ("fiscalyear_lock_date", "hard_lock_date", "tax_lock_date",'
    ' "sale_lock_date", "purchase_lock_date"):',
}
_SAID_ANEW = {
    "shopify/simulator.py": _SHOPIFY,
    "odoo/simulator/orm.py": _ODOO_ORM,
    "odoo/simulator/schema.py": _ODOO_SCHEMA,
    "odoo/simulator/service.py": _ODOO_SERVICE,
}


def _tell_what_the_vendor_tells(source: Path) -> None:
    """Let old simulators know the fields that newer products ask for. Raises HistoryError."""
    for name, said in _SAID_ANEW.items():
        path = source / "tieout" / "connectors" / name
        text = path.read_text()
        for old, new in said.items():
            if text.count(old) != 1:
                raise HistoryError(f"{name} of that commit says {old!r} {text.count(old)} times, not once")
            text = text.replace(old, new)
        path.write_text(text)


def play(
    source: Path, what: str, scenario: str, folder: Path, until: date = UNTIL, after: Path | None = None
) -> dict[str, Any]:
    """Let the driver `keep` the month up to a day, play it `whole`, or go on `live` from that day with the product in
    `after`; its result.

    Raises RuntimeError with the driver's last words.
    """
    given = [what, scenario, str(folder), str(ORDERS[scenario]), str(SEED)]
    if what != "whole":
        given.append(until.isoformat())
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_")}
    environment["PYTHONPATH"] = str(source)
    if after is not None:
        environment["TIEOUT_AFTER"] = str(after)
    done = subprocess.run(
        [sys.executable, str(DRIVER), *given],
        env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
    )  # fmt: skip
    if done.returncode:
        log = folder / "product.log"
        words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"{what} {scenario}: {done.stderr[-3000:]}\nproduct.log: {words}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
