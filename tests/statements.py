"""What a database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from schema.db import Database


class Sent(str):
    """The text of a statement, with its parameters."""

    parameters: Any


_sent: ContextVar[list[Sent] | None] = ContextVar("_sent", default=None)


@contextmanager
def counted(database: Database, *, by_anybody: bool = False) -> Iterator[list[Sent]]:
    """The statements that this task, and those that it starts, send while the block runs; `by_anybody`: all that the
    process sends, workers and servers too."""
    sent: list[Sent] = []

    def note(_c: Any, _cursor: Any, text: str, parameters: Any, _x: Any, _many: bool) -> None:
        if by_anybody or _sent.get() is sent:
            sent.append(Sent(text))
            sent[-1].parameters = parameters

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    token = _sent.set(sent)
    try:
        yield sent
    finally:
        _sent.reset(token)
        event.remove(engine, "before_cursor_execute", note)


async def plan_of(database: Database, sent: Sent, *without: str) -> str:
    """How Postgres answers a statement, among few rows too: `without` are ways that cost more among many, such as
    `seqscan`."""
    async with database.begin() as session:
        for way in without:
            await session.execute(sa.text(f"set local enable_{way} = off"))
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"explain {sent}", sent.parameters)
        return "\n".join(row[0] for row in rows)
