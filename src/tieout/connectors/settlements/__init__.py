"""Settlement reports of providers, as files."""
