"""Repairs translations that violate the client's glossary: they are requested once more, with the reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from activities.ports import Line
from activities.texts.hints import Words
from schema.errors import ProviderFailed

_log = logging.getLogger(__name__)


async def mended(
    lines: Sequence[Line],
    answers: Mapping[str, str],
    words: Words,
    ask: Callable[[list[Line]], Awaitable[Sequence[Line]]],
) -> dict[str, str]:
    """Better translations by id. The better of two stays; what is wrong with it then is a finding, which stands in the
    way of approval. So it is where the provider refuses to say it again: what it has said can be used.

    Raises:
        ProviderFailed: the provider could not, and may later.
    """
    wrong = await asyncio.to_thread(_faults, lines, answers, words)
    unfit = [line.model_copy(update={"wrong": " ".join(why)}) for line in lines if (why := wrong[line.id])]
    if not unfit:
        return {}
    try:
        asked = await ask(unfit)
    except ProviderFailed as failed:
        if failed.retryable:
            raise
        _log.warning("%d translations stay as they are: %s", len(unfit), failed.message)
        return {}
    given = {line.id: line.text for line in asked if line.text.strip()}
    left = await asyncio.to_thread(_faults, unfit, given, words)
    return {id_: given[id_] for id_, why in left.items() if len(why) < len(wrong[id_])}


def _faults(lines: Sequence[Line], answers: Mapping[str, str], words: Words) -> dict[str, list[str]]:
    return {line.id: words.wrong(line.text, answers[line.id]) for line in lines if line.id in answers}
