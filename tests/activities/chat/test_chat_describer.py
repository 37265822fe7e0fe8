"""What is the chat describer's own: pictures by scene, answers by id, errors by what can be done, and a key that stays
where it is."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from activities.chat.client import ChatClient
from activities.chat.describer import ChatDescriber
from activities.ports import Sight
from schema.contracts.media import MediaReport
from schema.enums import Provider
from schema.errors import Misconfigured, ProviderFailed
from schema.load_settings import load
from tests.activities.contract.adapters import watched
from tests.activities.contract.support import Kept, Told
from tests.factories import media_report
from tests.fakes.openai_chat import KEY, FakeChat
from tests.media_factory import Spec, make_video

SECONDS = 12


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(seconds=SECONDS, width=1280, height=720, audio=())
    return make_video(tmp_path_factory.mktemp("chat") / "video.mp4", spec)


@pytest.fixture(scope="module")
def report(video: Path) -> MediaReport:
    found = media_report(2, 4, 6, 8, 10, seconds=SECONDS)
    return found.model_copy(update={"size_bytes": video.stat().st_size, "keyframes_ms": (0,)})


def told(question: dict[str, Any]) -> str:
    return json.dumps({"answers": watched("", question)})


async def watch(
    fake: FakeChat,
    video: Path,
    report: MediaReport,
    kept: Kept | None = None,
    key: str = KEY,
    style: str = "",
) -> Sight:
    async with fake.serving() as url:
        describer = ChatDescriber(ChatClient(url, "a-model", key), "a-model")
        return await describer.watch(video, "gs://bucket/v.mp4", report, "es", kept or Kept(), Told(), style)


async def test_each_scene_is_asked_about_with_its_pictures(video: Path, report: MediaReport) -> None:
    fake = FakeChat(told)
    sight = await watch(fake, video, report)
    assert len(sight.scenes) == 6 and len(fake.asked) == 2
    for body, pictures in zip(fake.asked, fake.pictures, strict=True):
        assert body["model"] == "a-model"
        assert "in es (BCP 47)" in body["messages"][0]["content"]
        scenes = json.loads(body["messages"][1]["content"][0]["text"])["scenes"]
        numbers = [number for scene in scenes for number in scene["pictures"]]
        assert numbers == list(range(1, len(pictures) + 1)) != []
    assert sight.scenes[1].description == "A bar moves for 2 seconds."
    assert (sight.provider, sight.language, sight.draft) == ("chat", "es", True)


async def test_the_clients_style_is_asked_for_and_another_one_is_another_answer(
    video: Path, report: MediaReport
) -> None:
    fake, kept = FakeChat(told), Kept()
    await watch(fake, video, report, kept)
    await watch(fake, video, report, kept, style="Name colours.")
    first, *_, last = [body["messages"][0]["content"] for body in fake.asked]
    assert "style of writing" not in first
    assert last.endswith("Name colours.")
    assert len(fake.asked) == 4


async def test_pictures_are_small_jpegs_that_open(video: Path, report: MediaReport, tmp_path: Path) -> None:
    fake = FakeChat(told)
    await watch(fake, video, report)
    for number, jpeg in enumerate(each for pictures in fake.pictures for each in pictures):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(jpeg)
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("JPEG", (512, 288))


@pytest.mark.parametrize(
    "form",
    [
        "```json\n{}\n```",
        "Here is what I see:\n```\n{}\n```\nTell me if you want more.",
        "<think>The scenes are {{few}}. [1]</think>\n\n{}",
        "Sure! {}",
    ],
    ids=["a block of code", "words around it", "thoughts before it", "a word before it"],
)
async def test_json_is_found_in_what_stands_around_it(form: str, video: Path, report: MediaReport) -> None:
    fake = FakeChat(lambda question: form.format(told(question)))
    sight = await watch(fake, video, report)
    assert sight.scenes[1].description
    assert len(fake.asked) == 2


async def test_a_server_that_heeds_no_schema_may_give_the_list_alone_with_numbers_and_words_for_nothing(
    video: Path, report: MediaReport
) -> None:
    def bare(question: dict[str, Any]) -> str:
        odd = {"on_screen_text": None, "note": "None", "confidence": 95}
        answers = [each | odd | {"id": int(each["id"])} for each in watched("", question)]
        return json.dumps([answers[0] | {"description": "null"}, *answers[1:]])

    fake = FakeChat(bare)
    sight = await watch(fake, video, report)
    assert len(fake.asked) == 2
    assert sight.scenes[1].description == "A bar moves for 2 seconds."
    assert (sight.scenes[1].note, sight.scenes[1].confidence, sight.scenes[1].on_screen_text) == (None, 1, ())
    assert sight.scenes[0].description is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I see a bar.", "it is not the JSON that was asked for"),
        ('{"answers": []}', "id 0 was missing"),
        ("", "there was no answer"),
    ],
)
async def test_without_any_usable_answer_it_says_why(
    answer: str, why: str, video: Path, report: MediaReport
) -> None:
    with pytest.raises(ProviderFailed, match=f"The chat server gave no usable answer: {why}") as failed:
        await watch(FakeChat(lambda question: answer), video, report)
    assert not failed.value.retryable


async def test_an_unusable_answer_for_one_scene_is_for_the_writer(video: Path, report: MediaReport) -> None:
    def forgets(question: dict[str, Any]) -> str:
        kept = [each for each in watched("", question) if each["id"] != "1"]
        return json.dumps({"answers": kept})

    kept = Kept()
    sight = await watch(FakeChat(forgets), video, report, kept)
    assert sight.scenes[1].description is None
    assert "could not tell what is seen: id 1 was missing" in (sight.scenes[1].note or "")
    fake = FakeChat(told)
    assert (await watch(fake, video, report, kept)).scenes[1].note == "Too dark to tell."
    assert len(fake.asked) == 2, "of each part the scene alone that got no answer"


async def test_of_a_scene_without_a_picture_nothing_is_made_up(
    video: Path, report: MediaReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_of_the_second(work: Any, path: Path, times: list[int], *more: Any) -> dict[int, bytes]:
        return {at: b"a picture" for at in times if not 2000 <= at < 4000}

    monkeypatch.setattr("activities.chat.describer.run_in_child", nothing_of_the_second)
    fake = FakeChat(told)
    sight = await watch(fake, video, report)
    asked = [json.loads(body["messages"][1]["content"][0]["text"])["scenes"] for body in fake.asked]
    assert sorted(scene["id"] for scenes in asked for scene in scenes) == ["0", "0", "1", "2", "3"]
    assert (sight.scenes[1].description, sight.scenes[1].note) == (
        None,
        "None of its pictures could be read.",
    )


async def test_too_much_at_once_is_asked_for_in_halves(video: Path, report: MediaReport) -> None:
    four_scenes = report.model_copy(update={"scene_changes": report.scene_changes[:3]})
    fake = FakeChat(told, faults=[(413, {})] * 2)
    sight = await watch(fake, video, four_scenes)
    assert sight.scenes[1].description == "A bar moves for 2 seconds."
    asked = [json.loads(body["messages"][1]["content"][0]["text"])["scenes"] for body in fake.asked]
    assert [[scene["id"] for scene in scenes] for scenes in asked] == [["0", "1"], ["2", "3"]]


@pytest.mark.parametrize(
    ("fault", "retryable", "after_s", "said"),
    [
        ((429, {"retry-after": "7"}), True, 7, "has too much to do"),
        ((503, {}), True, None, r"failed \(503\)"),
        ((408, {}), True, None, r"failed \(408\)"),
        ((402, {}), False, None, "the account"),
        ((404, {}), False, None, "DESCRIBE_MODEL"),
        ((400, {}), False, None, "does the model see pictures"),
        ((200, {"inside": "429"}), True, None, "has too much to do"),
        ((200, {"inside": "502"}), True, None, r"failed \(502\)"),
        ((200, {"inside": "402"}), False, None, "the account"),
    ],
)
async def test_a_refusal_is_told_by_what_can_be_done(
    fault: tuple[int, dict[str, str]],
    retryable: bool,
    after_s: float | None,
    said: str,
    video: Path,
    report: MediaReport,
) -> None:
    with pytest.raises(ProviderFailed, match=said) as failed:
        await watch(FakeChat(told, faults=[fault] * 2), video, report)
    assert (failed.value.retryable, failed.value.retry_after_s) == (retryable, after_s)


async def test_a_wrong_key_is_neither_logged_nor_told(
    video: Path, report: MediaReport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderFailed, match="set DESCRIBE_API_KEY") as failed:
        await watch(FakeChat(told), video, report, key="sk-another")
    assert "sk-another" not in failed.value.message + caplog.text


async def test_a_server_out_of_reach_is_waited_for(video: Path, report: MediaReport) -> None:
    describer = ChatDescriber(ChatClient("http://127.0.0.1:9/v1", "a-model", None), "a-model")
    with pytest.raises(ProviderFailed, match=r"out of reach .*DESCRIBE_URL") as failed:
        await describer.watch(video, "gs://bucket/v.mp4", report, "en", Kept(), Told())
    assert failed.value.retryable


def settings(**more: object) -> dict[str, object]:
    local = {f"{step}_provider": "local" for step in ("transcribe", "translate", "voice")}
    return {
        "database_url": "postgresql+asyncpg://u@h/n",
        "jwt_secret": "x" * 32,
        **local,
        "describe_provider": "chat",
        **more,
    }


def test_what_it_needs_is_asked_for_at_start_up() -> None:
    whole = {"describe_url": "http://127.0.0.1:11434/v1", "describe_model": "llava"}
    found = load(**settings(**whole, describe_api_key=KEY))
    assert found.describe_provider is Provider.CHAT
    assert KEY not in repr(found)
    for missing in ({"describe_url": None}, {"describe_model": None}, {"describe_url": "localhost:11434"}):
        with pytest.raises(Misconfigured, match=r"DESCRIBE_URL .* and DESCRIBE_MODEL must be set"):
            load(**settings(**whole | missing))
    with pytest.raises(Misconfigured, match="TRANSCRIBE_PROVIDER is google or local: chat describes alone"):
        load(**settings(**whole, transcribe_provider="chat"))
