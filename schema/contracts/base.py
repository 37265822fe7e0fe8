"""What every contract is: frozen, strict about unknown fields, and small (references, never media or text)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Frozen, so that a workflow cannot change what it was told; unknown fields are refused, so that a typing
    mistake in the Temporal UI is an error and not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
