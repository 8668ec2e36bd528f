"""Journals of other ledgers, depreciation runs, accruals and trial balances, as CSV or XLSX."""
