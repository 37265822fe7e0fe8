"""the audit log by time, by whom and of what

Revision: 0013
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

_SECURITY = "(security or split_part(action, '.', 1) in ('auth', 'user', 'member', 'invitation', 'audit'))"


def upgrade() -> None:
    for column in ("created_at", "actor_id", "thing_id"):
        op.drop_index(f"ix_audit_log_{column}", table_name="audit_log")
    op.create_index("ix_audit_log_created_at", "audit_log", ["created_at", "id"])
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "created_at", "id"])
    op.create_index("ix_audit_log_thing_id", "audit_log", ["thing_id", "created_at", "id"])
    op.create_index(
        "ix_audit_log_security", "audit_log", ["created_at", "id"], postgresql_where=sa.text(_SECURITY)
    )


def downgrade() -> None:
    for name in ("security", "thing_id", "actor_id", "created_at"):
        op.drop_index(f"ix_audit_log_{name}", table_name="audit_log")
    for column in ("created_at", "actor_id", "thing_id"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column])
