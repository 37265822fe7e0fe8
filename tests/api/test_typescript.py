"""A client in TypeScript, generated from the committed document, compiles under `strict`; what is wrong does not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import api

SOURCES = Path(__file__).parent / "typescript"
DOCUMENT = Path(api.__file__).parent / "openapi.json"


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources beside their packages, as `package-lock.json` pins them."""
    for program in ("node", "npm", "npx"):
        if shutil.which(program) is None:
            pytest.skip(f"There is no {program} here: install Node.js 20 or later to compile the client.")
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    installed = _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if installed.returncode:
        pytest.skip(f"npm cannot install what generates the client: {installed.stderr.strip()[:300]}")
    return folder


@pytest.mark.timeout(600)
def test_a_generated_client_compiles_under_strict(project: Path) -> None:
    made = _run(project, "npx", "--no-install", "openapi-typescript", str(DOCUMENT), "-o", "schema.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    compiled = _run(project, "npx", "--no-install", "tsc", "-p", ".")
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
