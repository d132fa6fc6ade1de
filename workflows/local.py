"""`backsmith work`: the developer and the gates on a local repository, without any account.

The same stages, prompts, tools and gates as for a ticket; the graph's effects are called directly
instead of through Temporal. The ledger makes it resumable: the same ticket on the same base goes on
where it stopped, and nothing is paid twice.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from agent.acting import act
from agent.commits import LOOKED_AT, commit_message, style_of
from agent.desk import Desk
from agent.diffs import changed_paths
from agent.domain.errors import RateLimitedError, SettingsError, TransientError
from agent.domain.evidence import Gate, Verdict, verdict
from agent.domain.ids import (
    BranchName,
    CommitSha,
    LifeId,
    RunId,
    TicketKey,
    branch_name,
    is_ticket_key,
)
from agent.domain.plan import Plan
from agent.domain.repository import Repository
from agent.domain.run import (
    Acted,
    Proof,
    Reviewed,
    RunOutcome,
    RunResult,
    RunSpec,
    Stage,
    Thought,
)
from agent.domain.value import Value
from agent.evidence.openapi import comparison_in
from agent.graph import initial_state, run_graph
from agent.opening import open_run
from agent.proving import measure, prove
from agent.readiness import question_about
from agent.report import Revisions, pull_request_body, pull_request_title
from agent.reviewing import PURPOSE, review
from agent.thinking import think
from workflows.overview import model_result, tests_result
from workflows.state import Policy
from workflows.writing import Writing

MODEL_ATTEMPTS = 6


class LocalTicket(Value):
    """A ticket from a file: front matter, if any, then Markdown."""

    key: TicketKey
    summary: str
    description: str
    labels: tuple[str, ...] = ()


def read_ticket(text: str, name: str) -> LocalTicket:
    """Parse a ticket file; the key comes from the front matter, the file's name, or the text."""
    front, body = _front_matter(text.lstrip("\ufeff\r\n \t"))
    stem = Path(name).stem
    named = str(front.get("key") or stem)
    digest = int(sha256(text.encode()).hexdigest()[:6], 16)
    key = named if is_ticket_key(named) else f"WORK-{digest}"
    heading = re.match(r"#+\s*(.+)\n?", body)
    summary = str(front.get("summary") or (heading.group(1) if heading else "")).strip()
    first = next((line for line in body.splitlines() if line.strip()), "")
    return LocalTicket(
        key=TicketKey(key),
        summary=summary or first[:120],
        description=body.strip(),
        labels=_labels(front.get("labels")),
    )


def _labels(written: Any) -> tuple[str, ...]:
    """Return labels from a list, or from a text with commas."""
    labels = written.split(",") if isinstance(written, str) else written
    return tuple(str(label).strip() for label in labels) if isinstance(labels, list) else ()


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    parts = re.match(r"---\n(.*?)\n---\n\s*(.*)", text, re.DOTALL)
    if not parts:
        return {}, text
    try:
        front = yaml.safe_load(parts.group(1))
    except yaml.YAMLError as error:
        raise SettingsError(f"the ticket's front matter is not YAML: {error}") from error
    return (front if isinstance(front, dict) else {}), parts.group(2)


