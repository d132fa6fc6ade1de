"""Which repository a ticket is about, and under which policy it is worked on. Pure."""

import re
from typing import Protocol

from agent.domain.repository import Repository
from agent.domain.ticket import Ticket
from agent.domain.value import Value
from workflows.state import Policy


class RepositoryEntry(Value):
    """One repository of the configuration and the tickets that it takes."""

    repository: Repository
    projects: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    policy: Policy

    def claims(self, ticket: Ticket) -> int:
        """Return how strongly the ticket points here: 0 for not at all."""
        name = re.escape(self.repository.name)
        linked = re.search(rf"(?<![\w-]){name}(?![\w-])", ticket.description) is not None
        project = ticket.key.rsplit("-", 1)[0]
        return (
            8 * linked
            + 4
            * bool({c.lower() for c in self.components} & {c.lower() for c in ticket.components})
            + 2 * bool(set(self.labels) & set(ticket.labels))
            + 1 * (project in self.projects)
        )


class Catalogue(Protocol):
    """The configured repositories."""

    def repository_of(self, ticket: Ticket) -> tuple[Repository | None, str]:
        """Return the repository, or None and a question for people."""

    def policy_of(self, repository: Repository | None) -> Policy | None:
        """Return the policy of a repository."""


class ConfiguredCatalogue(Value):
    """The catalogue of `backsmith.toml`."""

    entries: tuple[RepositoryEntry, ...]

    def repository_of(self, ticket: Ticket) -> tuple[Repository | None, str]:
        """Return the entry with the strongest claim, if one is stronger than all others."""
        strongest = max((entry.claims(ticket) for entry in self.entries), default=0)
        if not strongest:
            return None, self._question("No repository is set up for this ticket.")
        meant = {e.repository for e in self.entries if e.claims(ticket) == strongest}
        if len(meant) > 1:
            return None, self._question("More than one repository could be meant.")
        return meant.pop(), ""

    def policy_of(self, repository: Repository | None) -> Policy | None:
        """Return the policy of a repository."""
        return next((e.policy for e in self.entries if e.repository == repository), None)

    def _question(self, problem: str) -> str:
        names = ", ".join(entry.repository.name for entry in self.entries) or "none is set up"
        return f"{problem} Which repository is it about? ({names})"
