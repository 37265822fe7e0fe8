"""Which packets of the sound a render touches: the others are copied.

A packet that begins at media time P reaches over [P, P + 2048). Those with P > A - 2048 and P < B are encoded again
for every changed stretch [A, B); stretches nearer than 16 frames are one, so that splices do not meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from activities.media.mix.mixer import Mixer
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.movie import Movie, Track
from activities.media.mp4.sound_entry import audio_entry
from activities.media.mp4.tables import Ints
from activities.media.sound.aac import FRAME
from activities.media.sound.splicing import config_refusal, rounding

NEAR = 16


class Range(NamedTuple):
    """Packets [first, last) of the render."""

    first: int
    last: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """The programme's sound in the source, and the room added around it so that descriptions always have a place.

    `before` and `after` are packets of silence that the source does not have. `origin` is the media time of source
    (and render) tick 0 once they are counted; `end` is the source tick at which the track's presentation ends, and
    `own_end` that at which the source's does: what its edit list hides behind that is not heard.
    """

    track: Track
    config: bytes
    rate: int
    channels: int
    bit_rate: int
    lead: int
    before: int
    after: int
    origin: int
    end: int
    own_end: int
    media_end: int

    @property
    def packets(self) -> int:
        return self.before + len(self.track.table) + self.after


def check_splice(movie: Movie, track: Track) -> tuple[bytes, int, int]:
    """(AudioSpecificConfig, sample rate, channels) of sound whose packets may be reused.

    Raises:
        Unreadable: it may not, and why.
    """
    _, channels, _, config = audio_entry(track)
    if track.codec != b"mp4a" or not config:
        raise Unreadable(
            f"the sound is {track.codec.decode('latin-1').strip()}, and only AAC-LC can be spliced"
        )
    refusal = config_refusal(config, track.timescale)
    if refusal:
        raise Unreadable(refusal)
    if not track.single_edit():
        raise Unreadable("the sound track is put together from several edits")
    table = track.table
    if not len(table) or table.description is not None or table.shift is not None:
        raise Unreadable("the sound track is empty, or changes its format on the way")
    if (np.diff(table.dts) != FRAME).any() or not 0 < table.end - int(table.dts[-1]) <= FRAME:
        raise Unreadable("the sound track has a gap in it")
    configured = config[1] >> 3 & 0x0F
    return config, track.timescale, {7: 8}.get(configured, configured) or channels


def unrounded(track: Track) -> Track:
    """The track with packets that follow one another, where only their times were rounded: to a millisecond by
    Matroska, from which many an MP4 is copied."""
    table, slack = track.table, rounding(track.timescale)
    even = FRAME * np.arange(len(table))
    off = np.abs(table.dts - even)
    if not off.any() or off.max() > slack:
        return track
    told = table.end - int(table.dts[-1])
    end = int(even[-1]) + (told if 0 < told < FRAME - slack else FRAME)
    edits = tuple(
        edit._replace(media_time=round(float(np.interp(edit.media_time, table.dts, even))))
        if edit.media_time >= 0
        else edit
        for edit in track.edits
    )
    return replace(track, edits=edits, table=replace(table, dts=even, end=end))


def locate(movie: Movie, track: Track, mixer: Mixer, bit_rate_least: int = 80_000) -> Sound:
    """The sound with the room that the mixer's descriptions need.

    Raises:
        Unreadable: as `check_splice`, or the plan counts in another rate.
    """
    config, rate, channels = check_splice(movie, track)
    if rate != mixer.rate:
        raise Unreadable(f"the sound has {rate} samples a second, and the plan counts {mixer.rate}")
    table = track.table
    lead = round(track.lead(movie.timescale) * rate)
    end = own_end = lead + _presented(movie, track)
    timeline = mixer.timeline
    needed = max([0, *(pause.at for pause in timeline.pauses if pause.at > end)])
    last = max((voice.end for voice in mixer.voices), default=0)
    if last > timeline.to_render(end):
        needed = max(needed, timeline.to_source(last))
    after = -(-(needed - end) // FRAME) + 1 if needed > end else 0
    early = lead and (
        any(pause.at <= lead for pause in timeline.pauses)
        or any(voice.start < timeline.to_render(lead) for voice in mixer.voices)
    )
    before = -(-lead // FRAME) if early else 0
    origin = track.media_time + (before * FRAME if before else 0) - lead
    total = before + len(table) + after
    rate_of_bits = int(table.sizes.sum(dtype=np.int64)) * 8 * rate // max(1, table.end)
    bit_rate = min(max(rate_of_bits, bit_rate_least * channels), 256_000 * channels)
    media_end = before * FRAME + (total - before) * FRAME if after else before * FRAME + table.end
    end = needed if after else end
    return Sound(
        track, config, rate, channels, bit_rate, lead, before, after, origin, end, own_end, media_end
    )


def _presented(movie: Movie, track: Track) -> int:
    """Samples that the edit list lets through; its own rounding to the movie's clock does not count."""
    media = track.table.end - track.media_time
    for edit in track.edits:
        if edit.media_time >= 0 and edit.length:
            told = round(Fraction(edit.length * track.timescale, movie.timescale))
            slack = -(-track.timescale // movie.timescale) + 1
            return media if abs(told - media) <= slack else min(told, media)
    return media


def find_ranges(sound: Sound, mixer: Mixer, *, everything: bool = False) -> tuple[Range, ...]:
    """The ranges of packets to encode again, in order, none nearer to another than `NEAR`."""
    total = render_packets(sound, mixer)
    if everything:
        return (Range(0, total, ("the whole programme has a new level",)),)
    changed = sorted(_changes(sound, mixer))
    ranges: list[Range] = []
    for start, end, why in changed:
        first = max(0, -(-(start + sound.origin - 2 * FRAME + 1) // FRAME))
        last = min(total, -(-(end + sound.origin) // FRAME))
        if last <= first:
            continue
        if ranges and first - ranges[-1].last < NEAR:
            merged = ranges.pop()
            reasons = merged.why if why in merged.why else (*merged.why, why)
            ranges.append(Range(merged.first, max(last, merged.last), reasons))
        else:
            ranges.append(Range(first, last, (why,)))
    return tuple(ranges)


def _changes(sound: Sound, mixer: Mixer) -> list[tuple[int, int, str]]:
    """Stretches of render ticks that differ from the moved source."""
    timeline, fade = mixer.timeline, mixer.fade
    found = []
    for index, pause in enumerate(timeline.pauses):
        start = timeline.pause_start(index)
        found.append((start - fade, start + pause.ticks + fade, "pause"))
    for duck in mixer.ducks:
        found.append((duck.start, duck.end, "duck"))
    for voice in mixer.voices:
        found.append((voice.start, voice.end, f"description {voice.cue_id}"))
    if sound.before:
        found.append((-sound.origin, timeline.to_render(sound.lead) + 2 * FRAME, "sound starts late"))
    if sound.after:
        found.append(
            (
                timeline.to_render(sound.own_end, held=True) - FRAME,
                timeline.to_render(sound.end) + 2 * FRAME,
                "sound ends early",
            )
        )
    return found


def render_packets(sound: Sound, mixer: Mixer) -> int:
    added = mixer.timeline.added
    if added % FRAME:  # at another rate than the plan's
        return -(-(sound.media_end + added) // FRAME)
    return sound.packets + added // FRAME


def source_index(sound: Sound, mixer: Mixer, packets: Ints) -> Ints:
    """Which of the source's packets stands at each of the render's, where it is untouched."""
    timeline = mixer.timeline
    starts = np.array([timeline.pause_start(i) + sound.origin for i in range(len(timeline.pauses))], np.int64)
    units = np.array([pause.ticks // FRAME for pause in timeline.pauses], np.int64)
    before = np.append(0, np.cumsum(units))
    count: Ints = before[np.searchsorted(starts, packets * FRAME, side="right")]
    return packets - sound.before - count
