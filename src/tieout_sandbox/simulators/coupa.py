"""Coupa as its API's clients see it: suppliers, orders, receiving transactions and invoices.

Shapes: compass.coupa.com, Core API (elements of each resource, querying options, JSON beside XML).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults

_LISTS = ("suppliers", "purchase_orders", "receiving_transactions", "invoices")
_MOST = 50


class Coupa:
    """One instance, whose API has one client."""

    name = "coupa"

    def __init__(
        self, now: Callable[[], datetime], *, client_id: str, client_secret: str, faults: Faults | None = None
    ) -> None:
        self._now, self._client = now, (client_id, client_secret)
        self.faults = faults or Faults(NONE, 0)
        self.rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in _LISTS}
        self._tokens: set[str] = set()
        self._ids = 100

    # what its people do

    def _put(self, name: str, at: datetime, row: dict[str, Any], by: str) -> dict[str, Any]:
        self._ids += 1
        made = {
            "id": self._ids, "created-at": _stamp(at), "updated-at": _stamp(at),
            "created-by": {"login": by}, "updated-by": {"login": by}, **row,
        }  # fmt: skip
        self.rows[name][self._ids] = made
        return made

    def change(self, row: dict[str, Any], at: datetime, by: str = "", **values: Any) -> None:
        """Somebody changes a row."""
        row.update({k.replace("_", "-"): v for k, v in values.items()})
        row["updated-at"], row["updated-by"] = _stamp(at), {"login": by}

    def add_supplier(
        self,
        number: str,
        name: str,
        iban: str,
        at: datetime,
        *,
        tax_id: str = "",
        by: str = "mia",
        **more: Any,
    ) -> dict[str, Any]:
        """An active supplier, paid after 14 days on one account; `more` are fields that it has beside."""
        row = {
            "number": number, "name": name, "status": "active", "tax-id": tax_id,
            "primary-contact": {"email": f"{number.lower()}@example.com"},
            "primary-address": {"city": "Springfield", "country": {"code": "US"}},
            "payment-term": {"code": "Net 14", "days-for-net-payment": 14},
            "remit-to-addresses": [{"id": 1, "active": True, "iban": iban, "swift-code": ""}], **more,
        }  # fmt: skip
        return self._put("suppliers", at, row, by)

    def issue(
        self,
        number: str,
        supplier: dict[str, Any],
        at: datetime,
        lines: list[tuple[str, str, str, str]],
        by: str = "mia",
    ) -> dict[str, Any]:
        """An order of lines (description, quantity, price, account code)."""
        made = [
            {"id": n, "line-num": str(n), "type": "OrderQuantityLine", "description": text, "quantity": quantity,
             "price": price, "total": _times(quantity, price), "currency": {"code": "USD"}, "match-type": "3-way",
             "receipt-required": True, "account": {"code": account, "segment-2": "100"}, "account-allocations": []}
            for n, (text, quantity, price, account) in enumerate(lines, 1)
        ]  # fmt: skip
        row = {
            "po-number": number, "status": "issued", "supplier": _named(supplier), "currency": {"code": "USD"},
            "order-lines": made,
        }  # fmt: skip
        return self._put("purchase_orders", at, row, by)

    def receive(
        self, order: dict[str, Any], line: int, quantity: str, at: datetime, back: bool = False
    ) -> dict[str, Any]:
        """A receiving transaction of a line of an order; `back` sends the quantity back to the supplier."""
        kind = "ReceivingQuantityReturnToSupplier" if back else "ReceivingQuantityConsumption"
        row = {
            "type": kind, "status": "created", "quantity": quantity, "transaction-date": _stamp(at), "exported": False,
            "order-line": {"id": line, "line-num": str(line), "order-header-id": order["id"],
                           "order-header-number": order["po-number"], "currency": order["currency"]},
        }  # fmt: skip
        return self._put("receiving_transactions", at, row, "rita")

    def bill(
        self,
        number: str,
        order: dict[str, Any],
        on: date,
        at: datetime,
        quantities: dict[int, str],
        rate: str = "15",
        credit: bool = False,
        status: str = "approved",
    ) -> dict[str, Any]:
        """An invoice (or a credit note) of an order's lines: quantity by line, at the order's prices."""
        sign, lines, total = (-1 if credit else 1), [], Decimal(0)
        for x in order["order-lines"]:
            if (quantity := quantities.get(x["id"])) is None:
                continue
            net = (sign * Decimal(quantity) * Decimal(x["price"])).quantize(Decimal("0.01"))
            tax = (net * Decimal(rate) / 100).quantize(Decimal("0.01"))
            total += net + tax
            lines.append(
                {"id": x["id"], "line-num": x["line-num"], "type": "InvoiceQuantityLine", "description": x["description"],
                 "quantity": str(sign * Decimal(quantity)), "price": x["price"], "total": str(net),
                 "tax-code": {"id": 1, "code": f"S {rate}"}, "tax-rate": rate, "tax-amount": str(tax),
                 "tax-lines": [{"type": "TaxLine", "amount": str(tax), "rate": rate, "code": f"S {rate}", "tax-code": {"code": f"S {rate}"}}],
                 "account": x["account"], "account-allocations": [], "po-number": order["po-number"],
                 "order-header-num": order["id"], "order-line-id": x["id"], "order-line-num": x["line-num"]}
            )  # fmt: skip
        row = {
            "invoice-number": number, "invoice-date": f"{on}T00:00:00+00:00", "status": status,
            "document-type": "Credit Note" if credit else "Invoice", "supplier": order["supplier"],
            "currency": order["currency"], "gross-total": str(total), "total-with-taxes": str(total),
            "line-level-taxation": True, "invoice-lines": lines, "invoice-charges": [], "exported": False, "shipping-amount": "0.0", "handling-amount": "0.0", "misc-amount": "0.0", "net-due-date": None,
        }  # fmt: skip
        return self._put("invoices", at, row, "mia")

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """A token for client credentials, and lists in pages of at most 50, by any field's conditions."""
        if path == "/oauth2/token":
            form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
            if (form.get("client_id"), form.get("client_secret")) != self._client:
                return _error(401, "invalid_client")
            token = f"token-{len(self._tokens)}"
            self._tokens.add(token)
            return Answer(
                200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": 86399}).encode()
            )
        if headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _error(401, "Unauthorized")
        name = path.removeprefix("/api/")
        if name not in self.rows:
            return _error(404, "Not found")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        rows = [r for r in self.rows[name].values() if _fits(r, given)]
        order = given.get("order_by", "id").replace("_", "-")
        rows.sort(key=lambda r: (_instant(r[order]) if order.endswith("-at") else r[order], r["id"]))
        start, limit = int(given.get("offset", "0")), min(int(given.get("limit", "50")), _MOST)
        return Answer(200, json.dumps(rows[start : start + limit]).encode())

    def forget_tokens(self) -> None:
        """A day is over."""
        self._tokens.clear()

    def refuse(self, fault: str) -> Answer:
        """Coupa's shape of an error: 429 with Retry-After 0, 401, 500."""
        if fault == "too_many":
            answer = _error(429, "Too Many Requests")
            answer.headers["retry-after"] = "0"
            return answer
        return _error(401, "Unauthorized") if fault == "expired_token" else _error(500, "Error")

    def writes(self, method: str, path: str) -> bool:
        """Never: the product only reads here."""
        return False


def _fits(row: dict[str, Any], given: dict[str, str]) -> bool:
    """Whether a row passes the filters `field[operator]=value`."""
    for name, value in given.items():
        field, _, operator = name.partition("[")
        if not operator:
            continue
        held: Any = row[field]
        wanted: Any = value
        if operator == "in]":
            if held not in value.split(","):
                return False
            continue
        if field == "id":
            wanted = int(value)
        else:
            # A bound without a time is midnight of UTC, whatever the zone of what it is held against.
            held, wanted = _instant(held), _instant(value if "T" in value else f"{value}T00:00:00+00:00")
        if not {"gt]": held > wanted, "gt_or_eq]": held >= wanted, "lt_or_eq]": held <= wanted}[operator]:
            return False
    return True


def _times(quantity: str, price: str) -> str:
    return str((Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01")))


def _named(supplier: dict[str, Any]) -> dict[str, Any]:
    return {k: supplier[k] for k in ("id", "number", "name")}


def _instant(text: Any) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(UTC)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _error(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"errors": {"base": [message]}}).encode())
