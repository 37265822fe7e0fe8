"""Translation by Gemini: it sees ids and text, and answers JSON by id. Times, counts and markup stay with the code."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from functools import partial
from typing import Self

from google import genai
from google.genai import types
from pydantic import BaseModel, TypeAdapter

from activities.google.clients import gemini_of
from activities.google.gemini import SERVICE, ask_json
from activities.google.locales import HEARD, languages_of
from activities.ports import Checkpoints, Line, Progress, TermHint
from activities.running.by_id import Answers, KeptAnswers, Unusable, complete
from activities.running.in_flight import finish_all
from activities.texts.dialogue import split_speakers
from activities.texts.material import MATERIAL
from schema import objects
from schema.errors import ProviderFailed
from schema.settings import Settings
from schema.vtt.glossary import Term, Terms
from schema.vtt.text import primary

_BATCH = 60
_AT_ONCE = 4
_MOST_NEAR = 40
"""Terms by meaning in one question."""
_CONTEXT = 5
"""Lines before a batch that are shown for their sense, not to be translated."""

_INSTRUCTION = (
    """\
You translate captions and audio description of a video from {source} to {target} (BCP 47 codes).
The user gives JSON: `lines` to translate, each with an id; `context`, the lines before them, for their sense only; \
and `glossary`.
Answer with one object for each line, in order, with the same id and its translation as `text`. Never merge, split, \
leave out or add lines, and never leave one empty; a sentence that goes on in the next line stays divided as it is.
Keep the register, numbers, URLs, names, [sounds in brackets], ♪ and leading dashes with their line breaks. \
Be brief: captions are read quickly, and descriptions are spoken in short gaps.
Where a line has a glossary `source` term, its translation must have `target`, inflected only where the language \
requires it; with `keep` the term stays as it is, with `never` it must not be called so; with `case_sensitive` only \
where it is written so. An entry with `may` is only near to a line in meaning: use it where the line means the same.
"""
    + MATERIAL
    + " Translate it as you do everything else."
)

_AGAIN = """
Lines with `wrong` were translated before, and are not as the glossary has them: `wrong` says why. Translate them anew."""


class _Answer(BaseModel):
    id: str
    text: str


_Texts = TypeAdapter(list[str])


class GeminiTranslator:
    """Batches of lines, a few at once; an answer with an id missing, extra, doubled or empty is never used."""

    name = "gemini"
    is_draft = False

    def __init__(self, client: genai.Client, model: str) -> None:
        self._client = client
        self._model = model
        self.engine = f"gemini {model}"
        self._languages = sorted({primary(code) for code in languages_of(HEARD)})

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings), settings.gemini_model)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Any two of the languages that Google hears."""
        return frozenset((one, two) for one in self._languages for two in self._languages if one != two)

    def told(self, source: str, target: str) -> str:
        return self.name

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        """Translate every line that has words; others come back as they are. Line breaks are not kept, but where a
        dash opens another speaker's part. Each answer is kept, so that a crash repeats those in flight.

        Raises:
            ProviderFailed: the pair is not offered, Google refused or failed, or a line got no usable answer even
                alone.
        """
        if not {primary(source), primary(target)} <= set(self._languages):
            raise ProviderFailed(f"{SERVICE} is not offered for {source}-{target}.", retryable=False)
        spoken = [place for place, line in enumerate(lines) if any(sign.isalpha() for sign in line.text)]
        batches = [spoken[first : first + _BATCH] for first in range(0, len(spoken), _BATCH)]
        lines = [line.model_copy(update={"text": "\n".join(split_speakers(line.text))}) for line in lines]
        glossary = _Glossary(terms, source)
        instruction = _INSTRUCTION.format(source=source, target=target)
        texts: dict[int, str] = {}
        progress(0.0, f"0 of {len(spoken)} lines translated")

        async def translate_batch(batch: Sequence[int]) -> None:
            texts.update(await self._batch(lines, batch, instruction, glossary, checkpoints))
            progress(len(texts) / len(spoken), f"{len(texts)} of {len(spoken)} lines translated")

        await finish_all((partial(translate_batch, batch) for batch in batches), _AT_ONCE)
        progress(1.0, f"{len(lines)} lines translated")
        return [Line(id=line.id, text=texts.get(place, line.text)) for place, line in enumerate(lines)]

    async def _batch(
        self,
        lines: Sequence[Line],
        places: Sequence[int],
        instruction: str,
        glossary: _Glossary,
        checkpoints: Checkpoints,
    ) -> dict[int, str]:
        """Translations by place. The model sees places as ids, for ids of people can be anything."""
        if any(lines[place].wrong for place in places):
            instruction += _AGAIN
        context = [line.text for line in lines[max(0, places[0] - _CONTEXT) : places[0]]]

        def told(ids: Sequence[str]) -> list[dict[str, object]]:
            asked = [lines[int(id_)] for id_ in ids]
            return glossary.of([line.text for line in asked], {line.id for line in asked})

        def key_of(ids: Sequence[str]) -> str:
            texts = [line.text + line.wrong for line in (lines[int(id_)] for id_ in ids)]
            of = objects.hash_of(self._model, instruction, context, told(ids), texts)
            return f"gemini-translation-{of}"

        async def ask(ids: Sequence[str]) -> Answers[str]:
            question = {
                "context": context,
                "glossary": told(ids),
                "lines": [_asked(id_, lines[int(id_)]) for id_ in ids],
            }
            part = types.Part(text=json.dumps(question, ensure_ascii=False))
            answers = await ask_json(self._client, self._model, instruction, [part], _Answer)
            empty = next((answer.id for answer in answers if not answer.text.strip()), None)
            if empty is not None:
                raise Unusable(f"the answer for id {empty} was empty")
            return [(answer.id, "\n".join(split_speakers(answer.text))) for answer in answers]

        named = {str(place): f"line {lines[place].id} ({lines[place].text!r})" for place in places}
        kept = KeptAnswers(checkpoints, _Texts, key_of)
        answers = await complete([str(place) for place in places], ask, SERVICE, named, kept)
        return {int(id_): text for id_, text in answers.items()}


