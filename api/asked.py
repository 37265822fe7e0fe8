"""A write request and the ids derived from it. The same request sent again finds what it made before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

_NAMESPACE = UUID("7f1b6f0e-4a58-4bb6-9d0c-0c7a7b8f2d11")


@dataclass(frozen=True, slots=True)
class Asked:
    """A write request."""

    id: str
    """Hash of user, route and key; random if no key was sent."""
    keyed: bool
    repeated: bool
    """The request was sent before and has no stored response. It may have taken effect already, so only the operation
    itself can tell."""

    @classmethod
    def once(cls) -> Asked:
        """A request without a key."""
        return cls(hashlib.sha256(uuid4().bytes).hexdigest(), keyed=False, repeated=False)

    def uuid(self, *names: str) -> UUID:
        """The id of the object that this request makes: the same each time that it is sent."""
        return uuid5(_NAMESPACE, "/".join((self.id, *names)))

    def part(self, *names: str) -> Asked:
        """The same request for one of several things, such as one language of a bulk assignment."""
        return Asked(
            hashlib.sha256("/".join((self.id, *names)).encode()).hexdigest(), self.keyed, self.repeated
        )
