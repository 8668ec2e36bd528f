"""MT940 and MT942 (SWIFT customer statement and interim report) in the dialects of banks."""
