"""What a deployment may turn on: mTLS, metrics, traces, JSON logs, poller autoscaling."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, TelemetryFilter
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.storage import GoogleStorage
from api.main import create_app
from api.measures import Measured, Traced
from api.parts import Parts
from schema import logs
from schema.contracts.sweeps import SweepInput
from schema.db import Database
from schema.enums import Sweep
from schema.errors import Misconfigured, Unavailable
from tests.factories import settings_for
from tests.fakes.catalog import CATALOG
from tests.namespaces import own_namespace
from workers import tracing
from workers.groups import sweeping
from workers.queues import QueueMetrics
from workers.registry import POOLS, SANDBOX, _pollers
from workers.wiring import connect, connect_temporal, runtime_of
from workflows import names

URL = "postgresql+asyncpg://nobody@localhost/none"
SWEEPS = names.Queue.SWEEPS


# mTLS


_NO_USE = dict.fromkeys(
    (
        *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)
_SIGNS = x509.KeyUsage(digital_signature=False, key_cert_sign=True, **_NO_USE)
_SPEAKS = x509.KeyUsage(digital_signature=True, key_cert_sign=False, **_NO_USE)


def certificate(
    folder: Path, name: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """`name`.crt and `name`.key in `folder`; its own authority without a `signer`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        # Python 3.13 refuses certificates without these three (VERIFY_X509_STRICT).
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((signer[1] if signer else key).public_key()),
            critical=False,
        )
        .add_extension(_SIGNS if signer is None else _SPEAKS, critical=True)
    )
    made = builder.sign(signer[1] if signer else key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / f"{name}.crt").write_bytes(made.public_bytes(pem))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made, key


