"""Benchmarks beside a peer in the same run: medians of alternating runs, printed as ratios."""
