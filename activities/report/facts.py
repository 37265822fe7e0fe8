"""The render with what it did and what came out: one call for a child process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from activities.media.contract import RenderDiffers, RenderInput, RenderResult
from activities.media.files.opening import open_media
from activities.media.render.render import render
from activities.media.sound.loudness import measure
from activities.media.sound.samples import Samples, decoded_sound
from activities.media.verify.verify import verify
from activities.ports import Progress
from activities.report.read_once import reader_of
from activities.report.waveform import peaks_in_render
from schema.contracts.media import Loudness
from schema.contracts.report import ClipLoudness, Ducked, EncodedAgain, RenderFacts
from schema.plan.model import Plan
from schema.plan.timemap import TimeMap

_RENDERING = 0.8
"""The share of the time that the render itself takes; listening to it is the rest."""
_VERIFYING = 0.1
_FRAMES_A_BLOCK = 48


@dataclass(frozen=True, slots=True)
class Rendered:
    path: Path
    facts: RenderFacts


def render_with_facts(
    asked: RenderInput, speech_audio: Path | None, progress: Progress, *, verified: bool = True
) -> Rendered:
    """Render, look whether it is what was planned, where that is wanted, then listen to the file that came out, in flat memory. `speech_audio` draws the waveform.

    Raises:
        MediaRefused, Invalid: as `render`.
        RenderDiffers: it is not what was planned.
    """
    result = render_alone(asked, progress, verified=verified)
    return Rendered(result.path, facts_of(result, asked.plan, speech_audio, verified=verified))


def render_alone(asked: RenderInput, progress: Progress, *, verified: bool = True) -> RenderResult:
    """As `render_with_facts`, and leaves the listening to a call of `facts_of`."""
    share_of_render = _RENDERING - (_VERIFYING if verified else 0)
    result = render(asked, lambda share, words: progress(share_of_render * share, words))
    if verified:
        try:
            verify(
                asked,
                result,
                lambda share: progress(share_of_render + _VERIFYING * share, "verifying"),
                reader_of(asked),
            )
        except RenderDiffers:
            result.path.unlink(missing_ok=True)
            raise
    progress(_RENDERING, "listening to the result")
    return result


def facts_of(
    result: RenderResult, planned: Plan, speech_audio: Path | None, *, verified: bool = False
) -> RenderFacts:
    """What the render told, and what its file measures."""
    report, to_ms = result.report, planned.timebase.to_ms
    with result.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return RenderFacts(
        sha256=sha256,
        picture=report.picture,
        sound=report.sound,
        reasons=report.reasons,
        packets=report.packets,
        packets_encoded=report.packets_encoded,
        encoded=tuple(
            EncodedAgain(start_ms=to_ms(one.start), end_ms=to_ms(one.end), why=one.why, reused=one.reused)
            for one in report.encoded
        ),
        ducks=tuple(
            Ducked(start_ms=to_ms(start), end_ms=to_ms(end), duck_db=duck_db)
            for start, end, duck_db in report.ducks
        ),
        fades_ms=dict(report.fades),
        picture_shift_ms=dict(report.picture_shift_ms),
        clips=tuple(
            ClipLoudness(
                cue_id=clip.cue_id,
                measured_lufs=None if clip.measured_lufs is None else round(clip.measured_lufs, 2),
                gain_db=clip.gain_db,
                shortfall_db=clip.shortfall_db,
            )
            for clip in report.clips
        ),
        programme_lufs=None if report.programme_lufs is None else round(report.programme_lufs, 2),
        warnings=report.warnings,
        loudness=measure_sound(result.path),
        original_loudness=measure_sound(result.path, 1) if report.both_tracks else None,
        verified=verified,
        peaks=peaks_in_render(speech_audio, TimeMap.of(planned)) if speech_audio else (),
    )


def measure_sound(path: Path, track: int = 0) -> Loudness:
    """Loudness and true peak of one of a render's sound tracks, all of it that can be decoded.

    Raises:
        MediaRefused: the file cannot be read.
    """
    with open_media(path) as container:
        if len(container.streams.audio) <= track:
            return Loudness(integrated_lufs=None, true_peak_dbtp=None)
        stream = container.streams.audio[track]
        rate, layout = stream.codec_context.sample_rate, stream.codec_context.layout.name
        lufs, peak = measure(_blocks(decoded_sound(container, stream)), rate, layout)
    return Loudness(
        integrated_lufs=None if lufs is None else round(lufs, 2),
        true_peak_dbtp=None if peak is None else round(peak, 2),
    )


def _blocks(frames: Iterator[Samples]) -> Iterator[Samples]:
    """Frames by the second or so: a call of the meter for each would cost more than the measuring."""
    while batch := list(islice(frames, _FRAMES_A_BLOCK)):
        yield np.concatenate(batch, axis=1)
