"""The quality findings of a job's text: what `GET vtt` shows, and what an approval is refused for."""

from __future__ import annotations

import asyncio
from fractions import Fraction

from sqlalchemy.ext.asyncio import AsyncSession

from schema.contracts.language import LanguageState
from schema.contracts.steps import Artifacts
from schema.enums import Kind
from schema.findings import Finding
from schema.queries import glossaries, texts
from schema.tables import Job, JobLanguage, TextVersion
from schema.vtt import parse
from schema.vtt.profiles import profile_of
from schema.vtt.quality import check_captions, check_description, check_translation


async def of_text(
    session: AsyncSession, job: Job, row: JobLanguage, text: TextVersion, profile: str
) -> list[Finding]:
    """Every rule that `text` breaks: by itself, and, for a translation, against the source that it was made from
    and the glossary version that is pinned to it. Where a description is heard, the plan judges."""
    artifacts = Artifacts.model_validate((job.state or {}).get("artifacts") or {})
    own = await asyncio.to_thread(findings_of, text.kind, text.language, text.content, artifacts, profile)
    if row.is_source or row.state is None:
        return own
    state = LanguageState.model_validate(row.state)
    number = state.source_versions.of(text.kind) if state.source_versions else None
    source = number and await texts.version(session, job.id, job.source_language, text.kind, number)
    if not source:
        return own
    terms = await glossaries.terms_for(session, state.glossary_version_id, text.language)
    against = await asyncio.to_thread(
        lambda: check_translation(
            parse(source.content).document.with_ids(),
            parse(text.content).document,
            job.source_language,
            text.language,
            terms,
            profile_of(profile),
        )
    )
    return [*own, *against]


def findings_of(kind: Kind, language: str, content: str, artifacts: Artifacts, profile: str) -> list[Finding]:
    """Every rule that `content` breaks by itself."""
    document = parse(content).document
    rules = profile_of(profile)
    if kind is Kind.AUDIO_DESCRIPTION:
        return check_description(document, rules, language)
    rate = artifacts.frame_rate
    frame_rate = Fraction(rate.num, rate.den) if rate else Fraction(24)
    return check_captions(document, rules, language, frame_rate, duration_ms=artifacts.duration_ms)
