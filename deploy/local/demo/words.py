"""The shell commands that the demo prints for people. Pure."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlencode

from deploy.local.demo.client import PREFIX
from deploy.local.demo.gates import Turn
from schema.contracts.steps import Failure

_SHORT = 400
"""A longer body is written to a file."""


def is_long(turn: Turn) -> bool:
    return turn.body is not None and len(json.dumps(turn.body)) > _SHORT


def curl(turn: Turn, url: str, token: str, body_file: str | None = None) -> str:
    """A `curl` command for `turn`, with the body in `body_file` if given."""
    query = f"?{urlencode(turn.query)}" if turn.query else ""
    parts = ["curl", "-X", turn.method, f"{url}{PREFIX}{turn.path}{query}"]
    parts += ["-H", f"Authorization: Bearer {token}"]
    if turn.body is not None:
        parts += ["-H", "Content-Type: application/json"]
        parts += ["--data", f"@{body_file}" if body_file else json.dumps(turn.body)]
    return shlex.join(parts)


def sign_in(url: str, email: str, password: str) -> str:
    """A `curl` command that returns an access token."""
    body = json.dumps({"email": email, "password": password})
    return shlex.join(
        ["curl", f"{url}{PREFIX}/auth/login", "-H", "Content-Type: application/json", "--data", body]
    )


def workflow_page(ui: str, job_id: object) -> str:
    """The page of a job in the Temporal UI."""
    return f"{ui}/namespaces/default/workflows/job-{job_id}"


def how_to_retry(url: str, ui: str, job_id: object, token: str, failure: Failure) -> list[str]:
    """How to retry: by REST, and from the Temporal UI if there is a workflow to signal."""
    language = failure.language
    body = json.dumps({"language": language} if language else {})
    call = shlex.join(
        [
            *("curl", "-X", "POST", f"{url}{PREFIX}/jobs/{job_id}/retry"),
            *("-H", f"Authorization: Bearer {token}"),
            *("-H", "Content-Type: application/json", "--data", body),
        ]
    )
    ways = [f"As the project manager:  {call}"]
    if failure.code != "terminated":
        page = workflow_page(ui, job_id) + (f"-{language}" if language else "")
        ways.append(f"Or send the signal `retry` here:  {page}")
    return ways
