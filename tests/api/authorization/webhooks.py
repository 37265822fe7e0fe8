"""Webhooks of organisations, and what they were sent."""

from __future__ import annotations

from datetime import timedelta

from schema.enums import WebhookEvent
from schema.tables import Webhook, WebhookDelivery, now
from tests.api.authorization.organizations import organization
from tests.api.authorization.world import Entry, Ids, Site, World, listed, name
from tests.api.people import Person

_ALL = "/organizations/{org_id}/webhooks"
_ONE = f"{_ALL}/{{webhook_id}}"
_URL = "https://hooks.invalid/ours"


async def _webhook(world: World, site: Site, caller: Person) -> Ids:
    """With a delivery that waits for its next attempt."""
    row = Webhook(org_id=site.org.id, name=name(), url=_URL, created_by=world.admin.id, cursor=2**62)
    later = now() + timedelta(days=1)
    delivery = WebhookDelivery(
        webhook_id=row.id, type=WebhookEvent.TEST, asked_at=now(), next_attempt_at=later
    )
    await world.add(row, delivery)
    return {"org_id": site.org.id, "webhook_id": row.id, "delivery_id": delivery.id, "name": row.name}


ENTRIES = {
    f"GET {_ALL}": Entry(_webhook, query=lambda ids: f"q={ids['name']}", shown=listed("webhook_id")),
    f"POST {_ALL}": Entry(organization, lambda ids: {"name": name(), "url": _URL}),
    f"GET {_ONE}": Entry(_webhook),
    f"PATCH {_ONE}": Entry(_webhook, lambda ids: {"events": ["job.completed"]}),
    f"DELETE {_ONE}": Entry(_webhook),
    f"GET {_ONE}/deliveries": Entry(_webhook, shown=listed("delivery_id")),
    f"POST {_ONE}/deliveries/{{delivery_id}}/redeliver": Entry(_webhook),
}
