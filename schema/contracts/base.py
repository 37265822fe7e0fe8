"""The base of all contracts: frozen, and small (references, never media or text).

Contracts between machines are lenient: during a rollout an older worker receives what a newer one has sent, and must
keep unknown fields, or newer code could not replay. Contracts that people type are strict: a typing mistake in
Temporal's UI is an error, not a default.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Sent or stored by machines. Frozen, so that a workflow cannot change what it received."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    @classmethod
    def kept(cls, value: Any) -> Self:
        """Reads `value`, which was stored as JSON, perhaps by newer code. Unknown fields are dropped, even in parts
        that are strict elsewhere.

        Raises:
            ValidationError: it has another shape.
        """
        return cls.model_validate(value, extra="ignore")


class Typed(Contract):
    """Typed by people: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Message(Contract):
    """The input of a signal, update or query. One that cannot be read does not fail the workflow (see
    `workflows.inbound`)."""
