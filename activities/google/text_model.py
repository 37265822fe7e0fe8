"""Gemini asked in text alone."""

from __future__ import annotations

from typing import Self

from google import genai
from google.genai import types

from activities.google.clients import gemini_of
from activities.google.gemini import SERVICE, ask_json
from activities.ports.texts import A
from schema.settings import Settings


class GeminiText:
    """Its questions are sent once: an error is Temporal's to wait for."""

    name = SERVICE

    def __init__(self, client: genai.Client, model: str) -> None:
        self._client = client
        self._model = model
        self.engine = f"gemini {model}"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings), settings.gemini_model)

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        """
        Raises:
            Unusable: the answer was blocked, cut off, or is not the JSON that was asked for.
            ProviderFailed: Google refused or failed.
        """
        return await ask_json(self._client, self._model, instruction, [types.Part(text=question)], answer)
