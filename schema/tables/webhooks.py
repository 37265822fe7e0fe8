"""Webhooks: URLs of other systems that receive an organisation's events."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import WebhookEvent
from schema.tables.base import Row, foreign, json_column, keep_name_key, time_column, unique_name, word


class Webhook(Row, table=True):
    """One webhook. Its signing key is not in the database (`schema.links`)."""

    __tablename__ = "webhooks"
    __table_args__ = (unique_name("webhooks", "org_id", deletable=False),)

    org_id: UUID = foreign("organizations.id", cascade=True, index=False)
    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)
    url: str = Field(max_length=2000)
    """The URL may itself be a credential, so its path and query are never logged."""
    event_types: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    """The event types that it receives (`WebhookEvent`); empty means all."""
    counter: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """Counter of the secret, incremented by each rotation."""
    rotated_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    cursor: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"})
    """The last event that was read."""
    delivered_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When a delivery last succeeded."""
    disabled_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    disabled_reason: str | None = Field(default=None, max_length=300)
    created_by: UUID = foreign("users.id", index=False)


class WebhookDelivery(Row, table=True):
    """One event for one webhook. Its id is sent as `webhook-id` in every attempt. It contains only ids: the content is
    read when it is sent."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("ix_webhook_deliveries_list", "webhook_id", "created_at", "id"),
        sa.Index("ix_webhook_deliveries_created_at", "created_at"),
        sa.Index(
            "ix_webhook_deliveries_due",
            "webhook_id",
            "next_attempt_at",
            "event_id",
            postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
        ),
    )

    webhook_id: UUID = foreign("webhooks.id", cascade=True, index=False)
    type: WebhookEvent = Field(sa_type=word(WebhookEvent))
    event_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Event id in the log, which may forget the event sooner; absent for a test."""
    job_id: UUID | None = None
    asked_at: datetime = Field(sa_column=time_column())
    """When sending started, or was requested again."""
    next_attempt_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When the next attempt is due; absent once delivered or given up."""
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_status: int | None = None
    """The receiver's last HTTP status."""
    last_error: str | None = Field(default=None, max_length=300)
    delivered_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    failed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


keep_name_key(Webhook)
