"""What `tieout init` writes: a project to be set up in the browser, or one whose files explain every choice."""

from __future__ import annotations

import json
from pathlib import Path

from tieout.rules.packs import Pack

_PROJECT = """# A Tieout project. `tieout check` says what is missing.
[project]
name = "My company"
environment = "test"          # credentials of one environment never work in another

[database]
dsn = ""                      # empty: the embedded PostgreSQL; else a PostgreSQL 15 or newer

[serve]
host = "127.0.0.1"
port = 8080

[entities.MAIN]
name = "My company"
currency = "{currency}"
time_zone = "{zone}"   # the cut-off is this zone's midnight
ledger = "odoo"
{country}
# What stands in Odoo before this day is your opening. What people go on making there by intent is declared, too:
# docs/USING.md, "Books that are there already".
# begins_on = 2026-10-01
# Differences that are accepted without a person, by kind: at most `amount` and `percent` of what is due, and `month` of
# one partner in a month. What is not listed is off: a payment that is short then pays in part, or waits for somebody.
[entities.MAIN.differences]
rounding = { amount = "0.05", percent = "1", month = "1.00" }

[systems.odoo]
connector = "odoo"
url = "https://books.example.com"
database = ""
key = "env:ODOO_KEY"          # a secret is named as env:NAME or file:PATH, never written here

[systems.bank]
connector = "bankfile"

[systems.stripe]
connector = "stripe"
key = "env:STRIPE_KEY"
webhook_secrets = "env:STRIPE_WEBHOOK_SECRETS"   # two, separated by a blank, while one rotates

[watch]
bank = "statements"           # files that appear here are taken in once they are whole: docs/FORMATS.md
"""
_BANK = """# Statements are told by content; {statements}.
system = "bank"
entity = "MAIN"
owner = "treasury"
process = "treasury"
late_events = "first_open"    # or: case

# What must come: docs/CLOSE.md, "Expected arrivals". A bank that sends one of each day: every = "banking day".
[expected]
statements = 1                # of each account, in a month

[options.bank_codes]
"ACMT/MDOP/CHRG" = "bank_fees"
"""
_STRIPE = """system = "stripe"
entity = "MAIN"
owner = "treasury"
process = "treasury"
patience_hours = 36           # how long a payment waits for its order

[expected]
every = "month"               # something of each month; expected = "nothing" where nothing has to come
"""
_RECONCILIATION = """# What is open in Odoo is matched and applied by `tieout reconcile`.
system = "odoo"
entity = "MAIN"
owner = "accounts receivable"
process = "treasury"
late_events = "first_open"    # a match whose day is locked is booked on the first open one

[options]
automatic = "yes"             # no: what is sure is only suggested
write_off_limit = "0.00"      # up to which one person writes a difference off: nothing, without a second one
daily_at = "06:30"            # every day by itself, in the entity's zone
"""
_CALENDAR = """# How the entity closes: docs/CLOSE.md.
[entities.MAIN]
{country}business_day = 5              # closed by the fifth business day
case_limit = "0.00"           # no case above it stays open
sign_role = "controller"      # two people with this role sign each task and the close: one prepares, another signs
"""
_APPROVALS = """# Who must approve what, before it is booked or left out: docs/APPROVALS.md. Nobody approves what they made. What holds without a
# policy: what one person excludes, accepts or writes off above `alone_limit` of calendar.toml, mappings that changed, and each task of
# a close take two people.
[[policy]]
name = "exclusions"           # what is left out of the books, whatever its amount
when = 'action == "exclude"'
steps = [{ role = "controller" }]

[[policy]]
name = "journals"             # entries that people prepare
when = 'kind == "journal_entry"'
steps = [{ role = "controller" }]
"""
_ACCOUNTS = """key,value,valid_from,valid_to
receivable,121000,,
bank_in_transit,101701,,
bank_fees,620000,,
unapplied.bank,212130,,
difference.rounding,642000,,
difference.bank_charge,620000,,
difference.early_payment_discount,443000,,
difference.write_off,642000,,
unapplied.unknown,212100,,
unapplied.exception,212110,,
unapplied.excluded,212120,,
fees.stripe,621000,,
clearing.stripe.EUR,101501,,
bank.DE02120300000000202051,101511,,
"""
_JOURNALS = """key,value,valid_from,valid_to
sales,INV,,
misc,MISC,,
clearing.stripe.EUR,STRE,,
bank.DE02120300000000202051,BNK1,,
"""
_IGNORED = ".tieout/\nsecrets/\nsystems/secrets/\nstatements/\nwitness.jsonl\n"
_TAXES = "key,value,valid_from,valid_to\n"


def _calendar(pack: Pack | None) -> str:
    days = ""
    if pack is not None:
        market = f'market = "{pack.calendar.market}"\n' if pack.calendar.market else ""
        days = f'country = "{pack.country}"\n{market}'
    return _CALENDAR.replace("{country}", days)


_EMPTY = """# A Tieout project. `tieout up` leads through the rest in the browser: what is entered there stands in systems/, entities/,
# interfaces/ and mappings/. docs/USING.md says what else may stand here.
[project]
name = {name}
environment = "{environment}"          # test or production; credentials of one environment never work in another

[database]
dsn = ""                      # empty: the embedded PostgreSQL; else a PostgreSQL 15 or newer

[serve]
host = "127.0.0.1"
port = 8080

# Systems are asked at public addresses by https, and in the networks of yours that stand here.
[telling]
private = []                  # such as ["10.1.0.0/16"]
"""


def write_empty(folder: Path, name: str, environment: str) -> None:
    """Write a project that nobody set up yet; files that exist are left alone. Raises OSError."""
    project = _EMPTY.replace("{name}", json.dumps(name, ensure_ascii=False)).replace(
        "{environment}", environment
    )
    _write(
        folder,
        {
            "tieout.toml": project,
            "rules/approvals.toml": _APPROVALS,
            "mappings/accounts.csv": _TAXES,
            "mappings/journals.csv": _TAXES,
            "mappings/taxes.csv": _TAXES,
            ".gitignore": _IGNORED,
        },
    )


def write_template(folder: Path, pack: Pack | None = None) -> None:
    """Write the project, with a country's pack if one is given; files that exist are left alone."""
    currency, zone, country, statements = "EUR", "Europe/Berlin", "", "ask your bank for camt.053"
    if pack is not None:
        currency, zone = pack.currency, pack.time_zone
        country = f'country = "{pack.country}"                # its business days, rates and payment files\n'
        statements = f"banks in {pack.name} send {', '.join(pack.statements)}"
    project = _PROJECT.replace("{currency}", currency).replace("{zone}", zone).replace("{country}", country)
    files = {
        "tieout.toml": project,
        "interfaces/bank.toml": _BANK.replace("{statements}", statements),
        "interfaces/stripe.toml": _STRIPE,
        "interfaces/reconciliation.toml": _RECONCILIATION,
        "rules/approvals.toml": _APPROVALS,
        "calendar.toml": _calendar(pack),
        "mappings/accounts.csv": _ACCOUNTS,
        "mappings/journals.csv": _JOURNALS,
        "mappings/taxes.csv": _TAXES,
        ".gitignore": _IGNORED,
    }
    _write(folder, files)
    (folder / "statements").mkdir(exist_ok=True)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text)
    (folder / ".tieout").mkdir(mode=0o700, exist_ok=True)
