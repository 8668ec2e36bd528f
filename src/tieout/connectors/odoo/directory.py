"""Codes and names of a company's master data to Odoo's own ids, read once and on a miss."""

from __future__ import annotations

from collections.abc import Iterable

from tieout.connector_api import RefusedError
from tieout.connectors.odoo.client import OdooClient


class Directory:
    """Accounts and journals by code, taxes by name (one name may be a sale's and a purchase's),
    currencies by code."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client
        self._accounts: dict[str, int] = {}
        self._codes: dict[int, str] = {}
        self._without_code: list[int] = []
        self._journals: dict[str, int] = {}
        self._journal_codes: dict[int, str] = {}
        self._journal_types: dict[str, str] = {}
        self._taxes: dict[tuple[str, str], int] = {}
        self._tax_names: dict[int, str] = {}
        self._on_payment: set[int] = set()
        self._currencies: dict[str, int] = {}
        self._currency_codes: dict[int, str] = {}
        self._analytics: dict[str, int] = {}
        self._analytic_names: dict[int, str] = {}
        self.company_currency = ""
        self.company_name = ""
        self.rounds_by_line = False
        self._prices_include_tax = False

    def refresh(self) -> None:
        """Read everything again but analytic accounts. Raises RefusedError where the company is not there."""
        read = self._client.call
        rows = read("account.account", "search_read", domain=[], fields=["code"])
        # An account of another company reads without a code, and from Odoo 20 on one of ours may have none.
        self._accounts = {r["code"]: r["id"] for r in rows if r["code"]}
        self._codes = {i: code for code, i in self._accounts.items()}
        self._without_code = [r["id"] for r in rows if not r["code"]]
        rows = read("account.journal", "search_read", domain=[], fields=["code", "type"])
        self._journals = {r["code"]: r["id"] for r in rows}
        self._journal_types = {r["code"]: r["type"] for r in rows}
        self._journal_codes = {i: code for code, i in self._journals.items()}
        # Only what documents can carry. Names may repeat: 15% is a sale's and a purchase's.
        uses = [["type_tax_use", "in", ["sale", "purchase"]]]
        rows = read(
            "account.tax", "search_read", domain=uses, fields=["name", "type_tax_use", "tax_exigibility"]
        )
        self._on_payment = {r["id"] for r in rows if r["tax_exigibility"] == "on_payment"}
        self._taxes = {(r["type_tax_use"], r["name"]): r["id"] for r in rows}
        self._tax_names = {r["id"]: r["name"] for r in rows}
        rows = read("res.currency", "search_read", domain=[], fields=["name"])
        self._currencies = {r["name"]: r["id"] for r in rows}
        self._currency_codes |= {r["id"]: str(r["name"]) for r in rows}
        domain = [["id", "=", self._client.company]] if self._client.company else []
        fields = ["name", "currency_id", "tax_calculation_rounding_method", "account_price_include"]
        company = read("res.company", "search_read", domain=domain, fields=fields, limit=1)
        if not company:
            raise RefusedError(f"there is no company {self._client.company}")
        self.company_currency = company[0]["currency_id"][1]
        self.company_name = company[0]["name"]
        self.rounds_by_line = company[0]["tax_calculation_rounding_method"] == "round_per_line"
        self._prices_include_tax = company[0]["account_price_include"] == "tax_included"

    def warnings(self) -> list[str]:
        """What of the company's set-up keeps some postings from being right, as it was read last."""
        found = []
        if self._prices_include_tax and not self._client.differs.invoice_columns:
            found.append(
                "the company takes prices as tax included, and what is sent is net: let each tax say 'tax excluded' itself, else "
                "no taxed invoice comes out as it was sent"
            )
        # Without a company of its own the client sees others' accounts, which have no code here.
        if self._without_code and self._client.company and not self._client.differs.code_needed:
            some = self._client.call("account.account", "read", ids=self._without_code[:5], fields=["name"])
            names = ", ".join(str(r["name"]) for r in some)
            found.append(f"{len(self._without_code)} accounts have no code and cannot be named: {names}")
        return found

    def _find(self, table: str, key: str | tuple[str, str], what: str) -> int:
        for again in (False, True):
            if again:
                self.refresh()
            found: int | None = getattr(self, table).get(key)
            if found is not None:
                return found
        name = key if isinstance(key, str) else key[1]
        raise RefusedError(f"Odoo has no {what} {name!r} in this company")

    def account(self, code: str) -> int:
        """An account's id by its code. Raises RefusedError where there is none."""
        return self._find("_accounts", code, "account")

    def account_or_none(self, code: str) -> int | None:
        """An account's id, None where this company has none of that code."""
        if code not in self._accounts:
            self.refresh()
        return self._accounts.get(code)

    def accounts_there(self, codes: Iterable[str]) -> list[int]:
        """The ids of those accounts of these codes that this company has."""
        wanted = list(codes)
        if any(c not in self._accounts for c in wanted):
            self.refresh()
        return [self._accounts[c] for c in wanted if c in self._accounts]

    def journal(self, code: str) -> int:
        """A journal's id by its code. Raises RefusedError where there is none."""
        return self._find("_journals", code, "journal")

    def journal_type(self, code: str) -> str:
        """A journal's type in Odoo's words ("sale", "purchase", "bank", "general" …), "" where it has no such journal."""
        if code not in self._journal_types:
            self.refresh()
        return self._journal_types.get(code, "")

    def journal_code(self, journal: int) -> str:
        """The code of a journal, "#" and its id where it is not known."""
        if journal not in self._journal_codes:
            self.refresh()
        return self._journal_codes.get(journal, f"#{journal}")

    def tax(self, name: str, use: str = "sale") -> int:
        """A tax's id by its name; `use` is sale or purchase. Raises RefusedError where there is none."""
        return self._find("_taxes", (use, name), f"{use} tax")

    def falls_due_on_payment(self, name: str, use: str = "sale") -> bool:
        """Whether a tax is due as its invoice is paid, as it was read last. Raises RefusedError as `tax`."""
        return self.tax(name, use) in self._on_payment

    def currency(self, code: str) -> int:
        """An active currency's id by its code. Raises RefusedError where there is none."""
        return self._find("_currencies", code, "active currency")

    def currency_code(self, currency: int) -> str:
        """The code of a currency by its id: of one that was made inactive as well."""
        if currency not in self._currency_codes:
            rows = self._client.call("res.currency", "read", ids=[currency], fields=["name"])
            self._currency_codes[currency] = str(rows[0]["name"])
        return self._currency_codes[currency]

    def analytic(self, name: str) -> int:
        """An analytic account by its name. They are read when one is first asked for: not every
        company keeps any."""
        if name not in self._analytics:
            self._read_analytics()
        if name not in self._analytics:
            raise RefusedError(f"Odoo has no analytic account {name!r} in this company")
        return self._analytics[name]

    def analytic_name(self, key: int) -> str:
        """The name of an analytic account, "#" and its id where it is not known."""
        if key not in self._analytic_names:
            self._read_analytics()
        return self._analytic_names.get(key, f"#{key}")

    def _read_analytics(self) -> None:
        rows = self._client.call("account.analytic.account", "search_read", domain=[], fields=["name"])
        self._analytics = {r["name"]: r["id"] for r in rows}
        self._analytic_names = {i: name for name, i in self._analytics.items()}

    def code_of(self, account: int) -> str:
        """The code of an account, "#" and its id where it is not known."""
        if account not in self._codes:
            self.refresh()
        return self._codes.get(account, f"#{account}")

    def tax_name_of(self, tax: int) -> str:
        """The name of a tax, "#" and its id where it is not known."""
        if tax not in self._tax_names:
            self.refresh()
        return self._tax_names.get(tax, f"#{tax}")

    def own_currency(self) -> str:
        """The company's currency."""
        if not self.company_currency:
            self.refresh()
        return self.company_currency
