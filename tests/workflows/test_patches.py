"""Every `workflow.patched` of the code is passed by a recorded history: what was never recorded is never replayed."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from temporalio.client import WorkflowHistory

import workflows
from tests.workflows.recorded import paths, title

_OF_AN_OLDER_BUILD = {
    "sweeps-are-schedules-.*": "Nothing begins the workflow any more: it ends by this patch, as "
    "test_a_maintenance_workflow_of_the_older_build_ends shows, and older/maintenance replays without it.",
}
"""No run can record them now; and why that is enough."""


def _in_code() -> set[str]:
    """The ids, as patterns: one is worked out at each turn."""
    return {
        id
        for path in Path(workflows.__file__).parent.glob("*.py")
        for id in _in_module(importlib.import_module(f"workflows.{path.stem}"), ast.parse(path.read_text()))
    }


def _in_module(module: ModuleType, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "workflow.patched":
            (id,) = node.args
            if isinstance(id, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else ".*" for part in id.values]
                yield "".join(map(str, parts))
            else:
                yield str(eval(ast.unparse(id), vars(module)))


def _recorded(path: Path) -> Iterator[str]:
    for event in WorkflowHistory.from_json(title(path), path.read_text()).events:
        marker = event.marker_recorded_event_attributes
        if marker.marker_name == "core_patch":
            yield str(json.loads(marker.details["patch-data"].payloads[0].data)["id"])


def test_every_patch_is_in_a_recorded_history() -> None:
    recorded = {id for path in paths() for id in _recorded(path)}
    missing = {id for id in _in_code() if not any(re.fullmatch(id, each) for each in recorded)}
    assert missing == set(_OF_AN_OLDER_BUILD), "make histories, with a story that passes each"
