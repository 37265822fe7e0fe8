"""Measurements that workers record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Kind, Origin
from schema.provenance import Provenance
from schema.queries.visibility import unscoped
from schema.tables import StepRun, TextMeasure, TextVersion, now
from schema.vtt import Cue, parse
from schema.vtt.text import word_count

_MACHINES = (Origin.DRAFT, Origin.TRANSLATION)


@dataclass(frozen=True, slots=True)
class Measured:
    """The size of an approved text, and how much of it differs from the draft."""

    kind: Kind
    version: int
    cues: int
    words: int
    cues_changed: int
    drafted: bool


@dataclass(frozen=True, slots=True)
class Drafted:
    """A machine's text. For a translation, `sources` shows which cues are human edits nevertheless."""

    content: str
    sources: Mapping[str, str]


async def note_run(session: AsyncSession, run: StepRun) -> None:
    """Records a run once, by its id."""
    await session.execute(insert(StepRun).values(**run.model_dump()).on_conflict_do_nothing())


async def measure(
    session: AsyncSession, job_id: UUID, language: str, approved: Sequence[TextVersion]
) -> None:
    """Measures approved texts, and how much of them people wrote. Replaces the measurement of an earlier approval."""
    drafts = await _drafts_of(session, job_id, language, {text.kind: text.version for text in approved})
    await _keep(session, job_id, language, [measured(text, drafts.get(text.kind)) for text in approved])


async def _drafts_of(
    session: AsyncSession, job_id: UUID, language: str, approved: Mapping[Kind, int]
) -> Mapping[Kind, Drafted]:
    """The newest machine draft before, or identical with, each approved version."""
    unscoped("a worker's, of its job")
    if not approved:
        return {}
    older = sa.or_(
        *(
            sa.and_(col(TextVersion.kind) == kind, col(TextVersion.version) <= number)
            for kind, number in approved.items()
        )
    )
    found = await session.execute(
        sa.select(col(TextVersion.kind), col(TextVersion.content), col(TextVersion.sources))
        .where(
            col(TextVersion.job_id) == job_id,
            col(TextVersion.language) == language,
            col(TextVersion.origin).in_(_MACHINES),
            older,
        )
        .ext(distinct_on(col(TextVersion.kind)))
        .order_by(col(TextVersion.kind), col(TextVersion.version).desc())
    )
    return {row.kind: Drafted(row.content, row.sources) for row in found}


def measured(text: TextVersion, draft: Drafted | None) -> Measured:
    """Compares cue by cue; takes a few milliseconds per hour of captions."""
    cues = parse(text.content).document.cues
    words = sum(word_count(cue.plain, text.language) for cue in cues)
    changed = 0 if draft is None else _changed(cues, draft)
    return Measured(text.kind, text.version, len(cues), round(words), changed, draft is not None)


def _changed(cues: Sequence[Cue], draft: Drafted) -> int:
    """Cues without an id are compared by position. Human edits from before the draft are contained in it, and still
    count as human."""
    drafted: Sequence[Cue] = parse(draft.content).document.cues
    old: dict[str, Cue | None] = {cue.id or str(index): cue for index, cue in enumerate(drafted)}
    old |= {id_: None for id_, stored in draft.sources.items() if not Provenance.read(stored).is_draft}
    new = {cue.id or str(index): cue for index, cue in enumerate(cues)}
    same = sum(1 for key, cue in new.items() if (was := old.get(key)) is not None and _alike(cue, was))
    return len(old.keys() | new.keys()) - same


def _alike(one: Cue, other: Cue) -> bool:
    return (one.start_ms, one.end_ms, one.text) == (other.start_ms, other.end_ms, other.text)


async def _keep(session: AsyncSession, job_id: UUID, language: str, found: Sequence[Measured]) -> None:
    for each in found:
        values = {
            "version": each.version,
            "cues": each.cues,
            "words": each.words,
            "cues_changed": each.cues_changed,
            "drafted": each.drafted,
            "measured_at": now(),
        }
        new = insert(TextMeasure).values(job_id=job_id, language=language, kind=each.kind, **values)
        await session.execute(
            new.on_conflict_do_update(
                index_elements=["job_id", "language", "kind"],
                set_=values,
                where=col(TextMeasure.version) != each.version,
            )
        )
