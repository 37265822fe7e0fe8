"""Describe: observations of the picture, assigned to a scene and to a gap between words. A draft for a person to
revise.

Watching runs beside transcribe, placing after it, so that the wait is the longer of the two and not their sum. With
sight and words there, the script is composed of what was seen (`activities/texts/script`), and then placed by the plan.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from temporalio import activity

from activities.media.render.alone import report_alone, write_alone
from activities.ports import Describer, Progress, SceneSight, Sight, TextModel
from activities.running.child import run_in_child
from activities.step import Kit
from activities.texts.script.asked import REVISION
from activities.texts.script.compose import Composition, Wishes
from activities.texts.script.model import Script, ScriptLine
from activities.texts.script.names import Names
from activities.texts.script.terms import terms_in
from schema import objects
from schema.contracts.media import MediaReport
from schema.contracts.steps import PlaceInput, PlaceResult, WatchInput, WatchResult
from schema.enums import AssetKind, Kind, Step
from schema.errors import Invalid
from schema.plan.model import Fit, Placement, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input
from schema.queries import glossaries, styles, terms
from schema.queries.drafts import Draft, is_kept, save_draft
from schema.vtt import Cue, Document, Note, Transcript, escape, format_timestamp, write
from schema.vtt.text import has_letters, one_line

_VERSION = 1
_SCRIPT_VERSION = 1
_ALONE_VERSION = 1
_LATE_MS = 5_000
"""A scene's description belongs near the scene's start."""


class DescribeActivities:
    """A scene that the describer can tell becomes a cue. One that it cannot becomes a NOTE for the writer, never a
    spoken placeholder."""

    def __init__(self, kit: Kit, describer: Describer, model: TextModel | None = None) -> None:
        """Without a `model`, the script is composed by rule."""
        self._kit = kit
        self._describer = describer
        self._model = model

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
                uri = kit.store.uri(job.source_object)
                if not self._describer.sees(report):
                    progress(0.0, "The chosen picture is put into a file of its own")
                    of = objects.hash_of("alone", _ALONE_VERSION, inputs.artifacts.media_report)
                    alone = objects.made(job.job_id, "describe", of, "alone.mp4")
                    video, report = await self._alone(alone, video, report, scratch)
                    uri = kit.store.uri(alone)
                checkpoints = kit.checkpoints(job, Step.DESCRIBE)
                sight = await self._describer.watch(
                    video, uri, report, job.source_language, checkpoints, progress, style
                )
            sight = sight.model_copy(update={"engine": self._describer.engine})
            await kit.write(name, sight)
        about = {"provider": sight.provider, "draft": sight.draft}
        await kit.record_json(job.job_id, job.source_language, AssetKind.SIGHT, name, **about)
        return WatchResult(sight=name, scenes=len(sight.scenes))

    async def _alone(
        self, name: str, video: Path, report: MediaReport, scratch: Path
    ) -> tuple[Path, MediaReport]:
        """The chosen picture and sound of `video` as the object `name`, which an interrupted attempt may have left.
        Returns the local file and its report."""
        store, path = self._kit.store, scratch / "alone.mp4"
        if await store.stat(name) is None:
            await run_in_child(write_alone, video, report, path)
            await store.upload(name, path, "video/mp4")
        else:
            await store.download(name, path)
        return path, report_alone(report, path.stat().st_size)

    @activity.defn(name="place_descriptions")
    async def place_descriptions(self, inputs: PlaceInput) -> PlaceResult:
        kit, job = self._kit, inputs.job
        if inputs.artifacts.sight is None:
            raise Invalid("What is seen is missing. Retry from the describe step.")
        sight = await kit.read(inputs.artifacts.sight, Sight)
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        model = None if await self._is_kept(inputs) else self._model
        async with kit.beating(job, Step.DESCRIBE) as progress:
            script = await self._script(inputs, sight, report, transcript, model, progress)
            document = await asyncio.to_thread(place, sight, script, report, transcript, inputs)
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
                script,
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

    async def _is_kept(self, inputs: PlaceInput) -> bool:
        """Whether a person's script stays current, so that no model need be asked."""
        job, kind = inputs.job, Kind.AUDIO_DESCRIPTION
        async with self._kit.database.begin() as session:
            return await is_kept(
                session, job.job_id, job.source_language, kind, keep_human_edits=inputs.keep_human_edits
            )

    async def _script(
        self,
        inputs: PlaceInput,
        sight: Sight,
        report: MediaReport,
        transcript: Transcript,
        model: TextModel | None,
        progress: Progress,
    ) -> Script:
        """The script. A model's script is stored, so that the same inputs are paid for once. Without a model it is
        composed by rule."""
        kit, job = self._kit, inputs.job
        extend = inputs.outputs.extend_policy()
        if model is None:
            return await asyncio.to_thread(
                lambda: Composition(sight, report, transcript, Wishes(extend=extend)).by_rule()
            )
        async with kit.database.begin() as session:
            style = await styles.of_job(session, job.job_id)
            version_id = await glossaries.in_force(session, job)
            rows = await terms.rows(session, version_id) if version_id else []
        glossary = await asyncio.to_thread(terms_in, rows, sight, transcript)
        artifacts = inputs.artifacts
        made_of = (artifacts.sight, artifacts.words, artifacts.media_report, style, glossary, extend)
        key = objects.hash_of("script", _SCRIPT_VERSION, REVISION, model.engine, *made_of)
        name = objects.made(job.job_id, "describe", key, "script.json")
        script = await kit.find(name, Script)
        if script is None:
            wishes = Wishes(style, glossary, extend)
            composition = await asyncio.to_thread(Composition, sight, report, transcript, wishes)
            script = await composition.by_model(model, kit.checkpoints(job, Step.DESCRIBE), progress)
            if script.final:
                await kit.write(name, script)
        return script


