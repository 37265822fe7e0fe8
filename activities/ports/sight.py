"""Descriptions of the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from activities.ports.running import Checkpoints, Progress
from schema.contracts.media import MediaReport


class SceneSight(BaseModel):
    """One scene as it was observed."""

    model_config = ConfigDict(frozen=True)

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    description: str | None = None
    """A sentence that can be spoken as it stands. None if the adapter cannot tell what is seen; such a scene becomes a
    NOTE for the writer, never a spoken placeholder."""
    on_screen_text: tuple[str, ...] = ()
    note: str | None = None
    """For the writer: what was recognised, and what was not."""
    confidence: float = Field(default=1.0, ge=0, le=1)


class Sight(BaseModel):
    """Observations in time order, covering the whole video."""

    model_config = ConfigDict(frozen=True)

    language: str
    provider: str
    draft: bool
    scenes: tuple[SceneSight, ...]
    engine: str | None = None
    """The describer, with its model."""


class Describer(Protocol):
    """Observes a video. Placing the observations between the words is our own work (`activities/describe.py`)."""

    name: str
    engine: str
    """Everything that a result depends on other than picture and language: the model."""
    is_draft: bool

    def languages(self) -> frozenset[str]: ...

    def sees(self, report: MediaReport) -> bool:
        """Whether it can look at the chosen picture of such a file. If not, it is given the chosen picture and sound as
        an MP4."""
        ...

    async def watch(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
        style: str = "",
    ) -> Sight:
        """Look at every scene of `report` and say what is in it, in `language`, as `style` asks: a client's words, and a
        job's. They are about how it is written alone.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...
