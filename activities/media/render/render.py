"""The accessible video: the source with its picture held and described, touching only what changes.

    open (normalise where needed) -> mix the touched ranges -> retime the tables -> write

`render` runs in whatever process calls it, holds no global state, and leaves nothing beside its output and cache;
killed at any moment and started again it writes the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from activities.media.cache import RangeCache, digest, new_file
from activities.media.contract import (
    ClipLevel,
    EncodedRange,
    Progress,
    RenderInput,
    RenderReport,
    RenderResult,
)
from activities.media.convert.constant import constant_picture
from activities.media.files.bounds import give_back_memory
from activities.media.mix.levels import Levels, find_levels
from activities.media.mix.mixer import Mixer, make_ducks
from activities.media.mix.programme import SplicedSound, splice_sound
from activities.media.mix.source import Source, open_source
from activities.media.mix.voices import heard
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.fragments import write_fragments
from activities.media.mp4.movie import Movie
from activities.media.mp4.write import write_movie
from activities.media.render.tracks import Assembly, assemble
from activities.media.timeline import Timeline
from schema.contracts.media import Tracks
from schema.errors import Invalid, MediaRefused


def _quiet(share: float, phase: str) -> None:
    return None


def render(inp: RenderInput, on_progress: Progress = _quiet) -> RenderResult:
    """Render a plan.

    Raises:
        MediaRefused: the source or a clip cannot be read.
        Invalid: the plan does not fit the source, or a clip is missing.
    """
    _check(inp)
    give_back_memory()
    try:
        return _render(inp, on_progress)
    except Unreadable as error:
        raise MediaRefused(f"{inp.source.name} is damaged: {error}. Export the video again.") from error


class _Planned(NamedTuple):
    """All that is written and told. The source's own tables are not among it: an hour's take as much memory again."""

    movie: Movie
    assembly: Assembly
    report: RenderReport
    tracks: Tracks
    made_of: tuple[object, ...]
    """What identifies the output's content, beside its tables."""


def _render(inp: RenderInput, on_progress: Progress) -> RenderResult:
    rate, timeline = inp.plan.timebase.rate, Timeline(inp.plan.pauses)
    planned = _plan(inp, timeline, on_progress)
    tables = _write(inp, planned, lambda share: on_progress(0.95 + 0.05 * share, "writing"))
    return RenderResult(
        inp.output,
        round(planned.assembly.duration * rate),
        rate,
        digest(tables, *planned.made_of),
        timeline.time_map(inp.plan.duration),
        planned.report,
        planned.tracks,
    )


def _plan(inp: RenderInput, timeline: Timeline, on_progress: Progress) -> _Planned:
    """Everything but the file: new sound is in the cache by then."""
    cache, rate = RangeCache(inp.cache), inp.plan.timebase.rate
    source = open_source(inp, cache, lambda share: on_progress(0.4 * share, "reading"))
    with _opened(heard.movie.path for heard in source.sounds) as descriptors:
        levels = find_levels(inp, source, descriptors, cache)
        ducks = make_ducks(heard(inp.plan), timeline, inp.options, rate)
        mixer = Mixer(timeline, levels.voices, ducks, inp.options, rate, gain_db=levels.gains_db[0])
        sounds = splice_sound(source, mixer, levels.gains_db, descriptors, cache, on_progress)
    constant = None
    if inp.options.constant_frame_rate:
        constant = constant_picture(
            inp, source.id, timeline, cache, lambda share: on_progress(0.9 + 0.05 * share, "picture")
        )
        source = replace(source, picture_encoded=True, reasons=(*source.reasons, *constant.reasons))
    assembly = assemble(inp, source, timeline, sounds, constant)
    report = _report(source, mixer, sounds, levels, assembly)
    report = replace(report, both_tracks=inp.options.both_tracks)
    new = [path.name for path in assembly.inputs[1:] if path != inp.dub]
    made_of = (source.id, [heard.id for heard in source.sounds], new)
    return _Planned(replace(source.movie, tracks=()), assembly, report, source.tracks, made_of)


def _check(inp: RenderInput) -> None:
    plan = inp.plan
    for pause in plan.pauses:
        if pause.ticks != pause.units * plan.timebase.grid or pause.ticks % 1024:
            raise Invalid(
                f"The pause at {plan.timebase.to_ms(pause.at)} ms is not a whole number of packets: plan again."
            )
    if plan.estimated:
        raise Invalid("The plan was made from estimates: synthesise the descriptions and plan again.")
    if not inp.source.is_file():
        raise Invalid(f"The source {inp.source.name} is not there.")
    if inp.dub is not None and not inp.dub.is_file():
        raise Invalid(f"The dub {inp.dub.name} is not there.")


@contextmanager
def _opened(paths: Iterable[Path]) -> Iterator[dict[Path, int]]:
    with ExitStack() as stack:
        descriptors: dict[Path, int] = {}
        for path in paths:
            if path not in descriptors:
                descriptors[path] = os.open(path, os.O_RDONLY)
                stack.callback(os.close, descriptors[path])
        yield descriptors


def _write(inp: RenderInput, planned: _Planned, on_progress: Callable[[float], None]) -> str:
    """To a file beside the output, which takes its place when it is whole."""
    output, assembly = inp.output, planned.assembly
    with new_file(output.parent, f".{output.name}-") as temporary:
        write = write_fragments if inp.options.fragmented else write_movie
        tables = write(temporary, planned.movie, assembly.tracks, assembly.inputs, assembly.udta, on_progress)
        temporary.chmod(0o644)
        temporary.replace(output)
    return tables


def _lowered(clip: ClipLevel, db: float) -> ClipLevel:
    """With what the programme's own peaks took from it."""
    gain, shortfall = clip.gain_db - db, clip.shortfall_db + db
    return replace(clip, gain_db=round(gain, 2), shortfall_db=round(shortfall, 2))


def _report(
    source: Source, mixer: Mixer, sounds: tuple[SplicedSound, ...], levels: Levels, assembly: Assembly
) -> RenderReport:
    described, end = sounds[0], round(assembly.duration * mixer.rate)
    reasons = list(source.reasons)
    if described.ranges:
        share = sum(r.end - r.start for r in described.encoded) / max(1, described.packets * 1024)
        why = "for the loudness that is asked for" if mixer.gain_db else "around pauses and descriptions"
        reasons.append(f"{share:.0%} of the sound was encoded again, {why}.")
    encoded: tuple[EncodedRange, ...] = described.encoded
    return RenderReport(
        picture="encoded" if source.picture_encoded else "copied",
        sound="encoded" if source.sound_encoded else "spliced",
        reasons=tuple(reasons),
        packets=described.packets,
        packets_encoded=described.packets_encoded,
        encoded=encoded,
        ducks=tuple((duck.start, min(duck.end, end), mixer.options.duck_db) for duck in mixer.ducks),
        fades=described.fades,
        clips=tuple(_lowered(clip, described.lowered.get(clip.cue_id, 0.0)) for clip in levels.clips),
        programme_lufs=levels.programme_lufs,
        picture_shift_ms=assembly.picture_shifts,
        warnings=levels.warnings,
    )
