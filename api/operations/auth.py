"""Sign-in by password, rotation of refresh tokens, and sign-out."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Network
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api import tokens
from api.bodies.auth import TokenOut, UserOut
from api.context import Context, Visit
from api.parts import Parts
from api.passwords import Passwords
from schema.errors import TooMany, Unauthenticated
from schema.queries import accounts, audit, sessions, users
from schema.tables import RefreshToken, User, now

logger = logging.getLogger(__name__)
_WINDOW = timedelta(minutes=15)
_ENDED = "This sign-in has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the route returns: a body, and the cookie's new value."""

    answer: TokenOut
    refresh_token: str


async def login(visit: Visit, passwords: Passwords, email: str, password: str) -> SignIn:
    """Checks a password. Unknown accounts, accounts without a password and wrong passwords get the same answer in the
    same time. The user is read once, before the password is checked. If all sessions are ended meanwhile, the user's
    epoch is incremented, which also ends this one, whichever transaction commits first.

    Raises:
        TooMany: too many failures from this address, for this account, or both.
        Unauthenticated: in all other cases.
    """
    session, account = visit.session, email.strip().lower()
    pair = _subject("login", account, visit.address)
    counted = await _limit(visit, account, pair)
    user = await users.by_email(session, account)
    await session.commit()
    visit.released()
    matches = await passwords.matches(user.password_hash if user else None, password)
    if user is None or not matches:
        await audit.record(
            session,
            actor_id=user.id if user else None,
            action="auth.login_failed",
            thing="account",
            thing_id=account,
            address=visit.address,
            security=True,
        )
        await session.commit()
        raise Unauthenticated("The e-mail or the password is wrong.")
    if user.password_hash and (renewed := await passwords.renewed(user.password_hash, password)):
        await accounts.rehash(session, user, renewed)
    await sessions.forgive(session, counted, also=pair)
    await _secure(visit, user.id, "auth.login")
    signed_in = issue(visit.parts, session, user, uuid4(), user.epoch)
    await session.commit()
    return signed_in


async def _secure(visit: Visit, user_id: UUID, action: str) -> None:
    """Writes a security entry to the audit log."""
    await audit.record(visit.session, actor_id=user_id, action=action, address=visit.address, security=True)


async def _limit(visit: Visit, account: str, pair: str) -> sessions.Counted:
    settings = visit.parts.settings
    limits = {
        pair: settings.login_attempts,
        _subject("login", account, None): settings.account_attempts,
        _subject("login", "", visit.address): settings.address_attempts,
    }
    return await _count(visit.session, limits)


async def throttle(visit: Visit, asked: str, account: str = "") -> sessions.Counted:
    """Counts unauthenticated requests by address and, if they are about one, by account. A successful request resets
    the count (`sessions.forgive`), because a whole office may share one address.

    Raises:
        TooMany: too many from this address, or about this account, whether or not it exists.
    """
    settings = visit.parts.settings
    limits = {_subject(asked, "", visit.address): settings.address_attempts}
    if account:
        limits[_subject(asked, account.strip().lower(), None)] = settings.login_attempts  # mails, to somebody
    return await _count(visit.session, limits)


async def limit_mails(visit: Visit, asked: str, email: str) -> None:
    """Counts mails to an address, whoever causes them, so that nobody can be flooded.

    Raises:
        TooMany: the address has reached the limit for a quarter of an hour.
    """
    await _count(visit.session, {_subject(asked, email, None): visit.parts.settings.login_attempts})


async def limit_user(ctx: Context, asked: str, limit: int) -> sessions.Counted:
    """Counts, per user, requests that cost money or could be used for guessing.

    Raises:
        TooMany: the user has reached the limit for a quarter of an hour.
    """
    return await _count(ctx.session, {_subject(asked, str(ctx.principal.user_id), None): limit})


async def _count(session: AsyncSession, limits: dict[str, int]) -> sessions.Counted:
    counted = await sessions.count_attempt(session, limits, _WINDOW)
    await session.commit()
    if counted.until is not None:
        wait_s = max(1, int((counted.until - now()).total_seconds()) + 1)
        raise TooMany("Too many attempts. Wait, then try again.", retry_after_s=wait_s)
    return counted


async def refresh(visit: Visit, token: str | None) -> SignIn:
    """Exchanges a refresh token for the next one. A token that was used seconds ago returns a sibling (two tabs). Reuse
    after that means that the token was stolen, and ends the whole family.

    Raises:
        TooMany: too many invalid tokens from this address.
        Unauthenticated: sign in again.
    """
    if not token:
        raise Unauthenticated("There is no refresh cookie. Sign in.")
    parts, session = visit.parts, visit.session
    found = await sessions.locked_token(session, tokens.hashed(token))
    if found is None:  # only invalid tokens count: one of ours is never throttled
        await _count(session, {_subject("refresh", "", visit.address): parts.settings.address_attempts})
        raise Unauthenticated(_ENDED)
    if found.revoked_at is not None or found.expires_at < now():
        raise Unauthenticated(_ENDED)
    grace = timedelta(seconds=parts.settings.refresh_grace_s)
    if found.spent_at is not None and now() - found.spent_at > grace:
        await sessions.end(session, found.family)
        await _secure(visit, found.user_id, "auth.refresh_reused")
        await session.commit()
        raise Unauthenticated(_ENDED)
    user = await session.get(User, found.user_id)
    if user is None or user.disabled_at or user.deleted_at or user.epoch != found.epoch:
        raise Unauthenticated(_ENDED)
    found.spent_at = found.spent_at or now()
    await _secure(visit, user.id, "auth.refresh")
    signed_in = issue(parts, session, user, found.family, found.epoch)
    await session.commit()
    return signed_in


async def logout(ctx: Context) -> None:
    """Ends the session that the access token belongs to: both kinds of tokens, and the sockets."""
    if ctx.claims.family is not None:  # a service has no session
        await sessions.end(ctx.session, ctx.claims.family)
    await _secure(ctx, ctx.principal.user_id, "auth.logout")
    await ctx.session.commit()


def issue(parts: Parts, session: AsyncSession, user: User, family: UUID, epoch: int) -> SignIn:
    value = tokens.new_refresh()
    session.add(
        RefreshToken(
            user_id=user.id,
            family=family,
            token_hash=tokens.hashed(value),
            epoch=epoch,
            expires_at=now() + timedelta(seconds=parts.settings.refresh_token_s),
        )
    )
    answer = TokenOut(
        access_token=tokens.issue_access(parts.settings, user, family),
        user=UserOut(id=user.id, email=user.email, role=user.role),
    )
    return SignIn(answer, value)


def _subject(kind: str, account: str, address: str | None) -> str:
    """The subject that an attempt is counted for. An IPv6 address counts as its /64, which one person controls
    entirely."""
    whose = address or ""
    if ":" in whose:
        whose = str(IPv6Network((whose, 64), strict=False))
    return hashlib.sha256(f"{kind}\n{account}\n{whose}".encode()).hexdigest()
