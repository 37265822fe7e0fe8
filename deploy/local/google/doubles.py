"""The addresses of a stack's Google doubles, and their failure rate."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploy.local.ports import HOST, free_port


@dataclass(frozen=True, slots=True)
class Doubles:
    faults: float = 0.0
    """The share of calls that fail, 0 to 1."""
    rest_port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Address of Gemini's double; `/told` reports the calls, and those that failed."""
        return f"http://{HOST}:{self.rest_port}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings of processes that use the doubles."""
        providers = ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")
        return {
            **{f"{name}_PROVIDER": "google" for name in providers},
            "GOOGLE_PROJECT": "simulated",
            "GOOGLE_REST_ENDPOINT": self.url,
            "GOOGLE_GRPC_ENDPOINT": f"{HOST}:{self.grpc_port}",
        }
