"""Music where nobody speaks, named on this machine; of any other sound a NOTE has the times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from activities.local.music import VERSION, find_music
from activities.media.probing.pcm import SAMPLES_PER_MS, Segment, read_pcm
from activities.ports import Checkpoints, Progress, SpeechAudio
from activities.running.child import run_in_child
from schema.contracts.media import Span
from schema.vtt.text import primary
from schema.vtt.words import Sound

_AT_A_TIME_MS = 120_000
"""Of a stretch, so that memory does not grow with its length."""
_REST_MS = 2_000
_MUSIC = {
    "ar": "موسيقى", "bg": "музика", "ca": "música", "cs": "hudba", "cy": "cerddoriaeth", "da": "musik",
    "de": "Musik", "el": "μουσική", "en": "music", "es": "música", "et": "muusika", "eu": "musika",
    "fa": "موسیقی", "fi": "musiikki", "fr": "musique", "gl": "música", "he": "מוזיקה", "hi": "संगीत",
    "hr": "glazba", "hu": "zene", "id": "musik", "it": "musica", "ja": "音楽", "ko": "음악", "nb": "musikk",
    "nl": "muziek", "nn": "musikk", "no": "musikk", "pl": "muzyka", "pt": "música", "ro": "muzică",
    "ru": "музыка", "sk": "hudba", "sl": "glasba", "sv": "musik", "th": "ดนตรี", "tr": "müzik",
    "uk": "музика", "vi": "nhạc", "zh": "音乐",
}  # fmt: skip
"""As captions have it."""


class MusicNamer:
    """It names what is music beyond doubt, in the languages whose word for it is known here."""

    name = "the music detector"
    engine = f"music {VERSION}"

    async def name_sounds(
        self,
        audio: SpeechAudio,
        stretches: Sequence[Span],
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> tuple[Sound, ...]:
        """
        Raises:
            MediaRefused: the audio is not what probe writes.
            ProviderFailed: the process died.
        """
        word = _MUSIC.get(primary(language))
        if word is None:
            return ()
        found = await run_in_child(music_in, audio.path, tuple(stretches), on_progress=progress)
        return tuple(
            Sound(text=word, start_ms=span.start_ms, end_ms=span.end_ms, lasting=True) for span in found
        )


def music_in(path: Path, stretches: Sequence[Span], progress: Progress | None = None) -> tuple[Span, ...]:
    """In order, each within one of `stretches`.

    Raises:
        MediaRefused: the audio is not what probe writes.
    """
    found: list[Span] = []
    for number, stretch in enumerate(stretches):
        inside: list[Span] = []
        for start_ms in range(stretch.start_ms, stretch.end_ms, _AT_A_TIME_MS):
            end_ms = min(stretch.end_ms, start_ms + _AT_A_TIME_MS)
            part = Segment(start_ms * SAMPLES_PER_MS, end_ms * SAMPLES_PER_MS)
            for span in find_music(read_pcm(path, part)):
                begins = start_ms + span.start_ms
                if inside and begins <= inside[-1].end_ms + _REST_MS:
                    begins = inside.pop().start_ms
                inside.append(Span(start_ms=begins, end_ms=min(end_ms, start_ms + span.end_ms)))
        found += inside
        if progress:
            progress(number / len(stretches), "searching for music")
    return tuple(found)
