"""Neural translation on this machine, with your own models in a folder (MT_MODELS): one folder per pair.

A pair's folder is named for it, such as `en-es`, and holds what ctranslate2's converters write (`model.bin`, with its
configuration and vocabulary), and the SentencePiece models that its words are divided by: `source.spm` and
`target.spm`, or `sentencepiece.model` for both.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import accumulate, pairwise
from pathlib import Path

from activities.local.apertium_text import Unit, protect, restore
from activities.local.neural_model import Model, translate
from activities.local.resident import Resident
from activities.ports import Checkpoints, Line, Progress, TermHint
from activities.texts.dialogue import split_speakers
from schema import objects
from schema.errors import Misconfigured, ProviderFailed
from schema.vtt.glossary import Term, Terms
from schema.vtt.sentences import split_sentences
from schema.vtt.text import primary

_VERSION = 1
"""Version of the output. Raise it when this module translates differently."""
_BATCH = 32
_TIMEOUT_S = 300.0
"""A batch takes seconds: only a process that hangs takes so long."""
_MODEL = "model.bin"
_DIVIDERS = (("source.spm", "target.spm"), ("sentencepiece.model", "sentencepiece.model"))
_NEEDED = ("ctranslate2", "sentencepiece")


class NeuralTranslator:
    """Sentence by sentence. A term of the glossary goes through as a word that no model knows; where that does not come
    back whole the sentence is translated without it, and the check of terms finds what is missing."""

    name = "ctranslate2"
    is_draft = True

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """
        Raises:
            Misconfigured: `folder` holds no model, one lacks a part, or nothing here can load it.
        """
        if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
            raise Misconfigured(f"MT_MODELS is set, and {missing[0]} is not installed: run `make weights`.")
        self._models = dict(_models(folder, threads or os.cpu_count() or 1))
        if not self._models:
            raise Misconfigured(
                f"MT_MODELS is {folder}, which holds no folder of a pair, such as en-es, with a {_MODEL}."
            )
        self._resident = Resident()
        content = objects.hash_of(sorted((*pair, _content(model)) for pair, model in self._models.items()))
        self.engine = f"ctranslate2 {version('ctranslate2')} {content[:12]}, {_VERSION}"

    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(self._models)

    def told(self, source: str, target: str) -> str:
        return f"{self.name} ({primary(source)}-{primary(target)})"

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        """Translate every line for itself. Line breaks are not kept, but where a dash opens another speaker's part.

        Raises:
            ProviderFailed: there is no model of the pair, it cannot be read, or its process died.
        """
        model = self._models.get((primary(source), primary(target)))
        if model is None:
            raise ProviderFailed(f"MT_MODELS has no model {source}-{target}.", retryable=False)
        standing = [_term(hint) for hint in terms if not hint.near and _term(hint).wanted]
        glossary = Terms(((term.source, term) for term in standing), source)
        parts = [split_speakers(line.text) for line in lines]
        sentences = [
            split_sentences(part, primary(source)) or [part] for of_line in parts for part in of_line
        ]
        units = [protect(sentence, glossary) for of_part in sentences for sentence in of_part]
        answers = iter(await self._units(model, units, primary(target), progress))
        spoken = [" ".join(next(answers) for _ in of_part).strip() for of_part in sentences]
        ends = [0, *accumulate(len(of_line) for of_line in parts)]
        return [
            Line(id=line.id, text="\n".join(filter(None, spoken[first:end])))
            for line, (first, end) in zip(lines, pairwise(ends), strict=True)
        ]

    async def _units(self, model: Model, units: Sequence[Unit], target: str, progress: Progress) -> list[str]:
        texts: list[str] = []
        for first in range(0, len(units), _BATCH):
            progress(first / len(units), f"{first} of {len(units)} sentences translated")
            batch = units[first : first + _BATCH]
            restored = [
                restore(answer, unit, target)
                for unit, answer in zip(
                    batch, await self._ask(model, [unit.text for unit in batch]), strict=True
                )
            ]
            lost = [unit.source for unit, text in zip(batch, restored, strict=True) if text is None]
            again = iter(await self._ask(model, lost))
            texts += [next(again) if text is None else text for text in restored]
        progress(1.0, f"{len(units)} sentences translated")
        return texts

    async def _ask(self, model: Model, texts: Sequence[str]) -> list[str]:
        """One answer a text. What has no words is not sent, and is its own translation."""
        sent = [text for text in texts if Unit(text).has_words]
        answers = iter(
            await self._resident.call(translate, model, sent, timeout_s=_TIMEOUT_S) if sent else ()
        )
        return [next(answers) if Unit(text).has_words else text.strip() for text in texts]

    def close(self) -> None:
        """End the process that translates; a later call starts another."""
        self._resident.close()


def _term(hint: TermHint) -> Term:
    return Term(hint.source, hint.target, hint.case_sensitive, hint.do_not_translate, hint.forbidden)


def _models(folder: Path, threads: int) -> Iterator[tuple[tuple[str, str], Model]]:
    """
    Raises:
        Misconfigured: a model lacks what divides its words.
    """
    for model in sorted(folder.glob(f"*-*/{_MODEL}")):
        pair = model.parent
        source, _, target = pair.name.partition("-")
        for divider, joiner in _DIVIDERS:
            if (pair / divider).is_file() and (pair / joiner).is_file():
                yield (
                    (source.lower(), target.lower()),
                    Model(str(pair), str(pair / divider), str(pair / joiner), threads),
                )
                break
        else:
            raise Misconfigured(
                f"{pair} of MT_MODELS lacks source.spm and target.spm, or sentencepiece.model for both."
            )


def _content(model: Model) -> list[tuple[str, int]]:
    """What tells one model from another without reading gigabytes: names and sizes."""
    folder = Path(model.folder)
    return sorted((file.name, file.stat().st_size) for file in folder.iterdir() if file.is_file())
