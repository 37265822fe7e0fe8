"""Where a job's objects lie in the bucket. What is made is addressed by the hash of everything that went into it, so
that making it again finds it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import regex
from pydantic import BaseModel

from schema.enums import AssetKind

_UNSAFE = regex.compile(
    r"[^\p{L}\p{N}\p{M}_.\- \u200c\u200d]+|(?<![\p{L}\p{M}])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}])"
)
"""In the name of a file. Marks and joiners are parts of words in many scripts."""
_GRAPHEME = regex.compile(r"\X")
_LONGEST, _LONGEST_BYTES = 80, 170
"""Of a title: a name has at most 255 bytes, and what it is of stands behind the title."""


def source(job_id: UUID, filename: str) -> str:
    """`jobs/{job_id}/source.mp4`; the caller's own name is kept in the row, not in the bucket."""
    return f"jobs/{job_id}/source{_suffix(filename)}"


def file(upload_id: UUID, filename: str) -> str:
    """What somebody sends beside a video, `files/{upload_id}/file.wav`; its own name is kept in the row."""
    return f"files/{upload_id}/file{_suffix(filename)}"


def made(job_id: UUID, step: str, inputs_hash: str, name: str) -> str:
    """What `step` made of inputs with this hash."""
    return f"jobs/{job_id}/{step}/{inputs_hash[:24]}/{name}"


def checkpoint(job_id: object, step: str, key: str) -> str:
    """A small result of a part of a step."""
    return f"jobs/{job_id}/{step}/checkpoints/{key}"


def clip(org_id: UUID, clip_hash: str, suffix: str) -> str:
    """A spoken description (`flac`), or its measures (`json`); shared by the jobs of an organisation, so that a clone pays for nothing twice."""
    return f"orgs/{org_id}/clips/{clip_hash}.{suffix}"


def _suffix(filename: str) -> str:
    suffix = PurePosixPath(filename).suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""


def preview(key: str, suffix: str) -> str:
    """A preview of a voice: what is to be heard (`json`), and its sound (`mp3`)."""
    return f"previews/{key}.{suffix}"


def download_name(title: str, language: str, kind: AssetKind, object_name: str) -> str:
    """What a person's copy of an asset is called: `Evening news.es.captions.vtt`."""
    suffix = PurePosixPath(object_name).suffix
    return f"{file_name(title)}.{language}.{kind.value.removesuffix(suffix.replace('.', '_'))}{suffix}"


def file_name(title: str) -> str:
    """`title` in signs that every file system takes, whichever script it is in, and as long as it may be."""
    kept, size = "", 0
    for sign in _GRAPHEME.findall(" ".join(_UNSAFE.sub(" ", unicodedata.normalize("NFC", title)).split())):
        size += len(sign.encode())
        if len(kept) + len(sign) > _LONGEST or size > _LONGEST_BYTES:
            break
        kept += sign
    return kept.strip(" .") or "job"


def hash_of(*parts: Any) -> str:
    """SHA-256 of `parts` as canonical JSON; the same parts give the same hash in every process."""
    canonical = json.dumps(parts, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
