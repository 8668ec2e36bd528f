"""What deploys Tieout, and what watches it."""
