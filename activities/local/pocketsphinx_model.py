"""One segment of speech through pocketsphinx: runs in a child process, which keeps the model."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Samples, Segment, read_pcm
from schema.vtt.words import Word

MODEL = f"pocketsphinx {version('pocketsphinx')}, en-us, 2"
"""What a result depends on beside the sound. The last number is ours: raise it when this module hears otherwise."""

_FRAME_MS = 10
_FRAME = _FRAME_MS * SAMPLES_PER_MS
_VOICE_MODE = 1
"""How strict the voice detector is, 0 to 3. A strict one loses quiet speakers."""
_LEAST_VOICE = 0.25
"""A word that is voiced less than this was heard in the noise."""
_LEAST_VOICED_FRAMES = 4
_PAD = SAMPLE_RATE // 2
_SILENT_DB = -35.0
_MOST_TRIMMED = 12
"""Frames: a quiet final consonant is at most cut by so much."""
_BEAM = {"maxhmmpf": 5000, "maxwpf": 30}
"""At most so many states and words a frame: over speech in noise 40 % faster, with the same words right."""
_ALTERNATE = re.compile(r"\(\d+\)$")


@cache
def _decoder() -> pocketsphinx.Decoder:
    return pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", **_BEAM)


def hear(path: Path, segment: Segment) -> tuple[Word, ...]:
    """The words of a segment, on the file's timeline. The same sound gives the same words, in any process.

    Raises:
        MediaRefused: the audio is not what probe writes.
    """
    pcm = read_pcm(path, segment)
    voiced = _Voiced(pcm)
    spoken = voiced.span(_PAD)
    if spoken is None:
        return ()
    first, last = spoken
    offset_ms = (segment.start + first) // SAMPLES_PER_MS
    decoder = _decoder()
    decoder.reinit_feat()  # forgets the last segment's cepstral mean
    decoder.start_utt()
    decoder.process_raw(pcm[first:last].tobytes(), full_utt=True)
    decoder.end_utt()
    levels = _levels(pcm[first:last])
    entries = [_Entry(seg.word, seg.start_frame, seg.end_frame + 1, seg.prob) for seg in decoder.seg() or ()]
    words: list[Word] = []
    for before, entry, after in zip([None, *entries], entries, [*entries[1:], None], strict=False):
        if entry.is_filler or voiced.share(first, entry) < _LEAST_VOICE:
            continue
        start, end = _tight(entry, before, after, levels)
        words.append(
            Word(
                text=_spelled(entry.name),
                start_ms=offset_ms + start * _FRAME_MS,
                end_ms=offset_ms + min(end * _FRAME_MS, (last - first) // SAMPLES_PER_MS),
                confidence=round(min(1.0, max(0.0, entry.posterior)), 3),
            )
        )
    return tuple(words)


class _Entry(NamedTuple):
    """What the decoder heard between two frames: a word, or a filler such as <sil>, [NOISE], ++BREATH++."""

    name: str
    start: int
    end: int
    posterior: float

    @property
    def is_filler(self) -> bool:
        return self.name[0] in "<[+"


def _levels(pcm: Samples) -> NDArray[np.float64]:
    """Level of every 10 ms, in dB below the loud parts (the 95th percentile)."""
    whole = len(pcm) // _FRAME * _FRAME
    powers = np.square(pcm[:whole].astype(np.float64)).reshape(-1, _FRAME).mean(axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(powers + 1.0)
    return levels - np.quantile(levels, 0.95)


def _tight(
    entry: _Entry, before: _Entry | None, after: _Entry | None, levels: NDArray[np.float64]
) -> tuple[int, int]:
    """Start and end in frames, without the silence that the decoder adds to a word beside a pause."""
    start, end = entry.start, min(entry.end, len(levels))
    if before is None or before.is_filler:
        while start < min(entry.start + _MOST_TRIMMED, end - 1) and levels[start] < _SILENT_DB:
            start += 1
    if after is None or after.is_filler:
        while end > max(entry.end - _MOST_TRIMMED, start + 1) and levels[end - 1] < _SILENT_DB:
            end -= 1
    return start, end


def _spelled(entry: str) -> str:
    """A dictionary entry as one writes it: without the number of its pronunciation, and with the capital I."""
    word = _ALTERNATE.sub("", entry)
    return "I" + word[1:] if word == "i" or word.startswith("i'") else word


class _Voiced:
    """Which frames of 30 ms hold a voice (WebRTC's detector)."""

    def __init__(self, pcm: Samples) -> None:
        detector = pocketsphinx.Vad(_VOICE_MODE, SAMPLE_RATE)
        size = detector.frame_bytes
        data = pcm.tobytes()
        self.frame = size // 2
        self.length = len(pcm)
        self.flags = np.array(
            [detector.is_speech(data[at : at + size]) for at in range(0, len(data) - size + 1, size)],
            dtype=bool,
        )

    def span(self, pad: int) -> tuple[int, int] | None:
        """From the first voice to the last, in samples, with `pad` around; None where there is none."""
        where = np.flatnonzero(self.flags)
        if len(where) < _LEAST_VOICED_FRAMES:
            return None
        first = max(0, int(where[0]) * self.frame - pad) // _FRAME
        return first * _FRAME, min(self.length, (int(where[-1]) + 1) * self.frame + pad)

    def share(self, first: int, entry: _Entry) -> float:
        """How much of an entry is voiced, 0 to 1; its frames count from sample `first`."""
        start, end = first + entry.start * _FRAME, first + entry.end * _FRAME
        flags = self.flags[start // self.frame : -(-end // self.frame)]
        return float(flags.mean()) if len(flags) else 0.0
