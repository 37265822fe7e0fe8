"""Signed URLs: what the signature permits, and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import storage
from google.oauth2 import service_account

from tests.deploy.storage.browser import ORIGIN, arrived, put, video
from tests.deploy.storage.server import ObjectStoreServer


@pytest.fixture
def blob(bucket: storage.Bucket) -> storage.Blob:
    made = bucket.blob("signed/a b+ü.txt")
    made.upload_from_string(b"0123456789", content_type="text/plain")
    return made


def sign(
    blob: storage.Blob, signer: service_account.Credentials, method: str = "GET", **options: object
) -> str:
    options = {"expiration": timedelta(minutes=5)} | options
    url: str = blob.generate_signed_url(version="v4", method=method, credentials=signer, **options)
    return url


def test_get_with_range_and_another_name(
    blob: storage.Blob, signer: service_account.Credentials, http: httpx.Client
) -> None:
    url = sign(blob, signer, response_disposition="attachment; filename=x.txt", response_type="video/mp4")
    response = http.get(url, headers={"Origin": ORIGIN, "Range": "bytes=2-4"})
    assert (response.status_code, response.content) == (206, b"234")
    assert response.headers["Content-Disposition"] == "attachment; filename=x.txt"
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert http.head(sign(blob, signer, "HEAD")).headers["Content-Length"] == "10"


def test_a_name_beyond_ascii_is_told_in_a_header(
    bucket: storage.Bucket, blob: storage.Blob, signer: service_account.Credentials, http: httpx.Client
) -> None:
    url = sign(blob, signer, response_disposition='attachment; filename="日本.mp4"')
    told = 'attachment; filename="%E6%97%A5%E6%9C%AC.mp4"'
    assert http.get(url).headers["Content-Disposition"] == told
    kept = bucket.blob("signed/kept")
    kept.content_disposition = 'attachment; filename="日本.mp4"'
    kept.upload_from_string(b"x")
    assert http.get(sign(kept, signer)).headers["Content-Disposition"] == told


def test_without_a_signature_nothing_is_answered(
    server: ObjectStoreServer, blob: storage.Blob, http: httpx.Client
) -> None:
    plain = f"{server.url}/{blob.bucket.name}/signed/a%20b%2B%C3%BC.txt"
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        assert http.request(method, plain).status_code == 403
    assert "AccessDenied" in http.get(plain).text
    assert blob.exists()


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"a%20b", "a%20c"),  # another object
        (r"X-Goog-Expires=300", "X-Goog-Expires=301"),
        (r"X-Goog-Signature=(.)(.)", r"X-Goog-Signature=\2\1"),
        (r"X-Goog-Signature=.*", "X-Goog-Signature="),
        (r"X-Goog-Signature=.*", "X-Goog-Signature=zz"),
        (r"X-Goog-SignedHeaders=host", "X-Goog-SignedHeaders="),
        (r"local-storage%40", "somebody%40"),
        (r"%2Fauto%2F", "%2Feurope%2F"),
        (r"$", "&response-content-type=text%2Fhtml"),
    ],
)
def test_a_changed_url_is_refused(
    blob: storage.Blob,
    signer: service_account.Credentials,
    http: httpx.Client,
    pattern: str,
    replacement: str,
) -> None:
    url = sign(blob, signer)
    forged = re.sub(pattern, replacement, url, count=1)
    if forged == url:  # the two digits that were to be swapped are equal
        forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    response = http.get(forged)
    assert response.status_code == 403 and "SignatureDoesNotMatch" in response.text


def test_a_url_for_one_method_is_none_for_another(
    blob: storage.Blob, signer: service_account.Credentials, http: httpx.Client
) -> None:
    url = sign(blob, signer)
    assert http.put(url, content=b"x").status_code == 403
    assert http.delete(url).status_code == 403
    assert http.get(sign(blob, signer, "PUT")).status_code == 403
    assert http.get(url, headers={"X-Goog-Custom": "unsigned"}).status_code == 403
    assert blob.download_as_bytes() == b"0123456789"


def test_an_expired_url_is_refused(
    blob: storage.Blob,
    signer: service_account.Credentials,
    http: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    response = http.get(_signed_at(monkeypatch, blob, signer, timedelta(seconds=-61)))
    assert response.status_code == 400 and "ExpiredToken" in response.text
    assert http.get(_signed_at(monkeypatch, blob, signer, timedelta(seconds=-50))).status_code == 200
    assert http.get(_signed_at(monkeypatch, blob, signer, timedelta(hours=1))).status_code == 403


def _signed_at(
    monkeypatch: pytest.MonkeyPatch, blob: storage.Blob, signer: service_account.Credentials, ago: timedelta
) -> str:
    """A URL that lives a minute, signed by a clock that is `ago` off."""
    moment = datetime.now(UTC) + ago
    monkeypatch.setattr(
        "google.cloud.storage._signing.get_v4_now_dtstamps",
        lambda: (f"{moment:%Y%m%dT%H%M%SZ}", f"{moment:%Y%m%d}"),
    )
    return sign(blob, signer, expiration=60)


def test_another_key_is_refused(
    blob: storage.Blob, signer: service_account.Credentials, http: httpx.Client
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {"private_key": pem.decode(), "client_email": signer.service_account_email, "token_uri": "x"}
    forger = service_account.Credentials.from_service_account_info(account)
    assert http.get(sign(blob, forger)).status_code == 403


def test_put_stores_an_object_of_the_signed_type(
    bucket: storage.Bucket, signer: service_account.Credentials, http: httpx.Client
) -> None:
    blob = bucket.blob("signed/put.vtt")
    url = sign(blob, signer, "PUT", content_type="text/vtt", headers={"x-goog-meta-job": "9"})
    assert http.put(url, content=b"WEBVTT", headers={"Content-Type": "text/plain"}).status_code == 403
    response = http.put(
        url, content=b"WEBVTT", headers={"Content-Type": "text/vtt", "x-goog-meta-job": "9", "Origin": ORIGIN}
    )
    assert response.status_code == 200 and response.headers["Access-Control-Allow-Origin"] == ORIGIN
    found = bucket.get_blob("signed/put.vtt")
    assert (found.download_as_bytes(), found.content_type, found.metadata) == (
        b"WEBVTT",
        "text/vtt",
        {"job": "9"},
    )


def test_post_opens_a_resumable_session(
    bucket: storage.Bucket, signer: service_account.Credentials, http: httpx.Client
) -> None:
    blob = bucket.blob("signed/session.mp4")
    url = sign(blob, signer, "RESUMABLE", content_type="video/mp4")
    assert http.post(url, headers={"Content-Type": "video/mp4"}).status_code == 403
    opened = http.post(
        url, headers={"Content-Type": "video/mp4", "x-goog-resumable": "start", "Origin": ORIGIN}
    )
    assert opened.status_code == 201
    data = video(300_000)
    session = opened.headers["Location"]
    assert arrived(put(http, session, data[:262144], 0, len(data))) == 262144
    assert put(http, session, data[262144:], 262144, len(data)).status_code == 200
    assert blob.download_as_bytes() == data


def test_the_key_is_kept_and_private(server: ObjectStoreServer) -> None:
    assert server.signing_key.stat().st_mode & 0o077 == 0
