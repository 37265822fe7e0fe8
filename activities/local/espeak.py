"""espeak-ng through ctypes: runs in a child process, for the library keeps its state in globals.

What it said before changes, by a few samples, how it says the next thing, and neither its seed nor a new start resets
that. So the process keeps the library as it is after loading, and each text is spoken by a fork of it (3 ms): the
same text gives the same bytes.
"""

from __future__ import annotations

import ctypes
import os
import pickle
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_short, c_uint, c_void_p
from functools import cache
from typing import NoReturn

import espeakng_loader

from activities.running.child import outcome
from activities.running.lifeline import die_with_parent
from activities.texts.wav import wav_of
from schema.errors import ProviderFailed

# speak_lib.h
_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORDGAP = 1, 2, 3, 4, 7
_OK = 0
_IPA, _TIED = 0x02, 0x80
_TIE = "\u0361"
"""Stands between the two signs of one sound, as in t͡ʃ."""

_SETTINGS = {_RATE: 160, _VOLUME: 90, _PITCH: 45, _RANGE: 55, _WORDGAP: 1}
"""Words a minute, and for the rest espeak-ng's own scales. 160 is the pace descriptions are written for; volume 100
clips loud vowels."""
_BUFFER_MS = 200

_Callback = CFUNCTYPE(c_int, POINTER(c_short), c_int, c_void_p)


class _Library:
    """The loaded library; what it has spoken collects in `samples`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = (
            *(c_char_p, ctypes.c_size_t, c_uint, c_int),
            *(c_uint, c_uint, POINTER(c_uint), c_void_p),
        )
        data = espeakng_loader.get_data_path().encode()
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, 0)
        if self.rate <= 0:
            raise ProviderFailed(
                "espeak-ng cannot read its data: install espeakng-loader again.", retryable=False
            )
        self._library.espeak_TextToPhonemes.argtypes = (POINTER(c_char_p), c_int, c_int)
        self._library.espeak_TextToPhonemes.restype = c_char_p
        self.samples = bytearray()
        self._callback = _Callback(self._collect)  # kept, or it would be freed while the library holds it
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: object, count: int, _events: object) -> int:
        if count and samples:
            self.samples += ctypes.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 0

    def _choose(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise ProviderFailed(f"espeak-ng has no voice {voice}.", retryable=False)

    def phonemes(self, text: str, voice: str) -> str:
        """The sounds of `text` in IPA. It is read clause by clause, and its punctuation is lost."""
        self._choose(voice)
        rest = c_char_p(text.encode())
        clauses: list[str] = []
        while rest.value:
            sounds = self._library.espeak_TextToPhonemes(
                ctypes.byref(rest), _CHARS_UTF8, _IPA | _TIED | ord(_TIE) << 8
            )
            clauses.append((sounds or b"").decode())
        return " ".join(clause.strip() for clause in clauses if clause.strip())

    def speak(self, text: str, voice: str) -> bytes:
        """Mono 16-bit samples at `rate`."""
        self.samples.clear()
        self._choose(voice)
        for parameter, value in _SETTINGS.items():
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        if (
            self._library.espeak_Synth(data, len(data), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
            != _OK
        ):
            raise ProviderFailed("espeak-ng did not take the text.", retryable=True)
        return bytes(self.samples)


@cache
def _library() -> _Library:
    return _Library()


def phonemes(text: str, voice: str) -> str:
    """How `text` sounds in IPA, in the voice that espeak-ng knows by `voice`. Two signs of one sound are tied.

    Raises:
        ProviderFailed: there is no such voice, or the library fails.
    """
    return _library().phonemes(text, voice)


def speak_wav(text: str, voice: str) -> bytes:
    """`text` in the voice that espeak-ng knows by `voice`, as mono 16-bit WAV. For a process without threads.

    Raises:
        ProviderFailed: there is no such voice, or the library fails.
    """
    library = _library()
    reading, writing = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _speak_in_fork(library, parent, writing, text, voice)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        raise ProviderFailed("espeak-ng died over this text.", retryable=True)
    kind, value = pickle.loads(answer)  # noqa: S301 - from our own fork
    if kind == "error":
        raise value
    return wav_of(value, library.rate)


def _speak_in_fork(library: _Library, parent: int, writing: int, text: str, voice: str) -> NoReturn:
    try:
        die_with_parent(parent)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(outcome(library.speak, text, voice), pipe)
        os._exit(0)
    finally:
        os._exit(1)
