"""One ticket through `backsmith work`: what it cost, and whether the hidden tests pass."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.domain.evidence import GateStatus
from agent.domain.ids import CommitSha
from integrations.ledger.ledger import open_ledger
from tests.bench.meter import Meter, MeteredCall
from tests.bench.tickets_world import (
    ROOT,
    Judgement,
    Ticket,
    cache,
    judge,
    make_repository,
    python_of,
)

_NOT_PASSED_ON = ("BACKSMITH_", "JIRA_", "GITHUB_", "SLACK_", "OPENAI_", "TEMPORAL_")
LIMIT_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Endpoint:
    """The model that works on the tickets."""

    url: str
    model: str
    key: str


@dataclass(frozen=True)
class TicketFigures:
    """What became of one ticket, and what it took."""

    ticket: str
    solved: bool
    hidden_passed: int
    hidden_failed: int
    hidden_failures: tuple[str, ...]
    outcome: str
    verdict: str
    reason: str
    calls: int
    """Model calls that were answered, counted at the wire."""
    failed_calls: int
    prompt_tokens: int
    completion_tokens: int
    cached_share: float
    """Part of the prompt tokens that came from the provider's cache; 0 to 1."""
    seconds: float
    """From the start of the command to its end."""
    model_seconds: float
    """The part of `seconds` that the model had."""
    gate_seconds: float
    """The part that the gates' commands had, as far as there is evidence of them."""
    step_seconds: float
    """What is left, for each call: the harness and the commands that the model asked for."""
    gates_passed: int
    gates: dict[str, str]
    """Gate to status, at the commit that was judged."""


def run_ticket(ticket: Ticket, endpoint: Endpoint, folder: Path) -> TicketFigures:
    """Have the product carry a ticket out below `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    repository = make_repository(ticket, folder / ticket.repository)
    shutil.copy(ticket.text, folder / "ticket.md")
    _configure(folder, endpoint.model)
    python_of(ticket)  # what has to be installed once is no part of the measurement
    with Meter(endpoint.url) as meter:
        started = time.monotonic()
        result = _work(repository, folder, endpoint, meter.url)
        seconds = time.monotonic() - started
    head = result.get("head")
    judgement = judge(ticket, repository, head) if head else _UNDONE
    return _figures(ticket, result, judgement, meter.calls, seconds, folder)


_UNDONE = Judgement(solved=False, passed=0, failed=0, failures=("there is nothing to judge",))


def _configure(folder: Path, model: str) -> None:
    name = json.dumps(model)
    text = f"[prices.{name}]\nprompt = 0\ncached = 0\ncompletion = 0\n"
    (folder / "backsmith.toml").write_text(text, "utf-8")


def _environment(folder: Path, endpoint: Endpoint, url: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_PASSED_ON)}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": endpoint.key,
        "BACKSMITH_MODEL": endpoint.model,
        "BACKSMITH_HOME": str(folder / "home"),
        "BACKSMITH_CACHE": str(cache()),
    }


def _work(repository: Path, folder: Path, endpoint: Endpoint, url: str) -> dict[str, Any]:
    """Run the command; its document, or what it said instead of one."""
    work = ("-m", "workflows", "work", str(repository), "--ticket", "ticket.md", "--json")
    with (folder / "stdout.json").open("w") as out, (folder / "stderr.txt").open("w") as err:
        try:
            done = subprocess.run(
                [sys.executable, *work],
                cwd=folder,
                env=_environment(folder, endpoint, url),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=LIMIT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"outcome": "timeout", "reason": f"still at it after {LIMIT_SECONDS} s"}
    said = (folder / "stdout.json").read_text("utf-8")
    if said.strip():
        result: dict[str, Any] = json.loads(said)
        return result
    error = (folder / "stderr.txt").read_text("utf-8").strip()
    return {"outcome": f"exit {done.returncode}", "reason": error[-2000:]}


def _figures(
    ticket: Ticket,
    result: dict[str, Any],
    judgement: Judgement,
    calls: Sequence[MeteredCall],
    seconds: float,
    folder: Path,
) -> TicketFigures:
    answered = [call for call in calls if call.status == 200]
    prompt = sum(call.prompt_tokens for call in answered)
    model_seconds = sum(call.seconds for call in calls)
    gates, gate_seconds = _gates(folder / "home", result)
    left = max(seconds - model_seconds - gate_seconds, 0.0)
    return TicketFigures(
        ticket=ticket.slug,
        solved=judgement.solved,
        hidden_passed=judgement.passed,
        hidden_failed=judgement.failed,
        hidden_failures=judgement.failures,
        outcome=str(result.get("outcome")),
        verdict=str(result.get("verdict") or ""),
        reason=str(result.get("reason") or ""),
        calls=len(answered),
        failed_calls=len(calls) - len(answered),
        prompt_tokens=prompt,
        completion_tokens=sum(call.completion_tokens for call in answered),
        cached_share=round(sum(call.cached_tokens for call in answered) / prompt, 3)
        if prompt
        else 0.0,
        seconds=round(seconds, 1),
        model_seconds=round(model_seconds, 1),
        gate_seconds=round(gate_seconds, 1),
        step_seconds=round(left / max(len(answered), 1), 2),
        gates_passed=sum(status == GateStatus.PASS for status in gates.values()),
        gates=gates,
    )


def _gates(home: Path, result: dict[str, Any]) -> tuple[dict[str, str], float]:
    """Return each gate's status at the head, and the seconds of all runs with evidence."""
    path, head = home / "ledger.sqlite", result.get("head")
    if not path.exists() or not head:
        return {}, 0.0
    ledger = open_ledger(f"sqlite:///{path}")
    try:
        life, *_ = ledger.lives()
        found = ledger.evidence(life, CommitSha(head))
        before = ledger.evidence(life, CommitSha(result["base"]))
    finally:
        ledger.close()
    seconds = sum(item.seconds for item in (*before, *found))
    return {item.gate.value: item.status.value for item in found}, seconds


def as_document(figures: Sequence[TicketFigures]) -> dict[str, Any]:
    """Return the figures of a run with their sums, for JSON."""
    prompt = sum(row.prompt_tokens for row in figures)
    cached = sum(row.prompt_tokens * row.cached_share for row in figures)
    return {
        "tickets": [asdict(row) for row in figures],
        "sum": {
            "tickets": len(figures),
            "solved": sum(row.solved for row in figures),
            "calls": sum(row.calls for row in figures),
            "prompt_tokens": prompt,
            "completion_tokens": sum(row.completion_tokens for row in figures),
            "cached_share": round(cached / prompt, 3) if prompt else 0.0,
            "seconds": round(sum(row.seconds for row in figures), 1),
        },
    }
