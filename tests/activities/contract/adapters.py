"""Every adapter of each port, ready to be used: what the contract suites run over.

An adapter that this machine cannot run is skipped with what it lacks, by name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from activities.local.recognizer import PocketsphinxRecognizer
from activities.ports import SpeechRecognizer


@asynccontextmanager
async def pocketsphinx() -> AsyncIterator[SpeechRecognizer]:
    yield PocketsphinxRecognizer(processes=2)


RECOGNIZERS: dict[str, Callable[[], AbstractAsyncContextManager[SpeechRecognizer]]] = {
    "pocketsphinx": pocketsphinx,
}
