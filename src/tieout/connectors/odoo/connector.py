"""The declaration of the Odoo connector."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tieout.connector_api import ApiVersion, ConfigField, Connector, Option, Stream, Verified
from tieout.connectors.odoo.page import page
from tieout.connectors.odoo.session import open_session
from tieout.documents import (
    BatchControl,
    CustomerStanding,
    Document,
    JournalEntry,
    Reconciliation,
    decode_document,
)

_AMOUNT = r"\d{1,12}(\.\d{1,4})?"


def worked_out(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What the close worked out at a period's end, and its figures. Raises ValueError where the bytes are
    neither."""
    document = decode_document(raw)
    if not isinstance(document, JournalEntry | BatchControl):
        raise ValueError(f"{document.key} is no entry of a period's end, nor its figures")
    return [document]


def reconciliations(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A match as it was decided. Raises ValueError where the bytes are none."""
    document = decode_document(raw)
    if not isinstance(document, Reconciliation):
        raise ValueError(f"{document.key} is no reconciliation")
    return [document]


def standings(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What a customer owes, as it was read. Raises ValueError where the bytes are no such thing."""
    document = decode_document(raw)
    if not isinstance(document, CustomerStanding):
        raise ValueError(f"{document.key} does not say what a customer owes")
    return [document]


CONNECTOR = Connector(
    name="odoo",
    title="Odoo 18, 19 and 20",
    version="1",
    config=(
        ConfigField("url", "its address, such as https://books.example.com"),
        ConfigField("database", "its database; Odoo 18 cannot do without", required=False),
        ConfigField("key", "API key of a least-privilege service account", secret=True),
        ConfigField(
            "login",
            "what the service account signs in with: for Odoo 18 alone, which cannot do without",
            required=False,
        ),
        ConfigField("company", "id of the company to work in", required=False, default="0"),
        ConfigField(
            "hosted",
            "yes: Odoo Online or Odoo.sh, one call a second, one at a time; no; left out: as the address says",
            required=False,
        ),
        ConfigField("own_log", "keep Odoo's own message log: yes or no", required=False, default="no"),
    ),
    open=open_session,
    page=page,
    can=("write", "look_up", "read_back", "open_items"),
    streams=(
        Stream(
            "reconciliations",
            "groups of open items that belong together, as matching finds or a person decides them",
            reconciliations,
            "a match is told again where it shall be undone",
        ),
        Stream("revaluations", "what is open in foreign currency, at a period's closing rate", worked_out),
        Stream(
            "cutoffs",
            "what was invoiced and not delivered at a period's end, or the other way round",
            worked_out,
        ),
        Stream("standings", "what each customer of the CRM owes, as the ledger's open items say", standings),
    ),
    options=(
        Option(
            "open_orders",
            "whether orders that are not invoiced yet are told to the CRM beside the exposure",
            ("no", "yes"),
        ),
        Option("rules", "the rules of matching: the project's rules/NAME.toml, or those that come along"),
        Option(
            "automatic", "whether what is sure is applied at once, or is suggested as well", ("yes", "no")
        ),
        Option(
            "learned_limit",
            "up to which amount cash is booked to a learned account without asking, such as 20.00 "
            "(default 0: ask always)",
            shape=_AMOUNT,
        ),
        Option(
            "write_off_limit",
            "up to which amount one person may write a difference off, such as 5.00 (default 0)",
            shape=_AMOUNT,
        ),
        Option(
            "daily_at",
            "when it is reconciled every day, in the entity's zone, such as 06:30 (default: by command alone)",
            shape=r"([01]\d|2[0-3]):[0-5]\d",
        ),
    ),
    api=ApiVersion(
        "JSON-2 (19.0, 20.0), JSON-RPC (18.0)",
        "docs/ODOO.md: 18.0 is kept until September 2027, 19.0 until September 2028",
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "a real 19.0 Community: both companies' months with planted faults, deaths and closes, `tieout qualify`, the conformance suite, "
            "604 recorded steps",
            "docs/campaigns/odoo-19.0-distributor.md, odoo-19.0-services.md, docs/qualifications",
        ),
        Verified(
            date(2026, 11, 30),
            "a real 18.0 Community: the distributor's month with planted faults and its close, `tieout qualify`, the conformance suite",
            "docs/campaigns/odoo-18.0-distributor.md, docs/qualifications",
        ),
        Verified(date(2026, 11, 29), "20.0 in its published source alone", "docs/ODOO.md"),
    ),
    not_covered=(
        "Enterprise",
        "multi-company entries",
        "inventory, purchase orders and sales orders of Odoo's own",
    ),
    limits="one lane a journal; batches adapt to answer times; Odoo Online and Odoo.sh take one call a second, one at a time "
    "(odoo.com/acceptable-use), which is kept to there",
    assumed=(
        "account.payment takes partner, journal, amount, date and memo by load as it does by create",
        "discount_date and discount_amount_currency of journal items, and payment terms with their "
        "early_pay_discount_computation, are readable to the accounting group, as read of Odoo 19's source",
        "lines of an entry take tax_ids, tax_tag_ids and tax_repartition_line_id by load, and keep their amounts, as read of "
        "Odoo 19's source; taxes and their distributions are readable to the accounting group",
        "the wizard for accrued orders begins the label of each line with its order's name, and what Odoo's stock values is "
        "account_stock_variation_id of an account, account_stock_valuation_id of a company and "
        "property_stock_valuation_account_id of a product category, readable to base.group_user, as read of Odoo 19's source",
    ),
)
