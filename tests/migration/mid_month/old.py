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


# What Shopify always had and the simulator of that time did not say (GraphQL Admin 2026-07): newer products ask for it. Its orders are
# told as they lie there, in the shape of before, whatever is asked of them: nothing of them is cut, a fulfilment is of everything, so
# it has all lines, and analytics say by their newer names what they said.
_SHOPIFY = {
    '{"createdAt": _iso(at), "status": "SUCCESS"}': '{"createdAt": _iso(at), "status": "SUCCESS", "id": order["id"] + "01",'
    ' "deliveredAt": None, "fulfillmentLineItems": {"nodes": [{"quantity": x["quantity"], "lineItem": x} for x in order["lineItems"]["nodes"]]}}',
    '        reply: dict[str, Any] = {"data": result.data}\n': """        if result.errors and re.search(r"query (Orders|Beside)\\(", call["query"]):
            given = call["variables"]
            page = self._orders(None, given["first"], given["after"], given["query"])
            page["nodes"] = [self._as_it_lies(o) for o in page["nodes"]]
            result = type(result)(data={"orders": page}, errors=None)
        reply: dict[str, Any] = {"data": result.data}
""",
    "    def day_of(self, stamp: str) -> date:\n": """    def _as_it_lies(self, order: dict[str, Any]) -> dict[str, Any]:
        def value(bag: dict[str, Any]) -> Decimal:
            return Decimal(bag["shopMoney"]["amount"])

        def refund(told: dict[str, Any]) -> dict[str, Any]:
            # What was given back beside the lines, in the terms of today: an adjustment.
            rows = told["refundLineItems"]["nodes"]
            sums = [value(r["subtotalSet"]) + (0 if order["taxesIncluded"] else value(r["totalTaxSet"])) for r in rows]
            rest = sum(sums, Decimal(0)) - value(told["totalRefundedSet"])
            beside = {"id": told["id"] + "1", "reason": None, "amountSet": self.money(rest), "taxAmountSet": self.money(Decimal(0))}
            adjusted = {"orderAdjustments": {"nodes": [beside] if rest else []}}
            return {**told, "duties": [], "refundShippingLines": {"nodes": []}, "transactions": {"nodes": []}, **adjusted}

        refunds = [refund(r) for r in order["refunds"]]
        return {**order, "paymentTerms": None, "displayAddress": None, "refunds": refunds}

    def day_of(self, stamp: str) -> date:
""",
    '            "total_returns": returned,\n': '            "total_returns": returned,\n'
    '            "total_sales_reversals": -returned,\n',
}
# Salesforce tells which fields there are, and what is won no longer or deleted: in that month nothing is.
_SALESFORCE = {
    '        found = re.fullmatch(r"/sobjects/Account/(\\w+)", rest)\n': """        if described := re.fullmatch(r"/sobjects/(\\w+)/describe", rest):
            held = {"Account": self.accounts, "Opportunity": self.opportunities}.get(described[1], {})
            names = sorted({name for row in held.values() for name in row})
            return Answer(200, json.dumps({"fields": [{"name": n} for n in names]}).encode())
        if method == "GET" and rest == "/queryAll":
            return Answer(200, b'{"totalSize": 0, "done": true, "records": []}')
        found = re.fullmatch(r"/sobjects/Account/(\\w+)", rest)
""",
}
# Stripe tells by an event when a dispute was closed, and where a report lies.
_STRIPE = {
    '        if method == "POST" and path == "/v1/reporting/report_runs":\n': """        if method == "GET" and path == "/v1/events":
            closed = [d for d in self.books.disputes.values() if d["status"] in ("won", "lost")]
            told = [{"id": "evt_" + d["id"], "created": int(d["metadata"]["changed_at"]), "data": {"object": d}} for d in closed]
            return self._list(path, told, given)
        self._host = headers.get("host", "")
        if method == "POST" and path == "/v1/reporting/report_runs":
""",
    '"result": {"id": file, "object": "file"}': '"result": {"id": file, "object": "file", "url": f"http://{self._host}/v1/files/{file}/contents"}',
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
# That simulator knows no payment terms: an empty one, which is all that is sent, says nothing to it.
_ODOO_LOADING = {
    "        self._check_columns(model, fields)\n        records = self._split(fields, data)\n": """        if (term := "invoice_payment_term_id/.id") in fields:
            at = fields.index(term)
            assert not any(row[at] for row in data), "a payment term was sent"
            fields, data = fields[:at] + fields[at + 1 :], [row[:at] + row[at + 1 :] for row in data]
        self._check_columns(model, fields)
        records = self._split(fields, data)
""",
}
_SAID_ANEW = {
    "shopify/simulator.py": _SHOPIFY,
    "salesforce/simulator.py": _SALESFORCE,
    "stripe/simulator.py": _STRIPE,
    "odoo/simulator/loading.py": _ODOO_LOADING,
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