@asynccontextmanager
async def guarded(address: str, folder: Path) -> AsyncIterator[str]:
    """The address of a door to Temporal that opens to those alone whose certificate our authority signed."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, int(port))

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65_536):
                    target.write(data)
                    await target.drain()
            except (ConnectionError, ssl.SSLError):
                pass
            finally:
                target.close()

        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    try:
        yield f"localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_temporal_behind_mtls(temporal_client: Client, tmp_path: Path) -> None:
    authority = certificate(tmp_path, "ca", None)
    certificate(tmp_path, "server", authority)
    certificate(tmp_path, "worker", authority)
    certificate(tmp_path, "stranger", None)
    async with guarded(temporal_client.service_client.config.target_host, tmp_path) as address:

        def told(name: str) -> dict[str, object]:
            files = {"cert": f"{name}.crt", "key": f"{name}.key", "ca": "ca.crt"}
            return {f"temporal_tls_{each}": tmp_path / file for each, file in files.items()}

        client = await connect_temporal(settings_for(URL, temporal_address=address, **told("worker")))
        assert await client.service_client.check_health()
        with pytest.raises(Unavailable, match=address):
            await connect_temporal(settings_for(URL, temporal_address=address, **told("stranger")))
    with pytest.raises(Misconfigured, match="TEMPORAL_TLS"):
        await connect_temporal(settings_for(URL, temporal_tls_ca=tmp_path / "none.crt"))
    with pytest.raises(Misconfigured, match="set together"):
        settings_for(URL, temporal_tls_cert=tmp_path / "worker.crt")


async def test_warnings_of_temporals_core_are_among_our_logs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chatty = LoggingConfig(TelemetryFilter(core_level="DEBUG", other_level="DEBUG"))
    monkeypatch.setattr(LoggingConfig, "default", chatty)
    caplog.set_level(logging.DEBUG, "temporalio.core")
    with pytest.raises(RuntimeError):
        await Client.connect("127.0.0.1:1", runtime=runtime_of())
    async with asyncio.timeout(30):
        while not any(each.name.startswith("temporalio.core") for each in caplog.records):
            await asyncio.sleep(0.05)


async def test_what_a_process_cannot_begin_with_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="STORAGE_SIGNING_KEY"):
        here = {"storage_endpoint": "http://127.0.0.1:1", "storage_signing_key": tmp_path / "none.json"}
        await connect(settings_for(URL, **here), lazy=True)
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"METRICS_PORT {port}"):
            runtime_of(metrics_port=port)


# Metrics


async def test_requests_are_measured_by_their_route_and_not_by_their_path() -> None:
    registry = CollectorRegistry()
    app = FastAPI()

    @app.get("/jobs/{job_id}")
    async def one(job_id: str) -> str:
        if job_id == "breaks":
            raise RuntimeError
        return job_id

    app.add_middleware(Measured, registry=registry)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        for path in ("/jobs/secret", "/jobs/breaks", "/nowhere/secret"):
            await client.get(path)
        await client.request("INVENTED", "/jobs/secret")
    said = generate_latest(registry).decode()
    assert 'http_requests_total{method="GET",route="/jobs/{job_id}",status="200"} 1.0' in said
    assert 'http_requests_total{method="GET",route="/jobs/{job_id}",status="500"} 1.0' in said
    assert 'http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in said
    assert 'http_request_duration_seconds_count{method="GET",route="/jobs/{job_id}"} 2.0' in said
    assert "secret" not in said and "INVENTED" not in said


@pytest.mark.parametrize("proxies", [(), ("127.0.0.0/8",)], ids=["alone", "behind a proxy"])
async def test_the_api_is_measured_by_the_whole_path_of_a_route(
    proxies: tuple[str, ...], temporal_client: Client, object_store: GoogleStorage
) -> None:
    settings, registry = settings_for(URL, trusted_proxies=proxies), CollectorRegistry()
    parts = Parts(settings, Database.connect(settings), temporal_client, object_store, CATALOG)
    transport = httpx.ASGITransport(create_app(parts, registry))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        await client.get("/api/v1/jobs/secret/vtt", headers={"X-Forwarded-For": "203.0.113.9"})
    labels = {"method": "GET", "route": "/api/v1/jobs/{job_id}/vtt", "status": "401"}
    assert registry.get_sample_value("http_requests_total", labels) == 1


async def test_what_waits_in_the_queues_is_measured(temporal_client: Client) -> None:
    client = await own_namespace(temporal_client)
    for _ in range(3):
        await client.start_workflow(
            names.SWEEP_WORKFLOW,
            SweepInput(sweep=Sweep.EXPIRE_RECORDS),
            id=f"sweep-{uuid4()}",
            task_queue=SWEEPS.value,
        )
    registry = CollectorRegistry()
    metrics = QueueMetrics(registry)
    async with asyncio.timeout(120):
        while registry.get_sample_value("task_queue_backlog", {"queue": "sweeps", "type": "workflow"}) != 3:
            await metrics.look(client)
            await asyncio.sleep(0.2)
    age = registry.get_sample_value("task_queue_backlog_age_seconds", {"queue": "sweeps", "type": "workflow"})
    assert age is not None and age > 0
    for queue in names.Queue:
        assert (
            registry.get_sample_value("task_queue_pollers", {"queue": queue.value, "type": "activity"}) == 0
        )


# Traces


async def test_one_trace_from_a_request_to_its_activity(
    temporal_client: Client, database: Database, object_store: GoogleStorage
) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    there = await own_namespace(temporal_client)
    settings = settings_for(
        URL,
        temporal_address=there.service_client.config.target_host,
        temporal_namespace=there.namespace,
        otel_exporter_otlp_endpoint="http://127.0.0.1:9",
    )
    client = await connect_temporal(settings)
    app = FastAPI()

    @app.post("/sweeps/{name}")
    async def sweep(name: str) -> str:
        await client.execute_workflow(
            names.SWEEP_WORKFLOW,
            SweepInput(sweep=Sweep.EXPIRE_RECORDS),
            id=f"sweep-{name}",
            task_queue=SWEEPS.value,
            execution_timeout=timedelta(minutes=1),
        )
        return name

    app.add_middleware(Traced)
    async with (
        Worker(
            client,
            task_queue=SWEEPS.value,
            workflows=POOLS[SWEEPS].workflows,
            workflow_runner=SANDBOX,
            activities=sweeping(database, client, object_store),
            build_id="tests",
        ),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as caller,
    ):
        parent = f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
        assert (await caller.post("/sweeps/secret", headers={"traceparent": parent})).status_code == 200
    ended = spans.get_finished_spans()
    assert {f"{span.context.trace_id:032x}" for span in ended} == {parent.split("-")[1]}
    found = {span.name for span in ended}
    assert "POST /sweeps/{name}" in found
    assert {"StartWorkflow:SweepWorkflow", "RunActivity:expire_records"} <= found


def test_a_process_without_an_endpoint_does_not_load_opentelemetrys_sdk() -> None:
    loaded = "import sys, deploy.serve, api.main, workers.__main__; print('opentelemetry.sdk' in sys.modules)"
    import subprocess

    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
    assert tracing.interceptors(settings_for(URL)) == []


# Logs and pollers


def test_a_line_of_json_says_whose_it_is() -> None:
    job = uuid4()
    record = logging.LogRecord("api", logging.WARNING, __file__, 1, "%s broke", ("it",), None)
    with logs.about(request_id="r1"):
        said = json.loads(logs.JsonLines().format(record))
    assert (said["request_id"], said["message"], said["level"]) == ("r1", "it broke", "WARNING")
    with logs.about(workflow_id=f"job-{job}-es"):
        said = json.loads(logs.JsonLines().format(record))
    assert (said["workflow_id"], said["job_id"]) == (f"job-{job}-es", str(job))
    record.temporal_workflow = {"workflow_id": f"job-{job}"}
    assert json.loads(logs.JsonLines().format(record))["job_id"] == str(job)


def test_pollers_follow_the_queue_where_that_is_set() -> None:
    assert isinstance(_pollers(settings_for(URL, worker_autoscale_pollers=True)), PollerBehaviorAutoscaling)
    assert not isinstance(_pollers(settings_for(URL)), PollerBehaviorAutoscaling)
