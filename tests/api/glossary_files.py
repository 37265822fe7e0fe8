"""Files of terms, good and bad, as tests send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

HEAD = (
    "source",
    "de",
    "es",
    "notes",
    "case-sensitive",
    "do-not-translate",
    "forbidden",
    "part of speech",
    "forms de",
)
ROWS: tuple[tuple[Any, ...], ...] = (
    (
        "lighthouse",
        "Leuchtturm",
        "faro",
        "By the sea.",
        None,
        None,
        None,
        "noun",
        "Leuchttürme | Leuchtturms",
    ),
    ("keeper", "Wärter", "farero"),
    ("keeper", "Bewacher", None, "Write Wärter.", None, None, "yes"),
    ("Harbour Studio", None, None, None, "yes", "yes"),
    ("fog horn", "Nebelhorn", "sirena de niebla"),
)


def book(rows: Sequence[Sequence[Any]] = ROWS, head: Sequence[Any] = HEAD, title: str = "Terms") -> Workbook:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in (head, *rows):
        sheet.append(list(row))
    return made


def saved(made: Workbook) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def xlsx(*rows: Sequence[Any], head: Sequence[Any] = HEAD) -> bytes:
    return saved(book(rows or ROWS, head))


def changed(raw: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The package with its parts changed, left out where None, and `more` of them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = change(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
        for name, content in more.items():
            new.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def form(client_id: object, content: bytes, **more: Any) -> dict[str, Any]:
    """What `POST /glossaries` takes."""
    data = {"client_id": str(client_id), "name": "Harbour words", "source_language": "en", **more}
    return {"data": data, "files": {"file": ("words.xlsx", content, "application/octet-stream")}}


def file(content: bytes, name: str = "words.xlsx") -> dict[str, Any]:
    return {"files": {"file": (name, content, "application/octet-stream")}}
