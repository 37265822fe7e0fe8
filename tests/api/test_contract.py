"""The routes against the contract, the guards against the roles, and the layers against the house."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, RouteContext, iter_route_contexts

import api
from api import openapi
from api.guards.base import GUARDS, Rule
from api.idempotency import KeyedRoute, claim
from api.main import PREFIX
from schema.enums import Role
from schema.permissions import GRANTED, Permission

HERE = Path(__file__).parent
_SCHEDULES = "/production/schedules"
_INVITATIONS = "/organizations/{org_id}/invitations"
_SERVICE_TOKENS = "/organizations/{org_id}/service-tokens"
_WEBHOOKS = "/organizations/{org_id}/webhooks"
_GLOSSARY = "/glossaries/{glossary_id}"
_LANGUAGE = "/language-qc/jobs/{job_id}/languages/{lang}"
BEYOND_THE_LIST = {
    (method, PREFIX + path)
    for method, path in (
        ("GET", "/health/live"), ("GET", "/health/ready"),
        ("POST", "/auth/microsoft/link"), ("GET", "/auth/me"), ("PATCH", "/auth/me"), ("POST", "/auth/logout-everywhere"),
        ("POST", "/auth/password"), ("POST", "/auth/password/forgot"), ("POST", "/auth/password/reset"),
        ("GET", "/clients/{client_id}/teams/{team_id}/members"),
        ("GET", _INVITATIONS), ("POST", _INVITATIONS), ("DELETE", _INVITATIONS + "/{invitation_id}"),
        ("GET", _SERVICE_TOKENS), ("POST", _SERVICE_TOKENS),
        ("PATCH", _SERVICE_TOKENS + "/{token_id}"), ("DELETE", _SERVICE_TOKENS + "/{token_id}"),
        ("POST", _INVITATIONS + "/{invitation_id}/resend"), ("POST", "/briefs/{brief_id}/return"),
        ("GET", "/jobs/{job_id}/history"), ("POST", "/jobs/{job_id}/restore"), ("POST", "/clients/{client_id}/purge"), ("POST", "/admin/users/{user_id}/purge"),
        ("GET", _WEBHOOKS), ("POST", _WEBHOOKS), ("GET", _WEBHOOKS + "/{webhook_id}/deliveries"),
        *((method, f"{_WEBHOOKS}/{{webhook_id}}") for method in ("GET", "PATCH", "DELETE")),
        ("POST", _WEBHOOKS + "/{webhook_id}/deliveries/{delivery_id}/redeliver"),
        ("GET", _GLOSSARY + "/suggestions"), ("POST", _GLOSSARY + "/suggestions"),
        ("POST", _GLOSSARY + "/suggestions/decide"), ("GET", _GLOSSARY + "/overrides"), ("GET", "/jobs/{job_id}/overrides"),
        ("POST", "/jobs/{job_id}/vtt/check"),
        ("GET", _GLOSSARY + "/versions"), ("GET", _GLOSSARY + "/versions/{version_id}"),
        ("GET", _GLOSSARY + "/versions/{version_id}/changes"), ("GET", _GLOSSARY + "/versions/{version_id}/download"),
        ("POST", "/jobs/{job_id}/source"), ("POST", _LANGUAGE + "/unassign"),
        ("PATCH", _LANGUAGE + "/comments/{comment_id}"), ("DELETE", _LANGUAGE + "/comments/{comment_id}"),
        ("GET", "/batches"), ("POST", "/batches"), ("GET", "/batches/{batch_id}"),
        *(("POST", f"/batches/{{batch_id}}/{what}") for what in ("pause", "resume", "cancel")),
        ("GET", _SCHEDULES), ("POST", _SCHEDULES),
        *((method, f"{_SCHEDULES}/{{schedule_id}}") for method in ("GET", "PATCH", "DELETE")),
        *(("POST", f"{_SCHEDULES}/{{schedule_id}}/{what}") for what in ("pause", "resume", "trigger")),
        ("POST", "/jobs/bulk/complete"), ("POST", "/jobs/bulk/reject-final"),
    )
}  # fmt: skip
"""What the contract's prose adds to its list."""
UNKEYED = {f"{PREFIX}/auth/logout", f"{PREFIX}/jobs/{{job_id}}/vtt/check"}
"""Of writes that one signs in for: the sign-in ends with the one, so the same again is refused, and the other writes
nothing."""


def contract() -> list[dict[str, str]]:
    with (HERE / "endpoints.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def routes(app: FastAPI) -> Iterator[RouteContext]:
    found = [
        route
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute | APIWebSocketRoute)
    ]
    assert len(found) > 50
    return iter(found)


