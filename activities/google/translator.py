"""Translation by Gemini: it sees ids and text, and answers JSON by id. Times, counts and markup stay with the code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Self

from google import genai
from google.genai import types
from pydantic import BaseModel

from activities.dialogue import split_speakers
from activities.google.by_id import Answers, Unusable, complete
from activities.google.clients import gemini_of
from activities.google.gemini import SERVICE, TEXT_MODEL, ask_json
from activities.google.locales import HEARD, languages_of
from activities.ports import Line, Progress, TermHint
from schema.errors import ProviderFailed
from schema.settings import Settings
from schema.vtt.text import primary

_BATCH = 60
_AT_ONCE = 4
_CONTEXT = 5
"""Lines before a batch that are shown for their sense, not to be translated."""

_INSTRUCTION = """\
You translate captions and audio description of a video from {source} to {target} (BCP 47 codes).
The user gives JSON: `lines` to translate, each with an id; `context`, the lines before them, for their sense only; \
and `glossary`.
Answer with one object for each line, in order, with the same id and its translation as `text`. Never merge, split, \
leave out or add lines, and never leave one empty; a sentence that goes on in the next line stays divided as it is.
Keep the register, numbers, URLs, names, [sounds in brackets], ♪ and leading dashes with their line breaks. \
Be brief: captions are read quickly, and descriptions are spoken in short gaps.
Where a line has a glossary `source` term, its translation must have `target`, inflected only where the language \
requires it; with `keep` the term stays as it is; with `case_sensitive` only where it is written so."""


class _Answer(BaseModel):
    id: str
    text: str


class GeminiTranslator:
    """Batches of lines, a few at once; an answer with an id missing, extra, doubled or empty is never used."""

    name = "gemini"
    is_draft = False

    def __init__(self, client: genai.Client, *, model: str = TEXT_MODEL) -> None:
        self._client = client
        self._model = model
        self._languages = sorted({primary(code) for code in languages_of(HEARD)})

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings))

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Any two of the languages that Google hears."""
        return frozenset((one, two) for one in self._languages for two in self._languages if one != two)

    async def translate(
        self, lines: Sequence[Line], source: str, target: str, terms: Sequence[TermHint], progress: Progress
    ) -> list[Line]:
        """Translate every line that has words; others come back as they are. Line breaks are not kept, but where a
        dash opens another speaker's part.

        Raises:
            ProviderFailed: the pair is not offered, Google refused or failed, or a line got no usable answer even
                alone.
        """
        if not {primary(source), primary(target)} <= set(self._languages):
            raise ProviderFailed(f"{SERVICE} is not offered for {source}-{target}.", retryable=False)
        spoken = [place for place, line in enumerate(lines) if any(sign.isalpha() for sign in line.text)]
        batches = [spoken[first : first + _BATCH] for first in range(0, len(spoken), _BATCH)]
        lines = [line.model_copy(update={"text": "\n".join(split_speakers(line.text))}) for line in lines]
        glossary = [_entry(hint) for hint in terms]
        instruction = _INSTRUCTION.format(source=source, target=target)
        done = 0
        turn = asyncio.Semaphore(_AT_ONCE)
        progress(0.0, f"0 of {len(spoken)} lines translated")

        async def translate_batch(batch: Sequence[int]) -> dict[int, str]:
            nonlocal done
            async with turn:
                answers = await self._batch(lines, batch, instruction, glossary)
            done += len(batch)
            progress(done / len(spoken), f"{done} of {len(spoken)} lines translated")
            return answers

        texts: dict[int, str] = {}
        for answers in await _all(translate_batch(batch) for batch in batches):
            texts |= answers
        progress(1.0, f"{len(lines)} lines translated")
        return [Line(id=line.id, text=texts.get(place, line.text)) for place, line in enumerate(lines)]

    async def _batch(
        self,
        lines: Sequence[Line],
        places: Sequence[int],
        instruction: str,
        glossary: Sequence[dict[str, object]],
    ) -> dict[int, str]:
        """Translations by place. The model sees places as ids, for ids of people can be anything."""
        context = [line.text for line in lines[max(0, places[0] - _CONTEXT) : places[0]]]

        async def ask(ids: Sequence[str]) -> Answers[str]:
            question = {
                "context": context,
                "glossary": glossary,
                "lines": [{"id": id_, "text": lines[int(id_)].text} for id_ in ids],
            }
            part = types.Part(text=json.dumps(question, ensure_ascii=False))
            answers = await ask_json(self._client, self._model, instruction, [part], _Answer)
            empty = next((answer.id for answer in answers if not answer.text.strip()), None)
            if empty is not None:
                raise Unusable(f"the answer for id {empty} was empty")
            return [(answer.id, "\n".join(split_speakers(answer.text))) for answer in answers]

        named = {str(place): f"line {lines[place].id} ({lines[place].text!r})" for place in places}
        answers = await complete([str(place) for place in places], ask, SERVICE, named)
        return {int(id_): text for id_, text in answers.items()}


def _entry(hint: TermHint) -> dict[str, object]:
    entry: dict[str, object] = {"source": hint.source}
    entry |= {"keep": True} if hint.do_not_translate else {"target": hint.target}
    return entry | {"case_sensitive": True} if hint.case_sensitive else entry


async def _all(works: Iterable[Coroutine[Any, Any, dict[int, str]]]) -> list[dict[int, str]]:
    """The results in order; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
