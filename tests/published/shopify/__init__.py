"""What Shopify and those who integrate it publish."""
