"""What comes with a job: two seconds of video, and texts, each in words of the job's own: what is said of one is not
said of another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.media_factory import Picture, Spec, make_video

_SECONDS = 2.0


def texts(title: str) -> Mapping[str, str]:
    """In words of the job's own: what is said of one is not said of another."""
    return {
        "captions": f"WEBVTT\n\n1\n00:00:00.200 --> 00:00:01.000\nThis is {title}.\n",
        "audio_description": f"WEBVTT\n\n1\n00:00:01.000 --> 00:00:01.900\nA board says {title}.\n",
    }


def video(path: Path, title: str) -> None:
    """Two seconds of a board with the title."""
    image = Image.new("L", (320, 180), 40)
    ImageDraw.Draw(image).text((30, 60), title.upper(), 235, ImageFont.load_default(40))
    board: Picture = np.concatenate([np.asarray(image), np.full((90, 320), 128, np.uint8)])
    make_video(path, Spec(seconds=_SECONDS, stamped=False, picture=lambda *_: board))
