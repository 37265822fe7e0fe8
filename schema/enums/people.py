"""Of people, and what they ask for and say to each other."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for."""

    CLIENT = "client"
    LINGUIST = "linguist"
    REVIEWER = "reviewer"
    PRODUCTION = "production"
    PROJECT_MANAGER = "project_manager"
    ADMIN = "admin"


class FilePurpose(StrEnum):
    """What somebody announces a file for."""

    SOURCE = "source"
    """The video of a job."""
    DUB = "dub"
    """A language's own programme sound."""
    RECORDING = "recording"
    """A description that a person has spoken."""
    CAPTIONS = "captions"
    AUDIO_DESCRIPTION = "audio_description"
    GLOSSARY = "glossary"
    BRIEF_ATTACHMENT = "brief_attachment"


class BriefStatus(StrEnum):
    """Where a brief is. One that is returned is a draft again, with a reason."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class BriefAction(StrEnum):
    """A decision about a brief."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"


class Audience(StrEnum):
    """Whom a note is for."""

    INTERNAL = "internal"
    CLIENT = "client"
    """The client's own users too."""


class NoteAsset(StrEnum):
    """What somebody looks at who writes a note."""

    SOURCE = "source"
    ACCESSIBLE_VIDEO = "accessible_video"


class MailKind(StrEnum):
    """Why somebody gets a mail."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    LANGUAGE_ASSIGNED = "language_assigned"
    LANGUAGE_TAKEN_AWAY = "language_taken_away"
    LANGUAGE_REJECTED = "language_rejected"
    LANGUAGE_RETURNED = "language_returned"
    JOB_REJECTED = "job_rejected"
    JOB_BLOCKED = "job_blocked"
    JOB_COMPLETED = "job_completed"
    BRIEF_SUBMITTED = "brief_submitted"
    BRIEF_APPROVED = "brief_approved"
    BRIEF_RETURNED = "brief_returned"
    DIGEST = "digest"
    """What waits, is due or has failed, of the last minutes."""

    @property
    def may_be_off(self) -> bool:
        """Nobody can do without the link that the others carry."""
        return self not in (MailKind.INVITATION, MailKind.PASSWORD_RESET)
