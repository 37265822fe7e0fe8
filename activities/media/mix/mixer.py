"""The sound of the render at any render tick: programme, silence under pauses, ducks, fades and descriptions.

The mixer holds no sound of the programme: it asks a `Reader` for what it needs, so that any stretch can be made on
its own, in flat memory, and comes out the same bits whichever stretch it is asked in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from activities.media.contract import RenderOptions
from activities.media.mix.ambience import held_ambience
from activities.media.mix.voices import Voice
from activities.media.sound.loudness import FADE_ABOVE_LUFS, from_db, momentary_lufs
from activities.media.sound.peaks import CODING_DB, EDGE, lowering_db
from activities.media.sound.samples import Samples, silence
from activities.media.timeline import Stretch, Timeline
from schema.plan.model import Placement

FADE_MS = 150
CHOP_MS = 10
"""Where the programme is quiet anyway: just enough to be free of clicks."""
_LISTEN_MS = 400
"""BS.1770's momentary window."""


class Reader(Hashable, Protocol):
    """The programme's sound by source ticks: silence where there is none."""

    @property
    def channels(self) -> int: ...

    @property
    def span(self) -> tuple[int, int]:
        """The source ticks between which there is sound."""

    def read(self, start: int, end: int) -> Samples: ...


class Duck(NamedTuple):
    """The programme goes down over [start, down) and comes up over [up, end), in render ticks."""

    start: int
    down: int
    up: int
    end: int


