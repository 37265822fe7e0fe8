"""What may be sent can be kept: every field of every body and of every contract that people type, against its column."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from sqlmodel import SQLModel

import api.main  # noqa: F401 - every body is a subclass by then
from api.bodies.base import Body
from api.bodies.texts import AdjustBody
from schema.contracts.base import Contract
from schema.contracts.bounds import LANGUAGE_CHARS, MOST_COUNTED
from schema.contracts.job import JobDecision, JobSnapshot, JobState, Settle
from schema.contracts.language import LanguageDecision, LanguageSnapshot, LanguageState, Retry
from schema.contracts.outputs import RequestedOutputs, SoundPreferences, TtsPreferences
from schema.contracts.people import Actor
from schema.contracts.steps import Failure, Versions
from schema.db import Database
from schema.enums import JobStatus, Role, Step
from schema.plan.model import Choice
from schema.queries.jobs import job_ref
from schema.queries.projection import write_job, write_language
from schema.tables import (
    AuditEntry,
    Brief,
    CueChoice,
    CueReview,
    GlossaryTerm,
    Invitation,
    Job,
    JobLanguage,
    Organization,
    Project,
    QCComment,
    ReviewNote,
    ServiceToken,
    ShareToken,
    Team,
    TermSuggestion,
    TextVersion,
    Upload,
    User,
    VoicePace,
    Webhook,
    now,
)
from schema.tables.people import Client
from schema.vtt.parse import MAX_BYTES
from tests.api.people import Tenant

TYPED = (
    JobDecision, LanguageDecision, Retry, Settle, Actor, RequestedOutputs, TtsPreferences, SoundPreferences,
    Versions, Choice,
)  # fmt: skip
"""Contracts that people type, in a body or in Temporal's UI."""
COLUMNS: dict[str, Any] = {
    "LoginBody.email": User.email,
    "UserCreate.email": User.email,
    "UserCreate.name": User.name,
    "UserPatch.email": User.email,
    "UserPatch.name": User.name,
    "OwnPatch.name": User.name,
    "OwnPatch.language": User.language,
    "OwnPatch.time_zone": User.time_zone,
    "AcceptBody.name": User.name,
    "InvitationBody.email": Invitation.email,
    "NameBody.name": Organization.name,
    "NameBody.name ": Team.name,
    "NameBody.name  ": Project.name,
    "ClientBody.name": Client.name,
    "ClientBody.style": Client.style,
    "ClientPatch.name": Client.name,
    "ClientPatch.style": Client.style,
    "JobPatch.title": Job.title,
    "JobPatch.notes": Job.notes,
    "JobPatch.reference": Job.reference,
    "JobPatch.labels": Job.labels,
    "JobPatch.style": Job.style,
    "About.reference": Job.reference,
    "About.labels": Job.labels,
    "About.style": Job.style,
    "About.reference ": Upload.reference,
    "About.labels ": Upload.labels,
    "About.style ": Upload.style,
    "MarkBody.cue_ids": CueReview.cue_id,
    "MarkBody.up_to": CueReview.cue_id,
    "CommentPatch.text": QCComment.text,
    "CloneBody.title": Job.title,
    "CloneBody.notes": Job.notes,
    "About.title": Job.title,
    "About.notes": Job.notes,
    "About.title ": Upload.title,
    "About.notes ": Upload.notes,
    "UploadInit.filename": Upload.filename,
    "UploadInit.content_type": Upload.content_type,
    "BriefBody.title": Brief.title,
    "BriefBody.notes": Brief.notes,
    "BriefBody.source_language": Brief.source_language,
    "BriefPatch.title": Brief.title,
    "BriefPatch.notes": Brief.notes,
    "BriefPatch.source_language": Brief.source_language,
    "BriefReturnBody.reason": Brief.reason,
    "FileInit.filename": Upload.filename,
    "FileInit.content_type": Upload.content_type,
    "FileInit.size_bytes": Upload.size_bytes,
    "UploadComplete.filename": Job.filename,
    "UploadComplete.source_language": Job.source_language,
    "NoteBody.language": ReviewNote.language,
    "NoteBody.at_ms": ReviewNote.at_ms,
    "NoteBody.text": ReviewNote.text,
    "NotePatch.text": ReviewNote.text,
    "ServiceTokenBody.name": ServiceToken.name,
    "ServiceTokenPatch.name": ServiceToken.name,
    "ShareBody.name": ShareToken.name,
    "WebhookBody.name": Webhook.name,
    "WebhookBody.url": Webhook.url,
    "WebhookPatch.name": Webhook.name,
    "WebhookPatch.url": Webhook.url,
    "RetryBody.language": JobLanguage.language,
    "RetrySpeechBody.language": JobLanguage.language,
    "ReprocessBody.languages": JobLanguage.language,
    "ReturnBody.languages": JobLanguage.language,
    "BulkAssignBody.languages": JobLanguage.language,
    "MarkBody.cue_id": CueReview.cue_id,
    "CommentBody.cue_id": QCComment.cue_id,
    "CommentBody.text": QCComment.text,
    "TextSave.note": TextVersion.note,
    "Limits.chars_per_line key": JobLanguage.language,
    "Limits.chars_per_second_adult key": JobLanguage.language,
    "Limits.chars_per_second_child key": JobLanguage.language,
    "Limits.chars_per_second_sdh key": JobLanguage.language,
    "Limits.min_duration_ms key": JobLanguage.language,
    "JobDecision.language": JobLanguage.language,
    "JobDecision.languages": JobLanguage.language,
    "JobDecision.address": AuditEntry.address,
    "LanguageDecision.address": AuditEntry.address,
    "RequestedOutputs.languages": JobLanguage.language,
    "RequestedOutputs.dubs key": JobLanguage.language,
    "TtsPreferences.model": VoicePace.model,
    "TtsPreferences.default_voice": VoicePace.voice,
    "TtsPreferences.voices": VoicePace.voice,
    "TtsPreferences.voices key": VoicePace.language,
    "PreviewBody.language": VoicePace.language,
    "Settle.languages": JobLanguage.language,
    "UploadInit.size_bytes": Upload.size_bytes,
    "AdjustBody.base_version": TextVersion.version,
    "RestoreBody.base_version": TextVersion.version,
    "RestoreBody.version": TextVersion.version,
    "TextSave.base_version": TextVersion.version,
    "Versions.captions": TextVersion.version,
    "Versions.audio_description": TextVersion.version,
    "SuggestionBody.forms key": JobLanguage.language,
    "SuggestionBody.targets key": JobLanguage.language,
    "SuggestionBody.source": GlossaryTerm.source,
    "SuggestionBody.notes": GlossaryTerm.notes,
    "SuggestionBody.part_of_speech": GlossaryTerm.part_of_speech,
    "SuggestionBody.why": TermSuggestion.why,
    "SourceFile.source_object": Job.source_object,
    "SourceFile.filename": Job.filename,
    "SourceFile.content_type": Job.content_type,
    "SourceFile.size_bytes": Job.size_bytes,
    "JobDecision.revision": Job.revision,
    "BulkDownloadBody.languages": JobLanguage.language,
    "BulkReturnBody.languages": JobLanguage.language,
    "WorkBody.languages": JobLanguage.language,
    "LanguageDecision.revision": JobLanguage.revision,
}
UNBOUNDED_COLUMN = {
    "Reason", "ReasonBody.reason", "SourceBody.note", "MaybeReasonBody.reason", "ReturnBody.reason",
    "ReprocessBody.reason", "LanguageRejectBody.reason",
    "LanguageApproveBody.override_reason", "ReopenBody.reason", "JobDecision.reason", "LanguageDecision.reason",
    "LanguageDecision.override_reason", "Actor.name", "BulkReasonBody.reason", "WorkBody.reason", "ReprocessBody.reason",
}  # fmt: skip
"""Reach a column of any length, or JSON."""
NOT_STORED = {
    "TextCheck.content": "is looked at",
    "ScheduleBody.name": "is Temporal's to keep",
    "SchedulePatch.name": "is Temporal's to keep",
    "WhenBody.cron": "is Temporal's to keep",
    "WhenBody.time_zone": "is one of those that there are",
    "LoginBody.password": "is hashed",
    "UserCreate.password": "is hashed",
    "PasswordBody.password": "is hashed",
    "OwnPasswordBody.old_password": "is compared with a hash",
    "OwnPasswordBody.new_password": "is hashed",
    "ResetBody.password": "is hashed",
    "AcceptBody.password": "is hashed",
    "ResetBody.token": "is looked up by its hash",
    "TokenBody.token": "is looked up by its hash",
    "MicrosoftBody.id_token": "is verified, and its hash kept",
    "MicrosoftBody.nonce": "is compared",
    "ForgottenBody.email": "is looked up; the audit log cuts it",
    "WhoBody.email": "is looked up",
    "BriefBody.files": "are looked up",
    "BriefPatch.files": "are looked up",
    "CloneBody.gcs_uri": "is looked up",
    "PreviewBody.text": "lies in the bucket",
    "PreviewBody.model": "lies in the bucket",
    "PreviewBody.voice": "lies in the bucket",
    "SourceBody.gcs_uri": "is looked up",
    "UploadComplete.gcs_uri": "is looked up",
    "UploadComplete.captions_uri": "is looked up",
    "UploadComplete.audio_description_uri": "is looked up",
    "PausePointEdit.plan_version": "is compared",
    "JobDecision.id": "a key in memory, and of Temporal's",
    "LanguageDecision.id": "a key in memory, and of Temporal's",
    "JobDecision.run_id": "is compared",
    "LanguageDecision.run_id": "is compared",
}
IN_JSON = {
    "Limits.severities key",
    "BulkDownloadBody.formats",
    "SuggestionBody.forms",
    "SuggestionBody.targets",
    "ReasonBody.cue_id",
    "ReasonBody.timecode",
    "RequestedOutputs.dubs",
    "PausePointEdit.recording",
    "Choice.recording",
}
"""Reach JSON, or are a part of a reason."""
PARSED = {
    "TextCheck.content",
    "TextSave.content",
    "AboutAndTexts.captions",
    "AboutAndTexts.audio_description",
    "UploadInit.content_type",
    "FileInit.content_type",
    "MicrosoftBody.id_token",
}
"""A parser reads them, which knows what each character means there."""
FREE = {
    "LoginBody.password", "UserCreate.password", "PasswordBody.password", "OwnPasswordBody.old_password",
    "OwnPasswordBody.new_password", "ResetBody.password", "AcceptBody.password", "ResetBody.token", "TokenBody.token",
}  # fmt: skip
"""Any character: only its hash is kept."""
RATIO = {"AdjustBody.scale"}
PLAIN = (str, int, float, datetime, AwareDatetime)
UNIONS = (Union, types.UnionType)


