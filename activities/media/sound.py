"""The sound tracks of the render: the source's packets where nothing changed, encoded ranges between them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activities.media.aac import FRAME, PacketReader
from activities.media.cache import RangeCache
from activities.media.contract import EncodedRange, Progress, RenderInput
from activities.media.mix import Mixer
from activities.media.mp4.tables import SampleTable
from activities.media.ranges import Encoded, obtain
from activities.media.source import Source
from activities.media.touched import Range, Sound, find_ranges, locate, render_packets, source_index

_INTERLEAVE = 24
"""New packets lie in the file in groups of so many (half a second), between the pictures of their time."""


@dataclass(frozen=True, slots=True)
class SplicedSound:
    """One sound track on the render's timeline. `table.offsets` point into `files`: 0 is the source, others are
    `inputs` counted from 1."""

    sound: Sound
    table: SampleTable
    files: NDArray[np.uint16]
    order: NDArray[np.float64]
    inputs: tuple[Path, ...]
    media_time: int
    length: int
    lead: Fraction
    ranges: tuple[Range, ...]
    encoded: tuple[EncodedRange, ...]
    packets: int
    packets_encoded: int
    fades: tuple[tuple[int, int], ...] = ()
    described: bool = True


def splice_sound(
    inp: RenderInput,
    source: Source,
    mixer: Mixer,
    descriptor: int,
    cache: RangeCache,
    pool: ThreadPoolExecutor,
    on_progress: Progress,
) -> tuple[SplicedSound, ...]:
    """The described track first, then the original where both are asked for, then the source's others."""
    chosen = min(inp.audio_index, len(source.sounds) - 1)
    plain = Mixer(mixer.timeline, (), (), mixer.options, mixer.rate, gain_db=mixer.gain_db)
    jobs = [(source.sounds[chosen], mixer)]
    if inp.options.both_tracks:
        jobs.append((source.sounds[chosen], plain))
    jobs += [(track, plain) for number, track in enumerate(source.sounds) if number != chosen]
    made: list[SplicedSound] = []
    files = 1
    for number, (track, mix) in enumerate(jobs):
        sound = locate(source.movie, track, mix)
        ranges = find_ranges(sound, mix, everything=bool(mix.gain_db))
        share = (number / len(jobs), 1 / len(jobs))
        parts = _encode(ranges, sound, mix, descriptor, cache, source.id, pool, on_progress, share)
        one = _join(sound, mix, ranges, parts, files, described=mix is mixer)
        if mix is mixer:
            one = _with_fades(one, mix, descriptor)
        made.append(one)
        files += len(parts)
    return tuple(made)


def _reader(sound: Sound, descriptor: int) -> PacketReader:
    end = sound.track.table.end
    media_time = sound.track.media_time
    audible = (media_time if sound.before else 0, end if sound.after else len(sound.track.table) * FRAME)
    origin = sound.origin - sound.before * FRAME
    return PacketReader(descriptor, sound.track.table, sound.config, sound.channels, origin, audible)


def _encode(
    ranges: Sequence[Range],
    sound: Sound,
    mixer: Mixer,
    descriptor: int,
    cache: RangeCache,
    source_id: str,
    pool: ThreadPoolExecutor,
    on_progress: Progress,
    share: tuple[float, float],
) -> list[Encoded]:
    """All ranges, two at a time: decoding and encoding release the interpreter. A failure stops those not begun."""

    def one(spot: Range) -> Encoded:
        return obtain(
            spot, sound, mixer.sibling(), _reader(sound, descriptor), cache, source_id, mixer.options
        )

    futures: list[Future[Encoded]] = [pool.submit(one, spot) for spot in ranges]
    made = []
    try:
        for number, future in enumerate(futures):
            made.append(future.result())
            on_progress(0.4 + 0.5 * (share[0] + share[1] * (number + 1) / len(futures)), "sound")
    finally:
        for future in futures:
            future.cancel()
    return made


def _join(
    sound: Sound,
    mixer: Mixer,
    ranges: Sequence[Range],
    parts: Sequence[Encoded],
    files: int,
    *,
    described: bool,
) -> SplicedSound:
    total = render_packets(sound, mixer)
    source = source_index(sound, mixer, np.arange(total, dtype=np.int64))
    old = sound.track.table
    near = np.clip(np.maximum.accumulate(source), 0, len(old) - 1)
    order = old.offsets[near].astype(np.float64)
    clipped = np.clip(source, 0, len(old) - 1)
    sizes, offsets = old.sizes[clipped], old.offsets[clipped].copy()
    which = np.zeros(total, np.uint16)
    chunk_start = old.chunk_start[clipped].copy()
    new = 0
    encoded = []
    for number, (spot, part) in enumerate(zip(ranges, parts, strict=True)):
        first, last = spot.first - part.earlier, spot.last + part.later
        sizes[first:last] = part.sizes
        offsets[first:last] = np.cumsum(part.sizes, dtype=np.int64) - part.sizes
        which[first:last] = files + number
        group = np.arange(first, last) - (np.arange(last - first) % _INTERLEAVE)
        order[first:last] = order[group]
        chunk_start[first:last] = np.arange(last - first) % _INTERLEAVE == 0
        new += last - first
        start, end = (q * FRAME - sound.origin for q in (first, last))
        encoded.append(EncodedRange(max(0, start), end, spot.why, part.reused))
    end = _media_end(sound, mixer, total)
    table = SampleTable(
        sizes, offsets, np.arange(total, dtype=np.int64) * FRAME, end, None, None, None, chunk_start
    )
    timeline = mixer.timeline
    lead_ticks = 0 if sound.before else (timeline.to_render(sound.lead, held=True) if sound.lead else 0)
    length = timeline.to_render(sound.end) - lead_ticks
    return SplicedSound(
        sound,
        table,
        which,
        order,
        tuple(part.path for part in parts),
        media_time=sound.origin + (0 if sound.before else lead_ticks),
        length=min(length, end - sound.origin - lead_ticks),
        lead=Fraction(lead_ticks, sound.rate),
        ranges=tuple(ranges),
        encoded=tuple(encoded),
        packets=total,
        packets_encoded=new,
        described=described,
    )


def _media_end(sound: Sound, mixer: Mixer, total: int) -> int:
    """The last packet of the source may be shorter than the others; one of ours is whole."""
    return total * FRAME if sound.after else sound.media_end + mixer.timeline.added


def _with_fades(one: SplicedSound, mixer: Mixer, descriptor: int) -> SplicedSound:
    from dataclasses import replace

    reader = _reader(one.sound, descriptor)
    fades = tuple(
        (number, mixer.fade_ms(pause.at, reader)) for number, pause in enumerate(mixer.timeline.pauses)
    )
    return replace(one, fades=fades)
