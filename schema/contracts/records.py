"""Contracts of the records activities: pin texts, check people, verify assets."""

from __future__ import annotations

from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, JobRef, Versions
from schema.enums import AssetKind, Gate


class PinInput(Contract):
    """Compares and pins the texts that a person approves, under the same row lock that a save takes."""

    job: JobRef
    language: str
    gate: Gate
    expected: Versions | None
    outputs: RequestedOutputs
    artifacts: Artifacts
    check: bool
    """Whether to refuse if there are blocking findings, unless there is an `override_reason`."""
    override_reason: str | None = None
    decision_id: str | None = None
    """Id of the approval. The findings that it overrides are recorded once."""
    actor: Actor


class PinResult(Contract):
    """`refusal` is None if the texts are pinned. From then on, a save answers 409."""

    versions: Versions | None = None
    refusal: str | None = None
    code: str | None = None
    findings: tuple[str, ...] = ()


class PersonInput(Contract):
    """Asks whether a person may be assigned."""

    job: JobRef
    person_id: UUID
    as_reviewer: bool


class PersonResult(Contract):
    refusal: str | None = None


class UnlockInput(Contract):
    """Opens the texts of a language for editing again."""

    job: JobRef
    language: str


class EnsureTextInput(Contract):
    """For promote_to_qc: a missing AD becomes an empty draft with a blocking finding; a missing source VTT is
    refused."""

    job: JobRef
    outputs: RequestedOutputs


class EnsureTextResult(Contract):
    refusal: str | None = None


class VerifyInput(Contract):
    """Asks whether every requested asset exists."""

    job: JobRef
    outputs: RequestedOutputs


class MissingAsset(Contract):
    language: str
    kind: AssetKind


class VerifyResult(Contract):
    checked: int
    missing: tuple[MissingAsset, ...] = ()
    unheard: tuple[str, ...] = ()
    """Descriptions that the plans leave out, one sentence each."""


class CancelInput(Contract):
    """Asks Temporal to cancel the calling run, which is finished, so that it ends as cancelled."""

    job: JobRef
