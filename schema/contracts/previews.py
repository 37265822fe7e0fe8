"""Previews of voices. The request is stored in the bucket, and messages refer to it by its key."""

from __future__ import annotations

from schema.contracts.base import Contract
from schema.enums import VoiceProvider


class PreviewRequest(Contract):
    """The preview to speak. The same request has the same key."""

    text: str
    language: str
    provider: VoiceProvider
    model: str | None = None
    """None means the provider's default."""
    voice: str | None = None
    """None means the provider's default for the language."""


class PreviewInput(Contract):
    key: str
    """`schema.objects.preview` derives the names of the request and of the sound from it."""


class PreviewResult(Contract):
    spoken: bool
    """Whether it was spoken now rather than found."""
