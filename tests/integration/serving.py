"""A web side in a process of its own: `python -m tests.integration.serving DSN PORT FOLDER LIMITS`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tieout.api import Limits, Services, serve
from tieout.connector_api import SystemConfig
from tieout.engine import SystemClock
from tieout.operations.discover import discover
from tieout.rules import Entity, Interface, Release
from tieout.store import Database

SECRET = "whsec"


def main() -> None:
    dsn, port, folder, limits = sys.argv[1:5]
    registry = discover()
    config = {"url": "http://127.0.0.1:1", "key": "k", "token": "t", "webhook_secrets": SECRET}
    sessions = {
        name: registry[name].open(
            SystemConfig(name, name, "test", config if name in ("stripe", "shopify") else {})
        )
        for name in ("stripe", "shopify", "bankfile", "ledgers")
    }
    release = Release(
        "0" * 64,
        {"US": Entity("US", "US", "USD", "UTC", "odoo"), "DE": Entity("DE", "DE", "EUR", "UTC", "odoo")},
        {
            "stripe": Interface("stripe", "stripe", "US", ("balance_transactions",), "o", "p"),
            "shop": Interface("shop", "shopify", "US", ("orders",), "o", "p"),
            "bank": Interface("bank", "bankfile", "US", ("statements",), "o", "p"),
            "bank_de": Interface("bank_de", "bankfile", "DE", ("statements",), "o", "p"),
            "journals": Interface("journals", "ledgers", "US", ("journals",), "o", "p"),
        },
        {},
    )
    serve(
        Services(
            name="Edge", environment="test", database=Database(dsn, bytes(32)), clock=SystemClock(), release=lambda: release,
            session=lambda name: sessions[name], connector_of=lambda name: registry[name],
            host="127.0.0.1", port=int(port), spool=Path(folder), limits=Limits(**json.loads(limits)),
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
