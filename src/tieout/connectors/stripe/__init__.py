"""Stripe: balance transactions, payouts with their composition, disputes; summary reports and balances."""
