"""What is Gemini's own in watching: parts of the video, scenes by id, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from activities.google.describer import GeminiDescriber
from activities.media.render.alone import report_alone
from activities.ports import Sight
from deploy.local.google.gemini import FakeGemini, refused, stopped
from schema.contracts.media import MediaReport, Tracks
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import watched
from tests.activities.contract.support import GEMINI, Kept, Told
from tests.factories import media_report as report

URI = "gs://bucket/video.mp4"


async def watch(fake: FakeGemini, of: MediaReport, kept: Kept | None = None) -> Sight:
    async with fake.client() as client:
        return await GeminiDescriber(client, GEMINI).watch(
            Path("unread"), URI, of, "en", kept or Kept(), Told()
        )


def clips(fake: FakeGemini) -> list[tuple[str, str]]:
    """What was asked for, in the video's order: parts are watched a few at once."""
    parts = [request["contents"][0]["parts"][0] for request in fake.requests]
    assert all(part["fileData"] == {"fileUri": URI, "mimeType": "video/mp4"} for part in parts)
    return sorted(
        (part["videoMetadata"]["startOffset"], part["videoMetadata"]["endOffset"]) for part in parts
    )


def scenes(request: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(request["contents"][0]["parts"][1]["text"])["scenes"]
    return found


async def test_watches_a_few_minutes_at_a_time_from_the_bucket() -> None:
    fake = FakeGemini(answer=watched)
    sight = await watch(fake, report(100, 200, 290, 390, 500, seconds=590))
    assert clips(fake) == [("0.000s", "290.000s"), ("290.000s", "590.000s")]
    (second,) = (request for request in fake.requests if "'startOffset': '290.000s'" in str(request))
    assert scenes(second) == [
        {"id": "0", "start": 0.0, "end": 100.0},
        {"id": "1", "start": 100.0, "end": 210.0},
        {"id": "2", "start": 210.0, "end": 300.0},
    ]
    assert [scene.start_ms for scene in sight.scenes] == [0, 100_000, 200_000, 290_000, 390_000, 500_000]
    assert sight.scenes[1].description == "A bar moves for 100 seconds."
    assert sight.scenes[0].description is None and sight.scenes[0].note


async def test_a_long_take_is_seen_in_parts() -> None:
    sight = await watch(FakeGemini(answer=watched), report(seconds=300))
    spans = [(scene.start_ms, scene.end_ms) for scene in sight.scenes]
    assert spans == [(0, 100_000), (100_000, 200_000), (200_000, 300_000)]


async def test_many_short_scenes_are_divided_too() -> None:
    fake = FakeGemini(answer=watched)
    sight = await watch(fake, report(*range(2, 130, 2), seconds=130))
    assert sorted(len(scenes(request)) for request in fake.requests) == [5, 30, 30]
    assert len(sight.scenes) == 65


async def test_a_failure_repeats_the_part_that_failed_alone() -> None:
    fake, kept = FakeGemini(answer=watched), Kept()
    of = report(100, 200, 290, 390, 500, seconds=590)
    fake.faults = [lambda given: given, refused(503, "UNAVAILABLE", "Down.")]
    with pytest.raises(ProviderFailed) as failed:
        await watch(fake, of, kept)
    assert failed.value.retryable
    await watch(fake, of, kept)
    assert len(fake.requests) == 3
    assert {start for start, _ in clips(fake)} == {"0.000s", "290.000s"}


async def test_a_wrong_answer_is_asked_for_again_and_then_by_halves() -> None:
    fake = FakeGemini(answer=watched, faults=[lambda given: given[1:]] * 2)
    sight = await watch(fake, report(10, 20, 30, seconds=40))
    assert len(sight.scenes) == 4
    assert clips(fake) == [("0.000s", "20.000s"), *[("0.000s", "40.000s")] * 2, ("20.000s", "40.000s")]
    assert scenes(fake.requests[3])[0] == {"id": "2", "start": 0.0, "end": 10.0}


async def test_a_scene_that_is_never_answered_is_for_the_writer() -> None:
    def unsafe(instruction: str, question: dict[str, Any]) -> Any:
        asked = [scene["id"] for scene in question["scenes"]]
        return stopped("SAFETY")([]) if "2" in asked else watched(instruction, question)

    fake, kept = FakeGemini(answer=unsafe), Kept()
    sight = await watch(fake, report(10, 20, 30, seconds=40), kept)
    assert len(sight.scenes) == 4
    assert sight.scenes[2].description is None
    assert sight.scenes[2].note == "Gemini could not tell what is seen: the answer was stopped (SAFETY)."
    fake.requests.clear()
    assert await watch(fake, report(10, 20, 30, seconds=40), kept) == sight
    again = {tuple(scene["id"] for scene in scenes(request)) for request in fake.requests}
    assert again == {("2",)}, "what was told is kept, and what was in vain is not asked for whole"


async def test_a_model_that_answers_nothing_is_an_error() -> None:
    fake = FakeGemini(answer=lambda instruction, question: [{"number": 1}])
    with pytest.raises(ProviderFailed, match="no usable answer: it is not the JSON") as failed:
        await watch(fake, report(10, seconds=20))
    assert not failed.value.retryable


async def test_texts_are_tidied_and_nothing_is_made_of_blanks() -> None:
    def untidy(instruction: str, question: dict[str, Any]) -> list[dict[str, Any]]:
        scene = {
            "description": " \n",
            "on_screen_text": ["  Museum\n1905 ", " "],
            "note": "",
            "confidence": 0.5,
        }
        return [{"id": asked["id"], **scene} for asked in question["scenes"]]

    (scene,) = (await watch(FakeGemini(answer=untidy), report(seconds=20))).scenes
    assert (scene.description, scene.on_screen_text, scene.note) == (None, ("Museum 1905",), None)


@pytest.mark.parametrize(
    ("container", "codec", "mime"),
    [("mp4", "hevc", "video/mp4"), ("matroska", "vp9", "video/webm"), ("webm", "av1", "video/webm")],
)
async def test_says_what_the_file_is(container: str, codec: str, mime: str) -> None:
    fake = FakeGemini(answer=watched)
    await watch(fake, report(seconds=20, container=container, codec=codec))
    assert fake.requests[0]["contents"][0]["parts"][0]["fileData"]["mimeType"] == mime


async def test_refuses_files_that_gemini_does_not_open() -> None:
    with pytest.raises(ProviderFailed, match="does not open matroska files") as failed:
        await watch(FakeGemini(answer=watched), report(seconds=20, container="matroska"))
    assert not failed.value.retryable


async def test_asks_for_the_chosen_picture_alone_where_it_cannot_be_told_which_or_does_not_open_the_file() -> (
    None
):
    async with FakeGemini(answer=watched).client() as client:
        describer = GeminiDescriber(client, GEMINI)
        plain = report(seconds=20)
        two = plain.model_copy(update={"tracks": Tracks(picture=0, further_pictures=(2,))})
        assert describer.sees(plain)
        assert not describer.sees(two)
        assert describer.sees(report_alone(two, 1_000))
        assert not describer.sees(report(seconds=20, container="matroska"))
        assert describer.sees(report_alone(report(seconds=20, container="mxf", codec="mpeg2video"), 1_000))
