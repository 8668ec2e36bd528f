"""The public matching benchmark: a company's receivables, bank lines and payouts with their truth."""
