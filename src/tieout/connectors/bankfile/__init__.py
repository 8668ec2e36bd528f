"""Banks' statements and lines, as files in any format that is read."""
