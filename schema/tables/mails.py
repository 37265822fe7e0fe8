"""The mail outbox, written in the transaction that causes a mail. It contains only ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import MailKind
from schema.tables.base import Row, foreign, json_column, time_column, word

HAS_ENDED = "(sent_at is not null or dropped_at is not null)"
"""In the form of the index."""


class Mail(Row, table=True):
    """One mail to one person. The recipient and the text are read when it is sent."""

    __tablename__ = "mails"
    __table_args__ = (
        sa.Index(
            "ix_mails_unsent",
            "created_at",
            postgresql_where=sa.text("sent_at IS NULL AND dropped_at IS NULL"),
        ),
        sa.Index("ix_mails_ended", "created_at", postgresql_where=sa.text(HAS_ENDED)),
    )

    kind: MailKind = Field(sa_type=word(MailKind))
    user_id: UUID | None = foreign("users.id", nullable=True, cascade=True)
    """The recipient; absent if an invitation names the address."""
    about: dict[str, Any] = Field(sa_column=json_column())
    """Ids of the mail's subject, such as `job_id`, `language`, `invitation_id`, `counter`."""
    sent_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    dropped_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Not sent, because nobody wants it any more: the recipient is gone, or has turned it off."""
