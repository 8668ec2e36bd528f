"""Writes a company's project folder from its template: the distributor's is here, the services company's beside its month.

A template is a folder below `templates`, with the files that people would write themselves. `${name}` in them stands for
what a sandbox makes anew each time: ports, secrets, the ids of companies in Odoo.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template

from tieout_sandbox.company import Company
from tieout_sandbox.world import IBAN_EUR, IBAN_USD, ZONE, World


class _Text(Template):
    """A template's text, whose names may have parts: `${url.stripe}`."""

    braceidpattern = r"[a-z_]+(?:\.[a-z_]+)*"


def write_project(
    folder: Path,
    world: World,
    company: Company,
    serve_port: int,
    *,
    odoo_url: str = "",
    odoo_database: str = "",
) -> None:
    """tieout.toml, interfaces and mappings of the distributor, against this world; its ledger is another Odoo where
    `odoo_url` names one."""
    values = {
        "company": str(company.id),
        "serve_port": str(serve_port),
        "odoo.url": odoo_url or world.url("odoo"),
        "odoo.database": odoo_database or world.odoo.database,
        "odoo.login": company.login,
    }
    write_template("distributor", folder, world, values, {**world.secrets, "odoo_key": company.key})


def write_template(
    name: str, folder: Path, world: World, values: Mapping[str, str], secrets: Mapping[str, str]
) -> None:
    """Write a template's files into a project folder, which is made where it is not there.

    The names that a template may use are `values`, `secret.NAME` for each of the secrets, and what any world has. A
    secret is kept in a file of its own, mode 0600, and its name in the template is that file's. KeyError: a template
    uses a name that nobody gives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".tieout").mkdir(exist_ok=True, mode=0o700)
    desk = f'sandbox = "http://localhost:{world.desk_port}"\n' if world.desk_port else ""
    known = {**_of_world(world, folder), "sandbox": desk, **values}
    known |= {f"secret.{key}": _secret_file(folder, key, value) for key, value in secrets.items()}
    for place, text in _texts(files("tieout_sandbox") / "templates" / name):
        path = folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(_Text(text).substitute(known))


def _of_world(world: World, folder: Path) -> dict[str, str]:
    """What every template may name; paths as a project's files name them, from its own folder."""
    return {
        **{f"url.{name}": world.url(name) for name in world.ports},
        **{f"port.{name}": str(port) for name, port in world.ports.items()},
        "outside": os.path.relpath(world.folder, folder),
        "outside_in_full": str(world.folder),
        "zone": ZONE.key,
        "iban.usd": IBAN_USD,
        "iban.eur": IBAN_EUR,
    }


def _texts(
    folder: Traversable, below: PurePosixPath = PurePosixPath()
) -> Iterator[tuple[PurePosixPath, str]]:
    """Every file of a template: its place within the template, and its text."""
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            yield from _texts(item, below / item.name)
        else:
            yield below / item.name, item.read_text(encoding="utf-8")


def _secret_file(folder: Path, name: str, value: str) -> str:
    """Keep a secret in a file of its own, mode 0600; how tieout.toml names it."""
    path = folder / "secrets" / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return f"file:secrets/{name}"
