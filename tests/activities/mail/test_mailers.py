"""A message, and the two ways that it goes: to a real mail server, and into a folder."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from activities.mail.folder import FolderMailer
from activities.mail.message import Button, Content, Recipient, compose
from activities.mail.smtp import SmtpMailer
from activities.ports import MailRefused
from schema.errors import Unavailable
from tests.fakes.mail_server import PASSWORD, USER, MailServer, mail_server, make_certificate

MAIL = UUID("00000000-0000-4000-8000-000000000001")
WRITTEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTENT = Content(
    subject="For you: <Ürün> & more",
    lines=("You are assigned to “<b>Ürün</b>”.",),
    button=Button("Open it", "https://studio.example.org/jobs/1"),
    facts=(("Due", "tomorrow"),),
    why="Because.",
)


def message(content: Content = CONTENT, **changes: str) -> EmailMessage:
    to = Recipient(changes.get("name", "Ayşe, the Linguist"), changes.get("email", "ayse@studio.example"))
    return compose(content, to, "Studio <no-reply@studio.example>", MAIL, WRITTEN)


def parts(taken: EmailMessage) -> tuple[str, str]:
    plain, html = taken.get_body(("plain",)), taken.get_body(("html",))
    assert plain is not None and html is not None
    return _lines(plain.get_content()), _lines(html.get_content())


def _lines(text: str) -> str:
    """A file and a server end lines as mail does."""
    return text.replace("\r\n", "\n")


def test_a_message_says_the_same_in_text_and_in_html() -> None:
    composed = message()
    plain, html = parts(composed)
    assert composed["Message-ID"] == f"<{MAIL}@studio.example>"
    assert composed["Subject"] == CONTENT.subject
    assert "You are assigned to “<b>Ürün</b>”." in plain and "https://studio.example.org/jobs/1" in plain
    assert "&lt;b&gt;Ürün&lt;/b&gt;" in html and "<b>" not in html
    assert '<html lang="en">' in html and "<h1" in html and "<img" not in html and "http-equiv" not in html
    assert message().as_bytes().count(b"Message-ID") == 1


def test_what_people_typed_begins_no_header() -> None:
    odd = Content(subject="A\r\nBcc: all@studio.example\r\n\r\ntitle", lines=("x",))
    composed = message(odd, name='Ada "The\r\nBcc: x@y.example" L')
    assert composed["Bcc"] is None and composed["Subject"] == "A Bcc: all@studio.example title"
    assert message_from_bytes(composed.as_bytes(), policy=policy.default)["Bcc"] is None


def mailer(server: MailServer, **settings: Any) -> SmtpMailer:
    return SmtpMailer("127.0.0.1", server.port, **{"security": "none", "timeout_s": 5, **settings})


async def test_a_server_takes_it() -> None:
    async with mail_server() as server:
        await mailer(server).send(message())
    (taken,) = server.taken
    assert taken["To"] == '"Ayşe, the Linguist" <ayse@studio.example>'
    assert parts(taken)[0].startswith("Hello Ayşe")
    assert server.envelopes == [("no-reply@studio.example", ["ayse@studio.example"])]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_by_tls_and_signed_in(tmp_path: Path, security: str) -> None:
    servers, clients = make_certificate(tmp_path)
    async with mail_server(servers, starttls=security == "starttls", sign_in=True) as server:
        signed_in = {"user": USER, "password": PASSWORD}
        await mailer(server, security=security, context=clients, **signed_in).send(message())
        with pytest.raises(Unavailable, match="SMTP_USER"):
            await mailer(server, security=security, context=clients, user=USER, password="no").send(message())
        with pytest.raises(Unavailable):  # a certificate that nobody vouches for
            untrusting = ssl.create_default_context()
            await mailer(server, security=security, context=untrusting, **signed_in).send(message())
    assert len(server.taken) == 1


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with mail_server() as server:
        with pytest.raises(Unavailable):
            await mailer(server, security="starttls").send(message())
    assert server.taken == []


@pytest.mark.parametrize("code", ["450", "451", "421"])
async def test_not_now_is_tried_again(code: str) -> None:
    async with mail_server() as server:
        server.answers = [f"{code} later"]
        server.recipient_answers = [f"{code} later"]
        for _ in range(2):
            with pytest.raises(Unavailable):
                await mailer(server).send(message())


async def test_never_is_final_and_says_what_the_server_said() -> None:
    async with mail_server() as server:
        server.recipient_answers = ["550 5.1.1 no such user here"]
        with pytest.raises(MailRefused, match="no such user here"):
            await mailer(server).send(message())
        server.answers = ["554 looks like spam"]
        with pytest.raises(MailRefused, match="spam"):
            await mailer(server).send(message())


async def test_a_server_that_wants_none_of_us_is_no_answer_about_the_mail() -> None:
    """Such as a sender that it does not know: that is a setting, and the mail waits until it is mended."""
    async with mail_server() as server:
        server.sender_answers = ["550 who are you?"]
        with pytest.raises(Unavailable):
            await mailer(server).send(message())


async def test_a_server_that_is_away_and_one_that_is_not_set() -> None:
    async with mail_server() as server:
        pass
    with pytest.raises(Unavailable):
        await mailer(server).send(message())
    with pytest.raises(Unavailable, match="SMTP_HOST"):
        await SmtpMailer(None, 587).send(message())


async def test_a_folder_has_each_mail_once(tmp_path: Path) -> None:
    folder = FolderMailer(tmp_path / "mail")
    await folder.send(message())
    await folder.send(message())
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"{MAIL}.eml"
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert parts(read) == parts(message())
