"""PayPal's settlement report."""
