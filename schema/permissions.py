"""Who may do what: one enum, one map. Ownership (a job's creator, an assigned linguist) is added by the guards
in `api/guards`; what a person can see at all is `visible_to` in `schema/queries/visibility.py`."""

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
    """Change, clone, delete, cancel: its creator too."""
    RETRY_JOB = "retry_job"
    RUSH_JOB = "rush_job"
    """Say that a job comes before others."""
    REVIEW_SOURCE = "review_source"
    """Approve or reject the source text."""
    EDIT_SOURCE_TEXT = "edit_source_text"
    EDIT_LANGUAGE_TEXT = "edit_language_text"
    """The assigned linguist or reviewer too."""
    FINAL_REVIEW = "final_review"
    STEER_JOB = "steer_job"
    """Block, promote, retry speech."""
    ASSIGN_PEOPLE = "assign_people"
    """To the jobs of the clients that a project manager manages."""
    STAND_IN = "stand_in"
    """Do the linguist's or the reviewer's part without being assigned."""
    TRANSLATE = "translate"
    """Be assigned to a language as its linguist."""
    REVIEW_LANGUAGE = "review_language"
    """Be assigned to a language as its reviewer."""
    REOPEN_APPROVED = "reopen_approved"
    RECORD = "record"
    """Bring a recording of a description; whose text they may edit is told where it is used."""
    WRITE_BRIEF = "write_brief"
    APPROVE_BRIEF = "approve_brief"
    """Or return: of the clients that a project manager manages."""
    SHARE_JOB = "share_job"
    """Make and revoke links to its public page: of the clients that a project manager manages."""
    EDIT_NOTE = "edit_note"
    """Of somebody else: its author may always."""
    SEE_WORK = "see_work"
    """What those who work on a job say to one another."""
    COMMENT = "comment"
    """On a language: those assigned to it too."""
    LEAD_PEOPLE = "lead_people"
    """Members of a client's teams: of the clients that a project manager manages."""
    INVITE = "invite"
    """Into which role is told by `may_invite`."""
    CHANGE_GLOSSARY = "change_glossary"
    """Of the clients that a project manager manages."""
    READ_FINDINGS = "read_findings"
    """And what was let stand of them."""
    RUN_BATCHES = "run_batches"
    """Batches over a filter, schedules, and work done again for many."""
    INTEGRATE = "integrate"
    """Service tokens and webhooks of an organisation: how other systems work with it."""
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
"""Of each job: that of the route for one; what production does to many is production's."""


_INVITED_BY: dict[Role, frozenset[Role]] = {
    Role.PROJECT_MANAGER: frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER}),
    Role.PRODUCTION: frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER}),
    Role.ADMIN: frozenset(Role) - {Role.ADMIN},
}


def invitable(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles that somebody who holds `roles` may invite into. Never admin: that is a person's own role."""
    return frozenset().union(*(_INVITED_BY.get(role, frozenset()) for role in roles))


def allows(roles: frozenset[Role], permission: Permission) -> bool:
    """Whether somebody who holds `roles` (inside the organisation of the thing) has `permission`."""
    return bool(GRANTED[permission] & roles)


def forbidden(permission: Permission, *others: str) -> Forbidden:
    """Says whose it is, so that people know whom to ask; `others` may do it beside those whose role allows it."""
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
    """By organisation: the role that counts there beside the user's own."""
    is_service: bool = False
    """Whom a service token acts as; what is a person's own is not for it."""

    @classmethod
    def staff(cls) -> Principal:
        """Whoever works in Temporal's UI, whom Temporal does not know by name."""
        return cls(UUID(int=0), "", "Temporal UI", Role.ADMIN, 0, {})

    @property
    def is_admin(self) -> bool:
        """Admin is the one role that reaches every organisation."""
        return self.role is Role.ADMIN

    def roles_in(self, org_id: UUID) -> frozenset[Role]:
        """The roles that count inside an organisation: none where the user does not belong."""
        if self.is_admin:
            return frozenset({Role.ADMIN})
        if org_id not in self.memberships:
            return frozenset()
        extra = self.memberships[org_id]
        return frozenset({self.role, extra} if extra else {self.role})

    def organisations_as(self, *roles: Role) -> list[UUID]:
        """The organisations in which one of `roles` counts."""
        return [org_id for org_id in self.memberships if self.roles_in(org_id) & frozenset(roles)]

    def is_client_in(self, org_id: UUID) -> bool:
        """Whether they are a client there and nothing else, and so see a smaller shape of everything."""
        return self.roles_in(org_id) == {Role.CLIENT}

    def may(self, permission: Permission, org_id: UUID) -> bool:
        return allows(self.roles_in(org_id), permission)

    def works_in(self, org_id: UUID) -> bool:
        """Whether they may have a part in the languages of its jobs. Work keeps the names of those who did it: of somebody
        who is a client there by now it is theirs no more."""
        return self.may(Permission.TRANSLATE, org_id) or self.may(Permission.REVIEW_LANGUAGE, org_id)

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether there is any organisation in which they may: for what has no organisation yet."""
        return self.is_admin or any(self.may(permission, org_id) for org_id in self.memberships)

    def actor(self, org_id: UUID) -> Actor:
        """Who decides, with the role that counts: the more powerful where there are two."""
        if self.user_id.int == 0:
            return Actor.staff()
        held = self.roles_in(org_id) or {self.role}
        return Actor(user_id=self.user_id, name=self.name, role=max(held, key=_POWER.index))


_POWER = [Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN]
