"""a client's quality profile names only rules that there are; what digests look for has indexes

Revision: 0022
After: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_RULES = """
    bracket_pair close_gap cue_times description_length description_parentheses
    description_placeholder description_rate duplicate_id empty_text glossary_do_not_translate
    glossary_forbidden glossary_term in_time line_break line_count line_length lyrics max_duration
    min_duration min_gap out_time overlap reading_speed shot_change sound_brackets speaker_label
    translation_cue_extra translation_cue_missing translation_length translation_markup
    translation_number translation_timing translation_url uncaptioned_sound uncaptioned_speech
    untranslated wrong_language
""".split()
_HELD = """
update clients set profile = jsonb_set(profile, '{limits,severities}',
    (profile #> '{limits,severities}') - array(
        select rule from jsonb_object_keys(profile #> '{limits,severities}') rule where rule <> all(:rules)
    ))
where jsonb_typeof(profile #> '{limits,severities}') = 'object'
    and exists (
        select from jsonb_object_keys(profile #> '{limits,severities}') rule where rule <> all(:rules)
    )
"""
"""What was unknown had no effect."""


_AT_WORK = "stage = 'language_qc'"
_INDEXES = {
    "due_at": ("due_at", _AT_WORK),
    "review_due_at": ("review_due_at", _AT_WORK),
    "submitted": ("projected_at", f"{_AT_WORK} and qc_state = 'submitted'"),
}


def upgrade() -> None:
    for name, (column, where) in _INDEXES.items():
        op.create_index(
            f"ix_job_languages_queue_{name}", "job_languages", [column], postgresql_where=sa.text(where)
        )
    op.execute(sa.text(_HELD).bindparams(rules=_RULES))


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(f"ix_job_languages_queue_{name}", table_name="job_languages")
