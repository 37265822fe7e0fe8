"""What every contract is: frozen, and small (references, never media or text).

What machines send is lenient: in the midst of a rollout an older worker gets what a newer one has sent, and what it
dropped then, newer code could not replay. What people type is strict: a typing mistake in Temporal's UI is an error,
not a default.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Sent by machines, or kept by them; frozen, so that a workflow cannot change what it was told."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    @classmethod
    def kept(cls, value: Any) -> Self:
        """Of `value`, which was kept as JSON, maybe by newer code: what of it is not known here is left out,
        also inside what people type elsewhere.

        Raises:
            ValidationError: it is something else.
        """
        return cls.model_validate(value, extra="ignore")


class Typed(Contract):
    """Typed by people: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Message(Contract):
    """The input of a signal, update or query. One that cannot be read is no error of the workflow's (see
    `workflows.inbound`)."""
