"""Who may do what: one enum, one map. Ownership (a job's creator, an assigned linguist) is added by the guards in
`api/guards`; `visible_to` in `schema/queries/visibility.py` decides what a person can see at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from schema.contracts.people import Actor
from schema.enums import BatchAction, Role
from schema.errors import Forbidden


class Permission(StrEnum):
    READ = "read"
    CREATE_JOB = "create_job"
    CHANGE_JOB = "change_job"
    """Change, clone, delete or cancel a job. The creator may too."""
    RETRY_JOB = "retry_job"
    RUSH_JOB = "rush_job"
    """Give a job precedence over others."""
    REVIEW_SOURCE = "review_source"
    """Approve or reject the source text."""
    EDIT_SOURCE_TEXT = "edit_source_text"
    EDIT_LANGUAGE_TEXT = "edit_language_text"
    """Edit the text of a language. The assigned linguist or reviewer may too."""
    FINAL_REVIEW = "final_review"
    STEER_JOB = "steer_job"
    """Block, promote, or retry speech."""
    ASSIGN_PEOPLE = "assign_people"
    """Assign people; for project managers, to the jobs of their clients."""
    STAND_IN = "stand_in"
    """Act as the linguist or the reviewer without being assigned."""
    TRANSLATE = "translate"
    """Be assigned to a language as its linguist."""
    REVIEW_LANGUAGE = "review_language"
    """Be assigned to a language as its reviewer."""
    REOPEN_APPROVED = "reopen_approved"
    RECORD = "record"
    """Bring a recording of a description. Whether the caller may edit the text is checked where it is used."""
    WRITE_BRIEF = "write_brief"
    APPROVE_BRIEF = "approve_brief"
    """Complete or return a job; for project managers, of their clients."""
    SHARE_JOB = "share_job"
    """Create and revoke share links; for project managers, for their clients."""
    EDIT_NOTE = "edit_note"
    """Change somebody else's note. Its author always may."""
    SEE_WORK = "see_work"
    """Read and write internal notes, between the people who work on a job."""
    COMMENT = "comment"
    """Comment on a language. The people assigned to it may too."""
    LEAD_PEOPLE = "lead_people"
    """Manage the members of a client's teams; for project managers, of their clients."""
    INVITE = "invite"
    """Invite people. `may_invite` decides into which role."""
    CHANGE_GLOSSARY = "change_glossary"
    """Change glossaries; for project managers, of their clients."""
    READ_FINDINGS = "read_findings"
    """Read glossaries, and the ledger of overridden findings."""
    RUN_BATCHES = "run_batches"
    """Run batches over a filter, schedules, and reprocessing of many jobs."""
    INTEGRATE = "integrate"
    """Manage an organisation's service tokens and webhooks."""
    ADMINISTER = "administer"


_EVERYONE = frozenset(Role)
_STAFF = frozenset({Role.PRODUCTION, Role.ADMIN})
_LEADS = _STAFF | {Role.PROJECT_MANAGER}

GRANTED: dict[Permission, frozenset[Role]] = {
    Permission.READ: _EVERYONE,
    Permission.CREATE_JOB: _LEADS | {Role.CLIENT},
    Permission.CHANGE_JOB: _LEADS,
    Permission.RETRY_JOB: _LEADS,
    Permission.RUSH_JOB: _LEADS,
    Permission.REVIEW_SOURCE: _STAFF | {Role.REVIEWER},
    Permission.EDIT_SOURCE_TEXT: _STAFF | {Role.REVIEWER},
    Permission.EDIT_LANGUAGE_TEXT: _STAFF,
    Permission.FINAL_REVIEW: frozenset({Role.PROJECT_MANAGER, Role.ADMIN}),
    Permission.STEER_JOB: _STAFF,
    Permission.ASSIGN_PEOPLE: _LEADS,
    Permission.STAND_IN: _STAFF,
    Permission.TRANSLATE: _STAFF | {Role.LINGUIST, Role.REVIEWER},
    Permission.REVIEW_LANGUAGE: _LEADS | {Role.LINGUIST, Role.REVIEWER},
    Permission.REOPEN_APPROVED: _LEADS | {Role.REVIEWER},
    Permission.RECORD: _STAFF | {Role.LINGUIST, Role.REVIEWER},
    Permission.WRITE_BRIEF: frozenset({Role.CLIENT, Role.PROJECT_MANAGER, Role.ADMIN}),
    Permission.APPROVE_BRIEF: frozenset({Role.PROJECT_MANAGER, Role.ADMIN}),
    Permission.SHARE_JOB: _LEADS,
    Permission.EDIT_NOTE: _STAFF,
    Permission.SEE_WORK: _EVERYONE - {Role.CLIENT},
    Permission.COMMENT: _LEADS,
    Permission.LEAD_PEOPLE: _LEADS,
    Permission.INVITE: _LEADS,
    Permission.CHANGE_GLOSSARY: _LEADS,
    Permission.READ_FINDINGS: _EVERYONE - {Role.CLIENT},
    Permission.RUN_BATCHES: _STAFF,
    Permission.INTEGRATE: _STAFF,
    Permission.ADMINISTER: frozenset({Role.ADMIN}),
}

