"""Enumerations of people, and of what they ask for and write."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The role of a user."""

    CLIENT = "client"
    LINGUIST = "linguist"
    REVIEWER = "reviewer"
    PRODUCTION = "production"
    PROJECT_MANAGER = "project_manager"
    ADMIN = "admin"


class FilePurpose(StrEnum):
    """The purpose of an announced file."""

    SOURCE = "source"
    """The video of a job."""
    DUB = "dub"
    """A language's own programme sound."""
    RECORDING = "recording"
    """A description spoken by a person."""
    CAPTIONS = "captions"
    AUDIO_DESCRIPTION = "audio_description"
    GLOSSARY = "glossary"
    BRIEF_ATTACHMENT = "brief_attachment"


class BriefStatus(StrEnum):
    """The status of a brief. A returned brief is a draft again, with a reason."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class BriefAction(StrEnum):
    """A decision about a brief."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"


class Audience(StrEnum):
    """Who may read a note."""

    INTERNAL = "internal"
    CLIENT = "client"
    """Also the client's own users."""


class NoteAsset(StrEnum):
    """The asset that a note is on."""

    SOURCE = "source"
    ACCESSIBLE_VIDEO = "accessible_video"


class MailKind(StrEnum):
    """The kind of a mail."""

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
    """What waits, is due or has failed in the last minutes."""

    @property
    def may_be_off(self) -> bool:
        """Whether it can be turned off. The others carry a link that is needed."""
        return self not in (MailKind.INVITATION, MailKind.PASSWORD_RESET)
