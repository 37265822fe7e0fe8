"""The containers' manifests name the pools, settings and flags that the code has."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml

from deploy.local.programs import POOLS
from deploy.local.temporal_server import temporal_service
from schema.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
SETTINGS = {name.upper() for name in Settings.model_fields}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_compose_runs_every_pool() -> None:
    services = load(DEPLOY / "compose.yaml")["services"]
    workers = [
        service["command"][-1] for service in services.values() if "workers" in service.get("command", [])
    ]
    assert sorted(workers) == sorted(POOLS)


def test_compose_sets_only_settings_that_exist() -> None:
    assert set(load(DEPLOY / "compose.yaml")["x-platform"]["environment"]) <= SETTINGS


def test_composes_temporal_has_the_flags_of_the_local_one() -> None:
    words = load(DEPLOY / "compose.yaml")["services"]["temporal"]["command"].split()
    local = temporal_service(Path("temporal"), Path("/state/temporal.db"), port=7233, ui_port=8233).argv[1:]
    pairs = {pair for pair in itertools.pairwise(words) if pair[0].startswith("--")}
    assert pairs == {pair for pair in itertools.pairwise(local) if pair[0].startswith("--")}


def test_kubernetes_runs_every_pool_and_names_it() -> None:
    resources = load(KUBERNETES / "kustomization.yaml")["resources"]
    pools = [name for name in resources if not name.endswith(".yaml")]
    assert sorted(pools) == sorted(POOLS)
    for pool in pools:
        made = load(KUBERNETES / pool / "kustomization.yaml")
        assert made["nameSuffix"] == f"-{pool}"
        changes = yaml.safe_load(made["patches"][0]["patch"])
        assert changes[0]["value"] == [pool]


def test_kubernetes_sets_only_settings_that_exist() -> None:
    config = next(yaml.safe_load_all((KUBERNETES / "config.yaml").read_text()))
    assert set(config["data"]) <= SETTINGS
