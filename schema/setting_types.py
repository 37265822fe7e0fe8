"""Types of settings: times, sizes, rates and URLs. An invalid value is refused with the setting's name."""

from __future__ import annotations

import json
import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

_DRIVER = "postgresql+asyncpg"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@*\s]+")
_WEB = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
_HOST_PORT = re.compile(r"([^\s:/@]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


def _database_url(value: str) -> str:
    """The value is never in the message, because it contains a password."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(f"Input should be {_DRIVER}://user:password@host/name") from None
    if url.drivername != _DRIVER or not url.database:
        raise ValueError(f"Input should begin with {_DRIVER}:// and end with a database's name")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value.lower()):
        raise ValueError(
            "Input should be an origin as a browser sends it, such as https://studio.example.org: no path, no slash "
            "at its end, no *"
        )
    return value.lower()


def _web(value: str) -> str:
    if not _WEB.fullmatch(value):
        raise ValueError("Input should be https://… or http://…")
    return value


def _web_or_none(value: str) -> str:
    return _web(value) if value else value


def _host_port(value: str) -> str:
    found = _HOST_PORT.fullmatch(value)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise ValueError("Input should be host:port")
    return value


def _prefix(value: str) -> str:
    if value and not re.fullmatch(r"(/[^/?#\s]+)+", value):
        raise ValueError("Input should begin with a slash and not end with one, such as /video")
    return value


def _sender(value: str) -> str:
    name, address = parseaddr(value)
    try:
        made = Address(name, addr_spec=address)
    except Exception:  # the parser also raises errors outside its own hierarchy
        made = Address()
    if not made.username or not made.domain:
        raise ValueError("Input should be an address, or a name and <an address>")
    return value


def _list(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        made = json.loads(value)
    except ValueError:
        made = None
    if not isinstance(made, list):
        raise ValueError('Input should be a JSON list, such as ["one", "another"]')
    return made


def _capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Seconds = Annotated[int, Field(ge=1, le=3_650 * 86_400)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Bytes = Annotated[int, Field(ge=1)]
Wait = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]
"""Timeout of one request or call, in seconds."""
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_capitals)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
HostPort = Annotated[str, AfterValidator(_host_port)]
WebAddress = Annotated[str, AfterValidator(_web)]
WebAddressOrNone = Annotated[str, AfterValidator(_web_or_none)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Sender = Annotated[str, AfterValidator(_sender)]
Origin = Annotated[str, AfterValidator(_origin)]
Listed = (NoDecode, BeforeValidator(_list))
"""A tuple, parsed from JSON here, so that a value that is no list is refused with the setting's name."""
