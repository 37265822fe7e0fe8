"""Drafts captions: the words that were heard, as cues that follow the quality rules and do not cross shot changes."""

from __future__ import annotations

import asyncio
from fractions import Fraction

from temporalio import activity

from activities.step import Kit
from activities.texts.borne import not_borne
from schema import objects
from schema.contracts.media import MediaReport
from schema.contracts.steps import CaptionsInput, CaptionsResult, FlagCuesInput, FlagCuesResult
from schema.enums import Kind
from schema.queries import texts
from schema.queries.drafts import Draft, save_draft
from schema.vtt import Cue, Document, Note, Transcript, parse, write
from schema.vtt.draft import draft_captions
from schema.vtt.profiles import profile_of
from schema.vtt.sounds import unnamed_sounds, with_sounds
from schema.vtt.unsure import with_unsure

_VERSION = 2
_MOST_FLAGGED = 1000
"""More flags would only show that it is a different film."""


class CaptionActivities:
    """Takes only a moment, so it runs on the records queue and does not wait for other jobs' films."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @activity.defn(name="draft_captions")
    async def draft_captions(self, inputs: CaptionsInput) -> CaptionsResult:
        """Overwrites what a person has written only if that was requested; otherwise their text stays the current
        version."""
        kit, job = self._kit, inputs.job
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        profile = await kit.profile_of(job)
        document = await asyncio.to_thread(_draft, transcript, report, profile)
        draft = Draft(
            language=job.source_language,
            kind=Kind.CAPTIONS,
            content=write(document.with_ids()),
            inputs_hash=objects.hash_of(
                "captions", _VERSION, inputs.artifacts.words, inputs.artifacts.media_report, profile
            ),
            note=_note(transcript),
            engine=transcript.engine,
        )
        async with kit.database.begin() as session:
            saved = await save_draft(
                session,
                job.job_id,
                draft,
                is_source=True,
                keep_human_edits=inputs.keep_human_edits,
                profile=profile,
            )
        return CaptionsResult(version=saved.version, kept_human_edit=saved.kept_human_edit)

    @activity.defn(name="flag_cues")
    async def flag_cues(self, inputs: FlagCuesInput) -> FlagCuesResult:
        """Only flags cues that people wrote for another video; a draft is made from this one."""
        kit, job = self._kit, inputs.job
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        async with kit.database.begin() as session:
            found = [await texts.latest(session, job.job_id, job.source_language, kind) for kind in Kind]
        flagged = {
            text.kind: tuple(
                not_borne(parse(text.content).document, text.kind, transcript, report.duration_ms)
            )[:_MOST_FLAGGED]
            for text in found
            if text is not None and text.origin.by_person
        }
        return FlagCuesResult(flagged=flagged)


def _note(transcript: Transcript) -> str | None:
    if transcript.draft:
        return f"Draft by {transcript.provider}"
    return f"Sounds in brackets are a draft by {transcript.sounds_by}" if transcript.sounds else None


def _draft(transcript: Transcript, report: MediaReport, profile: str) -> Document:
    rules = profile_of(profile)
    rate = report.video.frame_rate
    cuts = [change.at_ms for change in report.scene_changes if change.kind == "cut"]
    document = draft_captions(transcript, rules, Fraction(rate.num, rate.den), cuts)
    document = with_unsure(document, transcript.words)
    if not document.cues:
        document = Document.of([*document.notes, *no_speech(report.duration_ms).blocks])
    if not report.has_audio:
        return document
    known = [(word.start_ms, word.end_ms) for word in transcript.words]
    known += [(span.start_ms, span.end_ms) for span in (*report.silence, *(report.speech or ()))]
    known += [(cue.start_ms, cue.end_ms) for cue in document.cues if transcript.sounds]
    known += [(sound.start_ms, sound.end_ms) for sound in transcript.sounds if sound.lasting]
    return with_sounds(document, unnamed_sounds(known, report.duration_ms, rules.uncaptioned_sound_ms))


def no_speech(duration_ms: int) -> Document:
    """A finding that there is no speech at all."""
    cue = Cue(id="c1", start_ms=0, end_ms=max(1000, min(duration_ms, 4000)), text="[no speech]")
    return Document.of([Note.of("No speech was found in this video."), cue])
