"""Share links of a job, and the public page that they open."""

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
    """Who the link is for, on one line."""
    expires_at: Moment | None = None
    """When the link expires, at most a year from now. If absent: the deployment's default."""


class ShareOut(Out):
    """A share link, without its token."""

    id: UUID
    """Id of the link."""
    job_id: UUID
    """Id of the shared job."""
    name: str
    """Who the link is for."""
    created_at: datetime
    """When it was created."""
    expires_at: datetime
    """When the link expires."""

    @classmethod
    def of(cls, row: ShareToken) -> Self:
        return cls.model_validate(row, from_attributes=True)


class ShareMade(ShareOut):
    """A new share link. Its token is shown only once, since only its hash is stored."""

    token: Shown
    """The token for `GET /share/public/share/{token}`."""
    url: Shown
    """URL of the page in the frontend, with the token after `#`."""


class SharedPlayer(Out):
    """A file that a player plays or displays."""

    kind: AssetKind
    """The kind of object."""
    content_type: str
    """Media type."""
    url: str
    """Signed URL, which works without a token until `expires_at`."""


class SharedLanguage(Out):
    """The shared outputs of one language."""

    language: str
    """BCP 47 language code."""
    players: list[SharedPlayer]
    """The accessible video with its texts, and outputs that exist without it."""


class SharedJob(Out):
    """The public page of a job."""

    title: str
    """Title."""
    languages: list[SharedLanguage]
    """Languages by code."""
    expires_at: datetime
    """When the URLs expire. Another GET returns new ones."""
