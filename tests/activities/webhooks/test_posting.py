"""One POST to an address that somebody has named: where it may lead, and what is made of the answer."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activities.webhooks.patience import Patience
from activities.webhooks.posting import Answer, Poster, Resolve
from deploy.local.ports import HOST
from schema.errors import Invalid
from schema.outbound import checked_url, is_public, origin_of
from tests.fakes.receiver import TAKEN, Got, Receiver, answer

NAME = "hooks.example.com"
BODY = b'{"type":"webhook.test"}'


def leads_to(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        assert host == NAME
        return addresses

    return resolve


def named(receiver: Receiver, scheme: str = "http") -> str:
    return f"{scheme}://{NAME}:{receiver.port}/hooks?of=ours"


async def post(url: str, poster: Poster | None = None, **headers: str) -> Answer:
    return await (poster or Poster(private=True)).post(url, headers, BODY)


async def test_it_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with Receiver() as receiver:
        poster = Poster(private=True, resolve=leads_to(HOST))
        assert await post(named(receiver), poster, **{"webhook-id": "1"}) == Answer(204)
        (got,) = receiver.got
    assert got.target == "/hooks?of=ours"
    assert got.headers["host"] == f"{NAME}:{receiver.port}"
    assert (got.headers["webhook-id"], got.body) == ("1", BODY)
    assert "cookie" not in got.headers
    assert "of=ours" not in caplog.text and "/hooks" not in caplog.text, "an address may hold a secret"


@pytest.mark.parametrize(
    ("status", "rarely"), [(301, True), (302, True), (400, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False), (599, False)]
)  # fmt: skip
async def test_what_is_not_2xx_is_not_taken(status: int, rarely: bool) -> None:
    async with Receiver(answer(status, Location="http://127.0.0.1:1/", **{"Retry-After": "7"})) as receiver:
        found = await post(receiver.url)
        assert len(receiver.got) == 1, "no redirect is followed"
    assert found.status == status
    assert str(status) in (found.error or "")
    assert found.rarely is rarely
    assert found.retry_after_s == (None if rarely else 7.0)


async def test_a_date_says_when_to_come_back() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for said, least, most in (
        (later, 3500, 3600),
        ("soon", None, None),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0, 0),
    ):
        async with Receiver(answer(503, **{"Retry-After": said})) as receiver:
            found = (await post(receiver.url)).retry_after_s
        assert found is None if least is None else found is not None and least <= found <= most  # fmt: skip


async def test_nobody_listens() -> None:
    async with Receiver() as receiver:
        pass
    found = await post(receiver.url)
    assert (found.status, found.error) == (None, "No connection could be made.")


Reply = Callable[[Got, asyncio.StreamWriter], Awaitable[None]]


async def _says_nothing(got: Got, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _says_nonsense(got: Got, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n")


async def _drips(got: Got, writer: asyncio.StreamWriter) -> None:
    """Its head, byte by byte."""
    for byte in b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_who_is_slow_is_not_waited_for() -> None:
    for reply in (_says_nothing, _drips):
        async with Receiver(reply) as receiver:
            found = await post(receiver.url, Poster(private=True, limit_s=1))
        assert found.status is None
        assert found.error in ("No answer came within 1 s.", "The receiver stopped in the middle.")


async def test_what_is_no_http_is_not_taken() -> None:
    async with Receiver(_says_nonsense) as receiver:
        found = await post(receiver.url)
    assert (found.status, found.error) == (None, "The receiver did not answer as HTTP has it.")


async def test_of_a_huge_answer_hardly_anything_is_read() -> None:
    sent = 0

    async def floods(got: Got, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        for _ in range(1000):
            writer.write(b"\x1f\x8b" + b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with Receiver(floods) as receiver:
        assert await post(receiver.url) == Answer(200)
        assert sent < 20_000_000, "what was on its way, and no more"


async def test_a_body_that_does_not_end_is_not_waited_for() -> None:
    async def begins(got: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nHm")
        await writer.drain()
        await asyncio.sleep(30)

    async with Receiver(begins) as receiver:
        assert await post(receiver.url) == Answer(200)


INSIDE = (
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "fe80::1", "fe80::1%1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1",
    "2001:0:53aa:64c::1", "2002:7f00:1::1", "100::1", "nowhere", "",
)  # fmt: skip


def test_what_is_public() -> None:
    assert [each for each in INSIDE if is_public(each)] == []
    assert all(is_public(each) for each in ("8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"))


@pytest.mark.parametrize("address", [each for each in INSIDE if each != "nowhere"])
async def test_no_call_leads_inside(address: str) -> None:
    async with Receiver() as receiver:
        found = await post(named(receiver), Poster(private=False, resolve=leads_to(address)))
        assert receiver.got == []
    assert (found.status, found.error) == (None, "The host's name leads to no public address.")
    assert found.rarely


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"],
)
async def test_no_name_of_this_machine_leads_here(host: str) -> None:
    """By the system's own resolver."""
    async with Receiver() as receiver:
        found = await post(f"http://{host}:{receiver.port}/", Poster(private=False))
        assert receiver.got == []
    assert found.status is None
    assert found.error == "The address cannot be called." or "leads to no" in (found.error or "")