def calls(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from calls(each)


def guards(route: RouteContext) -> list[Rule]:
    return [GUARDS[call] for call in calls(route.dependant) if call in GUARDS]


def is_public(route: RouteContext) -> bool:
    return any(rule.permission is None for rule in guards(route))


def methods(route: RouteContext) -> set[str]:
    return route.methods or {"GET"} if isinstance(route.original_route, APIRoute) else {"GET"}


def test_every_route_has_a_guard(app: FastAPI) -> None:
    bare = [route.path for route in routes(app) if not guards(route)]
    assert bare == []


def test_only_sign_in_mailed_links_and_health_are_public(app: FastAPI) -> None:
    public = {route.path for route in routes(app) if is_public(route)}
    assert {path for path in public if "/health/" not in path} == {
        f"{PREFIX}/auth/login",
        f"{PREFIX}/auth/refresh",
        f"{PREFIX}/auth/microsoft",
        f"{PREFIX}/auth/password/forgot",
        f"{PREFIX}/auth/password/reset",
        f"{PREFIX}/invitations/preview",
        f"{PREFIX}/invitations/accept",
        f"{PREFIX}/share/public/share/{{token}}",
    }


def test_every_write_of_somebody_who_is_signed_in_takes_an_idempotency_key(app: FastAPI) -> None:
    """Anonymous ones have their single-use token, and sign-in has none."""
    without = [
        route.path
        for route in routes(app)
        if methods(route) & {"POST", "PATCH", "PUT", "DELETE"}
        and not is_public(route)
        and route.path not in UNKEYED
        and not (claim in calls(route.dependant) and isinstance(route.original_route, KeyedRoute))
    ]
    assert without == []


def test_every_listed_route_that_is_built_answers_at_its_place(app: FastAPI) -> None:
    built = {(method, route.path) for route in routes(app) for method in methods(route)}
    listed = {(row["method"], row["path"]) for row in contract()}
    missing = {(method, path) for method, path in listed - built}
    assert missing == set()
    extra = {(method, path) for method, path in built - listed if path.startswith(PREFIX)}
    assert extra == BEYOND_THE_LIST


def test_roles_of_the_list_are_those_of_the_guards(app: FastAPI) -> None:
    by_place = {(method, route.path): route for route in routes(app) for method in methods(route)}
    checked = 0
    for row in contract():
        route = by_place.get((row["method"], row["path"]))
        if route is None or not row["roles"]:
            continue
        asked = [rule for rule in guards(route) if rule.permission is not Permission.READ]
        assert len(asked) == 1, row["path"]
        assert asked[0].permission is not None
        assert asked[0].also is None, row["path"]
        assert GRANTED[asked[0].permission] == {Role(name.strip()) for name in row["roles"].split(",")}, row
        checked += 1
    assert checked == 44


def test_paths_with_words_are_not_swallowed_by_those_with_parameters(app: FastAPI) -> None:
    order = [route.path for route in routes(app)]
    for words, parameter in (
        ("/jobs/{job_id}/vtt/versions/diff", "/jobs/{job_id}/vtt/versions/{version}"),
        ("/organizations/me/memberships", "/organizations/{org_id}/members"),
        ("/clients/all-projects", "/clients/{client_id}"),
        ("/jobs/bulk", "/jobs/{job_id}"),
    ):
        assert order.index(PREFIX + words) < order.index(PREFIX + parameter)


def test_every_route_lists_its_errors(app: FastAPI) -> None:
    silent = [
        route.path
        for route in routes(app)
        if isinstance(route.original_route, APIRoute)
        and "/health/" not in route.path
        and not {401, 422} & set(route.responses)
    ]
    assert silent == []


def _functions(folder: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.name}:{node.name}", node


def _called(node: ast.AST) -> set[str]:
    called = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {
        getattr(each, "attr", getattr(each, "id", ""))
        for each in called
        if isinstance(each, ast.Attribute | ast.Name)
    }


@pytest.mark.parametrize("word", ["select", "status"])
def test_routes_neither_query_nor_compare_states(word: str) -> None:
    folder = Path(api.__file__).parent / "routes"
    wrong = []
    for name, function in _functions(folder):
        if word == "select" and "select" in _called(function):
            wrong.append(name)
        compared = [
            ast.unparse(node)
            for node in ast.walk(function)
            if isinstance(node, ast.Compare) and any(w in ast.unparse(node) for w in (".status", "qc_state"))
        ]
        if word == "status" and compared:
            wrong.append(name)
    assert wrong == []


def test_routes_are_short() -> None:
    folder = Path(api.__file__).parent / "routes"
    long = [name for name, each in _functions(folder) if (each.end_lineno or 0) - each.lineno > 22]
    assert long == []


def test_the_committed_openapi_document_is_current() -> None:
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.rendered(), "run python -m api.openapi"
