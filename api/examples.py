"""An example of every body that is sent, for the document. A test validates each, and sends some."""

from __future__ import annotations

from typing import Any

_ID = "0b1f7c52-6a0e-4f0a-9b61-5b1d2c3e4f50"
_LINK = "q3J8m1Zr0cXv7uKfTnY2bLwEo5hSa9Dd"
_URI = f"gs://accessible-video/jobs/{_ID}/source.mp4"
_VERSIONS = {"captions": 2, "audio_description": 1}
_OUTPUTS = {
    "captions_vtt": True,
    "audio_description_vtt": True,
    "audio_description_mp3": True,
    "accessible_video_mp4": False,
    "languages": ["es", "de"],
    "tts_preferences": {"provider": "local", "default_voice": "en-us"},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "AcceptBody": {"token": _LINK, "name": "Mara Lind", "password": "four words nobody guesses"},
    "ActivateBody": {"version_id": _ID},
    "AdjustBody": {"base_version": 2, "offset_ms": -400, "scale": "25/24"},
    "ApproveBody": {"versions": _VERSIONS},
    "AssignBody": {"user_id": _ID, "due_at": "2026-06-01T17:00:00+02:00"},
    "BriefBody": {
        "title": "Evening news, all of May",
        "notes": "Names are in the attached list.",
        "source_language": "en",
        "requested_outputs": _OUTPUTS,
        "due_at": "2026-06-01T17:00:00+02:00",
    },
    "BriefPatch": {"title": "Evening news, all of June", "due_at": None},
    "BriefReturnBody": {"reason": "Which of the two German dialects?"},
    "BulkAssignBody": {"languages": ["es", "de"], "linguist_id": _ID},
    "ClientBody": {"org_id": _ID, "name": "Channel One", "style": "Present tense, short sentences."},
    "ClientPatch": {"style": "Present tense; name people once they are introduced."},
    "CloneBody": {"title": "Evening news, second cut", "gcs_uri": _URI},
    "CommentBody": {"text": "The name is spelt Mara.", "kind": "captions", "cue_id": "c12"},
    "FileInit": {
        "purpose": "recording",
        "filename": "cue 12.wav",
        "content_type": "audio/wav",
        "size_bytes": 482_344,
    },
    "DecideBody": {"accept": [_ID]},
    "CommentPatch": {"resolved": True},
    "ForgottenBody": {"email": "user@example.com"},
    "InvitationBody": {"email": "user@example.com", "role": "linguist", "team_ids": [_ID]},
    "JobPatch": {
        "title": "Evening news",
        "notes": "Subtitles by noon, please.",
        "due_at": "2026-06-01T12:00:00+02:00",
        "labels": ["news"],
    },
    "LanguageApproveBody": {"versions": _VERSIONS},
    "LanguageRejectBody": {"reason": "Cues 3 to 9 say something else than the source."},
    "LoginBody": {"email": "user@example.com", "password": "secret"},
    "MarkBody": {"kind": "captions", "cue_id": "c12"},
    "MaybeReasonBody": {"reason": "The client has withdrawn it."},
    "MemberBody": {"email": "user@example.com", "role": "reviewer"},
    "MemberPatch": {"role": "project_manager"},
    "MicrosoftBody": {"id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln", "nonce": "n-0S6_WzA2Mj"},
    "NameBody": {"name": "Documentaries"},
    "NoteBody": {
        "asset": "accessible_video",
        "language": "es",
        "at_ms": 61_200,
        "text": "The description is over the laughter.",
    },
    "NotePatch": {"resolved": True},
    "OwnPasswordBody": {"old_password": "secret", "new_password": "four words nobody guesses"},
    "OwnPatch": {"language": "de", "time_zone": "Europe/Berlin", "mails_off": ["job_completed"]},
    "PasswordBody": {"password": "four words nobody guesses"},
    "PausePointEdit": {"plan_version": "5f1c0d7a9b3e2468", "at_ms": 61_200, "extend": "always"},
    "PreviewBody": {
        "text": "A lighthouse at night.",
        "language": "en",
        "provider": "local",
        "voice": "en-us",
    },
    "ReasonBody": {"reason": "The last scene is missing.", "timecode": "00:12:01:10"},
    "ReopenBody": {"reason": "A new name of the product."},
    "ReprocessBody": {"from_step": "translate", "languages": ["es"], "reason": "The glossary has changed."},
    "ResetBody": {"token": _LINK, "password": "four words nobody guesses"},
    "RestoreBody": {"version": 1, "base_version": 3},
    "RetryBody": {"from_step": "transcribe"},
    "RetrySpeechBody": {"language": "es"},
    "ReturnBody": {"reason": "The Spanish captions are late.", "languages": ["es"]},
    "ShareBody": {"name": "The broadcaster's press office", "expires_at": "2026-06-30T23:59:00+02:00"},
    "SuggestionBody": {
        "source": "lighthouse",
        "targets": {"de": "Leuchtturm"},
        "forms": {"de": ["Leuchttürme"]},
        "why": "It is in every second film.",
    },
    "SourceBody": {"gcs_uri": _URI, "note": "The same cut, with its sound."},
    "TextCheck": {"content": "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nThe harbour, at night.\n"},
    "TextSave": {
        "content": "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n",
        "base_version": 1,
        "note": "A greeting.",
    },
    "TokenBody": {"token": _LINK},
    "UnassignBody": {"role": "linguist", "user_id": _ID},
    "UploadComplete": {
        "gcs_uri": _URI,
        "filename": "video.mp4",
        "source_language": "en",
        "requested_outputs": _OUTPUTS,
    },
    "UploadInit": {"filename": "video.mp4", "content_type": "video/mp4", "size_bytes": 9_485_760},
    "UserCreate": {"email": "user@example.com", "name": "Mara Lind", "role": "linguist", "org_id": _ID},
    "UserPatch": {"role": "reviewer", "disabled": False},
    "WhoBody": {"user_id": _ID},
}
