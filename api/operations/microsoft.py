"""Microsoft sign-in. An account must be linked first, by an invitation or by its signed-in owner."""

from __future__ import annotations

from uuid import uuid4

from api.asked import Asked
from api.bodies.users import MicrosoftBody
from api.context import Context, Visit
from api.microsoft import Identity
from api.operations import auth
from api.operations.auth import SignIn, issue
from schema.errors import Conflict, Misconfigured, Unauthenticated
from schema.queries import audit, identities, sessions
from schema.tables import User

_SOMEBODY_ELSES = "This Microsoft account is linked to somebody else."


async def sign_in(visit: Visit, body: MicrosoftBody) -> SignIn:
    """Raises:
    Unauthenticated: the token is invalid, was used before, or belongs to nobody here.
    Misconfigured: sign-in with Microsoft is not set up.
    """
    counted = await auth.throttle(visit, "microsoft")
    identity = await read(visit, body)
    await _spend(visit, identity)
    user = await identities.user_of(visit.session, identity.tenant_id, identity.object_id)
    await audit.record(
        visit.session,
        actor_id=user.id if user else None,
        action="auth.login" if user else "auth.login_failed",
        thing="account",
        thing_id=user.email if user else f"{identity.tenant_id}/{identity.object_id}",
        address=visit.address,
        after={"by": "microsoft"},
        security=True,
    )
    if user is None:
        await visit.session.commit()
        raise Unauthenticated(
            "This Microsoft account is not linked to an account here. Accept your invitation with it, or sign in by "
            "password and link it in your profile."
        )
    await sessions.forgive(visit.session, counted)
    signed_in = issue(visit.parts, visit.session, user, uuid4(), user.epoch)
    await visit.session.commit()
    return signed_in


async def link(ctx: Context, body: MicrosoftBody, once: Asked) -> None:
    """Links this Microsoft account to the caller's account, for signing in.

    Raises:
        Conflict: it is linked to somebody else.
    """
    await ctx.session.commit()
    identity = await read(ctx, body)
    if not await ctx.done(once, "user.link_microsoft", ctx.principal.user_id):
        await _spend(ctx, identity)
    if not await identities.link(ctx.session, ctx.principal.user_id, identity.tenant_id, identity.object_id):
        raise Conflict(_SOMEBODY_ELSES)
    await ctx.record(once, "user.link_microsoft", "user", ctx.principal.user_id, after=told(identity))
    await ctx.session.commit()


async def link_invited(visit: Visit, identity: Identity, user: User, *, is_new: bool) -> bool:
    """Links the Microsoft account of somebody who accepts an invitation, in the session's transaction. Returns whether
    it did. An existing account is only linked by its owner, because an invitation may be passed on.

    Raises:
        Unauthenticated: the token was used before.
        Conflict: it is linked to somebody else. The error is the same whether or not the person has an account.
    """
    await _spend(visit, identity)
    if is_new and await identities.link(visit.session, user.id, identity.tenant_id, identity.object_id):
        return True
    if await identities.owner(visit.session, identity.tenant_id, identity.object_id) not in (None, user.id):
        raise Conflict(_SOMEBODY_ELSES)
    return False


def told(identity: Identity) -> dict[str, str]:
    """The entry for the audit log."""
    return {"tenant_id": identity.tenant_id, "object_id": identity.object_id}


async def read(visit: Visit, body: MicrosoftBody) -> Identity:
    """Verifies a token. It is marked as used in the transaction that uses it.

    Raises:
        Unauthenticated: it is not valid.
        Misconfigured: sign-in with Microsoft is not set up.
    """
    visit.released()
    if visit.parts.microsoft is None:
        raise Misconfigured(
            "Sign-in with Microsoft is not set up here: MICROSOFT_CLIENT_ID names its application."
        )
    return await visit.parts.microsoft.identity(body.id_token, body.nonce)


async def _spend(visit: Visit, identity: Identity) -> None:
    if not await identities.spend(visit.session, identity.token_hash, identity.forget_at):
        raise Unauthenticated("This Microsoft sign-in was used already. Sign in with Microsoft again.")
