"""Lives whose histories are kept, so that a change of the workflows' code is held against them."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.fakes.chat_model import call, calls
from tests.workflow.service import Running
from tests.workflow.team import Team, look, plan, write
from workflows.state import NoticeKind

RISKY = plan(migrations=["a new column"])
CODE = write("price = 2\n")


class Scenario(NamedTuple):
    """What the model says, what CI says, and what people do."""

    turns: tuple[Callable[[], Team], Callable[[Running], Awaitable[object]]]
    has_short_histories: bool = False


def team(*turns: object, conclusions: tuple[str, ...] = ("success",)) -> Team:
    """Return a team with an assigned ticket."""
    made = Team(*turns)  # type: ignore[arg-type]
    made.assign()
    made.host.conclusions = list(conclusions)
    return made


async def merge(ticket: Running) -> None:
    """Merge once a review is asked for."""
    await ticket.until_rest("waiting for review")
    ticket.team.host.merge(*ticket.team.pull)
    await ticket.tell(NoticeKind.LOOK)


async def cancel(ticket: Running) -> None:
    """Cancel while the plan waits."""
    await ticket.until_rest("waits for approval")
    await ticket.tell(NoticeKind.CANCEL)


async def answer(ticket: Running) -> None:
    """Answer the planner's question, approve the plan, and merge."""
    await ticket.until_rest("waiting for an answer")
    await ticket.tell(NoticeKind.SAID, "Net, please.")
    await ticket.until_rest("waits for approval")
    await ticket.tell(NoticeKind.APPROVE)
    await merge(ticket)


def asking() -> Team:
    """Return a team whose model asks first."""
    return team(call("ask_human", questions=["Gross or net?"]), RISKY, CODE)


def repairing() -> Team:
    """Return a team whose CI is red once, and whose first code does not pass the gates."""
    mended = write("price = 3\n")
    broken = write("price = 'broken'\n")
    return team(plan(), broken, CODE, mended, conclusions=("failure", "success"))


def reviewed() -> Team:
    """Return a team whose model plans and works in one answer, and finds a fault afterwards."""
    fault = call("report_findings", findings=[{"path": "app.py:1", "problem": "It must be 3."}])
    made = team(calls(plan(), CODE), fault, write("price = 3\n"), conclusions=("success",))
    made.policy = made.policy.model_copy(update={"self_review": True})
    return made


def slow() -> Team:
    """Return a team whose model takes many steps."""
    return team(look(), plan(), *[look()] * 8, CODE)


SCENARIOS: dict[str, Scenario] = {
    "whole-way": Scenario((lambda: team(plan(), CODE), merge)),
    "cancel": Scenario((lambda: team(RISKY), cancel)),
    "repair": Scenario((repairing, merge)),
    "self-review": Scenario((reviewed, merge)),
    "clarify": Scenario((asking, answer)),
    "fresh-histories": Scenario((slow, merge), has_short_histories=True),
}
