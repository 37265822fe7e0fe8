"""Pictures that are turned and mirrored, as a front camera's are, by matrices of the track, the movie or both: they are shown
and looked at as players show the source."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type
from numpy.typing import NDArray

from activities.media.contract import RenderDiffers, RenderInput, RenderOptions
from activities.media.probing.frames import read_frames
from activities.media.probing.probe import Limits, probe
from activities.media.verify.verify import verify
from tests.activities.media.real_kit import FRAGMENTS, rendered, video
from tests.activities.media.render_kit import make_plan, run
from tests.media_factory import Spec
from tests.media_odd import remuxed, with_boxes

# How x and y of a picture become x' = a x + c y and y' = b x + d y where it is shown.
MATRICES = {
    "turned": ((0, 1), (-1, 0)),
    "mirrored": ((-1, 0), (0, 1)),
    "upside down, mirrored": ((1, 0), (0, -1)),
    "turned and mirrored": ((0, 1), (1, 0)),
    "turned back and mirrored": ((0, -1), (-1, 0)),
}
CORNERS = {(-1, -1): 40, (1, -1): 100, (-1, 1): 160, (1, 1): 220}
"""How bright each corner of the picture is, by where it lies."""


def _corners(_: int, spec: Spec) -> NDArray[np.uint8]:
    width, height = spec.canvas
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    for (x, y), bright in CORNERS.items():
        across = slice(0, width // 2) if x < 0 else slice(width // 2, width)
        down = slice(0, height // 2) if y < 0 else slice(height // 2, height)
        picture[:height][down, across] = bright
    return picture


def _made(folder: Path, matrix: str, *, of_movie: bool = False, encoded: bool = True) -> Path:
    coding = {"codec": "mpeg4", "options": {"b": "2000000"}} if encoded else {}
    whole = video(folder, seconds=2.0, picture=_corners, stamped=False, **coding)
    (a, b), (c, d) = MATRICES[matrix]
    numbers = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    packed = struct.pack(">9i", *numbers)

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] == b"mvhd" and of_movie:
            return content[:36] + packed + content[72:]
        if path[-1] == b"tkhd" and track == 0 and not of_movie:
            return content[:40] + packed + content[76:]
        return content

    return with_boxes(whole, folder / "turned.mp4", change)


def _shown_corners(picture: NDArray[np.uint8]) -> list[int]:
    """From the upper left on, row by row."""
    height, width = picture.shape[:2]
    places = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [int(picture[y, x].mean()) for y, x in places]


def _as_players_show(path: Path) -> list[int]:
    """The corners of the first picture, after its matrix."""
    with av.open(str(path)) as media:
        frame = next(media.decode(video=0))
        grey = frame.reformat(format="gray").to_ndarray()
        told = next((data for data in frame.side_data if data.type == Type.DISPLAYMATRIX), None)
        numbers = np.frombuffer(bytes(told), np.int32, 9) if told else np.array([1, 0, 0, 0, 1, 0, 0, 0, 1])
    a, b, _, c, d, *_ = (int(np.sign(number)) for number in numbers)
    brightness = _shown_corners(grey)
    places = [(-1, -1), (1, -1), (-1, 1), (1, 1)]
    shown = {
        (a * x + c * y, b * x + d * y): bright for (x, y), bright in zip(places, brightness, strict=True)
    }
    return [shown[place] for place in places]


def _wanted(matrix: str) -> list[int]:
    (a, b), (c, d) = MATRICES[matrix]
    shown = {(a * x + c * y, b * x + d * y): bright for (x, y), bright in CORNERS.items()}
    return [shown[place] for place in CORNERS]


@pytest.mark.parametrize("of_movie", [False, True], ids=["track", "movie"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_an_encoded_picture_is_turned_as_the_source(tmp_path: Path, matrix: str, of_movie: bool) -> None:
    source = _made(tmp_path, matrix, of_movie=of_movie)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "encoded"
    assert _as_players_show(source) == pytest.approx(_wanted(matrix), abs=25)
    assert _as_players_show(result.path) == pytest.approx(_wanted(matrix), abs=25)


@pytest.mark.parametrize("extension", ["mp4", "mkv", "fragments"])
@pytest.mark.parametrize("matrix", ["mirrored", "turned and mirrored"])
def test_a_copied_picture_is_turned_as_the_source(tmp_path: Path, matrix: str, extension: str) -> None:
    source = _made(tmp_path, matrix, encoded=False)
    if extension == "mkv":
        source = remuxed(source, tmp_path / "turned.mkv")
    if extension == "fragments":
        source = remuxed(source, tmp_path / "fragments.mp4", options=FRAGMENTS)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "copied"
    assert _as_players_show(result.path) == pytest.approx(_as_players_show(source), abs=25)


@pytest.mark.parametrize("matrix", MATRICES)
def test_a_picture_is_looked_at_as_it_is_shown(tmp_path: Path, matrix: str) -> None:
    source = _made(tmp_path, matrix)
    report = probe(source, Limits())
    assert report.video.rotation in {"turned": {90}, "mirrored": {0}}.get(matrix, {0, 90, 180, 270})
    ((_, frame),) = read_frames(source, [500], 160, report.tracks)
    assert _shown_corners(frame) == pytest.approx(_wanted(matrix), abs=25)


def test_a_mirror_that_is_lost_is_seen(tmp_path: Path) -> None:
    mirrored, plain = _made(tmp_path, "mirrored", encoded=False), tmp_path / "source.mp4"
    plan = make_plan([], [], seconds=2.0)
    result = run(plain, plan, tmp_path)
    asked = RenderInput(mirrored, plan, {}, result.path, tmp_path / "cache", RenderOptions())
    with pytest.raises(RenderDiffers, match="mirrored"):
        verify(asked, result)