def _models() -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = [*TYPED]
    left: list[type[BaseModel]] = [Body]
    while left:
        for kind in left.pop().__subclasses__():
            found.append(kind)
            left.append(kind)
    return found


def _leaves(annotation: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The plain types in `annotation`, with what bounds them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *bounds = get_args(annotation)
        if inner in PLAIN:
            yield name, annotation
        elif get_origin(inner) in UNIONS:  # what bounds an optional value bounds it where it is there
            for each in get_args(inner):
                yield from _leaves(Annotated[each, *bounds], name)
        else:
            yield from _leaves(inner, name)
    elif origin in UNIONS:
        for each in get_args(annotation):
            yield from _leaves(each, name)
    elif origin is dict:
        key, value = get_args(annotation)
        yield from _leaves(key, f"{name} key")
        yield from _leaves(value, name)
    elif origin in (list, tuple, frozenset, set):
        for each in get_args(annotation):
            if each is not Ellipsis:
                yield from _leaves(each, name)
    elif annotation in PLAIN:
        yield name, annotation


def _fields() -> dict[str, Any]:
    """Every plain field of every model, once: under the class that declares it."""
    found: dict[str, Any] = {}
    for model in _models():
        for field_name, field in model.model_fields.items():
            owner = next(
                kind for kind in model.__mro__ if field_name in vars(kind).get("__annotations__", {})
            )
            found.update(_leaves(_declared(field), f"{owner.__name__}.{field_name}"))
    return found


def _declared(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


FIELDS = _fields()


def _of(kind: Any) -> list[str]:
    return sorted(
        name
        for name, leaf in FIELDS.items()
        if (get_args(leaf)[0] if get_origin(leaf) is Annotated else leaf) is kind and name not in RATIO
    )


def _refused(name: str, value: object) -> bool:
    try:
        TypeAdapter(FIELDS[name]).validate_python(value)
    except ValidationError:
        return True
    return False


def test_there_is_something_to_compare() -> None:
    assert {"LoginBody.email", "RequestedOutputs.languages", "LanguageDecision.due_at"} <= set(FIELDS)
    assert len(FIELDS) > 50
    assert _of(datetime) == [], "a time that people type has its zone"


@pytest.mark.parametrize("name", _of(str))
def test_a_text_reaches_a_column_that_holds_it(name: str) -> None:
    where = [column for field, column in COLUMNS.items() if field.strip() == name]
    assert where or name in UNBOUNDED_COLUMN | IN_JSON | PARSED | set(NOT_STORED), (
        "say what column it reaches"
    )
    most = TypeAdapter(FIELDS[name]).json_schema().get("maxLength")
    for column in where:
        kind = column.property.columns[0].type
        length = kind.item_type.length if isinstance(kind, sa.ARRAY) else kind.length
        if length == LANGUAGE_CHARS:
            assert _refused(name, "es-abcdefgh-abcdefgh-abcdefgh-abcdefgh")
            assert not _refused(name, "es-abcdefgh-abcdefgh-abcdefgh")
        elif name.endswith(".address"):
            assert _refused(name, "1" * (length + 1))
            assert not _refused(name, "2001:db8:1111:2222:3333:4444:5555:6666%eth0.1234567890")
        else:
            assert most is not None
            assert most <= length
    if name not in {"Actor.name"} and not where:
        assert most is not None, "there is a limit to it"
        assert most <= MAX_BYTES


@pytest.mark.parametrize("name", _of(str))
def test_a_text_holds_nothing_that_cannot_be_kept(name: str) -> None:
    if name in PARSED | FREE:
        return
    for character in ("\0", "\x1b", "\x7f", "\x85"):
        said = f"an{character}end"
        if _refused(name, said):
            continue
        assert character not in TypeAdapter(FIELDS[name]).validate_python(said), "it is refused, or taken out"


@pytest.mark.parametrize("name", _of(int))
def test_a_number_is_one_that_its_column_counts(name: str) -> None:
    column = COLUMNS.get(name)
    wide = column is not None and isinstance(column.property.columns[0].type, sa.BigInteger)
    most = 2**63 - 1 if wide else MOST_COUNTED
    assert _refused(name, most + 1)
    assert _refused(name, 10**400)
    assert _refused(name, -most - 2)


@pytest.mark.parametrize("name", _of(AwareDatetime))
def test_a_time_is_one_that_utc_and_postgres_have(name: str) -> None:
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"):
        assert _refused(name, moment), moment
    taken = TypeAdapter(FIELDS[name]).validate_python("2026-07-01T12:00:00+02:00")
    assert taken.isoformat() == "2026-07-01T10:00:00+00:00"


@pytest.mark.parametrize(
    "scale", ["1e8000000", "1/0", "9" * 5000, "١", "0x1", "11", "0.01", "", "1/2/3", 1e300]
)
def test_a_scale_is_bounded_before_it_is_a_number(scale: Any) -> None:
    with pytest.raises(ValidationError):
        AdjustBody(base_version=1, scale=scale)


@pytest.mark.parametrize("scale", [1.001, "25/24", "1.001", "24000/25025"])
def test_a_scale_may_be_a_ratio(scale: Any) -> None:
    assert str(AdjustBody(base_version=1, scale=scale).scale) == str(scale)


def test_what_cannot_be_seen_is_no_title() -> None:
    for unseen in (" ", "\u200b", "\u2060\u3000", "\u00ad"):
        assert _refused("JobPatch.title", unseen), repr(unseen)
    assert not _refused("JobPatch.title", "👩‍👧 שלום")
    assert _refused("JobPatch.title", "two\nlines")
    assert not _refused("JobPatch.notes", "two\n\tlines")


@pytest.mark.parametrize("name", [name for name in _of(str) if name.endswith(".email")])
def test_an_address_is_kept_in_lower_case(name: str) -> None:
    """Which may be longer than what was sent."""
    assert _refused(name, "İ" * 160 + "@example.com")
    assert not _refused(name, "İ" * 100 + "@example.com")


def test_every_languages_code_is_bounded() -> None:
    """Also in contracts that machines send, for their rows are written by the projection."""
    for model in (LanguageState, *TYPED):
        assert issubclass(model, Contract | BaseModel)
    with pytest.raises(ValidationError):
        LanguageState(language="es-abcdefgh-abcdefgh-abcdefgh-abcdefgh")
    with pytest.raises(ValidationError):
        LanguageState(language="es\n")


async def test_whatever_a_step_said_is_projected(tenant: Tenant, database: Database) -> None:
    """A vendor's message may hold anything; a projection that failed for it would be tried for ever."""
    job = await tenant.job(database)
    failure = Failure(step=Step.TRANSCRIBE, language="es", code="odd", reason="nul \0, half \ud800, bell \a")
    about: dict[str, Any] = {"job": job_ref(job), "sequence": 1, "run_id": uuid4().hex, "event": "retry"}
    about["actor"] = Actor(name="An\0ybody")
    state = JobState(outputs=RequestedOutputs(), status=JobStatus.FAILED, failure=failure)
    language = LanguageState(language="es", failure=failure)
    async with database.begin() as session:
        assert await write_job(session, JobSnapshot(state=state, **about), now())
        assert await write_language(session, LanguageSnapshot(state=language, **about), now())
    shown = (await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}")).json()
    assert shown["failure"]["reason"] == "nul \ufffd, half \ufffd, bell \ufffd"


def test_no_table_is_forgotten() -> None:
    """Those that people's text reaches are named above; a new one is to be thought of."""
    reached: set[type[SQLModel]] = {column.class_ for column in COLUMNS.values()}
    assert {Job, JobLanguage, Upload, TextVersion, QCComment, CueReview, User, VoicePace} <= reached
    assert {Organization, Client, Team, Project, Invitation} <= reached
    assert CueChoice.__table__.c.cue_id.type.length == CueReview.__table__.c.cue_id.type.length  # type: ignore[attr-defined]
