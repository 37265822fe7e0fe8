"""Reads the local object store for the doubles, as Google reads a bucket."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from urllib.parse import quote


class Bucket:
    """`endpoint` is the store's."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    async def read(self, uri: str) -> bytes:
        """
        Raises:
            OSError: there is no such object, or the store does not answer.
        """
        return await asyncio.to_thread(self._get, f"{self._address(uri)}?alt=media")

    async def size(self, uri: str) -> int:
        """In bytes.

        Raises:
            OSError: as `read`.
        """
        return int(json.loads(await asyncio.to_thread(self._get, self._address(uri)))["size"])

    def _address(self, uri: str) -> str:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        return f"{self._endpoint}/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}"

    def _get(self, url: str) -> bytes:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - our own http
            content: bytes = answer.read()
        return content
