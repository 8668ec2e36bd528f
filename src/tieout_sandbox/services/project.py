"""Writes the project folder of the services company: two entities, its interfaces and policies."""

from __future__ import annotations

from pathlib import Path

from tieout_sandbox.company import Company
from tieout_sandbox.project import write_template
from tieout_sandbox.services.month import ACCOUNTS
from tieout_sandbox.world import World

# Name, role, what sources call them.
PEOPLE = (
    ("carla", "controller", "carla@northwind.example"),
    ("chris", "controller", ""),
    ("bea", "preparer", ""),
    ("frank", "cfo", ""),
    ("mia", "", "mia@northwind.example"),
    ("pat", "", "pat@northwind.example"),
)
# Where the tools and the bank leave their files: the template watches each of them. Below `bank_out` payment files go out.
_FOLDERS = (
    "bank", "payroll", "expenses", "journals_us", "journals_de", "procurement", "bills", "payments", "bank_out",
)  # fmt: skip


def write_services_project(
    folder: Path,
    world: World,
    companies: dict[str, Company],
    serve_port: int,
    *,
    odoo_url: str = "",
    odoo_database: str = "",
) -> None:
    """tieout.toml, interfaces, mappings and policies, against this world; `companies` by entity, US and DE; their ledger is
    another Odoo where `odoo_url` names one."""
    for name in _FOLDERS:
        (world.folder / name).mkdir(exist_ok=True)
    values = {f"company.{code.lower()}": str(company.id) for code, company in companies.items()}
    values |= {f"login.{code.lower()}": company.login for code, company in companies.items()}
    values |= {
        "serve_port": str(serve_port),
        "odoo.url": odoo_url or world.url("odoo"),
        "odoo.database": odoo_database or world.odoo.database,
    }
    secrets = {f"odoo_{code.lower()}": company.key for code, company in companies.items()}
    secrets |= {name: world.secrets[name] for name in ("avatax_key", "chargebee_key")}
    write_template("services", folder, world, values, secrets)
    # The month's truth books by the same tables, so they are said once, beside it.
    for code, accounts in ACCOUNTS.items():
        (folder / "mappings" / f"accounts_{code.lower()}.csv").write_text(_table(accounts))


def _table(rows: dict[str, str]) -> str:
    """A mapping without dates, as `mappings/NAME.csv` holds it."""
    lines = [f"{key},{value},," for key, value in rows.items()]
    return "\n".join(["key,value,valid_from,valid_to", *lines, ""])
