"""Invoices and credit notes of a billing tool, as CSV or XLSX."""
