"""Suppliers, orders, receipts and bills, as CSV or XLSX; what Tieout accrues."""
