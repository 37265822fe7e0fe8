"""How loud every description becomes, and each of the programme's sounds where a delivery loudness is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.media.cache import RangeCache, digest
from activities.media.contract import ClipLevel, RenderInput
from activities.media.mix.heard import Heard
from activities.media.mix.source import Source
from activities.media.mix.touched import check_splice
from activities.media.mix.voices import Voice, make_voices, measure_file
from activities.media.sound.aac import PacketReader, layout_name
from activities.media.sound.loudness import Measured, measure
from activities.media.sound.peaks import CODING_DB
from activities.media.sound.samples import Samples

_STEREO_DB = 3.01
"""The same sound in two channels is so much louder than in one (BS.1770 sums their powers)."""
_MOST_SPEECH_S = 60
"""Speech that is listened to: enough for a stable measure, and a cost that does not grow with the programme."""
_PIECE_S = 3


@dataclass(frozen=True, slots=True)
class Levels:
    voices: tuple[Voice, ...]
    clips: tuple[ClipLevel, ...]
    programme_lufs: float | None
    gains_db: tuple[float, ...]
    """Of each of the source's sounds, for the loudness that is asked for."""
    warnings: tuple[str, ...]


def find_levels(
    inp: RenderInput, source: Source, descriptors: Mapping[Path, int], cache: RangeCache
) -> Levels:
    """`descriptors` are the open files of the source's sounds, by path."""
    rate, matched = inp.plan.timebase.rate, inp.options.match_loudness and bool(inp.plan.placements)
    ears = _Ears(descriptors, cache, rate)

    def clip(path: Path, sha256: str) -> Measured:
        return Measured(
            *cache.value("levels", digest("clip", 1, sha256, rate), lambda: measure_file(path, rate))
        )

    spoken = inp.programme_lufs
    if spoken is None and matched:
        spans = _sample(inp.speech or ((0, inp.plan.duration),), rate)
        spoken = ears.level(source.sounds[0], spans, peaks=False).lufs
    warnings: tuple[str, ...] = ()
    if spoken is None and matched:
        warnings = ("The programme is silent: descriptions keep the level of their clips.",)
    gains, kept_down = [0.0] * len(source.sounds), list[str]()
    if inp.options.loudness_lufs is not None:
        for number, heard in enumerate(source.sounds):
            gains[number], below = _delivery(inp, inp.options.loudness_lufs, heard, ears)
            if below > 0:
                name = f"sound track {number + 1}" if number else "the programme"
                kept_down.append(f"True peak keeps {name} {below:.1f} dB below the loudness asked for.")
    target = None if spoken is None else spoken + gains[0]
    laid = _STEREO_DB if ears.channels(source.sounds[0]) == 2 else 0.0
    voices, clips = make_voices(
        inp.plan, inp.clips, inp.options, target_lufs=target, laid_db=laid, measured=clip
    )
    return Levels(voices, clips, spoken, tuple(gains), (*warnings, *dict.fromkeys(kept_down)))


@dataclass(frozen=True, slots=True)
class _Ears:
    """Listens to the programme's sounds, once to each stretch."""

    descriptors: Mapping[Path, int]
    cache: RangeCache
    rate: int

    def channels(self, heard: Heard) -> int:
        return check_splice(heard.movie, heard.track)[2]

    def level(self, heard: Heard, spans: tuple[tuple[int, int], ...], *, peaks: bool) -> Measured:
        own = heard.track.timescale
        if own != self.rate:
            spans = tuple((start * own // self.rate, end * own // self.rate) for start, end in spans)
        key = digest("programme", 2, heard.id, heard.track.id, spans, peaks)
        return Measured(*self.cache.value("levels", key, lambda: self._measured(heard, spans, peaks)))

    def _measured(self, heard: Heard, spans: tuple[tuple[int, int], ...], peaks: bool) -> Measured:
        track, rate = heard.track, heard.track.timescale
        config, _, channels = check_splice(heard.movie, track)
        origin = track.media_time - round(track.lead(heard.movie.timescale) * rate)
        audible = (0, track.table.end)
        descriptor = self.descriptors[heard.movie.path]
        reader = PacketReader(descriptor, track.table, config, channels, origin, audible)
        layout = layout_name(channels) or "stereo"
        return measure(_pieces(reader, spans, rate), rate, layout, peaks=peaks)


def _delivery(inp: RenderInput, wanted: float, heard: Heard, ears: _Ears) -> tuple[float, float]:
    """(the linear gain that brings a sound to `wanted` LUFS, or as far as true peak lets it; what is missing then)"""
    whole = ears.level(heard, ((0, inp.plan.duration),), peaks=True)
    lufs = whole.lufs
    if inp.options.loudness_of_speech and inp.speech:
        spoken = ears.level(heard, inp.speech, peaks=False).lufs
        lufs = whole.lufs if spoken is None else spoken
    if lufs is None:
        return 0.0, 0.0
    gain = most = wanted - lufs
    if whole.true_peak_dbtp is not None:
        most = min(gain, inp.options.true_peak_dbtp - CODING_DB - whole.true_peak_dbtp)
    return round(most, 3), gain - most


def _sample(spans: tuple[tuple[int, int], ...], rate: int) -> tuple[tuple[int, int], ...]:
    """At most a minute of the spans, in pieces spread evenly over them."""
    total = sum(end - start for start, end in spans)
    if total <= _MOST_SPEECH_S * rate:
        return spans
    pieces = _MOST_SPEECH_S // _PIECE_S
    wanted = [total * number // pieces for number in range(pieces)]
    found, passed = [], 0
    for start, end in spans:
        while wanted and wanted[0] < passed + end - start:
            first = start + wanted.pop(0) - passed
            found.append((first, min(end, first + _PIECE_S * rate)))
        passed += end - start
    return tuple(found)


def _pieces(reader: PacketReader, spans: tuple[tuple[int, int], ...], rate: int) -> Iterator[Samples]:
    for start, end in spans:
        for at in range(start, end, rate):
            yield reader.read(at, min(end, at + rate))
