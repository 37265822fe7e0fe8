"""Every translator of this machine as one. Your own models take precedence over Apertium."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from activities.local.apertium_places import FOLDER
from activities.local.translator import ApertiumTranslator
from activities.local.weights import weights_folder
from activities.ports import Checkpoints, Line, Progress, TermHint, Translator
from schema.errors import ProviderFailed
from schema.vtt.text import primary


@runtime_checkable
class Closing(Protocol):
    def close(self) -> None: ...


class LocalTranslators:
    """`translators` in order of preference, the last one for what none of them has."""

    name = "local"
    is_draft = True

    def __init__(self, *translators: Translator) -> None:
        self._translators = translators
        self.engine = ", ".join(each.engine for each in translators)

    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset[tuple[str, str]]().union(*(each.pairs() for each in self._translators))

    def told(self, source: str, target: str) -> str:
        return self._of(source, target).told(source, target)

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        """
        Raises:
            ProviderFailed: none has the pair, or the one that has could not.
        """
        return await self._of(source, target).translate(lines, source, target, terms, checkpoints, progress)

    def close(self) -> None:
        """End the processes that translate; a later call starts others."""
        for translator in self._translators:
            if isinstance(translator, Closing):
                translator.close()

    def _of(self, source: str, target: str) -> Translator:
        pair = (primary(source), primary(target))
        for translator in self._translators:
            if pair in translator.pairs():
                return translator
        raise ProviderFailed(
            f"Nothing here translates {source}-{target}: run `make weights` for Apertium's pairs, put a model in the "
            "folder of MT_MODELS, or set TRANSLATE_PROVIDER to google.",
            retryable=False,
        )


def local_translator(
    work: Path, *, folder: Path | None = None, weights: Path | None = None, threads: int = 0
) -> Translator:
    """`work` is for temporary files, `folder` has models of somebody's own (MT_MODELS), `weights` what set-up obtained.

    Raises:
        Misconfigured: `folder` is named, and holds no model, or nothing here can load it.
    """
    apertium = ApertiumTranslator(work, weights_folder(weights) / FOLDER)
    if folder is None:
        return apertium
    from activities.local.neural import NeuralTranslator

    return LocalTranslators(NeuralTranslator(folder, threads), apertium)
