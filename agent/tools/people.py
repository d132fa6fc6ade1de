"""Turning to people: a plan, a question, an answer to a review."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent.domain.plan import Plan
from agent.domain.run import Signal, Stage
from agent.tools.base import Bench, Tool, ToolOutcome


class ProposePlan(Tool):
    """Say what you will change; again if that turns out wrong."""

    name: ClassVar[str] = "propose_plan"
    stages = frozenset({Stage.PLAN, Stage.DEVELOP})

    summary: str = Field(min_length=1, description="Two or three sentences")
    files: list[str]
    endpoints: list[str] = Field(default_factory=list, description="`GET /orders`")
    migrations: list[str] = Field(default_factory=list)
    tests: list[str] = Field(default_factory=list, description="What each proves")
    new_dependencies: list[str] = Field(default_factory=list)
    breaking_changes: list[str] = Field(default_factory=list, description="For API clients")
    security_sensitive: list[str] = Field(default_factory=list)
    exceptions: list[str] = Field(
        default_factory=list, description="What a check refuses: `protected: PATH`"
    )
    risks: list[str] = Field(default_factory=list)
    open_questions: list[str] = Field(default_factory=list)
    assumptions: list[str] = Field(default_factory=list)

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the plan."""
        plan = Plan.model_validate(self.model_dump())
        return ToolOutcome(
            text="The plan is kept.",
            signal=Signal.PLAN,
            record=("plan", "current", plan.model_dump(mode="json")),
        )


class Question(BaseModel):
    """A question and the answers to choose from."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1)
    choices: list[str] = Field(max_length=4)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        """Take a question that came as mere text: a weak model still asks well."""
        return {"question": given, "choices": []} if isinstance(given, str) else given

    def text(self) -> str:
        """Return the question with its choices, lettered."""
        lettered = (f"({chr(97 + place)}) {choice}" for place, choice in enumerate(self.choices))
        return " ".join((self.question, *lettered))


class AskHuman(Tool):
    """Ask what only people can decide; work stops until they answer."""

    name: ClassVar[str] = "ask_human"

    questions: list[Question] = Field(min_length=1, max_length=3)

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the questions."""
        asked = [question.text() for question in self.questions]
        return ToolOutcome(
            text="The questions were passed on.",
            signal=Signal.ASK,
            record=("question", "current", {"questions": asked}),
        )


class AnswerReview(Tool):
    """Reply to a review comment in one or two sentences: what changed, or why not."""

    name: ClassVar[str] = "answer_review"
    stages = frozenset({Stage.RESPOND})

    comment: int = Field(ge=1, description="Its number")
    reply: str = Field(min_length=1)

    def run(self, bench: Bench) -> ToolOutcome:
        """Keep the reply; it is posted with the commit that settles it."""
        return ToolOutcome(
            text=f"The reply to comment {self.comment} is kept.",
            record=("reply", str(self.comment), {"reply": self.reply}),
            is_of_run=True,
        )
