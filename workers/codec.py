"""Encrypts what Temporal stores: inputs, results, signals, memos, summaries and failures. Search attributes stay
plain."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from schema.errors import Misconfigured

_ENCODING = b"binary/encrypted"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class EncryptingCodec(PayloadCodec):
    """AES-256-GCM with the current key. Each payload names its key. A payload without a key name is plain, as are those
    written before keys were configured."""

    def __init__(self, current: str, keys: dict[str, bytes]) -> None:
        self._current = current
        self._ciphers = {id: AESGCM(key) for id, key in keys.items()}

    @classmethod
    def from_file(cls, path: Path) -> EncryptingCodec:
        """
        Raises:
            Misconfigured: the file cannot be read, or is not as it should be.
        """
        try:
            told = json.loads(path.read_text())
            keys = {str(id): base64.b64decode(key, validate=True) for id, key in told["keys"].items()}
            current = told["current"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"PAYLOAD_KEYS ({path}) cannot be read: {type(error).__name__}.") from None
        if current not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise Misconfigured(
                f"PAYLOAD_KEYS ({path}) needs `current` to be one of `keys`, and keys of {_KEY_BYTES} bytes."
            )
        return cls(current, keys)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """
        Raises:
            ValueError: a payload's key is unknown, or the payload was changed.
        """
        return [self._plain(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, id = os.urandom(_NONCE_BYTES), self._current.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), id)
        return Payload(metadata={"encoding": _ENCODING, "encryption-key-id": id}, data=nonce + sealed)

    def _plain(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCODING:
            return payload
        id = payload.metadata.get("encryption-key-id", b"")
        cipher = self._ciphers.get(id.decode(errors="replace"))
        if cipher is None:
            raise ValueError(f"There is no key {id!r} among PAYLOAD_KEYS.")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, id))
        except InvalidTag:
            raise ValueError(f"A payload of key {id!r} was changed, or that is another key.") from None
