"""The ticket's workflow with a timer too many: what must never be released without a patch."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.state import TicketResult, TicketStart
    from workflows.ticket import TicketWorkflow


@workflow.defn(name="Ticket")
class AlteredTicketWorkflow(TicketWorkflow):
    """Waits a moment before it begins."""

    @workflow.init
    def __init__(self, start: TicketStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: TicketStart) -> TicketResult:
        """Wait, then live the ticket's life."""
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(start)
