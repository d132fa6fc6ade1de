"""What the tracker remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from office.jira.workflow import STATUSES, Status
from office.people import Person

Document = dict[str, Any]
"""An Atlassian document."""


@dataclass(frozen=True)
class Component:
    """One part of a project."""

    id: str
    name: str


@dataclass
class Project:
    """One board."""

    id: str
    key: str
    name: str
    components: dict[str, Component] = field(default_factory=dict)
    last_number: int = 0


@dataclass(frozen=True)
class Item:
    """One changed field of a changelog entry."""

    field: str
    field_id: str
    before: str | None
    before_text: str | None
    after: str | None
    after_text: str | None
    fieldtype: str = "jira"


@dataclass(frozen=True)
class Entry:
    """One changelog entry: what one person changed at once."""

    id: str
    author: Person
    created: datetime
    items: tuple[Item, ...]


@dataclass
class Comment:
    """One comment on a ticket."""

    id: str
    author: Person
    body: Document
    created: datetime
    updated: datetime
    update_author: Person
    properties: dict[str, Any] = field(default_factory=dict)
    visibility: dict[str, Any] | None = None


@dataclass(frozen=True)
class Attachment:
    """One file on a ticket."""

    id: str
    filename: str
    content: bytes
    mime_type: str
    author: Person
    created: datetime


@dataclass
class RemoteLink:
    """One link from a ticket to something outside Jira."""

    id: int
    object: dict[str, Any]
    global_id: str | None = None
    relationship: str | None = None
    application: dict[str, Any] | None = None


@dataclass(frozen=True)
class TicketLink:
    """One link between two tickets, seen from one of them."""

    id: str
    kind: str
    """`Blocks` or `Relates`."""
    outward: bool
    other: str
    """Key of the ticket at the other end."""


@dataclass(kw_only=True)
class Ticket:
    """One ticket and its history."""

    id: str
    key: str
    project: Project
    summary: str
    description: Document | None
    reporter: Person
    created: datetime
    updated: datetime
    issue_type: str = "Story"
    priority: str = "Medium"
    status: Status = STATUSES[0]
    assignee: Person | None = None
    labels: list[str] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    story_points: float | None = None
    comments: list[Comment] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    links: list[TicketLink] = field(default_factory=list)


STORY_POINTS = "customfield_10016"
"""The field id that Cloud gives to "Story point estimate"."""
ISSUE_TYPES = {"Story": "10004", "Task": "10005", "Bug": "10006"}
PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
LINK_KINDS = {
    "Blocks": ("10000", "is blocked by", "blocks"),
    "Relates": ("10003", "relates to", "relates to"),
}
"""Name to id, inward and outward description."""
