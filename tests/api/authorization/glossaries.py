"""Glossaries, their versions, what people suggest, and what approvals let stand."""

from __future__ import annotations

from dataclasses import asdict

from schema.enums import JobStatus, Kind
from schema.glossary.row import TermRow
from schema.tables import FindingOverride, Glossary, GlossaryTerm, GlossaryVersion, TermSuggestion
from tests.api.authorization.things import insert
from tests.api.authorization.world import Entry, Ids, Site, World, listed, name
from tests.api.glossary_files import file, form, xlsx
from tests.api.people import Person

_GLOSSARY = "/glossaries/{glossary_id}"
_VERSION = f"{_GLOSSARY}/versions/{{version_id}}"
_ROW = TermRow("lighthouse", {"es": "faro"})


async def glossary(world: World, site: Site, caller: Person) -> Ids:
    """With a version of one term, a suggestion, and a finding that was let stand."""
    made = Glossary(client_id=site.client.id, name=name(), source_language="en")
    version = GlossaryVersion(glossary_id=made.id, number=1, terms=1, languages=["es"], added=1)
    term = GlossaryTerm(
        version_id=version.id, place=1, source=_ROW.source, targets=dict(_ROW.targets), key=_ROW.key,
        digest=_ROW.digest, folded="lighthouse",
    )  # fmt: skip
    wanted = TermRow("fog horn", {"es": "sirena"})
    suggestion = TermSuggestion(glossary_id=made.id, author_id=site.creator.id, term=asdict(wanted))
    await world.add(made, version, term, suggestion)
    told = await overridden(world, site, caller, made)
    ids = {"glossary_id": made.id, "version_id": version.id, "suggestion_id": suggestion.id}
    return {**ids, **told, "client_id": site.client.id}


async def overridden(world: World, site: Site, caller: Person, found: Glossary | None = None) -> Ids:
    job = await insert(world, site, JobStatus.COMPLETED)
    row = FindingOverride(
        job_id=job.id, language="en", kind=Kind.CAPTIONS, text_version=1, rule="glossary",
        message="lighthouse is faro", reason="The client asked for it.", glossary_id=found and found.id,
    )  # fmt: skip
    await world.add(row)
    return {"job_id": job.id, "override_id": row.id}


def _of_client(ids: Ids) -> Ids:
    return form(ids["client_id"], xlsx())


ENTRIES = {
    "GET /glossaries": Entry(
        glossary, query=lambda ids: f"client_id={ids['client_id']}&size=100", shown=listed("glossary_id")
    ),
    "POST /glossaries": Entry(glossary, form=_of_client),
    f"GET {_GLOSSARY}": Entry(glossary),
    f"DELETE {_GLOSSARY}": Entry(glossary),
    f"GET {_GLOSSARY}/terms": Entry(
        glossary, shown=lambda answer, ids: answer["items"][0]["source"] == _ROW.source
    ),
    f"POST {_GLOSSARY}/activate": Entry(glossary, lambda ids: {"version_id": str(ids["version_id"])}),
    f"GET {_GLOSSARY}/versions": Entry(glossary, shown=listed("version_id")),
    f"POST {_GLOSSARY}/versions": Entry(glossary, form=lambda ids: file(xlsx())),
    f"GET {_VERSION}": Entry(glossary),
    f"GET {_VERSION}/changes": Entry(glossary),
    f"GET {_VERSION}/download": Entry(glossary),
    f"POST {_VERSION}/reembed": Entry(glossary),
    f"GET {_GLOSSARY}/suggestions": Entry(glossary, shown=listed("suggestion_id")),
    f"POST {_GLOSSARY}/suggestions": Entry(
        glossary, lambda ids: {"source": "fog horn", "targets": {"es": "sirena"}}
    ),
    f"POST {_GLOSSARY}/suggestions/decide": Entry(
        glossary, lambda ids: {"accept": [str(ids["suggestion_id"])]}
    ),
    f"GET {_GLOSSARY}/overrides": Entry(glossary, shown=listed("override_id")),
    "GET /jobs/{job_id}/overrides": Entry(overridden, shown=listed("override_id")),
}
