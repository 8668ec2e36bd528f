"""Wrong set-ups of Odoo: each makes the simulator answer as a real one does that is set up so, and says what `check` must name.

`@wrong(name, says)`: docs/ODOO.md has a row of that name; `says` are words of the finding, of which one part is what to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.conformance.test_odoo_versions import Books
from tieout.connectors.odoo.versions import V18, V19, V20, Differences
from tieout_sandbox.simkit import Answer

ACCOUNTS = {
    "receivable": "121000",
    "payable": "211000",
    "revenue.goods": "400000",
    "bank_in_transit": "101701",
    "unapplied.unknown": "212100",
    "customer_deposits": "212200",
    "clearing.stripe.EUR": "101502",
    "bank.US1": "101511",
}
JOURNALS = {"sales": "INV", "misc": "MISC", "clearing.stripe.EUR": "STRE", "bank.US1": "BNKU"}


@dataclass
class Case:
    """A company, and a project that books in it: what is wrong is made so in either."""

    books: Books
    settings: dict[str, str]
    currency: str = "USD"
    accounts: dict[str, str] = field(default_factory=lambda: dict(ACCOUNTS))
    journals: dict[str, str] = field(default_factory=lambda: dict(JOURNALS))
    taxes: dict[str, str] = field(default_factory=lambda: {"State Tax 15%": "15%"})
    dimensions: dict[str, str] = field(default_factory=dict)
    # What the project's file says beside it, and the interfaces that it has beside its shop.
    environment: str = "test"
    registers: bool = False

    @property
    def user(self) -> dict[str, Any]:
        """The service account's record."""
        users = self.books.odoo.service.world.table("res.users").values()
        return next(u for u in users if u["login"] == self.books.company.login)

    def update(self, model: str, record: dict[str, Any], **values: Any) -> None:
        """As an administrator would."""
        self.books.odoo.service.world.store.update(model, record, values)

    def found(self, model: str, **values: Any) -> dict[str, Any]:
        """The company's record with these values."""
        rows = self.books.odoo.service.world.table(model).values()
        mine = self.books.company.id
        return next(
            r for r in rows
            if mine in (r.get("company_ids") or [r.get("company_id") or mine]) and all(r[k] == v for k, v in values.items())
        )  # fmt: skip

    def without(self, *groups: str) -> None:
        """The service account without these groups."""
        names = self.books.odoo.service.world.table("res.groups")
        left = [g for g in self.user["group_ids"] if names[g]["name"] not in groups]
        self.update("res.users", self.user, group_ids=left)

    def another_company(self, name: str = "Other Ltd") -> int:
        """A second company that the service account may work in as well."""
        world = self.books.odoo.service.world
        (key,) = self.books.odoo.service.call(
            2, "res.company", "create", None, {}, {"vals_list": [{"name": name, "currency_id": 1}]}
        )
        self.update("res.users", self.user, company_ids=[self.books.company.id, key])
        assert world.table("res.company")[key]
        return int(key)


@dataclass(frozen=True)
class Wrong:
    """`says` are regular expressions that one finding fits in turn."""

    name: str
    says: tuple[str, ...]
    played: Differences
    make: Callable[[Case], None]
    warns: bool = False


WRONG: list[Wrong] = []


def wrong(
    name: str, *says: str, played: Differences = V19, warns: bool = False
) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    def declare(make: Callable[[Case], None]) -> Callable[[Case], None]:
        WRONG.append(Wrong(name, says, played, make, warns))
        return make

    return declare


# the address


@wrong("nothing answers at the address", r"cannot be reached")
def _(case: Case) -> None:
    case.settings["url"] = "http://127.0.0.1:1"


@wrong("a proxy's page in place of Odoo", r"is no Odoo 18.0, 19.0 or newer", r"check url, without a path")
def _(case: Case) -> None:
    case.books.odoo.instead = lambda path, body: Answer(200, b"<html>Welcome</html>", "text/html")


