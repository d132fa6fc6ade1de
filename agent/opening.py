"""How a run begins: what the developer is told before the first model call."""

from agent.desk import Desk
from agent.domain.conversation import Message
from agent.domain.errors import ToolError
from agent.domain.run import RunSpec, Stage
from agent.prompting import render
from agent.text import head_and_tail
from agent.tools.base import Bench

_RULES = ("AGENTS.md", "CONTRIBUTING.md")
_RULES_LIMIT = 6_000
_LISTING_LIMIT = 200


def open_run(desk: Desk, spec: RunSpec) -> int:
    """Write the messages that open a run; return how many. Repeating it writes the same ones."""
    messages = [] if spec.position else _introduction(desk, spec)
    messages.append(Message(role="user", content=_task(desk, spec)))
    desk.ledger.write(spec.life, spec.position, messages)
    return len(messages)


def _introduction(desk: Desk, spec: RunSpec) -> list[Message]:
    bench = desk.bench(spec.repository, spec.life, spec.head)
    listing = bench.files("list", path=".", depth=4, limit=_LISTING_LIMIT)
    repository = render(
        "task/repository",
        repository=spec.repository.name,
        files=listing["entries"],
        more=listing["more"],
        stack=bench.stack,
        rules=[(name, text) for name in _RULES if (text := _read(bench, name))],
    )
    return [
        Message(role="system", content=render("system/developer")),
        Message(role="user", content=repository),
    ]


def _task(desk: Desk, spec: RunSpec) -> str:
    ledger = desk.ledger
    brief = ledger.find(spec.life, "brief", spec.run) or {}
    return render(
        f"task/{spec.stage}",
        ticket=ledger.find(spec.life, "ticket", "current"),
        plan=ledger.find(spec.life, "plan", "current"),
        first=spec.position == 0 or spec.stage is Stage.PLAN,
        brief=brief,
    )


def _read(bench: Bench, path: str) -> str:
    try:
        found = bench.files("read", path=path)
    except ToolError:
        return ""
    return head_and_tail("\n".join(found["lines"]), _RULES_LIMIT)
