"""How long one call of a provider may take, in seconds. It is paid for, and what it brought is kept at its end: a worker
that is told to end waits so long for it (`workers/grace.py`)."""

from __future__ import annotations

SPEECH_S = 60.0
"""Begins a recognition, which Google then does by itself; or asks how far it is."""
GEMINI_S = 300.0
"""Minutes of a video watched, or a batch of lines translated."""
CHAT_S = 600.0
"""As Gemini, by a server of one's own: a model on a processor takes its time."""
EMBED_S = 30.0
VOICE_S = 60.0
"""One description spoken."""
GEMINI_VOICE_S = 120.0
