"""Sentences through a translation model (ctranslate2): runs in a child process, which keeps what it has loaded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from schema.errors import ProviderFailed

if TYPE_CHECKING:
    from ctranslate2 import Translator

_LONGEST = 512
"""Tokens of an answer: a model that says the same over and over stops there."""


class Model(NamedTuple):
    """A pair's folder, and the SentencePiece models of its source and target."""

    folder: str
    divider: str
    joiner: str
    threads: int


def translate(model: Model, sentences: Sequence[str]) -> list[str]:
    """One answer a sentence, in order.

    Raises:
        ProviderFailed: the folder holds no such model.
    """
    try:
        translator, divider, joiner = _loaded(model)
    except (OSError, RuntimeError, ValueError) as error:
        raise ProviderFailed(
            f"{model.folder} of MT_MODELS cannot be loaded: {error}", retryable=False
        ) from None
    tokens = divider.encode(list(sentences), out_type=str)
    answers = translator.translate_batch(tokens, max_decoding_length=_LONGEST, replace_unknowns=True)
    return [str(joiner.decode(answer.hypotheses[0])).strip() for answer in answers]


@cache
def _loaded(model: Model) -> tuple[Translator, Any, Any]:
    import ctranslate2
    from sentencepiece import SentencePieceProcessor

    translator = ctranslate2.Translator(model.folder, inter_threads=1, intra_threads=model.threads)
    dividers = {path: SentencePieceProcessor(path) for path in {model.divider, model.joiner}}
    return translator, dividers[model.divider], dividers[model.joiner]
