"""A voice that has spoken is known by its pace."""

from __future__ import annotations

from schema.contracts.clips import ClipManifest
from schema.enums import VoiceProvider
from schema.plan.estimate import measure_rate, usual_rate
from schema.queries import voices
from tests.activities.test_paid_once import CountingVoice, Kit, asked, speak


async def test_the_clips_of_a_script_tell_it(kit: Kit) -> None:
    inputs = await asked(kit, "A lighthouse stands on a rock.", "Waves break below it.")
    made = await speak(kit, CountingVoice(), inputs)
    manifest = await kit.read(made.clips, ClipManifest)
    spoken = [(entry.text, round(entry.clip.length * 1000 / entry.clip.rate)) for entry in manifest.entries]
    async with kit.database.begin() as session:
        known = await voices.pace_of(
            session, inputs.job.org_id, VoiceProvider.LOCAL, inputs.outputs.tts_preferences, "en"
        )
    assert known == measure_rate(spoken, usual_rate("en")) != usual_rate("en")
