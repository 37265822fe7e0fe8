"""The enumerations that rows, contracts and bodies share."""

from schema.enums.batches import BatchAction, BatchStatus, Outcome, Sweep
from schema.enums.jobs import (
    AssetKind,
    Event,
    Gate,
    JobAction,
    JobStatus,
    Kind,
    LanguageAction,
    LanguageStage,
    Origin,
    QCState,
    Step,
    Urgency,
)
from schema.enums.people import Audience, BriefAction, BriefStatus, FilePurpose, MailKind, NoteAsset, Role
from schema.enums.providers import Embedder, EmbeddingState, Provider, SuggestionState, VoiceProvider
from schema.enums.webhooks import DeliveryOutcome, WebhookEvent

__all__ = [
    "AssetKind",
    "Audience",
    "BatchAction",
    "BatchStatus",
    "BriefAction",
    "BriefStatus",
    "DeliveryOutcome",
    "Embedder",
    "EmbeddingState",
    "Event",
    "FilePurpose",
    "Gate",
    "JobAction",
    "JobStatus",
    "Kind",
    "LanguageAction",
    "LanguageStage",
    "MailKind",
    "NoteAsset",
    "Origin",
    "Outcome",
    "Provider",
    "QCState",
    "Role",
    "Step",
    "SuggestionState",
    "Sweep",
    "Urgency",
    "VoiceProvider",
    "WebhookEvent",
]
