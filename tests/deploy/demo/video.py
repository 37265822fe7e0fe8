"""Six seconds with a caption on the screen, a spoken sentence, a bell at the end, and room for a description."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.media_factory import Audio, Picture, Spec, make_video
from tests.media_sounds import Sound

SECONDS = 6
_SPEECH = Path(__file__).parents[2] / "activities" / "contract" / "speech.flac"
_SPOKEN_S = 2.6
"""The first sentence: Welcome to the garden of the old museum."""
_FROM_S = 1.0
_BELL_S = 4.0
_RATE = 48_000


@cache
def _speech() -> Sound:
    """At 48 kHz, mono."""
    with av.open(str(_SPEECH)) as file:
        resampler = av.AudioResampler("fltp", "mono", _RATE)
        parts = [part.to_ndarray()[0] for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate(parts)[: int(_SPOKEN_S * _RATE)]


def _sound(first: int, count: int, rate: int, channels: int) -> Sound:
    assert rate == _RATE
    whole = np.zeros(SECONDS * _RATE + _RATE, np.float32)
    start = int(_FROM_S * _RATE)
    whole[start : start + len(_speech())] = _speech()
    bell = int(_BELL_S * _RATE)
    whole[bell:] = 0.05 * np.sin(2 * np.pi * 880 / _RATE * np.arange(len(whole) - bell))
    return np.tile(whole[first : first + count], (channels, 1))


@cache
def _board() -> Picture:
    image = Image.new("L", (640, 360), 40)
    ImageDraw.Draw(image).text((60, 140), "THE OLD MUSEUM", 235, ImageFont.load_default(56))
    return np.asarray(image)


def _picture(number: int, spec: Spec) -> Picture:
    return np.concatenate([_board(), np.full((180, 640), 128, np.uint8)])


def talking_video(path: Path) -> Path:
    return make_video(
        path,
        Spec(
            seconds=SECONDS,
            width=640,
            height=360,
            stamped=False,
            picture=_picture,
            audio=(Audio(rate=_RATE, sound=_sound),),
        ),
    )
