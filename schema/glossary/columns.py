"""What the first row of a sheet says of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schema.contracts.bounds import normalise_language
from schema.errors import FieldError
from schema.glossary.row import ANY_LANGUAGE

MOST_COLUMNS = 200


class Field(StrEnum):
    """What a column holds. The values are how a sheet that we write heads them."""

    SOURCE = "source"
    TARGET = "target"
    NOTES = "notes"
    CASE_SENSITIVE = "case-sensitive"
    DO_NOT_TRANSLATE = "do-not-translate"
    FORBIDDEN = "forbidden"
    PART_OF_SPEECH = "part of speech"
    FORMS = "allowed forms"


_NAMES = {
    **dict.fromkeys(("source", "source term", "term"), Field.SOURCE),
    **dict.fromkeys(("notes", "note", "comment", "comments"), Field.NOTES),
    **dict.fromkeys(("case sensitive", "match case"), Field.CASE_SENSITIVE),
    **dict.fromkeys(("do not translate", "dnt", "keep"), Field.DO_NOT_TRANSLATE),
    "forbidden": Field.FORBIDDEN,
    **dict.fromkeys(("part of speech", "pos"), Field.PART_OF_SPEECH),
    **dict.fromkeys(("allowed forms", "forms"), Field.FORMS),
}
_FORMS_OF = re.compile(r"(?:allowed )?forms[ (]+([a-z0-9-]+)\)?")
_SEPARATORS = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """`language` is that of a translation or of forms."""

    index: int
    field: Field
    language: str = ANY_LANGUAGE


def letters(index: int) -> str:
    """What a spreadsheet calls the column: A for 0, AA for 26."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def read_head(
    cells: Sequence[str | None], row: int, source_language: str
) -> tuple[list[Column], list[FieldError]]:
    """The columns, and what is wrong with them. A column in the source language is the source."""
    columns: dict[tuple[Field, str], Column] = {}
    wrong: list[FieldError] = []
    for index, cell in enumerate(cells):
        name = (cell or "").strip()
        if not name:
            continue
        column = _column(index, name, source_language)
        place = f"{letters(index)}{row}"
        if column is None:
            known = ", ".join(each.value for each in Field if each is not Field.TARGET)
            wrong.append(FieldError(place, f"“{name[:60]}” is no language code, and none of these: {known}"))
        elif (column.field, column.language) in columns:
            other = letters(columns[column.field, column.language].index)
            wrong.append(FieldError(place, f"“{name[:60]}” says the same as column {other}: leave one out"))
        else:
            columns[column.field, column.language] = column
    if not wrong and (Field.SOURCE, ANY_LANGUAGE) not in columns:
        place = f"A{row}"
        wrong.append(FieldError(place, f"no column is called “source” or “{source_language}”"))
    return list(columns.values()), wrong


def _column(index: int, name: str, source_language: str) -> Column | None:
    words = _SEPARATORS.sub(" ", name.casefold()).strip()
    if words in _NAMES:
        return Column(index, _NAMES[words])
    if found := _FORMS_OF.fullmatch(
        name.casefold().replace("_", "-").replace("allowed-forms", "allowed forms")
    ):
        code = _language(found[1])
        return Column(index, Field.FORMS, code) if code else None
    code = _language(name.replace("_", "-"))
    if code is None:
        return None
    return Column(index, Field.SOURCE) if code == source_language else Column(index, Field.TARGET, code)


def _language(code: str) -> str | None:
    try:
        return normalise_language(code)
    except ValueError:
        return None
