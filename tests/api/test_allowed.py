"""What a caller is told that they may do is what the routes let them do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

import activities
import api
from api.allowed import JOB
from api.main import PREFIX
from schema.db import Database
from schema.enums import Event, JobAction, JobStatus, LanguageAction, Role
from schema.permissions import Permission
from tests.api.people import Tenant
from tests.api.test_contract import guards, routes

PLACES = {
    JobAction.RETRY: "/jobs/{job_id}/retry",
    JobAction.CANCEL: "/jobs/{job_id}/cancel",
    JobAction.CHANGE_OUTPUTS: "/jobs/{job_id}",
    JobAction.NEW_SOURCE: "/jobs/{job_id}/source",
    JobAction.UPLOAD_FINAL: "/production/jobs/{job_id}/upload-final-vtt",
    JobAction.REPROCESS: "/admin/maintenance/reprocess-job/{job_id}",
}
NO_ROUTE = {JobAction.REOPEN_LANGUAGE, JobAction.CHANGE_PRIORITY, JobAction.ASSIGN_SOURCE}
"""Of their own: they follow from other routes, or from a field."""


def test_every_action_has_a_route_with_its_permission(app: FastAPI) -> None:
    by_path = {route.path: route for route in routes(app) if (route.methods or set()) & {"POST", "PATCH"}}
    assert set(JobAction) - set(JOB) == NO_ROUTE
    for action, permission in JOB.items():
        route = by_path[PREFIX + PLACES.get(action, f"/jobs/{{job_id}}/actions/{action}")]
        asked = {rule.permission for rule in guards(route)} - {Permission.READ}
        assert asked == {permission}, action


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.CLIENT, {"cancel", "change_outputs"}),
        (Role.LINGUIST, set()),
        (Role.REVIEWER, {"approve_source", "approve_english", "reject"}),
        (Role.PROJECT_MANAGER, {"cancel", "change_outputs"}),
        (
            Role.PRODUCTION,
            {
                "approve_source",
                "approve_english",
                "reject",
                "blocked_on_source",
                "cancel",
                "change_outputs",
            },
        ),
    ],
)
async def test_allowed_actions_are_the_callers(
    tenant: Tenant, database: Database, role: Role, may: set[str]
) -> None:
    job = await tenant.job(database, status=JobStatus.PENDING_QC)
    shown = (await tenant[role].get(f"/jobs/{job.id}")).json()
    assert set(shown["allowed_actions"]) == may
    for action in ("approve_source", "blocked_on_source", "complete"):
        refused = await tenant[role].post(
            f"/jobs/{job.id}/actions/{action}", {"reason": "x"} if "block" in action else None
        )
        if action not in may:
            theirs = (role, action) == (Role.PROJECT_MANAGER, "complete")  # but not in source QC
            assert refused.status_code == (409 if theirs else 403), action


async def test_english_is_approved_where_it_is_spoken(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database, status=JobStatus.PENDING_QC, source_language="de")
    shown = (await tenant[Role.REVIEWER].get(f"/jobs/{job.id}")).json()
    assert set(shown["allowed_actions"]) == {"approve_source", "reject"}


def test_events_are_called_by_names_that_are_documented() -> None:
    for package in (api, activities):
        for path in Path(package.__file__ or "").parent.rglob("*.py"):
            for call in re.findall(r"events\.record\((.*?)\n *\)", path.read_text(), re.DOTALL):
                assert 'type="' not in call, f"{path}: say which Event it is"
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in (*Event, *JobAction, *LanguageAction))


async def test_a_provider_that_there_is_not_is_named_with_those_that_there_are(
    tenant: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    outputs = {"tts_preferences": {"provider": "polly"}}
    answer = await tenant[Role.CLIENT].patch(f"/jobs/{job.id}", {"requested_outputs": outputs})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "polly" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "requested_outputs.tts_preferences.provider"
