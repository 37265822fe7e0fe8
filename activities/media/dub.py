"""A dub as it is brought: is it sound, is it as long as the programme, and what is heard in it?"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer

from activities.media.bounds import bounded_memory
from activities.media.opening import open_media, sound_streams
from activities.media.speech_audio import extract_speech
from activities.ports import Progress
from schema.contracts.media import AudioStream, MediaReport
from schema.errors import MediaRefused

TOLERANCE_MS = 1_000
"""By which a dub may be longer or shorter than the programme: editors leave or cut a little silence at its end. One
made for another frame rate is off by more."""


def examine_dub(
    path: Path, programme: MediaReport, rate: int, flac: Path, progress: Progress | None = None
) -> MediaReport:
    """The programme's report with the dub as its only sound, which renders at `rate`; the speech audio is written to
    `flac`.

    Raises:
        MediaRefused: it holds no sound, or is not as long as the programme.
    """
    with bounded_memory(), open_media(path) as container:
        sounds = sound_streams(container)
        if not sounds:
            raise MediaRefused("The dub holds no sound that can be read: bring it as WAV, FLAC, MP3 or M4A.")
        audio = _part(sounds[0], rate)
        told_ms = _told_ms(container, sounds[0])
    if told_ms is not None:
        _check_length(told_ms, programme)
    heard = programme.model_copy(update={"audio": (audio,), "has_audio": True})
    found = extract_speech(path, heard, flac, progress)
    _check_length(found.duration_ms, programme)
    changes = {
        "audio": (audio.model_copy(update={"duration_ms": found.duration_ms}),),
        "silence": found.silence,
        "loudness": found.loudness,
        "warnings": (*programme.warnings, *found.warnings),
    }
    return heard.model_copy(update=changes)


def _part(stream: AvAudioStream, rate: int) -> AudioStream:
    context = stream.codec_context
    return AudioStream(
        index=stream.index,
        codec=context.codec.canonical_name,
        profile=stream.profile,
        sample_rate=rate,
        channels=context.channels,
        layout=context.layout.name,
    )


def _told_ms(container: InputContainer, stream: AvAudioStream) -> int | None:
    """Its length as its file tells it, where it does."""
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * 1000)
    return None if container.duration is None else round(Fraction(container.duration, av.time_base) * 1000)


def _check_length(length_ms: int, programme: MediaReport) -> None:
    if abs(length_ms - programme.duration_ms) > TOLERANCE_MS:
        raise MediaRefused(
            f"The dub lasts {length_ms / 1000:.2f} s, and the programme {programme.duration_ms / 1000:.2f} s: export "
            "it as long as the video, from its first picture on, and bring it again."
        )
