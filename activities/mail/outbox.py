"""Sends one mail of the outbox. At least once: after a crash between the server's answer and the row, it is sent again
with the same Message-ID."""

from __future__ import annotations

from temporalio import activity

from activities.mail.contents import Place, write
from activities.mail.message import compose
from activities.ports import Mailer, MailRefused
from schema.contracts.mails import MailInput, MailOutcome, MailResult
from schema.db import Database
from schema.queries import mails
from schema.tables import Mail, now


class MailActivities:
    def __init__(self, database: Database, mailer: Mailer, place: Place, sender: str) -> None:
        self._database = database
        self._mailer = mailer
        self._place = place
        self._sender = sender

    @activity.defn(name="send_mail")
    async def send_mail(self, inputs: MailInput) -> MailResult:
        async with self._database.begin() as session:
            mail = await session.get(Mail, inputs.mail_id)
            if mail is None or mail.dropped_at is not None:
                return MailResult(outcome=MailOutcome.DROPPED)
            if mail.sent_at is not None:
                return MailResult(outcome=MailOutcome.SENT)
            written = await write(session, mail, self._place)
        if written is None:
            return await self._end(mail, MailResult(outcome=MailOutcome.DROPPED))
        message = compose(written.content, written.recipient, self._sender, mail.id, mail.created_at)
        try:
            await self._mailer.send(message)
        except MailRefused as refused:
            return await self._end(mail, MailResult(outcome=MailOutcome.REFUSED, reason=refused.message))
        return await self._end(mail, MailResult(outcome=MailOutcome.SENT))

    async def _end(self, mail: Mail, result: MailResult) -> MailResult:
        async with self._database.begin() as session:
            await mails.end(session, mail.id, sent=result.outcome is MailOutcome.SENT, at=now())
        return result
