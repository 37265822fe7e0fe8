"""A client's terms in files: XLSX, CSV and TBX-Basic in, XLSX out. Pure: bytes and rows, no database."""

from schema.glossary.reading import Sheet, read_terms
from schema.glossary.row import TermRow
from schema.glossary.xlsx_write import write_xlsx

__all__ = ["Sheet", "TermRow", "read_terms", "write_xlsx"]
