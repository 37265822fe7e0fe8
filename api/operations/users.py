"""Users, as admins create and change them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.asked import Asked
from api.bodies.users import AccountOut, UserCreate, UserPatch
from api.context import Context
from api.operations import accounts, mails
from api.pagination import Page, Slice
from api.passwords import Passwords, check_new
from schema.enums import Role
from schema.errors import Conflict, Forbidden, Invalid, NotFound
from schema.queries import accounts as rows
from schema.queries import departures, invitations, named, organizations, pages, people_gone, sessions
from schema.queries.accounts import UserFilter
from schema.tables import Membership, User, now


async def listing(ctx: Context, paging: Slice, wanted: UserFilter, sort: str) -> Page[AccountOut]:
    asked = pages.Asked(sort, paging.size, paging.offset, paging.after)
    users, found = await rows.page(ctx.session, wanted, asked)
    return paging.walked([AccountOut.of(user) for user in users], found)


async def create(ctx: Context, passwords: Passwords, body: UserCreate, once: Asked) -> User:
    """Creates a user with a password, or with a mail that lets its owner set one.

    Raises:
        Invalid: the password is too easy to guess, or there is no such organisation.
        Conflict: the address is taken.
    """
    email, hashed = normal(body.email), None
    if body.org_id and not await organizations.visible(ctx.session, ctx.principal, body.org_id):
        raise Invalid("There is no organisation of this id.")
    await ctx.session.commit()
    if body.password is not None:
        await ctx.thread(check_new, body.password, (email, body.name))
        hashed = await passwords.hash(body.password)
    user = await named.made(ctx.session, User, once.uuid("user"))
    if user is None:
        user = User(id=once.uuid("user"), email=email, name=body.name, role=body.role, password_hash=hashed)
        await _insert(ctx, user, body.org_id, once)
    after = {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "org_id": body.org_id and str(body.org_id),
    }
    await ctx.record(once, "user.create", "user", user.id, after=after)
    sent = [] if hashed else [await accounts.put_reset(ctx, user, once, asked_by=ctx.principal.user_id)]
    await ctx.session.commit()
    await mails.start(ctx.temporal, sent)
    return user


async def _insert(ctx: Context, user: User, org_id: UUID | None, once: Asked) -> None:
    try:
        async with ctx.session.begin_nested():
            ctx.session.add(user)
            await ctx.session.flush()
            if org_id is not None:
                ctx.session.add(Membership(id=once.uuid("member"), org_id=org_id, user_id=user.id))
    except IntegrityError:
        raise Conflict(f"Somebody has the address {user.email} already.") from None


def normal(email: str) -> str:
    """The normalised address.

    Raises:
        Invalid: it is not an address.
    """
    text = email.strip().lower()
    local, _, domain = text.rpartition("@")
    if not local or not domain or "@" in local or any(sign.isspace() for sign in text):
        raise Invalid(f"{email[:100]} is no e-mail address.")
    return text


async def change(ctx: Context, user: User, patch: UserPatch, once: Asked) -> User:
    """Raises:
    Conflict: the address is taken, or they are the last admin.
    Forbidden: they would demote or disable themselves.
    """
    fresh = await _locked(ctx, user)
    if await ctx.done(once, "user.change", fresh.id):
        await ctx.session.commit()
        return fresh
    role = patch.role or fresh.role
    disabled = fresh.disabled_at is not None if patch.disabled is None else patch.disabled
    if fresh.id == ctx.principal.user_id and (disabled or role is not fresh.role):
        raise Forbidden("Nobody changes their own role or disables themself: ask another admin.")
    if fresh.role is Role.ADMIN and fresh.disabled_at is None and (disabled or role is not Role.ADMIN):
        await rows.keep_an_admin(ctx.session, fresh)
    before = _told(fresh)
    if disabled or role is not fresh.role:
        await departures.note_everywhere(ctx.session, fresh.id)
    email = normal(patch.email) if patch.email else fresh.email
    if disabled and fresh.disabled_at is None:
        await sessions.end_all(ctx.session, fresh.id)
    if disabled or email != fresh.email:  # a link in somebody else's mailbox, or one not used yet
        await rows.end_resets(ctx.session, fresh.id, now())
    try:
        async with ctx.session.begin_nested():
            fresh.email = email
            fresh.name, fresh.role = patch.name or fresh.name, role
            fresh.disabled_at = (fresh.disabled_at or now()) if disabled else None
    except IntegrityError:
        raise Conflict(f"Somebody has the address {patch.email} already.") from None
    await ctx.record(once, "user.change", "user", fresh.id, before=before, after=_told(fresh))
    await ctx.session.commit()
    return fresh


def _told(user: User) -> dict[str, object]:
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "disabled": user.disabled_at is not None,
    }


async def delete(ctx: Context, user: User, once: Asked) -> None:
    """Deletes a user. Their sessions end at once, and their address becomes free. Their work and their name in the
    history are kept.

    Raises:
        Conflict: they are the last admin.
        Forbidden: they are the caller.
        NotFound: they were already deleted by another request.
    """
    if await ctx.done(once, "user.delete", user.id):
        return
    await invitations.end_open(
        ctx.session, user.email
    )  # before the account: accepting an invitation takes the same locks in this order
    fresh = await _locked(ctx, user)
    if fresh.id == ctx.principal.user_id:
        raise Forbidden("Nobody deletes themself: ask another admin.")
    if fresh.role is Role.ADMIN and fresh.disabled_at is None:
        await rows.keep_an_admin(ctx.session, fresh)
    languages = await rows.at_work(ctx.session, fresh.id)
    await sessions.end_all(ctx.session, fresh.id)
    await departures.note_everywhere(ctx.session, fresh.id)
    await rows.leave_everything(ctx.session, fresh.id)
    await rows.end_resets(ctx.session, fresh.id, now())
    fresh.deleted_at, fresh.password_hash = now(), None
    await ctx.record(
        once, "user.delete", "user", fresh.id, before=_told(fresh), after={"languages": languages}
    )
    await ctx.session.commit()


async def purge(ctx: Context, user: User, once: Asked) -> None:
    """Replaces the name and address of a deleted user everywhere. Their work is kept.

    Raises:
        Conflict: they are not deleted.
    """
    fresh = await rows.one(ctx.session, user.id, lock=True, with_deleted=True)
    if fresh is None or fresh.deleted_at is None:
        raise Conflict(f"{user.name} has an account: delete it first.")
    if not people_gone.is_purged(fresh):
        await people_gone.purge(ctx.session, fresh)
    await ctx.record(once, "user.purge", "user", fresh.id, after={"replaced": "name and address"})
    await ctx.session.commit()


async def set_password(ctx: Context, passwords: Passwords, user: User, password: str, once: Asked) -> None:
    """Sets a password, and ends all of the user's sessions."""
    await ctx.session.commit()
    await ctx.thread(check_new, password, (user.email, user.name))
    hashed = await passwords.hash(password)
    fresh = await _locked(ctx, user)
    if await ctx.done(once, "user.set_password", fresh.id):
        await ctx.session.commit()
        return
    fresh.password_hash = hashed
    await sessions.end_all(ctx.session, fresh.id)
    await rows.end_resets(ctx.session, fresh.id, now())
    await ctx.record(once, "user.set_password", "user", fresh.id, after={"by": "admin"})
    await ctx.session.commit()


async def send_reset(ctx: Context, user: User, once: Asked) -> None:
    """Mails a link that sets a new password."""
    fresh = await _locked(ctx, user)
    if fresh.disabled_at is not None:
        raise Conflict(f"{fresh.name} is disabled, and could not sign in with a new password.")
    mail = await accounts.put_reset(ctx, fresh, once, asked_by=ctx.principal.user_id)
    await ctx.record(once, "user.send_reset", "user", fresh.id, after={"mail_id": str(mail.id)})
    await ctx.session.commit()
    await mails.start(ctx.temporal, [mail])


async def _locked(ctx: Context, user: User) -> User:
    fresh = await rows.one(ctx.session, user.id, lock=True)
    if fresh is None:
        raise NotFound("User not found")
    return fresh
