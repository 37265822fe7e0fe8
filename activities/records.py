"""The records: the only writer of a job's status, and the checks that need the database and the bucket."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from activities.mail.starting import StartMail, start_all
from activities.texts.published import FORMS, PublishedForm, published_forms, source_timecode
from activities.webhooks.starting import WakeWebhook, wake_those_of
from schema import objects
from schema.contracts.job import JobSnapshot
from schema.contracts.language import LanguageSnapshot
from schema.contracts.media import MediaReport
from schema.contracts.records import (
    CancelInput,
    EnsureTextInput,
    EnsureTextResult,
    MissingAsset,
    PersonInput,
    PersonResult,
    PinInput,
    PinResult,
    UnlockInput,
    VerifyInput,
    VerifyResult,
)
from schema.contracts.steps import JobRef, PublishInput, Versions
from schema.db import Database
from schema.enums import AssetKind, Gate, Kind, Origin
from schema.findings import Finding
from schema.object_store import ObjectStore
from schema.queries import assets, jobs, languages, measures, overrides, texts, told
from schema.queries.drafts import Draft, save_draft
from schema.queries.findings import of_text
from schema.queries.projection import ensure_language, write_job, write_language
from schema.queries.users import why_not_assigned
from schema.tables import Asset, JobLanguage, Mail, TextVersion
from schema.vtt import parse

EMPTY_VTT = "WEBVTT\n"


class RecordActivities:
    """Everything on the `records` queue that belongs to a job."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        profile: str,
        start_mail: StartMail | None = None,
        wake_webhook: WakeWebhook | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._profile = profile
        self._start_mail = start_mail
        self._wake_webhook = wake_webhook

    @activity.defn(name="project_job")
    async def project_job(self, snapshot: JobSnapshot) -> None:
        async with self._database.begin() as session:
            mails = await told.of_job(session, snapshot)
            await write_job(session, snapshot, activity.info().scheduled_time)
        await self._tell(mails, snapshot.job)

    @activity.defn(name="project_language")
    async def project_language(self, snapshot: LanguageSnapshot) -> None:
        async with self._database.begin() as session:
            mails = await told.of_language(session, snapshot)
            await write_language(session, snapshot, activity.info().scheduled_time)
        await self._tell(mails, snapshot.job)

    async def _tell(self, mails: list[Mail], job: JobRef) -> None:
        """Notifies people and other systems, after the commit."""
        if mails and self._start_mail is not None:
            await start_all(self._start_mail, activity.client(), mails)
        if self._wake_webhook is not None:
            await wake_those_of(self._database, self._wake_webhook, activity.client(), job.org_id)

    @activity.defn(name="check_person")
    async def check_person(self, inputs: PersonInput) -> PersonResult:
        async with self._database.begin() as session:
            refusal = await why_not_assigned(
                session, inputs.person_id, inputs.job.org_id, as_reviewer=inputs.as_reviewer
            )
        return PersonResult(refusal=refusal)

    @activity.defn(name="pin_texts")
    async def pin_texts(self, inputs: PinInput) -> PinResult:
        """Pins texts under the same lock that a save takes, so that the pinned versions are those that were
        looked at."""
        job_id, language = inputs.job.job_id, inputs.language
        async with self._database.begin() as session:
            row = await languages.one(session, job_id, language, lock=True)
            if row is None:
                return PinResult(refusal=f"There is no text in {language} yet.", code="no_text")
            current = {
                kind: await texts.latest(session, job_id, language, kind)
                for kind in inputs.outputs.wanted_kinds()
            }
            if refusal := _stale(current, inputs.expected) or _lacking(current, inputs.gate):
                return refusal
            stands = await self._blocking(session, row, current) if inputs.check else []
            if stands and not (inputs.override_reason or "").strip():
                return PinResult(
                    refusal=f"Blocking findings ({len(stands)}) stand in the way: mend them, or give an override_reason.",
                    code="blocking_findings",
                    findings=tuple(
                        f"{text.kind.value} {each.cue_id or ''}: {each.message}"
                        for text, each in stands[:100]
                    ),
                )
            await overrides.enter(session, inputs, stands)
            row.locked = True
            return PinResult(versions=_versions(current))

    async def _blocking(
        self, session: AsyncSession, row: JobLanguage, current: dict[Kind, TextVersion | None]
    ) -> list[tuple[TextVersion, Finding]]:
        job = await jobs.load(session, row.job_id)
        if job is None:
            return []
        return [
            (text, finding)
            for text in current.values()
            if text is not None
            for finding in await of_text(session, job, row, text, self._profile)
            if finding.severity == "blocking"
        ]

    @activity.defn(name="unlock_texts")
    async def unlock_texts(self, inputs: UnlockInput) -> None:
        async with self._database.begin() as session:
            row = await languages.one(session, inputs.job.job_id, inputs.language, lock=True)
            if row is not None:
                row.locked = False

    @activity.defn(name="ensure_source_text")
    async def ensure_source_text(self, inputs: EnsureTextInput) -> EnsureTextResult:
        job_id, language = inputs.job.job_id, inputs.job.source_language
        async with self._database.begin() as session:
            await ensure_language(session, job_id, language, is_source=True)
            captions = await texts.latest(session, job_id, language, Kind.CAPTIONS)
            script = await texts.latest(session, job_id, language, Kind.AUDIO_DESCRIPTION)
            if captions is None and script is None:
                return EnsureTextResult(
                    refusal="There is no source text to check yet. Retry the failed step, or upload a VTT."
                )
            if script is None and inputs.outputs.wants_description:
                empty = Draft(
                    language=language,
                    kind=Kind.AUDIO_DESCRIPTION,
                    content=EMPTY_VTT,
                    inputs_hash=objects.hash_of("empty", str(job_id)),
                    note="Promoted to QC without a draft: the script is yet to be written.",
                )
                await save_draft(session, job_id, empty, is_source=True, profile=self._profile)
            return EnsureTextResult()

    @activity.defn(name="publish_texts")
    async def publish_texts(self, inputs: PublishInput) -> None:
        """Writes the approved texts as objects of the job."""
        job_id, language = inputs.job.job_id, inputs.language
        async with self._database.begin() as session:
            found = [
                await texts.version(session, job_id, language, kind, number)
                for kind in inputs.outputs.wanted_kinds()
                if (number := inputs.versions.of(kind)) is not None
            ]
            kept = await assets.of_job(session, job_id, internal=True)
        report = next((asset.object_name for asset in kept if asset.kind is AssetKind.MEDIA_REPORT), None)
        media = MediaReport.model_validate_json(await self._store.read(report)) if report else None
        timecode = source_timecode(media)
        forms = [
            (text, form)
            for text in found
            if text is not None
            for form in published_forms(text, inputs.job.source_language, timecode)
        ]
        made = await asyncio.gather(*(self._publish(inputs, text, form) for text, form in forms))
        async with self._database.begin() as session:
            await measures.measure(session, job_id, language, [text for text in found if text is not None])
            for asset in made:
                await assets.put(session, asset)
            forms_of = {kind for text in found if text is not None for kind in FORMS[text.kind]}
            await assets.drop(session, job_id, language, forms_of - {asset.kind for asset in made})

    async def _publish(self, inputs: PublishInput, text: TextVersion, form: PublishedForm) -> Asset:
        name = objects.made(
            inputs.job.job_id,
            "texts",
            objects.hash_of(text.content),
            f"{text.kind.value}.{inputs.language}.{form.suffix}",
        )
        stored = await self._store.write(name, form.content, form.content_type)
        return Asset(
            job_id=inputs.job.job_id,
            language=inputs.language,
            kind=form.kind,
            object_name=name,
            content_type=form.content_type,
            size_bytes=stored.size,
            details={"version": text.version, **form.details},
        )

    @activity.defn(name="verify_assets")
    async def verify_assets(self, inputs: VerifyInput) -> VerifyResult:
        async with self._database.begin() as session:
            made = await assets.of_job(session, inputs.job.job_id, internal=True)
        known = {(asset.language, asset.kind): asset.object_name for asset in made}
        codes = (inputs.job.source_language, *inputs.outputs.targets(inputs.job.source_language))
        wanted = [(language, kind) for language in codes for kind in inputs.outputs.wanted_assets()]
        there = await asyncio.gather(*(self._exists(known.get(each)) for each in wanted))
        missing = [
            MissingAsset(language=language, kind=kind)
            for (language, kind), found in zip(wanted, there, strict=True)
            if not found
        ]
        return VerifyResult(
            checked=len(wanted), missing=tuple(missing), unheard=assets.unheard(inputs.outputs, made, codes)
        )

    @activity.defn(name="request_cancel")
    async def request_cancel(self, inputs: CancelInput) -> None:
        """Requests a cancellation. A workflow cannot cancel itself."""
        asking = activity.info()
        assert asking.workflow_id
        handle = activity.client().get_workflow_handle(asking.workflow_id, run_id=asking.workflow_run_id)
        try:
            await handle.cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it was ended meanwhile
                raise

    async def _exists(self, name: str | None) -> bool:
        return name is not None and await self._store.stat(name) is not None


def _versions(current: dict[Kind, TextVersion | None]) -> Versions:
    return Versions(**{kind.value: text.version for kind, text in current.items() if text is not None})


def _stale(current: dict[Kind, TextVersion | None], expected: Versions | None) -> PinResult | None:
    for kind, text in current.items():
        looked_at = expected.of(kind) if expected else None
        if looked_at is not None and text is not None and text.version != looked_at:
            return PinResult(
                refusal=f"Version {text.version} of the {kind.value.replace('_', ' ')} is current, and version "
                f"{looked_at} was looked at. Look at the current one, and approve that.",
                code="stale",
                versions=None,
            )
    return None


def _lacking(current: dict[Kind, TextVersion | None], gate: Gate) -> PinResult | None:
    for kind, text in current.items():
        if text is None:
            return PinResult(refusal=f"There is no {kind.value} text yet.", code="no_text")
        if gate is Gate.SOURCE_QC and kind is Kind.AUDIO_DESCRIPTION and text.origin is Origin.DRAFT:
            document = parse(text.content).document
            if not document.cues and not document.notes:
                return PinResult(
                    refusal="The audio description is empty: write it, or save a NOTE that no description is needed.",
                    code="empty_description",
                )
    return None
