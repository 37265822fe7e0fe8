"""The chat server as a text model."""

from __future__ import annotations

from typing import Self

from activities.chat.client import SERVICE, ChatClient
from activities.ports.texts import A
from schema.settings import Settings


class ChatText:
    """Does not retry; that is left to Temporal."""

    name = SERVICE

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self.engine = f"chat {client.model}"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(ChatClient.of(settings))

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        """
        Raises:
            Unusable: the answer was cut off, or is not the JSON that was asked for.
            ProviderFailed: the server is out of reach, refused or failed.
        """
        return await self._client.ask_json(instruction, question, (), answer)
