"""Describe: what is seen, bound to a scene and to the room between the words. A draft for a person to write over.

Watching runs beside transcribe, placing after it, so that the wait is the longer of the two and not their sum.
"""

from __future__ import annotations

from temporalio import activity

from activities.ports import Describer, SceneSight, Sight
from activities.step import Kit
from schema import objects
from schema.contracts.media import MediaReport
from schema.contracts.steps import PlaceInput, PlaceResult, WatchInput, WatchResult
from schema.enums import AssetKind, Kind, Step
from schema.errors import Invalid
from schema.plan.model import Fit, Placement, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input
from schema.queries import styles
from schema.queries.drafts import Draft, save_draft
from schema.vtt import Cue, Document, Note, Transcript, escape, format_timestamp, write
from schema.vtt.text import has_letters

_VERSION = 1
_LATE_MS = 5_000
"""A scene's description belongs to its beginning."""


class DescribeActivities:
    """What the describer can tell becomes a cue, a scene that it cannot becomes a NOTE for the writer, never a
    spoken placeholder."""

    def __init__(self, kit: Kit, describer: Describer) -> None:
        self._kit = kit
        self._describer = describer

    @activity.defn(name="watch_scenes")
    async def watch_scenes(self, inputs: WatchInput) -> WatchResult:
        kit, job = self._kit, inputs.job
        async with kit.database.begin() as session:
            style = await styles.of_job(session, job.job_id)
        told = (style,) if style else ()
        key = objects.hash_of(
            "watch",
            _VERSION,
            inputs.artifacts.media_report,
            job.source_language,
            self._describer.engine,
            *told,
        )
        name = objects.made(job.job_id, "describe", key, "sight.json")
        sight = await kit.find(name, Sight)
        if sight is None:
            report = await kit.report(inputs.artifacts)
            async with kit.beating(job, Step.DESCRIBE) as progress, kit.scratch() as scratch:
                video = await kit.workspace.fetch(job.source_object, scratch)
                checkpoints = kit.checkpoints(job, Step.DESCRIBE)
                uri = kit.store.uri(job.source_object)
                sight = await self._describer.watch(
                    video, uri, report, job.source_language, checkpoints, progress, style
                )
            sight = sight.model_copy(update={"engine": self._describer.engine})
            await kit.write(name, sight)
        about = {"provider": sight.provider, "draft": sight.draft}
        await kit.record_json(job.job_id, job.source_language, AssetKind.SIGHT, name, **about)
        return WatchResult(sight=name, scenes=len(sight.scenes))

    @activity.defn(name="place_descriptions")
    async def place_descriptions(self, inputs: PlaceInput) -> PlaceResult:
        kit, job = self._kit, inputs.job
        if inputs.artifacts.sight is None:
            raise Invalid("What is seen is missing. Retry from the describe step.")
        sight = await kit.read(inputs.artifacts.sight, Sight)
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        document = place(sight, report, transcript, inputs)
        draft = Draft(
            language=job.source_language,
            kind=Kind.AUDIO_DESCRIPTION,
            content=write(document),
            inputs_hash=objects.hash_of(
                "place",
                _VERSION,
                inputs.artifacts.sight,
                inputs.artifacts.words,
                inputs.outputs.extend_policy(),
            ),
            note=f"Draft by {sight.provider}" if sight.draft else None,
            engine=sight.engine,
        )
        async with kit.database.begin() as session:
            saved = await save_draft(
                session,
                job.job_id,
                draft,
                is_source=True,
                keep_human_edits=inputs.keep_human_edits,
                profile=kit.profile,
            )
        return PlaceResult(
            version=saved.version,
            cues=len(document.cues),
            notes=len(document.notes),
            kept_human_edit=saved.kept_human_edit,
        )


def place(sight: Sight, report: MediaReport, transcript: Transcript, inputs: PlaceInput) -> Document:
    """The draft: a cue where the plan would say it, a NOTE where a person must write or decide."""
    told = {f"d{n}": scene for n, scene in enumerate(sight.scenes, 1) if has_letters(scene.description or "")}
    wished = Document.of(
        Cue(
            id=key,
            start_ms=scene.start_ms,
            end_ms=min(scene.end_ms, scene.start_ms + _LATE_MS),
            text=_text(scene),
        )
        for key, scene in told.items()
    )
    policy = inputs.outputs.extend_policy()
    planned = plan(
        programme_input(
            report,
            transcript,
            wished,
            language=sight.language,
            extend=policy,
            can_hold=inputs.outputs.accessible_video_mp4,
        )
    )
    placements = {placement.cue_id: placement for placement in planned.placements}
    blocks: list[Cue | Note] = []
    if sight.draft:
        blocks.append(Note.of(f"Draft by {sight.provider}: a writer must go over it."))
    for number, scene in enumerate(sight.scenes, 1):
        placement = placements.get(f"d{number}")
        if placement is None:
            blocks.append(_note_of(scene))
        else:
            blocks += _cue_of(scene, placement, planned)
    return Document.of(blocks).in_order()


def _text(scene: SceneSight) -> str:
    return escape(_line(scene.description))


def _line(said: str | None) -> str:
    """What a describer said, on one line: of a model, and of a picture, anything may come."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said or "").split())


def _cue_of(scene: SceneSight, placement: Placement, planned: Plan) -> list[Cue | Note]:
    timebase = planned.timebase
    held = placement.fit in (Fit.PARTLY_HELD, Fit.HELD, Fit.DOES_NOT_FIT)
    # Where the picture waits, the scene is what the cue is anchored to: the plan finds the pause each time anew.
    start = scene.start_ms if held else timebase.to_ms(placement.source_start)
    length = timebase.to_ms(placement.length or placement.clip_length)
    cue = Cue(id=placement.cue_id, start_ms=start, end_ms=max(start + length, start + 1), text=_text(scene))
    remarks = [remark] if (remark := _line(scene.note)) else []
    if held:
        remarks.append(placement.explanation)
    return [Note.of(f"{placement.cue_id}: {' '.join(remarks)}"), cue] if remarks else [cue]


def _note_of(scene: SceneSight) -> Note:
    """What the writer is told of a scene that could not be described."""
    span = f"{format_timestamp(scene.start_ms)} to {format_timestamp(scene.end_ms)}"
    lines = [f"Scene {span}: write what is seen, or leave it."]
    if remark := _line(scene.note):
        lines.append(remark)
    if scene.on_screen_text:
        lines.append("On screen: " + " / ".join(map(_line, scene.on_screen_text)))
    return Note.of("\n".join(lines))
