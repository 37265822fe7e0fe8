"""What is said of a client's words in a text: terms in their cues, findings, overrides, and a text that is not saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from activities.storage import GoogleStorage
from schema.contracts.job import JobState
from schema.contracts.language import LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.records import PinInput
from schema.contracts.steps import Artifacts, Versions
from schema.db import Database
from schema.enums import Gate, JobStatus, Kind, LanguageStage, Origin, QCState, Role
from schema.queries import jobs
from schema.queries.drafts import Draft, save_draft
from schema.tables import Job, JobLanguage, TextVersion, now
from tests.api.glossary_files import file, form, xlsx
from tests.api.people import Tenant, make_tenant
from tests.api.test_accessible_video import REPORT, TRANSCRIPT
from tests.statements import counted

SOURCE = """WEBVTT

c1
00:00:01.000 --> 00:00:03.000
The keeper of the lighthouse.

c2
00:00:04.000 --> 00:00:06.000
Harbour Studio presents.

c3
00:00:07.000 --> 00:00:09.000
Nothing here.
"""
GERMAN = SOURCE.replace("The keeper of the lighthouse.", "Der Bewacher des Leuchtturms.").replace(
    "Harbour Studio presents.", "Das Hafenstudio präsentiert."
).replace("Nothing here.", "Hier ist nichts.")  # fmt: skip
TEXT = "?lang=de&kind=captions"


class Held:
    """A job whose German is held to a version of a glossary."""

    def __init__(self, tenant: Tenant, job: Job, glossary: dict[str, Any]) -> None:
        self.tenant, self.job, self.glossary = tenant, job, glossary
        self.version = UUID(glossary["versions"][0]["id"])
        self.path = f"/jobs/{job.id}/vtt"


@pytest_asyncio.fixture(loop_scope="session")
async def held(database: Database, http: httpx.AsyncClient) -> Held:
    tenant = await make_tenant(database, http)
    sent = form(tenant.client.id, xlsx())
    glossary = (await tenant[Role.PRODUCTION].ask("POST", "/glossaries", **sent)).json()
    outputs = RequestedOutputs(captions_vtt=True, languages=("de",))
    job = await tenant.job(database, status=JobStatus.LANGUAGE_QC, outputs=outputs)
    state = LanguageState(
        language="de",
        stage=LanguageStage.LANGUAGE_QC,
        qc_state=QCState.IN_REVIEW,
        source_versions=Versions(captions=1),
        glossary_version_id=UUID(glossary["versions"][0]["id"]),
        begun_at=now(),
    )
    async with database.begin() as session:
        await save_draft(
            session, job.id, Draft("en", Kind.CAPTIONS, SOURCE, "0" * 64), is_source=True, profile="netflix"
        )
        row = await session.get(JobLanguage, (job.id, "de")) or JobLanguage(
            job_id=job.id, language="de", stage=state.stage, qc_state=state.qc_state
        )
        row.stage, row.qc_state, row.state = state.stage, state.qc_state, state.model_dump(mode="json")
        session.add(row)
        session.add(
            TextVersion(
                job_id=job.id, language="de", kind=Kind.CAPTIONS, version=1, content=GERMAN, origin=Origin.TRANSLATION,
                sources={},
            )
        )  # fmt: skip
    return Held(tenant, job, glossary)


async def test_a_text_is_shown_with_the_terms_of_each_cue(held: Held) -> None:
    shown = (await held.tenant[Role.LINGUIST].get(held.path + TEXT)).json()
    told = [(each["cue_id"], each["term"], each["wanted"], each["kept"]) for each in shown["terms"]]
    assert told == [
        ("c1", "keeper", ["Wärter"], False),
        ("c1", "lighthouse", ["Leuchtturm"], True),
        ("c2", "Harbour Studio", ["Harbour Studio"], False),
    ]
    assert shown["term_accuracy"] == {"correct": 1, "n": 3, "accuracy": 0.3333}
    found = {(each["rule"], each["term"], each["wanted"]) for each in shown["findings"] if each["term"]}
    assert found == {
        ("glossary_term", "keeper", "Wärter"),
        ("glossary_forbidden", "keeper", None),
        ("glossary_do_not_translate", "Harbour Studio", "Harbour Studio"),
    }
    versions = {each["glossary_version_id"] for each in shown["findings"] if each["term"]}
    assert versions == {str(held.version)}
    source = (await held.tenant[Role.LINGUIST].get(f"{held.path}?lang=en&kind=captions")).json()
    assert (source["terms"], source["term_accuracy"]) == ([], None)


async def test_a_text_that_is_not_saved_is_checked_and_stays_unsaved(held: Held) -> None:
    better = GERMAN.replace("Bewacher", "Wärter").replace("Hafenstudio", "Harbour Studio")
    linguist = held.tenant[Role.LINGUIST]
    told = await linguist.post(f"{held.path}/check{TEXT}", {"content": better})
    assert told.status_code == 200, told.text
    assert told.json()["term_accuracy"] == {"correct": 3, "n": 3, "accuracy": 1.0}
    assert [each for each in told.json()["findings"] if each["term"]] == []
    assert told.json()["edit_state"] is None
    assert (await linguist.get(held.path + TEXT)).json()["version"] == 1
    bad = await linguist.post(f"{held.path}/check{TEXT}", {"content": "no vtt"})
    assert bad.status_code == 400 and bad.json()["errors"]
    assert (
        await held.tenant[Role.CLIENT].post(f"{held.path}/check{TEXT}", {"content": better})
    ).status_code == 403


async def test_the_terms_of_a_version_are_read_once_for_many_texts(held: Held, database: Database) -> None:
    linguist = held.tenant[Role.LINGUIST]
    told = []
    with counted(database, by_anybody=True) as sent:
        for _ in range(3):
            told.append((await linguist.post(f"{held.path}/check{TEXT}", {"content": GERMAN})).json())
    version = sum("FROM glossary_terms" in statement for statement in sent)
    assert (version, told[1:]) == (1, told[:1] * 2)
    assert len(told[0]["terms"]) == 3


async def test_a_description_that_is_not_saved_is_planned(
    held: Held, database: Database, object_store: GoogleStorage
) -> None:
    await object_store.write("report.json", REPORT.model_dump_json().encode(), "application/json")
    await object_store.write("words.json", TRANSCRIPT.model_dump_json().encode(), "application/json")
    content = "WEBVTT\n\nd1\n00:00:01.000 --> 00:00:03.000\nA gull lands.\n"
    path, reviewer = f"{held.path}/check?lang=en&kind=audio_description", held.tenant[Role.REVIEWER]
    nothing = await reviewer.post(path, {"content": content})
    assert nothing.json()["edit_state"] is None
    artifacts = Artifacts(media_report="report.json", words="words.json", duration_ms=10_000)
    async with database.begin() as session:
        job = await session.get(Job, held.job.id)
        assert job is not None
        state = JobState(outputs=RequestedOutputs(languages=("de",)), artifacts=artifacts)
        job.state = state.model_dump(mode="json", exclude={"languages"})
        script = Draft("en", Kind.AUDIO_DESCRIPTION, "WEBVTT\n", "1" * 64)
        await save_draft(session, job.id, script, is_source=True, profile="netflix")
    told = (await reviewer.post(path, {"content": content})).json()
    assert [cue["text"] for cue in told["edit_state"]["cues"]] == ["A gull lands."]


async def test_what_an_approval_lets_stand_is_entered_once_with_its_reason(
    held: Held, database: Database, object_store: GoogleStorage, stranger: Tenant
) -> None:
    reviewer = held.tenant[Role.REVIEWER]
    pin = PinInput(
        job=jobs.job_ref(held.job),
        language="de",
        gate=Gate.LANGUAGE_QC,
        expected=None,
        outputs=RequestedOutputs(captions_vtt=True, audio_description_vtt=False, languages=("de",)),
        artifacts=Artifacts(),
        check=True,
        decision_id=uuid4().hex,
        actor=Actor(user_id=reviewer.id, name="Rita", role=Role.REVIEWER),
    )
    records = RecordActivities(database, object_store, "netflix")
    refused = await ActivityEnvironment().run(records.pin_texts, pin)
    assert refused.code == "blocking_findings"
    glossary = f"/glossaries/{held.glossary['id']}/overrides"
    assert (await reviewer.get(glossary)).json()["total"] == 0
    given = pin.model_copy(update={"override_reason": "The client calls him so."})
    for _ in range(2):
        assert (await ActivityEnvironment().run(records.pin_texts, given)).refusal is None
    ledger = (await reviewer.get(glossary)).json()
    assert ledger["total"] == 3
    assert {(each["rule"], each["term"], each["wanted"]) for each in ledger["items"]} == {
        ("glossary_term", "keeper", "Wärter"),
        ("glossary_forbidden", "keeper", None),
        ("glossary_do_not_translate", "Harbour Studio", "Harbour Studio"),
    }
    for each in ledger["items"]:
        assert each["glossary_version_id"] == str(held.version)
        assert (each["reason"], each["actor"]) == ("The client calls him so.", reviewer.user.name)
    of_job = (await reviewer.get(f"/jobs/{held.job.id}/overrides")).json()
    assert of_job["total"] == 3
    assert (await held.tenant[Role.CLIENT].get(glossary)).status_code == 403
    assert (await stranger[Role.REVIEWER].get(glossary)).status_code == 404
    again = given.model_copy(update={"decision_id": uuid4().hex, "override_reason": "Still so."})
    await ActivityEnvironment().run(records.pin_texts, again)
    assert (await reviewer.get(glossary)).json()["total"] == 6


async def test_another_version_that_is_activated_later_changes_nothing_for_the_job(held: Held) -> None:
    production = held.tenant[Role.PRODUCTION]
    path = f"/glossaries/{held.glossary['id']}"
    later = await production.ask("POST", f"{path}/versions", **file(xlsx(("lighthouse", "Feuerturm"))))
    await production.post(f"{path}/activate", {"version_id": later.json()["id"]})
    shown = (await held.tenant[Role.LINGUIST].get(held.path + TEXT)).json()
    assert [each["wanted"] for each in shown["terms"]] == [["Wärter"], ["Leuchtturm"], ["Harbour Studio"]]
