"""Payroll runs, as CSV or XLSX."""
