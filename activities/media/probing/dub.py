"""A dub as it is brought: is it sound, is it as long as the programme, and what is heard in it?"""

from __future__ import annotations

from pathlib import Path

from activities.media.files.bounds import Deadline, bounded_memory
from activities.media.files.choice import choose_sound
from activities.media.files.opening import NOT_A_VIDEO, open_media, presentation_origin
from activities.media.files.packets import scan_packets
from activities.media.probing.report_parts import Clock, audio_part
from activities.media.probing.speech_audio import extract_speech
from activities.ports import Progress
from schema.contracts.media import AudioStream, MediaReport
from schema.errors import MediaRefused

TOLERANCE_MS = 1_000
"""By which a dub may be longer or shorter than the programme: editors leave or cut a little silence at its end. One
made for another frame rate is off by more."""
_NO_SOUND = "It holds no sound that can be read: bring it as WAV, FLAC, MP3 or M4A."


def examine_dub(
    path: Path, programme: MediaReport, rate: int, flac: Path, progress: Progress | None = None
) -> MediaReport:
    """The programme's report with the dub as its only sound, which renders at `rate`; the speech audio is written to
    `flac`.

    Raises:
        MediaRefused: it holds no sound, or is not as long as the programme.
    """
    audio = _first_sound(path).model_copy(update={"sample_rate": rate})
    _check_length(audio.start_ms + (audio.duration_ms or 0), programme)
    heard = programme.model_copy(update={"audio": (audio,), "has_audio": True})
    found = extract_speech(path, heard, flac, progress)
    _check_length(found.duration_ms, programme)
    changes = {
        "silence": found.silence,
        "loudness": found.loudness,
        "warnings": (*programme.warnings, *found.warnings),
    }
    return heard.model_copy(update=changes)


def _first_sound(path: Path) -> AudioStream:
    """By its packets, for what some files tell of their length is a guess."""
    try:
        with bounded_memory(), open_media(path) as container:
            sound = choose_sound(container)
            if not sound:
                raise MediaRefused(_NO_SOUND)
            deadline = Deadline(300 + path.stat().st_size / 20e6)
            packets = scan_packets(container, list(sound), deadline)
            return audio_part(sound, packets, Clock(presentation_origin(container)))
    except MediaRefused as refused:
        if refused.message == NOT_A_VIDEO:
            raise MediaRefused(_NO_SOUND) from refused
        raise


def _check_length(length_ms: int, programme: MediaReport) -> None:
    if abs(length_ms - programme.duration_ms) > TOLERANCE_MS:
        raise MediaRefused(
            f"It lasts {length_ms / 1000:.2f} s, and the programme {programme.duration_ms / 1000:.2f} s: export it as "
            "long as the video, from its first picture on."
        )
