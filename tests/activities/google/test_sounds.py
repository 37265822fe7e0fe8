"""Sounds where nobody speaks: each stretch is heard by itself, and told by its id."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activities.google.sounds import GeminiSounds
from activities.media.probing.pcm import SAMPLE_RATE
from activities.ports import SpeechAudio
from deploy.local.google.gemini import FakeGemini, lengths, refused, stopped
from schema.contracts.media import Span
from schema.errors import MediaRefused, ProviderFailed
from schema.vtt import Sound
from tests.activities.contract.support import GEMINI, Kept, Told, audio_of, write_flac
from tests.made_sounds import pink

KNOCK_MS = 3_400
Json = dict[str, Any]


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> SpeechAudio:
    """A minute of room tone, in which somebody knocks once."""
    samples = pink(60 * SAMPLE_RATE) * 60
    at = KNOCK_MS * SAMPLE_RATE // 1000
    samples[at : at + SAMPLE_RATE // 10] += 6_000 * np.sin(np.arange(SAMPLE_RATE // 10))
    return audio_of(write_flac(tmp_path_factory.mktemp("sounds") / "sounds.flac", samples.astype(np.int16)))


def spans(*edges_s: tuple[float, float]) -> list[Span]:
    return [Span(start_ms=round(start * 1000), end_ms=round(end * 1000)) for start, end in edges_s]


def told(sound: str | None = "gentle piano music", *, lasting: bool = True, confidence: float = 0.9) -> Any:
    def answer(instruction: str, question: Json) -> list[Json]:
        return [
            {"id": id_, "sound": sound, "lasting": lasting, "confidence": confidence}
            for id_ in question["stretches"]
        ]

    return answer


async def name(
    fake: FakeGemini,
    audio: SpeechAudio,
    stretches: list[Span],
    kept: Kept | None = None,
    language: str = "en",
) -> tuple[Sound, ...]:
    async with fake.client() as client:
        namer = GeminiSounds(client, GEMINI)
        return await namer.name_sounds(audio, stretches, language, kept or Kept(), Told())


async def test_each_stretch_is_heard_by_itself_and_long_ones_in_parts(audio: SpeechAudio) -> None:
    fake = FakeGemini(answer=told())
    named = await name(fake, audio, spans((1, 3), (10, 50)), language="es")
    (request,) = fake.requests
    assert lengths(request) == pytest.approx([2, 40 / 3, 40 / 3, 40 / 3], abs=0.01)
    parts = request["contents"][0]["parts"]
    assert json.loads(parts[0]["text"]) == {"stretches": ["0", "1", "2", "3"]}
    assert [part["text"] for part in parts[1::2]] == [f"Stretch {n}:" for n in range(4)]
    assert all(part["inlineData"]["mimeType"] == "audio/wav" for part in parts[2::2])
    assert ", in es " in request["systemInstruction"]["parts"][0]["text"]
    assert [(sound.start_ms, sound.end_ms) for sound in named] == [
        (1_000, 3_000),
        (10_000, 23_333),
        (23_333, 36_666),
        (36_666, 50_000),
    ]
    assert {(sound.text, sound.lasting) for sound in named} == {("gentle piano music", True)}


async def test_many_are_asked_for_in_more_than_one_question(audio: SpeechAudio) -> None:
    fake = FakeGemini(answer=told())
    named = await name(fake, audio, spans(*((second, second + 15) for second in range(0, 45, 3))))
    assert sorted(len(lengths(request)) for request in fake.requests) == [3, 6, 6]
    assert [sound.start_ms for sound in named] == [second * 1000 for second in range(0, 45, 3)]


async def test_a_short_sound_stands_where_it_begins(audio: SpeechAudio) -> None:
    (knock,) = await name(FakeGemini(answer=told("knock at the door", lasting=False)), audio, spans((0, 12)))
    assert knock.start_ms == pytest.approx(KNOCK_MS, abs=50)
    (tone,) = await name(FakeGemini(answer=told("a sigh", lasting=False)), audio, spans((20, 24)))
    assert tone.start_ms == 20_000, "where nothing rises, at the start"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("[music]", "music"),
        ("♪ soft\n music. ♪", "soft music"),
        ("صدای می\u200cخواند", "صدای می\u200cخواند"),
        (None, None),
        ("  ", None),
        ("…", None),
        ("a <i>loud</i> bang", None),
        ("a very long story of all that can be heard from the first to the last", None),
    ],
)
async def test_a_name_is_a_few_words_or_none(said: str | None, text: str | None, audio: SpeechAudio) -> None:
    named = await name(FakeGemini(answer=told(said)), audio, spans((0, 2)))
    assert [sound.text for sound in named] == ([text] if text else [])


async def test_what_is_not_sure_stays_for_the_writer(audio: SpeechAudio) -> None:
    assert await name(FakeGemini(answer=told(confidence=0.4)), audio, spans((0, 2))) == ()


async def test_an_answer_that_cannot_be_used_is_asked_for_again_then_by_halves_and_given_up_alone(
    audio: SpeechAudio,
) -> None:
    def answer(instruction: str, question: Json) -> Any:
        given = told()(instruction, question)
        if "2" in question["stretches"]:
            return stopped("SAFETY")([])
        return given

    fake, kept = FakeGemini(answer=answer), Kept()
    stretches = spans((0, 2), (4, 6), (8, 10), (12, 14))
    named = await name(fake, audio, stretches, kept)
    assert [sound.start_ms for sound in named] == [0, 4_000, 12_000]
    fake.requests.clear()
    assert await name(fake, audio, stretches, kept) == named
    again = {tuple(_ids(request)) for request in fake.requests}
    assert again == {("2",)}, "what was told is kept, and what was in vain is not asked for whole"


def _ids(request: Json) -> list[str]:
    ids: list[str] = json.loads(request["contents"][0]["parts"][0]["text"])["stretches"]
    return ids


@pytest.mark.parametrize(
    "fault",
    [
        lambda given: given[1:],
        lambda given: [*given, given[0]],
        lambda given: "I cannot.",
        lambda given: [{"id": "0"}],
    ],
)
async def test_a_fault_is_asked_for_again(fault: Any, audio: SpeechAudio) -> None:
    fake = FakeGemini(answer=told(), faults=[fault])
    assert len(await name(fake, audio, spans((0, 2), (4, 6)))) == 2
    assert len(fake.requests) == 2


async def test_an_outage_pays_for_nothing_twice(audio: SpeechAudio) -> None:
    fake, kept = (
        FakeGemini(answer=told(), faults=[lambda given: given, refused(503, "UNAVAILABLE", "Down.")]),
        Kept(),
    )
    stretches = spans(*((second, second + 15) for second in range(0, 21, 3)))
    with pytest.raises(ProviderFailed) as failed:
        await name(fake, audio, stretches, kept)
    assert failed.value.retryable
    assert len(await name(fake, audio, stretches, kept)) == 7
    assert len(fake.requests) == 3


async def test_a_cancel_ends_it(audio: SpeechAudio) -> None:
    fake = FakeGemini(answer=told(), delay_s=600)
    work = asyncio.create_task(name(fake, audio, spans((0, 2))))
    async with asyncio.timeout(120):
        while not fake.requests:
            await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_it_reads_no_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "text.flac").write_text("no sound")
    audio = SpeechAudio(tmp_path / "text.flac", "gs://bucket/text.flac", 2_000, "a" * 64)
    with pytest.raises(MediaRefused, match=r"text\.flac"):
        await name(FakeGemini(answer=told()), audio, spans((0, 2)))
