"""glossaries: one active version a client and language, what terms say, vectors, suggestions, and the ledger of overrides

Revision: 0011
After: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects import postgresql

revision = '0011'
down_revision = '0009'
branch_labels = None
depends_on = None

_EMPTY_OBJECT = sa.text("'{}'::jsonb")
_JSON = postgresql.JSONB(astext_type=sa.Text())
_RETIRE = """
update glossaries set active_version_id = null where active_version_id is not null and (
    archived_at is not null
    or not exists (select from glossary_versions v where v.id = active_version_id and v.glossary_id = glossaries.id)
    or exists (
        select from glossaries other
        where other.client_id = glossaries.client_id and other.source_language = glossaries.source_language
          and other.active_version_id is not null and other.archived_at is null
          and (other.created_at, other.id) > (glossaries.created_at, glossaries.id)
    )
)
"""
"""Jobs took the newest glossary of their client and language: it alone stays active."""
_PLACES = """
update glossary_terms set place = counted.place, folded = lower(source), key = md5(id::text), digest = md5(id::text)
from (select id as term, row_number() over (partition by version_id order by created_at, id) as place from glossary_terms) counted
where counted.term = id
"""
_COUNTS = """
update glossary_versions set terms = counted.terms, added = counted.terms, languages = counted.languages
from (
    select t.version_id, count(distinct t.id) as terms, coalesce(jsonb_agg(distinct k) filter (where k is not null), '[]') as languages
    from glossary_terms t left join lateral jsonb_object_keys(t.targets) k on true group by t.version_id
) counted where counted.version_id = id
"""


def upgrade() -> None:
    op.execute("create extension if not exists vector")
    _versions()
    _terms()
    op.create_unique_constraint(op.f('uq_glossary_versions_glossary_id_id'), 'glossary_versions', ['glossary_id', 'id'])
    op.execute(_RETIRE)
    op.create_foreign_key('fk_glossaries_active_version', 'glossaries', 'glossary_versions', ['id', 'active_version_id'], ['glossary_id', 'id'], initially='DEFERRED', deferrable=True)
    op.create_index('uq_glossaries_active', 'glossaries', ['client_id', 'source_language'], unique=True, postgresql_where=sa.text('active_version_id IS NOT NULL'))
    op.create_table('glossary_vectors',
    sa.Column('term_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('vector', Vector(768), nullable=False),
    sa.ForeignKeyConstraint(['term_id'], ['glossary_terms.id'], name=op.f('fk_glossary_vectors_term_id_glossary_terms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['glossary_versions.id'], name=op.f('fk_glossary_vectors_version_id_glossary_versions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('term_id', name=op.f('pk_glossary_vectors'))
    )
    # 3 KB would be kept beside the row, and fetched for each that a query compares.
    op.execute("alter table glossary_vectors alter column vector set storage plain")
    op.create_index(op.f('ix_glossary_vectors_version_id'), 'glossary_vectors', ['version_id'], unique=False)
    op.create_index('ix_glossary_vectors_nearest', 'glossary_vectors', ['vector'], unique=False, postgresql_using='hnsw', postgresql_with={'m': 16, 'ef_construction': 64}, postgresql_ops={'vector': 'vector_cosine_ops'})
    op.create_table('term_suggestions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('glossary_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('term', _JSON, server_default=_EMPTY_OBJECT, nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=True),
    sa.Column('state', sa.Enum('open', 'accepted', 'rejected', name='suggestionstate', native_enum=False, length=48), server_default='open', nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_term_suggestions_author_id_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_term_suggestions_decided_by_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['glossary_id'], ['glossaries.id'], name=op.f('fk_term_suggestions_glossary_id_glossaries'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['glossary_versions.id'], name=op.f('fk_term_suggestions_version_id_glossary_versions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_term_suggestions'))
    )
    op.create_index('ix_term_suggestions_list', 'term_suggestions', ['glossary_id', 'state', 'created_at', 'id'], unique=False)
    op.create_table('finding_overrides',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('kind', sa.Enum('captions', 'audio_description', name='kind', native_enum=False, length=48), nullable=False),
    sa.Column('text_version', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=48), nullable=False),
    sa.Column('cue_id', sa.String(length=200), nullable=True),
    sa.Column('message', sa.String(), nullable=False),
    sa.Column('term', sa.String(length=500), nullable=True),
    sa.Column('wanted', sa.String(length=500), nullable=True),
    sa.Column('glossary_id', sa.Uuid(), nullable=True),
    sa.Column('glossary_version_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(length=2500), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_finding_overrides_actor_id_users'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['glossary_id'], ['glossaries.id'], name=op.f('fk_finding_overrides_glossary_id_glossaries'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['glossary_version_id'], ['glossary_versions.id'], name=op.f('fk_finding_overrides_glossary_version_id_glossary_versions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_finding_overrides_job_id_jobs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_overrides'))
    )
    op.create_index('ix_finding_overrides_glossary', 'finding_overrides', ['glossary_id', 'created_at', 'id'], unique=False, postgresql_where=sa.text('glossary_id IS NOT NULL'))
    op.create_index('ix_finding_overrides_job', 'finding_overrides', ['job_id', 'created_at', 'id'], unique=False)
    op.add_column('text_findings', sa.Column('terms', _JSON, server_default=sa.text("'[]'::jsonb"), nullable=False))


def _versions() -> None:
    state = sa.Enum('waiting', 'running', 'ready', 'failed', 'stale', name='embeddingstate', native_enum=False, length=48)
    for column in (
        sa.Column('filename', sa.String(length=400), nullable=True),
        sa.Column('terms', sa.Integer(), server_default='0', nullable=False),
        sa.Column('languages', _JSON, server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column('added', sa.Integer(), server_default='0', nullable=False),
        sa.Column('removed', sa.Integer(), server_default='0', nullable=False),
        sa.Column('changed', sa.Integer(), server_default='0', nullable=False),
        sa.Column('embedding', state, server_default='waiting', nullable=False),
        sa.Column('embedded', sa.Integer(), server_default='0', nullable=False),
        sa.Column('embedding_revision', sa.Integer(), server_default='0', nullable=False),
        sa.Column('embedder', sa.String(length=100), nullable=True),
        sa.Column('embedding_reason', sa.String(), nullable=True),
        sa.Column('embedded_at', sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column('glossary_versions', column)
    op.create_index('ix_glossary_versions_not_embedded', 'glossary_versions', ['created_at'], unique=False, postgresql_where=sa.text("embedding IN ('waiting', 'running')"))


def _terms() -> None:
    for column in (
        sa.Column('place', sa.Integer(), server_default='0', nullable=False),
        sa.Column('folded', sa.String(), server_default='', nullable=False),
        sa.Column('part_of_speech', sa.String(length=60), nullable=True),
        sa.Column('forms', _JSON, server_default=_EMPTY_OBJECT, nullable=False),
        sa.Column('key', sa.String(length=32), server_default='', nullable=False),
        sa.Column('digest', sa.String(length=32), server_default='', nullable=False),
    ):
        op.add_column('glossary_terms', column)
    op.execute(_PLACES)
    op.execute(_COUNTS)
    for column in ('place', 'folded', 'key', 'digest'):
        op.alter_column('glossary_terms', column, server_default=None)
    op.create_index('ix_glossary_terms_place', 'glossary_terms', ['version_id', 'place'], unique=False)
    op.create_unique_constraint(op.f('uq_glossary_terms_version_id_key'), 'glossary_terms', ['version_id', 'key'])
    op.drop_index(op.f('ix_glossary_terms_version_id'), table_name='glossary_terms')


def downgrade() -> None:
    op.drop_column('text_findings', 'terms')
    op.drop_table('finding_overrides')
    op.drop_table('term_suggestions')
    op.drop_table('glossary_vectors')
    op.drop_index('uq_glossaries_active', table_name='glossaries')
    op.drop_constraint('fk_glossaries_active_version', 'glossaries', type_='foreignkey')
    op.drop_constraint(op.f('uq_glossary_versions_glossary_id_id'), 'glossary_versions', type_='unique')
    op.create_index(op.f('ix_glossary_terms_version_id'), 'glossary_terms', ['version_id'], unique=False)
    op.drop_constraint(op.f('uq_glossary_terms_version_id_key'), 'glossary_terms', type_='unique')
    op.drop_index('ix_glossary_terms_place', table_name='glossary_terms')
    for column in ('digest', 'key', 'forms', 'part_of_speech', 'folded', 'place'):
        op.drop_column('glossary_terms', column)
    op.drop_index('ix_glossary_versions_not_embedded', table_name='glossary_versions')
    for column in ('embedded_at', 'embedding_reason', 'embedder', 'embedding_revision', 'embedded', 'embedding', 'changed', 'removed', 'added', 'languages', 'terms', 'filename'):
        op.drop_column('glossary_versions', column)
    op.execute("drop extension if exists vector")
