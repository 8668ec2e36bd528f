"""CSV exports of banks, by declared or detected dialects."""
