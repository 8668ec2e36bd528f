"""Stripe as its API's clients see it: a balance and every change of it.

Shapes follow Stripe's published examples. Money is in integer minor units; the balance is the
sum of the nets, available once `available_on` has come.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults, Push
from tieout_sandbox.simulators.stripe_reports import balance_summary, summary


@dataclass
class _Books:
    transactions: list[dict[str, Any]] = field(default_factory=list)
    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid_out: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


class Stripe:
    """One account. `hidden` transactions are in the balance and the reports, but no list shows
    them yet: an index that lags."""

    name = "stripe"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        key: str,
        webhook_secret: str,
        faults: Faults | None = None,
        seed: int = 0,
    ) -> None:
        self._now, self._key, self.webhook_secret = now, key, webhook_secret
        self.faults = faults or Faults(NONE, 0)
        # What it answers is called out of another sequence than what happens: whoever asks twice, since an answer was lost, say,
        # changes no name of what happens afterwards.
        self._random, self._answers = random.Random(seed), random.Random(f"answers {seed}")
        self.books = _Books()
        self.pushes: list[Push] = []
        self.hidden: set[str] = set()

    # what happens in the account

    def _id(self, prefix: str) -> str:
        return _named(prefix, self._random)

    def _post(
        self,
        kind: str,
        category: str,
        amount: int,
        currency: str,
        fee: int,
        source: Any,
        at: datetime,
        *,
        description: str = "",
        settles_after: int = 2,
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self._id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": int((at + timedelta(days=settles_after)).timestamp()),
            "created": int(at.timestamp()),
            "currency": currency.lower(),
            "description": description or None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "pending",
            "type": kind,
        }
        self.books.transactions.append(row)
        return row

    def charge(
        self,
        amount: int,
        currency: str,
        fee: int,
        at: datetime,
        metadata: dict[str, str],
        name: str = "",
    ) -> dict[str, Any]:
        """A captured card payment."""
        charge: dict[str, Any] = {
            "id": self._id("ch"),
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "currency": currency.lower(),
            "created": int(at.timestamp()),
            "metadata": metadata,
            "billing_details": {"name": name},
            "paid": True,
            "refunded": False,
            "status": "succeeded",
            "payment_intent": self._id("pi"),
        }
        self.books.charges[charge["id"]] = charge
        row = self._post("charge", "charge", amount, currency, fee, charge, at)
        charge["balance_transaction"] = row["id"]
        self._push("charge.succeeded", charge, at)
        return row

    def partial_capture(
        self,
        authorized: int,
        captured: int,
        currency: str,
        fee: int,
        at: datetime,
        metadata: dict[str, str],
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A capture of less than was authorized: two rows of the balance."""
        row = self.charge(authorized, currency, fee, at, metadata)
        back = self._post(
            "refund",
            "partial_capture_reversal",
            captured - authorized,
            currency,
            0,
            {"id": self._id("re"), "object": "refund", "charge": row["source"]["id"], "metadata": metadata},
            at,
        )
        return row, back

    def refund(
        self, charge: dict[str, Any], amount: int, at: datetime, metadata: dict[str, str]
    ) -> dict[str, Any]:
        """Give back part of a charge, in minor units: its balance transaction, available at once."""
        refund = {
            "id": self._id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "currency": charge["currency"],
            "created": int(at.timestamp()),
            "metadata": metadata,
            "status": "succeeded",
        }
        charge["amount_refunded"] += amount
        row = self._post("refund", "refund", -amount, charge["currency"], 0, refund, at, settles_after=0)
        self._push("charge.refunded", charge, at)
        return row

    def fail_refund(self, row: dict[str, Any], at: datetime) -> dict[str, Any]:
        """A refund that the card refused days later: the money comes back."""
        refund = row["source"]
        refund["status"] = "failed"
        back = self._post(
            "refund_failure",
            "refund_failure",
            -row["amount"],
            row["currency"],
            0,
            refund,
            at,
            settles_after=0,
        )
        self._push("refund.failed", refund, at)
        return back

    def fail_charge(self, row: dict[str, Any], fee: int, at: datetime) -> dict[str, Any]:
        """A bank debit that the bank sent back, days after it was taken for paid; `fee` in minor units is for that."""
        charge = row["source"]
        charge.update(status="failed", paid=False)
        amount, currency = -row["amount"], row["currency"]
        back = self._post(
            "payment_failure_refund", "charge_failure", amount, currency, fee, charge, at, settles_after=0
        )
        self._push("charge.failed", charge, at)
        return back

    def open_dispute(self, charge: dict[str, Any], fee: int, at: datetime) -> dict[str, Any]:
        """The whole charge is withdrawn, with a fee in minor units, until the dispute is decided."""
        dispute: dict[str, Any] = {
            "id": self._id("dp"),
            "object": "dispute",
            "amount": charge["amount"],
            "charge": charge["id"],
            "currency": charge["currency"],
            "created": int(at.timestamp()),
            "reason": "fraudulent",
            "status": "needs_response",
            "payment_intent": charge["payment_intent"],
            "is_charge_refundable": False,
            "balance_transactions": [],
            "metadata": {},
        }
        self.books.disputes[dispute["id"]] = dispute
        row = self._post(
            "adjustment", "dispute", -charge["amount"], charge["currency"], fee, dispute, at, settles_after=0
        )
        dispute["balance_transactions"].append({**row, "source": dispute["id"]})
        self._push("charge.dispute.created", dispute, at)
        return dispute

    def close_dispute(self, dispute: dict[str, Any], status: str, at: datetime) -> None:
        """Won: the amount comes back, the fee does not. Lost: nothing moves any more. When it was decided only its event says."""
        dispute["status"] = status
        if status == "won":
            row = self._post(
                "adjustment",
                "dispute_reversal",
                dispute["amount"],
                dispute["currency"],
                0,
                dispute,
                at,
                settles_after=0,
            )
            dispute["balance_transactions"].append({**row, "source": dispute["id"]})
        self._push("charge.dispute.closed", dispute, at)

    def adjust(self, category: str, amount: int, currency: str, at: datetime, text: str) -> dict[str, Any]:
        """A movement that is no charge: a reserve, a fee, a correction."""
        return self._post(
            "adjustment",
            category,
            amount,
            currency,
            0,
            self._id("adj"),
            at,
            description=text,
            settles_after=0,
        )

    def named(self, prefix: str) -> str:
        """A name for an object of another product of Stripe's, such as a transfer."""
        return self._id(prefix)

    def moved(
        self, kind: str, category: str, amount: int, currency: str, source: Any, at: datetime
    ) -> dict[str, Any]:
        """A movement of another product in this balance, available at once."""
        return self._post(kind, category, amount, currency, 0, source, at, settles_after=0)

    def available(self, currency: str, at: datetime) -> int:
        """What may be paid out: settled nets, in minor units."""
        stamp = int(at.timestamp())
        return sum(
            t["net"]
            for t in self.books.transactions
            if t["currency"] == currency.lower() and t["available_on"] <= stamp and t["created"] <= stamp
        )

    def pay_out(self, currency: str, at: datetime, *, amount: int | None = None) -> dict[str, Any] | None:
        """An automatic payout of everything settled, or with `amount` a manual one."""
        stamp = int(at.timestamp())
        parts = [
            t
            for t in self.books.transactions
            if t["currency"] == currency.lower()
            and t["available_on"] <= stamp
            and t["created"] <= stamp
            and t["id"] not in self.books.paid_out
            and t["reporting_category"] not in ("payout", "payout_reversal")
        ]
        automatic = amount is None
        total = sum(t["net"] for t in parts) if amount is None else amount
        if automatic:
            total = min(total, self.available(currency, at))
        if total <= 0 or (automatic and total != sum(t["net"] for t in parts)):
            return None
        payout: dict[str, Any] = {
            "id": self._id("po"),
            "object": "payout",
            "amount": total,
            "automatic": automatic,
            "arrival_date": int((at + timedelta(days=1)).timestamp()),
            "created": stamp,
            "currency": currency.lower(),
            "status": "paid",
            "metadata": {},
            "method": "standard" if automatic else "instant",
            "reconciliation_status": "completed" if automatic else "not_applicable",
        }
        self.books.payouts[payout["id"]] = payout
        row = self._post("payout", "payout", -total, currency, 0, payout, at, settles_after=0)
        if automatic:
            for part in (*parts, row):
                self.books.paid_out[part["id"]] = payout["id"]
        self._push("payout.paid", payout, at)
        return payout

    def fail_payout(self, payout: dict[str, Any], at: datetime) -> dict[str, Any]:
        """The bank sent it back: the money stands in the balance again."""
        payout["status"] = "failed"
        row = self._post(
            "payout_failure",
            "payout_reversal",
            payout["amount"],
            payout["currency"],
            0,
            payout,
            at,
            settles_after=0,
        )
        self._push("payout.failed", payout, at)
        return row

    def balance(self, at: datetime) -> dict[str, int]:
        """Available + pending + reserved by currency, in minor units, at an instant."""
        stamp = int(at.timestamp())
        sums: dict[str, int] = {}
        for row in self.books.transactions:
            if row["created"] < stamp:
                currency = row["currency"].upper()
                sums[currency] = sums.get(currency, 0) + row["net"]
        return sums

    # webhooks

    def _push(self, kind: str, value: dict[str, Any], at: datetime) -> None:
        event = {
            "id": self._id("evt"),
            "object": "event",
            "type": kind,
            "created": int(at.timestamp()),
            "livemode": False,
            "data": {"object": value},
        }
        body = json.dumps(event).encode()
        self.books.events.append(json.loads(body))
        self.pushes.append(Push(at, {}, body, kind))

    def sign(self, push: Push, at: datetime) -> dict[str, str]:
        """Headers of a delivery at `at`: each try is signed anew."""
        stamp = str(int(at.timestamp()))
        signed = stamp.encode() + b"." + push.body
        digest = hmac.new(self.webhook_secret.encode(), signed, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={stamp},v1={digest}", "content-type": "application/json"}

    # the API

    def refuse(self, fault: str) -> Answer:
        """Stripe's shape of an error: 429 with Retry-After 0, 401, 500."""
        status = {"too_many": 429, "expired_token": 401}.get(fault, 500)
        kind = {429: "rate_limit", 401: "api_key_expired"}.get(status, "api_error")
        body = {"error": {"type": "invalid_request_error", "code": kind, "message": kind}}
        headers = {"retry-after": "0"} if status == 429 else {}
        return Answer(status, json.dumps(body).encode(), headers=headers)

    def writes(self, method: str, path: str) -> bool:
        """Never: what a report run makes changes no balance."""
        return False

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Balance, lists with `starting_after`, report runs and their files; any other path is Stripe's 404."""
        if headers.get("authorization") != f"Bearer {self._key}":
            return _error(401, "invalid_request_error", "Invalid API Key provided")
        asked = parse_qs(query or body.decode(), keep_blank_values=True)
        given = {k: v[0] for k, v in asked.items()}
        if method == "GET" and path == "/v1/balance":
            return self._balance()
        if method == "GET" and path == "/v1/balance_transactions":
            return self._transactions(given, asked.get("expand[]", []))
        if method == "GET" and path in ("/v1/payouts", "/v1/disputes", "/v1/charges"):
            table = getattr(self.books, path.removeprefix("/v1/"))
            return self._list(path, sorted(table.values(), key=lambda r: -r["created"]), given)
        if method == "GET" and path == "/v1/events":
            return self._events(given)
        if method == "GET" and path.startswith("/v1/payouts/"):
            payout = self.books.payouts.get(path.rpartition("/")[2])
            if payout is not None:
                return Answer(200, json.dumps(payout).encode())
        if method == "POST" and path == "/v1/reporting/report_runs":
            return self._report(given, headers.get("host", ""))
        if method == "GET" and path.startswith("/v1/files/") and path.endswith("/contents"):
            text = self.books.files.get(path.split("/")[3])
            if text is not None:
                return Answer(200, text.encode(), "text/csv")
        return _error(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path})")

    def _balance(self) -> Answer:
        now = self._now()
        total = self.balance(now + timedelta(seconds=1))
        available = [{"amount": self.available(c, now), "currency": c.lower()} for c in total]
        pending = [{"amount": total[c] - self.available(c, now), "currency": c.lower()} for c in total]
        body = {"object": "balance", "available": available, "pending": pending, "livemode": False}
        return Answer(200, json.dumps(body).encode())

    def _events(self, given: dict[str, str]) -> Answer:
        """Events of the last 30 days, of one type where that is asked for."""
        now = self._now().timestamp()
        rows = [e for e in self.books.events if e["created"] <= now and e["created"] > now - 30 * 86400]
        rows = [e for e in rows if given.get("type") in (None, e["type"])]
        return self._list("/v1/events", sorted(rows, key=lambda r: -r["created"]), given)

    def _expanded(self, source: Any, expand: list[str]) -> Any:
        """What a movement is of: whole where that is asked for, with its charge and its payment intent."""
        if not isinstance(source, dict) or "data.source" not in expand:
            return source["id"] if isinstance(source, dict) else source
        whole = dict(source)
        charge = self.books.charges.get(str(source.get("charge") or source["id"]))
        if charge is not None and "data.source.charge" in expand and "charge" in source:
            whole["charge"] = charge
        if charge is not None and "data.source.payment_intent" in expand and "payment_intent" in source:
            whole["payment_intent"] = {
                "id": source["payment_intent"],
                "object": "payment_intent",
                "metadata": charge["metadata"],
            }
        return whole

    def _transactions(self, given: dict[str, str], expand: list[str]) -> Answer:
        rows = [t for t in self.books.transactions if t["id"] not in self.hidden]
        if "payout" in given:
            rows = [t for t in rows if self.books.paid_out.get(t["id"]) == given["payout"]]
        rows = sorted(rows, key=lambda r: (-r["created"], r["id"]))
        now = int(self._now().timestamp())

        def show(row: dict[str, Any]) -> dict[str, Any]:
            status = "available" if row["available_on"] <= now else "pending"
            return {**row, "status": status, "source": self._expanded(row["source"], expand)}

        return self._list("/v1/balance_transactions", rows, given, show)

    def _list(
        self,
        url: str,
        rows: list[dict[str, Any]],
        given: dict[str, str],
        show: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> Answer:
        if "created[gte]" in given:
            rows = [r for r in rows if r["created"] >= int(given["created[gte]"])]
        if after := given.get("starting_after"):
            ids = [r["id"] for r in rows]
            if after not in ids:
                return _error(400, "invalid_request_error", f"No such object: '{after}'")
            rows = rows[ids.index(after) + 1 :]
        limit = min(int(given.get("limit", "10")), 100)
        page = {
            "object": "list",
            "url": url,
            "has_more": len(rows) > limit,
            "data": [show(r) for r in rows[:limit]],
        }
        return Answer(200, json.dumps(page).encode())

    def _report(self, given: dict[str, str], host: str) -> Answer:
        start, end = (int(given[f"parameters[interval_{x}]"]) for x in ("start", "end"))
        kind = given["report_type"]
        if kind == "balance.summary.1":
            text = balance_summary({x: self.balance(datetime.fromtimestamp(x, UTC)) for x in (start, end)})
        else:
            text = summary(self.books.transactions, start, end, payouts=kind.startswith("payouts"))
        return self._finished(kind, text, host)

    def _finished(self, report: str, text: str, host: str) -> Answer:
        file = _named("file", self._answers)
        self.books.files[file] = text
        run = {
            "id": _named("frr", self._answers),
            "object": "reporting.report_run",
            "status": "succeeded",
            "report_type": report,
            # The real one keeps files on a host of their own: https://files.stripe.com/v1/files/{id}/contents.
            "result": {"id": file, "object": "file", "url": f"http://{host}/v1/files/{file}/contents"},
        }
        return Answer(200, json.dumps(run).encode())


def _named(prefix: str, draw: random.Random) -> str:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
    return prefix + "_" + "".join(draw.choice(alphabet) for _ in range(18))


def _error(status: int, kind: str, message: str) -> Answer:
    return Answer(status, json.dumps({"error": {"type": kind, "message": message}}).encode())
