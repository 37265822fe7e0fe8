"""Previews of voices: the request lies in the bucket, and messages name it by its key."""

from __future__ import annotations

from schema.contracts.base import Contract
from schema.enums import VoiceProvider


class PreviewRequest(Contract):
    """What is to be heard; the same request has the same key."""

    text: str
    language: str
    provider: VoiceProvider
    model: str | None = None
    """None is the provider's own."""
    voice: str | None = None
    """None is the provider's own for the language."""


class PreviewInput(Contract):
    key: str
    """`schema.objects.preview` names the request and the sound by it."""


class PreviewResult(Contract):
    spoken: bool
    """Whether it was spoken now; else it was there."""