class Mixer:
    def __init__(
        self,
        timeline: Timeline,
        voices: Iterable[Voice],
        ducks: Iterable[Duck],
        options: RenderOptions,
        rate: int,
        *,
        gain_db: float = 0.0,
    ) -> None:
        self.timeline, self.voices, self.ducks = timeline, tuple(voices), tuple(ducks)
        self.options, self.rate, self.gain_db = options, rate, gain_db
        self.fade = rate * FADE_MS // 1000
        self._deep = np.float32(from_db(-options.duck_db))
        self._loaded: tuple[Voice, Samples] | None = None
        self._lowered: dict[Voice, float] = {}
        self._slopes: dict[tuple[int, bool], Samples] = {}
        self._fades: dict[int, int] = {}

    def mix(self, start: int, end: int, reader: Reader) -> Samples:
        """Render ticks [start, end): shape (reader.channels, end - start)."""
        out = self._programme(start, end, reader)
        self._duck(out, start)
        if self.gain_db:
            out *= np.float32(from_db(self.gain_db))
        self._speak(out, start, reader)
        return out

    def lowered(self, voice: Voice, reader: Reader) -> float:
        """By how many dB a description goes down, so that it and what sounds under it keep the true peak's ceiling."""
        if voice not in self._lowered:
            self._lowered[voice] = round(max(self._lowerings(voice, reader)), 2)
        return self._lowered[voice]

    def _lowerings(self, voice: Voice, reader: Reader) -> Iterator[float]:
        """Second by second, for a description may be long."""
        samples, rows = self._load(voice), rows_of(reader.channels)
        level = np.float32(from_db(self.gain_db - self.options.duck_db))
        ceiling = from_db(self.options.true_peak_dbtp - CODING_DB)
        for at in range(0, voice.length, self.rate):
            first, last = max(0, at - EDGE), min(voice.length, at + self.rate + EDGE)
            under = self._programme(voice.start + first, voice.start + last, reader)[rows]
            under *= level
            yield lowering_db(under, samples[:, first:last], ceiling)

    def _programme(self, start: int, end: int, reader: Reader) -> Samples:
        """The programme alone over render ticks [start, end), faded at pauses."""
        out = silence(reader.channels, end - start)
        for stretch in self.timeline.between(start, end):
            at = stretch.render - start
            out[:, at : at + stretch.length] = self._piece(stretch, reader)
        return out

    def _piece(self, stretch: Stretch, reader: Reader) -> Samples:
        if stretch.source is None:
            assert stretch.pause is not None
            if self.options.ambience == "silence":
                return silence(reader.channels, stretch.length)
            pause = self.timeline.pauses[stretch.pause]
            first = stretch.render - self.timeline.pause_start(stretch.pause)
            return held_ambience(reader, pause.at, pause.ticks, self.rate)[:, first : first + stretch.length]
        sound = reader.read(stretch.source, stretch.source + stretch.length)
        for pause in self.timeline.pauses:
            self._fade(sound, stretch.source, pause.at, reader)
        return sound

    def _fade(self, sound: Samples, source: int, cut: int, reader: Reader) -> None:
        """Fade `sound`, which starts at `source` and does not span `cut`, where it comes near the cut."""
        end = source + sound.shape[1]
        if end <= cut and end > cut - self.fade:
            slope = self._slope(cut, False, reader)
            self._apply(sound, slope, cut - slope.shape[0] - source)
        elif cut <= source < cut + self.fade:
            self._apply(sound, self._slope(cut, True, reader), cut - source)

    @staticmethod
    def _apply(sound: Samples, slope: Samples, at: int) -> None:
        first, last = max(0, at), min(sound.shape[1], at + slope.shape[0])
        if last > first:
            sound[:, first:last] *= slope[first - at : last - at]

    def _slope(self, cut: int, rising: bool, reader: Reader) -> Samples:
        """A raised cosine: 150 ms beside sound that is heard, 10 ms beside near silence."""
        if (cut, rising) not in self._slopes:
            length = self.rate * self.fade_ms(cut, reader) // 1000
            slope = (0.5 + 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
            self._slopes[cut, False], self._slopes[cut, True] = slope, slope[::-1]
        return self._slopes[cut, rising]

    def fade_ms(self, cut: int, reader: Reader) -> int:
        """How long the programme fades at a pause."""
        if cut not in self._fades:
            listen = self.rate * _LISTEN_MS // 1000
            around = (reader.read(cut - listen, cut), reader.read(cut, cut + listen))
            loud = max(momentary_lufs(sound, self.rate) for sound in around) > FADE_ABOVE_LUFS
            self._fades[cut] = FADE_MS if loud else CHOP_MS
        return self._fades[cut]

    def _duck(self, out: Samples, start: int) -> None:
        end = start + out.shape[1]
        near = [duck for duck in self.ducks if duck.start < end and duck.end > start]
        if any(duck.down <= start and end <= duck.up for duck in near):
            out *= self._deep
        elif near:
            gain = np.ones(out.shape[1], np.float32)
            for duck in near:
                first, last = max(duck.start, start), min(duck.end, end)
                window = gain[first - start : last - start]
                np.minimum(window, self._ducked(duck, first, last), out=window)
            out *= gain

    def _ducked(self, duck: Duck, start: int, end: int) -> Samples:
        """Gains over [start, end): straight in decibels on the ramps."""
        gain = np.full(end - start, self._deep)
        for first, last in ((duck.start, duck.down), (duck.up, duck.end)):
            first, last = max(first, start), min(last, end)
            if last > first:
                depth = np.interp(np.arange(first, last), duck, (0.0, 1.0, 1.0, 0.0))
                gain[first - start : last - start] = 10 ** (depth * (-self.options.duck_db / 20))
        return gain

    def _speak(self, out: Samples, start: int, reader: Reader) -> None:
        end, rows = start + out.shape[1], rows_of(reader.channels)
        for voice in self.voices:
            first, last = max(voice.start, start), min(voice.end, end)
            if last > first:
                lowered = self.lowered(voice, reader)
                samples = self._load(voice)[:, first - voice.start : last - voice.start]
                if lowered:
                    samples = samples * np.float32(from_db(-lowered))
                out[rows, first - start : last - start] += samples

    def _load(self, voice: Voice) -> Samples:
        """One at a time: descriptions are heard one after another."""
        if self._loaded is None or self._loaded[0] != voice:
            self._loaded = None
            self._loaded = voice, voice.load(self.rate)
        return self._loaded[1]


def rows_of(channels: int) -> slice:
    """The channels that a description is laid into: both of stereo, the centre of 5.1 (FFmpeg's order: the third)."""
    return slice(2, 3) if channels > 2 else slice(None)


def make_ducks(
    placements: Iterable[Placement], timeline: Timeline, options: RenderOptions, rate: int
) -> tuple[Duck, ...]:
    """Ramps lie inside the gap, shortened down to `shortest_ramp_ms`; one beside a pause does not leave it."""
    longest, least = (options.ramp_ms * rate // 1000, options.shortest_ramp_ms * rate // 1000)
    ducks = []
    for item in placements:
        end = item.start + item.length
        before = min(longest, max(least, item.start - timeline.to_render(item.gap_start)))
        after = min(longest, max(least, timeline.to_render(item.gap_end, held=True) - end))
        start, finish = item.start - before, end + after
        for index, pause in enumerate(timeline.pauses):
            first = timeline.pause_start(index)
            if first <= item.start < first + pause.ticks:
                start = max(start, first)
            if first < end <= first + pause.ticks:
                finish = min(finish, first + pause.ticks)
        ducks.append(Duck(start, item.start, end, finish))
    return tuple(ducks)
