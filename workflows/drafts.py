"""Drafts of the source texts: probe the video; transcribe it and, in parallel, detect and watch its scenes; then make
captions from the words and, in parallel, descriptions between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from schema.contracts.job import JobState
from schema.contracts.steps import (
    Artifacts,
    CaptionsInput,
    JobRef,
    PlaceInput,
    ProbeInput,
    ScenesInput,
    TranscribeInput,
    WatchInput,
)
from schema.enums import JobStatus, Kind, Step
from schema.transitions import STATUS_OF_STEP
from workflows import steps
from workflows.work import Steps


def drafting(state: JobState, run: Steps) -> JobState:
    """`state` while `run` makes drafts: at the failed step if there is one, otherwise at the first running step."""
    failure = run.failure
    step = failure.step if failure else min(run.running, key=list(Step).index, default=None)
    status = JobStatus.FAILED if failure else STATUS_OF_STEP[step] if step else state.status
    return state.model_copy(update={"status": status, "step": step, "failure": failure})


class Drafts:
    """Makes the drafts that `current` lacks. Passes each result to `note` as soon as it is there, so that a retry, a
    block or a promotion keeps it."""

    def __init__(
        self,
        job: Callable[[], JobRef],
        run: Steps,
        current: Callable[[], JobState],
        note: Callable[[Artifacts], None],
    ) -> None:
        self._ref = job
        self._run = run
        self._current = current
        self._note = note

    async def make(self) -> None:
        if self._artifacts.media_report is None:
            await self._run.run(Step.PROBE, self._probe)
        scenes = asyncio.ensure_future(self._find_scenes())
        words = asyncio.ensure_future(self._transcribe())
        await asyncio.gather(self._caption(scenes, words), self._describe(scenes, words))

    @property
    def _job(self) -> JobRef:
        return self._ref().for_batch(self._current().batch_id)

    @property
    def _drafts_script(self) -> bool:
        """Whether the script has to be drafted. One that the client brought is not."""
        state = self._current()
        return state.outputs.wants_description and Kind.AUDIO_DESCRIPTION not in state.brought

    @property
    def _drafts_captions(self) -> bool:
        state = self._current()
        return state.outputs.captions_vtt and Kind.CAPTIONS not in state.brought

    @property
    def _artifacts(self) -> Artifacts:
        return self._current().artifacts

    def _made(self, **made: object) -> None:
        self._note(self._artifacts.model_copy(update=made))

    async def _probe(self) -> None:
        made = await steps.PROBE(ProbeInput(job=self._job, tracks=self._current().outputs.tracks))
        self._made(**made.model_dump())

    async def _transcribe(self) -> None:
        if self._artifacts.words is not None:
            return
        inputs = TranscribeInput(
            job=self._job,
            artifacts=self._artifacts,
            drafts_captions=self._drafts_captions,
            keep_human_edits=self._current().keep_human_edits,
        )
        heard = await self._run.run(Step.TRANSCRIBE, lambda: steps.TRANSCRIBE(inputs))
        self._made(words=heard.words)

    async def _find_scenes(self) -> None:
        if not self._artifacts.scenes_found:
            inputs = ScenesInput(job=self._job, artifacts=self._artifacts)
            found = await self._run.run(Step.PROBE, lambda: steps.FIND_SCENES(inputs))
            self._made(media_report=found.media_report, scenes_found=True)

    async def _caption(self, scenes: asyncio.Future[None], words: asyncio.Future[None]) -> None:
        await words
        await scenes
        if self._drafts_captions:
            inputs = CaptionsInput(
                job=self._job,
                artifacts=self._artifacts,
                keep_human_edits=self._current().keep_human_edits,
            )
            await self._run.run(Step.TRANSCRIBE, lambda: steps.DRAFT_CAPTIONS(inputs))

    async def _describe(self, scenes: asyncio.Future[None], words: asyncio.Future[None]) -> None:
        await scenes
        if self._drafts_script:
            await self._watch()
        await words
        if self._drafts_script:
            now = self._current()
            place = PlaceInput(
                job=self._job,
                artifacts=self._artifacts,
                outputs=now.outputs,
                keep_human_edits=now.keep_human_edits,
            )
            await self._run.run(Step.DESCRIBE, lambda: steps.PLACE(place))

    async def _watch(self) -> None:
        if self._artifacts.sight is None:
            inputs = WatchInput(job=self._job, artifacts=self._artifacts)
            seen = await self._run.run(Step.DESCRIBE, lambda: steps.WATCH(inputs))
            self._made(sight=seen.sight)
