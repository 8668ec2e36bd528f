"""Writes the project folder of the distributor."""

from __future__ import annotations

import os
from pathlib import Path

from tieout_sandbox.company import Company
from tieout_sandbox.world import IBAN_EUR, IBAN_USD, ZONE, World

_ACCOUNTS = {
    "receivable": "121000",
    "revenue.goods": "400000",
    "revenue.shipping": "400100",
    "revenue.refund_adjustments": "400200",
    "rounding": "442000",
    "liability.gift_card": "212300",
    "fees.stripe": "621000",
    "disputes_receivable.stripe": "101710",
    "provider_reserve.stripe": "101720",
    "provider_adjustments.stripe": "643100",
    "dispute_loss": "642100",
    "bank_in_transit": "101701",
    "customer_deposits": "212200",
    "unapplied.unknown": "212100",
    "unapplied.exception": "212110",
    "unapplied.excluded": "212120",
    "unapplied.bank": "212130",
    "bank_fees": "620000",
    "outstanding_receipts": "101403",
    "difference.rounding": "642000",
    "difference.bank_charge": "620000",
    "difference.early_payment_discount": "443000",
    "difference.write_off": "642000",
    "revaluation.adjustment": "101730",
    "revaluation.gain": "441500",
    "revaluation.loss": "641500",
    "clearing.stripe.USD": "101501",
    "clearing.stripe.EUR": "101502",
    f"bank.{IBAN_USD}": "101511",
    f"bank.{IBAN_EUR}": "101512",
}
_JOURNALS = {
    "sales": "INV",
    "misc": "MISC",
    "clearing.stripe.USD": "STRU",
    "clearing.stripe.EUR": "STRE",
    f"bank.{IBAN_USD}": "BNKU",
    f"bank.{IBAN_EUR}": "BNKE",
}
_TAXES = {"State Tax 15%": "15%", "VAT 20%": "VAT 20%"}

_INTERFACES = {
    "shop_us": 'system = "shop_us"\nentity = "US"\nowner = "accounts receivable"\n'
    'process = "order to cash"\n\n[options]\ninvoice_on = "fulfilment"\nproducts = "by_sku"\n',
    "shop_eu": 'system = "shop_eu"\nentity = "US"\nowner = "accounts receivable"\n'
    'process = "order to cash"\n\n[options]\nproducts = "by_sku"\n',
    "stripe": 'system = "stripe"\nentity = "US"\nowner = "treasury"\nprocess = "treasury"\n'
    'patience_hours = 36\nlate_events = "first_open"\n\n[options]\norder_metadata = "order_id"\n'
    'refund_metadata = "refund_id"\n',
    "bank": 'system = "bank"\nentity = "US"\nowner = "treasury"\nprocess = "treasury"\n'
    'patience_hours = 48\nlate_events = "first_open"\n\n[options]\ncustomer_payments = "registered"\n\n[options.bank_codes]\n"ACMT/MDOP/CHRG" = "bank_fees"\n',
    "reconciliation": 'system = "odoo"\nentity = "US"\nowner = "accounts receivable"\n'
    'process = "treasury"\nlate_events = "first_open"\n\n[options]\nwrite_off_limit = "5.00"\n',
    "revaluation": 'system = "odoo"\nentity = "US"\nstreams = ["revaluations"]\n'
    'owner = "controller"\nprocess = "record to report"\n',
    "crm_accounts": 'system = "salesforce"\nentity = "US"\nstreams = ["accounts"]\n'
    'owner = "sales operations"\nprocess = "order to cash"\n',
    "crm_orders": 'system = "salesforce"\nentity = "US"\nstreams = ["won_orders"]\n'
    'owner = "accounts receivable"\nprocess = "order to cash"\n\n[options]\n'
    'customers = "from_crm"\n',
}


def csv_table(rows: dict[str, str]) -> str:
    lines = [f"{key},{value},," for key, value in rows.items()]
    return "\n".join(["key,value,valid_from,valid_to", *lines, ""])


def secret_file(folder: Path, name: str, value: str) -> str:
    """Keep a secret in a file of its own, mode 0600; how tieout.toml names it."""
    path = folder / "secrets" / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return f"file:secrets/{name}"


def write_project(
    folder: Path,
    world: World,
    company: Company,
    serve_port: int,
    *,
    odoo_url: str = "",
    odoo_database: str = "",
) -> None:
    """tieout.toml, interfaces and mappings of the distributor, against this world."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".tieout").mkdir(exist_ok=True, mode=0o700)
    keep = {name: secret_file(folder, name, value) for name, value in world.secrets.items()}
    key = secret_file(folder, "odoo_key", company.key)
    shops = "".join(
        f'[systems.{name}]\nconnector = "shopify"\nurl = "{world.url(name)}"\n'
        f'token = "{keep[f"{name}_token"]}"\nwebhook_secrets = "{keep[name]}"\n\n'
        for name in world.shops
    )
    text = f"""# The distributor's project, made by the sandbox.
[project]
name = "Meridian Supply"
environment = "sandbox"

[clock]
file = "{os.path.relpath(world.clock_file, folder)}"

[serve]
port = {serve_port}

[entities.US]
name = "Meridian Supply Inc."
currency = "USD"
time_zone = "{ZONE.key}"
ledger = "odoo"
company_id = {company.id}

[systems.odoo]
connector = "odoo"
url = "{odoo_url or world.url("odoo")}"
database = "{odoo_database or world.odoo.database}"
company = "{company.id}"
key = "{key}"

{shops}[systems.stripe]
connector = "stripe"
url = "{world.url("stripe")}"
key = "{keep["stripe_key"]}"
webhook_secrets = "{keep["stripe"]}"

[systems.bank]
connector = "bankfile"

[systems.salesforce]
connector = "salesforce"
url = "{world.url("salesforce")}"
client_id = "{keep["sf_id"]}"
client_secret = "{keep["sf_secret"]}"

[systems.mail]
connector = "smtp"
host = "127.0.0.1"
port = "{world.ports["smtp"]}"
sender = "receivables@meridian.example"

[systems.events]
connector = "cloudevents"
url = "{world.url("cloudevents")}/treasury"
secret = "{keep["events"]}"
source = "urn:tieout:meridian"

[sinks]
crm = "salesforce"
mail = "mail"
event = "events"

[watch.bank]
folder = "{os.path.relpath(world.statements, folder)}"
whole_by = "rename"
"""
    (folder / "tieout.toml").write_text(text)
    for name, body in _INTERFACES.items():
        path = folder / "interfaces" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(body)
    mappings = folder / "mappings"
    mappings.mkdir(exist_ok=True)
    for name, rows in (("accounts", _ACCOUNTS), ("journals", _JOURNALS), ("taxes", _TAXES)):
        (mappings / f"{name}.csv").write_text(csv_table(rows))
