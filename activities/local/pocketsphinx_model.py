"""One segment of speech through pocketsphinx: runs in a child process, which keeps the model."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pocketsphinx

from activities.media.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Samples, Segment, read_pcm
from schema.vtt.words import Word

MODEL = f"pocketsphinx {version('pocketsphinx')}, en-us, 1"
"""What a result depends on beside the sound. The last number is ours: raise it when this module hears otherwise."""

_FRAME_MS = 10
_VOICE_MODE = 1
"""How strict the voice detector is, 0 to 3. A strict one loses quiet speakers."""
_LEAST_VOICE = 0.25
"""A word that is voiced less than this was heard in the noise."""
_LEAST_VOICED_FRAMES = 4
_PAD = SAMPLE_RATE // 2
_ALTERNATE = re.compile(r"\(\d+\)$")


@cache
def _decoder() -> pocketsphinx.Decoder:
    return pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")


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
    words: list[Word] = []
    for heard in decoder.seg() or ():
        start_ms, end_ms = heard.start_frame * _FRAME_MS, (heard.end_frame + 1) * _FRAME_MS
        skip_ms = first // SAMPLES_PER_MS
        if heard.word[0] in "<[+" or voiced.share(skip_ms + start_ms, skip_ms + end_ms) < _LEAST_VOICE:
            continue  # silence and noise have names of their own: <sil>, [NOISE], ++BREATH++
        words.append(
            Word(
                text=_spelled(heard.word),
                start_ms=offset_ms + start_ms,
                end_ms=offset_ms + min(end_ms, (last - first) // SAMPLES_PER_MS),
                confidence=round(min(1.0, max(0.0, heard.prob)), 3),
            )
        )
    return tuple(words)


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
        first = max(0, int(where[0]) * self.frame - pad) // (SAMPLES_PER_MS * _FRAME_MS)
        return first * SAMPLES_PER_MS * _FRAME_MS, min(self.length, (int(where[-1]) + 1) * self.frame + pad)

    def share(self, start_ms: int, end_ms: int) -> float:
        """How much of a range is voiced, 0 to 1."""
        frame_ms = self.frame // SAMPLES_PER_MS
        flags = self.flags[start_ms // frame_ms : -(-end_ms // frame_ms)]
        return float(flags.mean()) if len(flags) else 0.0
