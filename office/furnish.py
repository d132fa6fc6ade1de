"""Puts two repositories, their boards and tickets, and a channel into an empty office."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from office.building import Office
from office.people import BOT, ENGINEER, LEAD

HERE = Path(__file__).parent
TICKETS = HERE / "tickets"
REPOSITORIES = {"acme/shop": "shop", "acme/clinic": "clinic"}
"""Full name to the folder under `samples`."""
PROJECTS = {"SHOP": "Shop", "CARE": "Clinic"}
CHANNEL = "backsmith"
_REPORTERS = {"lead": LEAD, "engineer": ENGINEER}


@dataclass(frozen=True)
class Paper:
    """One ticket as its file has it."""

    front: dict[str, Any]
    description: str

    @property
    def key(self) -> str:
        """The ticket's key."""
        return str(self.front["key"])


def read_papers(folder: Path = TICKETS) -> list[Paper]:
    """Return the tickets of a folder, by project and number."""
    papers = []
    for path in folder.glob("*.md"):
        _, front, body = path.read_text("utf-8").split("---\n", 2)
        papers.append(Paper(yaml.safe_load(front), body.strip()))
    return sorted(papers, key=lambda paper: (paper.front["project"], _number(paper.key)))


def furnish(office: Office) -> None:
    """Fill a started office."""
    # Repositories first: git runs for each, and a fresh page should not show half a board.
    office.call(lambda: _repositories(office))
    office.call(lambda: _boards(office))
    office.call(lambda: office.slack.add_channel(CHANNEL, (BOT, LEAD, ENGINEER)))


def _repositories(office: Office) -> None:
    for full_name, folder in REPOSITORIES.items():
        office.github.add_repository(full_name, HERE / "samples" / folder)


def _boards(office: Office) -> None:
    for key, name in PROJECTS.items():
        office.jira.add_project(key, name)
    for paper in read_papers():
        front = paper.front
        office.jira.add_ticket(
            paper.key,
            front["summary"],
            paper.description or None,
            components=front.get("components") or (),
            labels=front.get("labels") or (),
            reporter=_REPORTERS[front.get("reporter", "lead")],
            story_points=front.get("story_points"),
        )


def _number(key: str) -> int:
    return int(key.rpartition("-")[2])