def place(
    sight: Sight, script: Script, report: MediaReport, transcript: Transcript, inputs: PlaceInput
) -> Document:
    """The draft: a cue where the plan would place it, a NOTE where a person must write or decide. CPU-bound: seconds
    for a film of hours."""
    scenes = [*zip(sight.scenes, script.lines, strict=True)]
    told = {f"d{n}": pair for n, pair in enumerate(scenes, 1) if has_letters(pair[1].description or "")}
    wished = Document.of(
        Cue(
            id=key,
            start_ms=line.at_ms,
            end_ms=max(line.at_ms + 1, min(scene.end_ms, line.at_ms + _LATE_MS)),
            text=_text(line),
        )
        for key, (scene, line) in told.items()
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
    names = Names(transcript, sight.scenes, sight.language)
    placements = {placement.cue_id: placement for placement in planned.placements}
    blocks: list[Cue | Note] = []
    if sight.draft:
        blocks.append(Note.of(f"Draft by {sight.provider}: a writer must go over it."))
    blocks += [Note.of(one_line(note)) for note in script.notes]
    for number, (scene, line) in enumerate(scenes, 1):
        placement = placements.get(f"d{number}")
        if placement is None:
            blocks.append(_note_of(scene, line))
        else:
            blocks += _cue_of(scene, line, placement, planned, names)
    return Document.of(blocks).in_order()


def _text(line: ScriptLine) -> str:
    return escape(one_line(line.description or ""))


def _cue_of(
    scene: SceneSight, line: ScriptLine, placement: Placement, planned: Plan, names: Names
) -> list[Cue | Note]:
    timebase = planned.timebase
    held = placement.fit in (Fit.PARTLY_HELD, Fit.HELD, Fit.DOES_NOT_FIT)
    # If the picture is held, the cue is anchored to the scene: the plan finds the pause again each time.
    told_ms = timebase.to_ms(placement.source_start)
    start = line.at_ms if held else told_ms
    length = timebase.to_ms(placement.length or placement.clip_length)
    cue = Cue(id=placement.cue_id, start_ms=start, end_ms=max(start + length, start + 1), text=_text(line))
    early = names.remark(
        line.description or "", told_ms
    )  # the plan may place it earlier than the script would
    said = dict.fromkeys((scene.note, *line.remarks, early))
    remarks = [remark for each in said if (remark := one_line(each or ""))]
    if held:
        remarks.append(placement.explanation)
    return [Note.of(f"{placement.cue_id}: {' '.join(remarks)}"), cue] if remarks else [cue]


def _note_of(scene: SceneSight, line: ScriptLine) -> Note:
    """The note for a scene that could not be described, or that the script leaves out."""
    span = f"{format_timestamp(scene.start_ms)} to {format_timestamp(scene.end_ms)}"
    lines = [f"Scene {span}: write what is seen, or leave it."]
    lines += [remark for said in (scene.note, *line.remarks) if (remark := one_line(said or ""))]
    if line.seen:
        lines.append(f"Seen: {one_line(line.seen)}")
    if scene.on_screen_text:
        lines.append("On screen: " + " / ".join(map(one_line, scene.on_screen_text)))
    return Note.of("\n".join(lines))
