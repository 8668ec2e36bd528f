"""Salesforce: accounts and closed-won opportunities; exposure and collection status on the account."""
