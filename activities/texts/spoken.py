"""Records of spoken descriptions: for the plan, and for the manifest of where each clip is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from activities.media.sound.clips import MeasuredClip, measure_clip
from activities.ports import VoiceInfo
from activities.running.in_flight import finish_all
from activities.running.workspace import Workspace
from schema.contracts.clips import ClipManifest, ClipRecord, ManifestEntry
from schema.errors import Invalid, MediaRefused, ProviderFailed
from schema.plan.model import Clip, Placement, Plan
from schema.vtt import Cue, Document
from schema.vtt.text import visible

_AT_ONCE = 4
_TIMES = 3
"""How often a text is spoken until the sound is usable."""


def speakable(script: Document) -> list[Cue]:
    """The cues with something to speak."""
    return [cue for cue in script.cues if any(sign.isalnum() for sign in cue.plain)]


def spoken_text(cue: Cue) -> str:
    """The text for a voice: without markup and line ends, with the readings of ruby."""
    return " ".join(visible(cue.spoken).split())


async def said(speak: Callable[[], Awaitable[bytes]], rate: int) -> MeasuredClip:
    """What a voice says, measured at `rate`. Where that cannot be used it is asked for again, but not for hours: each
    time is paid for.

    Raises:
        MediaRefused: it said nothing that can be used.
        ProviderFailed: as `speak` raised it.
    """
    for _ in range(_TIMES - 1):
        with suppress(MediaRefused):
            return await asyncio.to_thread(measure_clip, await speak(), rate)
    return await asyncio.to_thread(measure_clip, await speak(), rate)


def refuse_gone(voices: Iterable[VoiceInfo], voice_id: str) -> None:
    """Raises:
    Invalid: no provider has the voice, since voices come and go.
    """
    ids = {each.id for each in voices}
    if ids and voice_id not in ids:
        raise Invalid(
            f"The voice {voice_id} is not here any more. Choose another in tts_preferences (GET /tts/voices), then retry."
        )


@contextmanager
def named(cue_id: str, voice: str) -> Iterator[None]:
    """Names the description at which a voice failed.

    Raises:
        ProviderFailed: as the voice raised it; or what it says cannot be used.
    """
    try:
        yield
    except ProviderFailed as failed:
        raise ProviderFailed(
            f"Description {cue_id}: {failed.message}",
            retryable=failed.retryable,
            retry_after_s=failed.retry_after_s,
        ) from failed
    except MediaRefused as refused:
        raise ProviderFailed(
            f"Description {cue_id}: what {voice} spoke cannot be used. {refused.message} Or word it otherwise.",
            retryable=False,
        ) from refused


def measure_file(path: Path, rate: int) -> MeasuredClip:
    """`measure_clip` of a file, for a child process: a recording may have 100 MiB, which the worker need not hold.

    Raises:
        MediaRefused: as `measure_clip`.
    """
    return measure_clip(path.read_bytes(), rate)


def record_of(
    clip: MeasuredClip,
    name: str,
    *,
    provider: str,
    voice: str | None,
    draft: bool,
    recording: str | None = None,
) -> ClipRecord:
    """The record of a clip, whose sound is called `name`."""
    return ClipRecord(
        object_name=name,
        sha256=clip.sha256,
        rate=clip.rate,
        length=clip.length,
        trimmed=clip.trimmed,
        lufs=clip.lufs,
        true_peak_dbtp=clip.true_peak_dbtp,
        provider=provider,
        voice=voice,
        draft=draft,
        recording=recording,
    )


async def fetch_clips(
    workspace: Workspace, records: Mapping[str, ClipRecord], folder: Path
) -> dict[str, Path]:
    """The clips as files in `folder`, by cue id."""
    names = list(dict.fromkeys(record.object_name for record in records.values()))
    paths = await finish_all((partial(workspace.fetch, name, folder) for name in names), _AT_ONCE)
    fetched = dict(zip(names, paths, strict=True))
    return {cue_id: fetched[record.object_name] for cue_id, record in records.items()}


def plan_clip(cue_id: str, record: ClipRecord, *, stretchable: bool = True) -> Clip:
    """The clip as the planner takes it. Not `stretchable`: a person's recording, which is never played faster."""
    return Clip(
        cue_id=cue_id,
        length=record.length,
        trimmed=record.trimmed,
        sha256=record.sha256,
        stretchable=stretchable,
    )


def manifest_of(
    planned: Plan, plan_name: str, language: str, script: Document, records: Mapping[str, ClipRecord]
) -> ClipManifest:
    """Where each clip is heard, stored beside the AD MP3."""
    cues = script.by_id()
    return ClipManifest(
        language=language,
        plan=plan_name,
        entries=tuple(
            _entry(planned, placement, cues[placement.cue_id], records[placement.cue_id])
            for placement in planned.placements
            if placement.cue_id in records and placement.length > 0
        ),
    )


def _entry(planned: Plan, placement: Placement, cue: Cue, record: ClipRecord) -> ManifestEntry:
    to_ms = planned.timebase.to_ms
    held = planned.pauses[placement.pause_index].ticks if placement.pause_index is not None else 0
    return ManifestEntry(
        cue_id=placement.cue_id,
        clip=record,
        text=cue.spoken,
        source_ms=to_ms(placement.source_start),
        start_ms=to_ms(placement.start),
        length_ms=to_ms(placement.start + placement.length) - to_ms(placement.start),
        pause_ms=to_ms(held),
    )
