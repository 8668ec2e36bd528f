"""Extracts for BI and planning: a closed period as files, or into a warehouse, with totals that tie."""

from tieout.extracts.making import Extract, ExtractError, make_extract
from tieout.extracts.writing import write_duckdb, write_files, write_postgres

__all__ = ["Extract", "ExtractError", "make_extract", "write_duckdb", "write_files", "write_postgres"]
