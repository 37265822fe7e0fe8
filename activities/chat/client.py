"""One question with pictures to a server that speaks the OpenAI chat API, answered as JSON that a Pydantic model reads.

https://platform.openai.com/docs/api-reference/chat/create, of which only what llama.cpp, Ollama and vLLM know too is used:
messages, `image_url` parts with data, `response_format`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, Generic, Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from activities import limits
from activities.running.by_id import Unusable
from schema.errors import ProviderFailed
from schema.settings import Settings

SERVICE = "The chat server"
_CONNECT_S = 10.0
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_JSON = re.compile(r"[\[{].*[\]}]", re.DOTALL)
"""Some models output their reasoning, a code block around the JSON, or an introduction, despite instructions."""
_MOST_WAITED_S = 3600.0
_TOO_MUCH = 413
"""Up to half of the pictures may be missing."""
_PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that are transient: timeouts, too early, rate limits."""
_REFUSED = {
    401: "it refuses the key: set DESCRIBE_API_KEY",
    403: "it refuses the key: set DESCRIBE_API_KEY",
    402: "it is to be paid first: see the account that DESCRIBE_API_KEY is of",
    404: "it has no such address or model: see DESCRIBE_URL and DESCRIBE_MODEL",
}

M = TypeVar("M", bound=BaseModel)


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Fault(BaseModel):
    code: int | str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] | None = None
    error: _Fault | None = None
    """Errors of a proxy that has already answered 200."""


class _Answers(BaseModel, Generic[M]):
    answers: list[M]


class ChatClient:
    """`url` is the API's root, such as http://127.0.0.1:11434/v1."""

    def __init__(self, url: str, model: str, key: str | None) -> None:
        self._address = f"{url.rstrip('/')}/chat/completions"
        self.model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """From the settings, which are checked where they are read."""
        assert settings.describe_url is not None and settings.describe_model is not None
        key = settings.describe_api_key
        return cls(settings.describe_url, settings.describe_model, key.get_secret_value() if key else None)

    async def ask_json(
        self, instruction: str, question: str, pictures: Sequence[bytes], answer: type[M]
    ) -> list[M]:
        """The list that the model answers with. `pictures` are JPEG.

        Raises:
            Unusable: the question is too large, the answer was cut off, or is not the JSON that was asked for.
            ProviderFailed: the server is out of reach, refused or failed.
        """
        schema = {
            "type": "object",
            "properties": {"answers": {"type": "array", "items": answer.model_json_schema()}},
            "required": ["answers"],
        }
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": instruction},
                {"role": "user", "content": [{"type": "text", "text": question}, *map(_picture, pictures)]},
            ],
            "response_format": {"type": "json_schema", "json_schema": {"name": "answers", "schema": schema}},
        }
        return _read(await self._post(body), answer)

    async def _post(self, body: dict[str, Any]) -> bytes:
        timeout = httpx2.Timeout(limits.CHAT_S, connect=_CONNECT_S)
        try:
            async with httpx2.AsyncClient(timeout=timeout) as http:
                reply = await http.post(self._address, json=body, headers=self._headers)
        except httpx2.TimeoutException as error:
            raise ProviderFailed(f"{SERVICE} did not answer in time.", retryable=True) from error
        except (httpx2.RequestError, OSError) as error:
            raise ProviderFailed(
                f"{SERVICE} is out of reach ({type(error).__name__}): see DESCRIBE_URL.", retryable=True
            ) from error
        if reply.status_code != 200:
            if reply.status_code == _TOO_MUCH:
                raise Unusable("the question is more than it takes at once")
            raise _failure(reply.status_code, reply.headers.get("retry-after", ""))
        return reply.content


def _picture(jpeg: bytes) -> dict[str, Any]:
    data = base64.b64encode(jpeg).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}


def _failure(status: int, wait: str = "") -> ProviderFailed:
    """The error without the server's message, which may quote the key."""
    if status in _PASSING or status >= 500:
        wait_s = min(float(wait), _MOST_WAITED_S) if wait.isdecimal() else None
        what = "has too much to do" if status == 429 else f"failed ({status})"
        return ProviderFailed(f"{SERVICE} {what}.", retryable=True, retry_after_s=wait_s)
    why = _REFUSED.get(status, "it does not take such a question: does the model see pictures?")
    return ProviderFailed(f"{SERVICE} answered {status}: {why}.", retryable=False)


def _read(reply: bytes, answer: type[M]) -> list[M]:
    try:
        completion = _Completion.model_validate_json(reply)
    except ValidationError as error:
        raise Unusable("it is no chat completion") from error
    if completion.error is not None and not completion.choices:
        code = completion.error.code
        raise _failure(code if isinstance(code, int) and code >= 400 else 500)
    choice = next(iter(completion.choices or ()), None)
    if choice is None or not choice.message.content:
        raise Unusable("there was no answer")
    if choice.finish_reason not in (None, "stop"):
        raise Unusable(f"the answer was stopped ({choice.finish_reason})")
    text = _THOUGHT.sub("", choice.message.content)
    found = _JSON.search(text)
    form: TypeAdapter[Any] = TypeAdapter(_Answers[answer] | list[answer])  # type: ignore[valid-type, arg-type]
    try:
        answers: list[M] | _Answers[M] = form.validate_json(found.group() if found else text)
    except ValidationError as error:
        raise Unusable(f"it is not the JSON that was asked for ({error.error_count()} faults)") from error
    return answers if isinstance(answers, list) else answers.answers
