"""Gusto: processed payrolls, as totals by department."""
