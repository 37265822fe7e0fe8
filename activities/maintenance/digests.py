"""Digests: what has begun to wait for somebody, to be due or to be late since the last digest."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity
from temporalio.client import Client

from activities.mail.starting import StartMail, start_all
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import MailKind
from schema.queries import digests, mails

_FIRST = timedelta(minutes=15)
_LONGEST = timedelta(days=1)
"""After a longer outage, older items are not reported."""
SETTLED = timedelta(minutes=1)
"""A row's timestamp precedes its commit by a little. Items this young are left to the next digest, because none looks
back."""


class DigestActivities:
    def __init__(self, database: Database, client: Client, start_mail: StartMail) -> None:
        self._database = database
        self._client = client
        self._start_mail = start_mail

    @activity.defn(name="send_digests")
    async def send_digests(self, cursor: Cursor = Cursor()) -> Swept:
        """Writes one mail for each person with something new since the last sweep. All of them are written to the
        outbox, or none. The next sweep continues from here, and a repetition of this one writes no mail twice."""
        until = activity.info().scheduled_time - SETTLED
        since = max(cursor.since or until - _FIRST, until - _LONGEST)
        until = max(since, until)
        span = {"since": since.isoformat(), "until": until.isoformat()}
        async with self._database.begin() as session:
            people = await digests.people(session, since, until)
            told = await mails.tell(session, f"digest/{until.isoformat()}", MailKind.DIGEST, people, **span)
        activity.heartbeat()
        await start_all(self._start_mail, self._client, told)
        return Swept(looked_at=len(people), seen_to=len(told), cursor=Cursor(since=until))
