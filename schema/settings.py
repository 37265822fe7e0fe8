"""Every setting, read from the environment (and `.env`), frozen; `schema.load_settings` reads them.

A variable is the field's name in capitals, such as `DATABASE_URL`; an empty one counts as absent. Errors are reported
at start-up, by name.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from schema.provider_settings import ProviderSettings
from schema.setting_types import (
    Bytes,
    DatabaseUrl,
    Days,
    HostPort,
    Listed,
    LogLevel,
    Origin,
    Prefix,
    Seconds,
    Sender,
    Wait,
    WebAddress,
    WebAddressOrNone,
)
from schema.vtt.profiles import PROFILES
from schema.worker_settings import WorkerSettings


class Settings(WorkerSettings, ProviderSettings):
    """The whole configuration of one process."""

    environment: Literal["production", "local", "test"] = Field(
        "production", description="`local` and `test` allow plain http cookies and the seeded users."
    )
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    log_format: Literal["text", "json"] = Field(
        "text", description="`json`: an object a line, with the ids of request, job and workflow."
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="Serves Prometheus metrics: of the API and the queues, or of a worker. One process a host and port.",
    )
    otel_exporter_otlp_endpoint: WebAddress | None = Field(
        None, description="Sends traces there, by OTLP over HTTP; needs the extra `otel`."
    )

    database_url: DatabaseUrl = Field(description="postgresql+asyncpg://user:password@host/name")
    database_pool_size: int = Field(10, ge=1, description="Connections kept by one process.")

    temporal_address: HostPort = Field("127.0.0.1:7233", description="host:port of Temporal's frontend.")
    temporal_namespace: str = Field("default")
    temporal_api_key: SecretStr | None = Field(None, description="For Temporal Cloud; turns TLS on.")
    temporal_tls: bool = Field(False, description="TLS without an API key.")
    temporal_tls_cert: Path | None = Field(
        None, description="Client certificate (PEM) for mTLS; with TEMPORAL_TLS_KEY. Turns TLS on."
    )
    temporal_tls_key: Path | None = Field(None, description="Its private key (PEM).")
    temporal_tls_ca: Path | None = Field(
        None, description="Certificate (PEM) of the authority that signed Temporal's; absent: the system's."
    )
    payload_keys: Path | None = Field(
        None,
        description="Keys that encrypt what Temporal keeps (JSON: `current`, the id of one of `keys`, base64 of 32 bytes "
        "each); absent: plain. Titles are no search attribute then.",
    )

    storage_bucket: str = Field("accessible-video")
    storage_endpoint: WebAddress | None = Field(
        None, description="An object store that speaks the GCS JSON API; absent: Google Cloud Storage."
    )
    storage_signing_key: Path | None = Field(
        None, description="Service account key (JSON) that signs URLs; absent: the default credentials sign."
    )
    signed_url_s: int = Field(3600, ge=60, le=604_800, description="How long a download link lives, seconds.")

    jwt_secret: SecretStr = Field(description="Signs access tokens; at least 32 characters.")
    access_token_s: Seconds = Field(900, description="Life of an access token, seconds.")
    refresh_token_s: Seconds = Field(30 * 86_400, description="Life of an unused refresh token, seconds.")
    refresh_grace_s: int = Field(
        10,
        ge=0,
        le=3_600,
        description="A spent refresh token still answers a sibling tab for so long, seconds.",
    )
    cookie_secure: bool = Field(True, description="Off only on plain http.")
    cookie_samesite: Literal["lax", "strict", "none"] = Field("lax")
    allowed_origins: Annotated[tuple[Origin, ...], *Listed] = Field(
        (), description="JSON list of the frontend's origins."
    )
    root_path: Prefix = Field(
        "", description="The prefix that the proxy strips, such as /video-accessibility-back."
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], *Listed] = Field(
        (),
        description='JSON list of the networks of the proxies in front, such as ["10.0.0.0/8"]: from them '
        "X-Forwarded-For and X-Forwarded-Proto are believed. Without it all who come through a proxy share its address.",
    )
    login_attempts: int = Field(
        10,
        ge=1,
        description="Failed sign-ins to one account from one address in 15 minutes; links for its forgotten password, "
        "and invitations to one address, from anywhere.",
    )
    account_attempts: int = Field(
        100, ge=1, description="Failed sign-ins to one account from all addresses in 15 minutes."
    )
    address_attempts: int = Field(
        500,
        ge=1,
        description="Failed sign-ins and refreshes from one address in 15 minutes, over all accounts, and as many "
        "failures each of what needs no sign-in, such as an invitation or a shared page.",
    )
    preview_attempts: int = Field(
        60, ge=1, description="Previews of voices that one user may hear in 15 minutes."
    )
    sockets_per_user: int = Field(
        20, ge=1, description="Sockets of one user that a process of the API serves at once."
    )
    events_kept_days: Days = Field(
        90, description="What happened to jobs is kept for so many days: a socket resumes from it."
    )
    deleted_kept_days: Days = Field(
        30,
        description="A deleted job can be restored for so many days; then it is purged with its objects.",
    )
    replaced_kept_days: Days = Field(
        30,
        description="A video, dub or recording that another took the place of is kept for so many days, and for as long "
        "as a plan or a running step names it.",
    )
    audit_kept_days: Days = Field(
        365,
        description="Entries of the audit log, mails that were sent and batches that have ended are kept at least so many "
        "days: no cleanup takes younger ones.",
    )
    update_wait_s: Wait = Field(
        10.0, description="How long the API waits for a workflow to take a decision before it answers 503."
    )

    frontend_url: WebAddressOrNone = Field(
        "", description="Where the links of mails lead, such as https://studio.example.org."
    )
    mail_from: Sender = Field(
        "Accessible video <no-reply@localhost>",
        description="The sender: an address, or a name and <an address>.",
    )
    mail_folder: Path | None = Field(
        None, description="Mails become .eml files there, instead of being sent: for one machine."
    )
    smtp_host: str | None = Field(None, description="The mail server; absent: mails wait in the outbox.")
    smtp_port: int = Field(587, ge=1, le=65_535)
    smtp_security: Literal["tls", "starttls", "none"] = Field(
        "starttls",
        description="`tls` from the first byte (port 465), `starttls`, or `none` on a trusted network.",
    )
    smtp_user: str | None = Field(None)
    smtp_password: SecretStr | None = Field(None)
    smtp_timeout_s: Wait = Field(30.0, description="How long the mail server may take to answer.")

    webhook_private_addresses: bool = Field(
        False,
        description="Webhooks may lead to addresses of one's own network, and by plain http. Only where nobody is let in who "
        "may not call what is there.",
    )

    microsoft_client_id: str | None = Field(
        None, description="The application in Microsoft Entra ID; absent: no sign-in with Microsoft."
    )
    microsoft_tenants: Annotated[tuple[str, ...], *Listed] = Field(
        (), description="JSON list of the ids of the tenants whose accounts may sign in."
    )
    microsoft_authority: WebAddress = Field("https://login.microsoftonline.com")
    invitation_s: Seconds = Field(7 * 86_400, description="How long an invitation may be accepted, seconds.")
    share_s: int = Field(
        30 * 86_400,
        ge=60,
        le=366 * 86_400,
        description="How long a link to a job's public page works unless it is said, seconds.",
    )
    service_token_days: int = Field(
        365,
        ge=1,
        le=3_650,
        description="A service token ends after so many days unless an earlier end is said; none lasts longer.",
    )
    password_reset_s: Seconds = Field(
        3_600, description="How long the link of a password reset works, seconds."
    )

    max_source_bytes: Bytes = Field(50 * 2**30, description="A larger upload is refused.")
    max_small_upload_bytes: Bytes = Field(
        100 * 2**20, description="The limit of POST /jobs; above it: resumable."
    )
    max_duration_s: Seconds = Field(6 * 3600, description="A longer video is refused.")
    quality_profile: str = Field(
        "netflix", description="The captions' and descriptions' rules: netflix, bbc or dcmp."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._check_mail_and_sign_in()
        if len(self.jwt_secret.get_secret_value()) < 32:
            raise ValueError("JWT_SECRET must have at least 32 characters")
        if (self.temporal_tls_cert is None) is not (self.temporal_tls_key is None):
            raise ValueError("TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY are set together")
        if not self.cookie_secure and not self.is_local:
            raise ValueError("COOKIE_SECURE may be off only where ENVIRONMENT is local or test")
        if self.quality_profile not in PROFILES:
            raise ValueError(f"QUALITY_PROFILE is one of {', '.join(PROFILES)}, not {self.quality_profile}")
        if self.google_rest_endpoint is not None and not self.is_local:
            raise ValueError("GOOGLE_REST_ENDPOINT may be set only where ENVIRONMENT is local or test")
        return self

    def _check_mail_and_sign_in(self) -> None:
        """
        Raises:
            ValueError: one of several that need each other is not set.
        """
        if self.cookie_samesite == "none" and not self.cookie_secure:
            raise ValueError(
                "COOKIE_SECURE must be on where COOKIE_SAMESITE is none: browsers drop the cookie else"
            )
        if self.smtp_host is not None and not self.frontend_url:
            raise ValueError("FRONTEND_URL must be set, for SMTP_HOST is: the links of mails lead there")
        if (self.smtp_user is None) is not (self.smtp_password is None):
            raise ValueError("SMTP_USER and SMTP_PASSWORD are set together")
        if self.microsoft_client_id is not None and not self.microsoft_tenants:
            raise ValueError(
                "MICROSOFT_TENANTS must be set, for MICROSOFT_CLIENT_ID is: nobody may sign in else"
            )

    @property
    def is_local(self) -> bool:
        return self.environment != "production"
