"""The contract as a document: complete, and true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.bodies.live import FromClient, FromServer
from api.errors import Problem
from api.examples import EXAMPLES
from schema.codes import Code
from schema.db import Database
from schema.enums import Role
from tests.api.people import Tenant
from tests.api.test_contract import guards, methods, routes
from tests.api.test_intake import _bodies, takers


@pytest.fixture(scope="session")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def test_every_operation_is_described_and_has_a_short_name_of_its_own(document: dict[str, Any]) -> None:
    found = [each["operationId"] for each in operations(document)]
    assert len(found) == len(set(found)) > 50
    assert [name for name in found if len(name) > 40] == []
    silent = [
        each["operationId"]
        for each in operations(document)
        if not each.get("description") or not each.get("summary")
    ]
    assert silent == []


def test_every_parameter_property_and_model_is_described(document: dict[str, Any]) -> None:
    silent = [
        f"{each['operationId']} {parameter['name']}"
        for each in operations(document)
        for parameter in each.get("parameters", ())
        if not parameter.get("description")
    ]
    for name, schema in document["components"]["schemas"].items():
        silent += [] if schema.get("description") else [name]
        silent += [
            f"{name}.{field}"
            for field, prop in schema.get("properties", {}).items()
            if not prop.get("description")
        ]
    assert silent == []
    forms = {
        name
        for name, schema in document["components"]["schemas"].items()
        if schema["description"] == "The parts of the form."
    }
    assert all(name.startswith("Body_") for name in forms), "a model without a docstring"


def test_nothing_is_of_any_shape(document: dict[str, Any]) -> None:
    """But what an event says beside, and what more is known of an object."""
    untyped = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, prop in schema.get("properties", {}).items()
        if {"type", "anyOf", "$ref", "allOf", "oneOf", "const", "enum"}.isdisjoint(prop)
        or prop.get("additionalProperties") is True
    }
    assert untyped == {"Changed.data"}


def test_errors_follow_from_guards_and_keys(app: FastAPI, document: dict[str, Any]) -> None:
    for route in routes(app):
        if route.path not in document["paths"] or "/ws/" in route.path:
            continue
        for method in methods(route):
            operation = document["paths"][route.path][method.lower()]
            answers = set(operation["responses"])
            asked = [rule.permission for rule in guards(route)]
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if any(asked):
                assert "401" in answers, route.path
            elif "/auth/" not in route.path and "accept" not in route.path:  # nobody signs in there
                assert "401" not in answers, route.path
            if any(each not in (None, "read") for each in asked):
                assert "403" in answers, route.path
            if "{" in route.path:
                assert "404" in answers, route.path
            if "Idempotency-Key" in names:
                assert "409" in answers, route.path
            if "requestBody" in operation:
                assert {"413", "415", "422"} <= answers, route.path


def test_the_sizes_of_bodies_are_those_that_are_enforced(app: FastAPI, document: dict[str, Any]) -> None:
    told = {
        each["operationId"]: each["requestBody"].get("x-max-bytes")
        for each in operations(document)
        if "requestBody" in each
    }
    taken = [intake.max_bytes for _, _, intake in takers(app) if intake.media_type]
    assert sorted(told.values(), key=str) == sorted(taken, key=str)


def test_headers_are_documented(document: dict[str, Any]) -> None:
    of = {each["operationId"]: each["responses"] for each in operations(document)}
    assert "ETag" in of["jobs_get_text"]["200"]["headers"]
    assert "304" in of["jobs_get_text"]
    assert "412" in of["jobs_change_job"]
    assert "Location" in of["jobs_complete_upload"]["201"]["headers"]
    assert "Idempotency-Replayed" in of["jobs_cancel"]["200"]["headers"]
    assert "Retry-After" in of["auth_login"]["429"]["headers"]
    used = {
        name for each in of.values() for response in each.values() for name in response.get("headers", ())
    }
    assert used <= set(document["components"]["headers"])


def test_the_socket_is_part_of_the_document(document: dict[str, Any]) -> None:
    socket = document["paths"]["/api/v1/ws/status"]["get"]
    assert len(socket["x-websocket"]["receive"]["oneOf"]) == len(FromServer)
    for kind in (*FromServer, *FromClient):
        assert kind.__name__ in document["components"]["schemas"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for each in part.values():
                yield from references(each)
        elif isinstance(part, list):
            for each in part:
                yield from references(each)

    named = list(references(document))
    assert len(named) > 100
    for reference in named:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_body_has_an_example_that_is_one(document: dict[str, Any]) -> None:
    kinds = {kind.__name__: kind for kind in _bodies()}
    sent = {name for name in kinds if name in document["components"]["schemas"]}
    assert sent == set(EXAMPLES)
    for name, example in EXAMPLES.items():
        kinds[name].model_validate(example)
        assert document["components"]["schemas"][name]["examples"] == [example]


async def test_examples_can_be_sent(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    person = tenant[Role.CLIENT]
    announced = await person.post("/jobs/upload/init", EXAMPLES["UploadInit"])
    assert announced.status_code == 201
    assert announced.headers["location"] == f"/api/v1/jobs/{announced.json()['job_id']}"
    changed = await person.patch(f"/jobs/{job.id}", EXAMPLES["JobPatch"])
    assert changed.json()["notes"] == EXAMPLES["JobPatch"]["notes"]


async def test_location_is_the_path_of_what_was_made(tenant: Tenant) -> None:
    admin, named = tenant[Role.ADMIN], {"name": f"Made {uuid4().hex}"}
    address = f"{uuid4().hex}@example.com"

    async def made(path: str, body: dict[str, Any]) -> str:
        answer = await admin.post(path, body)
        assert answer.status_code == 201, answer.text
        place = answer.headers["location"].removeprefix("/api/v1")
        assert place.startswith(f"{path}/")
        assert place.rpartition("/")[2] in answer.text
        return place

    user = await made("/admin/users", {**named, "email": address, "role": "project_manager"})
    organization = await made("/organizations", named)
    await made(f"{organization}/members", {"email": address, "role": "linguist"})
    await made(f"{organization}/invitations", {"email": f"x{address}", "role": "linguist"})
    client = await made("/clients", {**named, "org_id": organization.rpartition("/")[2]})
    await made(f"{client}/pm", {"email": address})
    await made(f"{client}/projects", named)
    team = await made(f"{client}/teams", named)
    await made(f"{team}/members", {"email": address})
    for path in (user, organization, client):
        assert (await admin.get(path)).status_code == 200


def test_every_code_says_what_it_means() -> None:
    assert len({code.meaning for code in Code}) == len(Code)
    description = Problem.model_fields["code"].description or ""
    assert all(f"`{code}`: {code.meaning}" in description for code in Code)


async def test_the_page_loads_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/docs/assets/{name}" in page.text
        assert (await http.get(f"/docs/assets/{name}")).status_code == 200
    assert (await http.get("/redoc")).status_code == 404


async def test_private_answers_are_kept_nowhere(http: httpx.AsyncClient, tenant: Tenant) -> None:
    for answer in (
        await tenant[Role.ADMIN].get("/jobs"),
        await http.get("/api/v1/jobs"),
        await http.post("/api/v1/auth/login", json={}),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_allow_names_all_methods_of_a_path(http: httpx.AsyncClient) -> None:
    answer = await http.put("/api/v1/jobs")
    assert answer.headers["allow"] == "GET, POST"
    one = await http.put("/api/v1/jobs/a8098c1a-f86e-11da-bd1a-00112444be1e")
    assert one.headers["allow"] == "DELETE, GET, PATCH"


async def test_a_job_that_is_as_it_was_is_not_sent_again(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    person = tenant[Role.CLIENT]
    first = await person.get(f"/jobs/{job.id}")
    tag = first.headers["etag"]
    same = await person.get(f"/jobs/{job.id}", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    other = await person.get(f"/jobs/{job.id}", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_a_change_of_what_has_changed_is_refused(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    person = tenant[Role.CLIENT]
    tag = (await person.get(f"/jobs/{job.id}")).headers["etag"]
    made = await person.patch(f"/jobs/{job.id}", {"title": "One"}, headers={"If-Match": tag})
    assert made.status_code == 200
    late = await person.patch(f"/jobs/{job.id}", {"title": "Two"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert late.headers["etag"] == made.headers["etag"]
    again = await person.patch(
        f"/jobs/{job.id}", {"title": "Two"}, headers={"If-Match": late.headers["etag"]}
    )
    assert (again.status_code, again.json()["title"]) == (200, "Two")
    assert (
        await person.patch(f"/jobs/{job.id}", {"title": "3"}, headers={"If-Match": "*"})
    ).status_code == 200
