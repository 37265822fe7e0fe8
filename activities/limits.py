"""Timeouts of one call of a provider, in seconds. A call is paid for, and its result is stored at its end, so a worker
that is told to end waits for it this long (`workers/grace.py`)."""

from __future__ import annotations

SPEECH_S = 60.0
"""Starts a recognition, which Google runs by itself, or polls it."""
GEMINI_S = 300.0
"""Describes some minutes of video, or translates a batch of lines."""
CHAT_S = 600.0
"""Like Gemini, on your own server: a model on a CPU is slow."""
EMBED_S = 30.0
VOICE_S = 60.0
"""Speaks one description."""
GEMINI_VOICE_S = 120.0
