"""batches, and what became of each of their jobs

Revision: 0012
After: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('batches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=True),
    sa.Column('action', sa.String(length=48), nullable=False),
    sa.Column('asked', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('schedule_id', sa.String(length=200), nullable=True),
    sa.Column('status', sa.String(length=48), nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('result', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['org_id'], ['organizations.id'], name=op.f('fk_batches_org_id_organizations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_batches_owner_id_users'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches'))
    )
    op.create_index('ix_batches_owner_id_created_at', 'batches', ['owner_id', 'created_at'], unique=False)
    op.create_index('ix_batches_org_id_created_at', 'batches', ['org_id', 'created_at'], unique=False)
    op.create_index('ix_batches_unstarted', 'batches', ['created_at'], unique=False, postgresql_where=sa.text('started_at is null'))
    op.create_index('ix_batches_expires_at', 'batches', ['expires_at'], unique=False, postgresql_where=sa.text('expires_at is not null'))
    op.create_table('batch_items',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=48), nullable=True),
    sa.Column('reason', sa.String(length=1000), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_batch_items_batch_id_batches'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('batch_id', 'job_id', name=op.f('pk_batch_items')),
    sa.UniqueConstraint('batch_id', 'position', name=op.f('uq_batch_items_batch_id_position'))
    )
    op.create_index('ix_batch_items_outcome', 'batch_items', ['batch_id', 'outcome', 'position'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_batch_items_outcome', table_name='batch_items')
    op.drop_table('batch_items')
    op.drop_index('ix_batches_expires_at', table_name='batches', postgresql_where=sa.text('expires_at is not null'))
    op.drop_index('ix_batches_unstarted', table_name='batches', postgresql_where=sa.text('started_at is null'))
    op.drop_index('ix_batches_org_id_created_at', table_name='batches')
    op.drop_index('ix_batches_owner_id_created_at', table_name='batches')
    op.drop_table('batches')
