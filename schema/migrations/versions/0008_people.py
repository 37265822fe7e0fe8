"""what an organisation needs: names that are one thing's, invitations, identities, mails

Revision: 0008
After: 0007
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('spent_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spent_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_spent_tokens_token_hash'))
    )
    op.create_index(op.f('ix_spent_tokens_expires_at'), 'spent_tokens', ['expires_at'], unique=False)
    op.create_table('identities',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('tenant_id', sa.String(length=36), nullable=False),
    sa.Column('object_id', sa.String(length=36), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_identities_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
    sa.UniqueConstraint('tenant_id', 'object_id', name=op.f('uq_identities_tenant_id_object_id'))
    )
    op.create_index(op.f('ix_identities_user_id'), 'identities', ['user_id'], unique=False)
    op.create_table('invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('role', sa.Enum('client', 'linguist', 'reviewer', 'production', 'project_manager', 'admin', name='role', native_enum=False, length=48), nullable=False),
    sa.Column('team_ids', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=False),
    sa.Column('counter', sa.Integer(), server_default='1', nullable=False),
    sa.Column('link_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_by', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['accepted_by'], ['users.id'], name=op.f('fk_invitations_accepted_by_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['invited_by'], ['users.id'], name=op.f('fk_invitations_invited_by_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['org_id'], ['organizations.id'], name=op.f('fk_invitations_org_id_organizations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_invitations_link_hash'))
    )
    op.create_index(op.f('ix_invitations_accepted_by'), 'invitations', ['accepted_by'], unique=False)
    op.create_index(op.f('ix_invitations_email'), 'invitations', ['email'], unique=False)
    op.create_index(op.f('ix_invitations_expires_at'), 'invitations', ['expires_at'], unique=False)
    op.create_index(op.f('ix_invitations_invited_by'), 'invitations', ['invited_by'], unique=False)
    op.create_index(op.f('ix_invitations_org_id'), 'invitations', ['org_id'], unique=False)
    op.create_index('uq_invitations_open', 'invitations', ['org_id', 'email'], unique=True, postgresql_where=sa.text('accepted_at IS NULL AND revoked_at IS NULL'))
    op.create_table('mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.Enum('invitation', 'password_reset', 'language_assigned', 'language_taken_away', 'language_rejected', 'language_returned', 'job_rejected', 'job_blocked', 'job_completed', name='mailkind', native_enum=False, length=48), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('about', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mails_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails'))
    )
    op.create_index('ix_mails_unsent', 'mails', ['created_at'], unique=False, postgresql_where=sa.text('sent_at IS NULL AND dropped_at IS NULL'))
    op.create_index(op.f('ix_mails_user_id'), 'mails', ['user_id'], unique=False)
    op.create_table('password_resets',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('link_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['users.id'], name=op.f('fk_password_resets_asked_by_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_password_resets_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_resets')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_password_resets_link_hash'))
    )
    op.create_index(op.f('ix_password_resets_asked_by'), 'password_resets', ['asked_by'], unique=False)
    op.create_index(op.f('ix_password_resets_expires_at'), 'password_resets', ['expires_at'], unique=False)
    op.create_index(op.f('ix_password_resets_user_id'), 'password_resets', ['user_id'], unique=False)
    _add_name_key('clients', 'org_id')
    op.add_column('clients', sa.Column('style', sa.String(length=10000), server_default='', nullable=False))
    op.drop_constraint(op.f('uq_clients_org_id_name'), 'clients', type_='unique')
    op.create_index(op.f('ix_clients_org_id'), 'clients', ['org_id'], unique=False)
    op.create_index('uq_clients_name_key', 'clients', ['org_id', 'name_key'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'))
    _add_name_key('organizations', None)
    op.drop_constraint(op.f('uq_organizations_name'), 'organizations', type_='unique')
    op.create_index('uq_organizations_name_key', 'organizations', ['name_key'], unique=True)
    _add_name_key('projects', 'client_id')
    op.drop_constraint(op.f('uq_projects_client_id_name'), 'projects', type_='unique')
    op.create_index(op.f('ix_projects_client_id'), 'projects', ['client_id'], unique=False)
    op.create_index('uq_projects_name_key', 'projects', ['client_id', 'name_key'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'))
    _add_name_key('teams', 'client_id')
    op.drop_constraint(op.f('uq_teams_client_id_name'), 'teams', type_='unique')
    op.create_index(op.f('ix_teams_client_id'), 'teams', ['client_id'], unique=False)
    op.create_index('uq_teams_name_key', 'teams', ['client_id', 'name_key'], unique=True)
    op.add_column('users', sa.Column('language', sa.String(length=35), server_default='en', nullable=False))
    op.add_column('users', sa.Column('time_zone', sa.String(length=64), server_default='UTC', nullable=False))
    op.add_column('users', sa.Column('mails_off', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False))
    op.drop_constraint(op.f('uq_users_email'), 'users', type_='unique')
    op.create_index('uq_users_email', 'users', ['email'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'))


def _add_name_key(table: str, parent: str | None) -> None:
    """Names that would be the same now are told apart by a number."""
    op.add_column(table, sa.Column("name_key", sa.String(length=600), nullable=True))
    connection, taken = op.get_bind(), set()
    columns = ["id", "name", *([parent] if parent else [])]
    rows = connection.execute(sa.text(f"select {', '.join(columns)} from {table} order by created_at, id")).all()
    for row_id, name, *within in rows:
        wanted, number = name, 1
        while (*within, _key(wanted)) in taken:
            number += 1
            wanted = f"{name[:190]} ({number})"
        taken.add((*within, _key(wanted)))
        connection.execute(
            sa.text(f"update {table} set name = :name, name_key = :key where id = :id"),
            {"name": wanted, "key": _key(wanted), "id": row_id},
        )
    op.alter_column(table, "name_key", nullable=False)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


def downgrade() -> None:
    op.drop_index('uq_users_email', table_name='users', postgresql_where=sa.text('deleted_at IS NULL'))
    op.create_unique_constraint(op.f('uq_users_email'), 'users', ['email'], postgresql_nulls_not_distinct=False)
    op.drop_column('users', 'mails_off')
    op.drop_column('users', 'time_zone')
    op.drop_column('users', 'language')
    op.drop_index('uq_teams_name_key', table_name='teams')
    op.drop_index(op.f('ix_teams_client_id'), table_name='teams')
    op.create_unique_constraint(op.f('uq_teams_client_id_name'), 'teams', ['client_id', 'name'], postgresql_nulls_not_distinct=False)
    op.drop_column('teams', 'name_key')
    op.drop_index('uq_projects_name_key', table_name='projects', postgresql_where=sa.text('deleted_at IS NULL'))
    op.drop_index(op.f('ix_projects_client_id'), table_name='projects')
    op.create_unique_constraint(op.f('uq_projects_client_id_name'), 'projects', ['client_id', 'name'], postgresql_nulls_not_distinct=False)
    op.drop_column('projects', 'name_key')
    op.drop_index('uq_organizations_name_key', table_name='organizations')
    op.create_unique_constraint(op.f('uq_organizations_name'), 'organizations', ['name'], postgresql_nulls_not_distinct=False)
    op.drop_column('organizations', 'name_key')
    op.drop_index('uq_clients_name_key', table_name='clients', postgresql_where=sa.text('deleted_at IS NULL'))
    op.drop_index(op.f('ix_clients_org_id'), table_name='clients')
    op.create_unique_constraint(op.f('uq_clients_org_id_name'), 'clients', ['org_id', 'name'], postgresql_nulls_not_distinct=False)
    op.drop_column('clients', 'style')
    op.drop_column('clients', 'name_key')
    op.drop_index(op.f('ix_password_resets_user_id'), table_name='password_resets')
    op.drop_index(op.f('ix_password_resets_expires_at'), table_name='password_resets')
    op.drop_index(op.f('ix_password_resets_asked_by'), table_name='password_resets')
    op.drop_table('password_resets')
    op.drop_index(op.f('ix_mails_user_id'), table_name='mails')
    op.drop_index('ix_mails_unsent', table_name='mails', postgresql_where=sa.text('sent_at IS NULL AND dropped_at IS NULL'))
    op.drop_table('mails')
    op.drop_index('uq_invitations_open', table_name='invitations', postgresql_where=sa.text('accepted_at IS NULL AND revoked_at IS NULL'))
    op.drop_index(op.f('ix_invitations_org_id'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_invited_by'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_expires_at'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_email'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_accepted_by'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_index(op.f('ix_identities_user_id'), table_name='identities')
    op.drop_table('identities')
    op.drop_index(op.f('ix_spent_tokens_expires_at'), table_name='spent_tokens')
    op.drop_table('spent_tokens')
