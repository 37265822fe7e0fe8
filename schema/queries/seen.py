"""Row visibility: one condition per noun, in every query that a person causes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, col

from schema.enums import Audience, Role
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.visibility import WHOLE, assigned_in, assigned_to, reached_by, visible_to
from schema.tables import (
    Asset,
    AuditEntry,
    Batch,
    BatchItem,
    Brief,
    BriefFile,
    Client,
    ClientManager,
    CueChoice,
    CueReview,
    Departure,
    FindingOverride,
    Glossary,
    GlossaryTerm,
    GlossaryVector,
    GlossaryVersion,
    Identity,
    Invitation,
    Job,
    JobEvent,
    JobFailure,
    JobLanguage,
    Mail,
    Membership,
    Organization,
    PasswordReset,
    Project,
    QCComment,
    ReviewNote,
    ServiceToken,
    ShareToken,
    StepRun,
    Team,
    TeamMember,
    TermSuggestion,
    TextFindings,
    TextMeasure,
    TextVersion,
    Upload,
    User,
    VoicePace,
    Webhook,
    WebhookDelivery,
)

_PARENTS: dict[type[SQLModel], tuple[str, type[SQLModel]]] = {
    **dict.fromkeys(
        (
            JobLanguage,
            TextVersion,
            CueChoice,
            CueReview,
            FindingOverride,
            QCComment,
            Asset,
            JobEvent,
            ShareToken,
            JobFailure,
            StepRun,
            TextMeasure,
        ),
        ("job_id", Job),
    ),
    **dict.fromkeys((Project, Team, ClientManager, Brief), ("client_id", Client)),
    TeamMember: ("team_id", Team),
    BriefFile: ("brief_id", Brief),
    TextFindings: ("version_id", TextVersion),
    GlossaryVersion: ("glossary_id", Glossary),
    GlossaryTerm: ("version_id", GlossaryVersion),
    GlossaryVector: ("version_id", GlossaryVersion),
    TermSuggestion: ("glossary_id", Glossary),
    VoicePace: ("org_id", Organization),
    Departure: ("org_id", Organization),
    BatchItem: ("batch_id", Batch),
    WebhookDelivery: ("webhook_id", Webhook),
}
"""Children are visible to whoever sees the parent."""


def seen(principal: Principal, noun: type[SQLModel]) -> sa.ColumnElement[bool]:
    """The rows of a tenant's table that `principal` may see: the condition for every noun, as `visible_to` is for jobs.

    A child follows its parent, up to a job, a client or an organisation. Uploads are their owner's. People and
    memberships are seen by those who lead in the organisation, and by themselves; the audit log by admins.

    Raises:
        KeyError: there is no condition for this table.
    """
    if noun is Job:
        return visible_to(principal)
    if noun in _PARENTS:
        column, parent = _PARENTS[noun]
        key: Any = getattr(parent, "id")  # noqa: B009 - of a table that the type does not name
        return cast(
            "sa.ColumnElement[bool]", getattr(noun, column).in_(sa.select(key).where(seen(principal, parent)))
        )
    return _ROOTS[noun](principal)


def _own(column: Mapped[UUID]) -> Callable[[Principal], sa.ColumnElement[bool]]:
    return lambda principal: column == principal.user_id


def _client(principal: Principal) -> sa.ColumnElement[bool]:
    kept = col(Client.deleted_at).is_(None)
    if principal.is_admin:
        return kept
    return sa.and_(kept, reached_by(principal, col(Client.org_id), col(Client.id)))


def notes_visible_to(principal: Principal, *, with_deleted: bool = False) -> sa.ColumnElement[bool]:
    """The review notes of visible jobs. Users who are only clients in the organisation see those for clients."""
    kept = sa.true() if with_deleted else col(ReviewNote.deleted_at).is_(None)
    if principal.is_admin:
        return kept
    inside = [org_id for org_id in principal.memberships if principal.roles_in(org_id) - {Role.CLIENT}]
    told = sa.or_(col(ReviewNote.audience) == Audience.CLIENT, among(col(ReviewNote.org_id), inside))
    return sa.and_(
        kept, told, col(ReviewNote.job_id).in_(sa.select(col(Job.id)).where(visible_to(principal)))
    )


def _glossary(principal: Principal) -> sa.ColumnElement[bool]:
    """Glossaries of clients that they can access, and of clients of jobs assigned to them."""
    client = col(Glossary.client_id)
    reached = client.in_(sa.select(col(Client.id)).where(_client(principal)))
    rest = assigned_in(principal)
    if principal.is_admin or not rest:
        return reached
    mine = sa.select(col(Job.client_id)).where(
        among(col(Job.org_id), rest), col(Job.deleted_at).is_(None), sa.exists(assigned_to(principal))
    )
    return sa.or_(reached, client.in_(mine))


def _organization(principal: Principal) -> sa.ColumnElement[bool]:
    return sa.true() if principal.is_admin else among(col(Organization.id), list(principal.memberships))


def _membership(principal: Principal) -> sa.ColumnElement[bool]:
    if principal.is_admin:
        return sa.true()
    return sa.or_(
        among(col(Membership.org_id), _led(principal)), col(Membership.user_id) == principal.user_id
    )


def member_seen(principal: Principal, org_id: UUID) -> sa.ColumnElement[bool]:
    """Members of one organisation: like `seen`, in a form that Postgres can plan easily."""
    if principal.is_admin or org_id in _led(principal):
        return sa.true()
    return col(Membership.user_id) == principal.user_id


def _led(principal: Principal) -> Collection[UUID]:
    return principal.organisations_as(*WHOLE, Role.PROJECT_MANAGER)


def _user(principal: Principal) -> sa.ColumnElement[bool]:
    """One condition instead of two: for an `or`, Postgres estimates that half of all people match."""
    if principal.is_admin:
        return sa.true()
    led = _led(principal)
    if not led:
        return col(User.id) == principal.user_id
    met = sa.select(col(Membership.user_id)).where(among(col(Membership.org_id), led))
    return col(User.id).in_(sa.union_all(met, sa.select(sa.literal(principal.user_id))))


def _invitation(principal: Principal) -> sa.ColumnElement[bool]:
    if principal.is_admin:
        return sa.true()
    return among(col(Invitation.org_id), principal.organisations_as(*WHOLE, Role.PROJECT_MANAGER))


def _service_token(principal: Principal) -> sa.ColumnElement[bool]:
    if principal.is_admin:
        return sa.true()
    return among(col(ServiceToken.org_id), principal.organisations_as(*WHOLE))


def _audit(principal: Principal) -> sa.ColumnElement[bool]:
    return sa.true() if principal.is_admin else sa.false()


def _batch(principal: Principal) -> sa.ColumnElement[bool]:
    """The user's own batches, and those of a single organisation in which they see everything."""
    if principal.is_admin:
        return sa.true()
    whole = principal.organisations_as(*WHOLE)
    return sa.or_(col(Batch.owner_id) == principal.user_id, among(col(Batch.org_id), whole))


def _webhook(principal: Principal) -> sa.ColumnElement[bool]:
    """Webhooks of organisations whose integrations they may manage."""
    return sa.true() if principal.is_admin else among(col(Webhook.org_id), principal.organisations_as(*WHOLE))


_ROOTS: dict[type[SQLModel], Callable[[Principal], sa.ColumnElement[bool]]] = {
    Client: _client,
    Glossary: _glossary,
    Organization: _organization,
    Membership: _membership,
    User: _user,
    Upload: _own(col(Upload.user_id)),
    Identity: _own(col(Identity.user_id)),
    Mail: _own(cast("Mapped[UUID]", col(Mail.user_id))),
    PasswordReset: _own(col(PasswordReset.user_id)),
    Invitation: _invitation,
    ServiceToken: _service_token,
    ReviewNote: notes_visible_to,
    AuditEntry: _audit,
    Batch: _batch,
    Webhook: _webhook,
}