def _wait(state: RetryCallState) -> float:
    """Wait as long as the other side asked for, else twice as long each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimitedError):
        return error.retry_after.total_seconds()
    return wait_exponential(multiplier=1, max=60)(state)


def _cause(state: RetryCallState) -> str:
    return str(state.outcome.exception()) if state.outcome else "no answer"


@dataclass(frozen=True)
class DirectEffects:
    """The graph's effects, called in threads of this process."""

    desk: Desk
    spec: RunSpec
    progress: Callable[[str], None]

    async def listen(self, position: int) -> int:
        """Nobody speaks in between."""
        return 0 * position

    async def think(self, position: int, head: str) -> Thought:
        """Call the model once."""
        heard = Writing(self.spec.stage, self.progress)
        thought = await asyncio.to_thread(
            self._retrying(), think, self.desk, self.spec, position, CommitSha(head), heard
        )
        self.progress(f"{self.spec.stage}: model call, {thought.calls} tool calls")
        return thought

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(TransientError),
            wait=_wait,
            stop=stop_after_attempt(MODEL_ATTEMPTS),
            before_sleep=lambda state: self.progress(f"model: {_cause(state)}; trying again"),
            reraise=True,
        )

    async def act(self, position: int, head: str) -> Acted:
        """Carry out the tool calls of the newest reply."""
        return await asyncio.to_thread(act, self.desk, self.spec, position, CommitSha(head))

    async def prove(self, position: int, head: str) -> Proof:
        """Run the gates."""
        self.progress(f"{self.spec.stage}: running the gates")
        return await asyncio.to_thread(prove, self.desk, self.spec, position, CommitSha(head))

    async def review(self, position: int, head: str) -> Reviewed:
        """Have the finished change read by a fresh context."""
        self.progress(f"{self.spec.stage}: reading its own change")
        heard = Writing("self-review", self.progress)
        return await asyncio.to_thread(
            self._retrying(), review, self.desk, self.spec, position, CommitSha(head), heard
        )

    def must_cut(self) -> bool:
        """There is no history that could grow too long."""
        return False


