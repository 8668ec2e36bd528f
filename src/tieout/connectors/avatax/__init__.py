"""Avalara AvaTax: which tax is due on a bill."""
