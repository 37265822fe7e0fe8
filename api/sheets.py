"""Rows as CSV (RFC 4180), for spreadsheets: no cell is interpreted as a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi.responses import StreamingResponse

Format = Literal["json", "csv"]
MEDIA_TYPE = "text/csv"
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "description": "JSON, or CSV where it was asked for.",
    }
}
"""For the `responses` of a route, in addition to its model."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The last four characters are treated like the first four by East Asian editions of Excel."""
_BOM = "\ufeff"
"""Without it, Excel reads CSV in the code page of its machine."""


def harmless(cell: object) -> object:
    """Prefixes a text that a spreadsheet would interpret as a formula with an apostrophe. Numbers are safe, whatever
    their sign."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int() | float():
            return cell
        case datetime():
            return cell.isoformat()
        case dict() | list():
            text = json.dumps(cell, ensure_ascii=False)
        case _:
            text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def lines(rows: Iterable[Sequence[object]]) -> str:
    """The cells of each row as text."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def streamed(
    filename: str, header: Sequence[str], pieces: AsyncIterator[Iterable[Sequence[object]]]
) -> StreamingResponse:
    """A download that is written in chunks while its rows are read."""

    async def written() -> AsyncIterator[str]:
        yield _BOM + lines([header])
        async for piece in pieces:
            yield lines(piece)

    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return StreamingResponse(written(), media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)
