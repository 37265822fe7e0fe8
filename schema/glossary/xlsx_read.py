"""Terms in XLSX. The package is looked through before openpyxl reads it, and no formula is evaluated."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Any, BinaryIO

from defusedxml.common import DefusedXmlException

from schema.errors import FieldError, Invalid
from schema.glossary.columns import MOST_COLUMNS, letters
from schema.glossary.reading import MOST_ROWS, Bad, Value

MOST_EXPANDED = 150 * 2**20
_MOST_PARTS = 2000
_MOST_CELLS = 5_000_000
_MOST_SHEETS = 50
_SHEET_NAMES = ("terms", "glossary")
_CHUNK = 2**20
_CELL = re.compile(rb"<(?:\w+:)?(?:c|si)[ />]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z0-9:$]{2,40})[\"']")
_OUTSIDE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_UNREADABLE = "The file cannot be read as .xlsx: open it in a spreadsheet program, and save it again."


def rows(file: BinaryIO) -> Iterator[tuple[int, Sequence[Value]]]:
    """Every row with its number. Cells hold their text, or why they hold none.

    Raises:
        Invalid: it is no workbook, holds what is not taken (macros, hidden sheets, merged cells), or is too large.
    """
    try:
        with zipfile.ZipFile(file) as package:
            merged = _look_through(package)
        file.seek(0)
        yield from _rows(file, merged)
    except Invalid:
        raise
    except DefusedXmlException as error:
        raise Invalid("The file declares entities in its XML, which are not read: save it again.") from error
    except Exception as error:  # openpyxl raises whatever a stranger's file makes it
        raise Invalid(_UNREADABLE) from error


def _look_through(package: zipfile.ZipFile) -> dict[str, str]:
    """The first merged cells of each part that has some."""
    parts = package.infolist()
    if len(parts) > _MOST_PARTS:
        raise Invalid(f"The workbook has {len(parts)} parts, and at most {_MOST_PARTS} are taken.")
    size = sum(part.file_size for part in parts)
    if size > MOST_EXPANDED:
        raise Invalid(
            f"The workbook has {size} bytes when it is unpacked, and at most {MOST_EXPANDED} are taken."
        )
    names = {part.filename for part in parts}
    if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise Invalid("The workbook holds macros, which are not taken: save it as .xlsx.")
    if "xl/workbook.bin" in names:
        raise Invalid("This is an .xlsb workbook: save it as .xlsx.")
    merged: dict[str, str] = {}
    cells = 0
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            found, ranges = _scan(package, part)
            cells += found
            if ranges:
                merged[part.filename] = ranges
            if cells > _MOST_CELLS:
                raise Invalid(f"The workbook has more than {_MOST_CELLS} cells.")
    return merged


def _scan(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, str]:
    """How many cells or shared texts a part has, and the first range of merged cells."""
    cells, merged, tail = 0, "", b""
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if _OUTSIDE.search(tail + chunk):
                raise Invalid(
                    "The file declares a document type in its XML, which is not read: save it again."
                )
            cells += len(_CELL.findall(chunk))
            if not merged and b"mergeCell" in (joined := tail + chunk) and (found := _MERGED.search(joined)):
                merged = found[1].decode()
            tail = chunk[-200:]
    return cells, merged


def _rows(file: BinaryIO, merged: dict[str, str]) -> Iterator[tuple[int, Sequence[Value]]]:
    from openpyxl import load_workbook  # here, for it loads numpy where that is installed

    book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    try:
        sheet: Any = _chosen(book)
        if ranges := merged.get(sheet._worksheet_path):
            why = f"Cells {ranges} are merged: write the value into every row, for each is a term of its own."
            raise Invalid(why, errors=[FieldError(ranges.split(":")[0], why)])
        sheet.reset_dimensions()  # what a file says of its size need not be so
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if len(cells) > MOST_COLUMNS:
                why = f"Row {number} reaches to column {letters(len(cells) - 1)}, and at most {MOST_COLUMNS} columns are read: delete the others, with their formats."
                raise Invalid(why, errors=[FieldError(f"{letters(len(cells) - 1)}{number}", why)])
            if number > MOST_ROWS + 1 and not any(cell.value for cell in cells):
                raise Invalid(f"The sheet goes on below row {MOST_ROWS + 1}: delete the rows there.")
            yield number, [_value(cell) for cell in cells]
    finally:
        book.close()


def _chosen(book: Any) -> Any:
    """The sheet that holds the terms."""
    sheets = book.worksheets
    if len(book.sheetnames) > _MOST_SHEETS:
        raise Invalid(
            f"The workbook has {len(book.sheetnames)} sheets, and at most {_MOST_SHEETS} are taken."
        )
    hidden = [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]
    if hidden:
        raise Invalid(
            f"The sheet “{hidden[0][:60]}” is hidden: show it or delete it, so that you see what is taken."
        )
    if not sheets:
        raise Invalid("The workbook has no sheet with cells.")
    named = [sheet for sheet in sheets if sheet.title.strip().casefold() in _SHEET_NAMES]
    if len(sheets) > 1 and len(named) != 1:
        raise Invalid(f"The workbook has {len(sheets)} sheets: call the one with the terms “Terms”.")
    return named[0] if len(sheets) > 1 else sheets[0]


def _value(cell: Any) -> Value:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Bad("it holds a formula, which is not evaluated: write its value")
    if cell.data_type == "e":
        return Bad(f"it holds the error {str(value)[:20]}: write the term")
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | time | timedelta):
        return Bad("it holds a date or a time: format the cell as text, and write it as it is to stand")
    if value in (0, 1):
        return str(int(value))
    return Bad(f"it holds the number {value}: format the cell as text, and write it as it is to stand")