@wrong(
    "a proxy lets the version through, and answers calls with its page",
    r"what answers is no Odoo",
    r"check url, and the proxy",
)
def _(case: Case) -> None:
    page = Answer(200, b"<html>Sign in</html>", "text/html")
    case.books.odoo.instead = lambda path, body: None if "version" in path else page


@wrong(
    "the address leads on to another", r"leads on to https://books", r"put the address there that it ends at"
)
def _(case: Case) -> None:
    there = {"location": "https://books.example.com/"}
    case.books.odoo.instead = lambda path, body: Answer(301, b"", "text/html", there)


@wrong("a path behind the address", r"is no Odoo", r"without a path behind it")
def _(case: Case) -> None:
    case.settings["url"] += "/odoo"
    # Seen on a real 19.0: whoever is not signed in is sent to its door.
    door = {"location": "/web/login?redirect=%2Fodoo%2Fweb%2Fversion%3F"}
    case.books.odoo.instead = lambda path, body: (
        Answer(303, b"", "text/html", door) if path.startswith("/odoo") else None
    )


@wrong("a version that is too old", r"Odoo 17.0 is not supported: version 18.0, or 19.0 or newer")
def _(case: Case) -> None:
    version = b'{"version_info": [17, 0, 0, "final", 0, ""], "version": "17.0"}'
    case.books.odoo.instead = lambda path, body: Answer(200, version) if path == "/web/version" else None


@wrong("a database that is not there", r"No database is selected", r"check url, database")
def _(case: Case) -> None:
    case.settings["database"] = "boooks"


@wrong("a server of several databases, and none is named", r"No database is selected", r"check url, database")
def _(case: Case) -> None:
    case.books.odoo.several = True
    del case.settings["database"]


@wrong(
    "another database is named than the only one, which answers for it",
    r"what answers at http://127.0.0.1:\d+ is the database books, and boooks is asked for",
    r"Put 'books' as database",
)
def _(case: Case) -> None:
    case.books.odoo.alone = True
    case.settings["database"] = "boooks"


@wrong("which database answers is not told", r"warning: which database answers is not told", warns=True)
def _(case: Case) -> None:
    page = Answer(403, b"<html>Forbidden</html>", "text/html")
    case.books.odoo.instead = lambda path, body: page if path.endswith("ir.http/session_info") else None


@wrong(
    "18: a database that is not there", r"database \"boooks\" does not exist", r"check .*database", played=V18
)
def _(case: Case) -> None:
    case.settings["database"] = "boooks"


@wrong("18: no login", r"Odoo 18.0 cannot do without login", r"beside url and key", played=V18)
def _(case: Case) -> None:
    del case.settings["login"]


@wrong("18: the login of somebody else", r"refuses the login 'admin'", r"check all three", played=V18)
def _(case: Case) -> None:
    case.settings["login"] = "admin"


# the key


@wrong("a wrong key", r"Odoo refuses the key", r"make a new one for the service account")
def _(case: Case) -> None:
    case.settings["key"] = "0" * 40


@wrong("a key past its end", r"Odoo refuses the key", r"make a new one for the service account")
def _(case: Case) -> None:
    _lasting(case, -1)


@wrong("a key that ends in two days", r"ends on 2026-10-22", r"make a new one", r"revoke the old one")
def _(case: Case) -> None:
    _lasting(case, 2)


@wrong(
    "a key that ends in two weeks", r"warning: .*ends on 2026-11-03", r"nothing stops meanwhile", warns=True
)
def _(case: Case) -> None:
    _lasting(case, 14)


@wrong("20: a light user's key, of one day", r"ends on 2026-10-21", r"one day for a light user", played=V20)
def _(case: Case) -> None:
    _lasting(case, 1)


@wrong(
    "20: a key of before the upgrade, without a scope",
    r"refuses the key",
    r"make a new one of the scope RPC",
    played=V20,
)
def _(case: Case) -> None:
    case.settings["key"] = case.books.odoo.service.make_key(case.user["id"], scoped=False)


