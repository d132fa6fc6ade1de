"""The developer's steps: opening a run, thinking, acting, proving."""

from dataclasses import dataclass

from temporalio import activity

from agent.acting import act
from agent.desk import Desk
from agent.domain.evidence import Gate
from agent.domain.ids import CommitSha
from agent.domain.run import Acted, Proof, Reviewed, RunSpec, Thought
from agent.domain.value import Value
from agent.hearing import hear
from agent.opening import open_run
from agent.proving import measure, prove
from agent.reviewing import review
from agent.thinking import think
from workflows.activities.heartbeat import heartbeating


class StepInput(Value):
    """One step of a run: where the transcript and the worktree stand."""

    spec: RunSpec
    position: int
    head: CommitSha | None = None


class Hearing(Value):
    """What people said, to be written at `position`."""

    spec: RunSpec
    position: int
    said: tuple[tuple[str, str], ...]
    """(who, text)"""


@dataclass(frozen=True)
class AgentActivities:
    """Steps of a run as activities; each returns what it gave before when it is repeated."""

    desk: Desk

    @activity.defn
    def open_run(self, spec: RunSpec) -> int:
        """Write the run's first messages; return the transcript's length after them."""
        with heartbeating():
            return open_run(self.desk, spec)

    @activity.defn
    def hear(self, hearing: Hearing) -> int:
        """Write what people said; return how many messages."""
        return hear(self.desk, hearing.spec, hearing.position, hearing.said)

    @activity.defn
    def think(self, step: StepInput) -> Thought:
        """Call the model once."""
        with heartbeating() as progress:
            head = step.head or step.spec.head
            return think(
                self.desk, step.spec, step.position, head, lambda text: progress(text[-80:])
            )

    @activity.defn
    def act(self, step: StepInput) -> Acted:
        """Carry out the newest reply's tool calls."""
        with heartbeating():
            return act(self.desk, step.spec, step.position, step.head or step.spec.head)

    @activity.defn
    def prove(self, step: StepInput) -> Proof:
        """Run the gates."""
        with heartbeating():
            return prove(self.desk, step.spec, step.position, step.head or step.spec.head)

    @activity.defn
    def review(self, step: StepInput) -> Reviewed:
        """Have the finished change read by a fresh context."""
        with heartbeating() as progress:
            head = step.head or step.spec.head
            return review(
                self.desk, step.spec, step.position, head, lambda text: progress(text[-80:])
            )

    @activity.defn
    def measure_base(self, spec: RunSpec) -> None:
        """Run the gates at the base: what they find there is not held against the change."""
        with heartbeating():
            measure(self.desk, spec, spec.base, tuple(Gate))