@dataclass
class LocalWork:
    """One ticket on one local repository."""

    desk: Desk
    repository: Repository
    ticket: LocalTicket
    base: CommitSha
    policy: Policy
    progress: Callable[[str], None]
    answer: str = ""
    """An answer to the question that the last start ended with."""
    _position: int = 0
    _runs: int = 0
    _steps: int = 0
    _head: CommitSha = field(default=CommitSha(""))

    def __post_init__(self) -> None:
        """Derive the life from what is worked on, so that a second start goes on with it."""
        seed = f"{self.repository.git_url}\n{self.base}\n{self.ticket.description}"
        self.life = LifeId(f"{self.ticket.key}-{sha256(seed.encode()).hexdigest()[:8]}")
        self.branch: BranchName = branch_name(self.ticket.key, self.ticket.summary)
        self._head = self.base

    async def run(self) -> dict[str, Any]:
        """Carry the ticket out; return the JSON of `work`."""
        self.keep_ticket()
        if question := question_about("\n".join([self.ticket.description, self.answer])):
            return self._result(None, questions=[question], reason="the ticket has no text")
        answers = [str(answer) for answer in self.desk.ledger.list(self.life, "answer")]
        for stage in (Stage.PLAN, Stage.DEVELOP):
            result = await self._stage(stage)
            while result.outcome is RunOutcome.QUESTION and answers:
                self._pass_on(result.reason, answers.pop(0), stage)
                result = await self._stage(stage)
            if result.outcome is RunOutcome.DONE:
                break
            if result.outcome is not RunOutcome.PLANNED:
                return self._stopped(result)
        return self._publish()

    def keep_ticket(self) -> None:
        """Write the ticket to the ledger, as its tracker would have."""
        body = self.ticket.model_dump(mode="json") | {"url": "", "clarifications": []}
        self.desk.ledger.replace(self.life, "ticket", "current", body)
        if self.answer.strip():
            name = sha256(self.answer.encode()).hexdigest()[:16]
            self.desk.ledger.keep(self.life, "answer", name, self.answer.strip())

    def _pass_on(self, question: str, answer: str, stage: Stage) -> None:
        """Give the next run of a stage the question that the last one ended with, answered."""
        run = RunId(f"{self.life}/{self._runs + 1}-{stage}")
        text = f"You asked: {question}\n{answer}"
        self.desk.ledger.replace(self.life, "remark", run, text)

    async def _stage(self, stage: Stage) -> RunResult:
        self._runs += 1
        spec = self.spec(stage)
        kept = self.desk.ledger.find(self.life, "result", spec.run)
        result = RunResult.model_validate(kept) if kept else await self._live(spec)
        self._position, self._head = result.position, result.head
        self._steps += result.steps
        return result

    async def _live(self, spec: RunSpec) -> RunResult:
        self.progress(f"{spec.stage}: begins")
        if spec.stage is Stage.PLAN:
            self.progress("the gates run on the code as it is")
            await asyncio.to_thread(measure, self.desk, spec, self.base, tuple(Gate))
        position = await asyncio.to_thread(open_run, self.desk, spec)
        effects = DirectEffects(self.desk, spec, self.progress)
        final = await run_graph(spec, effects, initial_state(spec, position))
        result = RunResult(
            outcome=RunOutcome(final["outcome"]),
            head=CommitSha(final["head"]),
            position=final["position"],
            steps=final["steps"],
            reason=final["reason"],
        )
        if result.outcome in (RunOutcome.PLANNED, RunOutcome.DONE):
            self.desk.ledger.keep(self.life, "result", spec.run, result.model_dump(mode="json"))
        return result

    def spec(self, stage: Stage) -> RunSpec:
        """Return what the next run of a stage is given."""
        return RunSpec(
            life=self.life,
            run=RunId(f"{self.life}/{self._runs}-{stage}"),
            ticket=self.ticket.key,
            stage=stage,
            repository=self.repository,
            base=self.base,
            head=self._head,
            position=self._position,
            model=self.policy.model_for(stage),
            budget_usd=self.policy.budget_usd,
            approval="never",  # nobody is there to ask; the branch is a proposal
            may_go_on=self.policy.may_go_on(),
            review_model=self.policy.review_model(),
        )

    def _stopped(self, result: RunResult) -> dict[str, Any]:
        asked = self.desk.ledger.find(self.life, "question", "current") or {"questions": []}
        is_question = result.outcome is RunOutcome.QUESTION
        questions = asked["questions"] if is_question else []
        return self._result(None, questions=questions, reason=result.reason)

    def _publish(self) -> dict[str, Any]:
        ledger, workspace = self.desk.ledger, self.desk.workspace
        summary = ledger.find(self.life, "summary", "current") or {}
        style = style_of(workspace.subjects(self.repository, self.base, LOOKED_AT))
        changed = changed_paths(workspace.diff(self.repository, self.base, self._head))
        run = f"{self.life}/{self._runs}"
        message = commit_message(self.ticket.key, summary, run, self._steps, style, changed)
        commit = workspace.commit(self.repository, self._head, self.base, message)
        if commit == self.base:
            return self._result(None, reason="the work ended without any change")
        for item in ledger.evidence(self.life, self._head):
            ledger.record(self.life, item.model_copy(update={"commit": commit}))
        workspace.push(self.repository, self.branch, commit)
        workspace.close(self.repository, self.life)
        return self._result(commit)

    def pull_request_text(self, commit: CommitSha) -> str:
        """Return the title and the body that a pull request would have."""
        ledger = self.desk.ledger
        summary = ledger.find(self.life, "summary", "current") or {}
        plan = ledger.find(self.life, "plan", "current")
        title = pull_request_title(self.ticket.key, str(summary.get("title", "")))
        body = pull_request_body(
            {"key": self.ticket.key, "summary": self.ticket.summary, "url": ""},
            summary,
            Plan.model_validate(plan) if plan else None,
            [e for e in ledger.evidence(self.life, self.base) if e.gate is Gate.TESTS],
            ledger.evidence(self.life, commit),
            changed=changed_paths(self.desk.workspace.diff(self.repository, self.base, commit)),
            api=comparison_in(self.desk.artifacts, ledger.evidence(self.life, commit)),
            between=Revisions(base=self.base, head=commit),
        )
        return f"# {title}\n\n{body}\n"

    def _result(
        self,
        commit: CommitSha | None,
        questions: list[str] | None = None,
        reason: str | None = None,
    ) -> dict[str, Any]:
        ledger = self.desk.ledger
        evidence = ledger.evidence(self.life, commit or self._head)
        says = verdict(evidence) if commit else Verdict.INCOMPLETE
        return {
            "ticket": self.ticket.key,
            "outcome": "done" if commit else "blocked",
            "branch": self.branch if commit else None,
            "base": self.base,
            "head": commit,
            "commits": [commit] if commit else [],
            "verdict": says.value,
            "tests": tests_result(ledger, self.life, self.base, commit or self._head),
            "questions": questions or [],
            "reason": reason or None,
            "model": model_result(ledger.spent(self.life)),
            "self_review": model_result(ledger.spent(self.life, PURPOSE)),
        }
