"""Google's clients for a project and a place. Made in the running event loop, which gRPC's channels belong to."""

from __future__ import annotations

from functools import cache

import google.auth
import grpc
from google import genai
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from google.genai.types import HttpOptions
from google.oauth2.credentials import Credentials as Token

from schema.errors import Misconfigured
from schema.settings import Settings

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_OF_DOUBLES = "a-token"
"""Google's clients send one; doubles ask for none."""
_GEMINI_PLACES = {"europe": "eu", "eu": "eu", "us": "us"}
_VOICE_ENDPOINTS = {"eu": "eu-texttospeech.googleapis.com", "us": "us-texttospeech.googleapis.com"}


@cache
def credentials() -> Credentials:
    """The process's own.

    Raises:
        Misconfigured: there are none; said at start-up rather than at the first job.
    """
    try:
        found, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError as error:
        raise Misconfigured(
            "A google provider is set, and there are no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS, "
            "or run as a service account."
        ) from error
    return found


def gemini_place(location: str) -> str:
    """Gemini's multi-region that `location` (such as `europe-west4`) lies in, so that data stays there, else global."""
    return _GEMINI_PLACES.get(location.split("-")[0], "global")


def project_of(settings: Settings) -> str:
    """
    Raises:
        Misconfigured: there is none.
    """
    if not settings.google_project:
        raise Misconfigured("GOOGLE_PROJECT must be set for the google providers.")
    return settings.google_project


def gemini_client(project: str, location: str, own: Credentials) -> genai.Client:
    """Without retries: `HttpOptions.retry_options` is left out, which the library takes for one attempt."""
    return genai.Client(enterprise=True, project=project, location=gemini_place(location), credentials=own)


def gemini_of(settings: Settings) -> genai.Client:
    project, location = project_of(settings), settings.google_location
    if settings.google_rest_endpoint is None:
        return gemini_client(project, location, credentials())
    return genai.Client(
        enterprise=True,
        project=project,
        location=gemini_place(location),
        credentials=Token(token=_OF_DOUBLES),
        http_options=HttpOptions(base_url=settings.google_rest_endpoint),
    )


def speech_of(settings: Settings) -> SpeechAsyncClient:
    if settings.google_grpc_endpoint is not None:
        channel = grpc.aio.insecure_channel(settings.google_grpc_endpoint)
        return SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
    location = settings.google_location
    host = "speech.googleapis.com" if location == "global" else f"{location}-speech.googleapis.com"
    return SpeechAsyncClient(credentials=credentials(), client_options=ClientOptions(api_endpoint=host))


def speaker_of(settings: Settings) -> TextToSpeechAsyncClient:
    if settings.google_grpc_endpoint is not None:
        channel = grpc.aio.insecure_channel(settings.google_grpc_endpoint)
        return TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))
    host = _VOICE_ENDPOINTS.get(gemini_place(settings.google_location), "texttospeech.googleapis.com")
    return TextToSpeechAsyncClient(credentials=credentials(), client_options=ClientOptions(api_endpoint=host))
