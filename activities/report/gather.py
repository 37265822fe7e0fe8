"""Gathers what the database and the bucket know about a language's accessible video into its report."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from activities.ports import Sight
from activities.report.build import Reported, build_report
from activities.report.page import render_page
from activities.report.provenance import Machine, text_provenance, voice_provenance
from schema import objects
from schema.contracts.clips import ClipManifest
from schema.contracts.media import MediaReport
from schema.contracts.report import Provenance, QualityReport, RenderFacts
from schema.contracts.steps import MuxInput
from schema.db import Database
from schema.enums import AssetKind, Kind
from schema.errors import NotFound
from schema.findings import CueTerm
from schema.plan.model import Plan
from schema.plan.programme import heard_speech
from schema.queries import findings, texts
from schema.tables import Job, JobLanguage
from schema.vtt import Document, Finding, Transcript, parse

_MOST_VERSIONS = 1_000


@dataclass(frozen=True, slots=True)
class Programme:
    """What the mux step has read of the language already. Texts are the approved ones, on the source's timeline."""

    plan: Plan
    manifest: ClipManifest
    media: MediaReport
    transcript: Transcript
    captions: Document | None
    script: Document
    retimed_captions: Document | None
    """On the accessible video's timeline."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What only the database tells."""

    title: str
    heard: Document
    """The captions of the sound that is heard: the source's, or those of the language's own dub."""
    provenance: tuple[Provenance, ...]
    findings: dict[Kind, list[Finding]]
    terms: dict[Kind, list[CueTerm]]
    """Of a translation: the glossary's terms in its cues."""


async def gather_report(
    database: Database,
    profile: str,
    inputs: MuxInput,
    programme: Programme,
    sight: Sight | None,
    facts: RenderFacts,
    video: str,
) -> tuple[QualityReport, str]:
    """The report of `video` (an object's name), and its page.

    Raises:
        NotFound: the job is gone.
    """
    async with database.begin() as session:
        recorded = await _recorded(session, profile, inputs, programme, sight)
    return await asyncio.to_thread(_assemble, profile, inputs, programme, facts, recorded, video)


def _assemble(
    profile: str, inputs: MuxInput, programme: Programme, facts: RenderFacts, recorded: _Recorded, video: str
) -> tuple[QualityReport, str]:
    report = build_report(
        Reported(
            title=recorded.title,
            language=inputs.language,
            source_language=inputs.job.source_language,
            dubbed_by=programme.transcript.provider if inputs.artifacts.dub else None,
            video=objects.download_name(
                recorded.title, inputs.language, AssetKind.ACCESSIBLE_VIDEO_MP4, video
            ),
            plan=programme.plan,
            script=programme.script,
            captions=programme.captions,
            speech=heard_speech(programme.media, programme.transcript, recorded.heard.cues),
            media=programme.media,
            facts=facts,
            provenance=recorded.provenance,
            profile=profile,
            findings=recorded.findings,
            terms=recorded.terms,
        )
    )
    captions = programme.retimed_captions
    return report, render_page(report, captions.cues if captions else ())


async def _recorded(
    session: AsyncSession, profile: str, inputs: MuxInput, programme: Programme, sight: Sight | None
) -> _Recorded:
    ref, language = inputs.job, inputs.language
    job = await session.get(Job, ref.job_id)
    row = await session.get(JobLanguage, (ref.job_id, language))
    if job is None or row is None:
        raise NotFound("The job was deleted while its video was made.")
    dialogue = ref.source_language if inputs.artifacts.dub is None else language
    heard = await texts.latest(session, ref.job_id, dialogue, Kind.CAPTIONS)
    found: dict[Kind, list[Finding]] = {}
    words: dict[Kind, list[CueTerm]] = {}
    provenance: list[Provenance] = []
    machines = {
        Kind.CAPTIONS: Machine(programme.transcript.provider, programme.transcript.draft),
        Kind.AUDIO_DESCRIPTION: Machine(sight.provider, sight.draft) if sight else None,
    }
    for kind in Kind:
        number = inputs.versions.of(kind)
        text = number and await texts.version(session, ref.job_id, language, kind, number)
        if not text:
            continue
        found[kind], terms = await findings.with_terms(session, job, row, text, profile)
        if not row.is_source:
            words[kind] = terms
        history, _ = await texts.history(session, ref.job_id, language, kind, offset=0, limit=_MOST_VERSIONS)
        provenance.append(
            text_provenance(kind, text.version, history, machines[kind], source_language=ref.source_language)
        )
    if spoken := voice_provenance(programme.manifest):
        provenance.append(spoken)
    captions = parse(heard.content).document if heard else Document.of(())
    return _Recorded(job.title, captions, tuple(provenance), found, words)
