"""A survey is made once per commit, for all tickets, and kept in the ledger."""

from agent.domain.ids import LifeId
from agent.domain.repository import Worktree
from agent.ports import Records, Sandbox
from agent.survey.gathering import gather
from agent.survey.surveying import survey
from agent.survey.values import Survey

SURVEYS = LifeId("/surveys")
"""Stands in for a ticket's life; no life has a slash in its name."""
_FORM = "survey-3"
"""Changes with the form of `Survey`, or with what it is made of."""


def surveyed(records: Records, sandbox: Sandbox, worktree: Worktree) -> Survey:
    """Return the survey of the commit that a worktree stands at; the worktree must be untouched."""
    known = records.find(SURVEYS, _FORM, worktree.head)
    if known is None:
        found = survey(gather(sandbox, worktree)).model_dump(mode="json", exclude_defaults=True)
        known = records.keep(SURVEYS, _FORM, worktree.head, found)
    return Survey.model_validate(known)
