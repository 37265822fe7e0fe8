"""Quality profiles, as data: what captions and descriptions are measured against.

`netflix` follows the Netflix Timed Text Style Guides, `bbc` the BBC Subtitle Guidelines, `dcmp` the DCMP
Captioning Key. A client's own is one of them with some values replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from schema.errors import FieldError, Invalid
from schema.findings import Severity
from schema.vtt.text import primary, written_as

Audience = Literal["adult", "child"]
_MOST = 1_000_000
_MOST_LANGUAGES = 200
Count = Annotated[int, Field(ge=0, le=_MOST)]
Least1 = Annotated[int, Field(ge=1, le=_MOST)]

Rule = Literal[
    # of any track
    "cue_times", "duplicate_id", "empty_text",
    # of captions
    "bracket_pair", "close_gap", "in_time", "line_break", "line_count", "line_length", "lyrics", "max_duration",
    "min_duration", "min_gap", "out_time", "overlap", "reading_speed", "shot_change", "sound_brackets",
    "speaker_label", "uncaptioned_sound", "uncaptioned_speech",
    # of descriptions
    "description_length", "description_parentheses", "description_placeholder", "description_rate",
    # of translations
    "glossary_do_not_translate", "glossary_forbidden", "glossary_term", "translation_cue_extra",
    "translation_cue_missing", "translation_length", "translation_markup", "translation_number",
    "translation_timing", "translation_url", "untranslated", "wrong_language",
]  # fmt: skip
"""The rules whose severity a profile decides. Those of a plan (`schema.plan.rules`) have one of their own."""


def _with_default(table: dict[str, float]) -> dict[str, float]:
    if table and "default" not in table:
        raise ValueError("a table by language needs a value for `default`, which is every other language")
    return table


ByLanguage = Annotated[
    dict[Annotated[str, Field(max_length=35)], Annotated[float, Field(gt=0, le=_MOST)]],
    Field(max_length=_MOST_LANGUAGES),
    AfterValidator(_with_default),
]
"""By language code; `default` is for every other."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DescriptionRules(_Data):
    """Rates of a description's script in words a minute, and speeds of its clip."""

    words_per_minute_target: Least1 = 160
    words_per_minute_warning: Least1 = 180
    words_per_minute_blocking: Least1 = 200
    chars_per_cue: Least1 = 500
    """Longer is hard to place and to hear: divide it."""


class Profile(_Data):
    """Limits for captions and descriptions. Frames are those of the source's rate."""

    name: str
    lines: Least1 = 2
    chars_per_line: Annotated[ByLanguage, Field(min_length=1)]
    chars_per_second_adult: ByLanguage = {}
    chars_per_second_child: ByLanguage = {}
    chars_per_second_sdh: ByLanguage = {}
    """For captions (SDH) and adults. Where a table is empty, words a minute are counted instead."""
    words_per_minute_adult: Least1 | None = None
    words_per_minute_child: Least1 | None = None
    min_duration_ms: Annotated[ByLanguage, Field(min_length=1)] = {"default": 834, "ja": 500}
    max_duration_ms: Least1 = 7_000
    min_gap_frames: Count = 2
    close_gap_frames: Count = 11
    """Gaps of more than the least and up to this, at 24 frames a second, are closed to the least."""
    in_time_frames: Count = 2
    out_time_frames: Count = 12
    shot_change_frames: Count = 12
    sentence_silence_ms: Least1 = 700
    uncaptioned_sound_ms: Least1 = 10_000
    description: DescriptionRules = DescriptionRules()
    severities: dict[Rule, Severity] = {}
    """By rule; a rule that is not here is a warning."""

    def severity(self, rule: Rule) -> Severity:
        return self.severities.get(rule, "warning")

    def line_limit(self, language: str) -> int:
        return int(_of(self.chars_per_line, language))

    def least_ms(self, language: str) -> int:
        return int(_of(self.min_duration_ms, language))

    def chars_per_second(self, language: str, *, sdh: bool, audience: Audience) -> float | None:
        """Reading speed, or None for a profile that counts words."""
        if audience == "child":
            table = self.chars_per_second_child
        else:
            table = self.chars_per_second_sdh if sdh else self.chars_per_second_adult
        return _of(table, language) if table else None

    def words_per_minute(self, audience: Audience) -> int | None:
        return self.words_per_minute_child if audience == "child" else self.words_per_minute_adult


