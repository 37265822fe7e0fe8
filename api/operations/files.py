"""Files that people upload in addition to a video. Each has a purpose, and only the person who announced it can
use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from api.asked import Asked
from api.bodies.files import FileInit, FileInitOut
from api.context import Context
from schema import objects
from schema.enums import FilePurpose
from schema.errors import Invalid, TooLarge, WrongType
from schema.permissions import Permission, forbidden
from schema.queries import uploads
from schema.tables import Upload, now
from schema.vtt.parse import MAX_BYTES

LIFE = timedelta(days=1)
"""The time from the announcement to the use."""
_MIB = 2**20
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
"""RFC 6838, section 4.2. The value becomes a header in the object store."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The limits of a file for a purpose."""

    permission: Permission
    types: tuple[str, ...]
    """Media types, or their prefixes such as `audio/`."""
    most_bytes: int | None
    """Size limit. No file is as large as a video."""

    def takes(self, media_type: str) -> bool:
        return any(
            media_type.startswith(each) if each.endswith("/") else media_type == each for each in self.types
        )


_OFFICE = "application/vnd.openxmlformats-officedocument."
_XLSX = _OFFICE + "spreadsheetml.sheet"
_TEXTS = (
    "text/vtt", "text/plain", "text/srt", "text/x-ssa", "text/x-ass", "application/x-subrip", "application/ttml+xml",
    "application/xml", "text/xml",
)  # fmt: skip
_UNNAMED = "application/octet-stream"
"""The media types that browsers send for EBU STL and SCC."""
RULES: Mapping[FilePurpose, Rule] = {
    FilePurpose.DUB: Rule(Permission.CREATE_JOB, ("audio/", "video/"), None),
    FilePurpose.RECORDING: Rule(Permission.RECORD, ("audio/",), 100 * _MIB),
    FilePurpose.CAPTIONS: Rule(Permission.CREATE_JOB, (*_TEXTS, _UNNAMED), MAX_BYTES),
    FilePurpose.AUDIO_DESCRIPTION: Rule(Permission.CREATE_JOB, (*_TEXTS, _UNNAMED), MAX_BYTES),
    FilePurpose.GLOSSARY: Rule(
        Permission.LEAD_PEOPLE, (_XLSX, "text/csv", "application/xml", "text/xml"), 20 * 1000 * 1000
    ),
    FilePurpose.BRIEF_ATTACHMENT: Rule(
        Permission.WRITE_BRIEF,
        (
            "application/pdf", _XLSX, _OFFICE + "wordprocessingml.document", _OFFICE + "presentationml.presentation",
            "text/csv", *_TEXTS, "image/png", "image/jpeg", "image/webp",
        ),
        50 * _MIB,
    ),
}  # fmt: skip
"""100 MiB is five minutes of the best stereo, more than any single description."""


def most_bytes(ctx: Context, purpose: FilePurpose) -> int:
    return RULES[purpose].most_bytes or ctx.parts.settings.max_source_bytes


async def announce(ctx: Context, body: FileInit, once: Asked, origin: str | None) -> FileInitOut:
    """Opens an upload session that only accepts a file of this size and type.

    Raises:
        Forbidden: the caller has no use for such a file anywhere. TooLarge, WrongType: the file does not suit this
        purpose.
    """
    media_type = _checked(ctx, body)
    upload_id = once.uuid("file")
    upload = await uploads.announce(
        ctx.session,
        Upload(
            id=upload_id,
            user_id=ctx.principal.user_id,
            object_name=objects.file(upload_id, body.filename),
            filename=body.filename,
            content_type=media_type,
            size_bytes=body.size_bytes,
            purpose=body.purpose,
            expires_at=now() + LIFE,
        ),
    )
    after = {
        "purpose": body.purpose,
        "filename": body.filename,
        "content_type": media_type,
        "size_bytes": body.size_bytes,
    }
    await ctx.record(once, "file.announce", "upload", upload_id, after=after)
    await ctx.session.commit()
    store = ctx.store
    url = await store.start_resumable(upload.object_name, media_type, body.size_bytes, origin)
    return FileInitOut(
        file_id=upload.id,
        purpose=upload.purpose,
        upload_url=url,
        gcs_uri=store.uri(upload.object_name),
        expires_at=upload.expires_at,
    )


def _checked(ctx: Context, body: FileInit) -> str:
    rule, purpose = RULES[body.purpose], body.purpose.value.replace("_", " ")
    if not ctx.principal.may_somewhere(rule.permission):
        raise forbidden(rule.permission)
    media_type = body.content_type.split(";", 1)[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(media_type) or not rule.takes(media_type):
        known = ", ".join(each + "*" if each.endswith("/") else each for each in rule.types)
        raise WrongType(f"{body.content_type or 'No content type'} is no type of a {purpose}: {known}.")
    most = most_bytes(ctx, body.purpose)
    if body.size_bytes > most:
        raise TooLarge(f"The file has {body.size_bytes} bytes; a {purpose} has at most {most}.")
    return media_type


async def sent(ctx: Context, uri: str, purpose: FilePurpose) -> Upload:
    """The caller's completed file at `uri` for this purpose. It is kept once `uploads.use` is called for it.

    Raises:
        Invalid: it is not theirs, has another purpose, or is incomplete.
    """
    await ctx.session.commit()
    store = ctx.store
    name = store.name_of(uri)
    found = await store.stat(name)
    upload = await uploads.of_user(ctx.session, ctx.principal.user_id, name)
    wanted = purpose.value
    if upload is None:
        raise Invalid(
            f"You have announced no upload to {uri}. Announce it with POST /files/signed-upload as a {wanted}, and "
            "send it."
        )
    if upload.purpose is not purpose:
        raise Invalid(f"{uri} was announced as a {upload.purpose}: announce the file as a {wanted}.")
    if found is None or found.size != upload.size_bytes:
        raise Invalid(f"The upload to {uri} is not finished: send the rest of the file first.")
    return upload
