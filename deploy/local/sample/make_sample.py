"""Draws and records the sample film: `python -m deploy.local.sample.make_sample [folder]`.

Writes `sample.mp4` and `captions.en.vtt` (what is said, to the sentence) beside this file, or into `folder`.
`ad.en.vtt` is written by hand.

Needs Pillow (it comes with RapidOCR), Debian's `flite` with its voice `slt`, and the DejaVu fonts (`apt-get install
flite fonts-dejavu`). The same versions of these and of PyAV give the same film.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from deploy.local.sample import script
from deploy.local.sample.day_scenes import chart, dawn, kitchen, title
from deploy.local.sample.drawing import ease
from deploy.local.sample.soundtrack import RATE, Caption, soundtrack
from deploy.local.sample.storm_scenes import lamp_room, light, old_tower

_SCENES = (
    (script.TITLE, title),
    (script.MAP, chart),
    (script.KITCHEN, kitchen),
    (script.TOWER, old_tower),
    (script.LAMP_ROOM, lamp_room),
    (script.LIGHT, light),
    (script.DAWN, dawn),
)
_X264 = {
    "preset": "veryslow",
    "crf": "25",
    "x264-params": "keyint=75:min-keyint=10:open-gop=0:threads=1",  # one thread: the same bytes everywhere
}


def picture(t: float) -> NDArray[np.uint8]:
    """The film at `t` seconds: RGB, shape (480, 854, 3)."""
    start, draw = next((start, draw) for start, draw in reversed(_SCENES) if t >= start - 1e-6)
    frame: NDArray[np.float64] = draw(t).finished().astype(float)
    mixed = (t - script.DAWN + script.DISSOLVE_S) / script.DISSOLVE_S
    if start == script.LIGHT and mixed > 0:
        frame = frame * (1 - mixed) + dawn(t).finished() * mixed
    fade = ease(t, 0, script.FADE_S) * (1 - ease(t, script.LENGTH_S - script.FADE_S, script.LENGTH_S - 0.08))
    return np.clip(np.rint(frame * fade), 0, 255).astype(np.uint8)


def write_film(path: Path, sound: NDArray[np.float32]) -> None:
    """H.264 and AAC-LC in MP4, tables first."""
    with av.open(str(path), "w", options={"movflags": "faststart", "fflags": "+bitexact"}) as output:
        output.metadata["title"] = "How the Lighthouse Got Its Light"
        output.metadata["copyright"] = "CC0 1.0"
        video = output.add_stream("libx264", rate=script.RATE, options=_X264)
        video.width, video.height, video.pix_fmt = script.WIDTH, script.HEIGHT, "yuv420p"
        audio = output.add_stream("aac", rate=RATE, layout="stereo")
        audio.bit_rate = 112_000
        audio.metadata["language"] = "eng"
        samples = _encode_sound(output, audio, sound)
        for number in range(round(script.LENGTH_S * script.RATE)):
            _encode_picture(output, video, number)
            next(samples, None)
        for _ in samples:
            pass
        output.mux(list(video.encode(None)))
        output.mux(list(audio.encode(None)))


def _encode_picture(output: OutputContainer, stream: VideoStream, number: int) -> None:
    frame = av.VideoFrame.from_ndarray(picture(number / script.RATE), format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, script.RATE)
    output.mux(list(stream.encode(frame)))
    if number % script.RATE == 0:
        print(f"\r{number / script.RATE:.0f} of {script.LENGTH_S:.0f} s", end="", flush=True)


def _encode_sound(output: OutputContainer, stream: AudioStream, sound: NDArray[np.float32]) -> Iterator[None]:
    """One picture's length of sound at every step."""
    step = 2 * RATE // script.RATE // 1024 * 1024
    for start in range(0, sound.shape[1], step):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound[:, start : start + step]), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        output.mux(list(stream.encode(frame)))
        yield


def write_captions(path: Path, said: tuple[Caption, ...]) -> None:
    """What is said, with the times at which it is spoken, divided into lines of at most 42 characters."""
    blocks = ["WEBVTT\n", "NOTE\nWhat the narrator says, to the sentence. CC0 1.0.\n"]
    for number, (start, end, text) in enumerate(said, 1):
        blocks.append(f"s{number}\n{_time(start)} --> {_time(end)}\n{_two_lines(text)}\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def _time(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _two_lines(text: str) -> str:
    if len(text) <= 42:
        return text
    spaces = [at for at, letter in enumerate(text) if letter == " " and at <= 42 and len(text) - at <= 43]
    best = min(spaces, key=lambda at: (abs(at - len(text) / 2) - (12 if text[at - 1] == "," else 0), at))
    return f"{text[:best]}\n{text[best + 1 :]}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    sound, said = soundtrack()
    write_film(folder / "sample.mp4", sound)
    write_captions(folder / "captions.en.vtt", said)
    print(f"\r{folder / 'sample.mp4'}: {(folder / 'sample.mp4').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
