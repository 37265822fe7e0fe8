"""The texts of mails by interface language. Missing ones fall back to English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from schema.enums import MailKind
from schema.queries.digests import Group


@dataclass(frozen=True, slots=True)
class Words:
    """`said` are subjects and first sentences, in which `{title}` and `{language}` are what they tell of."""

    code: str
    hello: str
    fallback: str
    why: str
    due: str
    reason: str
    open_job: str
    open_language: str
    open_brief: str
    open_jobs: str
    more: str
    """How many items of a group are named."""
    said: Mapping[MailKind, tuple[str, str]]
    groups: Mapping[Group, str]

    def time(self, moment: datetime, zone: str) -> str:
        """In the reader's time zone, with its name."""
        local = format_datetime(moment, "d MMMM y, HH:mm", tzinfo=ZoneInfo(zone), locale=self.code)
        return f"{local} ({zone})"


_EN = Words(
    code="en",
    hello="Hello {name},",
    fallback="If the button does not work, open this address:",
    why="You get this mail because you work on accessible videos. Your profile says which mails you get.",
    due="Due",
    reason="Reason",
    open_job="Open the job",
    open_language="Open the language",
    open_brief="Open the brief",
    open_jobs="Open your work",
    more="and {number} more",
    said={
        MailKind.LANGUAGE_ASSIGNED: (
            "For you: {title} ({language})",
            "You are assigned to “{title}” in {language}.",
        ),
        MailKind.LANGUAGE_TAKEN_AWAY: (
            "No longer yours: {title} ({language})",
            "You are no longer assigned to “{title}” in {language}.",
        ),
        MailKind.LANGUAGE_REJECTED: (
            "Please look again: {title} ({language})",
            "The reviewer has not accepted “{title}” in {language} yet.",
        ),
        MailKind.LANGUAGE_RETURNED: (
            "Back to you: {title} ({language})",
            "“{title}” in {language} has been returned to QC.",
        ),
        MailKind.JOB_REJECTED: ("Rejected: {title}", "“{title}” has been rejected."),
        MailKind.JOB_BLOCKED: ("Something is wrong with the video: {title}", "“{title}” cannot go on."),
        MailKind.JOB_COMPLETED: ("Finished: {title}", "“{title}” is finished, and can be downloaded."),
        MailKind.BRIEF_SUBMITTED: ("A brief to approve: {title}", "“{title}” waits for your approval."),
        MailKind.BRIEF_APPROVED: ("Approved: {title}", "Your brief “{title}” is approved."),
        MailKind.BRIEF_RETURNED: ("Please complete: {title}", "Your brief “{title}” has been returned."),
        MailKind.DIGEST: ("What waits for you", "This is new since the last mail of this kind."),
    },
    groups={
        Group.OVERDUE: "Overdue",
        Group.DUE_TOMORROW: "Due within a day",
        Group.TO_REVIEW: "Submitted for your review",
        Group.SOURCE_QC: "Waiting for source QC",
        Group.FINAL_REVIEW: "Waiting for final review",
        Group.FAILED: "Failed",
    },
)
_ES = Words(
    code="es",
    hello="Hola, {name}:",
    fallback="Si el botón no funciona, abra esta dirección:",
    why="Recibe este correo porque trabaja en vídeos accesibles. En su perfil puede elegir qué correos recibe.",
    due="Fecha límite",
    reason="Motivo",
    open_job="Abrir el trabajo",
    open_language="Abrir el idioma",
    open_brief="Abrir el encargo",
    open_jobs="Abrir su trabajo",
    more="y {number} más",
    said={
        MailKind.LANGUAGE_ASSIGNED: (
            "Para usted: {title} ({language})",
            "Se le ha asignado «{title}» en {language}.",
        ),
        MailKind.LANGUAGE_TAKEN_AWAY: (
            "Ya no es suyo: {title} ({language})",
            "Ya no tiene asignado «{title}» en {language}.",
        ),
        MailKind.LANGUAGE_REJECTED: (
            "Revíselo de nuevo: {title} ({language})",
            "El revisor todavía no ha aceptado «{title}» en {language}.",
        ),
        MailKind.LANGUAGE_RETURNED: (
            "De vuelta: {title} ({language})",
            "«{title}» en {language} ha vuelto al control de calidad.",
        ),
        MailKind.JOB_REJECTED: ("Rechazado: {title}", "«{title}» ha sido rechazado."),
        MailKind.JOB_BLOCKED: ("Hay un problema con el vídeo: {title}", "«{title}» no puede continuar."),
        MailKind.JOB_COMPLETED: ("Terminado: {title}", "«{title}» está terminado y se puede descargar."),
        MailKind.BRIEF_SUBMITTED: ("Un encargo por aprobar: {title}", "«{title}» espera su aprobación."),
        MailKind.BRIEF_APPROVED: ("Aprobado: {title}", "Su encargo «{title}» está aprobado."),
        MailKind.BRIEF_RETURNED: ("Complételo: {title}", "Su encargo «{title}» ha sido devuelto."),
        MailKind.DIGEST: ("Lo que le espera", "Esto es nuevo desde el último correo de este tipo."),
    },
    groups={
        Group.OVERDUE: "Fuera de plazo",
        Group.DUE_TOMORROW: "Vence en un día",
        Group.TO_REVIEW: "Entregado para su revisión",
        Group.SOURCE_QC: "Espera el control de calidad del original",
        Group.FINAL_REVIEW: "Espera la revisión final",
        Group.FAILED: "Ha fallado",
    },
)
ENGLISH = _EN
_KNOWN = {words.code: words for words in (_EN, _ES)}


def words_of(language: str) -> Words:
    """The texts for a BCP 47 code, ignoring its region."""
    return _KNOWN.get(language.partition("-")[0].lower(), _EN)
