"""Decides which calls fail: a share of them, by their content and repetition, so that a run can be repeated."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc

from deploy.local.google.gemini import refused, stopped
from deploy.local.google.grpc_server import refuse

Json = dict[str, Any]


@dataclass
class Luck:
    """Counts calls, failures and answers, by (service, call)."""

    share: float
    """The share of calls that fail, 0 to 1."""
    seed: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)

    def draw(self, service: str, asked: str) -> float | None:
        """None if the call succeeds; otherwise a number from 0 to 1 that selects the failure."""
        key = (service, asked)
        self.asked[key] += 1
        seed = f"{self.seed} " if self.seed else ""
        digest = hashlib.sha256(f"{seed}{key} {self.asked[key]}".encode()).digest()
        if int.from_bytes(digest[:4]) >= self.share * 2**32:
            self.answered[key] += 1
            return None
        self.failed[service] += 1
        return int.from_bytes(digest[4:8]) / 2**32

    def told(self) -> list[str]:
        """One line per service: the number of calls, and of failures."""
        calls = Counter(service for service, _ in self.asked.elements())
        return [
            f"{service}: {count} calls, {self.failed[service]} failed"
            for service, count in sorted(calls.items())
        ]


LOST: list[Callable[[list[Json]], Any]] = [
    refused(503, "UNAVAILABLE", "Down."),
    refused(429, "RESOURCE_EXHAUSTED", "Too many.", "0.01s"),
    refused(500, "INTERNAL", "Oops."),
    stopped("MAX_TOKENS"),
    lambda given: given[1:],
    lambda given: "I cannot.",
]
"""The ways in which an answer of Gemini's can fail."""
_CODES = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]


def lost(drawn: float | None, given: list[Json]) -> Any:
    """The answer, or the failure that the draw selects."""
    return given if drawn is None else LOST[int(drawn * len(LOST))](given)


async def answer_or_refuse(context: grpc.aio.ServicerContext, drawn: float | None) -> None:
    """Ends the call if it is to fail."""
    if drawn is not None:
        await refuse(context, _CODES[int(drawn * len(_CODES))], "Not now.")
