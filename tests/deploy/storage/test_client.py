"""The server as `google-cloud-storage` sees it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import google_crc32c
import pytest
from google.api_core import exceptions
from google.cloud import storage

ODD_NAMES = [
    "plain.txt", "a/b/c.txt", "a//b", "ends/", "spaces and ünïcode/日本語.mp4", "percent%2Fsign%", "plus+and&=?#;",
    "../../etc/passwd", "o/compose", "x/rewriteTo/b/test-bucket/o/y", "quote\"'", "a" * 900,
]  # fmt: skip


def crc32c_of(data: bytes) -> str:
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def test_buckets_are_made_listed_changed_and_deleted(client: storage.Client) -> None:
    made = client.create_bucket("bucket-life")
    assert "bucket-life" in [bucket.name for bucket in client.list_buckets()]
    made.labels = {"team": "captions"}
    made.patch()
    assert client.get_bucket("bucket-life").labels == {"team": "captions"}
    with pytest.raises(exceptions.Conflict):
        client.create_bucket("bucket-life")
    made.blob("in-the-way").upload_from_string(b"x")
    with pytest.raises(exceptions.Conflict):
        made.delete()
    made.blob("in-the-way").delete()
    made.delete()
    assert client.lookup_bucket("bucket-life") is None


def test_a_missing_bucket_is_not_found(client: storage.Client) -> None:
    nowhere = client.bucket("no-such-bucket")
    with pytest.raises(exceptions.NotFound, match="bucket does not exist"):
        nowhere.blob("x").upload_from_string(b"x")
    with pytest.raises(exceptions.NotFound, match="bucket does not exist"):
        list(client.list_blobs(nowhere))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_comes_back_as_it_was(bucket: storage.Bucket, name: str) -> None:
    data = name.encode() * 3
    bucket.blob(name).upload_from_string(data, content_type="text/plain")
    found = bucket.get_blob(name)
    assert found is not None and found.name == name and found.download_as_bytes() == data
    assert name in [blob.name for blob in bucket.client.list_blobs(bucket, prefix=name[:3])]
    found.delete()
    assert bucket.get_blob(name) is None


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 3 * 1024 * 1024, 3 * 1024 * 1024 + 1])
@pytest.mark.parametrize("announced", [True, False])
def test_upload_in_chunks_keeps_content_and_checksums(
    bucket: storage.Bucket, size: int, announced: bool
) -> None:
    data = os.urandom(size)
    blob = bucket.blob("chunks", chunk_size=1 << 20)
    blob.metadata = {"job": "42"}
    blob.upload_from_file(io.BytesIO(data), size=size if announced else None, content_type="video/mp4")
    found = bucket.get_blob("chunks")
    assert found.download_as_bytes() == data
    assert (found.size, found.content_type, found.metadata) == (size, "video/mp4", {"job": "42"})
    assert (found.crc32c, found.md5_hash) == (crc32c_of(data), md5_of(data))


def test_a_wrong_checksum_is_refused_and_leaves_nothing(bucket: storage.Bucket) -> None:
    blob = bucket.blob("damaged")
    blob.md5_hash = md5_of(b"something else")
    with pytest.raises(exceptions.BadRequest, match="md5"):
        blob.upload_from_string(b"content", checksum=None)
    assert bucket.get_blob("damaged") is None


def test_the_listing_has_prefixes_pages_and_order(bucket: storage.Bucket) -> None:
    names = [f"list/{folder}/{index:02}" for folder in ("a", "b") for index in range(70)] + [
        "list/z",
        "list!",
    ]
    for name in names:
        bucket.blob(name).upload_from_string(b"")
    everything = bucket.client.list_blobs(bucket, prefix="list", page_size=7)
    assert [blob.name for blob in everything] == sorted(names)
    folders = bucket.client.list_blobs(bucket, prefix="list/", delimiter="/", page_size=2)
    assert [blob.name for blob in folders] == ["list/z"] and folders.prefixes == {"list/a/", "list/b/"}
    some = bucket.client.list_blobs(bucket, prefix="list/", start_offset="list/a/68", end_offset="list/b/01")
    assert [blob.name for blob in some] == ["list/a/68", "list/a/69", "list/b/00"]
    assert len(list(bucket.client.list_blobs(bucket, prefix="list/", max_results=5))) == 5


def test_patch_merges_and_update_replaces(bucket: storage.Bucket) -> None:
    blob = bucket.blob("patched")
    blob.metadata = {"keep": "1", "drop": "2"}
    blob.upload_from_string(b"x", content_type="text/plain")
    generation = blob.generation
    blob.metadata = {"keep": "1", "drop": None, "new": "3"}
    blob.cache_control = "no-store"
    blob.patch()
    found = bucket.get_blob("patched")
    assert found.metadata == {"keep": "1", "new": "3"} and found.cache_control == "no-store"
    assert (found.generation, found.metageneration, found.content_type) == (generation, 2, "text/plain")
    found.metadata = {"only": "this"}
    found.update()
    assert bucket.get_blob("patched").metadata == {"only": "this"}


def test_compose_joins_in_order(bucket: storage.Bucket) -> None:
    parts = []
    for index in range(3):
        part = bucket.blob(f"compose/{index}")
        part.upload_from_string(bytes([index]) * (1 << 20))
        parts.append(part)
    whole = bucket.blob("compose/whole")
    whole.content_type = "video/mp4"
    whole.compose(parts)
    data = b"".join(bytes([index]) * (1 << 20) for index in range(3))
    found = bucket.get_blob("compose/whole")
    assert found.download_as_bytes() == data and found.crc32c == crc32c_of(data)
    assert (found.component_count, found.md5_hash, found.content_type) == (3, None, "video/mp4")
    with pytest.raises(exceptions.NotFound):
        whole.compose([parts[0], bucket.blob("compose/missing")])


def test_a_copy_outlives_its_source(bucket: storage.Bucket) -> None:
    source = bucket.blob("copy/source")
    source.metadata = {"job": "7"}
    source.upload_from_string(b"content", content_type="text/vtt")
    bucket.copy_blob(source, bucket, "copy/copied")
    token, done, total = bucket.blob("copy/rewritten").rewrite(source)
    assert (token, done, total) == (None, 7, 7)
    source.delete()
    for name in ("copy/copied", "copy/rewritten"):
        found = bucket.get_blob(name)
        assert found.download_as_bytes() == b"content"
        assert (found.content_type, found.metadata) == ("text/vtt", {"job": "7"})


def test_preconditions_hold_for_every_kind_of_change(bucket: storage.Bucket) -> None:
    blob = bucket.blob("conditional")
    blob.upload_from_string(b"one", if_generation_match=0)
    first = blob.generation
    for refused in (
        lambda: bucket.blob("conditional").upload_from_string(b"two", if_generation_match=0),
        lambda: bucket.blob("conditional").create_resumable_upload_session(if_generation_match=0),
        lambda: bucket.blob("conditional").delete(if_generation_match=first + 1),
        lambda: bucket.blob("conditional").rewrite(blob, if_generation_match=0),
        lambda: bucket.blob("conditional").compose([blob], if_generation_match=0),
        lambda: bucket.blob("conditional").download_as_bytes(if_generation_match=first + 1),
    ):
        with pytest.raises(exceptions.PreconditionFailed):
            refused()
    again = bucket.blob("conditional")
    again.upload_from_string(b"two", if_generation_match=first)
    assert again.generation > first and again.download_as_bytes() == b"two"
    with pytest.raises(exceptions.NotFound):
        bucket.blob("conditional", generation=first).download_as_bytes()


@pytest.mark.parametrize(
    "asks",
    [
        lambda bucket: list(bucket.client.list_blobs(bucket, versions=True)),
        lambda bucket: list(bucket.client.list_blobs(bucket, soft_deleted=True)),
        lambda bucket: list(bucket.client.list_blobs(bucket, match_glob="*.vtt")),
        lambda bucket: bucket.blob("asked", encryption_key=bytes(32)).upload_from_string(b"x"),
        lambda bucket: bucket.blob("asked", kms_key_name="projects/key").upload_from_string(b"x"),
        lambda bucket: bucket.blob("asked").upload_from_string(b"x", predefined_acl="publicRead"),
    ],
)
def test_what_it_does_not_do_is_refused(
    bucket: storage.Bucket, asks: Callable[[storage.Bucket], object]
) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="The local store has no"):
        asks(bucket)
    assert bucket.get_blob("asked") is None


def test_of_many_writers_with_generation_0_one_wins(bucket: storage.Bucket) -> None:
    def write(index: int) -> int | None:
        try:
            bucket.blob("race").upload_from_string(b"%d" % index, if_generation_match=0)
        except exceptions.PreconditionFailed:
            return None
        return index

    with ThreadPoolExecutor(8) as pool:
        won = [index for index in pool.map(write, range(24)) if index is not None]
    assert len(won) == 1 and bucket.blob("race").download_as_bytes() == b"%d" % won[0]
