"""`backsmith work --dry-run`: what would be sent first, with its tokens; nothing is called."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from agent.desk import Desk
from agent.domain.conversation import Message, ModelRequest, ToolSpec
from agent.domain.run import Stage
from agent.opening import first_messages, task_text
from agent.tools.registry import tool_specs
from integrations.ledger.ledger import open_ledger
from workflows.local import LocalWork, read_ticket
from workflows.settings import load_settings
from workflows.state import Policy
from workflows.wiring import build_artifacts, build_sandbox, build_workspace, model_client
from workflows.work import base_commit, read_text, repository_at

_PARTS = ("system", "tools", "survey", "ticket")
_NO_MODEL = "gpt-5"
"""Whose vocabulary counts where no model is named."""


def show_first_request(path: Path, ticket: str, base: str | None, *, as_json: bool) -> int:
    """Print the first request of a ticket and how many tokens each part of it has."""
    repository = repository_at(path)
    parsed = read_ticket(read_text(ticket), ticket)
    settings = load_settings()
    name = settings.backsmith_model or _NO_MODEL
    artifacts, sandbox = build_artifacts(settings), build_sandbox(settings)
    with TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db")
        try:
            workspace = build_workspace(
                settings.backsmith_home, sandbox, artifacts, lambda _repository: None
            )
            work = LocalWork(
                desk=Desk(ledger, artifacts, workspace, sandbox, model_client(settings)),
                repository=repository,
                ticket=parsed,
                base=base_commit(workspace, repository, base),
                policy=Policy(model=name, budget_usd=settings.flow.budget_usd),
                progress=lambda _line: None,
            )
            parts, request = _first_request(work)
        finally:
            ledger.close()
    _show(parts, request, as_json)
    return 0


def _first_request(work: LocalWork) -> tuple[dict[str, int], ModelRequest]:
    work.keep_ticket()
    spec = work.spec(Stage.PLAN)
    system, survey = first_messages(work.desk, spec)
    task = Message(role="user", content=task_text(work.desk, spec))

    def request(messages: tuple[Message, ...], tools: tuple[ToolSpec, ...] = ()) -> ModelRequest:
        return ModelRequest(key="dry-run", model=spec.model, messages=messages, tools=tools)

    count = work.desk.model.count_tokens
    counted = (
        count(request((system,))),
        count(request((), tool_specs())),
        count(request((survey,))),
        count(request((task,))),
    )
    parts = dict(zip(_PARTS, counted, strict=True))
    return parts, request((system, survey, task), tool_specs())


def _show(parts: dict[str, int], request: ModelRequest, as_json: bool) -> None:
    fixed = parts["system"] + parts["tools"] + parts["survey"]
    console = Console(soft_wrap=True)
    if as_json:
        shown: dict[str, Any] = {"fixed_tokens": fixed, **parts}
        shown["request"] = request.model_dump(mode="json", include={"messages", "tools"})
        console.print_json(json.dumps(shown))
        return
    for message in request.messages:
        console.print(f"[{message.role}]", style="bold", markup=False)
        console.print(message.content + "\n", markup=False, highlight=False)
    names = ", ".join(tool.name for tool in request.tools)
    console.print(f"Tools: {names}\n", markup=False, highlight=False)
    table = Table("part", "tokens")
    for name, tokens in parts.items():
        table.add_row(name, str(tokens))
    table.add_row("fixed (without the ticket)", str(fixed))
    console.print(table)
