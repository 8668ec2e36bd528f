"""Salesforce as its REST API's clients see it: accounts, won opportunities, field updates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults

_PAGE = 200
# How many rows of a sub-query come with their parent.
_NESTED = 50
_MONEY = {"Account": ("Credit_Exposure__c", "Open_Orders__c"), "Opportunity": ("Amount",)}
_HIDDEN = ("Credit_Exposure__c", "Collection_Status__c", "Open_Orders__c")
_OF_TAX = ("Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c")


class Salesforce:
    """One org."""

    name = "salesforce"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        client_id: str,
        client_secret: str,
        faults: Faults | None = None,
        currency: str = "",
        country_codes: bool = True,
        line_taxes: bool = False,
    ) -> None:
        # An org with one `currency` has no CurrencyIsoCode; one without picklists of countries has a text instead of a code.
        self.currency, self.country_codes = currency, country_codes
        # One that has fields of its own for the taxes of products.
        self.line_taxes = line_taxes
        # What a trigger makes of a change, before it is kept.
        self.trigger: Callable[[dict[str, Any]], dict[str, Any]] = lambda changes: changes
        self._now, self._app = now, (client_id, client_secret)
        self.faults = faults or Faults(NONE, 0)
        self.accounts: dict[str, dict[str, Any]] = {}
        self.opportunities: dict[str, dict[str, Any]] = {}
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self._tokens: set[str] = set()
        self._pages: dict[str, list[dict[str, Any]]] = {}

    def add_account(self, number: int, name: str, email: str, at: datetime) -> dict[str, Any]:
        """An account that nobody owes anything yet."""
        row: dict[str, Any] = {
            "Id": f"001A{number:011d}AAA",
            "Name": name,
            "Email__c": email,
            "BillingCountryCode": "US",
            "SystemModstamp": _stamp(at),
            "Credit_Exposure__c": None,
            "Collection_Status__c": None,
            "Open_Orders__c": None,
        }
        self.accounts[row["Id"]] = row
        return row

    def win(
        self,
        number: int,
        order: str,
        account: str | None,
        at: datetime,
        lines: list[tuple[str, int, Decimal]],
        tax: tuple[str, Decimal, Decimal] | None,
        total: Decimal,
        currency: str = "USD",
        line_taxes: Sequence[tuple[str, Decimal, Decimal] | None] = (),
    ) -> dict[str, Any]:
        """A closed-won order: lines of (name, quantity, total price), tax (title, percent, amount); where the org has fields for them,
        a tax of each line."""
        title, rate, amount = tax or (None, None, None)
        row: dict[str, Any] = {
            "Id": f"006A{number:011d}AAA",
            "Order_Number__c": order,
            "AccountId": account,
            "Amount": total,
            "CloseDate": at.date().isoformat(),
            "CurrencyIsoCode": currency,
            "StageName": "Closed Won",
            "IsWon": True,
            "IsDeleted": False,
            "Tax_Title__c": title,
            "Tax_Rate__c": rate,
            "Tax_Amount__c": amount,
            "SystemModstamp": _stamp(at),
            "OpportunityLineItems": {
                "totalSize": len(lines),
                "done": True,
                "records": [{"Name": n, "Quantity": q, "TotalPrice": p} for n, q, p in lines],
            },
        }
        for line, of_line in zip(row["OpportunityLineItems"]["records"], line_taxes, strict=False):
            line.update(zip(_OF_TAX, of_line or (None, None, None), strict=True))
        self.opportunities[row["Id"]] = row
        return row

    def change(self, row: dict[str, Any], at: datetime, **fields: Any) -> None:
        """Somebody changes fields of an opportunity."""
        row.update(fields, SystemModstamp=_stamp(at))

    def lose(self, row: dict[str, Any], at: datetime) -> None:
        """It is closed as lost, though it was won."""
        self.change(row, at, StageName="Closed Lost", IsWon=False)

    def delete(self, row: dict[str, Any], at: datetime) -> None:
        """It goes to the recycle bin: only QueryAll shows it."""
        self.change(row, at, IsDeleted=True)

    def empty_bin(self) -> None:
        """What is in the recycle bin is gone for good (after 15 days, or by hand)."""
        self.opportunities = {k: r for k, r in self.opportunities.items() if not r["IsDeleted"]}

    # the API

    def refuse(self, fault: str) -> Answer:
        """Salesforce's shape of an error: an ended session, an overload as 503, 500."""
        if fault == "expired_token":
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if fault == "too_many":
            return Answer(503, b'[{"errorCode": "SERVER_UNAVAILABLE"}]', headers={"retry-after": "0"})
        return _error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred")

    def writes(self, method: str, path: str) -> bool:
        """A PATCH alone."""
        return method == "PATCH"

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """A token for client credentials, SOQL with its pages, and reading or changing an account, of any API
        version."""
        if path == "/services/oauth2/token":
            return self._token(body.decode())
        if headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        rest = re.sub(r"^/services/data/v\d+\.0", "", path)
        if method == "GET" and rest in ("/query", "/queryAll"):
            return self._query(given.get("q", ""), deleted_too=rest == "/queryAll")
        if method == "GET" and rest.startswith("/query/"):
            return self._page(rest.removeprefix("/query/"))
        if found := re.fullmatch(r"/sobjects/(Account|Opportunity|OpportunityLineItem)/describe", rest):
            return self._describe(found[1])
        found = re.fullmatch(r"/sobjects/Account/(\w+)", rest)
        if found:
            if method == "PATCH" and "json" not in headers.get("content-type", ""):
                return _error(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported content type")
            return self._account(method, found[1], given, body)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _token(self, form: str) -> Answer:
        given = {k: v[0] for k, v in parse_qs(form).items()}
        asserted = given.get("grant_type", "").endswith(":jwt-bearer") and given.get("assertion")
        if not asserted and (given.get("client_id"), given.get("client_secret")) != self._app:
            return Answer(
                400, b'{"error": "invalid_client", "error_description": "invalid client credentials"}'
            )
        token = f"00D!{len(self._tokens):06d}"
        self._tokens.add(token)
        return Answer(200, json.dumps({"access_token": token, "token_type": "Bearer"}).encode())

    def _account(self, method: str, key: str, given: dict[str, str], body: bytes) -> Answer:
        row = self.accounts.get(key)
        if row is None:
            return _error(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
        if method == "GET":
            names = given.get("fields", "Id,Name").split(",")
            return Answer(200, _json({n: row.get(n) for n in names}))
        if method == "PATCH":
            changes = json.loads(body, parse_float=Decimal)
            unknown = [n for n in changes if n not in row]
            if unknown:
                return _error(
                    400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type Account"
                )
            row.update(self.trigger(changes))
            self.updates.append((key, changes))
            return Answer(204, b"")
        return _error(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed")

    def _query(self, soql: str, deleted_too: bool = False) -> Answer:
        asked = soql.split(", (SELECT")[0].split(" FROM ")[0]
        for name, there in (
            ("CurrencyIsoCode", not self.currency),
            ("BillingCountryCode", self.country_codes),
        ):
            if name in asked and not there:
                return _error(400, "INVALID_FIELD", f"No such column '{name}' on entity")
        if _OF_TAX[0] in (soql.split("(SELECT")[1:] or [""])[0].split(" FROM ")[0] and not self.line_taxes:
            return _error(
                400, "INVALID_FIELD", f"No such column '{_OF_TAX[0]}' on entity 'OpportunityLineItem'"
            )
        if "COUNT(Id)" in soql:
            return self._aggregate(soql)
        found = re.search(
            r"FROM (\w+)(?: WHERE| ORDER| LIMIT|$)", soql.split(") FROM ")[-1] if ") FROM " in soql else soql
        )
        table = "Opportunity" if ") FROM Opportunity" in soql else (found[1] if found else "")
        rows = {"Account": self.accounts, "Opportunity": self.opportunities}.get(table)
        if rows is None:
            return _error(400, "INVALID_TYPE", f"sObject type '{table}' is not supported")
        since = re.search(r"SystemModstamp >= (\S+)", soql)
        start = datetime.fromisoformat(since[1]) if since else None
        picked = [
            self._shown(table, r, asked.removeprefix("SELECT ").split(", "))
            for r in rows.values()
            if (start is None or _parse(r["SystemModstamp"]) >= start) and _wanted(r, soql, deleted_too)
        ]
        picked.sort(key=lambda r: (r["SystemModstamp"], r["Id"]))
        if "LIMIT 1" in soql:
            picked = picked[:1]
        return self._serve(picked)

    def _describe(self, table: str) -> Answer:
        """The fields of an object, as few of their properties as anybody here asks for."""
        names = {
            "Account": ["Id", "Name", "Email__c", "SystemModstamp", "BillingCountry", *_HIDDEN],
            "Opportunity": [
                "Id", "Name", "AccountId", "Amount", "CloseDate", "StageName", "IsWon", "IsDeleted", "Order_Number__c", "Tax_Title__c",
                "Tax_Rate__c", "Tax_Amount__c", "SystemModstamp",
            ],
            "OpportunityLineItem": [
                "Id", "Name", "Quantity", "TotalPrice", "IsDeleted", "SystemModstamp", *(_OF_TAX if self.line_taxes else ()),
            ],
        }[table]  # fmt: skip
        names += ["CurrencyIsoCode"] if not self.currency else []
        names += ["BillingCountryCode"] if table == "Account" and self.country_codes else []
        fields = [{"name": n, "type": "currency" if n in _MONEY.get(table, ()) else "string"} for n in names]
        return Answer(200, json.dumps({"name": table, "queryable": True, "fields": fields}).encode())

    def _shown(self, table: str, row: dict[str, Any], asked: Sequence[str] = ()) -> dict[str, Any]:
        if table == "Opportunity":
            if "IsDeleted" in asked:
                return {k: row[k] for k in asked}
            owner = self.accounts.get(row["AccountId"] or "")
            left_out = ("StageName", "IsWon", "IsDeleted", *(("CurrencyIsoCode",) if self.currency else ()))
            shown = {k: v for k, v in row.items() if k not in left_out}
            named = {"Name": owner["Name"], "Email__c": owner["Email__c"]} if owner else None
            return {**shown, "Account": named, "OpportunityLineItems": self._nested(row)}
        shown = {k: v for k, v in row.items() if k not in _HIDDEN}
        if not self.country_codes:
            shown["BillingCountry"] = {"US": "United States"}.get(shown.pop("BillingCountryCode"), "")
        return shown

    def _nested(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The lines of an opportunity: null where it has none, the first of many with a locator of their own."""
        lines: list[dict[str, Any]] = row["OpportunityLineItems"]["records"]
        if len(lines) <= _NESTED:
            return row["OpportunityLineItems"] if lines else None
        key = f"01h{row['Id']}"
        self._pages[key] = lines[_NESTED:]
        further = f"/services/data/v66.0/query/{key}-{_NESTED}"
        return {"totalSize": len(lines), "done": False, "nextRecordsUrl": further, "records": lines[:_NESTED]}

    def _serve(self, rows: list[dict[str, Any]]) -> Answer:
        answer: dict[str, Any] = {"totalSize": len(rows), "done": len(rows) <= _PAGE, "records": rows[:_PAGE]}
        if len(rows) > _PAGE:
            key = f"01g{len(self._pages):06d}"
            self._pages[key] = rows[_PAGE:]
            answer["nextRecordsUrl"] = f"/services/data/v66.0/query/{key}"
        return Answer(200, _json(answer))

    def _page(self, key: str) -> Answer:
        rows = self._pages.get(key.partition("-")[0])
        if rows is None:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._serve(rows)

    def _aggregate(self, soql: str) -> Answer:
        first, after = (re.search(rf"CloseDate {op} (\S+)", soql) for op in (">=", "<"))
        sums: dict[str, list[Any]] = {}
        for row in self.opportunities.values():
            if (first and row["CloseDate"] < first[1]) or (after and row["CloseDate"] >= after[1]):
                continue
            if not _wanted(row, soql, deleted_too=False):
                continue
            line = sums.setdefault(row["CurrencyIsoCode"], [0, Decimal(0)])
            line[0] += 1
            line[1] += row["Amount"]
        if "GROUP BY" not in soql:
            count = sum(n for n, _ in sums.values())
            total = sum((t for _, t in sums.values()), Decimal(0)) if count else None
            return self._serve([{"orders": count, "total": total}])
        rows = [{"CurrencyIsoCode": c, "orders": n, "total": t} for c, (n, t) in sums.items()]
        return self._serve(rows)


def _wanted(row: dict[str, Any], soql: str, deleted_too: bool) -> bool:
    """Whether a row is as a query asks for, of the conditions that anybody here asks for."""
    if row.get("IsDeleted") and not deleted_too:
        return False
    if "IsWon = true" in soql and not row["IsWon"]:
        return False
    if "Order_Number__c != null" in soql and not row["Order_Number__c"]:
        return False
    return "IsWon = false OR IsDeleted = true" not in soql or not row["IsWon"] or bool(row["IsDeleted"])


def _json(value: Any) -> bytes:
    """Decimals as JSON numbers with their own digits."""
    marks: dict[str, str] = {}

    def default(item: Any) -> str:
        mark = f"#decimal{len(marks)}#"
        marks[f'"{mark}"'] = _double(item)
        return mark

    text = json.dumps(value, default=default)
    for mark, number in marks.items():
        text = text.replace(mark, number)
    return text.encode()


def _double(value: Decimal) -> str:
    """A number as Java writes a double of ten millions and more: 15,000,000 is 1.5E7."""
    if abs(value) < 10_000_000:
        return str(value)
    digits = "".join(map(str, value.normalize().as_tuple().digits))
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{value.adjusted()}"


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, json.dumps([{"errorCode": code, "message": message}]).encode())


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00"))
