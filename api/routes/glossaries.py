"""Glossaries: their versions and terms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile

from api.authn import Caller
from api.bodies.glossaries import (
    ActivateBody,
    Activated,
    GlossaryDetail,
    GlossaryOut,
    GlossaryVersionOut,
    TermChange,
    TermOut,
)
from api.errors import errors
from api.guards.glossaries import (
    ChangeableGlossary,
    ChangeableVersion,
    GlossaryMaker,
    VisibleGlossary,
    VisibleVersion,
)
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import glossaries, terms
from api.pagination import Page, Paging
from schema.contracts.bounds import Language, NounName
from schema.queries.glossaries import Wanted as WantedGlossaries
from schema.queries.terms import Wanted as WantedTerms

router = APIRouter(prefix="/glossaries", tags=["Glossaries"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TermFile = Annotated[
    UploadFile,
    File(
        description="XLSX, CSV in UTF-8 or TBX-Basic: a row a term, a column a language code. At most 20 MB."
    ),
]


async def _wanted(
    paging: Paging,
    client_id: Annotated[UUID | None, Query(description="Of this client alone.")] = None,
    source_language: Annotated[Language | None, Query(description="In this language alone.")] = None,
    archived: Annotated[bool, Query(description="Those that are archived too.")] = False,
) -> WantedGlossaries:
    return WantedGlossaries(client_id, source_language, archived, paging.offset, paging.size)


@router.get("", responses=errors(401))
async def list_glossaries(
    caller: Caller, wanted: Annotated[WantedGlossaries, Depends(_wanted)], paging: Paging
) -> Page[GlossaryOut]:
    """Lists the glossaries that the caller sees, of all clients or of one."""
    return await glossaries.listing(caller, wanted, paging)


@router.post("", status_code=201, responses=errors(400, 401, 403, 404, 409))
async def create_glossary(
    ctx: GlossaryMaker,
    once: Once,
    response: Response,
    client_id: Annotated[UUID, Form(description="Whose words they are.")],
    name: Annotated[NounName, Form(description="What people call it.")],
    source_language: Annotated[Language, Form(description="BCP 47 code of the terms.")],
    file: TermFile,
) -> GlossaryDetail:
    """Creates a glossary with its first version, from a file. A file with invalid rows is refused, and every such row
    is reported."""
    made = await glossaries.create(ctx, client_id, name, source_language, file, once)
    located(ctx.parts.settings, response, f"/glossaries/{made.id}")
    return await glossaries.detail(ctx, made)


@router.get("/{glossary_id}", responses=errors(401, 404))
async def get_glossary(glossary: VisibleGlossary, caller: Caller) -> GlossaryDetail:
    """Returns one glossary with its newest versions."""
    return await glossaries.detail(caller, glossary)


@router.delete("/{glossary_id}", status_code=204, responses=_ERRORS)
async def archive_glossary(glossary: ChangeableGlossary, caller: Caller, once: Once) -> None:
    """Archives a glossary, which is no longer active or listed. Jobs that follow it continue to."""
    await glossaries.archive(caller, glossary, once)


async def _wanted_terms(
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=200, description="Stands in the term or its translation.")
    ] = None,
    language: Annotated[
        Language | None, Query(description="Terms that say something of this language.")
    ] = None,
) -> WantedTerms:
    return WantedTerms(q, language, paging.offset, paging.size)


@router.get("/{glossary_id}/terms", responses=errors(401, 404))
async def list_terms(
    glossary: VisibleGlossary,
    caller: Caller,
    wanted: Annotated[WantedTerms, Depends(_wanted_terms)],
    paging: Paging,
    version_id: Annotated[
        UUID | None, Query(description="Of this version; absent: the active one, else the newest.")
    ] = None,
) -> Page[TermOut]:
    """Lists the terms of a version, in the order of its file."""
    return await terms.listing(caller, glossary, version_id, wanted, paging)


@router.post("/{glossary_id}/activate", responses=_ERRORS)
async def activate_version(
    glossary: ChangeableGlossary, body: ActivateBody, caller: Caller, once: Once
) -> Activated:
    """Activates a version. The version that was active for the client and language is retired."""
    return await glossaries.activate(caller, glossary, body.version_id, once)


@router.get("/{glossary_id}/versions", responses=errors(401, 404))
async def list_glossary_versions(
    glossary: VisibleGlossary, caller: Caller, paging: Paging
) -> Page[GlossaryVersionOut]:
    """Lists every version, newest first."""
    return await glossaries.versions(caller, glossary, paging)


@router.post("/{glossary_id}/versions", status_code=201, responses=_ERRORS)
async def add_version(
    glossary: ChangeableGlossary, caller: Caller, once: Once, response: Response, file: TermFile
) -> GlossaryVersionOut:
    """Adds a version, from a file. It takes effect once activated."""
    made = await glossaries.add_version(caller, glossary, file, once)
    located(caller.parts.settings, response, f"/glossaries/{glossary.id}/versions/{made.version.id}")
    return await glossaries.shown(caller, made)


@router.get("/{glossary_id}/versions/{version_id}", responses=errors(401, 404))
async def get_glossary_version(found: VisibleVersion, caller: Caller) -> GlossaryVersionOut:
    """Returns one version without its terms."""
    return await glossaries.shown(caller, found)


@router.get("/{glossary_id}/versions/{version_id}/changes", responses=errors(401, 404))
async def list_changes(found: VisibleVersion, caller: Caller, paging: Paging) -> Page[TermChange]:
    """Lists the terms that differ from the previous version."""
    return await terms.changes(caller, found, paging)


@router.get(
    "/{glossary_id}/versions/{version_id}/download",
    response_class=Response,
    responses={**errors(401, 404), 200: {"content": {_XLSX: {}}, "description": "The workbook."}},
)
async def download_version(found: VisibleVersion, caller: Caller) -> Response:
    """Downloads the version as XLSX, which can be read back with the same terms."""
    content, name = await terms.download(caller, found)
    return Response(
        content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/{glossary_id}/versions/{version_id}/reembed", responses=_ERRORS)
async def reembed_version(found: ChangeableVersion, caller: Caller, once: Once) -> GlossaryVersionOut:
    """Embeds the terms of a version again, so that they can be found by meaning."""
    return await glossaries.reembed(caller, found, once)
