"""What workflows ask of the records: texts that are pinned, people that are checked, assets that are verified."""

from __future__ import annotations

from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, JobRef, Versions
from schema.enums import AssetKind, Gate


class PinInput(Contract):
    """Compares and pins the texts that a person approves, under the row lock that a save takes."""

    job: JobRef
    language: str
    gate: Gate
    expected: Versions | None
    outputs: RequestedOutputs
    artifacts: Artifacts
    check: bool
    """Refuse while a blocking rule is broken, unless `override_reason`."""
    override_reason: str | None = None
    decision_id: str | None = None
    """Of the approval: what it lets stand is entered once."""
    actor: Actor


class PinResult(Contract):
    """`refusal` is None when the texts are pinned: from then on a save answers 409."""

    versions: Versions | None = None
    refusal: str | None = None
    code: str | None = None
    findings: tuple[str, ...] = ()


class PersonInput(Contract):
    """May somebody be assigned?"""

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
    """promote_to_qc: a missing AD becomes an empty draft with a blocking finding; a missing source VTT refuses."""

    job: JobRef
    outputs: RequestedOutputs


class EnsureTextResult(Contract):
    refusal: str | None = None


class VerifyInput(Contract):
    """Does every requested asset exist?"""

    job: JobRef
    outputs: RequestedOutputs


class MissingAsset(Contract):
    language: str
    kind: AssetKind


class VerifyResult(Contract):
    checked: int
    missing: tuple[MissingAsset, ...] = ()
    unheard: tuple[str, ...] = ()
    """Descriptions that their plans leave out, a sentence each."""


class CancelInput(Contract):
    """Asks Temporal to cancel the run that asks, which is over: then it ends as cancelled."""

    job: JobRef
