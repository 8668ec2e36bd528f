"""Sets a company up in Odoo as its administrator would, over the API alone.

The same steps work on a real server: a company of its own, accounts, journals, taxes, rates,
and a service account with the least rights and a key of its own.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connectors.odoo.versions import JSONRPC, V19, Differences, choose


@dataclass(frozen=True)
class Chart:
    """What a company has beside the standard chart: accounts (code, name, type, reconcile) and bank
    journals (code, name, currency, account); its currency, and the other one that it has rates of."""

    accounts: Sequence[tuple[str, str, str, bool]]
    journals: Sequence[tuple[str, str, str, str]]
    currency: str = "USD"
    other: str = "EUR"
    rate: Decimal = Decimal("0.9000")
    analytic: Sequence[str] = ()


ACCOUNTS = [
    ("101501", "Stripe USD clearing", "asset_cash", False),
    ("101502", "Stripe EUR clearing", "asset_cash", False),
    ("101511", "Bank USD", "asset_cash", False),
    ("101512", "Bank EUR", "asset_cash", False),
    ("101710", "Disputes receivable", "asset_current", True),
    ("101720", "Provider reserve", "asset_current", False),
    ("101730", "Revaluation of foreign items", "asset_current", False),
    ("101740", "Contract assets", "asset_current", False),
    ("212100", "Unapplied: no order known", "liability_current", True),
    ("212110", "Unapplied: order in exception", "liability_current", True),
    ("212120", "Unapplied: order excluded", "liability_current", True),
    ("212130", "Unapplied: bank lines", "liability_current", True),
    ("212200", "Customer deposits", "liability_current", True),
    ("212300", "Gift cards", "liability_current", False),
    ("212400", "Contract liabilities", "liability_current", False),
    ("400100", "Shipping", "income", False),
    ("400200", "Refund adjustments", "income", False),
    ("441500", "Unrealised exchange gains", "income", False),
    ("621000", "Provider fees", "expense", False),
    ("641500", "Unrealised exchange losses", "expense", False),
    ("642100", "Dispute losses", "expense", False),
    ("643100", "Provider adjustments", "expense", False),
]
JOURNALS = [
    ("STRU", "Stripe USD", "USD", "101501"),
    ("STRE", "Stripe EUR", "EUR", "101502"),
    ("BNKU", "Bank USD", "USD", "101511"),
    ("BNKE", "Bank EUR", "EUR", "101512"),
]
DISTRIBUTOR = Chart(ACCOUNTS, JOURNALS)
# A tax for each jurisdiction that the shops sell into: name and percent.
SALES_TAXES = (
    ("VAT 20%", 20), ("NY 15%", 15), ("CA 15%", 15), ("TX 15%", 15), ("FR VAT 20%", 20), ("AT VAT 20%", 20),
)  # fmt: skip
_GROUPS = (
    "base.group_user",
    "account.group_account_basic",
    "base.group_partner_manager",
    "product.group_product_manager",
)


_PAGE = 2000
# How long a server that is started again may take.
_PATIENCE_S = 120.0
# How long it is waited for what is taken back as a program ends.
_HURRY_S = 15.0
# Methods that take no ids (`api.model` in Odoo): by JSON-RPC all others are given some first, be it none.
MODELS_OWN = (
    "create",
    "search",
    "search_read",
    "search_count",
    "read_group",
    "load",
    "fields_get",
    "context_get",
    "check_object_reference",
)


@dataclass
class Made:
    """What an administrator began to make, as far as it is known: `company` is 0 and `user` False where the answer did not come, which says
    nothing of what is there; `login` is "" where no service account was begun."""

    name: str
    company: int = 0
    login: str = ""
    user: bool = False


@dataclass
class Company:
    """What the project needs to know of the company that was set up."""

    id: int
    key: str
    login: str


def version_at(url: str) -> Differences:
    """What the server at an address is, as it says without being asked who one is. SetupError: a version that nobody knows;
    httpx2.HTTPError: nothing answers."""
    reply = httpx2.get(f"{url}/web/version", timeout=30)
    if reply.status_code != 200:
        reply = httpx2.post(f"{url}/web/webclient/version_info", json={"params": {}}, timeout=30)
    said = reply.json()
    return choose(str(said["version"] if "version" in said else said["result"]["server_version"])).differs


class Administrator:
    """A client of Odoo with an administrator's key; `login` is theirs, which Odoo 18 wants as well."""

    def __init__(
        self, url: str, database: str, key: str, version: Differences = V19, login: str = "admin"
    ) -> None:
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": database}
        self.url, self.database, self.version = url, database, version
        self._key, self._login, self._uid = key, login, 0
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=120)
        self._patience_s = _PATIENCE_S
        self._made: list[Made] = []

    def rows(
        self, model: str, domain: list[Any], fields: Sequence[str], company: int | None = None
    ) -> list[dict[str, Any]]:
        """Every record of a domain by its id, archived ones too, a page at a time, in `company` where one is named. Numbers with a
        fraction are Decimals, as the server wrote them. Raises as `call` does."""
        context: dict[str, Any] = {"active_test": False, "lang": "en_US"}
        if company is not None:
            context["allowed_company_ids"] = [company]
        found: list[dict[str, Any]] = []
        while True:
            beyond = [["id", ">", found[-1]["id"] if found else 0], *domain]
            asked = {
                "domain": beyond,
                "fields": list(fields),
                "order": "id",
                "limit": _PAGE,
                "context": context,
            }
            page = self._ask(model, "search_read", asked, exactly=True)
            found += page
            if len(page) < _PAGE:
                return found

    def call(self, model: str, method: str, **body: Any) -> Any:
        """Run a method; RuntimeError with Odoo's words where it refuses. What a busy server
        turns away before it acts (401, 429, 502) is asked again, as a person would."""
        return self._ask(model, method, body)

    def _ask(self, model: str, method: str, body: dict[str, Any], exactly: bool = False) -> Any:
        fractions = Decimal if exactly else float
        if self.version.transport == JSONRPC:
            return self._by_rpc(model, method, body, fractions)
        for _ in range(12):
            reply = self._post(f"/json/2/{model}/{method}", body)
            if reply.status_code not in (401, 429, 502):
                break
        if reply.status_code != 200:
            raise RuntimeError(f"{model}.{method}: {reply.status_code} {reply.text[:300]}")
        return json.loads(reply.content, parse_float=fractions)

    def _post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Ask; where nobody answers the door nothing was asked yet, and it is knocked again for a while. httpx2.ConnectError: nobody
        ever did. Other httpx2.HTTPError: what became of it is not known."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                return self._http.post(path, json=body)
            except httpx2.ConnectError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def _by_rpc(self, model: str, method: str, body: dict[str, Any], fractions: Callable[[str], Any]) -> Any:
        def ask(service: str, method: str, *arguments: Any) -> Any:
            params = {"service": service, "method": method, "args": arguments}
            asked = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
            reply = self._post("/jsonrpc", asked)
            answer = json.loads(reply.content, parse_float=fractions)
            if "error" in answer:
                raise RuntimeError(f"{model}.{method}: {answer['error']['data']['message'][:300]}")
            return answer.get("result")

        # It hashes the key whenever it is asked: once is enough.
        self._uid = self._uid or ask("common", "authenticate", self.database, self._login, self._key, {})
        # Of a model's own methods nothing stands before the named arguments, of all others ids; `write` takes its values
        # by place.
        places = [] if method in MODELS_OWN else [body.pop("ids", [])]
        places += [body.pop("vals")] if "vals" in body else []
        if "vals_list" in body:
            places = [body.pop("vals_list")]
        return ask("object", "execute_kw", self.database, self._uid, self._key, model, method, places, body)

    def summed(self, model: str, domain: list[Any], names: Sequence[str], company: int) -> dict[str, Decimal]:
        """Sums of a company's records by the fields' names; nothing is asked for no name. Raises as `call` does."""
        if not names:
            return {}
        asked: dict[str, Any] = {"domain": domain, "groupby": []}
        asked["context"] = {"allowed_company_ids": [company], "active_test": False}
        if self.version.grouping == "read_group":
            asked |= {"fields": [f"{n}:sum" for n in names], "lazy": False}
            (row,) = self._ask(model, "read_group", asked, exactly=True) or [{}]
            return {n: Decimal(str(row.get(n) or 0)).normalize() + 0 for n in names}
        asked["aggregates"] = [f"{n}:sum" for n in names]
        (row,) = self._ask(model, "formatted_read_group", asked, exactly=True) or [{}]
        return {n: Decimal(str(row.get(f"{n}:sum") or 0)).normalize() + 0 for n in names}

    def companies(self) -> dict[int, str]:
        """The companies in which this administrator works, by id: of others nothing is read. Raises as `call` does."""
        user = int(self.call("res.users", "context_get")["uid"])
        (row,) = self.call("res.users", "read", ids=[user], fields=["company_ids"])
        rows = self.rows("res.company", [["id", "in", row["company_ids"]]], ["name"])
        return {int(r["id"]): str(r["name"]) for r in rows}

    def number_of(self, *names: str) -> int:
        """The first number, from 2 on, that no company has behind any of these names: a database keeps each name once."""
        taken = [row["name"] for row in self.rows("res.company", [], ["name"])]
        number = 2
        while any(f"{name} {number}" in taken for name in names):
            number += 1
        return number

    def set_up(self, name: str, first_day: date, chart: Chart = DISTRIBUTOR) -> Company:
        """The whole set-up; rates begin a month before `first_day`."""
        ids = {
            r["name"]: r["id"]
            for r in self.call(
                "res.currency",
                "search_read",
                domain=[["name", "in", ["USD", "EUR"]]],
                fields=["name"],
                context={"active_test": False},
            )
        }
        self.call("res.currency", "write", ids=list(ids.values()), vals={"active": True})
        made = Made(name)
        self._made.append(made)
        company = made.company = self.call(
            "res.company", "create", vals_list=[{"name": name, "currency_id": ids[chart.currency]}]
        )[0]
        self.call(
            "account.chart.template",
            "try_loading",
            template_code="generic_coa",
            company=company,
            install_demo=False,
        )
        self.call("res.company", "write", ids=[company], vals={"currency_id": ids[chart.currency]})
        context = {"allowed_company_ids": [company]}
        self._accounts(company, ids, context, chart)
        self._taxes(context)
        self._rates(company, ids[chart.other], first_day, context, chart.rate)
        self._analytic(company, chart.analytic)
        login, password = f"tieout-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
        made.login = login
        self._service_account(login, password, company)
        made.user = True
        return Company(company, self._make_key(login, password), login)

    def _renumber(self, context: Any, chart: Chart) -> None:
        """What the standard chart put on a number of ours goes to the end of its hundred (18 puts its cash there)."""
        taken = [["code", "in", [row[0] for row in chart.accounts]]]
        for row in self.call(
            "account.account", "search_read", domain=taken, fields=["code"], context=context
        ):
            code = f"{row['code'][:-2]}99"
            self.call("account.account", "write", ids=[row["id"]], vals={"code": code}, context=context)

    def _accounts(self, company: int, currencies: dict[str, int], context: Any, chart: Chart) -> None:
        self._renumber(context, chart)
        made = self.call(
            "account.account",
            "create",
            context=context,
            vals_list=[
                {"code": c, "name": n, "account_type": t, "reconcile": r} for c, n, t, r in chart.accounts
            ],
        )
        codes = {row[0]: key for row, key in zip(chart.accounts, made, strict=True)}
        self.call(
            "account.journal",
            "create",
            context=context,
            vals_list=[
                {
                    "name": n,
                    "code": c,
                    "type": "bank",
                    "default_account_id": codes[account],
                    "company_id": company,
                    **({"currency_id": currencies[cur]} if cur != chart.currency else {}),
                }
                for c, n, cur, account in chart.journals
            ],
        )

    def _taxes(self, context: Any) -> None:
        found = self.call(
            "account.account",
            "search_read",
            domain=[["code", "=", "251000"]],
            fields=["code"],
            context=context,
        )
        group = self.call(
            "account.tax",
            "search_read",
            domain=[["type_tax_use", "=", "sale"]],
            fields=["tax_group_id"],
            limit=1,
            context=context,
        )
        lines = [
            [0, 0, {"repartition_type": "base"}],
            [0, 0, {"repartition_type": "tax", "account_id": found[0]["id"]}],
        ]
        self.call(
            "account.tax",
            "create",
            context=context,
            vals_list=[
                {
                    "name": name,
                    "amount": percent,
                    "type_tax_use": "sale",
                    "tax_group_id": group[0]["tax_group_id"][0],
                    "price_include_override": "tax_excluded",
                    "invoice_repartition_line_ids": lines,
                    "refund_repartition_line_ids": lines,
                }
                for name, percent in SALES_TAXES
            ],
        )

    def _analytic(self, company: int, names: Sequence[str]) -> None:
        if not names:
            return
        plans = self.call("account.analytic.plan", "search", domain=[], limit=1)
        if not plans:
            raise RuntimeError("Odoo has no analytic plan: make one first (Accounting, Configuration)")
        rows = [{"name": name, "plan_id": plans[0], "company_id": company} for name in names]
        self.call("account.analytic.account", "create", vals_list=rows)

    def _rates(self, company: int, other: int, first_day: date, context: Any, rate: Decimal) -> None:
        rows = []
        for week in range(-4, 9):
            day = first_day + timedelta(days=7 * week)
            rate += Decimal("0.0015") if week % 3 else Decimal("-0.0020")
            rows.append(
                {"currency_id": other, "company_id": company, "name": day.isoformat(), "rate": float(rate)}
            )
        self.call("res.currency.rate", "create", vals_list=rows, context=context)

    def _service_account(self, login: str, password: str, company: int) -> None:
        groups = []
        for name in _GROUPS:
            module, short = name.split(".")
            rows = self.call(
                "ir.model.data",
                "search_read",
                fields=["res_id"],
                domain=[["module", "=", module], ["name", "=", short]],
            )
            if not rows:
                # A group of a module that this server does not have.
                continue
            groups.append(rows[0]["res_id"])
        self.call(
            "res.users",
            "create",
            context={"no_reset_password": True},
            vals_list=[
                {
                    "name": "Tieout",
                    "login": login,
                    "password": password,
                    "company_id": company,
                    "company_ids": [[6, 0, [company]]],
                    self.version.users_groups: [[6, 0, groups]],
                }
            ],
        )

    def _make_key(self, login: str, password: str) -> str:
        """A key of the service account itself, made in its own session (90 days at most)."""
        web = httpx2.Client(base_url=self.url, timeout=60)

        def rpc(path: str, **params: Any) -> Any:
            body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
            reply = web.post(path, json=body).json()
            if "error" in reply:
                raise RuntimeError(f"{path}: {reply['error']['data']['message']}")
            return reply["result"]

        def call(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
            return rpc(
                f"/web/dataset/call_kw/{model}/{method}",
                model=model,
                method=method,
                args=list(args),
                kwargs=kwargs,
            )

        rpc("/web/session/authenticate", db=self.database, login=login, password=password)
        values = [{"name": "Tieout", "duration": "90"}]
        request = call("res.users.apikeys.description", "create", values)
        check = call("res.users.apikeys.description", "make_key", request)
        given: dict[str, Any] = {"context": {"password": password}}
        if self.version.password_by == "record":
            call("res.users.identitycheck", "write", [check["res_id"]], {"password": password})
            given = {}
        shown = call("res.users.identitycheck", "run_check", [check["res_id"]], **given)
        return str(shown["context"]["default_key"])

    def left(self, *, archive: bool) -> list[str]:
        """What was made here and stays behind, in words, with how it is taken away. With `archive` service accounts are archived before that,
        which ends their keys; nothing is raised where that is not done, it is told."""
        return [
            text for made in self._made for text in (_company_left(made), *self._user_left(made, archive))
        ]

    def _user_left(self, made: Made, archive: bool) -> list[str]:
        if not made.login:
            return []
        if not archive:
            return [f"the user {made.login}, who works in it"]
        # Whoever ends a program waits for it no longer than that.
        self._patience_s, self._http.timeout = _HURRY_S, _HURRY_S
        try:
            ids = self.call("res.users", "search", domain=[["login", "=", made.login]])
            if not ids and not made.user:
                return [f"maybe a user {made.login}: if it is in Settings, Users, archive it there"]
            self.call("res.users", "write", ids=ids, vals={"active": False})
        except (
            RuntimeError,
            httpx2.HTTPError,
            ValueError,
            LookupError,
            TypeError,
            KeyboardInterrupt,
        ) as error:
            why = str(error)[:300] or type(error).__name__
            return [
                f"the user {made.login}, who could not be archived ({why}): archive it by hand in Settings, Users"
            ]
        return [f"the user {made.login}, archived, so that its key is refused"]

    def close(self) -> None:
        """Close the connections; the administrator calls nothing any more."""
        self._http.close()


def _company_left(made: Made) -> str:
    if not made.company:
        return f"maybe a company {made.name}, in part: look into Settings, Companies, and archive it there"
    if not made.user:
        return f"company {made.company} {made.name}, set up in part: archive it in Settings, Companies"
    return (
        f"company {made.company} {made.name} with its chart, journals, entries and currencies USD and EUR in use: Odoo deletes no company "
        "that has entries; archive it in Settings, Companies"
    )
