"""What the store keeps: buckets, objects, unfinished uploads, and the conditions a request sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploy.local.storage.errors import StorageError, invalid

Properties = dict[str, Any]
"""The writable part of a resource, in the JSON API's names: contentType, metadata, cacheControl, …"""


def now() -> str:
    """RFC 3339 in UTC with microseconds, as the JSON API writes times; it sorts as text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_number(text: str) -> int | None:
    """What ASCII digits write, or None; more than 18 of them are no size and no generation."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    properties: Properties
    metageneration: int
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class Content:
    """A finished file in `content/`, with its checksums in base64. `md5` is absent for composed objects."""

    file: str
    size: int
    crc32c: str
    md5: str | None
    components: int | None = None


@dataclass(frozen=True, slots=True)
class Object:
    bucket: str
    name: str
    content: Content
    properties: Properties
    generation: int
    metageneration: int
    created: str
    updated: str

    @property
    def etag(self) -> str:
        """Quoted, as HTTP wants it."""
        return f'"{self.generation:x}-{self.metageneration:x}"'


@dataclass(frozen=True, slots=True)
class Upload:
    """A resumable session. `offset` bytes are safely on disk, and `crc32c` is the running value over them.
    `size` is what was announced, if anything was; `finished` is the generation that came of it."""

    id: str
    bucket: str
    name: str
    file: str
    properties: Properties
    conditions: Conditions
    size: int | None
    origin: str | None
    offset: int = 0
    crc32c: int = 0
    finished: int | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """`ifGenerationMatch` and its three siblings; generation 0 stands for 'no such object'."""

    values: Mapping[str, int] = field(default_factory=dict)

    _NAMES = ("generationMatch", "generationNotMatch", "metagenerationMatch", "metagenerationNotMatch")

    @classmethod
    def of(cls, query: Mapping[str, str], prefix: str = "if") -> Conditions:
        """From a request's query; `ifSource` is the prefix for the source of a copy."""
        values: dict[str, int] = {}
        folded = {key.lower(): value for key, value in query.items()}
        for name in cls._NAMES:
            given = folded.get((prefix + name).lower())
            if given is not None:
                number = whole_number(given)
                if number is None:
                    raise invalid(f"{prefix}{name[0].upper()}{name[1:]} must be a number, not {given!r}.")
                values[name] = number
        return cls(values)

    def check(self, found: Object | None, *, reading: bool = False) -> None:
        """Raises 412 where one does not hold; for a read, 304 where the caller has this generation already."""
        actual = {
            "generation": found.generation if found else 0,
            "metageneration": found.metageneration if found else 0,
        }
        for name, wanted in self.values.items():
            subject, negated = name.removesuffix("Match"), name.endswith("NotMatch")
            held = actual[subject.removesuffix("Not")]
            if (held == wanted) != negated:
                continue
            if negated and reading:
                raise StorageError(304, "notModified", "The object has not changed.")
            raise StorageError(
                412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold."
            )
