"""Resources as the JSON API writes them, and what of them a client may set."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from deploy.local.storage.errors import StorageError, invalid
from deploy.local.storage.model import Bucket, Content, Object, Properties, whole_number

_OBJECT_FIELDS = (
    "contentType", "metadata", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage",
    "customTime", "storageClass",
)  # fmt: skip
_BUCKET_FIELDS = ("cors", "labels", "lifecycle", "location", "storageClass", "iamConfiguration", "website")
_SHOWN_HEADERS = {
    "contentType": "Content-Type",
    "cacheControl": "Cache-Control",
    "contentDisposition": "Content-Disposition",
    "contentEncoding": "Content-Encoding",
    "contentLanguage": "Content-Language",
}

_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))

MAX_BODY = 1 << 20
"""Of a JSON body, in bytes."""

DEFAULT_TYPE = "application/octet-stream"


def base_url(request: Request) -> str:
    """The service's address as this client knows it, such as `http://127.0.0.1:4443`."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def object_resource(made: Object, base: str) -> dict[str, Any]:
    path = f"b/{made.bucket}/o/{quote(made.name, safe='')}"
    content = made.content
    resource: dict[str, Any] = {
        "kind": "storage#object",
        "id": f"{made.bucket}/{made.name}/{made.generation}",
        "selfLink": f"{base}/storage/v1/{path}",
        "mediaLink": f"{base}/download/storage/v1/{path}?generation={made.generation}&alt=media",
        "bucket": made.bucket,
        "name": made.name,
        "generation": str(made.generation),
        "metageneration": str(made.metageneration),
        "size": str(content.size),
        "crc32c": content.crc32c,
        "etag": base64.b64encode(made.etag.encode()).decode(),
        "timeCreated": made.created,
        "updated": made.updated,
        "storageClass": "STANDARD",
    }
    if content.md5 is not None:
        resource["md5Hash"] = content.md5
    if content.components is not None:
        resource["componentCount"] = content.components
    return resource | made.properties


def bucket_resource(bucket: Bucket, base: str) -> dict[str, Any]:
    resource = {
        "kind": "storage#bucket",
        "id": bucket.name,
        "selfLink": f"{base}/storage/v1/b/{bucket.name}",
        "name": bucket.name,
        "projectNumber": "0",
        "metageneration": str(bucket.metageneration),
        "location": "LOCAL",
        "storageClass": "STANDARD",
        "timeCreated": bucket.created,
        "updated": bucket.updated,
    }
    return resource | bucket.properties


def object_headers(made: Object) -> dict[str, str]:
    """What a download tells about the object."""
    content = made.content
    hashes = [f"crc32c={content.crc32c}"] + ([f"md5={content.md5}"] if content.md5 else [])
    headers = {
        "ETag": made.etag,
        "X-Goog-Hash": ",".join(hashes),
        "X-Goog-Generation": str(made.generation),
        "X-Goog-Metageneration": str(made.metageneration),
        "X-Goog-Stored-Content-Length": str(content.size),
        "X-Goog-Stored-Content-Encoding": made.properties.get("contentEncoding", "identity"),
        "X-Goog-Storage-Class": "STANDARD",
        "Content-Type": DEFAULT_TYPE,
        "Cache-Control": "private, max-age=0",
    }
    shown = {header: made.properties[key] for key, header in _SHOWN_HEADERS.items() if key in made.properties}
    custom = {f"X-Goog-Meta-{key}": value for key, value in made.properties.get("metadata", {}).items()}
    return {key: header_value(value) for key, value in (headers | shown | custom).items()}


def header_value(text: str) -> str:
    """As a header can carry it: what is not printable ASCII is percent-encoded, the rest stands as it is."""
    return quote(text, safe=_PRINTABLE)


def object_properties(body: Mapping[str, Any]) -> Properties:
    """The writable fields of an object resource; 400 where one is not what it should be."""
    found = {key: body[key] for key in _OBJECT_FIELDS if body.get(key) is not None}
    for key, value in found.items():
        if key == "metadata":
            if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
                raise invalid("metadata must map names to text.")
        elif not isinstance(value, str) or "\n" in value or "\r" in value:
            raise invalid(f"{key} must be one line of text.")
    return found


def patched(old: Properties, body: Mapping[str, Any]) -> Properties:
    """JSON merge: what the body names replaces, null removes; metadata key by key."""
    merged = {**old, **{key: body[key] for key in (*_OBJECT_FIELDS, *_BUCKET_FIELDS) if key in body}}
    if isinstance(body.get("metadata"), dict):
        merged["metadata"] = {**old.get("metadata", {}), **body["metadata"]}
        merged["metadata"] = {key: value for key, value in merged["metadata"].items() if value is not None}
    return {key: value for key, value in merged.items() if value is not None}


def bucket_properties(body: Mapping[str, Any]) -> Properties:
    return {key: body[key] for key in _BUCKET_FIELDS if body.get(key) is not None}


async def json_body(request: Request) -> dict[str, Any]:
    """The body as an object; an empty body is an empty one."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > MAX_BODY:
            raise StorageError(413, "invalid", f"The request's JSON is longer than {MAX_BODY} bytes.")
    return parse_json(bytes(held))


def parse_json(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data or b"{}")
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text that can be kept
    except ValueError as error:
        raise invalid(f"The body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body


def generation_of(given: Mapping[str, Any], key: str = "generation") -> int | None:
    """The generation that a request names, or None where it takes the newest."""
    value = given.get(key)
    if value is None:
        return None
    number = whole_number(str(value))
    if number is None:
        raise invalid(f"{key} must be a number, not {value!r}.")
    return number


def checksum_check(request: Request, body: Mapping[str, Any] | None = None) -> Callable[[Content], None]:
    """A check of the content against what the client says of it: in `X-Goog-Hash`, `Content-MD5`, or the
    `crc32c` and `md5Hash` of the resource that it sent."""
    claims = {"crc32c": (body or {}).get("crc32c"), "md5": (body or {}).get("md5Hash")}
    claims["md5"] = request.headers.get("content-md5") or claims["md5"]
    for header in request.headers.getlist("x-goog-hash"):
        for claim in header.split(","):
            kind, _, value = claim.strip().partition("=")
            if kind in claims:
                claims[kind] = value

    def check(content: Content) -> None:
        for kind, actual in (("crc32c", content.crc32c), ("md5", content.md5)):
            claimed = claims[kind]
            if claimed is not None and claimed != actual:
                raise invalid(
                    f"Provided {kind} hash {claimed!r} doesn't match calculated {kind} hash {actual!r}."
                )

    return check
