"""The outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import MailKind
from schema.tables import Mail, now


def put(
    session: AsyncSession, kind: MailKind, user_id: UUID | None, *, mail_id: UUID | None = None, **about: Any
) -> Mail:
    """A mail, in the transaction of what causes it. `about` are ids, as JSON.

    Whoever commits starts the mail's workflow then; the sweep starts those that a crash left behind.
    """
    ids = {name: str(value) if isinstance(value, UUID) else value for name, value in about.items()}
    mail = Mail(id=mail_id or uuid4(), kind=kind, user_id=user_id, about=ids)
    session.add(mail)
    return mail


async def waiting(session: AsyncSession, *, older_than: timedelta, limit: int) -> list[Mail]:
    """Mails that were neither sent nor dropped, oldest first: their workflow may never have been started."""
    found = await session.scalars(
        sa.select(Mail)
        .where(
            col(Mail.sent_at).is_(None),
            col(Mail.dropped_at).is_(None),
            col(Mail.created_at) < now() - older_than,
        )
        .order_by(col(Mail.created_at))
        .limit(limit)
    )
    return list(found)


async def end(session: AsyncSession, mail_id: UUID, *, sent: bool, at: datetime) -> None:
    """Sent, or dropped. What was said first stays."""
    column = Mail.sent_at if sent else Mail.dropped_at
    await session.execute(
        sa.update(Mail)
        .where(col(Mail.id) == mail_id, col(Mail.sent_at).is_(None), col(Mail.dropped_at).is_(None))
        .values({column: at})
    )
