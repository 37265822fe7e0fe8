"""Words that are known, put to the times at which they are said, by pocketsphinx: runs in a child process.

Its acoustic model, which is American, tells to 10 ms where a word lies that it would not have recognised. Words that its
dictionary lacks, names and numbers among them, are given the sounds that espeak-ng would say; and so is every word of
another language, as the nearest American sounds.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import espeakng_loader

from activities.local.arpabet import arpabet
from activities.local.espeak import phonemes
from activities.local.espeak_data import read_voices
from activities.media.probing.pcm import SAMPLE_RATE, Samples

if TYPE_CHECKING:
    import pocketsphinx

IS_INSTALLED = importlib.util.find_spec("pocketsphinx") is not None
"""Not every machine has a wheel of it."""
ALIGNER = "pocketsphinx alignment 2" if IS_INSTALLED else "not aligned"
"""Version of the output. Raise it when this module finds different times."""
_FRAME_MS = 10
_NOT_SPELLED = re.compile(r"[^\w']+")


def align(samples: Samples, words: Sequence[str], language: str = "en") -> list[tuple[int, int]] | None:
    """Start and end of every word in milliseconds of `samples`; None where the words do not fit the sound, or nothing
    here can align them."""
    if not IS_INSTALLED or not len(samples):
        return None
    voice = "gmw/en-US" if language == "en" else _voice(language)
    if voice is None:
        return None
    entries = [_entry(word, voice, english=language == "en") for word in words]
    spoken = [entry for entry in entries if entry is not None]
    if not spoken:
        return None
    decoder = _decoder()
    try:
        decoder.reinit_feat()
        decoder.set_align_text(" ".join(spoken))
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        found = [
            (segment.start_frame * _FRAME_MS, (segment.end_frame + 1) * _FRAME_MS)
            for segment in decoder.seg() or ()
            if segment.word[0] not in "<[+"
        ]
    except RuntimeError:
        return None
    if len(found) != len(spoken):
        return None
    return _spread(entries, found)


def _spread(entries: Sequence[str | None], found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A word that has no sound of its own, such as a dash, takes no time after the one before it."""
    times: list[tuple[int, int]] = []
    at = iter(found)
    last = found[0][0]
    for entry in entries:
        start, end = (last, last) if entry is None else next(at)
        times.append((start, end))
        last = end
    return times


@cache
def _decoder() -> pocketsphinx.Decoder:
    import pocketsphinx

    return pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", lm=None)


@cache
def _voice(language: str) -> str | None:
    """What espeak-ng knows its best reader of the language by."""
    ranked = [
        (rank, voice.id, voice.path)
        for voice in read_voices(Path(espeakng_loader.get_data_path()))
        if (rank := voice.rank(language)) is not None
    ]
    return min(ranked)[2] if ranked else None


@cache
def _entry(word: str, voice: str, *, english: bool) -> str | None:
    """The name of the word in the decoder's dictionary, which may be told of it now; None for one without sounds."""
    decoder = _decoder()
    plain = _NOT_SPELLED.sub("", word.lower().replace("’", "'")).strip("'_")
    if not plain:
        return None
    if english and (plain.isalpha() or "'" in plain) and decoder.lookup_word(plain) is not None:
        return plain
    sounds = arpabet(phonemes(word, voice), english=english)
    if not sounds:
        return None
    name = f"said-{'-'.join(sounds).lower()}"
    if decoder.lookup_word(name) is None:
        decoder.add_word(name, " ".join(sounds), True)
    return name
