"""Preview: a few words in a voice, before a job is made with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.media.sound.mp3 import spoken_mp3
from activities.ports import Voice
from activities.step import Kit
from activities.texts.spoken import refuse_gone
from schema import objects
from schema.contracts.previews import PreviewInput, PreviewRequest, PreviewResult
from schema.enums import VoiceProvider
from schema.errors import Invalid


class PreviewActivities:
    """`voices` is by provider."""

    def __init__(self, kit: Kit, voices: Mapping[VoiceProvider, Voice]) -> None:
        self._kit = kit
        self._voices = voices

    @activity.defn(name="speak_preview")
    async def speak_preview(self, inputs: PreviewInput) -> PreviewResult:
        """Speaks the request as MP3. An existing result is reused, so that the same words in the same voice are paid
        for once."""
        store, name = self._kit.store, objects.preview(inputs.key, "mp3")
        if await store.stat(name) is not None:
            return PreviewResult(spoken=False)
        asked = await self._kit.read(objects.preview(inputs.key, "json"), PreviewRequest)
        voice = self._voices.get(asked.provider)
        if voice is None:
            raise Invalid(f"The voice provider {asked.provider} is not configured here.")
        if asked.voice is not None:
            refuse_gone(voice.voices(), asked.voice)
        spoken = await voice.speak(asked.text, asked.language, asked.voice, asked.model)
        await store.write(name, await asyncio.to_thread(spoken_mp3, spoken), "audio/mpeg")
        return PreviewResult(spoken=True)
