"""One write as it was asked for: what makes its ids, so that the same request sent again finds what it made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

_NAMESPACE = UUID("7f1b6f0e-4a58-4bb6-9d0c-0c7a7b8f2d11")


@dataclass(frozen=True, slots=True)
class Asked:
    """One write as it was asked for."""

    id: str
    """Hash of user, route and key; random where no key was sent."""
    keyed: bool
    repeated: bool
    """Asked for before, with no answer kept: it may have been done already, so only what does it can tell."""

    @classmethod
    def once(cls) -> Asked:
        """A request without a key."""
        return cls(hashlib.sha256(uuid4().bytes).hexdigest(), keyed=False, repeated=False)

    def uuid(self, *names: str) -> UUID:
        """The id of what this request makes: the same each time that it is sent."""
        return uuid5(_NAMESPACE, "/".join((self.id, *names)))

    def part(self, *names: str) -> Asked:
        """The same request for one of several things, such as a language of a bulk assignment."""
        return Asked(
            hashlib.sha256("/".join((self.id, *names)).encode()).hexdigest(), self.keyed, self.repeated
        )
