"""A file of terms, whichever of the formats it is in. A bad row is named, with its cell, and then nothing is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from schema.contracts.bounds import lines, one_line
from schema.errors import FieldError, Invalid, TooLarge
from schema.glossary.columns import Column, Field, letters, read_head
from schema.glossary.row import (
    FORM_CHARS,
    MOST_FORMS,
    NOTES_CHARS,
    PART_OF_SPEECH_CHARS,
    TERM_CHARS,
    TermRow,
)

MAX_BYTES = 20 * 2**20
MOST_ROWS = 100_000
MOST_ERRORS = 200
"""So many bad cells are listed."""
_YES = frozenset({"yes", "y", "true", "1", "x"})
_NO = frozenset({"", "no", "n", "false", "0"})
_TERMS = (Field.SOURCE, Field.TARGET)
_FLAGS = (Field.CASE_SENSITIVE, Field.DO_NOT_TRANSLATE, Field.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that holds no text, and why that cannot be taken."""

    why: str


Value = str | None | Bad


@dataclass(frozen=True, slots=True)
class Sheet:
    """All terms of a file."""

    rows: list[TermRow]
    languages: list[str]
    """BCP 47 codes of the translations that there are."""


@dataclass(slots=True)
class Faults:
    """What is wrong, place by place, up to `MOST_ERRORS`."""

    listed: list[FieldError] = field(default_factory=list)
    count: int = 0

    def add(self, place: str, why: str) -> None:
        self.count += 1
        if len(self.listed) < MOST_ERRORS:
            self.listed.append(FieldError(place, why))

    def refuse(self) -> None:
        """
        Raises:
            Invalid: naming each place, if there is any.
        """
        if not self.count:
            return
        first = self.listed[0]
        more = f", and {self.count - 1} more" if self.count > 1 else ""
        raise Invalid(
            f"The file was not taken, for {first.field} is wrong{more}: {first.message}.", errors=self.listed
        )


class TermList:
    """Terms that are added one by one: each is there once, and says something."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._rows: list[TermRow] = []
        self._places: dict[str, str] = {}

    def add(self, place: str, row: TermRow) -> None:
        """`place` is what a person finds it by. What is wrong with the term is told of it."""
        if why := _contradiction(row):
            self.faults.add(place, why)
            return
        if len(self._rows) >= MOST_ROWS:
            raise Invalid(f"The file has more than {MOST_ROWS} terms: divide it into several glossaries.")
        first = self._places.setdefault(row.key, place)
        if first is not place:
            self.faults.add(place, f"“{row.source[:60]}” stands in {first} already: leave one out")
            return
        self._rows.append(row)

    def whole(self) -> Sheet:
        """
        Raises:
            Invalid: something is wrong, or there is no term.
        """
        self.faults.refuse()
        if not self._rows:
            raise Invalid("The file has no term: write one a row, below the names of the columns.")
        return Sheet(self._rows, sorted({code for row in self._rows for code in row.targets}))


def _contradiction(row: TermRow) -> str | None:
    if row.do_not_translate and row.forbidden:
        return "a term is either not to be translated or forbidden: leave one out"
    if row.do_not_translate and any(target != row.source for target in row.targets.values()):
        return "a term that is not to be translated has no translation: leave one out"
    if not row.targets and not row.do_not_translate and not row.forbidden:
        return "it says nothing of the term: give a translation, or do-not-translate or forbidden"
    return None


def read_terms(file: BinaryIO, source_language: str) -> Sheet:
    """Reads a file of at most `MAX_BYTES`. CPU-bound: seconds for 50,000 rows.

    Raises:
        TooLarge: the file is larger.
        Invalid: it is none of the formats, or naming every bad row, up to `MOST_ERRORS`.
    """
    from schema.glossary import (
        csv_read,
        tbx_read,
        xlsx_read,
    )  # the libraries are loaded where they are needed

    size = file.seek(0, 2)
    if size > MAX_BYTES:
        raise TooLarge(f"A file of terms has at most {MAX_BYTES} bytes; this has {size}. Divide it.")
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return rows_of(xlsx_read.rows(file), source_language)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("This is an old or an encrypted workbook: save it as .xlsx, without a password.")
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        return tbx_read.read(file, source_language)
    return rows_of(csv_read.rows(file), source_language)


def rows_of(rows: Iterable[tuple[int, Sequence[Value]]], source_language: str) -> Sheet:
    """Of a sheet's rows, each with its number; the first that is not empty names the columns."""
    terms = TermList()
    columns: list[Column] | None = None
    for number, cells in rows:
        if _blank(cells):
            continue
        if columns is None:
            columns = _head(cells, number, source_language, terms.faults)
            continue
        row = _row(columns, number, cells, terms.faults)
        if row is not None:
            terms.add(f"{letters(_source(columns))}{number}", row)
    return terms.whole()


