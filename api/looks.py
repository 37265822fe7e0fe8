"""Status checks of the whole platform, each run once for all who ask a process within some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.bodies.health import DetailedHealth
from api.bodies.queues import QueueStats
from api.operations import checks, queues
from api.parts import Parts
from api.shared import Shared


@dataclass(frozen=True, slots=True)
class Looks:
    queues: Shared[QueueStats]
    health: Shared[DetailedHealth]

    @classmethod
    def at(cls, parts: Parts) -> Self:
        waiting = Shared(lambda: queues.look(parts.temporal), queues.KEPT_S)
        return cls(queues=waiting, health=Shared(lambda: checks.look(parts, waiting), checks.KEPT_S))


async def get_looks(connection: HTTPConnection) -> Looks:
    looks = connection.app.state.looks
    assert isinstance(looks, Looks)
    return looks


SharedLooks = Annotated[Looks, Depends(get_looks)]
