"""Terms as XLSX, which reads back as the same terms."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from schema.glossary.columns import Field, letters
from schema.glossary.row import ANY_LANGUAGE, TermRow

_TURNS_INTO_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_WIDTH = 28
_SHEET = "Terms"
_FLAGS = {True: "yes", False: None}


def write_xlsx(rows: Sequence[TermRow], source_language: str) -> bytes:
    """The workbook. CPU-bound: seconds for 50,000 rows.

    No text becomes a formula: every cell is a text by its type, and what begins like a formula has Excel's own mark
    that it is none (`quotePrefix`), which stays when somebody edits the cell or copies it.
    """
    from openpyxl import (
        Workbook,  # here, for it loads numpy where that is installed, which most processes never need
    )

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_SHEET)
    sheet.freeze_panes = "B2"
    languages = sorted({code for row in rows for code in row.targets})
    formed = sorted({code for row in rows for code in row.forms})
    head = [*_head(languages, formed)]
    for index in range(len(head)):
        sheet.column_dimensions[letters(index)].width = _WIDTH
    sheet.append([_cell(sheet, name, bold=True) for name in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in _values(row, languages, formed)])
    book.properties.title = f"Terms, {source_language}"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _head(languages: Iterable[str], formed: Iterable[str]) -> Iterator[str]:
    yield Field.SOURCE
    yield from languages
    yield from (
        Field.NOTES, Field.CASE_SENSITIVE, Field.DO_NOT_TRANSLATE, Field.FORBIDDEN, Field.PART_OF_SPEECH,
    )  # fmt: skip
    for code in formed:
        yield f"{Field.FORMS} ({code})" if code != ANY_LANGUAGE else Field.FORMS.value


def _values(row: TermRow, languages: Iterable[str], formed: Iterable[str]) -> Iterator[str | None]:
    yield row.source
    for code in languages:
        yield row.targets.get(code)
    yield row.notes
    yield from (_FLAGS[row.case_sensitive], _FLAGS[row.do_not_translate], _FLAGS[row.forbidden])
    yield row.part_of_speech
    for code in formed:
        yield " | ".join(row.forms.get(code, ())) or None


def _cell(sheet: Any, value: str | None, *, bold: bool = False) -> Any:
    if value is None:
        return None
    risky = value.startswith(_TURNS_INTO_FORMULAS)
    if not bold and not risky:
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell: Any = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    if risky:
        cell.quotePrefix = True
    return cell
