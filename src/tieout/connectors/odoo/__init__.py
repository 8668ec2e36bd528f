"""Odoo: the ledger that everything is posted to, and read back from."""
