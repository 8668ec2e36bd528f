"""CAMT.052, .053 and .054 (ISO 20022 account reporting)."""
