"""Payment runs as the bank's files (pain.001), and the bank's answers (pain.002)."""
