"""Bounds on what a person may send, set by where it goes: a column, Postgres, or a conversion to UTC.

Bodies and contracts use the same types, so that they also apply to a decision from Temporal's UI or command line. Every
value that is accepted here can be stored: a test compares each field with its column.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

LANGUAGE_CHARS = 35
"""RFC 5646, section 4.4.1, which every column of a language holds."""
EMAIL_CHARS = 320
"""64 before the @ and 255 after it, which every column of an address holds."""
NOTE_CHARS = 1000
LABEL_CHARS = 60
MOST_COUNTED = 2**31 - 1
"""Largest value of a counting column: a version, a revision."""

_BCP47 = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*", re.ASCII)
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Cn"})
"""Unicode categories without a visible glyph."""
_BREAKS = frozenset("\n\t")
_NOT_KEPT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def normalise_language(code: str) -> str:
    """A BCP 47 code in its usual case: `pt-br` becomes `pt-BR` (RFC 5646, section 2.1.1).

    Raises:
        ValueError: it is not a language code, or is too long.
    """
    shown = code[: LANGUAGE_CHARS + 1]
    if not _BCP47.fullmatch(code):
        raise ValueError(f"'{shown}' is not a language code; use BCP 47, such as en, pt-BR or zh-Hant")
    if len(code) > LANGUAGE_CHARS:
        raise ValueError(f"a language code has at most {LANGUAGE_CHARS} characters")
    first, *rest = code.split("-")
    shaped = [
        part.title() if len(part) == 4 else part.upper() if len(part) <= 3 else part.lower() for part in rest
    ]
    return "-".join([first.lower(), *shaped])


def composed(text: str) -> str:
    """A text in NFC, so that equal-looking texts are equal and are found: macOS decomposes accents in file names."""
    return unicodedata.normalize("NFC", text)


_COMPOSED = BeforeValidator(lambda value: composed(value) if isinstance(value, str) else value)


def one_line(text: str) -> str:
    """Raises:
    ValueError: `text` contains a control character or a line break.
    """
    for character in text:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs"):
            raise ValueError(f"it holds the character U+{ord(character):04X}: take it out")
    return text


def one_address(email: str) -> str:
    """`email` in NFC, so that equal-looking addresses are equal.

    Raises:
        ValueError: it contains an invisible character, or one that changes the text direction; or it is too long in
        lower case, in which it is stored: `İ` becomes two characters.
    """
    address = composed(email)
    for character in address:
        if unicodedata.category(character) == "Cf":
            raise ValueError(f"it holds the character U+{ord(character):04X}: take it out")
    if len(address.lower()) > EMAIL_CHARS:
        raise ValueError(f"in lower case an address has at most {EMAIL_CHARS} characters")
    return address


def lines(text: str) -> str:
    """`text` with its line ends as \\n.

    Raises:
        ValueError: it holds a control character other than the ends of lines and tabs.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in plain:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in _BREAKS:
            raise ValueError(f"it holds the character U+{ord(character):04X}: take it out")
    return plain


def visible(text: str) -> str:
    """Raises:
    ValueError: `text` has no visible character.
    """
    if all(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("there is nothing to see in it")
    return text


def each_once(values: list[str]) -> list[str]:
    """The values without duplicates, in order."""
    return list(dict.fromkeys(values))


def cleaned(text: object) -> object:
    """A machine's text with U+FFFD for characters that cannot be stored, so that one of them does not lose the
    message."""
    return _NOT_KEPT.sub("\ufffd", text) if isinstance(text, str) else text


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: its year in UTC would be 0 or 10000.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time is in the years 1 to 9999, also in UTC") from None


def parsed_address(text: str) -> str:
    """An IP address in its usual form, without a scope.

    Raises:
        ValueError: it is not an IP address.
    """
    return str(ip_address(text.split("%", 1)[0]))


Language = Annotated[str, AfterValidator(normalise_language)]
Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
Count = Annotated[int, Field(ge=0, le=MOST_COUNTED)]
Address = Annotated[str, AfterValidator(parsed_address)]

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=400),
    AfterValidator(one_line),
    AfterValidator(visible),
    _COMPOSED,
]
Filename = Title
NounName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(one_line),
    AfterValidator(visible),
    _COMPOSED,
]
"""Name of an organisation, a client, a team, a project or a person."""
Style = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(lines)]
Notes = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(lines)]
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(one_line),
    AfterValidator(visible),
    _COMPOSED,
]
"""A job's reference in another system."""
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LABEL_CHARS),
    AfterValidator(one_line),
    AfterValidator(visible),
    _COMPOSED,
]
Labels = Annotated[list[Label], Field(max_length=20), AfterValidator(each_once)]
Note = Annotated[str, StringConstraints(max_length=NOTE_CHARS), AfterValidator(lines)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(lines),
    AfterValidator(visible),
]
PlacedReason = Annotated[str, StringConstraints(max_length=2500), AfterValidator(lines)]
"""A reason, with the place that it is about."""
Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=5000),
    AfterValidator(lines),
    AfterValidator(visible),
]
CueId = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
Timecode = Annotated[str, StringConstraints(max_length=20), AfterValidator(one_line)]
Uri = Annotated[str, StringConstraints(max_length=1200), AfterValidator(one_line)]
"""`gs://bucket/object`."""
ObjectName = Annotated[str, StringConstraints(max_length=1024), AfterValidator(one_line)]
MediaType = Annotated[str, StringConstraints(max_length=200)]
"""A media type. An operation parses it by RFC 6838, and stores it without parameters."""
Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=EMAIL_CHARS),
    AfterValidator(one_line),
    AfterValidator(one_address),
]
Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(one_line)]
"""Name of a provider's model or voice."""
RequestId = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
RunId = Annotated[str, StringConstraints(max_length=64), AfterValidator(one_line)]
Told = Annotated[str, BeforeValidator(cleaned)]
"""A machine's text for people: the reason of a failure, or a name."""
