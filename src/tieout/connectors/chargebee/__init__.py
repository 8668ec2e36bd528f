"""Chargebee: invoices, usage, credit notes, schedules of revenue."""
