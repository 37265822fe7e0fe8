"""Of who does the work of machines, and of glossaries."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """Who stands behind an AI step. `local` makes drafts on this machine, and says so."""

    GOOGLE = "google"
    LOCAL = "local"
    CHAT = "chat"
    """A server that speaks the OpenAI chat API with pictures: it describes, and does nothing else."""


class VoiceProvider(StrEnum):
    """Who speaks."""

    GEMINI = "gemini"
    GOOGLE = "google"
    LOCAL = "local"


class Embedder(StrEnum):
    """Whose vectors tell what terms mean. A name counts up with whatever gives other vectors."""

    NGRAMS = "ngrams-1"
    E5 = "multilingual-e5-small-q4-1"
    GEMINI = "gemini-embedding-001"


class EmbeddingState(StrEnum):
    """How far a glossary version's terms are made findable by meaning."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    STALE = "stale"
    """Made by another embedder than the configured one: `reembed` makes them anew. Never stored, for it follows from
    the setting."""


class SuggestionState(StrEnum):
    """What became of a term that somebody suggested."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
