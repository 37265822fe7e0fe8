"""Users as an admin and they themselves send and see them."""

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
"""Which ones are accepted is told in a sentence (`api.passwords`)."""
LinkToken = Annotated[str, Field(min_length=20, max_length=200, json_schema_extra={"writeOnly": True})]
"""Of a mailed link. It is kept nowhere but as its hash."""


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
    """With `password` the account can be used at once; without one its owner is mailed a link that sets one."""

    email: Email
    """What they sign in with, and where mails reach them; nobody else has the same."""
    name: NounName
    """What people call them; one line."""
    role: Role
    """What they may do wherever they belong."""
    password: Password | None = None
    """What they sign in with."""
    org_id: UUID | None = None
    """Where they begin to belong."""


class UserPatch(Body):
    """What is absent stays."""

    email: Email | None = None
    """What they sign in with, and where mails reach them; nobody else has the same."""
    name: NounName | None = None
    """What people call them; one line."""
    role: Role | None = None
    """What they may do wherever they belong."""
    disabled: bool | None = None
    """True ends all their sign-ins."""


class PasswordBody(Body):
    """A new password for somebody."""

    password: Password
    """In the place of the old one."""


class OwnPasswordBody(Body):
    """One's own password, for another."""

    old_password: Password
    """The one that signs in now."""
    new_password: Password
    """The one that signs in from now on."""


class ForgottenBody(Body):
    """Whose password is forgotten."""

    email: Email
    """What they sign in with, in any case of letters."""


class ResetBody(Body):
    """A new password, by a mailed link."""

    token: LinkToken
    """What the mailed link carries behind `#token=`."""
    password: Password
    """In the place of the forgotten one."""


class MicrosoftBody(Body):
    """Somebody has signed in with Microsoft."""

    max_bytes = PROSE

    id_token: str = Field(min_length=1, max_length=16_000, json_schema_extra={"writeOnly": True})
    """Of Microsoft Entra ID, for this application; it is accepted once, within five minutes."""
    nonce: Annotated[str, Field(max_length=500), AfterValidator(one_line)] | None = None
    """What the sign-in was begun with, where it was."""


class OwnPatch(Body):
    """What somebody changes of themself; what is absent stays."""

    name: NounName | None = None
    """What people call them; one line."""
    language: Language | None = None
    """Of the interface."""
    time_zone: TimeZone | None = None
    """A name of the IANA database, such as Europe/Berlin."""
    mails_off: list[OptionalMail] | None = Field(default=None, max_length=len(MailKind))
    """The kinds of mail that they do not want."""


class AccountOut(Out):
    """A user as an admin sees them."""

    id: UUID
    """The user's."""
    email: str
    """What they sign in with."""
    name: str
    """What people call them."""
    role: Role
    """What they may do wherever they belong."""
    state: Literal["active", "disabled"]
    """Whoever is disabled cannot sign in."""
    has_password: bool
    """Without one they sign in with Microsoft, or have not set one yet."""
    created_at: datetime
    """When the account was made."""
    updated_at: datetime
    """When it was changed last."""

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
    """Oneself."""

    id: UUID
    """The caller's."""
    email: str
    """What they sign in with."""
    name: str
    """What people call them."""
    role: Role
    """What they may do wherever they belong."""
    language: str
    """Of the interface."""
    time_zone: str
    """A name of the IANA database."""
    mails_off: list[MailKind]
    """The kinds of mail that they do not want."""
    has_password: bool
    """Without one they sign in with Microsoft alone."""
    microsoft: bool
    """Whether a Microsoft account is linked."""