class _Glossary:
    """The hints, as entries for the lines in which they stand, and to which they are near in meaning."""

    def __init__(self, hints: Sequence[TermHint], language: str) -> None:
        terms = {
            Term(hint.source, hint.target, hint.case_sensitive, hint.do_not_translate, hint.forbidden): hint
            for hint in hints
            if not hint.near
        }
        self._entries = {term: _entry(hint) for term, hint in terms.items()}
        self._terms = [
            Terms(((term.source, term) for term in terms if term.forbidden is forbidden), language)
            for forbidden in (False, True)
        ]
        self._near = [hint for hint in hints if hint.near]

    def of(self, texts: Sequence[str], ids: Set[str]) -> list[dict[str, object]]:
        """All that stand in `texts`, then at most `_MOST_NEAR` that are near to lines with `ids`."""
        standing = {match.term for terms in self._terms for text in texts for match in terms.find(text)}
        told = [entry for term, entry in self._entries.items() if term in standing]
        near = [hint for hint in self._near if not ids.isdisjoint(hint.near)]
        return told + [{"source": hint.source, "may": hint.target} for hint in near[:_MOST_NEAR]]


def _asked(id_: str, line: Line) -> dict[str, str]:
    return {"id": id_, "text": line.text} | ({"wrong": line.wrong} if line.wrong else {})


def _entry(hint: TermHint) -> dict[str, object]:
    entry: dict[str, object] = {"source": hint.source}
    if hint.forbidden:
        entry["never"] = hint.target
    else:
        entry |= {"keep": True} if hint.do_not_translate else {"target": hint.target}
    return entry | {"case_sensitive": True} if hint.case_sensitive else entry