def _blank(cells: Sequence[Value]) -> bool:
    return not any(cell and (isinstance(cell, Bad) or cell.strip()) for cell in cells)


def _source(columns: list[Column]) -> int:
    return next(column.index for column in columns if column.field is Field.SOURCE)


def _head(cells: Sequence[Value], number: int, source_language: str, faults: Faults) -> list[Column]:
    for index, cell in enumerate(cells):
        if isinstance(cell, Bad):
            faults.add(f"{letters(index)}{number}", cell.why)
    faults.refuse()
    columns, wrong = read_head([cell for cell in cells if not isinstance(cell, Bad)], number, source_language)
    for each in wrong:
        faults.add(each.field, each.message)
    faults.refuse()
    return columns


def _row(columns: list[Column], number: int, cells: Sequence[Value], faults: Faults) -> TermRow | None:
    """The row's term; None where something is wrong with a cell."""
    before = faults.count
    texts: dict[Field, str] = {}
    targets: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    width, read = len(cells), 0
    for column in columns:
        value = cells[column.index] if column.index < width else None
        if not value:
            continue
        read += 1
        if isinstance(value, Bad):
            faults.add(f"{letters(column.index)}{number}", value.why)
            continue
        try:
            text = _checked(value, column.field)
            if not text:
                continue
            if column.field is Field.TARGET:
                targets[column.language] = text
            elif column.field is Field.FORMS:
                forms[column.language] = split_forms(text)
            else:
                texts[column.field] = text
        except ValueError as error:
            faults.add(f"{letters(column.index)}{number}", str(error))
    if sum(1 for value in cells if value) > read:
        named = {column.index for column in columns}
        for index, value in enumerate(cells):
            if value and index not in named:
                faults.add(f"{letters(index)}{number}", "its column has no name in the first row")
    if faults.count > before:
        return None
    if Field.SOURCE not in texts:
        faults.add(f"{letters(_source(columns))}{number}", "the source term is missing")
        return None
    case, keep, forbidden = (texts.get(flag, "").casefold() in _YES for flag in _FLAGS)
    return TermRow(
        texts[Field.SOURCE], targets, texts.get(Field.NOTES), case, keep, forbidden,
        texts.get(Field.PART_OF_SPEECH), forms,
    )  # fmt: skip


_LIMITS = {Field.NOTES: NOTES_CHARS, Field.PART_OF_SPEECH: PART_OF_SPEECH_CHARS, Field.FORMS: 10_000}


def _checked(value: str, kind: Field) -> str:
    """
    Raises:
        ValueError: it is too long, holds a control character, or is no answer to a yes-or-no question.
    """
    text = value.strip()
    if kind in _TERMS and len(text) <= TERM_CHARS and text.isprintable():  # as most are
        return text
    if kind in _FLAGS:
        if text.casefold() not in _YES | _NO:
            raise ValueError(f"“{text[:60]}” is neither yes nor no")
        return text
    limit = _LIMITS.get(kind, TERM_CHARS)
    if len(text) > limit:
        raise ValueError(f"it has {len(text)} characters, and at most {limit} are taken")
    if text.isprintable():
        return text
    return lines(text) if kind is Field.NOTES else one_line(text)


def split_forms(text: str) -> tuple[str, ...]:
    """Forms stand in one cell, between `|` or `;`.

    Raises:
        ValueError: there are too many, or one is too long.
    """
    forms = tuple(dict.fromkeys(form for each in text.replace(";", "|").split("|") if (form := each.strip())))
    if len(forms) > MOST_FORMS:
        raise ValueError(f"it has {len(forms)} forms, and at most {MOST_FORMS} are taken")
    if long := next((form for form in forms if len(form) > FORM_CHARS), None):
        raise ValueError(f"the form “{long[:60]}…” is longer than {FORM_CHARS} characters")
    return forms
