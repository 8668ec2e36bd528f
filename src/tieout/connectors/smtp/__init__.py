"""A mail server: a message to a customer, written and never read."""
