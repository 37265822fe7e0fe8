"""What a database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from schema.db import Database


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent while the block runs, by anybody in this process."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, _parameters: Any, _x: Any, _many: bool) -> None:
        sent.append(text)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
