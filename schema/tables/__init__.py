"""The tables. Importing this package registers all of them in `metadata`."""

from schema.tables.base import metadata, now
from schema.tables.batches import Batch, BatchItem
from schema.tables.briefs import BRIEFS, Brief, BriefFile
from schema.tables.glossaries import (
    FindingOverride,
    Glossary,
    GlossaryTerm,
    GlossaryVector,
    GlossaryVersion,
    TermSuggestion,
)
from schema.tables.invitations import Invitation, PasswordReset, SpentToken
from schema.tables.jobs import JOBS, Job, JobLanguage
from schema.tables.mails import Mail
from schema.tables.measures import StepRun, TextMeasure
from schema.tables.notes import ReviewNote
from schema.tables.people import (
    Client,
    ClientManager,
    Departure,
    Identity,
    Membership,
    Organization,
    Project,
    Team,
    TeamMember,
    User,
)
from schema.tables.records import Asset, AuditEntry, JobEvent, JobFailure
from schema.tables.service_tokens import ServiceToken
from schema.tables.sessions import Attempt, IdempotencyKey, RefreshToken
from schema.tables.shares import ShareToken
from schema.tables.texts import CueChoice, CueReview, QCComment, TextFindings, TextVersion
from schema.tables.uploads import Upload
from schema.tables.voices import VoicePace
from schema.tables.webhooks import Webhook, WebhookDelivery

__all__ = [
    "BRIEFS",
    "JOBS",
    "Asset",
    "Attempt",
    "AuditEntry",
    "Batch",
    "BatchItem",
    "Brief",
    "BriefFile",
    "Client",
    "ClientManager",
    "CueChoice",
    "CueReview",
    "Departure",
    "FindingOverride",
    "Glossary",
    "GlossaryTerm",
    "GlossaryVector",
    "GlossaryVersion",
    "IdempotencyKey",
    "Identity",
    "Invitation",
    "Job",
    "JobEvent",
    "JobFailure",
    "JobLanguage",
    "Mail",
    "Membership",
    "Organization",
    "PasswordReset",
    "Project",
    "QCComment",
    "RefreshToken",
    "ReviewNote",
    "ServiceToken",
    "ShareToken",
    "SpentToken",
    "StepRun",
    "Team",
    "TeamMember",
    "TermSuggestion",
    "TextFindings",
    "TextMeasure",
    "TextVersion",
    "Upload",
    "User",
    "VoicePace",
    "Webhook",
    "WebhookDelivery",
    "metadata",
    "now",
]
