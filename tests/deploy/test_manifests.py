"""The containers' manifests name the pools, settings and flags that the code has."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.routes import health
from deploy import serve
from deploy.local.postgres import MAJOR
from deploy.local.programs import POOLS
from deploy.local.temporal_build import VERSION
from deploy.local.temporal_server import temporal_service
from schema.load_settings import load as load_settings
from schema.settings import Settings
from workers.grace import ENDING, GRACE
from workers.registry import POOLS as REGISTERED
from workflows.names import Queue

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
SETTINGS = {name.upper() for name in Settings.model_fields}
GIB = 2**30


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def pods() -> dict[str, Any]:
    """The pod of each Deployment, by its name."""
    found = itertools.chain.from_iterable(
        yaml.safe_load_all((KUBERNETES / name).read_text()) for name in ("api.yaml", "worker/worker.yaml")
    )
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in found
        if each["kind"] == "Deployment"
    }


def config() -> dict[str, str]:
    return next(yaml.safe_load_all((KUBERNETES / "config.yaml").read_text()))["data"]  # type: ignore[no-any-return]


def test_no_pod_holds_a_token_of_the_cluster() -> None:
    accounts = {
        each["metadata"]["name"]: each.get("automountServiceAccountToken")
        for each in yaml.safe_load_all((KUBERNETES / "config.yaml").read_text())
        if each["kind"] == "ServiceAccount"
    }
    assert accounts == {"accessible-video": False}
    assert {pod["serviceAccountName"] for pod in pods().values()} == set(accounts)
    assert not any(pod.get("automountServiceAccountToken") for pod in pods().values())


def test_compose_runs_every_pool() -> None:
    services = load(DEPLOY / "compose.yaml")["services"]
    workers = [
        service["command"][-1] for service in services.values() if "workers" in service.get("command", [])
    ]
    assert sorted(workers) == sorted(POOLS)


def test_compose_sets_only_settings_that_exist() -> None:
    assert set(load(DEPLOY / "compose.yaml")["x-platform"]["environment"]) <= SETTINGS


def test_composes_temporal_has_the_flags_of_the_local_one() -> None:
    words = load(DEPLOY / "compose.yaml")["services"]["temporal"]["command"].replace("/state/", "").split()
    local = temporal_service(Path("temporal"), Path("/state/temporal.db"), port=7233, ui_port=8233).argv[1:]
    pairs = {pair for pair in itertools.pairwise(words) if pair[0].startswith("--")}
    assert pairs == {pair for pair in itertools.pairwise(local) if pair[0].startswith("--")}


def test_compose_runs_the_versions_of_the_local_stack() -> None:
    services = load(DEPLOY / "compose.yaml")["services"]
    assert services["temporal"]["image"] == f"temporalio/temporal:{VERSION}"
    assert services["postgres"]["image"] == f"pgvector/pgvector:pg{MAJOR}"


def test_kubernetes_runs_every_pool_and_names_it() -> None:
    resources = load(KUBERNETES / "kustomization.yaml")["resources"]
    pools = [name for name in resources if not name.endswith(".yaml")]
    assert sorted(pools) == sorted(POOLS)
    for pool in pools:
        made = load(KUBERNETES / pool / "kustomization.yaml")
        assert made["nameSuffix"] == f"-{pool}"
        changes = yaml.safe_load(made["patches"][0]["patch"])
        assert changes[0]["value"] == [pool]


def test_a_rollout_with_versioning_makes_its_build_the_current_one() -> None:
    job = load(KUBERNETES / "versioned" / "job.yaml")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"][1:] == ["-m", "workers", "set-current"]
    assert {"secretRef": {"name": "accessible-video"}} in container["envFrom"]


def test_a_worker_is_ready_by_the_file_that_it_touches() -> None:
    (worker,) = pods()["worker"]["containers"]
    assert f"find {config()['WORKER_READY_FILE']} " in worker["readinessProbe"]["exec"]["command"][-1]


def test_kubernetes_sets_only_settings_that_exist() -> None:
    assert set(config()) <= SETTINGS


def test_a_deployment_starts_with_its_manifests_settings_and_can_send_an_invitation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever fills in no more than the secret."""
    monkeypatch.chdir(tmp_path)
    composed = load(DEPLOY / "compose.yaml")["x-platform"]["environment"]
    given = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in composed.items()}
    secret = {"DATABASE_URL": "postgresql+asyncpg://us:secret@host/name", "JWT_SECRET": "s" * 32}
    for settings in (config(), given):
        with monkeypatch.context() as patched:
            for name, value in {**settings, **secret}.items():
                patched.setenv(name, value)
            made = load_settings()
            assert made.smtp_host or made.mail_folder
            assert made.is_local or made.frontend_url


