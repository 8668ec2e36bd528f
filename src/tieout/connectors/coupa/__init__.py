"""Coupa: suppliers, purchase orders, receipts, approved invoices and credit notes."""
