"""Suggested terms, and the ledger of findings that approvals overrode."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.suggestions import DecideBody, Decisions, OverrideOut, SuggestionBody, SuggestionOut
from api.errors import errors
from api.guards.glossaries import ChangeableGlossary, GlossaryWithFindings, VisibleGlossary
from api.guards.jobs import JobWithFindings
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import overrides, suggestions
from api.pagination import Page, Paging
from schema.enums import SuggestionState

router = APIRouter(tags=["Glossaries"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("/glossaries/{glossary_id}/suggestions", responses=errors(401, 404))
async def list_suggestions(
    glossary: VisibleGlossary,
    caller: Caller,
    paging: Paging,
    state: Annotated[SuggestionState | None, Query(description="What became of them.")] = None,
) -> Page[SuggestionOut]:
    """Lists suggestions, oldest first."""
    return await suggestions.listing(caller, glossary, state, paging)


@router.post("/glossaries/{glossary_id}/suggestions", status_code=201, responses=_ERRORS)
async def suggest_term(
    glossary: VisibleGlossary, body: SuggestionBody, caller: Caller, once: Once, response: Response
) -> SuggestionOut:
    """Suggests a term."""
    made = await suggestions.suggest(caller, glossary, body, once)
    located(caller.parts.settings, response, f"/glossaries/{glossary.id}/suggestions")
    return made


@router.post("/glossaries/{glossary_id}/suggestions/decide", responses=_ERRORS)
async def decide_suggestions(
    glossary: ChangeableGlossary, body: DecideBody, caller: Caller, once: Once
) -> Decisions:
    """Accepts several suggestions into one new version, and rejects others."""
    return await suggestions.decide(caller, glossary, body, once)


@router.get("/glossaries/{glossary_id}/overrides", responses=errors(401, 403, 404))
async def list_overrides_of_glossary(
    glossary: GlossaryWithFindings, caller: Caller, paging: Paging
) -> Page[OverrideOut]:
    """Lists where approvals overrode the glossary's terms, in the jobs that the caller sees, with the reasons; newest
    first."""
    return await overrides.of_glossary(caller, glossary, paging)


@router.get("/jobs/{job_id}/overrides", responses=errors(401, 403, 404))
async def list_overrides_of_job(job: JobWithFindings, caller: Caller, paging: Paging) -> Page[OverrideOut]:
    """Lists the findings that approvals of the job overrode, with the reasons; newest first."""
    return await overrides.of_job(caller, job, paging)
