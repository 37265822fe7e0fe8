"""What is published and re-timed of a text is of its approved version, or is not there."""

from __future__ import annotations

from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from activities.step import Kit, Made
from activities.texts.retimed import RETIMED
from schema.contracts.steps import PublishInput, Versions
from schema.enums import AssetKind
from schema.queries import assets
from tests.activities.cases import job_ref
from tests.activities.translations import OUTPUTS, Case, text_of
from tests.factories import make_job

_K = AssetKind


def _made(*kinds: AssetKind) -> list[Made]:
    return [Made(kind, f"earlier/{kind}", "x/y", 1, {}) for kind in kinds]


async def _there(case: Case, language: str) -> dict[AssetKind, str]:
    async with case.kit.database.begin() as session:
        found = await assets.of_job(session, case.job.job_id)
    return {each.kind: each.object_name for each in found if each.language == language}


async def test_a_form_that_the_approved_text_does_not_have_is_not_that_of_an_earlier_one(kit: Kit) -> None:
    """SCC that holds the words of yesterday would go out beside captions of today."""
    case = Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))
    earlier = _made(_K.CAPTIONS_SRT, _K.CAPTIONS_SCC, _K.CAPTIONS_STL, _K.AUDIO_DESCRIPTION_VTT)
    for language in ("en", "es"):
        await kit.record(case.job.job_id, language, *earlier)
    number = await case.save("en", text_of("\u65e5\u672c."))
    publish = PublishInput(job=case.job, language="en", versions=Versions(captions=number), outputs=OUTPUTS)
    records = RecordActivities(kit.database, kit.store, "netflix")
    for _ in range(2):
        await ActivityEnvironment().run(records.publish_texts, publish)
    found = await _there(case, "en")
    assert set(found) == {
        _K.CAPTIONS_VTT, _K.CAPTIONS_SRT, _K.CAPTIONS_TTML, _K.AUDIO_DESCRIPTION_VTT
    }  # fmt: skip
    assert not found[_K.CAPTIONS_SRT].startswith("earlier/")
    assert set(await _there(case, "es")) == {each.kind for each in earlier}, "others are left alone"


async def test_captions_and_chapters_of_an_earlier_render_do_not_stay_beside_another(kit: Kit) -> None:
    case = Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))
    await kit.record(case.job.job_id, "en", *_made(*RETIMED, _K.PLAN, _K.CLIPS))
    now = _made(_K.ACCESSIBLE_VIDEO_MP4, _K.RETIMED_AUDIO_DESCRIPTION_VTT)
    await kit.record(case.job.job_id, "en", *now, all_of=RETIMED)
    assert set(await _there(case, "en")) == {*(each.kind for each in now), _K.CLIPS}
