"""Who may do what: one enum, one map. Ownership (a job's creator, an assigned linguist) is added by the guards
in `api/authz.py`; what a person can see at all is `visible_to` in `schema/queries/visibility.py`."""

from __future__ import annotations

from enum import StrEnum

from schema.enums import Role


class Permission(StrEnum):
    READ = "read"
    CREATE_JOB = "create_job"
    CHANGE_JOB = "change_job"
    """Change, clone, delete, cancel: its creator too."""
    RETRY_JOB = "retry_job"
    REVIEW_SOURCE = "review_source"
    """Approve or reject the source text."""
    EDIT_SOURCE_TEXT = "edit_source_text"
    EDIT_LANGUAGE_TEXT = "edit_language_text"
    """The assigned linguist or reviewer too."""
    FINAL_REVIEW = "final_review"
    STEER_JOB = "steer_job"
    """Block, promote, retry speech."""
    ASSIGN_PEOPLE = "assign_people"
    STAND_IN = "stand_in"
    """Do the linguist's or the reviewer's part without being assigned."""
    REOPEN_APPROVED = "reopen_approved"
    COMMENT = "comment"
    """On a language: those assigned to it too."""
    ADMINISTER = "administer"


_EVERYONE = frozenset(Role)
_STAFF = frozenset({Role.PRODUCTION, Role.ADMIN})
_LEADS = _STAFF | {Role.PROJECT_MANAGER}

GRANTED: dict[Permission, frozenset[Role]] = {
    Permission.READ: _EVERYONE,
    Permission.CREATE_JOB: _LEADS | {Role.CLIENT},
    Permission.CHANGE_JOB: _LEADS,
    Permission.RETRY_JOB: _LEADS,
    Permission.REVIEW_SOURCE: _STAFF | {Role.REVIEWER},
    Permission.EDIT_SOURCE_TEXT: _STAFF | {Role.REVIEWER},
    Permission.EDIT_LANGUAGE_TEXT: _STAFF,
    Permission.FINAL_REVIEW: frozenset({Role.PROJECT_MANAGER, Role.ADMIN}),
    Permission.STEER_JOB: _STAFF,
    Permission.ASSIGN_PEOPLE: _LEADS,
    Permission.STAND_IN: _STAFF,
    Permission.REOPEN_APPROVED: _LEADS | {Role.REVIEWER},
    Permission.COMMENT: _LEADS,
    Permission.ADMINISTER: frozenset({Role.ADMIN}),
}


def allows(roles: frozenset[Role], permission: Permission) -> bool:
    """Whether somebody who holds `roles` (inside the organisation of the thing) has `permission`."""
    return bool(GRANTED[permission] & roles)