OF_BATCH: dict[BatchAction, Permission] = {
    BatchAction.REPROCESS: Permission.RUN_BATCHES,
    BatchAction.RETRY: Permission.RUN_BATCHES,
    BatchAction.RETRY_TTS: Permission.RUN_BATCHES,
    BatchAction.CHANGE_OUTPUTS: Permission.RUN_BATCHES,
    BatchAction.APPROVE: Permission.REVIEW_SOURCE,
    BatchAction.RETURN_TO_QC: Permission.FINAL_REVIEW,
    BatchAction.COMPLETE: Permission.FINAL_REVIEW,
    BatchAction.REJECT_FINAL: Permission.FINAL_REVIEW,
    BatchAction.DELETE: Permission.CHANGE_JOB,
    BatchAction.DOWNLOAD: Permission.READ,
}
"""The permission for each action of a batch: that of the route for one job. Actions that are only done in bulk need
production."""


_INVITED_BY: dict[Role, frozenset[Role]] = {
    Role.PROJECT_MANAGER: frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER}),
    Role.PRODUCTION: frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER}),
    Role.ADMIN: frozenset(Role) - {Role.ADMIN},
}


def invitable(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles that somebody with `roles` may invite into. Never admin, which is only a person's own role."""
    return frozenset().union(*(_INVITED_BY.get(role, frozenset()) for role in roles))


def allows(roles: frozenset[Role], permission: Permission) -> bool:
    """Whether somebody with `roles` (inside the object's organisation) has `permission`."""
    return bool(GRANTED[permission] & roles)


def forbidden(permission: Permission, *others: str) -> Forbidden:
    """Says which roles may, so that people know whom to ask. `others` are allowed without such a role."""
    who = [*(role.value.replace("_", " ") for role in Role if role in GRANTED[permission]), *others]
    return Forbidden(f"This is not yours to do. Those who may: {', '.join(who)}.")


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user as the database has them at this moment."""

    user_id: UUID
    email: str
    name: str
    role: Role
    epoch: int
    memberships: Mapping[UUID, Role | None]
    """By organisation: the role there, in addition to the user's own."""
    is_service: bool = False
    """Whether it is the user of a service token, who may not change a person's own account."""

    @classmethod
    def staff(cls) -> Principal:
        """The staff in Temporal's UI, whose names Temporal does not know."""
        return cls(UUID(int=0), "", "Temporal UI", Role.ADMIN, 0, {})

    @property
    def is_admin(self) -> bool:
        """Admin is the only role that applies in every organisation."""
        return self.role is Role.ADMIN

    def roles_in(self, org_id: UUID) -> frozenset[Role]:
        """The roles that apply inside an organisation; none if the user does not belong to it."""
        if self.is_admin:
            return frozenset({Role.ADMIN})
        if org_id not in self.memberships:
            return frozenset()
        extra = self.memberships[org_id]
        return frozenset({self.role, extra} if extra else {self.role})

    def organisations_as(self, *roles: Role) -> list[UUID]:
        """The organisations in which one of `roles` applies."""
        return [org_id for org_id in self.memberships if self.roles_in(org_id) & frozenset(roles)]

    def is_client_in(self, org_id: UUID) -> bool:
        """Whether the user is only a client there, and so sees a smaller shape of everything."""
        return self.roles_in(org_id) == {Role.CLIENT}

    def may(self, permission: Permission, org_id: UUID) -> bool:
        return allows(self.roles_in(org_id), permission)

    def works_in(self, org_id: UUID) -> bool:
        """Whether the user may work on the languages of the organisation's jobs. Work keeps the names of its authors,
        but somebody who has become a client no longer has access to it."""
        return self.may(Permission.TRANSLATE, org_id) or self.may(Permission.REVIEW_LANGUAGE, org_id)

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether there is any organisation in which the user has the permission; for objects without an organisation
        yet."""
        return self.is_admin or any(self.may(permission, org_id) for org_id in self.memberships)

    def actor(self, org_id: UUID) -> Actor:
        """The actor of a decision, with the role that applies: the more powerful of two."""
        if self.user_id.int == 0:
            return Actor.staff()
        held = self.roles_in(org_id) or {self.role}
        return Actor(user_id=self.user_id, name=self.name, role=max(held, key=_POWER.index))


_POWER = [Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN]
