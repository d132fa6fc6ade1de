"""How we reach Temporal: the SDK's own environment settings, or the embedded server."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError, RPCStatusCode

from agent.domain.errors import SettingsError, TransientError
from agent.domain.ids import TicketKey
from workflows.runner import DATA_CONVERTER, TASK_QUEUE
from workflows.state import Notice, Receipt, TicketStart, TicketStatus

TICKET = "Ticket"
DEFAULT_ADDRESS = "127.0.0.1:7233"
_BROKEN = (
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT,
)
_PATIENCE = timedelta(seconds=10)
_NO_WORKER = "Temporal or the workers do not answer; is `backsmith worker` running?"


@cache
def runtime() -> Runtime:
    """Return the SDK runtime whose own log goes to Python's, never to stdout."""
    filter_ = TelemetryFilter(core_level="WARN", other_level="ERROR")
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter_, forwarding=forwarding)))


def is_configured() -> bool:
    """Tell whether the environment names a Temporal service."""
    return bool(ClientConfig.load_client_connect_config())


async def connect(address: str | None = None) -> Client:
    """Connect as TEMPORAL_ADDRESS and its companions say, or to `address`.

    Raises:
        TransientError: nothing answers there.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", address or DEFAULT_ADDRESS)
    try:
        return await Client.connect(**config, data_converter=DATA_CONVERTER, runtime=runtime())
    except RuntimeError as error:
        raise TransientError(
            f"Temporal does not answer at {config['target_host']}: "
            "start `backsmith up`, or set TEMPORAL_ADDRESS"
        ) from error


async def is_healthy(client: Client) -> bool:
    """Tell whether the service answers."""
    try:
        return await client.service_client.check_health(timeout=timedelta(seconds=2))
    except RPCError:
        return False


async def add_search_attributes(client: Client, names: Sequence[str]) -> None:
    """Make sure that the search attributes exist; a service that manages them itself refuses."""
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    request = AddSearchAttributesRequest(
        namespace=client.namespace, search_attributes=dict.fromkeys(names, keyword)
    )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status not in (RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.PERMISSION_DENIED):
            raise TransientError(f"search attributes cannot be set up: {error.message}") from error


def workflow_id(site: str, key: TicketKey) -> str:
    """Return the one workflow id of a ticket."""
    return f"ticket/{site}/{key}"


class TemporalTickets:
    """The running tickets, by their workflow ids."""

    def __init__(self, client: Client, site: str) -> None:
        self._client = client
        self._site = site

    async def start(self, key: TicketKey, notice: Notice) -> Receipt:
        """Start the ticket's life, or tell the running one; both in one call to the server."""
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            TICKET,
            TicketStart(key=key, site=self._site),
            id=workflow_id(self._site, key),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            static_summary=str(key),
        )
        try:
            handle = await self._client.start_update_with_start_workflow(
                "submit",
                notice,
                start_workflow_operation=operation,
                id=notice.id,
                wait_for_stage=WorkflowUpdateStage.COMPLETED,
                result_type=Receipt,
                rpc_timeout=_PATIENCE,
            )
            receipt: Receipt = await handle.result(rpc_timeout=_PATIENCE)
        except WorkflowUpdateFailedError as error:
            raise SettingsError(f"{key} refused the notice: {error.cause}") from error
        except (WorkflowUpdateRPCTimeoutOrCancelledError, RPCError) as error:
            await _consume(operation)
            raise TransientError(f"{key} cannot be started: {_NO_WORKER}") from error
        return receipt

    async def tell(self, key: TicketKey, notice: Notice) -> bool:
        """Tell the running ticket; False when none runs."""
        handle = self._client.get_workflow_handle(workflow_id(self._site, key))
        try:
            await handle.execute_update(
                "submit",
                notice,
                id=notice.id,
                result_type=Receipt,
                rpc_timeout=_PATIENCE,
            )
        except WorkflowUpdateFailedError as error:
            raise SettingsError(f"{key} refused the notice: {error.cause}") from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise TransientError(f"{key} cannot be told: {_NO_WORKER}") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise TransientError(f"{key} cannot be told: {error.message}") from error
        return True

    async def status(self, key: TicketKey) -> TicketStatus | None:
        """Return where a ticket stands; None when it never ran here."""
        handle = self._client.get_workflow_handle(workflow_id(self._site, key))
        try:
            found: TicketStatus = await handle.query("status", result_type=TicketStatus)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise TransientError(f"{key} does not answer: {error.message}") from error
        return found

    async def has_failed(self, key: TicketKey) -> bool:
        """Tell whether a ticket's workflow ended in a way that it should not."""
        handle = self._client.get_workflow_handle(workflow_id(self._site, key))
        try:
            status = (await handle.describe()).status
        except RPCError as error:
            raise TransientError(f"{key} does not answer: {error.message}") from error
        return status in _BROKEN

    async def running(self) -> list[TicketKey]:
        """Return the keys of all tickets that run on this site."""
        prefix = workflow_id(self._site, TicketKey(""))
        query = f"WorkflowType = '{TICKET}' AND ExecutionStatus = 'Running'"
        found = [item.id async for item in self._client.list_workflows(query)]
        return [TicketKey(item.removeprefix(prefix)) for item in found if item.startswith(prefix)]


async def _consume(operation: WithStartWorkflowOperation[Any, Any]) -> None:
    """Await the operation's own future, which else complains that nobody did."""
    try:
        await operation.workflow_handle()
    except (RPCError, WorkflowAlreadyStartedError):
        return
