"""The board as the office's page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from office.jira import payloads, render
from office.jira.models import Project, Ticket
from office.jira.workflow import STATUSES


def board(project: Project, tickets: Iterable[Ticket]) -> dict[str, Any]:
    """Return one project, column by column."""
    mine = [ticket for ticket in tickets if ticket.project is project]
    return {
        "key": project.key,
        "name": project.name,
        "columns": [
            {
                "status": status.name,
                "tickets": [_card(ticket) for ticket in mine if ticket.status is status],
            }
            for status in STATUSES
        ],
    }


def _card(ticket: Ticket) -> dict[str, Any]:
    return {
        "key": ticket.key,
        "summary": ticket.summary,
        "description": render.markdown(ticket.description),
        "status": ticket.status.name,
        "assignee": ticket.assignee.name if ticket.assignee else None,
        "reporter": ticket.reporter.name,
        "labels": list(ticket.labels),
        "components": [part.name for part in ticket.components],
        "story_points": ticket.story_points,
        "links": [
            {"title": link.object["title"], "url": link.object["url"]}
            for link in ticket.remote_links
        ],
        "comments": [
            {
                "id": comment.id,
                "author": comment.author.name,
                "text": render.markdown(comment.body),
                "created": payloads.stamp(comment.created),
                "edited": comment.updated != comment.created,
            }
            for comment in ticket.comments
        ],
        "history": [
            {
                "author": entry.author.name,
                "field": item.field,
                "from": item.before_text,
                "to": item.after_text,
                "time": payloads.stamp(entry.created),
            }
            for entry in ticket.history
            for item in entry.items
        ],
    }
