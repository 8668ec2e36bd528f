"""The connectors: each folder an island."""