@wrong("the service account is archived", r"Odoo refuses the key", r"make a new one for the service account")
def _(case: Case) -> None:
    case.update("res.users", case.user, active=False)


def _lasting(case: Case, days: float) -> None:
    service = case.books.odoo.service
    for row in list(service.world.table("res.users.apikeys").values()):
        if row["user_id"] == case.user["id"]:
            service.world.store.delete("res.users.apikeys", row["id"])
    case.settings["key"] = service.make_key(case.user["id"], name="Tieout", days=days)


# the company


@wrong(
    "two companies, and none is chosen", r"works in 2 companies \(.*Other Ltd\)", r"put its number as company"
)
def _(case: Case) -> None:
    case.another_company()
    del case.settings["company"]


@wrong(
    "a company that the account may not work in", r"does not work in company 1, but in", r"Allowed Companies"
)
def _(case: Case) -> None:
    case.settings["company"] = "1"


@wrong(
    "a company in another currency than the entity",
    r"keeps its books in USD.*declared in EUR",
    r"choose another company",
)
def _(case: Case) -> None:
    case.currency = "EUR"


@wrong("a company without a chart of accounts", r"no journal and no chart", r"Fiscal Localization")
def _(case: Case) -> None:
    case.settings["company"] = str(case.another_company())


@wrong(
    "no journal for exchange differences",
    r"no currency exchange journal, and matches in EUR",
    r"Default Accounts",
)
def _(case: Case) -> None:
    case.books.set_company(currency_exchange_journal_id=False)


@wrong("a currency that is not active", r"takes EUR: that currency is not active", r"switch it on")
def _(case: Case) -> None:
    case.update("res.currency", case.books.odoo.service.world.table("res.currency")[126], active=False)


@wrong("a currency without a rate", r"takes EUR: it has no rate", r"enter rates")
def _(case: Case) -> None:
    world = case.books.odoo.service.world
    for key in list(world.table("res.currency.rate")):
        world.store.delete("res.currency.rate", key)


@wrong("prices as tax included", r"takes prices as tax included", r"set it to tax excluded")
def _(case: Case) -> None:
    case.books.set_company(account_price_include="tax_included")


@wrong("a fiscal year lock that lies ahead", r"fiscal year lock up to 2026-12-31", r"set the lock back")
def _(case: Case) -> None:
    case.books.set_company(fiscalyear_lock_date="2026-12-31")


@wrong("a hard lock of today", r"hard lock up to 2026-10-20", r"wait until it is past")
def _(case: Case) -> None:
    case.books.set_company(hard_lock_date="2026-10-20")


# rights


@wrong(
    "no right to entries",
    r"may book entries: create on account.move",
    r"give the service account the group account.group_account_basic",
)
def _(case: Case) -> None:
    case.without("account.group_account_basic")


@wrong(
    "no right to bank lines",
    r"may book bank lines: create on account.bank.statement.line",
    r"account.group_account_basic",
)
def _(case: Case) -> None:
    groups = {g["name"]: g["id"] for g in case.books.odoo.service.world.table("res.groups").values()}
    case.without("account.group_account_basic")
    case.update(
        "res.users", case.user, group_ids=[*case.user["group_ids"], groups["account.group_account_invoice"]]
    )


@wrong(
    "no right to partners",
    r"may make customers and suppliers: create on res.partner",
    r"base.group_partner_manager",
)
def _(case: Case) -> None:
    case.without("base.group_partner_manager")


@wrong(
    "no right to products", r"may make products: create on product.product", r"product.group_product_manager"
)
def _(case: Case) -> None:
    case.without("product.group_product_manager")


@wrong(
    "20: documents under review",
    r"take bank lines' matches apart under review",
    r"account.group_account_user",
    played=V20,
)
def _(case: Case) -> None:
    case.books.set_company(set_to_review_documents=True)


