"""Signed events to an HTTP address: written, never read."""
