"""Sounds where nobody speaks, named by Gemini: it hears each stretch by itself, and answers by its id. Times stay with the
code, which cut the stretches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from google.genai import types
from pydantic import TypeAdapter

from activities.google.gemini import SERVICE, OfGemini, ask_json
from activities.media.probing.pcm import SAMPLE_RATE
from activities.media.probing.stretches import cut, find_rises
from activities.ports import Checkpoints, Progress, SpeechAudio
from activities.running.by_id import Answers, KeptAnswers, complete
from activities.running.child import run_in_child
from activities.running.in_flight import finish_all
from activities.texts.material import MATERIAL
from activities.texts.told import Answer, Flag, Sureness, Unsaid
from activities.texts.wav import wav_of
from schema import objects
from schema.contracts.media import Span
from schema.vtt.text import has_letters, one_line
from schema.vtt.words import Sound

_REVISION = 2
_PART_MS = 15_000
"""A longer stretch is heard in equal parts: another sound may begin in it, and ten seconds without a caption are many."""
_BATCH_MS = 90_000
"""As WAV, some 4 MB in one question."""
_AT_ONCE = 3
_SURE = 0.6
"""What is less likely heard than this stays for whoever edits."""
_LONGEST = 60
"""Characters. A caption of a sound is a few words."""

_INSTRUCTION = (
    """\
You caption a video for deaf and hard-of-hearing people, in {language} (BCP 47). The user gives stretches of its sound in \
which nobody speaks, each after its id, and JSON with the ids of these `stretches`.
Answer with one object for each stretch, in order, with the same id.
`sound`: the one sound that matters most to somebody who follows the video: music with its mood, applause, laughter, a \
knock, a telephone, an animal, an explosion. At most five words, in small letters, without brackets and punctuation. null \
where there is none: room tone, hiss, breath, wind or traffic that is only there, or speech.
`lasting`: true where it goes on through most of the stretch, false where it is short.
`confidence`: 0 to 1, how sure you are that it is heard.
"""
    + MATERIAL
)


class SoundAnswer(Answer):
    """Of one stretch, by its id."""

    sound: Unsaid
    lasting: Flag
    confidence: Sureness


_Answers = TypeAdapter(list[SoundAnswer])


class GeminiSounds(OfGemini):
    """Each answer is kept as a checkpoint, so that a crash repeats those in flight at most. A stretch that got no usable
    answer stays unnamed."""

    name = "gemini"
    revision = _REVISION

    async def name_sounds(
        self,
        audio: SpeechAudio,
        stretches: Sequence[Span],
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> tuple[Sound, ...]:
        """Long stretches in parts, a few questions at once.

        Raises:
            ProviderFailed: Google refused or failed.
            MediaRefused: the audio is not what probe writes.
        """
        batches = list(_batches(stretches))
        done = 0

        async def name_batch(batch: Sequence[Span]) -> list[Sound]:
            nonlocal done
            named = await self._named(audio, batch, language, checkpoints)
            done += 1
            progress(
                done / len(batches), f"{SERVICE} has heard {done} of {len(batches)} parts without speech"
            )
            return named

        named = await finish_all((partial(name_batch, batch) for batch in batches), _AT_ONCE)
        return tuple(sound for sounds in named for sound in sounds)

    async def _named(
        self, audio: SpeechAudio, batch: Sequence[Span], language: str, checkpoints: Checkpoints
    ) -> list[Sound]:
        instruction = _INSTRUCTION.format(language=language)

        def key_of(ids: Sequence[str]) -> str:
            spans = [batch[int(id_)] for id_ in ids]
            of = objects.hash_of(self._model, _REVISION, audio.sha256, language, spans)
            return f"gemini-sounds-{of}"

        async def ask(ids: Sequence[str]) -> Answers[SoundAnswer]:
            heard = await run_in_child(cut, audio.path, [batch[int(id_)] for id_ in ids])
            parts = [types.Part(text=json.dumps({"stretches": list(ids)}))]
            for id_, samples in zip(ids, heard, strict=True):
                wav = types.Blob(mime_type="audio/wav", data=wav_of(samples, SAMPLE_RATE))
                parts += [types.Part(text=f"Stretch {id_}:"), types.Part(inline_data=wav)]
            answers = await ask_json(self._client, self._model, instruction, parts, SoundAnswer)
            return [(answer.id, answer) for answer in answers]

        ids = [str(place) for place in range(len(batch))]
        named = {id_: f"the sound at {batch[int(id_)].start_ms} ms" for id_ in ids}
        kept = KeptAnswers(checkpoints, _Answers, key_of)
        answers = await complete(ids, ask, SERVICE, named, kept, _unnamed)
        return await _placed(audio.path, [(batch[int(id_)], answer) for id_, answer in answers.items()])


def _unnamed(id_: str, why: str) -> SoundAnswer:
    """Of a stretch that got no usable answer: it stays for whoever edits."""
    return SoundAnswer(id=id_, sound=None, lasting=False, confidence=0)


async def _placed(path: Path, answers: Sequence[tuple[Span, SoundAnswer]]) -> list[Sound]:
    """What was surely heard: from the stretch's start, or a short one from where something begins in it."""
    short = [span for span, answer in answers if not answer.lasting]
    rises = await run_in_child(find_rises, path, short) if short else []
    begin = {span.start_ms: rise for span, rise in zip(short, rises, strict=True)}
    return [
        Sound(
            text=text,
            start_ms=begin.get(span.start_ms, span.start_ms),
            end_ms=span.end_ms,
            lasting=answer.lasting,
        )
        for span, answer in answers
        if (text := _told(answer)) is not None
    ]


def _batches(stretches: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """Neighbouring parts, a minute and a half of them at most."""
    batch: list[Span] = []
    for part in _parts(stretches):
        length = sum(each.end_ms - each.start_ms for each in (*batch, part))
        if batch and length > _BATCH_MS:
            yield tuple(batch)
            batch = []
        batch.append(part)
    if batch:
        yield tuple(batch)


def _parts(stretches: Sequence[Span]) -> Iterator[Span]:
    for stretch in stretches:
        length = stretch.end_ms - stretch.start_ms
        count = -(-length // _PART_MS)
        edges = [stretch.start_ms + length * part // count for part in range(count + 1)]
        yield from (Span(start_ms=start, end_ms=end) for start, end in pairwise(edges))


def _told(answer: SoundAnswer) -> str | None:
    """A few words on one line, of what was surely heard."""
    told = one_line(answer.sound or "").strip("[]()♪. ")
    usable = has_letters(told) and len(told) <= _LONGEST and not set(told) & set("[]<>")
    return told if usable and answer.confidence >= _SURE else None
