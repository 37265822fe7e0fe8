"""The caller's own account: profile, password, and the link that resets a forgotten one."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from fastapi import BackgroundTasks

from api.asked import Asked
from api.bodies.users import MeOut, OwnPatch
from api.context import Context, Visit
from api.operations import auth, mails
from api.passwords import Passwords, check_new
from schema import links
from schema.enums import MailKind
from schema.errors import Invalid, NotFound, PlatformError
from schema.links import Purpose
from schema.queries import accounts as rows
from schema.queries import audit, named, sessions, users
from schema.queries import mails as outbox
from schema.tables import Mail, PasswordReset, User, now

logger = logging.getLogger(__name__)
_WORTHLESS = "This link has been used, or has expired. Ask for another."


async def me(ctx: Context) -> MeOut:
    user = await rows.one(ctx.session, ctx.principal.user_id)
    if user is None:
        raise NotFound("User not found")
    return MeOut(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        language=user.language,
        time_zone=user.time_zone,
        mails_off=[MailKind(kind) for kind in user.mails_off],
        has_password=user.password_hash is not None,
        microsoft=await rows.has_identity(ctx.session, user.id),
    )


async def change_me(ctx: Context, patch: OwnPatch, once: Asked) -> MeOut:
    user = await rows.one(ctx.session, ctx.principal.user_id, lock=True)
    if user is None:
        raise NotFound("User not found")
    changes = patch.model_dump(mode="json", exclude_none=True)
    if await ctx.done(once, "user.change_self", user.id):
        changes = {}
    if "mails_off" in changes:
        changes["mails_off"] = sorted(set(changes["mails_off"]))
    before = {name: getattr(user, name) for name in changes}
    for name, value in changes.items():
        setattr(user, name, value)
    await ctx.record(once, "user.change_self", "user", user.id, before=before, after=changes)
    shown = await me(ctx)
    await ctx.session.commit()
    return shown


async def change_password(ctx: Context, passwords: Passwords, old: str, new: str, once: Asked) -> None:
    """Changes the password and ends all sessions, including this one, so that anyone who knew the old password is
    signed out.

    Raises:
        Invalid: the old one is wrong, or the new one too easy to guess.
        TooMany: the old one was wrong too often. A hijacked session must not be usable to guess the password.
    """
    counted = await auth.limit_user(ctx, "password", ctx.parts.settings.login_attempts)
    user = await rows.one(ctx.session, ctx.principal.user_id)
    await ctx.session.commit()
    if user is None:
        raise NotFound("User not found")
    if not await passwords.matches(user.password_hash, old):
        raise Invalid("The old password is wrong.")
    await sessions.forgive(ctx.session, counted)
    await ctx.session.commit()
    await ctx.thread(check_new, new, (user.email, user.name))
    hashed = await passwords.hash(new)
    fresh = await rows.one(ctx.session, user.id, lock=True)
    if fresh is None or fresh.password_hash != user.password_hash:
        raise Invalid("The password was changed meanwhile. Sign in again.")
    await _set(ctx, fresh, hashed)
    await ctx.record(once, "user.change_password", "user", fresh.id, after={"by": "themself"})
    await ctx.session.commit()


async def sign_out_everywhere(ctx: Context, once: Asked) -> None:
    await sessions.end_all(ctx.session, ctx.principal.user_id)
    await ctx.record(once, "auth.logout_everywhere", "user", ctx.principal.user_id, after={"by": "themself"})
    await ctx.session.commit()


async def forgotten(visit: Visit, email: str, later: BackgroundTasks) -> None:
    """Mails a reset link if there is such an account. The answer is the same, and is given before the account is looked
    up, so that its timing reveals nothing."""
    await auth.throttle(visit, "forgotten", email)
    later.add_task(_mail_link, visit, email)


async def _mail_link(asked: Visit, email: str) -> None:
    try:
        async with asked.parts.database.session() as session:
            await _put_link(replace(asked, session=session), email)
    except PlatformError as error:  # whoever waits for it asks again
        logger.warning("a link for a forgotten password could not be written: %s", error.message)


async def _put_link(visit: Visit, email: str) -> None:
    user, once = await users.by_email(visit.session, email), Asked.once()
    sent = [await put_reset(visit, user, once, asked_by=None)] if user else []
    await audit.record(
        visit.session,
        actor_id=user.id if user else None,
        action="auth.password_forgotten",
        thing="account",
        thing_id=email.strip().lower(),
        address=visit.address,
        security=True,
    )
    await visit.session.commit()
    await mails.start(visit.temporal, sent)


async def put_reset(visit: Visit, user: User, once: Asked, *, asked_by: UUID | None) -> Mail:
    """Inserts a new link and its mail in the session's transaction, and invalidates earlier links. If the same request
    already did so, nothing changes."""
    settings, reset_id, mail_id = visit.parts.settings, once.uuid("reset"), once.uuid("mail")
    if (made := await named.made(visit.session, Mail, mail_id)) is not None:
        return made
    await rows.end_resets(visit.session, user.id, now())
    token = links.token(settings.jwt_secret.get_secret_value(), Purpose.PASSWORD_RESET, reset_id)
    visit.session.add(
        PasswordReset(
            id=reset_id,
            user_id=user.id,
            asked_by=asked_by,
            link_hash=links.hashed(token),
            expires_at=now() + timedelta(seconds=settings.password_reset_s),
        )
    )
    return outbox.put(visit.session, MailKind.PASSWORD_RESET, user.id, mail_id=mail_id, reset_id=reset_id)


async def reset(visit: Visit, passwords: Passwords, token: str, password: str) -> None:
    """Sets a password with a mailed link, once.

    Raises:
        Invalid: the link is invalid, or the password too easy to guess.
    """
    counted = await auth.throttle(visit, "reset")
    link_hash = links.hashed(token)
    found = await rows.reset_by_link(visit.session, link_hash)
    await visit.session.commit()
    if found is None:
        raise Invalid(_WORTHLESS)
    user = found[1]
    await visit.thread(check_new, password, (user.email, user.name))
    hashed = await passwords.hash(password)
    again = await rows.reset_by_link(visit.session, link_hash)
    if again is None:
        raise Invalid(_WORTHLESS)
    await _set(visit, again[1], hashed)
    await sessions.forgive(visit.session, counted)
    await audit.record(
        visit.session,
        actor_id=user.id,
        action="auth.password_reset",
        thing="user",
        thing_id=user.id,
        address=visit.address,
        security=True,
    )
    await visit.session.commit()


async def _set(visit: Visit, user: User, hashed: str) -> None:
    """Sets the password, ends all sessions, and invalidates every other link."""
    user.password_hash = hashed
    await sessions.end_all(visit.session, user.id)
    await rows.end_resets(visit.session, user.id, now())