@wrong("no right to set locks", r"may set locks: warning: not granted", r"base.group_erp_manager", warns=True)
def _(case: Case) -> None:
    pass


@wrong(
    "an administrator as the service account",
    r"warning: the account is an administrator",
    r"use one that has",
    warns=True,
)
def _(case: Case) -> None:
    groups = {g["name"]: g["id"] for g in case.books.odoo.service.world.table("res.groups").values()}
    case.update("res.users", case.user, group_ids=[*case.user["group_ids"], groups["base.group_system"]])


# what mappings name


@wrong(
    "an account that is not there",
    r"account 212109 \(accounts.csv: unapplied.unknown\): is not in this company",
    r"make it",
)
def _(case: Case) -> None:
    case.accounts["unapplied.unknown"] = "212109"


@wrong(
    "an archived account",
    r"account 400000 \(accounts.csv: revenue.goods\): is archived",
    r"take it into use again",
)
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="400000"), active=False)


@wrong("18: a deprecated account", r"account 400000 .*is deprecated", r"take it into use again", played=V18)
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="400000"), deprecated=True)


@wrong(
    "20: an account that lost its code", r"account 400000 .*is not in this company", r"make it", played=V20
)
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="400000"), code=False)


@wrong(
    "an account of another company",
    r"account 212109 .*is of company \d+ Other Ltd",
    r"make it here, map another",
)
def _(case: Case) -> None:
    other = case.another_company()
    world = case.books.odoo.service.world
    world.add("account.account", {
        "code": "212109", "name": "x", "account_type": "liability_current", "reconcile": True, "active": True, "company_ids": [other],
    })  # fmt: skip
    case.accounts["unapplied.unknown"] = "212109"


@wrong(
    "a transit account that is not reconcilable",
    r"account 101701 .*is not reconcilable",
    r"tick Allow Reconciliation",
)
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="101701"), reconcile=False)


@wrong("a receivable of another type", r"account 128000 .*must be asset_receivable", r"map another account")
def _(case: Case) -> None:
    case.accounts["receivable"] = "128000"


@wrong("an account that takes another currency", r"account 212200 .*takes EUR alone", r"map another account")
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="212200"), currency_id=126)


@wrong(
    "a journal that is not there", r"journal MISK \(journals.csv: misc\): is not in this company", r"make it"
)
def _(case: Case) -> None:
    case.journals["misc"] = "MISK"


@wrong("an archived journal", r"journal MISC .*is archived", r"take it into use again")
def _(case: Case) -> None:
    case.update("account.journal", case.found("account.journal", code="MISC"), active=False)


@wrong("a journal of another type", r"journal BILL .*type purchase, and must be sale", r"map another journal")
def _(case: Case) -> None:
    case.journals["sales"] = "BILL"


@wrong(
    "a journal in another currency",
    r"journal STRE .*is in USD, and EUR is booked in it",
    r"map a journal in EUR",
)
def _(case: Case) -> None:
    case.update("account.journal", case.found("account.journal", code="STRE"), currency_id=False)


@wrong(
    "a bank journal of another account",
    r"journal BNKU .*keeps account 101512.*mapped to 101511",
    r"give it that one",
)
def _(case: Case) -> None:
    other = case.found("account.account", code="101512")["id"]
    case.update("account.journal", case.found("account.journal", code="BNKU"), default_account_id=other)


@wrong(
    "a bank journal without a suspense account",
    r"journal BNKU .*has no suspense account",
    r"set it on the journal",
)
def _(case: Case) -> None:
    case.update("account.journal", case.found("account.journal", code="BNKU"), suspense_account_id=False)


@wrong("a hashed bank journal", r"journal BNKU .*secures its entries with a hash", r"map a journal without")
def _(case: Case) -> None:
    case.update("account.journal", case.found("account.journal", code="BNKU"), restrict_mode_hash_table=True)


