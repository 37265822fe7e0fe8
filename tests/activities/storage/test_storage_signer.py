"""Signing where no key is at hand: IAM's `signBlob`, spoken to as Google's library speaks to it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.auth.credentials import Credentials
from google.oauth2 import service_account

from activities.storage.bucket import Bucket
from activities.storage.signer import Signer, attachment
from schema.errors import Misconfigured, Unavailable
from tests.stack import TEST_BUCKET


class MachineCredentials(Credentials):
    """As of a cloud machine: a token, no key, and an address that is known only after a refresh."""

    def __init__(self, email: str | None) -> None:
        super().__init__()
        self._email = email
        self.service_account_email: str | None = "default" if email else None

    def refresh(self, request: Any) -> None:
        self.token = "machine-token"
        self.service_account_email = self._email


class Iam(ThreadingHTTPServer):
    """`signBlob` with the local store's key."""

    def __init__(self, account: service_account.Credentials) -> None:
        super().__init__(("127.0.0.1", 0), _SignBlob)
        self.account = account
        self.broken = False

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/serviceAccounts/{{}}:signBlob"


class _SignBlob(BaseHTTPRequestHandler):
    server: Iam

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        expected = f"/serviceAccounts/{self.server.account.service_account_email}:signBlob"
        allowed = self.headers["Authorization"] == "Bearer machine-token" and self.path == expected
        signed = self.server.account.sign_bytes(base64.b64decode(body["payload"]))
        self.send_response(200 if allowed and not self.server.broken else 403)
        self.end_headers()
        self.wfile.write(json.dumps({"signedBlob": base64.b64encode(signed).decode()}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def iam(storage_signing_key: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Iam]:
    account = service_account.Credentials.from_service_account_file(str(storage_signing_key))
    server = Iam(account)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr("google.auth.iam._IAM_SIGN_ENDPOINT", server.endpoint)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_signed_by_iam_is_good(iam: Iam, storage_endpoint: str) -> None:
    bucket = Bucket(TEST_BUCKET, storage_endpoint, None, retry_s=5)
    bucket.write("signer/iam", b"content", "text/plain", False, None)
    bucket._signer = Signer(MachineCredentials(iam.account.service_account_email), None)
    assert httpx.get(bucket.signed_get("signer/iam", 60, None, None)).content == b"content"
    iam.broken = True
    with pytest.raises(Unavailable, match="signBlob"):
        bucket.signed_get("signer/iam", 60, None, None)
    bucket.close()


def test_a_persons_credentials_cannot_sign() -> None:
    with pytest.raises(Misconfigured, match="service account"):
        Signer(MachineCredentials(None), None).credentials()


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("film.mp4", "attachment; filename=\"film.mp4\"; filename*=UTF-8''film.mp4"),
        ('a"\\\r\n%.mp4', "attachment; filename=\"a_____.mp4\"; filename*=UTF-8''a%22%5C%0D%0A%25.mp4"),
        ("日本.vtt", "attachment; filename=\"__.vtt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.vtt"),
    ],
)
def test_a_filename_cannot_break_its_header(filename: str, header: str) -> None:
    assert attachment(filename) == header


def test_a_name_reads_as_what_it_is() -> None:
    said = attachment("cod\u202efdp.exe")
    assert said == "attachment; filename=\"codfdp.exe\"; filename*=UTF-8''codfdp.exe"
    assert "%D7%A9" in attachment("\u05e9\u05dc\u05d5\u05dd.vtt"), "Hebrew is turned by itself"
