"""The sound tracks of the render: the source's packets where nothing changed, encoded ranges between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activities.media.cache import RangeCache, digest
from activities.media.contract import EncodedRange, Progress
from activities.media.mix.heard import Heard
from activities.media.mix.helper import Taken, helped, helpers
from activities.media.mix.laid import untouched
from activities.media.mix.mixer import Mixer
from activities.media.mix.ranges import Encoded, find, obtain, pauses_of, voices_of
from activities.media.mix.source import Source
from activities.media.mix.touched import Range, Sound, find_ranges, locate, render_packets
from activities.media.mp4.movie import Track
from activities.media.mp4.tables import SampleTable
from activities.media.sound.aac import FRAME, PacketReader

_WORTH_A_HELPER = 600
"""Packets (13 s): a fork costs about 10 ms."""


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
    lowered: Mapping[str, float] = field(default_factory=dict)
    """By how many dB a description went down for the true peak's ceiling, by cue id."""
    described: bool = False
    own: bool = True
    """Its untouched packets lie in the source's file; else they lie in the first of `inputs`."""
    of: Track | None = None
    """The source's track that it was made of."""
    joined: bool = False
    """Whether it was made of several."""


def splice_sound(
    source: Source,
    mixer: Mixer,
    gains_db: Sequence[float],
    descriptors: Mapping[Path, int],
    cache: RangeCache,
    on_progress: Progress,
) -> tuple[SplicedSound, ...]:
    """The described track first, then the original where both are asked for, then the source's others.
    `gains_db` are of each; `descriptors` are the open files of the source's sounds, by path."""
    made: list[SplicedSound] = []
    files = 1
    for number, heard in enumerate(source.sounds):
        mix, descriptor = mixer, descriptors[heard.movie.path]
        own = heard.track.timescale
        if number:  # one each, for a mixer remembers how its programme fades
            timeline = mixer.timeline if own == mixer.rate else mixer.timeline.counted(mixer.rate, own)
            mix = Mixer(timeline, (), (), mixer.options, own, gain_db=gains_db[number])
        sound = locate(heard.movie, heard.track, mix)
        # Pauses are no whole number of packets at another rate.
        ranges = find_ranges(sound, mix, everything=bool(mix.gain_db) or mix.rate != mixer.rate)

        def progress(share: float, done: int = number) -> None:
            on_progress(0.4 + 0.5 * (done + share) / len(source.sounds), "sound")

        parts = _encode(ranges, sound, mix, descriptor, cache, heard.id, progress)
        one = _join(heard, source, sound, mix, ranges, parts, files)
        if mix is mixer:
            every = range(len(mix.timeline.pauses))
            fades = _fades(every, sound, mix, _reader(sound, descriptor), cache, heard.id)
            one = replace(one, described=True, fades=fades, lowered=_lowered(ranges, parts, sound, mix))
        made.append(one)
        files += len(one.inputs)
    return tuple(made)


def _reader(sound: Sound, descriptor: int) -> PacketReader:
    media_time = sound.track.media_time
    origin = sound.origin - sound.before * FRAME
    end = origin + sound.own_end if sound.after else len(sound.track.table) * FRAME
    audible = (media_time if sound.before else 0, end)
    return PacketReader(descriptor, sound.track.table, sound.config, sound.channels, origin, audible)


