"""Users, as admins and they themselves see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from api.bodies.base import PROSE, Body, Out
from schema.contracts.bounds import Email, Language, NounName, one_line
from schema.enums import MailKind, Role
from schema.tables import User

Password = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"writeOnly": True})]
"""A new password. `api.passwords` decides whether it is strong enough, and says why if not."""
LinkToken = Annotated[str, Field(min_length=20, max_length=200, json_schema_extra={"writeOnly": True})]
"""The token of a mailed link. Only its hash is stored."""


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("it is no time zone of the IANA database, such as Europe/Berlin")
    return ZoneInfo(name).key


def _may_be_off(kind: MailKind) -> MailKind:
    if not kind.may_be_off:
        raise ValueError(f"{kind.value} cannot be turned off: it carries a link that somebody asked for")
    return kind


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
OptionalMail = Annotated[MailKind, AfterValidator(_may_be_off)]


class UserCreate(Body):
    """A new user. With `password` the account can be used at once; without one, its owner is mailed a link that sets
    one."""

    email: Email
    """E-mail address, for signing in and for mail. Unique."""
    name: NounName
    """Name, on one line."""
    role: Role
    """The user's own role, which applies in every organisation that they belong to."""
    password: Password | None = None
    """Password for signing in."""
    org_id: UUID | None = None
    """Id of the organisation to join."""


class UserPatch(Body):
    """A change to a user. Absent fields stay unchanged."""

    email: Email | None = None
    """E-mail address, for signing in and for mail. Unique."""
    name: NounName | None = None
    """Name, on one line."""
    role: Role | None = None
    """The user's own role, which applies in every organisation that they belong to."""
    disabled: bool | None = None
    """True disables the account and ends all of its sessions."""


class PasswordBody(Body):
    """A new password for a user."""

    password: Password
    """The new password."""


class OwnPasswordBody(Body):
    """A change of one's own password."""

    old_password: Password
    """The current password."""
    new_password: Password
    """The new password."""


class ForgottenBody(Body):
    """The account whose password is forgotten."""

    email: Email
    """E-mail address for signing in, case-insensitive."""


class ResetBody(Body):
    """A new password, set with a mailed link."""

    token: LinkToken
    """The token from the mailed link, after `#token=`."""
    password: Password
    """The new password."""


class MicrosoftBody(Body):
    """A Microsoft sign-in."""

    max_bytes = PROSE

    id_token: str = Field(min_length=1, max_length=16_000, json_schema_extra={"writeOnly": True})
    """ID token from Microsoft Entra ID for this application. It is accepted once, within five minutes of issue."""
    nonce: Annotated[str, Field(max_length=500), AfterValidator(one_line)] | None = None
    """The nonce that the sign-in was started with, if any."""


class OwnPatch(Body):
    """A change to one's own account. Absent fields stay unchanged."""

    name: NounName | None = None
    """Name, on one line."""
    language: Language | None = None
    """Language of the interface."""
    time_zone: TimeZone | None = None
    """IANA time zone name, such as Europe/Berlin."""
    mails_off: list[OptionalMail] | None = Field(default=None, max_length=len(MailKind))
    """The kinds of mail that are turned off."""


class AccountOut(Out):
    """A user as an admin sees them."""

    id: UUID
    """Id of the user."""
    email: str
    """E-mail address for signing in."""
    name: str
    """Name."""
    role: Role
    """The user's own role, which applies in every organisation that they belong to."""
    state: Literal["active", "disabled"]
    """State of the account. A disabled account cannot sign in."""
    has_password: bool
    """Whether the account has a password. Without one, its owner signs in with Microsoft, or has not set one yet."""
    created_at: datetime
    """When the account was made."""
    updated_at: datetime
    """When it was last changed."""

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            state="disabled" if user.disabled_at else "active",
            has_password=user.password_hash is not None,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class MeOut(Out):
    """The caller's own account."""

    id: UUID
    """Id of the caller."""
    email: str
    """E-mail address for signing in."""
    name: str
    """Name."""
    role: Role
    """The user's own role, which applies in every organisation that they belong to."""
    language: str
    """Language of the interface."""
    time_zone: str
    """IANA time zone name."""
    mails_off: list[MailKind]
    """The kinds of mail that are turned off."""
    has_password: bool
    """Whether the account has a password. Without one, only Microsoft sign-in works."""
    microsoft: bool
    """Whether a Microsoft account is linked."""
