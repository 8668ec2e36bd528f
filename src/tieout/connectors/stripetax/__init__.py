"""Stripe Tax: which tax is due on a bill."""
