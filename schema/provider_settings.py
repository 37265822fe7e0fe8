"""The settings of AI providers, their models and their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schema.enums import Provider

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A vendor's model name, which becomes part of a URL."""


class ProviderSettings(BaseSettings):
    """A part of `schema.settings.Settings`."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    transcribe_provider: Provider = Provider.GOOGLE
    describe_provider: Provider = Provider.GOOGLE
    translate_provider: Provider = Provider.GOOGLE
    voice_provider: Provider = Provider.GOOGLE
    embed_provider: Provider | None = Field(
        None, description="Who tells which terms are near a text in meaning; absent: as TRANSLATE_PROVIDER."
    )
    describe_url: str | None = Field(
        None,
        description="With DESCRIBE_PROVIDER=chat, the root of a server that speaks the OpenAI chat API with pictures, such "
        "as http://127.0.0.1:11434/v1.",
    )
    describe_model: str | None = Field(None, description="What that server calls the model.")
    describe_api_key: SecretStr | None = Field(None, description="Its key, where it wants one.")
    whisper_model: Path | None = Field(
        None,
        description="A folder with a Whisper model for ctranslate2, such as large-v3, for the local recogniser; absent: "
        "Whisper base, where set-up has obtained it.",
    )
    voices: Path | None = Field(
        None,
        description="A folder with voices of Piper (NAME.onnx with NAME.onnx.json), for the local provider: they speak "
        "first in their languages.",
    )
    mt_models: Path | None = Field(
        None,
        description="A folder with translation models for ctranslate2, one folder a pair, such as en-es (model.bin, and "
        "source.spm with target.spm or sentencepiece.model), for the local provider: they win over Apertium.",
    )
    weights: Path | None = Field(
        None,
        description="Where set-up puts local models; absent: `accessible-video/weights` in the user's cache.",
    )
    google_project: str | None = Field(None, description="Needed by every google provider.")
    google_location: str = Field("europe-west4")
    google_rest_endpoint: str | None = Field(
        None,
        description="In place of Gemini, a double that speaks its protocol (http://…), such as `make demo "
        "PROVIDER=google-sim` starts; with GOOGLE_GRPC_ENDPOINT, and only where ENVIRONMENT is local or test.",
    )
    google_grpc_endpoint: str | None = Field(
        None, description="The same of Speech-to-Text and Text-to-Speech: host:port, without TLS."
    )
    gemini_model: ModelName = Field(
        "gemini-3.8-flash",
        description="The one that describes, composes the script, translates, and names sounds without speech.",
    )
    gemini_speech_model: ModelName = Field(
        "gemini-3.8-flash-tts", description="The one that speaks where a job names no other."
    )
    speech_model: ModelName = Field(
        "chirp_2",
        description="Of Speech-to-Text v2: one that gives word times for files in a bucket. chirp_3 also tells speakers "
        "apart in its larger languages, in sounds of up to 20 minutes and other places than chirp_2 (such as eu).",
    )
    speech_voice_model: ModelName = Field(
        "Chirp3-HD",
        description="Of Cloud Text-to-Speech: what stands between locale and voice in a voice's name, as in "
        "en-US-Chirp3-HD-Kore.",
    )

    @model_validator(mode="after")
    def _have_what_they_need(self) -> Self:
        self._check_chat()
        self._check_doubles()
        google = self._provided_by(Provider.GOOGLE)
        if google and not self.google_project:
            raise ValueError(
                f"GOOGLE_PROJECT must be set, for {', '.join(google)} is google (or set it to local)"
            )
        return self

    def _provided_by(self, provider: Provider) -> list[str]:
        """The settings that name this provider."""
        names = ("transcribe", "describe", "translate", "voice", "embed")
        return [f"{name}_provider".upper() for name in names if getattr(self, f"{name}_provider") is provider]

    def _check_chat(self) -> None:
        """
        Raises:
            ValueError: what needs the chat server has none, or it is asked for what it does not do.
        """
        chat = self._provided_by(Provider.CHAT)
        if others := [name for name in chat if name != "DESCRIBE_PROVIDER"]:
            raise ValueError(f"{others[0]} is google or local: chat describes alone")
        if not chat:
            return
        if not self.describe_model or not (self.describe_url or "").startswith(("http://", "https://")):
            raise ValueError(
                "DESCRIBE_URL (http://… or https://…) and DESCRIBE_MODEL must be set, for DESCRIBE_PROVIDER is chat"
            )

    def _check_doubles(self) -> None:
        """
        Raises:
            ValueError: half of Google's services is doubled.
        """
        doubled = self.google_rest_endpoint is not None
        if doubled is not (self.google_grpc_endpoint is not None):
            raise ValueError("GOOGLE_REST_ENDPOINT and GOOGLE_GRPC_ENDPOINT are set together")

    @property
    def embeds_by_google(self) -> bool:
        """Whether Google embeds terms."""
        return (self.embed_provider or self.translate_provider) is Provider.GOOGLE
