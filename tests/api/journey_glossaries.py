"""Every write route of glossaries once."""

from __future__ import annotations

from schema.enums import Role
from tests.api.glossary_files import file, form, xlsx
from tests.api.journey import Journey

GLOSSARY = "/glossaries/{glossary_id}"


async def go(journey: Journey) -> None:
    """From a sheet to an archived glossary."""
    manager, ids = Role.PROJECT_MANAGER, journey.ids
    client = journey.tenant.client.id
    ids["glossary_id"] = (await journey.write(manager, "POST", "/glossaries", **form(client, xlsx())))["id"]
    later = xlsx(("lighthouse", "Leuchtfeuer"))
    version = (await journey.write(manager, "POST", GLOSSARY + "/versions", **file(later)))["id"]
    ids["version_id"] = version
    await journey.write(manager, "POST", GLOSSARY + "/activate", {"version_id": version})
    await journey.write(manager, "POST", GLOSSARY + "/versions/{version_id}/reembed")
    term = {"source": "sea", "targets": {"de": "Meer"}}
    suggested = await journey.write(Role.LINGUIST, "POST", GLOSSARY + "/suggestions", term)
    decision = {"accept": [suggested["id"]]}
    await journey.write(manager, "POST", GLOSSARY + "/suggestions/decide", decision)
    await journey.write(manager, "DELETE", GLOSSARY)
