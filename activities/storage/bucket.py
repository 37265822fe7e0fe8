"""Blocking access to a bucket through the client library, with timeouts and our own errors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import google.auth
import google.cloud.storage as storage
import google_crc32c
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.storage.retry import DEFAULT_RETRY

from activities.storage.errors import classified
from activities.storage.resumable import CHUNK, ResumableFile
from activities.storage.signer import Signer, attachment
from schema.errors import Misconfigured, NotFound, Unavailable
from schema.object_store import ObjectInfo

_TIMEOUT_S = (5.0, 60.0)
"""Timeouts for connecting, and for an answer."""

_HEALTH_TIMEOUT_S = 3.0

DEFAULT_TYPE = "application/octet-stream"


class Bucket:
    """The blocking half of `GoogleStorage`. `schema.object_store` documents the methods."""

    def __init__(self, name: str, endpoint: str | None, signing_key: Path | None, retry_s: float) -> None:
        try:
            credentials = (
                AnonymousCredentials() if endpoint else google.auth.default(scopes=storage.Client.SCOPE)[0]
            )
        except DefaultCredentialsError as error:
            raise Misconfigured(f"No Google credentials are configured: {error}") from error
        options = {"api_endpoint": endpoint} if endpoint else None
        # Nothing here needs a project: buckets are made by whoever deploys, objects belong to their bucket.
        self._client = storage.Client(project="none", credentials=credentials, client_options=options)
        self._bucket = self._client.bucket(name)
        self._signer = Signer(credentials, signing_key)
        self._retry_s = retry_s
        self._bounded = {"timeout": _TIMEOUT_S, "retry": DEFAULT_RETRY.with_timeout(retry_s)}
        self.name = name

    def close(self) -> None:
        self._client.close()

    def stat(self, name: str) -> ObjectInfo | None:
        blob = self._bucket.blob(name)
        try:
            with classified(self.name, name):
                blob.reload(**self._bounded)
        except NotFound:
            return None
        return _info(blob)

    def existing(self, name: str) -> ObjectInfo:
        info = self.stat(name)
        if info is None:
            raise NotFound(f"There is no object gs://{self.name}/{name}.")
        return info

    def read(self, name: str, start: int, end: int | None) -> bytes:
        if end is not None and end <= start:
            return b""
        return self._range(self._bucket.blob(name), start, end)

    def pieces(self, info: ObjectInfo) -> Iterator[bytes]:
        """The object as it was in `info`, in ranges of a chunk."""
        blob = self._bucket.blob(info.name, generation=info.generation)
        crc32c = 0
        for start in range(0, info.size, CHUNK):
            try:
                piece = self._range(blob, start, start + CHUNK)
            except NotFound as error:
                raise Unavailable(
                    f"gs://{self.name}/{info.name} was replaced or deleted while it was read."
                ) from error
            crc32c = google_crc32c.extend(crc32c, piece)
            yield piece
        if base64.b64encode(crc32c.to_bytes(4, "big")).decode("ascii") != info.crc32c:
            raise Unavailable(f"gs://{self.name}/{info.name} arrived damaged.")

    def write(
        self, name: str, data: bytes, content_type: str, if_absent: bool, metadata: Mapping[str, str] | None
    ) -> ObjectInfo:
        blob = self._new(name, metadata)
        with classified(self.name, name):
            blob.upload_from_string(data, content_type=content_type, **self._creating(if_absent))
        return _info(blob)

    def start_resumable(
        self,
        name: str,
        content_type: str,
        size: int | None,
        metadata: Mapping[str, str] | None,
        *,
        origin: str | None = None,
        if_absent: bool = False,
    ) -> str:
        with classified(self.name, name):
            url: str = self._new(name, metadata).create_resumable_upload_session(
                content_type=content_type,
                size=size,
                origin=origin,
                if_generation_match=0 if if_absent else None,
                **self._bounded,
            )
        return url

    def upload(
        self,
        name: str,
        url: str,
        produce: Callable[[BinaryIO], object],
        size: int | None,
        advance: Callable[[int], None],
    ) -> ObjectInfo:
        """Sends the output of `produce` to the session at `url`."""
        target = ResumableFile(url, self.name, name, size=size, patience_s=self._retry_s, advance=advance)
        try:
            produce(cast(BinaryIO, target))
            made = target.finish()
        except BaseException:
            target.cancel()
            raise
        return ObjectInfo(
            name=made["name"],
            size=int(made["size"]),
            content_type=made.get("contentType", DEFAULT_TYPE),
            crc32c=made["crc32c"],
            md5=made.get("md5Hash"),
            generation=int(made["generation"]),
            metadata=made.get("metadata", {}),
            updated=made["updated"],
        )

    def list_prefix(self, prefix: str) -> list[ObjectInfo]:
        with classified(self.name, prefix):
            return [
                _info(blob) for blob in self._client.list_blobs(self._bucket, prefix=prefix, **self._bounded)
            ]

    def copy(self, source: str, target: str, if_absent: bool) -> ObjectInfo:
        blob, original = self._bucket.blob(target), self._bucket.blob(source)
        token: str | None = None
        while True:
            with classified(self.name, target if if_absent else source):
                token, _, _ = blob.rewrite(original, token=token, **self._creating(if_absent))
            if token is None:
                return _info(blob)

    def delete(self, name: str, missing_ok: bool) -> None:
        try:
            with classified(self.name, name):
                self._bucket.blob(name).delete(**self._bounded)
        except NotFound:
            if not missing_ok:
                raise

    def signed_get(self, name: str, expires_s: int, filename: str | None, content_type: str | None) -> str:
        with classified(self.name, name):
            url: str = self._bucket.blob(name).generate_signed_url(
                version="v4",
                method="GET",
                expiration=timedelta(seconds=expires_s),
                response_disposition=attachment(filename) if filename else None,
                response_type=content_type,
                credentials=self._signer.credentials(),
            )
        return url

    def probe(self) -> None:
        """One small request, without retries."""
        with classified(self.name, ""):
            listed = self._client.list_blobs(
                self._bucket, max_results=1, timeout=_HEALTH_TIMEOUT_S, retry=None
            )
            next(iter(listed), None)

    def _new(self, name: str, metadata: Mapping[str, str] | None) -> storage.Blob:
        blob = self._bucket.blob(name)
        if metadata:
            blob.metadata = dict(metadata)
        return blob

    def _creating(self, if_absent: bool) -> dict[str, Any]:
        """Does not retry a conditional write, which could not tell its own first success from another writer's."""
        return (
            {"timeout": _TIMEOUT_S, "retry": None, "if_generation_match": 0} if if_absent else self._bounded
        )

    def _range(self, blob: storage.Blob, start: int, end: int | None) -> bytes:
        try:
            with classified(self.name, blob.name):
                data: bytes = blob.download_as_bytes(
                    start=start or None, end=None if end is None else end - 1, **self._bounded
                )
        except api.RequestRangeNotSatisfiable:
            return b""
        return data


def _info(blob: storage.Blob) -> ObjectInfo:
    return ObjectInfo(
        name=blob.name,
        size=blob.size,
        content_type=blob.content_type or DEFAULT_TYPE,
        crc32c=blob.crc32c,
        md5=blob.md5_hash,
        generation=blob.generation,
        metadata=blob.metadata or {},
        updated=blob.updated,
    )
