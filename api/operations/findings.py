"""The findings of texts, stored with their versions. Findings that are missing, or come from older rules, are computed
and stored now. No connection is held meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.context import Context
from schema.contracts.outputs import RequestedOutputs
from schema.enums import Kind, LanguageStage
from schema.findings import CueTerm, Finding, blocking
from schema.queries import findings, profiles, texts
from schema.queries.findings import Basis, Judged
from schema.tables import Job, JobLanguage, TextVersion


@dataclass(frozen=True, slots=True)
class Counted:
    """The current version of a text, with its counts."""

    language: str
    kind: Kind
    version: int
    cues: int
    blocking: int


def requested(job: Job, row: JobLanguage) -> tuple[Kind, ...]:
    """The requested texts of a language. Texts made before the request changed are kept, but not counted."""
    if row.stage is LanguageStage.REMOVED:
        return ()
    return RequestedOutputs.kept(job.requested_outputs).wanted_kinds()


def flagged(job: Job, row: JobLanguage) -> dict[Kind, list[str]]:
    """The flagged cues by text: in the source, those that another video no longer supports; in a translation, those
    whose source has changed."""
    said = (job.state or {}).get("flagged_cues") if row.is_source else (row.state or {}).get("flagged")
    return {kind: list(said[kind]) for kind in Kind if said and said.get(kind)}


def flagged_of_a_text(row: JobLanguage) -> list[str]:
    """Flagged cues of a translation by an older build, which did not record their text."""
    return [] if row.is_source else list((row.state or {}).get("flagged_cues") or [])


async def current(ctx: Context, job: Job, rows: Sequence[JobLanguage]) -> list[Counted]:
    """The current findings of both texts of these languages: one statement, if all are stored."""
    by_code = {row.language: row for row in rows}
    found = await texts.all_latest(ctx.session, job.id, list(by_code))
    profile = await _profile(ctx, job)
    due = {
        text.id: by_code[text.language]
        for text, known in found
        if not Basis.of(job, by_code[text.language], text.kind, profile).held_by(known)
    }
    made: dict[object, Judged] = {}
    if due:
        whole = await texts.with_ids(ctx.session, due)
        judged = await _judged(ctx, job, [(due[text.id], text) for text in whole])
        made = {each.version_id: each for each in judged}
    counts: list[Counted] = []
    for text, known in found:
        if fresh := made.get(text.id):
            cues, hard = fresh.cues, len(blocking(fresh.findings))
        else:
            assert known is not None
            cues, hard = known.cues, known.blocking
        counts.append(Counted(text.language, text.kind, text.version, cues, hard))
    return counts


async def of_text(
    ctx: Context, job: Job, row: JobLanguage, text: TextVersion
) -> tuple[list[Finding], list[CueTerm]]:
    """The findings of one version, with the glossary's terms in its cues."""
    known = (await findings.stored(ctx.session, [text.id])).get(text.id)
    if known is not None and Basis.of(job, row, text.kind, await _profile(ctx, job)).held_by(known):
        return findings.told(known), findings.told_terms(known)
    (judged,) = await _judged(ctx, job, [(row, text)])
    return judged.findings, judged.terms


async def ahead(ctx: Context, job: Job, row: JobLanguage, text: TextVersion) -> Judged:
    """The findings of a version that is about to be saved, to be stored with it. Nothing is computed under the lock of
    a save."""
    return (await _found(ctx, job, [(row, text)]))[0]


async def _judged(ctx: Context, job: Job, asked: Sequence[tuple[JobLanguage, TextVersion]]) -> list[Judged]:
    judged = await _found(ctx, job, asked)
    await findings.keep(ctx.session, judged)
    await ctx.session.commit()
    return judged


async def _found(ctx: Context, job: Job, asked: Sequence[tuple[JobLanguage, TextVersion]]) -> list[Judged]:
    questions = await findings.questions(ctx.session, job, asked, ctx.parts.settings.quality_profile)
    await ctx.session.commit()
    return await ctx.thread(lambda: [findings.judge(each) for each in questions])


async def _profile(ctx: Context, job: Job) -> str:
    return await profiles.of_client(ctx.session, job.client_id, ctx.parts.settings.quality_profile)
