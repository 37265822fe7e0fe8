"""What looks at the whole platform: found once for all who ask a process within some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.bodies.queues import QueueStats
from api.operations import queues
from api.parts import Parts
from api.shared import Shared


@dataclass(frozen=True, slots=True)
class Looks:
    queues: Shared[QueueStats]

    @classmethod
    def at(cls, parts: Parts) -> Self:
        return cls(queues=Shared(lambda: queues.look(parts.temporal), queues.KEPT_S))


async def get_looks(connection: HTTPConnection) -> Looks:
    looks = connection.app.state.looks
    assert isinstance(looks, Looks)
    return looks


SharedLooks = Annotated[Looks, Depends(get_looks)]
