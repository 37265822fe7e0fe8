"""Gemini asked in text alone."""

from __future__ import annotations

from google.genai import types

from activities.google.gemini import SERVICE, OfGemini, ask_json
from activities.ports.texts import A


class GeminiText(OfGemini):
    """Its questions are sent once: an error is Temporal's to wait for."""

    name = SERVICE

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        """
        Raises:
            Unusable: the answer was blocked, cut off, or is not the JSON that was asked for.
            ProviderFailed: Google refused or failed.
        """
        return await ask_json(self._client, self._model, instruction, [types.Part(text=question)], answer)
