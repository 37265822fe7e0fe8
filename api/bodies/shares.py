"""Links that share a job, and the public page that they lead to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from api.bodies.base import Body, Out, Shown
from schema.contracts.bounds import Moment, one_line
from schema.enums import AssetKind
from schema.tables import ShareToken

ShareName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(one_line)]


class ShareBody(Body):
    """A link for somebody without an account."""

    name: ShareName = ""
    """Whom it is for, in words; one line."""
    expires_at: Moment | None = None
    """Until when it leads there, a year at most. Absent: as long as the deployment says."""


class ShareOut(Out):
    """A link, without what opens it."""

    id: UUID
    """The link's."""
    job_id: UUID
    """The job that it leads to."""
    name: str
    """Whom it is for, in words."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """Until when it leads there."""

    @classmethod
    def of(cls, row: ShareToken) -> Self:
        return cls.model_validate(row, from_attributes=True)


class ShareMade(ShareOut):
    """What opens it is told once: of it a hash is kept."""

    token: Shown
    """For `GET /share/public/share/{token}`."""
    url: Shown
    """The page of the frontend, with the token behind `#`."""


class SharedPlayer(Out):
    """What a player plays, or shows beside."""

    kind: AssetKind
    """What it is."""
    content_type: str
    """Its media type."""
    url: str
    """Signed: it works without a token until `expires_at`."""


class SharedLanguage(Out):
    """What there is in a language."""

    language: str
    """BCP 47 code."""
    players: list[SharedPlayer]
    """The accessible video with its texts, and what is there without it."""


class SharedJob(Out):
    """The public page of a job."""

    title: str
    """What people call it."""
    languages: list[SharedLanguage]
    """By their codes."""
    expires_at: datetime
    """When the URLs end; another GET has new ones."""
