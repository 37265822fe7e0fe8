"""Connects a process of the platform according to the settings: database, Temporal, bucket, mail, and the adapters of
the AI steps (`workers.providers`)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
)
from temporalio.service import TLSConfig

from activities.ports import Mailer
from activities.running.workspace import Workspace
from activities.step import Kit
from activities.storage import GoogleStorage
from schema.db import Database
from schema.errors import Misconfigured, Unavailable
from schema.settings import Settings
from workers import tracing
from workers.codec import EncryptingCodec
from workers.providers import Providers
from workflows.converter import data_converter

if TYPE_CHECKING:
    from activities.mail.outbox import MailActivities


@dataclass(frozen=True, slots=True)
class Platform:
    """The connections of a process of the platform."""

    settings: Settings
    database: Database
    temporal: Client
    store: GoogleStorage
    providers: Providers

    def kit(self) -> Kit:
        settings = self.settings
        workspace = Workspace(self.store, settings.work_dir, settings.work_dir_bytes)
        return Kit(self.database, self.store, workspace, settings.quality_profile)

    def mails(self) -> MailActivities:
        from activities.mail.contents import Place
        from activities.mail.outbox import MailActivities

        settings = self.settings
        place = Place(settings.frontend_url, settings.jwt_secret.get_secret_value())
        return MailActivities(self.database, _mailer(settings), place, settings.mail_from)

    async def close(self) -> None:
        await self.database.close()
        self.store.close()


def _mailer(settings: Settings) -> Mailer:
    from activities.mail.folder import FolderMailer
    from activities.mail.smtp import SmtpMailer

    if settings.mail_folder is not None:
        return FolderMailer(settings.mail_folder)
    password = settings.smtp_password
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        timeout_s=settings.smtp_timeout_s,
    )


async def connect(settings: Settings, *, lazy: bool = False, runtime: Runtime | None = None) -> Platform:
    """Connects to the database, Temporal and the bucket. With `lazy`, Temporal may become available later, as for the
    API, which answers 503 until then."""
    return Platform(
        settings=settings,
        database=Database.connect(settings),
        temporal=await connect_temporal(settings, lazy=lazy, runtime=runtime),
        store=GoogleStorage(
            settings.storage_bucket,
            endpoint=settings.storage_endpoint,
            signing_key=settings.storage_signing_key,
        ),
        providers=Providers(settings),
    )


async def connect_temporal(
    settings: Settings, *, lazy: bool = False, runtime: Runtime | None = None
) -> Client:
    """Raises:
    Misconfigured: a certificate or key cannot be read, or tracing is configured but not installed.
    Unavailable: Temporal does not answer, and `lazy` is not set.
    """
    key = settings.temporal_api_key
    tls, converter, interceptors = _tls(settings), _converter(settings), tracing.interceptors(settings)
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            api_key=key.get_secret_value() if key else None,
            tls=tls or settings.temporal_tls or key is not None,
            data_converter=converter,
            interceptors=interceptors,
            runtime=runtime,
            lazy=lazy,
        )
    except RuntimeError as error:  # all that the SDK says of a connection
        raise Unavailable(f"Temporal does not answer at {settings.temporal_address}.") from error


def _tls(settings: Settings) -> TLSConfig | None:
    cert, key, ca = settings.temporal_tls_cert, settings.temporal_tls_key, settings.temporal_tls_ca
    if cert is None and ca is None:
        return None
    try:
        return TLSConfig(
            client_cert=cert.read_bytes() if cert else None,
            client_private_key=key.read_bytes() if key else None,
            server_root_ca_cert=ca.read_bytes() if ca else None,
        )
    except OSError as error:
        raise Misconfigured(f"{error.filename} of TEMPORAL_TLS_… cannot be read: {error.strerror}.") from None


def _converter(settings: Settings) -> DataConverter:
    """The data converter. With a codec, failures are encrypted too, because error messages may name a client's
    things."""
    if settings.payload_keys is None:
        return data_converter
    return replace(
        data_converter,
        payload_codec=EncryptingCodec.from_file(settings.payload_keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def runtime_of(*, metrics_port: int | None = None) -> Runtime:
    """The SDK's runtime. Its warnings go to our logs, in their format. It serves its metrics if a port is given.

    Raises:
        Misconfigured: the port is taken.
    """
    core = LogForwardingConfig(logging.getLogger("temporalio.core"), prepend_target_on_message=False)
    metrics = (
        PrometheusConfig(bind_address=f"0.0.0.0:{metrics_port}", durations_as_seconds=True)
        if metrics_port
        else None
    )
    telemetry = TelemetryConfig(logging=replace(LoggingConfig.default, forwarding=core), metrics=metrics)
    try:
        return Runtime(telemetry=telemetry)
    except ValueError as error:
        raise Misconfigured(f"METRICS_PORT {metrics_port} cannot be served: {error}.") from error
