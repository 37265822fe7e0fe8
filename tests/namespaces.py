"""A namespace of its own on the session's Temporal server, for what has the same name everywhere."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workflows import names
from workflows.converter import data_converter


async def own_namespace(client: Client) -> Client:
    """A client of a new namespace that speaks our contracts, with our search attributes, over a connection of its own."""
    name = f"own-{uuid4().hex[:8]}"
    kept = Duration(seconds=86_400)
    wanted = {
        key.name: IndexedValueType.ValueType(int(key.indexed_value_type)) for key in names.SEARCH_ATTRIBUTES
    }
    address = client.service_client.config.target_host
    made = await Client.connect(address, namespace=name, data_converter=data_converter)
    async with asyncio.timeout(120):
        while True:  # the server learns of a namespace a little later
            try:
                with contextlib.suppress(RPCError):  # it is there, where an answer was lost
                    await client.workflow_service.register_namespace(
                        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=kept)
                    )
                await made.operator_service.add_search_attributes(
                    AddSearchAttributesRequest(namespace=name, search_attributes=wanted)
                )
                await made.count_workflows("OrgId = 'none'")
                return made
            except RPCError:
                await asyncio.sleep(0.2)
