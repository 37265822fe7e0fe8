"""What a plan leaves out is kept beside it, so that nobody completes the job unawares."""

from __future__ import annotations

from activities.step import Kit
from schema.enums import AssetKind
from schema.queries import assets
from tests.activities.test_paid_once import CountingVoice, asked, speak


async def test_the_plans_record_names_the_descriptions_that_are_not_heard(kit: Kit) -> None:
    inputs = await asked(kit, "A lighthouse.", "It stands on a rock, and waves break below it. " * 60)
    made = await speak(kit, CountingVoice(), inputs)
    async with kit.database.begin() as session:
        found = await assets.of_job(session, inputs.job.job_id, internal=True)
    (plan,) = (asset for asset in found if asset.kind is AssetKind.PLAN)
    assert made.blocking_findings == 1
    (sentence,) = plan.details["unheard"]
    assert "does not fit" in sentence
