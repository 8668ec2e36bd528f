"""The demo: a company's month on the sandbox, driven through the product as its people would, then proven."""
