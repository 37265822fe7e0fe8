"""OpenTelemetry, if an endpoint is set: one trace from a request through its workflows to their activities."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Interceptor

from schema.errors import Misconfigured
from schema.settings import Settings


def begin(settings: Settings, service: str) -> None:
    """Exports the spans of this process under the name `service`.

    Raises:
        Misconfigured: the extra `otel` is not installed.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise _missing() from None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


def interceptors(settings: Settings) -> Sequence[Interceptor]:
    """The interceptors of a client, which its workers use too."""
    if settings.otel_exporter_otlp_endpoint is None:
        return []
    try:
        from temporalio.contrib.opentelemetry import TracingInterceptor
    except ImportError:
        raise _missing() from None
    return [TracingInterceptor()]


def _missing() -> Misconfigured:
    return Misconfigured(
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: add the extra `otel`."
    )
