"""Writes the project folder of the services company: two entities, its interfaces and policies."""

from __future__ import annotations

import os
from pathlib import Path

from tieout_sandbox.company import Company
from tieout_sandbox.project import csv_table, secret_file
from tieout_sandbox.services.month import ACCOUNTS
from tieout_sandbox.world import IBAN_USD, ZONE, World

# Name, role, what sources call them.
PEOPLE = (
    ("carla", "controller", "carla@northwind.example"),
    ("chris", "controller", ""),
    ("frank", "cfo", ""),
    ("mia", "", "mia@northwind.example"),
    ("pat", "", "pat@northwind.example"),
)
_ROLES = {
    "receivable": "121000",
    "deferred.subscription": "212000",
    "revenue.subscription": "400300",
    "revenue.usage": "400310",
    "rounding": "442000",
    "journal_split": "212600",
    "unapplied.bank": "212130",
    "bank_fees": "620000",
    "outstanding_receipts": "101403",
    "open.net_pay": "230000",
    "difference.rounding": "642000",
    "difference.write_off": "642000",
    f"bank.{IBAN_USD}": "101511",
    "payable": "211000",
    "outstanding_payments": "101404",
    "withholding.construction": "252000",
}
_JOURNALS = {"sales": "INV", "purchases": "BILL", "misc": "MISC", f"bank.{IBAN_USD}": "BNKU"}
_EXPENSES = {
    "travel": "651000",
    "per_diem": "652000",
    "tax.VAT": "131000",
    "paid_by.employee": "211000",
    "paid_by.card": "212150",
}
_DIMENSIONS = {"cost_centre:100": "Delivery", "cost_centre:200": "Sales", "cost_centre:300": "Overhead"}
_REQUIRE = '[options.require]\n"65" = "cost_centre"\n"63" = "cost_centre"\n'
_INTERFACES = {
    "billing": 'system = "chargebee"\nentity = "US"\nowner = "accounts receivable"\n'
    'process = "order to cash"\n\n[options]\ndeferral = "source"\n',
    "payroll": 'system = "payroll"\nentity = "US"\nowner = "people"\nprocess = "record to report"\n'
    'risk = "high"\n\n[options]\naccounts_table = "accounts_us"\n\n[options.components]\n'
    'gross = "debit 6100"\ntax = "credit 2110"\nsocial = "credit 2120"\n'
    'employer_social = "debit 6110 credit 2120"\nnet_pay = "credit 2100"\n\n' + _REQUIRE,
    "expenses": 'system = "expenses"\nentity = "US"\nowner = "accounts payable"\n'
    'process = "record to report"\n\n[options]\naccounts_table = "accounts_expenses"\n'
    'per_diem = "28.00"\nreceipt_above = "25.00"\n\n' + _REQUIRE,
    "journals_us": 'system = "ledgers"\nentity = "US"\nowner = "general ledger"\n'
    'process = "record to report"\n\n[options]\naccounts_table = "accounts_us"\n\n' + _REQUIRE,
    "journals_de": 'system = "ledgers"\nentity = "DE"\nowner = "general ledger"\n'
    'process = "record to report"\n\n[options]\naccounts_table = "accounts_de"\n',
    "bank": 'system = "bank"\nentity = "US"\nowner = "treasury"\nprocess = "treasury"\n'
    'patience_hours = 12\nlate_events = "first_open"\n',
    "procurement": 'system = "procurement"\nentity = "US"\nowner = "purchasing"\n'
    'process = "procure to pay"\ncomplete = "when settled"\n\n[options]\naccounts_table = "accounts_us"\n',
    "bills": 'system = "mailbox"\nentity = "US"\nowner = "accounts payable"\nprocess = "procure to pay"\n'
    'patience_hours = 72\ncomplete = "when settled"\n\n[options]\naccounts_table = "accounts_us"\nexports = "cumulative"\n'
    'tax_engine = "avatax"\ntax_fallback = "rate_table"\nbuyer_country = "US"\nbuyer_region = "NY"\n'
    'buyer_tax_id = "US-NORTHWIND"\n\n' + _REQUIRE,
    "payments": 'system = "payments"\nentity = "US"\nowner = "treasury"\nprocess = "procure to pay"\n'
    f'risk = "high"\nlate_events = "first_open"\n\n[options]\ninitiator = "Northwind Services Inc."\n'
    f'account = "{IBAN_USD}"\ncurrency = "USD"\ncooling_days = "3"\n\n'
    '[options.withholding]\nconstruction = "15"\n',
    "reconciliation": 'system = "odoo_us"\nentity = "US"\nowner = "accounts receivable"\n'
    'process = "treasury"\nlate_events = "first_open"\n',
}
_POLICIES = """# Who must approve what, before it is booked.
[[policy]]
name = "journals"
when = 'kind == "journal_entry" && company_amount >= 100000'
steps = [{ role = "controller" }]
escalate_to = "cfo"

[[policy]]
name = "large journals"
when = 'kind == "journal_entry" && company_amount >= 5000000'
steps = [{ role = "controller" }, { role = "cfo" }]

[[policy]]
name = "payroll"
when = 'kind == "payroll_run"'
steps = [{ role = "controller" }, { role = "cfo" }]
service_level_hours = 8

[[policy]]
name = "expenses"
when = 'kind == "expense_report" && company_amount >= 50000'
steps = [{ role = "controller" }]

[[policy]]
name = "bills"
when = 'kind == "vendor_bill" && company_amount >= 500000'
steps = [{ role = "controller" }]

[[policy]]
name = "exclusions"
when = 'action == "exclude"'
steps = [{ role = "controller" }]
"""