def test_kubernetes_migrates_before_anything_of_that_version_runs() -> None:
    for pod in pods().values():
        assert [each["command"][1:] for each in pod["initContainers"]] == [
            ["-m", "schema.migrations", "upgrade"]
        ]


def test_no_container_is_root_or_without_a_bound_or_has_a_secret_in_it() -> None:
    for pod in pods().values():
        assert pod["securityContext"]["runAsNonRoot"]
        for container in (*pod["initContainers"], *pod["containers"]):
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "env" not in container
            assert {"secretRef": {"name": "accessible-video"}} in container["envFrom"]
    secret = {"DATABASE_URL", "JWT_SECRET", "TEMPORAL_API_KEY", "STORAGE_SIGNING_KEY", "SMTP_PASSWORD"}
    assert secret <= SETTINGS
    assert not secret & set(config())


def test_the_api_is_given_longer_to_end_than_it_takes() -> None:
    api = pods()["api"]
    before = int(api["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert api["terminationGracePeriodSeconds"] > before + serve.GRACE_S
    assert int(load(DEPLOY / "compose.yaml")["services"]["api"]["stop_grace_period"][:-1]) > serve.GRACE_S


@pytest.mark.parametrize("pool", POOLS)
def test_a_worker_is_given_as_long_to_end_as_its_pool_may_take(pool: str) -> None:
    takes = int((GRACE[Queue(pool)] + ENDING).total_seconds())
    made = load(KUBERNETES / pool / "kustomization.yaml")
    changes = {change["path"]: change["value"] for change in yaml.safe_load(made["patches"][0]["patch"])}
    assert changes["/spec/template/spec/terminationGracePeriodSeconds"] == takes
    assert load(DEPLOY / "compose.yaml")["services"][pool]["stop_grace_period"] == f"{takes}s"


def test_a_workers_volume_holds_what_its_settings_let_it_keep() -> None:
    made = config()
    cache, source, slots = (int(made[n]) for n in ("WORK_DIR_BYTES", "MAX_SOURCE_BYTES", "CPU_SLOTS"))
    (volume,) = pods()["worker"]["volumes"]
    limit = int(volume["emptyDir"]["sizeLimit"].removesuffix("Gi")) * GIB
    assert limit >= 2 * cache + 2 * slots * source


def test_probes_ask_what_the_api_answers() -> None:
    (api,) = pods()["api"]["containers"]
    known = {route.path for route in health.router.routes}  # type: ignore[attr-defined]
    assert {api[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")} == known


def test_every_pool_grows_with_its_queue() -> None:
    pools = list(yaml.safe_load_all((KUBERNETES / "autoscale" / "pools.yaml").read_text()))
    assert sorted(each["spec"]["triggers"][0]["metadata"]["taskQueue"] for each in pools) == sorted(POOLS)
    for each in pools:
        asked = each["spec"]["triggers"][0]["metadata"]
        assert each["metadata"]["name"] == f"worker-{asked['taskQueue']}"
        assert each["spec"]["scaleTargetRef"]["name"] == each["metadata"]["name"]
        assert asked["endpoint"] == config()["TEMPORAL_ADDRESS"]
        assert asked["queueTypes"] == ("workflow" if REGISTERED[asked["taskQueue"]].workflows else "activity")