@wrong("a tax that is not there", r"tax 16% .*is not in this company", r"map another")
def _(case: Case) -> None:
    case.taxes["State Tax 16%"] = "16%"


@wrong("a tax by its name in another language", r"tax TVA 20% .*a tax's name in fr_FR.*'FR VAT 20%'")
def _(case: Case) -> None:
    case.update("res.users", case.user, lang="fr_FR")
    case.update("account.tax", case.found("account.tax", name="FR VAT 20%"), sim_names={"fr_FR": "TVA 20%"})
    case.taxes["FR: 20%"] = "TVA 20%"


@wrong("an archived tax", r"tax FR VAT 20% .*is archived", r"take it into use again")
def _(case: Case) -> None:
    case.update("account.tax", case.found("account.tax", name="FR VAT 20%"), active=False)
    case.taxes["FR: 20%"] = "FR VAT 20%"


@wrong(
    "a purchase tax for sales",
    r"tax 0% Imports .*is a purchase tax alone, and a sale tax is needed",
    r"map that one",
)
def _(case: Case) -> None:
    case.taxes["zero"] = "0% Imports"


@wrong(
    "a name of two taxes", r"tax FR VAT 20% .*is the name of several taxes", r"give each a name of its own"
)
def _(case: Case) -> None:
    case.update("account.tax", case.found("account.tax", name="AT VAT 20%"), name="FR VAT 20%")
    case.taxes["FR: 20%"] = "FR VAT 20%"


@wrong(
    "an analytic account that is not there", r"analytic account Sails .*is not in this company", r"make it"
)
def _(case: Case) -> None:
    case.dimensions["cost_centre:200"] = "Sails"


@wrong("an archived analytic account", r"analytic account Sales .*is archived", r"take it into use again")
def _(case: Case) -> None:
    case.books.odoo.service.world.add(
        "account.analytic.account", {"name": "Sales", "active": False, "plan_id": 1, "company_id": False}
    )
    case.dimensions["cost_centre:200"] = "Sales"


# what nothing names, and is booked with all the same


@wrong(
    "invoices that are owed on another account than the mapped one",
    r"invoices are owed on what is mapped: account 121300 .*new receivables stand on 121000",
    r"map that one, or make 121300 the default",
)
def _(case: Case) -> None:
    world = case.books.odoo.service.world
    own = {k: v for k, v in case.found("account.account", code="121000").items() if k != "id"}
    world.add("account.account", {**own, "code": "121300", "name": "Account Receivable (PoS)"})
    case.accounts["receivable"] = "121300"


@wrong(
    "18: bills that are owed on another account than the mapped one",
    r"bills are owed on what is mapped: account 211000 .*new payables stand on 211300",
    r"map that one, or make 211000 the default",
    played=V18,
)
def _(case: Case) -> None:
    world = case.books.odoo.service.world
    own = {k: v for k, v in case.found("account.account", code="211000").items() if k != "id"}
    world.add("account.account", {**own, "code": "211300", "name": "Account Payable (other)"})
    world.due_codes[case.books.company.id, False] = "211300"


@wrong("quantities of whole numbers", r"Product Unit is kept with less than 2 decimals", r"set it to 2")
def _(case: Case) -> None:
    case.books.odoo.service.world.digits["quantity"] = (16, 0)


@wrong(
    "18: prices of one decimal",
    r"Product Price is kept with less than 2 decimals",
    r"set it to 2",
    played=V18,
)
def _(case: Case) -> None:
    case.books.odoo.service.world.digits["price_unit"] = (16, 1)


@wrong(
    "unapplied cash on the ledger's own suspense account",
    r"account 101402 .*is the suspense account of journal",
    r"map another",
)
def _(case: Case) -> None:
    case.update("account.account", case.found("account.account", code="101402"), reconcile=True)
    case.accounts["unapplied.unknown"] = "101402"


