"""The base of every value in the vocabulary."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable, strictly named record that compares by content."""

    model_config = ConfigDict(frozen=True, extra="forbid")
