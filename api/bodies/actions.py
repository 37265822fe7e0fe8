"""Bodies of people's decisions about a job."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from api.bodies.base import Body
from schema.contracts.bounds import CueId, Language, Reason, Timecode
from schema.contracts.steps import Versions
from schema.enums import Kind, Step


class ApproveBody(Body):
    """An approval. `versions` are those that were looked at; if absent, the current ones."""

    versions: Versions | None = None
    """The versions of both texts that were looked at."""


class ReasonBody(Body):
    """A reason. `kind`, `cue_id` and `timecode` say where, if it is about one place."""

    reason: Reason
    """The reason, for the person who has to fix it."""
    kind: Kind | None = None
    """The text that this is about."""
    cue_id: CueId | None = None
    """The cue that this is about."""
    timecode: Timecode | None = None
    """The timecode that this is about."""

    def told(self) -> str:
        """The reason with its place, as the creator reads it."""
        text = self.kind.value.replace("_", " ") if self.kind else None
        cue = f"cue {self.cue_id}" if self.cue_id else None
        place = ", ".join(part for part in (text, cue, self.timecode) if part)
        return f"{self.reason} ({place})" if place else self.reason


class MaybeReasonBody(Body):
    """An optional reason."""

    reason: Reason | None = None
    """The reason, for the history."""


class ReturnBody(Body):
    """A return to source QC. With `languages`, only those go back to their linguists."""

    reason: Reason
    """What has to be fixed."""
    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 language codes; empty means the source."""
    note_ids: list[UUID] = Field(default=[], max_length=50)
    """Review notes that become open comments on the returned texts. Each must be about one of `languages`, or about the
    source."""


class RetryBody(Body):
    """A retry. With `language`, only of that failed language. A rejected job needs `from_step`."""

    language: Language | None = None
    """BCP 47 language code."""
    from_step: Step | None = None
    """The step to start again from."""


class RetrySpeechBody(Body):
    """The language to speak again."""

    language: Language
    """BCP 47 language code."""


class ReprocessBody(Body):
    """Repeats the work of a job from a step on."""

    from_step: Step = Step.PROBE
    """The step to start from. Up to `describe`, source QC follows; from `translate` on, the approved source is kept."""
    languages: list[Language] = Field(default=[], max_length=50)
    """For `translate` and later steps: the languages to process; empty means all."""
    keep_human_edits: bool = True
    """False overwrites human edits. Their versions stay in the history."""
    reason: Reason | None = None
    """The reason, for the history."""
