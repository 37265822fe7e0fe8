"""Users as an admin and they themselves send and see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, Field

from api.bodies.base import Body
from schema.contracts.bounds import Email, Language, NounName
from schema.enums import MailKind, Role
from schema.tables import User

Password = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"writeOnly": True})]
"""Which ones are accepted is told in a sentence (`api.passwords`)."""


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
    name: NounName
    role: Role
    password: Password | None = None
    org_id: UUID | None = None
    """Where they begin to belong."""


class UserPatch(Body):
    """What is absent stays."""

    email: Email | None = None
    name: NounName | None = None
    role: Role | None = None
    disabled: bool | None = None
    """True ends all their sign-ins."""


class PasswordBody(Body):
    password: Password


class OwnPasswordBody(Body):
    """One's own password, for another."""

    old_password: Password
    new_password: Password


class ForgottenBody(Body):
    email: Email


class ResetBody(Body):
    token: str = Field(min_length=20, max_length=200)
    """What the mailed link carries behind `#token=`."""
    password: Password


class MicrosoftBody(Body):
    id_token: str = Field(min_length=1, max_length=16_000, json_schema_extra={"writeOnly": True})
    """Of Microsoft Entra ID, for this application; it is accepted once, within five minutes."""
    nonce: str | None = Field(default=None, max_length=500)
    """What the sign-in was begun with, where it was."""


class OwnPatch(Body):
    """What somebody changes of themself; what is absent stays."""

    name: NounName | None = None
    language: Language | None = None
    """Of the interface."""
    time_zone: TimeZone | None = None
    mails_off: list[OptionalMail] | None = Field(default=None, max_length=len(MailKind))
    """The kinds of mail that they do not want."""


class AccountOut(BaseModel):
    """A user as an admin sees them."""

    id: UUID
    email: str
    name: str
    role: Role
    state: Literal["active", "disabled"]
    has_password: bool
    """Without one they sign in with Microsoft, or have not set one yet."""
    created_at: datetime
    updated_at: datetime

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


class MeOut(BaseModel):
    """Oneself."""

    id: UUID
    email: str
    name: str
    role: Role
    language: str
    time_zone: str
    mails_off: list[MailKind]
    has_password: bool
    microsoft: bool
    """Whether a Microsoft account is linked."""
