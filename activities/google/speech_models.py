"""What Speech-to-Text's models differ in. Of one that is not named here nothing is known: it is asked as it is set.

https://docs.cloud.google.com/speech-to-text/docs/models/chirp-2, and `chirp-3` beside it.
"""

from __future__ import annotations

PLACES = {
    "chirp_2": ("us-central1", "europe-west4", "asia-southeast1"),
    "chirp_3": (
        *("us", "eu", "asia-northeast1", "asia-southeast1", "asia-south1", "europe-west2", "europe-west3"),
        "northamerica-northeast1",
    ),
}
"""Where a model is offered."""
DIARIZES = {
    "chirp_3": frozenset(
        [
            "cmn-Hans-CN",
            "de-DE",
            "en-GB",
            "en-IN",
            "en-US",
            "es-ES",
            "es-US",
            "fr-CA",
            "fr-FR",
            "hi-IN",
            "it-IT",
            "ja-JP",
            "ko-KR",
            "pt-BR",
        ]
    )
}
"""In which locales a model tells speakers apart, of files in a bucket."""
LONGEST_MS = {"chirp_3": 20 * 60_000}
"""How long a sound a model gives word times for, where that is not hours."""
WITHOUT_CONFIDENCE = frozenset({"chirp_3"})
"""These are sure of no word."""
