"""Texts and their versions."""

from __future__ import annotations

from schema.enums import Kind, Origin, QCState
from schema.tables import TextVersion
from tests.api.authorization.things import job, language
from tests.api.authorization.world import Entry, Ids, Make, Site, World
from tests.api.people import Person
from tests.fakes.steps import CAPTIONS

_VTT = "/jobs/{job_id}/vtt"


def versions(make: Make) -> Make:
    """With two versions of the captions."""

    async def made(world: World, site: Site, caller: Person) -> Ids:
        ids = {"lang": "en", **await make(world, site, caller), "version": 1}
        second = TextVersion(
            job_id=ids["job_id"], language=ids["lang"], kind=Kind.CAPTIONS, version=2, base_version=1,
            content=CAPTIONS.replace("evening", "night"), origin=Origin.EDIT, sources={},
        )  # fmt: skip
        await world.add(second)
        return ids

    return made


def text(ids: Ids) -> str:
    return f"lang={ids['lang']}&kind=captions"


def _saved(ids: Ids) -> Ids:
    return {"content": CAPTIONS.replace("evening", "morning"), "base_version": 2}


_SOURCE = versions(job())
ENTRIES = {
    f"GET {_VTT}": Entry(_SOURCE, query=text),
    f"GET {_VTT}/versions": Entry(_SOURCE, query=text),
    f"GET {_VTT}/versions/{{version}}": Entry(_SOURCE, query=text),
    f"GET {_VTT}/versions/diff": Entry(_SOURCE, query=lambda ids: f"{text(ids)}&from=1&to=2"),
    f"PATCH {_VTT}": Entry(_SOURCE, _saved, text),
    f"PATCH {_VTT} (a language in progress)": Entry(versions(language(QCState.IN_PROGRESS)), _saved, text),
    f"PATCH {_VTT} (a language in review)": Entry(versions(language(QCState.IN_REVIEW)), _saved, text),
    f"PATCH {_VTT} (somebody else's language in progress)": Entry(
        versions(language(QCState.IN_PROGRESS, own=False)), _saved, text
    ),
    f"POST {_VTT}/check": Entry(_SOURCE, lambda ids: {"content": CAPTIONS}, text),
    f"POST {_VTT}/adjust-timing": Entry(_SOURCE, lambda ids: {"base_version": 2, "offset_ms": 40}, text),
    f"POST {_VTT}/versions/restore": Entry(_SOURCE, lambda ids: {"version": 1, "base_version": 2}, text),
}
