"""What is composed: for each scene a line, or nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

BY_RULE = "rule"
"""Who composed where no model did."""


class ScriptLine(BaseModel):
    """What is told of one scene."""

    model_config = ConfigDict(frozen=True)

    description: str | None = None
    """As it is spoken; None where nothing is told of the scene."""
    at_ms: int = Field(ge=0)
    """Where it would begin best. Where it does begin is the plan's to say."""
    remarks: tuple[str, ...] = ()
    """For the writer."""
    seen: str | None = None
    """What was seen, where the script leaves it out."""
    names: tuple[str, ...] = ()
    """Of people, as a model says that it uses them."""


class Script(BaseModel):
    """One line a scene, in the order of the scenes."""

    model_config = ConfigDict(frozen=True)

    by: str
    lines: tuple[ScriptLine, ...]
    notes: tuple[str, ...] = ()
    """For the writer, of the whole."""
    final: bool = True
    """Whether the same question would be answered so again; not where the provider refused it."""
