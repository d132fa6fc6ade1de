"""Turning to people: a plan, a question, an answer to a review."""

from typing import ClassVar

from pydantic import Field

from agent.domain.plan import Plan
from agent.domain.run import Signal, Stage
from agent.tools.base import Bench, Tool, ToolOutcome


class ProposePlan(Tool):
    """Propose what you will change. This ends planning; people may have to approve it."""

    name: ClassVar[str] = "propose_plan"
    stages = frozenset({Stage.PLAN})

    summary: str = Field(min_length=1, description="Two or three sentences.")
    files: list[str] = Field(description="Paths you will add or change.")
    endpoints: list[str] = Field(default_factory=list, description="Such as `GET /orders`.")
    migrations: list[str] = Field(default_factory=list, description="Schema changes; else empty.")
    tests: list[str] = Field(default_factory=list, description="What the new tests will prove.")
    new_dependencies: list[str] = Field(default_factory=list)
    breaking_changes: list[str] = Field(
        default_factory=list, description="What existing API clients will notice; else empty."
    )
    security_sensitive: list[str] = Field(
        default_factory=list, description="Authentication or permission changes; else empty."
    )
    assumptions: list[str] = Field(default_factory=list)

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the plan."""
        plan = Plan.model_validate(self.model_dump())
        return ToolOutcome(
            text="The plan is kept.",
            signal=Signal.PLAN,
            record=("plan", "current", plan.model_dump(mode="json")),
        )


class AskHuman(Tool):
    """Ask the team when the ticket leaves open what only people can decide. Work stops for it."""

    name: ClassVar[str] = "ask_human"

    questions: list[str] = Field(
        min_length=1, max_length=3, description="Concrete questions, each with choices."
    )

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the questions."""
        return ToolOutcome(
            text="The questions were passed on.",
            signal=Signal.ASK,
            record=("question", "current", {"questions": self.questions}),
        )


class AnswerReview(Tool):
    """Write the reply to one review comment, after you made the change that it asks for."""

    name: ClassVar[str] = "answer_review"
    stages = frozenset({Stage.RESPOND})

    comment: int = Field(ge=1, description="The comment's number, as given.")
    reply: str = Field(min_length=1, description="One or two sentences: what changed, or why not.")

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the reply; it is posted with the commit that settles it."""
        return ToolOutcome(
            text=f"The reply to comment {self.comment} is kept.",
            record=("reply", str(self.comment), {"reply": self.reply}),
            is_of_run=True,
        )