def write_services_project(
    folder: Path, world: World, companies: dict[str, Company], serve_port: int
) -> None:
    """tieout.toml, interfaces, mappings and policies, against this world."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".tieout").mkdir(exist_ok=True, mode=0o700)
    keys = {code: secret_file(folder, f"odoo_{code.lower()}", c.key) for code, c in companies.items()}
    tax_key = secret_file(folder, "avatax_key", world.secrets["avatax_key"])
    (world.folder / "bank_out").mkdir(exist_ok=True)
    billing = secret_file(folder, "chargebee_key", world.secrets["chargebee_key"])
    entities = (
        ("US", "Northwind Services Inc.", "USD", ZONE.key),
        ("DE", "Northwind GmbH", "EUR", "Europe/Berlin"),
    )
    blocks = [
        f"""[entities.{code}]
name = "{name}"
currency = "{currency}"
time_zone = "{zone}"
ledger = "odoo_{code.lower()}"
company_id = {companies[code].id}

[systems.odoo_{code.lower()}]
connector = "odoo"
url = "{world.url("odoo")}"
database = "{world.odoo.database}"
company = "{companies[code].id}"
key = "{keys[code]}"
"""
        for code, name, currency, zone in entities
    ]
    watched = (
        "bank", "payroll", "expenses", "journals_us", "journals_de", "procurement", "bills", "payments",
    )  # fmt: skip
    watch = "\n".join(
        f'[watch.{name}]\nfolder = "{os.path.relpath(world.folder / name, folder)}"\nwhole_by = "rename"\n'
        for name in watched
    )
    for name in watched:
        (world.folder / name).mkdir(exist_ok=True)
    text = f"""# The services company's project, made by the sandbox.
[project]
name = "Northwind Services"
environment = "sandbox"

[clock]
file = "{os.path.relpath(world.clock_file, folder)}"

[serve]
port = {serve_port}

{"".join(blocks)}
[systems.chargebee]
connector = "chargebee"
url = "{world.url("chargebee")}"
key = "{billing}"

[systems.avatax]
connector = "avatax"
url = "{world.url("avatax")}"
account = "2000"
license_key = "{tax_key}"

[systems.procurement]
connector = "procurement"

[systems.mailbox]
connector = "einvoices"

[systems.payments]
connector = "payments"
folder = "{world.folder / "bank_out"}"

[systems.payroll]
connector = "payroll"

[systems.expenses]
connector = "expenses"

[systems.ledgers]
connector = "ledgers"

[systems.bank]
connector = "bankfile"

[sinks]
bank = "payments"

{watch}"""
    (folder / "tieout.toml").write_text(text)
    for name, body in _INTERFACES.items():
        path = folder / "interfaces" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(body)
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "approvals.toml").write_text(_POLICIES)
    tables = {
        "accounts": _ROLES,
        "journals": _JOURNALS,
        "taxes": {"State Tax 15%": "15%", "S 15": "15%"},
        "tax_rates": {"US>US-NY": "standard 15"},
        "dimensions": _DIMENSIONS,
        "accounts_us": ACCOUNTS["US"],
        "accounts_de": ACCOUNTS["DE"],
        "accounts_expenses": _EXPENSES,
    }
    (folder / "mappings").mkdir(exist_ok=True)
    for name, rows in tables.items():
        (folder / "mappings" / f"{name}.csv").write_text(csv_table(rows))
