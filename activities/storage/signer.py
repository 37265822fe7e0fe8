"""Signs URLs: with a key in a file or, in clouds without key files, with IAM's `signBlob`."""

from __future__ import annotations

import threading
import unicodedata
from pathlib import Path
from urllib.parse import quote

from google.auth import iam
from google.auth.credentials import Credentials, Signing
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from schema.errors import Misconfigured

_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes of controls (UAX #9) that change how others are ordered."""
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 an address


class Signer:
    """Credentials that can sign, found for the first URL and cached."""

    def __init__(self, default: Credentials, key_file: Path | None) -> None:
        self._default = default
        self._lock = threading.Lock()
        self._found: Signing | None = _read(key_file) if key_file is not None else None

    def credentials(self) -> Signing:
        """`Misconfigured` where neither the key file nor the default credentials can sign."""
        with self._lock:
            if self._found is None:
                self._found = self._find()
            return self._found

    def _find(self) -> Signing:
        if isinstance(self._default, Signing):
            return self._default
        request = Request()
        self._default.refresh(request)  # a machine's account only knows its own address after this
        email = getattr(self._default, "service_account_email", None)
        if not email:
            raise Misconfigured(
                "The default Google credentials are a person's and cannot sign URLs: use a service account, or name "
                "its key file with STORAGE_SIGNING_KEY."
            )
        remote = iam.Signer(request, self._default, email)
        made: Signing = service_account.Credentials(remote, email, _TOKEN_URI)
        return made


def _read(key_file: Path) -> Signing:
    """Reads the key at start-up, so that a wrong setting is reported then."""
    try:
        loaded: Signing = service_account.Credentials.from_service_account_file(str(key_file))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"STORAGE_SIGNING_KEY ({key_file}) cannot be read: {error}") from error
    return loaded


def attachment(filename: str) -> str:
    """A `Content-Disposition` (RFC 6266) that saves under `filename`, in ASCII for old clients and in full. What turns
    letters round is left out: `cod\u202efdp.exe` would read as a PDF."""
    filename = "".join(char for char in filename if unicodedata.bidirectional(char) not in _TURNS)
    ascii_name = "".join(
        char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in filename
    )
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(filename, safe='')}"
