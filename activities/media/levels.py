"""How loud every description becomes, and the programme where a delivery loudness is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.media.aac import PacketReader, layout_name
from activities.media.cache import RangeCache, digest
from activities.media.contract import ClipLevel, RenderInput
from activities.media.loudness import Measured, measure
from activities.media.peaks import CODING_DB
from activities.media.samples import Samples
from activities.media.source import Source
from activities.media.touched import check_splice
from activities.media.voices import Voice, make_voices, measure_file

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
    programme_gain_db: float
    warnings: tuple[str, ...]


def find_levels(
    inp: RenderInput, source: Source, descriptors: Mapping[Path, int], cache: RangeCache
) -> Levels:
    """`descriptors` are the open files of the source's sounds, by path."""
    rate = inp.plan.timebase.rate
    heard = source.sounds[0]
    track, descriptor = heard.track, descriptors[heard.movie.path]
    config, _, channels = check_splice(heard.movie, track)
    lead = round(track.lead(heard.movie.timescale) * rate)
    audible = (0, track.table.end)
    reader = PacketReader(descriptor, track.table, config, channels, track.media_time - lead, audible)

    def level(spans: tuple[tuple[int, int], ...], *, peaks: bool) -> Measured:
        key = digest("programme", 2, heard.id, track.id, spans, peaks)
        blocks, layout = _pieces(reader, spans, rate), layout_name(channels) or "stereo"
        return Measured(*cache.value("levels", key, lambda: measure(blocks, rate, layout, peaks=peaks)))

    def clip(path: Path, sha256: str) -> Measured:
        return Measured(
            *cache.value("levels", digest("clip", 1, sha256, rate), lambda: measure_file(path, rate))
        )

    spoken = inp.programme_lufs
    if spoken is None and inp.options.match_loudness and inp.plan.placements:
        spoken = level(_sample(inp.speech or ((0, inp.plan.duration),), rate), peaks=False).lufs
    warnings: tuple[str, ...] = ()
    if spoken is None and inp.options.match_loudness and inp.plan.placements:
        warnings = ("The programme is silent: descriptions keep the level of their clips.",)
    gain, target = 0.0, spoken
    if inp.options.loudness_lufs is not None:
        whole = level(((0, inp.plan.duration),), peaks=True)
        if whole.lufs is not None:
            gain = inp.options.loudness_lufs - whole.lufs
            if whole.true_peak_dbtp is not None:
                most = inp.options.true_peak_dbtp - CODING_DB - whole.true_peak_dbtp
                if gain > most:
                    warnings += (
                        f"True peak keeps the programme {gain - most:.1f} dB below the loudness asked for.",
                    )
                gain = min(gain, most)
            target = None if spoken is None else spoken + gain
    laid = 0.0 if channels != 2 else _STEREO_DB
    voices, clips = make_voices(
        inp.plan, inp.clips, inp.options, target_lufs=target, laid_db=laid, measured=clip
    )
    return Levels(voices, clips, spoken, round(gain, 3), warnings)


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
