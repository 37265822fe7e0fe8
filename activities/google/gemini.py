"""One question to Gemini, answered as JSON that a Pydantic model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar

from google import genai
from google.genai import types
from pydantic import BaseModel, TypeAdapter, ValidationError

from activities import limits
from activities.google.clients import gemini_of
from activities.google.errors import classified
from activities.running.by_id import Unusable
from schema.settings import Settings

SERVICE = "Gemini"

M = TypeVar("M", bound=BaseModel)


class OfGemini:
    """What asks one of Gemini's models."""

    revision: ClassVar[int | None] = None
    """Raised when the same question would be asked otherwise."""

    def __init__(self, client: genai.Client, model: str) -> None:
        self._client = client
        self._model = model
        self.engine = f"gemini {model}" if self.revision is None else f"gemini {model}, {self.revision}"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings), settings.gemini_model)


async def ask_json(
    client: genai.Client, model: str, instruction: str, parts: Sequence[types.Part], answer: type[M]
) -> list[M]:
    """The list that Gemini answers with. Sampling is left to the model: newer ones refuse to have it set.

    Raises:
        Unusable: the answer was blocked, cut off, or is not the JSON that was asked for.
        ProviderFailed: Google refused or failed.
    """
    config = types.GenerateContentConfig(
        system_instruction=instruction,
        response_mime_type="application/json",
        response_json_schema={"type": "array", "items": answer.model_json_schema()},
        http_options=types.HttpOptions(timeout=round(limits.GEMINI_S * 1000)),
    )
    with classified(SERVICE):
        response = await client.aio.models.generate_content(
            model=model, contents=[types.Content(role="user", parts=list(parts))], config=config
        )
    check_finished(response)
    try:
        return TypeAdapter(list[answer]).validate_json(response.text or "")  # type: ignore[valid-type]
    except ValidationError as error:
        raise Unusable(f"it is not the JSON that was asked for ({error.error_count()} faults)") from error


def check_finished(response: types.GenerateContentResponse) -> types.Candidate:
    """The answer, if the model came to its end.

    Raises:
        Unusable: it was blocked or cut off, by name.
    """
    feedback = response.prompt_feedback
    if feedback and feedback.block_reason:
        raise Unusable(f"the question was blocked ({_name(feedback.block_reason)})")
    candidate = next(iter(response.candidates or ()), None)
    if candidate is None:
        raise Unusable("there was no answer")
    if candidate.finish_reason is not None and candidate.finish_reason != types.FinishReason.STOP:
        raise Unusable(f"the answer was stopped ({_name(candidate.finish_reason)})")
    return candidate


def _name(value: Any) -> str:
    return str(getattr(value, "value", value))