async def test_a_name_that_changes_its_mind_is_looked_at_once() -> None:
    """DNS rebinding: public when it is looked at, and this machine when it is called."""
    asked = 0

    async def rebinds(host: str, port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return ["198.51.100.7"] if asked == 1 else [HOST]

    async with Receiver() as receiver:
        for _ in range(2):
            found = await post(named(receiver), Poster(private=False, resolve=rebinds, limit_s=1))
            assert found.status is None
        assert receiver.got == []
    assert asked == 2, "once a call"


async def test_of_several_addresses_those_inside_are_left_out() -> None:
    async with Receiver() as receiver:
        inside = Poster(private=False, resolve=leads_to(HOST, "::1", "10.0.0.1"))
        assert (await post(named(receiver), inside)).status is None
        next_one = Poster(private=True, resolve=leads_to("127.0.0.2", HOST))
        assert await post(named(receiver), next_one) == Answer(204), (
            "the second is tried where the first is away"
        )
        assert len(receiver.got) == 1


async def test_a_name_that_is_none() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    found = await post(f"https://{NAME}/", Poster(private=True, resolve=nowhere))
    assert found.error == "The host's name leads to no address."
    long = await post(f"https://{'a' * 70}.example.com/", Poster(private=True))
    assert long.error is not None and long.status is None


def certificate(folder: Path, name: str) -> Path:
    """Its own authority, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / f"{name}.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(pem))
    return file


@pytest.mark.parametrize("name", [NAME, "other.example.com"])
async def test_the_certificate_is_the_names(name: str, tmp_path: Path) -> None:
    """Though an address is called: what is told to the server, and what its certificate says, is the name."""
    file = certificate(tmp_path, name)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, told, _context: asked.append(told)
    trusted = ssl.create_default_context(cafile=str(file))
    async with Receiver(TAKEN, server) as receiver:
        poster = Poster(private=True, resolve=leads_to(HOST), trusted=trusted)
        found = await post(named(receiver, "https"), poster)
        stranger = await post(named(receiver, "https"), Poster(private=True, resolve=leads_to(HOST)))
    assert asked[0] == NAME
    assert found == (
        Answer(204) if name == NAME else Answer(error="The certificate is not valid, or TLS failed.")
    )
    assert stranger.error == "The certificate is not valid, or TLS failed.", (
        "of an authority that nobody knows"
    )


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as proxy, Receiver() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        assert await post(receiver.url) == Answer(204)
        assert (len(receiver.got), len(proxy.got)) == (1, 0)


FORMS = {
    "http://example.com/": "https://",
    "ftp://example.com/": "https://",
    "https:///path": "no address",
    "https://": "no address",
    "example.com": "https://",
    "https://user@example.com/": "no user",
    "https://user:pass@example.com/": "no user",
    "https://@example.com/": "no user",
    "https://example.com/#part": "#",
    "https://example.com/#": "#",
    "https://example.com:99999/": "no address",
    "https://example.com:0/": "no address",
    "https://[::1/": "no address",
    "https://exa mple.com/": "no address",
    "https://bücher.example/": "ASCII",
    "https://a\\@example.com/": "no address",
    "https://127.0.0.1/": "not public",
    "https://[::ffff:10.0.0.1]/": "not public",
    "https://169.254.169.254/latest/meta-data": "not public",
}


def test_the_form_of_an_address() -> None:
    for url, said in FORMS.items():
        with pytest.raises(Invalid) as refused:
            checked_url(url, private=False)
        assert said in refused.value.message, url
    for url in ("https://example.com", "https://example.com:8443/a?b=c", "https://[2606:2800:220:1::1]/"):
        assert checked_url(url, private=False) == url
    assert checked_url("http://127.0.0.1:8000/x", private=True)
    assert origin_of("https://hooks.example.com:8443/secret?token=x") == "https://hooks.example.com:8443"


def test_patience() -> None:
    patience, at = Patience(jitter=0), datetime(2026, 6, 1, tzinfo=UTC)
    failed, mended_by_people = Answer(500, "Hm."), Answer(404, "Hm.", rarely=True)
    assert patience.next_at(failed, 1, at, at) == at + timedelta(seconds=5)
    assert patience.next_at(failed, 3, at, at) == at + timedelta(minutes=2)
    assert patience.next_at(failed, 99, at, at) == at + timedelta(hours=12)
    assert patience.next_at(mended_by_people, 1, at, at) == at + timedelta(minutes=30)
    asked = Answer(503, "Hm.", retry_after_s=600)
    assert patience.next_at(asked, 1, at, at) == at + timedelta(minutes=10)
    for_ever = Answer(503, "Hm.", retry_after_s=1e9)
    assert patience.next_at(for_ever, 1, at, at) == at + timedelta(hours=12)
    last = at + patience.whole
    assert patience.next_at(failed, 99, at, last - timedelta(hours=1)) == last, (
        "the last one, when the time is over"
    )
    assert patience.next_at(failed, 99, at, last) is None
    moments = {Patience().next_at(failed, 5, at, at) for _ in range(20)}
    assert len(moments) > 1 and all(at + timedelta(minutes=30) <= each for each in moments if each)