def _of(table: ByLanguage, language: str) -> float:
    """The value of the language, of its first subtag, of the language that it is written as, or the default."""
    names = (language, primary(language), written_as(language), "default")
    return next(table[name] for name in names if name in table)


_BLOCKING: tuple[Rule, ...] = (
    "cue_times",
    "duplicate_id",
    "empty_text",
    "line_count",
    "line_length",
    "description_placeholder",
    "translation_cue_missing",
    "translation_url",
    "wrong_language",
    "glossary_term",
    "glossary_forbidden",
    "glossary_do_not_translate",
)
_SEVERITIES: dict[Rule, Severity] = dict.fromkeys(_BLOCKING, "blocking")


def _columns(
    en: float, default: float, ar: float, hi: float, ja: float, ko: float, zh: float, th: float
) -> ByLanguage:
    return {"default": default, "en": en, "ar": ar, "hi": hi, "ja": ja, "ko": ko, "zh": zh, "th": th}


NETFLIX = Profile(
    name="netflix",
    chars_per_second_adult=_columns(20, 17, 20, 22, 4, 12, 9, 17),
    chars_per_second_child=_columns(17, 13, 17, 18, 4, 9, 7, 13),
    chars_per_second_sdh=_columns(20, 20, 23, 25, 7, 14, 11, 20),
    chars_per_line=_columns(42, 42, 42, 42, 23, 16, 16, 35),
    severities=_SEVERITIES,
)
BBC = Profile(
    name="bbc",
    chars_per_line={"default": 37},
    words_per_minute_adult=180,
    words_per_minute_child=160,
    severities=_SEVERITIES,
)
DCMP = Profile(
    name="dcmp",
    chars_per_line={"default": 32},
    words_per_minute_adult=160,
    words_per_minute_child=120,
    min_duration_ms={"default": 1_334},
    max_duration_ms=6_000,
    severities=_SEVERITIES,
)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in (NETFLIX, BBC, DCMP)}


def key_of(base: str, own: Mapping[str, Any]) -> str:
    """What `profile_of` reads: the name of a profile, or that with a client's own values."""
    return json.dumps([base, own], sort_keys=True, separators=(",", ":")) if own else base


def profile_of(key: str) -> Profile:
    """A profile by its name, or by the `key_of` a client's own.

    Raises:
        Invalid: as `profile_with`.
    """
    base, own = json.loads(key) if key.startswith("[") else (key, {})
    return profile_with(base, own)


def profile_with(base: str, own: Mapping[str, Any]) -> Profile:
    """A profile by name, with a client's own values laid over it; tables by language are laid over key by key.

    Raises:
        Invalid: there is no such name, or no such rule, of those that it tells; or a profile cannot have these values.
    """
    if base not in PROFILES:
        known = ", ".join(PROFILES)
        raise Invalid(
            f"there is no quality profile {base}; there are {known}", errors=[FieldError("profile", known)]
        )
    if "name" in own:
        raise Invalid(
            "the quality profile's name is not its owner's to choose", errors=[FieldError("name", base)]
        )
    _check_rules(own.get("severities"))
    data = PROFILES[base].model_dump()
    if own:
        data["name"] = f"{base}, with limits of the client's own"
    for key, value in own.items():
        merges = isinstance(data.get(key), dict) and isinstance(value, Mapping)
        data[key] = {**data[key], **value} if merges else value
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        errors = [FieldError(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors()]
        raise Invalid(
            f"the quality profile is wrong at {errors[0].field}: {errors[0].message}", errors=errors
        ) from None


def _check_rules(severities: Any) -> None:
    """
    Raises:
        Invalid: they are by a rule that there is not.
    """
    known = get_args(Rule)
    unknown = [rule for rule in severities if rule not in known] if isinstance(severities, Mapping) else []
    if unknown:
        raise Invalid(
            f"there is no quality rule {unknown[0]}; there are {', '.join(sorted(known))}",
            errors=[FieldError(f"severities.{rule}", "no such rule") for rule in unknown],
        )
