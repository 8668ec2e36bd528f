"""Modules that a database may have beside those that every one here has: which fields they bring along.

Read in the source: github.com/ratons127/betopiaERP-Update, commit 3d20b5b6 (a fork of Odoo 19.0), and, for what the Community has
not, github.com/zenphamgeek/odoo19-enterprise, commit e4dd9cd1.
"""

from __future__ import annotations

BROUGHT_ALONG: dict[str, tuple[tuple[str, str], ...]] = {
    "account_online_synchronization": (("account.bank.statement.line", "online_transaction_identifier"),),
    "account_bank_statement_import": (("account.bank.statement.line", "unique_import_id"),),
    "account_payment": (("account.payment", "payment_transaction_id"),),
    "point_of_sale": (("account.move", "pos_order_ids"),),
    "website_sale": (("account.move", "website_id"),),
    "hr_expense": (("account.move", "expense_ids"),),
    "stock_account": (("account.move", "stock_move_ids"),),
    "account_asset": (("account.move", "asset_id"),),
    "account_edi": (("account.move", "edi_state"),),
    "account_peppol": (("account.move", "peppol_move_state"),),
}
