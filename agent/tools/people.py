"""Turning to people: a plan, a question, an answer to a review."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent.domain.plan import Plan
from agent.domain.run import Signal, Stage
from agent.tools.base import Bench, Tool, ToolOutcome


class ProposePlan(Tool):
    """Propose what you will change; propose again if it turns out wrong.

    With a migration, breaking change, security change, new dependency or open question it waits
    for a person. Otherwise edit_files, run_checks and finish may follow in the same answer.
    """

    name: ClassVar[str] = "propose_plan"
    stages = frozenset({Stage.PLAN, Stage.DEVELOP})

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
    risks: list[str] = Field(default_factory=list, description="What could go wrong in use.")
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
    """One question and what can be answered."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1)
    choices: list[str] = Field(max_length=4, description="Two to four answers to choose from.")

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
    """Ask what only people can decide, such as missing or contradictory criteria.

    Work stops for it: never ask what the repository or a stated assumption can answer.
    """

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
