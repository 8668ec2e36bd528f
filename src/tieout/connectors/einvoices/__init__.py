"""Electronic invoices of EN 16931, as an access point delivers them."""
