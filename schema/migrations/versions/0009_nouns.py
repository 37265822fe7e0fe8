"""briefs that are decided, files for a purpose, links that share, notes at a moment, and what was delivered

Revision: 0009
After: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0013'
branch_labels = None
depends_on = None

_KEPT = sa.text('deleted_at is null')
_LISTS = {
    f"ix_briefs_list_{'_'.join((*scope, column))}": [*scope, 'status', column, 'id']
    for scope in ((), ('org_id',), ('client_id',))
    for column in ('created_at', 'updated_at', 'title')
}
_DELIVERED = """
update jobs set delivered = coalesce((
    select jsonb_agg(jsonb_build_object(
        'language', a.language, 'kind', a.kind, 'object_name', a.object_name,
        'content_type', a.content_type, 'size_bytes', a.size_bytes) order by a.language, a.kind)
    from assets a
    where a.job_id = jobs.id
        and a.kind not in ('source', 'media_report', 'speech_audio', 'words', 'sight', 'plan')
        and (a.language = jobs.source_language or jobs.requested_outputs -> 'languages' ? a.language)
), '[]'::jsonb)
where status = 'completed'
"""


def upgrade() -> None:
    op.create_table('brief_files',
    sa.Column('brief_id', sa.Uuid(), nullable=False),
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['brief_id'], ['briefs.id'], name=op.f('fk_brief_files_brief_id_briefs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_brief_files_upload_id_uploads'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('brief_id', 'upload_id', name=op.f('pk_brief_files'))
    )
    op.create_index(op.f('ix_brief_files_upload_id'), 'brief_files', ['upload_id'], unique=False)
    op.create_table('review_notes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('asset', sa.Enum('source', 'accessible_video', name='noteasset', native_enum=False, length=48), nullable=False),
    sa.Column('object_name', sa.String(length=1024), nullable=False),
    sa.Column('at_ms', sa.Integer(), nullable=False),
    sa.Column('source_ms', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('captions', 'audio_description', name='kind', native_enum=False, length=48), nullable=True),
    sa.Column('cue_id', sa.String(length=200), nullable=True),
    sa.Column('text', sa.String(length=5000), nullable=False),
    sa.Column('audience', sa.Enum('internal', 'client', name='audience', native_enum=False, length=48), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by', sa.Uuid(), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_review_notes_author_id_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_review_notes_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['org_id'], ['organizations.id'], name=op.f('fk_review_notes_org_id_organizations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['resolved_by'], ['users.id'], name=op.f('fk_review_notes_resolved_by_users'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_notes'))
    )
    op.create_index('ix_review_notes_list', 'review_notes', ['job_id', 'source_ms', 'created_at', 'id'], unique=False, postgresql_where=sa.text('deleted_at is null'))
    op.create_table('share_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_share_tokens_created_by_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_share_tokens_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_share_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_share_tokens_token_hash'))
    )
    op.create_index(op.f('ix_share_tokens_job_id'), 'share_tokens', ['job_id'], unique=False)
    op.add_column('briefs', sa.Column('org_id', sa.Uuid(), nullable=True))
    op.execute('update briefs set org_id = clients.org_id from clients where clients.id = briefs.client_id')
    op.alter_column('briefs', 'org_id', nullable=False)
    op.add_column('briefs', sa.Column('project_id', sa.Uuid(), nullable=True))
    op.add_column('briefs', sa.Column('author_id', sa.Uuid(), nullable=True))
    op.add_column('briefs', sa.Column('notes', sa.String(length=10000), server_default='', nullable=False))
    op.add_column('briefs', sa.Column('source_language', sa.String(length=35), nullable=True))
    op.add_column('briefs', sa.Column('requested_outputs', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    op.add_column('briefs', sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('briefs', sa.Column('status', sa.Enum('draft', 'submitted', 'approved', name='briefstatus', native_enum=False, length=48), server_default='draft', nullable=False))
    op.execute("update briefs set status = 'approved' where exists (select from jobs where brief_id = briefs.id)")
    op.add_column('briefs', sa.Column('reason', sa.String(length=2000), nullable=True))
    op.add_column('briefs', sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('briefs', sa.Column('submitted_by', sa.Uuid(), nullable=True))
    op.add_column('briefs', sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('briefs', sa.Column('decided_by', sa.Uuid(), nullable=True))
    op.add_column('briefs', sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))
    for name, columns in _LISTS.items():
        op.create_index(name, 'briefs', columns, unique=False, postgresql_where=_KEPT)
    op.create_index(op.f('ix_briefs_project_id'), 'briefs', ['project_id'], unique=False)
    op.create_foreign_key(op.f('fk_briefs_submitted_by_users'), 'briefs', 'users', ['submitted_by'], ['id'], ondelete='RESTRICT')
    op.create_foreign_key(op.f('fk_briefs_author_id_users'), 'briefs', 'users', ['author_id'], ['id'], ondelete='RESTRICT')
    op.create_foreign_key(op.f('fk_briefs_decided_by_users'), 'briefs', 'users', ['decided_by'], ['id'], ondelete='RESTRICT')
    op.create_foreign_key(op.f('fk_briefs_project_id_projects'), 'briefs', 'projects', ['project_id'], ['id'], ondelete='RESTRICT')
    op.create_foreign_key(op.f('fk_briefs_org_id_organizations'), 'briefs', 'organizations', ['org_id'], ['id'], ondelete='RESTRICT')
    op.add_column('jobs', sa.Column('delivered', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    op.execute(_DELIVERED)
    op.add_column('uploads', sa.Column('purpose', sa.Enum('source', 'dub', 'recording', 'captions', 'audio_description', 'glossary', 'brief_attachment', name='filepurpose', native_enum=False, length=48), server_default='source', nullable=False))
    op.add_column('uploads', sa.Column('used_at', sa.DateTime(timezone=True), nullable=True))
    # What was announced before may be a dub or a recording that is in use: it stays.
    op.execute("update uploads set used_at = now(), purpose = case when content_type like 'audio/%' then 'dub' else 'source' end "
               "where claimed_at is null")


def downgrade() -> None:
    op.drop_column('uploads', 'used_at')
    op.drop_column('uploads', 'purpose')
    op.drop_column('jobs', 'delivered')
    op.drop_constraint(op.f('fk_briefs_org_id_organizations'), 'briefs', type_='foreignkey')
    op.drop_constraint(op.f('fk_briefs_project_id_projects'), 'briefs', type_='foreignkey')
    op.drop_constraint(op.f('fk_briefs_decided_by_users'), 'briefs', type_='foreignkey')
    op.drop_constraint(op.f('fk_briefs_author_id_users'), 'briefs', type_='foreignkey')
    op.drop_constraint(op.f('fk_briefs_submitted_by_users'), 'briefs', type_='foreignkey')
    op.drop_index(op.f('ix_briefs_project_id'), table_name='briefs')
    for name in _LISTS:
        op.drop_index(name, table_name='briefs', postgresql_where=_KEPT)
    op.drop_column('briefs', 'deleted_at')
    op.drop_column('briefs', 'decided_by')
    op.drop_column('briefs', 'decided_at')
    op.drop_column('briefs', 'submitted_by')
    op.drop_column('briefs', 'submitted_at')
    op.drop_column('briefs', 'reason')
    op.drop_column('briefs', 'status')
    op.drop_column('briefs', 'due_at')
    op.drop_column('briefs', 'requested_outputs')
    op.drop_column('briefs', 'source_language')
    op.drop_column('briefs', 'notes')
    op.drop_column('briefs', 'author_id')
    op.drop_column('briefs', 'project_id')
    op.drop_column('briefs', 'org_id')
    op.drop_index(op.f('ix_share_tokens_job_id'), table_name='share_tokens')
    op.drop_table('share_tokens')
    op.drop_index('ix_review_notes_list', table_name='review_notes', postgresql_where=sa.text('deleted_at is null'))
    op.drop_table('review_notes')
    op.drop_index(op.f('ix_brief_files_upload_id'), table_name='brief_files')
    op.drop_table('brief_files')
