"""the indexes of lists

Revision: 0005
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = sa.text("deleted_at is null")
_SCOPES = ((), ("org_id",), ("client_id",), ("project_id",))
_ORDERS = ("created_at", "updated_at", "title")


def upgrade() -> None:
    for scope in _SCOPES:
        for order in _ORDERS:
            name = f"ix_jobs_list_{'_'.join((*scope, order))}"
            op.create_index(name, "jobs", [*scope, "status", order, "id"], postgresql_where=_KEPT)
    op.drop_index("ix_jobs_org_id_created_at", "jobs")
    op.drop_index("ix_jobs_client_id_created_at", "jobs")
    op.drop_index("ix_jobs_status_created_at", "jobs")
    op.drop_index("ix_jobs_project_id", "jobs")


def downgrade() -> None:
    op.create_index("ix_jobs_project_id", "jobs", ["project_id"])
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at"])
    op.create_index("ix_jobs_client_id_created_at", "jobs", ["client_id", "created_at"])
    op.create_index("ix_jobs_org_id_created_at", "jobs", ["org_id", "created_at"])
    for scope in _SCOPES:
        for order in _ORDERS:
            op.drop_index(f"ix_jobs_list_{'_'.join((*scope, order))}", "jobs")
