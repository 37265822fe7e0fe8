"""The mail outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import MailKind
from schema.queries.arrays import among
from schema.queries.visibility import unscoped
from schema.tables import Mail, User, now
from schema.tables.mails import HAS_ENDED


def put(
    session: AsyncSession, kind: MailKind, user_id: UUID | None, *, mail_id: UUID | None = None, **about: Any
) -> Mail:
    """Inserts a mail, in the transaction of its cause. `about` are ids, as JSON. The caller starts the mail's workflow
    after the commit; after a crash, the sweep does.

    Whoever commits starts the mail's workflow then; the sweep starts those that a crash left behind.
    """
    ids = {name: str(value) if isinstance(value, UUID) else value for name, value in about.items()}
    mail = Mail(id=mail_id or uuid4(), kind=kind, user_id=user_id, about=ids)
    session.add(mail)
    return mail


_NAMESPACE = UUID("5d2c35a4-6f04-4c6b-9d0e-9a1f3c2b7e10")


async def tell(
    session: AsyncSession, cause: str, kind: MailKind, people: Iterable[UUID | None], **about: Any
) -> list[Mail]:
    """The same mail to each of `people`, once per `cause`, however often this is called. Services receive none."""
    unscoped("which of them are services")
    asked = [user_id for user_id in dict.fromkeys(people) if user_id is not None]
    if not asked:
        return []
    readers = sa.select(col(User.id)).where(among(col(User.id), asked), col(User.is_service).is_(False))
    read = set(await session.scalars(readers))
    ids = {name: str(value) if isinstance(value, UUID) else value for name, value in about.items()}
    rows = [
        Mail(
            id=uuid5(_NAMESPACE, f"{cause}/{kind}/{user_id}/{ids.get('language', '')}"),
            kind=kind, user_id=user_id, about=ids,
        )
        for user_id in asked
        if user_id in read
    ]  # fmt: skip
    if not rows:
        return []
    made = await session.scalars(
        insert(Mail)
        .values([row.model_dump() for row in rows])
        .on_conflict_do_nothing()
        .returning(col(Mail.id))
    )
    new = set(made)
    return [row for row in rows if row.id in new]


async def waiting(session: AsyncSession, *, older_than: timedelta, limit: int) -> list[Mail]:
    """Mails that were neither sent nor dropped. Their workflow may never have been started. Unordered, so that those
    that wait for a mail server do not block the others."""
    found = await session.scalars(
        sa.select(Mail)
        .where(
            col(Mail.sent_at).is_(None),
            col(Mail.dropped_at).is_(None),
            col(Mail.created_at) < now() - older_than,
        )
        .order_by(sa.func.random())
        .limit(limit)
    )
    return list(found)


def _ended_before(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """In the form of the index. A mail that waits is not old, only late."""
    return (sa.text(HAS_ENDED), col(Mail.created_at) < before)  # type: ignore[return-value]


async def older(session: AsyncSession, before: datetime) -> int:
    """How many mails from before `before` were sent or dropped."""
    unscoped("a number, for an admin")
    counted = sa.select(sa.func.count()).select_from(Mail).where(*_ended_before(before))
    return await session.scalar(counted) or 0


async def forget(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Deletes at most `limit` of those. Returns how many."""
    unscoped("by age, for an admin")
    some = sa.select(col(Mail.id)).where(*_ended_before(before)).order_by(col(Mail.created_at)).limit(limit)
    deleted = await session.execute(
        sa.delete(Mail).where(col(Mail.id).in_(some)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]


async def end(session: AsyncSession, mail_id: UUID, *, sent: bool, at: datetime) -> None:
    """Marks a mail as sent or dropped. The first call wins."""
    column = Mail.sent_at if sent else Mail.dropped_at
    await session.execute(
        sa.update(Mail)
        .where(col(Mail.id) == mail_id, col(Mail.sent_at).is_(None), col(Mail.dropped_at).is_(None))
        .values({column: at})
    )
