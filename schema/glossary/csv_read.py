"""Terms in CSV: UTF-8, or UTF-16 with its mark; divided by commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from schema.errors import FieldError, Invalid
from schema.glossary.columns import MOST_COLUMNS
from schema.glossary.reading import MOST_ROWS, Value

_DIVIDERS = ("\t", ";", ",")


def rows(file: BinaryIO) -> Iterator[tuple[int, Sequence[Value]]]:
    """Every record with its number, from 1.

    Raises:
        Invalid: it is no text, or no CSV, or has too many columns or rows.
    """
    text = _decoded(file.read())
    head = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    divider = max(_DIVIDERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, 1):
            if len(record) > MOST_COLUMNS:
                why = f"Row {number} has {len(record)} columns, and at most {MOST_COLUMNS} are taken."
                raise Invalid(why, errors=[FieldError(f"row {number}", why)])
            if number > MOST_ROWS + 1:
                raise Invalid(f"The file has more than {MOST_ROWS} rows: divide it.")
            yield number, record
    except csv.Error as error:
        why = f"Row {number + 1} is no CSV: {error}."
        raise Invalid(why, errors=[FieldError(f"row {number + 1}", str(error))]) from None


def _decoded(raw: bytes) -> str:
    coding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(coding)
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The file is no .xlsx, no TBX, and no CSV in UTF-8 (byte {error.start} is not): save it as one of them."
        ) from None
