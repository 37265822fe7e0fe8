"""the index of terms by their meaning is of half precision

Revision: 0017
After: 0016
"""

from __future__ import annotations

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_glossary_vectors_nearest', table_name='glossary_vectors')
    op.execute("create index ix_glossary_vectors_half on glossary_vectors using hnsw ((vector::halfvec(768)) halfvec_cosine_ops) with (m = 16, ef_construction = 64)")


def downgrade() -> None:
    op.drop_index('ix_glossary_vectors_half', table_name='glossary_vectors')
    op.execute("create index ix_glossary_vectors_nearest on glossary_vectors using hnsw (vector vector_cosine_ops) with (m = 16, ef_construction = 64)")
