"""Enumerations of AI providers and of glossaries."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """The provider of an AI step. `local` makes drafts on this machine, and marks them as such."""

    GOOGLE = "google"
    LOCAL = "local"
    CHAT = "chat"
    """A server that speaks the OpenAI chat API with pictures. It only describes."""


class VoiceProvider(StrEnum):
    """The provider of a voice."""

    GEMINI = "gemini"
    GOOGLE = "google"
    LOCAL = "local"


class Embedder(StrEnum):
    """The embedder of terms. Anything that changes the vectors gets a new name."""

    NGRAMS = "ngrams-1"
    E5 = "multilingual-e5-small-q4-1"
    GEMINI = "gemini-embedding-001"


class EmbeddingState(StrEnum):
    """The embedding state of a glossary version."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    STALE = "stale"
    """Made by another embedder than the configured one; `reembed` makes it again. Derived from the setting, never
    stored."""


class SuggestionState(StrEnum):
    """The state of a suggested term."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
