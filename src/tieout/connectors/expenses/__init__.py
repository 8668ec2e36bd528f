"""Expense reports, as CSV or XLSX."""
