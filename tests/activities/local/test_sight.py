"""Local sight on the sample film, and on pictures whose text is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.local import on_screen_text
from activities.local.on_screen_text import TextLine, read_text
from activities.local.sight import LocalDescriber
from activities.media.files.choice import tracks_of
from activities.media.probing.probe import Limits, probe, with_picture
from activities.media.probing.scenes import find_scenes
from activities.ports import Sight
from schema.contracts.media import MediaReport
from schema.contracts.outputs import TrackChoice
from schema.errors import ProviderFailed
from tests.media_factory import Audio, Spec, make_video
from tests.media_odd import two_pictures

SAMPLE = Path(__file__).parents[3] / "deploy" / "local" / "sample" / "sample.mp4"


class Kept(dict[str, bytes]):
    """Checkpoints in memory, with what was put in order."""

    async def get(self, key: str) -> bytes | None:  # type: ignore[override]
        return dict.get(self, key)

    async def put(self, key: str, value: bytes) -> None:
        self[key] = value


def seen(video: Path) -> MediaReport:
    report = probe(video, Limits())
    return with_picture(report, find_scenes(video, report))


async def watch(
    video: Path, report: MediaReport, kept: Kept, progress: Any = lambda fraction, words: None
) -> Sight:
    return await LocalDescriber().watch(video, "gs://media/source", report, "en", kept, progress)


@pytest.fixture(scope="module")
def report() -> MediaReport:
    return seen(SAMPLE)


@dataclass
class Watched:
    sight: Sight
    kept: Kept
    told: list[float]


@pytest.fixture(scope="module")
async def watched(report: MediaReport) -> Watched:
    """The sample film, which takes some ten seconds to read."""
    kept, told = Kept(), []
    sight = await watch(SAMPLE, report, kept, lambda fraction, words: told.append(fraction))
    return Watched(sight, kept, told)


async def test_the_text_of_the_sample_film(report: MediaReport, watched: Watched) -> None:
    sight, told = watched.sight, watched.told
    assert (sight.provider, sight.draft, sight.language) == ("local", True, "en")
    said = " ".join(scene.description or "" for scene in sight.scenes)
    for text in (
        "How the Lighthouse Got Its Light",
        "Keeper's Bay",
        "The Rocks",
        "December",
        "OLD TOWER",
        "KEEP OUT",
    ):
        assert said.count(text) == 1, text
    assert said.count("MARY ANN") == 1  # it stands in two scenes, and is read out in one
    assert "It has burned every night since 1897" in said
    assert [scene.start_ms for scene in sight.scenes[1:]] == [scene.end_ms for scene in sight.scenes[:-1]]
    assert (sight.scenes[0].start_ms, sight.scenes[-1].end_ms) == (0, report.duration_ms)
    for scene in sight.scenes:
        assert scene.description is None or scene.description.startswith("Text on screen: ")
        assert scene.note
    assert told == sorted(told) and told[-1] == 1

    # A second attempt reads nothing again.
    kept = Kept(watched.kept)
    assert await watch(Path("gone.mp4"), report, kept) == sight
    assert kept == watched.kept


async def test_a_film_without_text_has_notes_alone(tmp_path: Path) -> None:
    video = make_video(tmp_path / "plain.mp4", Spec(seconds=2, audio=(Audio(),), stamped=False))
    (scene,) = (await watch(video, seen(video), Kept())).scenes
    assert scene.description is None
    assert scene.on_screen_text == ()
    assert "No text was found" in (scene.note or "")


def test_a_picture_that_stands_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    monkeypatch.setattr(on_screen_text, "_lines_in", lambda picture: read.append(1) or [])
    slide = np.tile(np.arange(180, dtype=np.uint8), (270, 2))[:, :320]

    def picture(number: int, spec: Spec) -> NDArray[np.uint8]:
        shown = slide.copy()
        if number >= 2 * spec.rate:
            shown[40:56, 40:56] = 255 - shown[40:56, 40:56]  # a letter
        return shown

    spec = Spec(seconds=4, width=320, height=180, audio=(), stamped=False, picture=picture)
    video = make_video(tmp_path / "slides.mp4", spec)
    read_text(video, (500, 1_000, 1_500))
    assert len(read) == 1
    read_text(video, (500, 1_000, 2_500, 3_500))
    assert len(read) == 1 + 2


async def test_an_unsure_reading_is_for_the_writer(report: MediaReport, watched: Watched) -> None:
    kept = Kept(watched.kept)
    line = TextLine(text="SAL0ON", confidence=0.6, left=0.1, right=0.4, top=0.2, height=0.1)
    first = next(iter(kept))
    kept[first] = f"[{line.model_dump_json()}]".encode()
    scene = (await watch(SAMPLE, report, kept)).scenes[0]
    assert scene.description is None
    assert "SAL0ON" in (scene.note or "")


async def test_other_languages_are_refused_by_name(report: MediaReport) -> None:
    with pytest.raises(ProviderFailed, match="DESCRIBE_PROVIDER") as failed:
        await LocalDescriber().watch(SAMPLE, "gs://x", report, "es", Kept(), lambda fraction, words: None)
    assert not failed.value.retryable


async def test_models_come_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    lines = read_text(SAMPLE, (3_500,))
    assert [line.text for line in lines] == ["How the Lighthouse", "Got Its Light"]
    assert min(line.confidence for line in lines) > 0.9


async def test_the_picture_that_was_chosen_is_read(tmp_path: Path, report: MediaReport) -> None:
    plain = make_video(tmp_path / "plain.mp4", Spec(seconds=4.0, audio=()))
    both = two_pictures(plain, SAMPLE, tmp_path / "both.mkv")
    assert read_text(both, (3_500,)) == ()
    chosen = TrackChoice(picture=1)
    report = probe(both, Limits(), chosen).model_copy(update={"scene_changes": (), "black": ()})
    assert (report.video.index, tracks_of(report).picture) == (1, 1)
    lines = read_text(both, (3_500,), tracks_of(report))
    assert [line.text for line in lines] == ["How the Lighthouse", "Got Its Light"]
    kept = Kept()
    read = " ".join(
        text for scene in (await watch(both, report, kept)).scenes for text in scene.on_screen_text
    )
    assert "OLD TOWER" in read
    assert await watch(both, report, kept) and len(kept) == 1
    other = report.model_copy(update={"tracks": tracks_of(report).model_copy(update={"picture": 0})})
    await watch(both, other, kept)
    assert len(kept) == 2, "what was read of another picture is not taken for this one's"
