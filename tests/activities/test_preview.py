"""A preview is spoken by the pipeline's own voice, once, as MP3 that anybody can play."""

from __future__ import annotations

import io
from uuid import uuid4

import av
import numpy as np
import pytest
from temporalio.testing import ActivityEnvironment

from activities.local.voice import EspeakVoice
from activities.media.sound.mp3 import spoken_mp3
from activities.preview import PreviewActivities
from activities.step import Kit
from activities.texts.wav import wav_of
from deploy.local.google.tones import RATE
from schema import objects
from schema.contracts.previews import PreviewInput, PreviewRequest
from schema.enums import VoiceProvider
from schema.errors import Invalid, MediaRefused

TEXT = "A lighthouse at night."


async def _asked(kit: Kit, **asked: str) -> PreviewInput:
    key = uuid4().hex
    request = PreviewRequest.model_validate(
        {"text": TEXT, "language": "en", "provider": VoiceProvider.LOCAL, **asked}
    )
    await kit.write(objects.preview(key, "json"), request)
    return PreviewInput(key=key)


async def test_the_local_voice_is_heard_and_paid_for_once(kit: Kit) -> None:
    run = ActivityEnvironment().run
    steps = PreviewActivities(kit, {VoiceProvider.LOCAL: EspeakVoice()})
    asked = await _asked(kit)
    assert (await run(steps.speak_preview, asked)).spoken
    assert not (await run(steps.speak_preview, asked)).spoken
    info = await kit.store.stat(objects.preview(asked.key, "mp3"))
    assert info is not None and info.content_type == "audio/mpeg"
    with av.open(io.BytesIO(await kit.store.read(info.name))) as media:
        (stream,) = media.streams
        assert (stream.codec_context.name, media.format.name) in {("mp3float", "mp3"), ("mp3", "mp3")}
        samples = np.concatenate([frame.to_ndarray()[0] for frame in media.decode(audio=0)])
    assert 0.7 < len(samples) / 48_000 < 4
    assert np.abs(samples).max() > 0.05, "something is heard"


async def test_a_provider_that_is_not_here_is_refused(kit: Kit) -> None:
    steps = PreviewActivities(kit, {VoiceProvider.LOCAL: EspeakVoice()})
    with pytest.raises(Invalid, match="gemini is not configured here"):
        await ActivityEnvironment().run(steps.speak_preview, await _asked(kit, provider="gemini"))


async def test_a_voice_that_is_gone_is_refused(kit: Kit) -> None:
    steps = PreviewActivities(kit, {VoiceProvider.LOCAL: EspeakVoice()})
    with pytest.raises(Invalid, match="The voice nobody is not here any more"):
        await ActivityEnvironment().run(steps.speak_preview, await _asked(kit, voice="nobody"))


def test_silence_is_no_preview() -> None:
    with pytest.raises(MediaRefused, match="silent"):
        spoken_mp3(wav_of(bytes(96_000), RATE))
