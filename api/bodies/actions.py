"""What comes with people's decisions about a job."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from api.bodies.base import Body
from schema.contracts.bounds import CueId, Language, Reason, Timecode
from schema.contracts.steps import Versions
from schema.enums import Kind, Step


class ApproveBody(Body):
    """`versions` are those that were looked at; absent, those current at receipt."""

    versions: Versions | None = None
    """Of both texts."""


class ReasonBody(Body):
    """`kind`, `cue_id` and `timecode` say where, when the reason is about one place."""

    reason: Reason
    """For whoever has to mend it."""
    kind: Kind | None = None
    """The text that it is about."""
    cue_id: CueId | None = None
    """The cue that it is about."""
    timecode: Timecode | None = None
    """The place in the video."""

    def told(self) -> str:
        """The reason with its place, as the creator reads it."""
        text = self.kind.value.replace("_", " ") if self.kind else None
        cue = f"cue {self.cue_id}" if self.cue_id else None
        place = ", ".join(part for part in (text, cue, self.timecode) if part)
        return f"{self.reason} ({place})" if place else self.reason


class MaybeReasonBody(Body):
    """Why, where there is something to say."""

    reason: Reason | None = None
    """For those who ask later."""


class ReturnBody(Body):
    """Back to source QC; with `languages`, only those go back to their linguists."""

    reason: Reason
    """What is to be mended."""
    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 codes; none: the source."""
    note_ids: list[UUID] = Field(default=[], max_length=50)
    """Review notes that become open comments of what is returned: each about one of `languages`, or about the source."""


class RetryBody(Body):
    """`language`: only that failed one. A rejected job needs `from_step`."""

    language: Language | None = None
    """BCP 47 code."""
    from_step: Step | None = None
    """Where to begin again."""


class RetrySpeechBody(Body):
    """Which language is spoken again."""

    language: Language
    """BCP 47 code."""


class ReprocessBody(Body):
    """Does the work again from a step on."""

    from_step: Step = Step.PROBE
    """Where to begin. Up to describe, source QC follows; from translate on, the approved source stays."""
    languages: list[Language] = Field(default=[], max_length=50)
    """Of translate and later steps: which languages; none: all."""
    keep_human_edits: bool = True
    """False: what people wrote is written over. Their versions stay in the history."""
    reason: Reason | None = None
    """For those who ask later."""
