"""webhooks of an organisation, what they are sent, and the events of organisations and jobs in order

Revision: 0028
After: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column(
            "org_id", sa.Uuid(), sa.ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(600), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("event_types", sa.dialects.postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("counter", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("rotated_at", _TIME),
        sa.Column("cursor", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("delivered_at", _TIME),
        sa.Column("disabled_at", _TIME),
        sa.Column("disabled_reason", sa.String(300)),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("users.id", ondelete="RESTRICT"), nullable=False),
    )
    op.create_index("uq_webhooks_name_key", "webhooks", ["org_id", "name_key"], unique=True)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column(
            "webhook_id", sa.Uuid(), sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("type", sa.String(48), nullable=False),
        sa.Column("event_id", sa.BigInteger()),
        sa.Column("job_id", sa.Uuid()),
        sa.Column("asked_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("next_attempt_at", _TIME),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.String(300)),
        sa.Column("delivered_at", _TIME),
        sa.Column("failed_at", _TIME),
        sa.UniqueConstraint("webhook_id", "event_id"),
    )
    op.create_index("ix_webhook_deliveries_list", "webhook_deliveries", ["webhook_id", "created_at", "id"])
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"])
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["webhook_id", "next_attempt_at", "event_id"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    _index_events("id")


def downgrade() -> None:
    _index_events()
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")


def _index_events(*order: str) -> None:
    """Those of an organisation, and of a job, in `order`."""
    for column in ("org_id", "job_id"):
        op.drop_index(f"ix_job_events_{column}", table_name="job_events")
        op.create_index(f"ix_job_events_{column}", "job_events", [column, *order])
