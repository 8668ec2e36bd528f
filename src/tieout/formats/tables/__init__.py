"""Tables of companies' own, CSV or XLSX, by a declared form: read row by row, refused by cell."""

from tieout.formats.tables.form import Column, Form, Layout, Problem, Row, TableError
from tieout.formats.tables.reading import read_table

__all__ = ["Column", "Form", "Layout", "Problem", "Row", "TableError", "read_table"]
