"""The audit log, for admins."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.authn import Caller
from api.bodies.audit import AuditForgotten, AuditOut
from api.errors import errors
from api.guards.organizations import Administrator
from api.guards.users import KnownUser
from api.idempotency import KeyedRoute, Once
from api.operations import audit
from api.pagination import Page, Slice, Walking
from api.sheets import ANSWER, Format
from schema.contracts.bounds import Moment
from schema.queries.audit import Wanted

router = APIRouter(prefix="/admin/audit-logs", tags=["Admin"], route_class=KeyedRoute)
_ERRORS = {**errors(400, 401, 403), **ANSWER}
FormatQuery = Annotated[Format, Query(alias="format", description="`csv` is all of it, not one page.")]


def get_wanted(
    actor_id: Annotated[UUID | None, Query(description="What they did.")] = None,
    action: Annotated[
        str | None, Query(max_length=64, description="Such as `job.delete`, or `job` for all of a noun.")
    ] = None,
    thing: Annotated[str | None, Query(max_length=64, description="To a kind of thing.")] = None,
    thing_id: Annotated[str | None, Query(max_length=200, description="To one thing.")] = None,
    address: Annotated[str | None, Query(max_length=64, description="From an address.")] = None,
    since: Annotated[Moment | None, Query(description="Then or later.")] = None,
    until: Annotated[Moment | None, Query(description="Before.")] = None,
) -> Wanted:
    return Wanted(actor_id, action, thing, thing_id, address, since, until)


Narrowed = Annotated[Wanted, Depends(get_wanted)]


async def _answer(
    caller: Administrator, wanted: Wanted, paging: Slice, form: Format
) -> Page[AuditOut] | StreamingResponse:
    return await (audit.sheet(caller, wanted) if form == "csv" else audit.listing(caller, wanted, paging))


@router.get("", responses=_ERRORS, response_model=Page[AuditOut])
async def list_audit_logs(
    caller: Administrator, wanted: Narrowed, paging: Walking, form: FormatQuery = "json"
) -> Page[AuditOut] | StreamingResponse:
    """Lists audit entries, newest first."""
    return await _answer(caller, wanted, paging, form)


@router.get("/security", responses=_ERRORS, response_model=Page[AuditOut])
async def list_security_logs(
    caller: Administrator, wanted: Narrowed, paging: Walking, form: FormatQuery = "json"
) -> Page[AuditOut] | StreamingResponse:
    """Lists security events: sign-ins, and changes of rights."""
    return await _answer(caller, replace(wanted, security=True), paging, form)


@router.get("/user/{user_id}", responses={**errors(404), **_ERRORS}, response_model=Page[AuditOut])
async def list_user_logs(
    user: KnownUser, caller: Caller, wanted: Narrowed, paging: Walking, form: FormatQuery = "json"
) -> Page[AuditOut] | StreamingResponse:
    """Lists what a user did, and what was done to their account. Includes deleted users."""
    return await _answer(caller, replace(wanted, about=user.id), paging, form)


@router.delete("/cleanup", responses=errors(400, 401, 403))
async def clean_audit_logs(
    caller: Administrator,
    once: Once,
    older_than_days: Annotated[
        int | None, Query(ge=1, le=36_500, description="Absent: AUDIT_KEPT_DAYS, which is the least.")
    ] = None,
) -> AuditForgotten:
    """Deletes old audit entries, and mails and batches of the same age. The log records this."""
    return await audit.cleanup(caller, older_than_days, once)
