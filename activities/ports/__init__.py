"""Ports: what activities need from the outside world, as documented protocols.

Each port has a `local` adapter (real work on this machine; says that it is a draft) and may have a `google` one. Every
adapter of a port passes the same suite in `tests/activities/contract`. The object store's port lives in
`schema/object_store.py`, for the API speaks to it too.

Rules of every adapter:

- An error is `schema.errors.ProviderFailed`, classified once: retryable with the vendor's delay, or not.
- Long work reports through `Progress` at least every few seconds: that is also how a cancel reaches it.
- CPU work runs in a child process (`activities/running/child.py`), never on the event loop.
"""

from activities.ports.mail import Mailer, MailRefused
from activities.ports.running import Checkpoints, Progress
from activities.ports.sight import Describer, SceneSight, Sight
from activities.ports.speech import (
    SoundNamer,
    Speaker,
    SpeechAudio,
    SpeechDetector,
    SpeechRecognizer,
    Voice,
    VoiceInfo,
)
from activities.ports.texts import Embedder, Line, TermHint, TextModel, Translator

__all__ = [
    "Checkpoints",
    "Describer",
    "Embedder",
    "Line",
    "MailRefused",
    "Mailer",
    "Progress",
    "SceneSight",
    "Sight",
    "SoundNamer",
    "Speaker",
    "SpeechAudio",
    "SpeechDetector",
    "SpeechRecognizer",
    "TermHint",
    "TextModel",
    "Translator",
    "Voice",
    "VoiceInfo",
]
