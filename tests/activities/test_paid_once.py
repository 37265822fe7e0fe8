"""What a provider was paid for is kept: whatever happens beside it, and however often the step runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.ports import Speaker, VoiceInfo
from activities.step import Kit
from activities.synthesize import SynthesizeActivities
from activities.texts.wav import wav_of
from deploy.local.google.tones import RATE, spoken
from schema.contracts.outputs import RequestedOutputs, TtsPreferences
from schema.contracts.steps import Artifacts, SynthesizeInput, SynthesizeResult, Versions
from schema.enums import Kind, Origin, VoiceProvider
from schema.errors import Invalid, ProviderFailed
from schema.queries.drafts import Draft, save_draft
from schema.tables import Job
from schema.vtt import Cue, Document, Transcript, write
from tests.activities.cases import job_ref
from tests.factories import make_job, media_report

OUTPUTS = RequestedOutputs(audio_description_mp3=True)


class CountingVoice:
    """Notes what it is asked to say; `before` runs first, and may wait or fail."""

    name, is_draft = "test-voice", False

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before: Callable[[str], object] = lambda text: None
        self.slow: dict[str, asyncio.Event] = {}
        self.silent: set[str] = set()

    def voices(self) -> Sequence[VoiceInfo]:
        return ()

    def models(self) -> Sequence[str]:
        return ()

    def languages(self) -> frozenset[str]:
        return frozenset({"en"})

    def speaker(self, language: str, voice: str | None) -> Speaker:
        return Speaker(self.name, self.name)

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        self.said.append(text)
        self.before(text)
        if text in self.slow:
            await self.slow[text].wait()
        samples = spoken(text, "one")
        return wav_of(bytes(len(samples)) if text in self.silent else samples, RATE)


async def asked(kit: Kit, *script: str) -> SynthesizeInput:
    """A job whose English script has these descriptions."""
    job = job_ref(await make_job(kit.database, OUTPUTS))
    cues = (Cue(f"d{n}", n * 4000, n * 4000 + 2000, text) for n, text in enumerate(script))
    async with kit.database.begin() as session:
        draft = Draft("en", Kind.AUDIO_DESCRIPTION, write(Document.of(cues)), "0" * 64, Origin.EDIT)
        await save_draft(session, job.job_id, draft, is_source=True)
    names = {name: f"jobs/{job.job_id}/{name}.json" for name in ("media_report", "words")}
    await kit.write(names["media_report"], media_report(seconds=30))
    await kit.write(names["words"], Transcript(language="en", provider="x"))
    return SynthesizeInput(
        job=job,
        language="en",
        versions=Versions(audio_description=1),
        outputs=OUTPUTS,
        artifacts=Artifacts(**names),
    )


async def speak(kit: Kit, voice: CountingVoice, inputs: SynthesizeInput) -> SynthesizeResult:
    steps = SynthesizeActivities(kit, {VoiceProvider.LOCAL: voice})
    return await ActivityEnvironment().run(steps.synthesize_descriptions, inputs)


async def test_the_same_words_are_spoken_once_also_at_the_same_time(kit: Kit) -> None:
    voice, inputs = CountingVoice(), await asked(kit, "A lighthouse.", "A storm.", "A  lighthouse.")
    first = await speak(kit, voice, inputs)
    assert (sorted(voice.said), first.spoken) == (["A lighthouse.", "A storm."], 2)
    again = await speak(kit, voice, inputs)
    assert (len(voice.said), again.spoken, again.plan) == (2, 0, first.plan)


class Anna(CountingVoice):
    """Has two voices, and no more."""

    def voices(self) -> Sequence[VoiceInfo]:
        return [VoiceInfo("anna", "Anna", ("en",)), VoiceInfo("bruno", "Bruno", ("it",))]


async def test_a_voice_that_is_gone_is_said_and_one_of_another_language_gives_way(kit: Kit) -> None:
    inputs = await asked(kit, "A lighthouse.")

    def wanting(voice: str) -> SynthesizeInput:
        outputs = inputs.outputs.model_copy(update={"tts_preferences": TtsPreferences(default_voice=voice)})
        return inputs.model_copy(update={"outputs": outputs})

    with pytest.raises(Invalid, match=r"The voice clara is not here any more\. Choose another"):
        await speak(kit, Anna(), wanting("clara"))
    assert (await speak(kit, Anna(), wanting("anna"))).spoken == 1
    assert (await speak(kit, Anna(), wanting("bruno"))).spoken == 1, "the language's own voice"


async def test_the_mp3_says_whose_descriptions_it_holds_also_after_a_new_title(
    kit: Kit, tmp_path: Path
) -> None:
    voice, inputs = CountingVoice(), await asked(kit, "A lighthouse.")

    async def title() -> str:
        made = (await speak(kit, voice, inputs)).mp3
        assert made is not None
        with av.open(str(await kit.workspace.fetch(made, tmp_path))) as media:
            return media.metadata["title"]

    async with kit.database.begin() as session:
        job = await session.get_one(Job, inputs.job.job_id)
    assert await title() == f"{job.title}: audio description (en)"
    async with kit.database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(title="The storm"))
    assert await title() == "The storm: audio description (en)"
    assert len(voice.said) == 1


async def test_a_failure_throws_away_nothing_that_is_under_way(kit: Kit) -> None:
    texts = ["One.", "Refused.", "Two.", "Three.", "Four.", "Five."]
    voice, inputs, answered = CountingVoice(), await asked(kit, *texts), asyncio.Event()
    voice.slow = {text: answered for text in texts if text != "Refused."}

    def refuse(text: str) -> None:
        if text == "Refused.":
            asyncio.get_running_loop().call_later(0.05, answered.set)
            raise ProviderFailed("Quota.", retryable=True, retry_after_s=9)

    voice.before = refuse
    with pytest.raises(ProviderFailed, match="Quota") as failed:
        await speak(kit, voice, inputs)
    assert failed.value.retry_after_s == 9
    assert sorted(voice.said) == sorted(texts[:4]), "none is begun after the failure"
    voice.before = lambda text: None
    assert (await speak(kit, voice, inputs)).spoken == 3
    assert sorted(voice.said) == sorted([*texts, "Refused."]), "the refused one alone is asked for twice"


async def test_a_description_that_cannot_be_spoken_is_named(kit: Kit) -> None:
    voice, inputs = CountingVoice(), await asked(kit, "One.", "Refused.", "Silent.")

    def refuse(text: str) -> None:
        if text == "Refused.":
            raise ProviderFailed("The text is too long.", retryable=False)

    voice.before = refuse
    with pytest.raises(ProviderFailed, match=r"^Description d1: The text is too long\.$") as failed:
        await speak(kit, voice, inputs)
    assert not failed.value.retryable
    voice.before, voice.silent, voice.said = lambda text: None, {"Silent."}, []
    with pytest.raises(ProviderFailed, match=r"^Description d2: .*test-voice.*silent") as silent:
        await speak(kit, voice, await asked(kit, "One.", "Two.", "Silent."))
    assert not silent.value.retryable
    assert voice.said.count("Silent.") == 3, "another time it may be heard, but nobody pays for hours"


async def test_a_cancel_waits_for_no_provider(kit: Kit) -> None:
    voice, inputs = CountingVoice(), await asked(kit, "Under way.")
    voice.slow["Under way."] = asyncio.Event()
    task = asyncio.create_task(speak(kit, voice, inputs))
    async with asyncio.timeout(120):
        while not voice.said:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(120):
            await task
