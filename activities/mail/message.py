"""A mail as plain text and as accessible HTML: one column, real headings and links, no picture and no tracking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined

from activities.mail.words import ENGLISH, Words

_TEMPLATES = Environment(
    loader=PackageLoader("activities.mail"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_PLAIN = Environment(
    loader=PackageLoader("activities.mail"),
    autoescape=False,  # noqa: S701 - plain text, whose signs mean themselves
    undefined=StrictUndefined,
    trim_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Button:
    """The action that a mail asks its reader to take."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A heading with a list; `more` says what was left out."""

    heading: str
    items: tuple[Link, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a mail: `lines` are paragraphs, `facts` are (name, value) pairs. `words` are in its language."""

    subject: str
    lines: tuple[str, ...]
    button: Button | None = None
    facts: tuple[tuple[str, str], ...] = ()
    why: str = ""
    """Why the reader gets this mail, and how to turn off its kind."""
    groups: tuple[Listed, ...] = ()
    words: Words = ENGLISH


@dataclass(frozen=True, slots=True)
class Recipient:
    name: str
    email: str


def compose(
    content: Content, to: Recipient, sender: str, mail_id: UUID, written_at: datetime
) -> EmailMessage:
    """The message. The result is deterministic: its Message-ID and date follow from the outbox, so that a server that
    receives it twice, after a crash, can recognise it.

    `sender` is an address, or a name and an address (`Studio <studio@example.org>`).
    """
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["Subject"] = _one_line(content.subject)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(_one_line(to.name), addr_spec=to.email)
    message["Message-ID"] = f"<{mail_id}@{address.partition('@')[2]}>"
    message["Date"] = format_datetime(written_at)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic replies
    values = {"content": content, "recipient": to, "words": content.words}
    message.set_content(_PLAIN.get_template("mail.txt").render(values))
    message.add_alternative(_TEMPLATES.get_template("mail.html").render(values), subtype="html")
    return message


def _one_line(text: str) -> str:
    """A header's text: a title with a line end in it must not begin another header."""
    return " ".join(text.split())
