"""PayPal's balance by its Transactions API."""