@wrong("an archived journal for exchange differences", r"exchange.*is archived", r"take it into use again")
def _(case: Case) -> None:
    world = case.books.odoo.service.world
    key = world.table("res.company")[case.books.company.id]["currency_exchange_journal_id"]
    case.update("account.journal", world.table("account.journal")[key], active=False)


@wrong(
    "rates that ended half a year ago",
    r"takes EUR: warning: its last rate is of 2026-04-01",
    r"enter rates",
    warns=True,
)
def _(case: Case) -> None:
    rows = case.books.odoo.service.world.table("res.currency.rate").values()
    for row in list(rows):
        case.update("res.currency.rate", row, name="2026-04-01")


# what a payment needs, and what a partner brings along


def _due_on_payment(case: Case, **company: Any) -> dict[str, Any]:
    """A mapped tax that falls due on payment, in a company that has all that such a tax needs but for `company`."""
    case.books.set_company(**{"tax_exigibility": True, **company})
    tax = case.found("account.tax", name="15%", type_tax_use="sale")
    transition = case.found("account.account", code="212200")["id"]
    case.update("account.tax", tax, tax_exigibility="on_payment", cash_basis_transition_account_id=transition)
    return tax


@wrong(
    "a tax that falls due on payment",
    r"tax 15% .*falls due on payment, and a payment that Tieout matches by a key makes nothing due",
    r"map a tax that is due on its invoice",
)
def _(case: Case) -> None:
    _due_on_payment(case)


@wrong(
    "such a tax, and no cash basis journal",
    r"tax 15% .*has no cash basis journal, and no payment of what bears it is matched",
    r"Settings, Cash Basis",
)
def _(case: Case) -> None:
    _due_on_payment(case, tax_cash_basis_journal_id=False)


@wrong(
    "such a tax, and an archived cash basis journal",
    r"tax 15% .*cash basis journal Cash Basis Taxes is archived",
    r"take it into use again",
)
def _(case: Case) -> None:
    _due_on_payment(case)
    case.update("account.journal", case.found("account.journal", code="CABA"), active=False)


@wrong(
    "such a tax, and a company without cash basis",
    r"tax 15% .*does not use cash basis, so that no payment makes it due",
    r"switch it on",
)
def _(case: Case) -> None:
    _due_on_payment(case, tax_exigibility=False)


@wrong(
    "18: such a tax, and no transition account",
    r"tax 15% .*has no cash basis transition account, so that it stands on the account of its sale",
    r"set it on the tax",
    played=V18,
)
def _(case: Case) -> None:
    case.update("account.tax", _due_on_payment(case), cash_basis_transition_account_id=False)


@wrong(
    "a currency that is rounded to 0.05",
    r"keeps USD to the 0.01: it is rounded to 0.05 there",
    r"set that to 0.01 \(Accounting, Configuration, Currencies",
)
def _(case: Case) -> None:
    case.update(
        "res.currency", case.books.odoo.service.world.table("res.currency")[1], rounding=Decimal("0.05")
    )


@wrong(
    "a currency that is finer than its cents",
    r"keeps EUR to the 0.01: warning: .*0.001, finer",
    r"set that to 0.01",
    warns=True,
)
def _(case: Case) -> None:
    case.update(
        "res.currency", case.books.odoo.service.world.table("res.currency")[126], rounding=Decimal("0.001")
    )


def _method(case: Case) -> dict[str, Any]:
    """How payments come into the bank's journal, where a project registers them."""
    case.registers = True
    case.accounts["outstanding_receipts"] = "101403"
    journal = case.found("account.journal", code="BNKU")["id"]
    rows = case.books.odoo.service.world.table("account.payment.method.line").values()
    return next(r for r in rows if r["journal_id"] == journal and r["payment_type"] == "inbound")


@wrong(
    "a payment method without an account",
    r"journal BNKU .*warning: has no account for payments that are registered in it",
    r"put 101403 on its method",
    warns=True,
)
def _(case: Case) -> None:
    _method(case)


