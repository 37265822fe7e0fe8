"""Glossaries: who sees and changes them, versions and what changed, what is active, suggestions, files out."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlmodel import col

from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import EmbeddingState, LanguageStage, QCState, Role
from schema.tables import Glossary, GlossaryTerm, GlossaryVersion, JobLanguage, Membership
from tests.api.glossary_files import HEAD, ROWS, file, form, xlsx
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.fakes.steps import FakeSteps

pytestmark = pytest.mark.usefixtures("fake_steps")


@pytest_asyncio.fixture(loop_scope="session")
async def own(database: Database, http: httpx.AsyncClient) -> Tenant:
    """A tenant without a glossary."""
    return await make_tenant(database, http)


async def made(tenant: Tenant, content: bytes | None = None, **more: Any) -> dict[str, Any]:
    answer = await tenant[Role.PROJECT_MANAGER].ask(
        "POST", "/glossaries", **form(tenant.client.id, content or xlsx(), **more)
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def next_version(tenant: Tenant, glossary: str, content: bytes) -> dict[str, Any]:
    answer = await tenant[Role.PRODUCTION].ask("POST", f"/glossaries/{glossary}/versions", **file(content))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def activate(who: Person, glossary: str, version: str) -> dict[str, Any]:
    answer = await who.post(f"/glossaries/{glossary}/activate", {"version_id": version})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_file_becomes_a_glossary_whose_terms_are_listed(own: Tenant) -> None:
    glossary = await made(own)
    (version,) = glossary["versions"]
    assert (version["number"], version["terms"], version["added"], version["active"]) == (1, 5, 5, False)
    assert version["languages"] == ["de", "es"]
    assert version["filename"] == "words.xlsx"
    terms = await own[Role.LINGUIST].get(f"/glossaries/{glossary['id']}/terms")
    items = terms.json()["items"]
    assert [item["source"] for item in items] == [row[0] for row in ROWS]
    assert items[0]["forms"] == {"de": ["Leuchttürme", "Leuchtturms"]}
    assert items[2]["forbidden"] and items[3]["do_not_translate"] and items[3]["case_sensitive"]

    async def found(query: str) -> list[str]:
        answer = await own[Role.CLIENT].get(f"/glossaries/{glossary['id']}/terms?{query}")
        return [item["source"] for item in answer.json()["items"]]

    assert await found("q=HOUSE") == ["lighthouse"]
    assert await found("q=nebel&language=de") == ["fog horn"]
    assert await found("language=fr") == ["Harbour Studio"], "what German forbids is not said of French"
    assert await found("language=de-AT") == [row[0] for row in ROWS]
    assert await found("page=2&size=2") == ["keeper", "Harbour Studio"]
    assert await found("q=%25") == []
    assert await found("q=W%C3%84RTER&language=de-AT") == ["keeper"], "what stands in for it too"


@pytest.mark.parametrize("sought", ["straße", "STRASSE", "Straße", "λόγος", "ΛΌΓΟΣ", "cafe\u0301", "CAFÉ"])
async def test_a_translation_is_found_however_it_is_written(own: Tenant, sought: str) -> None:
    head = ("source", "de", "notes")
    rows = [("street", "Straße", None), ("word", "λόγος", None), ("coffee", "café", None)]
    glossary = await made(own, xlsx(*rows, head=head))
    answer = await own[Role.CLIENT].get(
        f"/glossaries/{glossary['id']}/terms", params={"q": sought, "language": "de"}
    )
    assert answer.json()["total"] == 1, answer.text


async def test_versions_tell_what_changed(own: Tenant) -> None:
    glossary = await made(own)
    rows = [
        ("lighthouse", "Leuchtfeuer", "faro", None, None, None, None, "noun"),
        *ROWS[1:4],
        ("gull", "Möwe", None),
    ]
    version = await next_version(own, glossary["id"], xlsx(*rows))
    assert (version["number"], version["added"], version["removed"], version["changed"]) == (2, 1, 1, 1)
    path = f"/glossaries/{glossary['id']}/versions/{version['id']}"
    answer = (await own[Role.REVIEWER].get(f"{path}/changes")).json()
    told = {item["change"]: (item["before"], item["after"]) for item in answer["items"]}
    assert answer["total"] == 3
    assert told["added"][1]["source"] == "gull" and told["added"][0] is None
    assert told["removed"][0]["source"] == "fog horn" and told["removed"][1] is None
    assert [each["targets"]["de"] for each in told["changed"]] == ["Leuchtturm", "Leuchtfeuer"]
    one = await own[Role.REVIEWER].get(f"{path}/changes?page=2&size=2")
    assert len(one.json()["items"]) == 1
    shown = (await own[Role.CLIENT].get(f"/glossaries/{glossary['id']}")).json()
    assert [each["number"] for each in shown["versions"]] == [2, 1]
    assert {each["author"] for each in shown["versions"]} == {None}
    shown = (await own[Role.LINGUIST].get(f"/glossaries/{glossary['id']}")).json()
    assert None not in {each["author"] for each in shown["versions"]}


async def test_one_version_is_active_for_a_client_and_language_and_the_other_is_retired(
    own: Tenant, database: Database
) -> None:
    first, second = await made(own), await made(own, name="Other words")
    manager = own[Role.PROJECT_MANAGER]
    told = await activate(manager, first["id"], first["versions"][0]["id"])
    assert told["retired"] is None
    assert told["versions"][0]["active"]
    told = await activate(manager, second["id"], second["versions"][0]["id"])
    assert told["retired"] == {"glossary_id": first["id"], "version_id": first["versions"][0]["id"]}
    assert "retires another glossary" in told["message"]
    later = await next_version(own, second["id"], xlsx(*ROWS[:2]))
    told = await activate(manager, second["id"], later["id"])
    assert "retires another version" in told["message"]
    other = await made(own, source_language="de", content=xlsx(("Licht", "light"), head=("de", "en")))
    told = await activate(manager, other["id"], other["versions"][0]["id"])
    assert told["retired"] is None, "another source language has one of its own"
    wrong = await manager.post(
        f"/glossaries/{first['id']}/activate", {"version_id": second["versions"][0]["id"]}
    )
    assert wrong.status_code == 404
    async with database.begin() as session:
        active = await session.scalars(
            sa.select(col(Glossary.active_version_id)).where(
                col(Glossary.client_id) == own.client.id, col(Glossary.active_version_id).is_not(None)
            )
        )
        assert len(active.all()) == 2


async def test_of_many_who_activate_at_once_one_is_active_in_the_end(own: Tenant, database: Database) -> None:
    several = [await made(own, name=f"Words {n}") for n in range(4)]
    people = [own[role] for role in (Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN, Role.PRODUCTION)]
    told = await asyncio.gather(
        *(
            activate(who, each["id"], each["versions"][0]["id"])
            for who, each in zip(people, several, strict=True)
        )
    )
    assert sum(each["retired"] is None for each in told) == 1
    async with database.begin() as session:
        count = sa.select(sa.func.count()).select_from(Glossary)
        mine = col(Glossary.client_id) == own.client.id
        assert await session.scalar(count.where(mine, col(Glossary.active_version_id).is_not(None))) == 1


async def test_an_archived_glossary_is_neither_active_nor_listed_nor_changed(own: Tenant) -> None:
    glossary = await made(own)
    manager, path = own[Role.PROJECT_MANAGER], f"/glossaries/{glossary['id']}"
    version = glossary["versions"][0]["id"]
    await activate(manager, glossary["id"], version)
    assert (await manager.delete(path)).status_code == 204
    assert (await manager.delete(path)).status_code == 404
    listed = await own[Role.CLIENT].get(f"/glossaries?client_id={own.client.id}")
    assert listed.json()["items"] == []
    listed = await own[Role.CLIENT].get(f"/glossaries?client_id={own.client.id}&archived=true")
    assert [each["active_version_id"] for each in listed.json()["items"]] == [None]
    for answer in (
        await manager.post(f"{path}/activate", {"version_id": version}),
        await manager.ask("POST", f"{path}/versions", **file(xlsx())),
        await own[Role.LINGUIST].post(f"{path}/suggestions", {"source": "sea", "targets": {"de": "See"}}),
    ):
        assert (answer.status_code, answer.json()["state"]) == (409, "archived")


async def test_who_reads_and_who_changes(own: Tenant, stranger: Tenant, database: Database) -> None:
    glossary = await made(own)
    path, version = f"/glossaries/{glossary['id']}", glossary["versions"][0]["id"]
    for role in Role:
        assert (await own[role].get(path)).status_code == 200
        changes = role in (Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN)
        again = await own[role].post(f"{path}/versions/{version}/reembed")
        assert again.status_code == (200 if changes else 403), role
        other = await stranger[role].get(path)
        assert other.status_code == (200 if role is Role.ADMIN else 404)
        if role is not Role.ADMIN:
            sent = await stranger[role].ask("POST", "/glossaries", **form(own.client.id, xlsx()))
            assert sent.status_code == (400 if role in (Role.PROJECT_MANAGER, Role.PRODUCTION) else 403)
            listed = (await stranger[role].get("/glossaries?size=100")).json()["items"]
            assert glossary["id"] not in {each["id"] for each in listed}
    another = await make_user(database, Role.PROJECT_MANAGER, own.org.id)
    manager = await sign_in(own[Role.ADMIN].http, another)
    assert (await manager.get(path)).status_code == 404, "who manages another client of the organisation"


async def test_a_client_does_not_read_why_a_provider_failed(own: Tenant, database: Database) -> None:
    glossary = await made(own)
    failed = {
        "embedding": EmbeddingState.FAILED,
        "embedding_reason": "The quota of project studio-7 is used up.",
    }
    (version,) = glossary["versions"]
    async with database.begin() as session:
        await session.execute(
            sa.update(GlossaryVersion)
            .where(col(GlossaryVersion.id) == UUID(version["id"]))
            .values(embedding_revision=9, **failed)
        )
    path = f"/glossaries/{glossary['id']}"
    for each in (path, f"{path}/versions", f"{path}/versions/{version['id']}"):
        answers = [(await own[role].get(each)).text for role in (Role.LINGUIST, Role.CLIENT)]
        assert ["studio-7" in answer for answer in answers] == [True, False], each
        assert all('"state":"failed"' in answer for answer in answers)


async def test_whoever_is_assigned_to_a_job_of_the_client_reads_its_words(
    own: Tenant, database: Database
) -> None:
    glossary = await made(own)
    user = await make_user(database, Role.LINGUIST, own.org.id)
    freelance = await sign_in(own[Role.ADMIN].http, user)
    path = f"/glossaries/{glossary['id']}"
    assert (await freelance.get(path)).status_code == 404
    job = await own.job(database, outputs=RequestedOutputs(languages=("de",)))
    async with database.begin() as session:
        await session.execute(
            sa.delete(JobLanguage).where(col(JobLanguage.job_id) == job.id, col(JobLanguage.language) == "de")
        )
        session.add(
            JobLanguage(
                job_id=job.id,
                language="de",
                stage=LanguageStage.LANGUAGE_QC,
                qc_state=QCState.ASSIGNED,
                linguist_id=user.id,
            )
        )
    assert (await freelance.get(path)).status_code == 200
    assert (await freelance.get(f"{path}/terms")).json()["total"] == 5
    body = {"source": "sea", "targets": {"de": "Meer"}}
    assert (await freelance.post(f"{path}/suggestions", body)).status_code == 201
    assert (await freelance.delete(path)).status_code == 403
    async with database.begin() as session:
        await session.execute(sa.delete(Membership).where(col(Membership.user_id) == user.id))
    assert (await freelance.get(path)).status_code == 404


async def test_suggestions_that_are_accepted_make_one_version(own: Tenant) -> None:
    glossary = await made(own)
    path = f"/glossaries/{glossary['id']}"
    bodies: list[dict[str, Any]] = [
        {
            "source": "Lighthouse",
            "targets": {"fr": "phare"},
            "part_of_speech": "noun",
            "why": "French is missing.",
        },
        {"source": "gull", "targets": {"de": "Möwe"}, "forms": {"de": ["Möwen"]}},
        {"source": "keeper", "targets": {"de": "Hüter"}},
    ]
    sent = [await own[Role.LINGUIST].post(f"{path}/suggestions", body) for body in bodies]
    assert {each.status_code for each in sent} == {201}
    ids = [each.json()["id"] for each in sent]
    listed = (await own[Role.REVIEWER].get(f"{path}/suggestions?state=open")).json()
    assert [each["id"] for each in listed["items"]] == ids
    hidden = (await own[Role.CLIENT].get(f"{path}/suggestions")).json()["items"]
    assert {(each["author"], each["why"]) for each in hidden} == {(None, None)}
    assert listed["items"][0]["why"] == "French is missing."
    decision = {"accept": ids[:2], "reject": ids[2:]}
    assert (await own[Role.LINGUIST].post(f"{path}/suggestions/decide", decision)).status_code == 403
    told = (await own[Role.PROJECT_MANAGER].post(f"{path}/suggestions/decide", decision)).json()
    version = told["version"]
    assert (version["number"], version["added"], version["changed"], version["removed"]) == (2, 1, 1, 0)
    assert version["filename"] is None and not version["active"]
    terms = await own[Role.LINGUIST].get(f"{path}/terms?version_id={version['id']}")
    by_source = {(each["source"], each["forbidden"]): each for each in terms.json()["items"]}
    assert by_source["Lighthouse", False]["targets"] == {"de": "Leuchtturm", "es": "faro", "fr": "phare"}
    assert by_source["Lighthouse", False]["forms"] == {"de": ["Leuchttürme", "Leuchtturms"]}
    assert by_source["keeper", False]["targets"]["de"] == "Wärter"
    again = await own[Role.PROJECT_MANAGER].post(f"{path}/suggestions/decide", {"accept": ids[:1]})
    assert again.status_code == 409 and "decided" in again.json()["detail"]
    nothing = await own[Role.PROJECT_MANAGER].post(f"{path}/suggestions/decide", {})
    assert nothing.status_code == 422


async def test_of_two_suggestions_that_contradict_each_other_one_is_accepted(own: Tenant) -> None:
    """As when somebody accepts all at once: one would be lost, and be said to be in the version."""
    glossary = await made(own)
    path = f"/glossaries/{glossary['id']}/suggestions"
    said = (
        {"targets": {"de": "Möwe"}},
        {"targets": {"de": "Seemöwe"}},
        {"do_not_translate": True},
        {"targets": {"es": "gaviota"}},
    )
    sent = [await own[Role.LINGUIST].post(path, {"source": "gull", **each}) for each in said]
    first, second, kept, spanish = (each.json()["id"] for each in sent)
    lead = own[Role.PROJECT_MANAGER]
    for both in ([first, second], [first, kept], [kept, spanish]):
        refused = await lead.post(f"{path}/decide", {"accept": both})
        assert (refused.status_code, "accept one" in refused.json()["detail"]) == (400, True)
    whole = await lead.post(f"{path}/decide", {"accept": [first, spanish], "reject": [second, kept]})
    assert (whole.status_code, whole.json()["version"]["added"]) == (200, 1)


async def test_the_forms_of_a_word_that_a_suggestion_replaces_go_with_it(own: Tenant) -> None:
    glossary = await made(own)
    path = f"/glossaries/{glossary['id']}"
    body = {"source": "lighthouse", "part_of_speech": "noun", "targets": {"de": "Seezeichen", "es": "faro"}}
    sent = (await own[Role.LINGUIST].post(f"{path}/suggestions", body)).json()["id"]
    told = await own[Role.PROJECT_MANAGER].post(f"{path}/suggestions/decide", {"accept": [sent]})
    terms = await own[Role.LINGUIST].get(f"{path}/terms?version_id={told.json()['version']['id']}")
    (term,) = [each for each in terms.json()["items"] if each["source"] == "lighthouse"]
    assert (term["targets"]["de"], term["forms"]) == ("Seezeichen", {})


async def test_a_version_is_downloaded_as_it_was_sent_and_no_cell_is_a_formula(own: Tenant) -> None:
    risky = [("=cmd|' /C calc'!A0", "@SUM(1)", "+1"), ("-2+3", "\u0009=1", "plain")]
    content = xlsx(("lighthouse", "Leuchtturm"))
    sheet = load_workbook(io.BytesIO(content))
    for row, values in enumerate(risky, 3):
        for column, value in enumerate(values, 1):
            cell = sheet["Terms"].cell(row, column, value)
            cell.data_type = "s"
    buffer = io.BytesIO()
    sheet.save(buffer)
    glossary = await made(own, buffer.getvalue())
    version = glossary["versions"][0]["id"]
    answer = await own[Role.CLIENT].get(f"/glossaries/{glossary['id']}/versions/{version}/download")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="glossary-en-1.xlsx"'
    written = load_workbook(io.BytesIO(answer.content))["Terms"]
    cells = [cell for row in written.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    formed = [cell for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(formed) == 5 and all(cell.quotePrefix for cell in formed)
    again = await next_version(own, glossary["id"], answer.content)
    assert (again["added"], again["removed"], again["changed"]) == (0, 0, 0)


async def test_bad_rows_are_all_named_and_nothing_is_stored(own: Tenant, database: Database) -> None:
    rows = [("lighthouse", "Leuchtturm"), *[(f"term {n}", None) for n in range(250)]]
    answer = await own[Role.PRODUCTION].ask(
        "POST", "/glossaries", **form(own.client.id, xlsx(*rows, head=HEAD[:2]))
    )
    body = answer.json()
    assert answer.status_code == 400
    assert len(body["errors"]) == 200
    assert body["errors"][0]["field"] == "A3" and body["errors"][-1]["field"] == "A202"
    assert "and 249 more" in body["detail"]
    listed = await own[Role.PRODUCTION].get(f"/glossaries?client_id={own.client.id}")
    assert listed.json()["total"] == 0


async def test_a_request_that_is_sent_again_makes_nothing_twice(own: Tenant, database: Database) -> None:
    sent = form(own.client.id, xlsx())
    answers = [
        await own[Role.PRODUCTION].ask("POST", "/glossaries", "one-key", **sent),
        await own[Role.PRODUCTION].ask("POST", "/glossaries", "one-key", **sent),
    ]
    first, second = (answer.json() for answer in answers)
    assert first["id"] == second["id"]
    async with database.begin() as session:
        version = UUID(first["versions"][0]["id"])
        count = sa.select(sa.func.count()).select_from(GlossaryTerm)
        assert await session.scalar(count.where(col(GlossaryTerm.version_id) == version)) == 5


async def test_a_version_is_embedded_and_again_and_says_so(own: Tenant, fake_steps: FakeSteps) -> None:
    glossary = await made(own)
    path = f"/glossaries/{glossary['id']}/versions/{glossary['versions'][0]['id']}"

    async def until(state: str) -> dict[str, Any]:
        async with asyncio.timeout(120):
            while True:
                shown = (await own[Role.LINGUIST].get(path)).json()["embedding"]
                if shown["state"] == state:
                    return dict(shown)
                await asyncio.sleep(0.1)

    done = await until("ready")
    assert (done["embedder"], done["embedded"], done["reason"]) == ("ngrams-1", 5, None)
    again = await own[Role.PRODUCTION].post(f"{path}/reembed")
    assert again.json()["embedding"]["state"] in ("waiting", "running", "ready")
    assert (await until("ready"))["at"] > done["at"]


async def test_a_version_of_another_embedder_is_stale(own: Tenant, database: Database) -> None:
    glossary = await made(own)
    version = UUID(glossary["versions"][0]["id"])
    async with database.begin() as session:
        await session.execute(
            sa.update(GlossaryVersion)
            .where(col(GlossaryVersion.id) == version)
            .values(embedding=EmbeddingState.READY, embedder="gemini-embedding-001", embedding_revision=7)
        )
    shown = await own[Role.LINGUIST].get(f"/glossaries/{glossary['id']}/versions/{version}")
    assert shown.json()["embedding"]["state"] == "stale"


async def test_a_glossary_goes_with_its_client_whatever_points_to_its_versions(
    own: Tenant, database: Database
) -> None:
    glossary = await made(own)
    path = f"/glossaries/{glossary['id']}"
    await activate(own[Role.PRODUCTION], glossary["id"], glossary["versions"][0]["id"])
    sent = await own[Role.LINGUIST].post(f"{path}/suggestions", {"source": "sea", "targets": {"de": "Meer"}})
    taken = await own[Role.PRODUCTION].post(f"{path}/suggestions/decide", {"accept": [sent.json()["id"]]})
    assert taken.status_code == 200
    async with database.begin() as session:
        await session.execute(sa.delete(Glossary).where(col(Glossary.client_id) == own.client.id))
    assert (await own[Role.PRODUCTION].get(path)).status_code == 404
