"""What Odoo's fields say of how an entry was made, and of what an installation does with one: declared, each with the module whose field it is.

Which of them a database has is asked (`fields_get`), since its list of modules is an administrator's to read (ir.model.access of
base: ir.module.module, base.group_system). Read in the source: [S19] (docs/ODOO.md) for the Community's; github.com/zenphamgeek/
odoo19-enterprise, commit e4dd9cd1, for what it has not (online synchronisation, import of statements, assets).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tieout.connectors.odoo.models import BANK_LINE, MOVE, PAYMENT

# How entries are made, in words that the survey groups by.
SYNCHRONISED, IMPORTED, PROVIDER = "bank synchronisation", "statement import", "payment provider"


@dataclass(frozen=True)
class Sign:
    """A field that has a value on what was made so."""

    model: str
    field: str
    made_by: str
    module: str


MADE_BY = (
    Sign(BANK_LINE, "online_transaction_identifier", SYNCHRONISED, "account_online_synchronization"),
    Sign(BANK_LINE, "unique_import_id", IMPORTED, "account_bank_statement_import"),
    Sign(PAYMENT, "payment_transaction_id", PROVIDER, "account_payment"),
    Sign(MOVE, "pos_order_ids", "point of sale", "point_of_sale"),
    Sign(MOVE, "pos_session_ids", "point of sale", "point_of_sale"),
    Sign(MOVE, "website_id", "Odoo's website shop", "website_sale"),
    Sign(MOVE, "expense_ids", "Odoo's expenses", "hr_expense"),
    Sign(MOVE, "stock_move_ids", "stock valuation", "stock_account"),
    Sign(MOVE, "asset_id", "depreciation", "account_asset"),
    Sign(MOVE, "auto_post_origin_id", "recurring entry", "account"),
    Sign(MOVE, "tax_cash_basis_rec_id", "tax due on payment", "account"),
    Sign(MOVE, "invoice_source_email", "mail", "account"),
)
# A field of this name says that what is posted may be sent on to somebody, of whom the module knows.
E_INVOICING = {
    "edi_state": "account_edi",
    "peppol_move_state": "account_peppol",
    "nemhandel_move_state": "l10n_dk_nemhandel",
    "l10n_es_edi_verifactu_state": "l10n_es_edi_verifactu",
    "l10n_gr_edi_state": "l10n_gr_edi",
    "l10n_hu_edi_state": "l10n_hu_edi",
    "l10n_in_edi_status": "l10n_in_edi",
    "l10n_it_edi_state": "l10n_it_edi",
    "l10n_jo_edi_state": "l10n_jo_edi",
    "l10n_my_edi_state": "l10n_my_edi",
    "l10n_pl_edi_status": "l10n_pl_edi",
    "l10n_ro_edi_state": "l10n_ro_edi",
}
# Odoo gives these to whatever somebody exports, and to whatever its import is told no module for.
_SAYS_NOTHING = "__export__"


def signs_of(row: Mapping[str, Any], fields: Collection[str], model: str) -> tuple[str, ...]:
    """What a row of `model` says of how it was made, of the fields that there are."""
    return tuple(
        dict.fromkeys(s.made_by for s in MADE_BY if s.model == model and s.field in fields and row[s.field])
    )


def told_id(external_id: str) -> str:
    """An external id as it says where something came from; "" for one that an export gave it."""
    return "" if external_id.startswith(f"{_SAYS_NOTHING}.") else external_id
