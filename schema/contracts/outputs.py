"""The requested outputs of a job."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schema.contracts.base import Typed
from schema.contracts.bounds import Language, Name, Uri
from schema.enums import AssetKind, Kind, VoiceProvider
from schema.errors import FieldError, Invalid
from schema.plan.model import Extend


def primary(code: str) -> str:
    """The primary language: `pt-BR` is treated as `pt` if a provider has no regions."""
    return code.split("-", 1)[0].lower()


def _each_once(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _each_number_once(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(numbers))


def _known(sent: object) -> object:
    """Raises:
    Invalid: there is no such provider.
    """
    if isinstance(sent, str) and sent not in set(VoiceProvider):
        known = ", ".join(VoiceProvider)
        nothing = (
            f"There is no voice provider {sent[:40]}; there are {known}, and GET /tts/options says which are "
            "configured here."
        )
        # Not a ValueError: the shape is right, but the value cannot be accepted.
        raise Invalid(nothing, errors=[FieldError("requested_outputs.tts_preferences.provider", nothing)])
    return sent


Provider = Annotated[VoiceProvider, BeforeValidator(_known)]


class TtsPreferences(Typed):
    """A job's voice preferences, which override the deployment's. The values are those of `GET /tts/options`."""

    provider: Provider | None = None
    """Provider. If absent: the deployment's."""
    model: Name | None = None
    """Model of the provider. If absent: its default."""
    default_voice: Name | None = None
    """Voice for every language that it speaks."""
    voices: dict[Language, Name] = Field(default={}, max_length=50)
    """Voices by language, over `default_voice`. One for `es` also speaks `es-MX`, unless that has its own."""

    def told_for(self, language: str) -> str | None:
        """The nearest language of `voices` that covers `language`."""
        from schema.glossary.lookup import columns_for  # imports the libraries that read sheets

        return next((code for code in columns_for(language) if code in self.voices), None)

    def voice_for(self, language: str) -> str | None:
        told = self.told_for(language)
        return self.default_voice if told is None else self.voices[told]


class Loudness(StrEnum):
    """A delivery loudness for the accessible video; `programme` leaves the programme's level alone."""

    PROGRAMME = "programme"
    EBU_R128 = "ebu_r128"
    ATSC_A85 = "atsc_a85"
    NETFLIX = "netflix"
    WEB = "web"


class SoundPreferences(Typed):
    """How the accessible video sounds, and how it is packaged."""

    duck_db: float = Field(default=8, ge=0, le=16, strict=True)
    """How far the programme is lowered under a description."""
    ambience: Literal["silence", "held"] = "silence"
    """What is heard of the programme while the picture is held."""
    loudness: Loudness = Loudness.PROGRAMME
    """Delivery loudness of the accessible video."""
    both_tracks: bool = False
    """Whether to include the original sound as a second track."""
    fragmented: bool = False
    """Whether the file is fragmented for streaming; a progressive file plays everywhere."""


MOST_LANGUAGES = 50
"""Maximum number of languages of a job."""
TrackNumber = Annotated[int, Field(ge=0, le=63, strict=True)]
"""Track numbers as in the media report: FFmpeg's index, from 0."""


class TrackChoice(Typed):
    """The tracks of the file to use, if the default choice is wrong."""

    picture: TrackNumber | None = None
    """Video track. If absent: the one marked as default, or else the first."""
    sound: Annotated[tuple[TrackNumber, ...], Field(max_length=8), AfterValidator(_each_number_once)] = ()
    """Audio tracks: one, or several mono tracks that are heard together: two as left and right, six as 5.1, eight as
    7.1. If empty: the track marked as default, or else the first."""


class RequestedOutputs(Typed):
    """At least one output, in the source language and in each of `languages`."""

    captions_vtt: bool = True
    """Captions."""
    audio_description_vtt: bool = True
    """The audio description as text."""
    audio_description_mp3: bool = False
    """The programme with its descriptions spoken, as sound."""
    accessible_video_mp4: bool = False
    """The video with descriptions spoken, and held where they need more room."""
    languages: Annotated[tuple[Language, ...], AfterValidator(_each_once)] = Field(
        default=(), max_length=MOST_LANGUAGES
    )
    """Target languages. The source language is ignored here. If empty, the job only has its source language."""
    tts_preferences: TtsPreferences = TtsPreferences()
    """Voices."""
    extend: Extend = Extend.ALLOW
    """Whether the picture may be held if a description does not fit."""
    sound: SoundPreferences = SoundPreferences()
    """Sound of the accessible video."""
    tracks: TrackChoice = TrackChoice()
    """Tracks of the source, chosen when it is probed."""
    dubs: dict[Language, Uri] = Field(
        default={},
        max_length=50,
        description="A target language's own programme sound, as the `gcs_uri` of an upload of yours: any file with "
        "sound that is as long as the video. It is heard in that language's outputs, and gaps are those of its words.",
    )

    @model_validator(mode="after")
    def _something(self) -> RequestedOutputs:
        if not (self.captions_vtt or self.wants_description):
            nothing = (
                "Ask for at least one of captions_vtt, audio_description_vtt, audio_description_mp3, "
                "accessible_video_mp4."
            )
            # Not a ValueError: the shape is right, but the value cannot be accepted.
            raise Invalid(nothing, errors=[FieldError("requested_outputs", nothing)])
        return self

    @property
    def wants_description(self) -> bool:
        return self.audio_description_vtt or self.wants_speech

    @property
    def wants_speech(self) -> bool:
        return self.audio_description_mp3 or self.accessible_video_mp4

    def wanted_kinds(self) -> tuple[Kind, ...]:
        """The texts that every language of the job has."""
        wanted = ((self.captions_vtt, Kind.CAPTIONS), (self.wants_description, Kind.AUDIO_DESCRIPTION))
        return tuple(kind for asked, kind in wanted if asked)

    def wanted_assets(self) -> tuple[AssetKind, ...]:
        """The assets that every language needs before the job is complete."""
        asked = {
            AssetKind.CAPTIONS_VTT: self.captions_vtt,
            AssetKind.AUDIO_DESCRIPTION_VTT: self.audio_description_vtt,
            AssetKind.AUDIO_DESCRIPTION_MP3: self.audio_description_mp3,
            AssetKind.ACCESSIBLE_VIDEO_MP4: self.accessible_video_mp4,
        }
        return tuple(kind for kind, wanted in asked.items() if wanted)

    def targets(self, source_language: str) -> tuple[str, ...]:
        """The languages to translate to, without duplicates, in the requested order."""
        return tuple(dict.fromkeys(code for code in self.languages if code != source_language))

    def makes_the_same(self, other: RequestedOutputs, source_language: str) -> bool:
        """Whether the outputs are the same, so that existing results stay valid and running work continues. The order
        of languages does not matter."""
        same_languages = set(self.targets(source_language)) == set(other.targets(source_language))
        return same_languages and self.model_copy(update={"languages": other.languages}) == other

    def extend_policy(self) -> Extend:
        """The effective policy: without a picture, nothing can be held."""
        return self.extend if self.accessible_video_mp4 else Extend.NEVER
