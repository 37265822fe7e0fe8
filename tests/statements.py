"""What a database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event

from schema.db import Database

_sent: ContextVar[list[str] | None] = ContextVar("_sent", default=None)


@contextmanager
def counted(database: Database, *, by_anybody: bool = False) -> Iterator[list[str]]:
    """The statements that this task, and those that it starts, send while the block runs; `by_anybody`: all that the
    process sends, workers and servers too."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, _parameters: Any, _x: Any, _many: bool) -> None:
        if by_anybody or _sent.get() is sent:
            sent.append(text)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    token = _sent.set(sent)
    try:
        yield sent
    finally:
        _sent.reset(token)
        event.remove(engine, "before_cursor_execute", note)
