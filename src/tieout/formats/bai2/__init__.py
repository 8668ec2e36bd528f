"""BAI2 (Cash Management Balance Reporting, version 2)."""