def _encode(
    ranges: Sequence[Range],
    sound: Sound,
    mixer: Mixer,
    descriptor: int,
    cache: RangeCache,
    source_id: str,
    on_progress: Callable[[float], None],
) -> list[Encoded]:
    """All ranges: those that the cache lacks are made, by several processes where they are many."""
    found = [find(spot, sound, mixer, cache, source_id) for spot in ranges]
    lacking = [spot for spot, part in zip(ranges, found, strict=True) if part is None]
    lacking.sort(key=lambda spot: spot.first - spot.last)  # the longest first: what is short fills up the end

    def make(spots: Taken[Range], told: Callable[[float], None] = lambda share: None) -> None:
        reader = _reader(sound, descriptor)
        for number, spot in spots:
            obtain(spot, sound, mixer, reader, cache, source_id)
            # What the report needs too, while the sound around is decoded.
            _fades(pauses_of(spot, sound, mixer), sound, mixer, reader, cache, source_id)
            told((number + 1) / len(lacking))

    packets = sum(spot.last - spot.first for spot in lacking)
    with helped(lacking, make, min(helpers(), len(lacking) - 1, packets // _WORTH_A_HELPER)) as mine:
        make(mine, on_progress)
    reader = _reader(sound, descriptor)
    return [
        part or obtain(spot, sound, mixer, reader, cache, source_id)._replace(reused=False)
        for spot, part in zip(ranges, found, strict=True)
    ]


def _join(
    heard: Heard,
    film: Source,
    sound: Sound,
    mixer: Mixer,
    ranges: Sequence[Range],
    parts: Sequence[Encoded],
    files: int,
) -> SplicedSound:
    """The source's packets with `parts` in the places of `ranges`; its inputs are counted from `files`."""
    total = render_packets(sound, mixer)
    own = heard.movie is film.movie
    inputs = (*(() if own else (heard.movie.path,)), *(part.path for part in parts))
    laid = untouched(heard, film, sound, mixer, 0 if own else files)
    begins = [spot.first - part.earlier for spot, part in zip(ranges, parts, strict=True)]
    for first, part, file in zip(begins, parts, range(files + (not own), files + len(inputs)), strict=True):
        laid.put(first, part.sizes, file)
    dts = np.arange(total, dtype=np.int64) * FRAME
    end, lead = _media_end(sound, mixer, total), _lead(sound, mixer)
    return SplicedSound(
        sound,
        SampleTable(laid.sizes, laid.offsets, dts, end, None, None, None, laid.chunk_start),
        laid.files,
        laid.order,
        inputs,
        media_time=sound.origin + (0 if sound.before else lead),
        length=min(mixer.timeline.to_render(sound.end) - lead, end - sound.origin - lead),
        lead=Fraction(lead, sound.rate),
        ranges=tuple(ranges),
        encoded=tuple(
            EncodedRange(
                max(0, first * FRAME - sound.origin),
                (first + len(part.sizes)) * FRAME - sound.origin,
                spot.why,
                part.reused,
            )
            for first, spot, part in zip(begins, ranges, parts, strict=True)
        ),
        packets=total,
        packets_encoded=sum(len(part.sizes) for part in parts),
        own=own,
        of=heard.of,
        joined=heard.joined,
    )


def _lead(sound: Sound, mixer: Mixer) -> int:
    """Ticks of the render before the sound begins; none where packets were put before it."""
    return 0 if sound.before or not sound.lead else mixer.timeline.to_render(sound.lead, held=True)


def _media_end(sound: Sound, mixer: Mixer, total: int) -> int:
    """The last packet of the source may be shorter than the others; one of ours is whole."""
    return total * FRAME if sound.after else sound.media_end + mixer.timeline.added


def _lowered(
    ranges: Sequence[Range], parts: Sequence[Encoded], sound: Sound, mixer: Mixer
) -> dict[str, float]:
    return {
        voice.cue_id: lowered
        for spot, part in zip(ranges, parts, strict=True)
        for voice, lowered in zip(voices_of(spot, sound, mixer), part.lowered, strict=True)
    }


def _fades(
    pauses: Iterable[int], sound: Sound, mixer: Mixer, reader: PacketReader, cache: RangeCache, source_id: str
) -> tuple[tuple[int, int], ...]:
    """How long the programme fades at pauses, by their index: for the report."""
    found = []
    for number in pauses:
        at = mixer.timeline.pauses[number].at
        key = digest("fade", 2, source_id, sound.track.id, sound.before, sound.after, at)
        found.append((number, int(cache.value("fades", key, partial(mixer.fade_ms, at, reader)))))
    return tuple(found)
