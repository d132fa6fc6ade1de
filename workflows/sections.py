"""The sections of `backsmith.toml`, as values."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """The base of all sections: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RepositorySection(Section):
    """One `[[repositories]]` entry."""

    name: str
    """`owner/name` on GitHub."""
    git_url: str | None = None
    default_branch: str = "main"
    projects: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] | None = None


class PeopleSection(Section):
    """`[people]`: account ids such as `jira:557058:…`, `slack:U0…`, `github:901`."""

    allowed: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()
    reviewers: tuple[str, ...] = ()
    """GitHub logins that are asked for reviews."""


class FlowSection(Section):
    """`[flow]`: how tickets flow."""

    approval: Literal["risky", "always", "never"] = "risky"
    budget_usd: Decimal = Decimal(5)
    self_review: bool = True
    status_in_progress: str = "In Progress"
    status_in_review: str = "In Review"
    status_done: str = "Done"
    poll_seconds: int = Field(default=60, ge=1)
    ticket_poll_seconds: int = Field(default=120, ge=1)
    remind_hours: int = Field(default=24, ge=1)
    ci_timeout_hours: int = Field(default=2, ge=1)


class PriceSection(Section):
    """`[prices."<model>"]`: US dollars per million tokens."""

    prompt: Decimal
    cached: Decimal
    completion: Decimal


class ModelSection(Section):
    """`[models."<name>"]`: what a model takes, where that is not the usual."""

    tools: Literal["native", "text"] = "native"
    window: int | None = Field(default=None, ge=1_000)
    """Tokens."""
    effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    max_output: int | None = Field(default=None, ge=1)
    """Tokens."""


class StagesSection(Section):
    """`[stages]`: the model of each stage; unset is BACKSMITH_MODEL."""

    plan: str | None = None
    develop: str | None = None
    repair: str | None = None
    respond: str | None = None
    review: str | None = None


SECTIONS = frozenset({"repositories", "people", "flow", "prices", "models", "stages"})
"""What the file holds; everything else comes from the environment."""