@wrong(
    "the same, with Odoo's Accounting",
    r"journal BNKU .*with Odoo's Accounting they then book nothing",
    r"put 101403 on its method",
)
def _(case: Case) -> None:
    _method(case)
    case.books.odoo.service.world.add(
        "ir.module.module", {"name": "account_accountant", "state": "installed"}
    )


@wrong(
    "a payment method with another account",
    r"journal BNKU .*puts the payments that are registered in it on 101720, and outstanding_receipts is mapped to 101403",
    r"put that one on its method .*or map 101720",
)
def _(case: Case) -> None:
    case.update(
        "account.payment.method.line",
        _method(case),
        payment_account_id=case.found("account.account", code="101720")["id"],
    )


@wrong(
    "a journal without a method for payments",
    r"journal BNKU .*has no method for incoming payments",
    r"add one",
)
def _(case: Case) -> None:
    case.books.odoo.service.world.store.delete("account.payment.method.line", _method(case)["id"])


@wrong(
    "production on a neutralized database",
    r"is no copy for tests: books at .* was neutralized",
    r"put the address and the database of the books themselves",
)
def _(case: Case) -> None:
    case.environment = "production"
    case.books.odoo.service.world.add(
        "ir.config_parameter", {"key": "database.is_neutralized", "value": "true"}
    )


@wrong(
    "plain http to a public address",
    r"http://93.184.215.14:8069 is at 93.184.215.14, a public address",
    r"put https://",
)
def _(case: Case) -> None:
    case.settings["url"] = "http://93.184.215.14:8069"


def _position(case: Case, **more: Any) -> int:
    """A fiscal position that puts another receivable in the place of the mapped one."""
    world = case.books.odoo.service.world
    source = case.found("account.account", code="121000")
    own = {k: v for k, v in source.items() if k != "id"}
    to = world.add("account.account", {**own, "code": "121300", "name": "Receivable abroad"})
    given = {
        "name": "Abroad",
        "auto_apply": False,
        "active": True,
        "company_id": case.books.company.id,
        **more,
    }
    key = int(world.add("account.fiscal.position", given)["id"])
    row = {"position_id": key, "account_src_id": source["id"], "account_dest_id": to["id"]}
    world.add("account.fiscal.position.account", row)
    return key


@wrong(
    "a fiscal position that moves the receivable",
    r"no fiscal position moves what is owed: account 121000 .*Abroad puts 121300 in its place, and 1 contacts have it",
    r"take 121000 out of its Account Mapping",
)
def _(case: Case) -> None:
    key = _position(case)
    partner = next(
        r for r in case.books.odoo.service.world.table("res.partner").values() if r["name"] == "Somebody"
    )
    case.update("res.partner", partner, property_account_position_id=key)


@wrong(
    "one that a country brings along",
    r"no fiscal position moves what is owed: .*and contacts of its country get it",
    r"take 121000 out of its Account Mapping",
)
def _(case: Case) -> None:
    _position(case, auto_apply=True)


@wrong(
    "one that new contacts get",
    r"no fiscal position moves what is owed: .*Abroad puts 121300 in its place, and new contacts get it",
    r"take 121000 out of its Account Mapping",
)
def _(case: Case) -> None:
    key, books = _position(case), case.books
    sides = {"fields": ["property_account_receivable_id", "property_account_payable_id"]}
    found = books.odoo.service.call(
        case.user["id"],
        "res.partner",
        "default_get",
        None,
        {"allowed_company_ids": [books.company.id]},
        sides,
    )
    answer = Answer(200, json.dumps({**found, "property_account_position_id": key}).encode())
    books.odoo.instead = lambda path, body: answer if path.endswith("res.partner/default_get") else None


@wrong(
    "one that nobody has",
    r"no fiscal position moves what is owed: warning: .*nobody has it yet",
    r"take 121000 out",
    warns=True,
)
def _(case: Case) -> None:
    _position(case)
