"""Enumerations of jobs, their languages and their outputs."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The two texts of a language."""

    CAPTIONS = "captions"
    AUDIO_DESCRIPTION = "audio_description"


class Step(StrEnum):
    """The work of a worker pool. The values are also the names of the task queues."""

    PROBE = "probe"
    TRANSCRIBE = "transcribe"
    DESCRIBE = "describe"
    TRANSLATE = "translate"
    SYNTHESIZE = "synthesize"
    MUX = "mux"


class JobStatus(StrEnum):
    """The status of a job."""

    CREATED = "created"
    PROBING = "probing"
    TRANSCRIBING = "transcribing"
    DESCRIBING = "describing"
    PENDING_QC = "pending_qc"
    TRANSLATING = "translating"
    LANGUAGE_QC = "language_qc"
    SYNTHESIZING = "synthesizing"
    MUXING = "muxing"
    PENDING_FINAL_REVIEW = "pending_final_review"
    COMPLETED = "completed"
    REJECTED = "rejected"
    BLOCKED_ON_SOURCE = "blocked_on_source"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LanguageStage(StrEnum):
    """The stage of a language after source QC, least advanced first."""

    WAITING = "waiting"
    """The source is not approved, or no longer."""
    TRANSLATING = "translating"
    LANGUAGE_QC = "language_qc"
    SYNTHESIZING = "synthesizing"
    MUXING = "muxing"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"
    """No longer requested: its versions are kept, its outputs are not required."""


class QCState(StrEnum):
    """Language QC state of a target language. The source language has source QC instead."""

    PENDING = "pending"
    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"


class Gate(StrEnum):
    """A place where a person decides."""

    SOURCE_QC = "source_qc"
    LANGUAGE_QC = "language_qc"
    FINAL_REVIEW = "final_review"


class Urgency(StrEnum):
    """The priority of a job's work."""

    NORMAL = "normal"
    RUSH = "rush"


class JobAction(StrEnum):
    """A decision about a whole job."""

    APPROVE_SOURCE = "approve_source"
    APPROVE_ENGLISH = "approve_english"
    REJECT = "reject"
    PROMOTE_TO_QC = "promote_to_qc"
    BLOCKED_ON_SOURCE = "blocked_on_source"
    RETRY = "retry"
    RETRY_TTS = "retry_tts"
    COMPLETE = "complete"
    REJECT_FINAL = "reject_final"
    RETURN_TO_QC = "return_to_qc"
    REOPEN_LANGUAGE = "reopen_language"
    """Later work on a language of a completed job. In an open job, use the language's own `reopen`."""
    CANCEL = "cancel"
    CHANGE_OUTPUTS = "change_outputs"
    UPLOAD_FINAL = "upload_final"
    """A corrected text replaces an approved one."""
    CHANGE_PRIORITY = "change_priority"
    NEW_SOURCE = "new_source"
    """Another video replaces one that was rejected, blocked or failed."""
    ASSIGN_SOURCE = "assign_source"
    """Assigns people to the source texts. The source language has no states of its own."""
    REPROCESS = "reprocess"


class LanguageAction(StrEnum):
    """A decision about one target language."""

    ASSIGN = "assign"
    REASSIGN = "reassign"
    ASSIGN_REVIEWER = "assign_reviewer"
    REASSIGN_REVIEWER = "reassign_reviewer"
    START_WORK = "start_work"
    SUBMIT = "submit"
    OPEN_REVIEW = "open_review"
    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"
    UNASSIGN = "unassign"
    UNASSIGN_REVIEWER = "unassign_reviewer"


class Event(StrEnum):
    """Events of a job other than decisions, which are events under their own names."""

    CREATED = "created"
    CHANGED = "changed"
    """Title or notes changed."""
    DELETED = "deleted"
    RESTORED = "restored"
    """Restored after a deletion."""
    STATUS = "status"
    """The job's work moved on."""
    LANGUAGE = "language"
    """A language's work moved on."""
    BEGIN = "begin"
    """A language's work started, or started over."""
    PROGRESS = "progress"
    """Progress of a step."""
    TEXT_SAVED = "text_saved"
    PLAN_EDITED = "plan_edited"
    COMMENT_ADDED = "comment_added"
    COMMENT_CHANGED = "comment_changed"
    COMMENT_DELETED = "comment_deleted"
    NOTE_ADDED = "note_added"
    NOTE_CHANGED = "note_changed"
    """Changed: its text, its audience, or whether it is resolved."""
    NOTE_DELETED = "note_deleted"
    TERMINATED = "terminated"
    """The workflow was ended in Temporal."""


class Origin(StrEnum):
    """The origin of a text version. Everything except `draft` and `translation` is by a person."""

    DRAFT = "draft"
    TRANSLATION = "translation"
    EDIT = "edit"
    ADJUST = "adjust"
    RESTORE = "restore"
    UPLOAD = "upload"

    @property
    def by_person(self) -> bool:
        return self not in (Origin.DRAFT, Origin.TRANSLATION)


class AssetKind(StrEnum):
    """An object in the bucket that belongs to a job."""

    SOURCE = "source"
    MEDIA_REPORT = "media_report"
    SPEECH_AUDIO = "speech_audio"
    WORDS = "words"
    SIGHT = "sight"
    CLIPS = "clips"
    PLAN = "plan"
    CAPTIONS_VTT = "captions_vtt"
    CAPTIONS_SRT = "captions_srt"
    CAPTIONS_TTML = "captions_ttml"
    """IMSC 1.1 text profile."""
    CAPTIONS_SCC = "captions_scc"
    """CEA-608, for sources with 23.976, 24, 29.97, 30, 59.94 or 60 frames a second."""
    CAPTIONS_STL = "captions_stl"
    """EBU STL, for the same sources and for 25 or 50 frames a second."""
    AUDIO_DESCRIPTION_VTT = "audio_description_vtt"
    AUDIO_DESCRIPTION_DAPT = "audio_description_dapt"
    AUDIO_DESCRIPTION_MP3 = "audio_description_mp3"
    ACCESSIBLE_VIDEO_MP4 = "accessible_video_mp4"
    RETIMED_CAPTIONS_VTT = "retimed_captions_vtt"
    RETIMED_AUDIO_DESCRIPTION_VTT = "retimed_audio_description_vtt"
    RETIMED_CHAPTERS_VTT = "retimed_chapters_vtt"
    TIME_MAP = "time_map"
    REPORT = "report"
    REPORT_HTML = "report_html"
