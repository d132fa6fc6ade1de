"""The local Jira: its state, and what people do in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from starlette.applications import Starlette

from office.faults import Fault
from office.jira import adf, edits, markdown, render, view, webhooks
from office.jira.app import build
from office.jira.errors import Refused, no_ticket
from office.jira.models import (
    STORY_POINTS,
    Attachment,
    Comment,
    Component,
    Document,
    Entry,
    Item,
    Project,
    RemoteLink,
    Ticket,
    TicketLink,
)
from office.jira.workflow import STATUSES, moves_from
from office.people import LEAD, Person
from office.world import Feed, Hook, Post, now


class Jira:
    """A Jira Cloud site in memory. Use it on the office's loop only."""

    def __init__(self, feed: Feed, post: Post) -> None:
        """Start with no project; changes go to `feed`, webhooks through `post`."""
        self.origin = ""
        self.hooks: list[Hook] = []
        self.faults: list[Fault] = []
        self.retry_delays: Sequence[float] = (0.5, 1, 2, 4, 8)
        """Seconds between the attempts of a webhook; the real site waits 5 to 15 minutes."""
        self.projects: dict[str, Project] = {}
        self.tickets: dict[str, Ticket] = {}
        """By key, oldest first."""
        self.lead = LEAD
        self._feed = feed
        self._post = post
        self._numbers = itertools.count(10_000)

    def app(self) -> Starlette:
        """Return the REST API."""
        return build(self)

    def view(self) -> dict[str, Any]:
        """Return the boards, readable."""
        boards = [view.board(each, self.tickets.values()) for each in self.projects.values()]
        return {"projects": boards}

    def next_id(self) -> str:
        """Return a number that no other object of the site has."""
        return str(next(self._numbers))

    def add_project(self, key: str, name: str) -> Project:
        """Set up a board."""
        self.projects[key] = Project(self.next_id(), key, name)
        return self.projects[key]

    def add_component(self, project: Project, name: str) -> Component:
        """Return the component of that name, new if need be."""
        if name not in project.components:
            project.components[name] = Component(self.next_id(), name)
        return project.components[name]

    def add_ticket(
        self,
        key: str,
        summary: str,
        description: str | Document | None,
        *,
        components: Iterable[str] = (),
        labels: Iterable[str] = (),
        reporter: Person = LEAD,
        story_points: float | None = None,
    ) -> Ticket:
        """Write a ticket with this key, like `PAY-7`; a text description is simple Markdown."""
        project = self.projects[key.rpartition("-")[0]]
        body = markdown.document(description) if isinstance(description, str) else description
        if body is not None and (flaw := adf.flaw(body)):
            raise ValueError(f"The description of {key} is not an Atlassian document: {flaw}")
        values: edits.Values = {
            "summary": summary,
            "description": body,
            "labels": list(labels),
            "components": [self.add_component(project, name) for name in components],
            STORY_POINTS: story_points,
        }
        return self.create(project, values, reporter, number=int(key.rpartition("-")[2]))

    def create(
        self, project: Project, values: edits.Values, by: Person, *, number: int | None = None
    ) -> Ticket:
        """Write a ticket from checked values; without `number` it gets the next one."""
        number = number or project.last_number + 1
        project.last_number = max(project.last_number, number)
        moment = now()
        ticket = Ticket(
            id=self.next_id(),
            key=f"{project.key}-{number}",
            project=project,
            summary="",
            description=None,
            reporter=values.get("reporter") or by,
            created=moment,
            updated=moment,
        )
        items = edits.apply(ticket, values)
        self.tickets[ticket.key] = ticket
        self._feed.publish("jira", "ticket", key=ticket.key, action="created", by=by.name)
        items.append(Item("Status", "status", None, None, ticket.status.id, ticket.status.name))
        entry = Entry(self.next_id(), by, moment, tuple(items))
        self._send_ticket("jira:issue_created", "issue_created", ticket, entry)
        return ticket

    def find(self, key_or_id: str) -> Ticket:
        """Return a ticket by key or id.

        Raises:
            Refused: 404.
        """
        for ticket in self.tickets.values():
            if key_or_id.upper() == ticket.key or key_or_id == ticket.id:
                return ticket
        raise no_ticket()

    def change(self, ticket: Ticket, values: edits.Values, by: Person) -> None:
        """Set checked values; nothing happens if they are there already."""
        items = edits.apply(ticket, values)
        if not items:
            return
        assigned = any(item.field_id == "assignee" for item in items)
        self._record(ticket, items, by, "issue_assigned" if assigned else "issue_updated")
        to = ticket.assignee.name if ticket.assignee else None
        if assigned:
            self._feed.publish("jira", "assign", key=ticket.key, to=to, by=by.name)
        if len(items) > assigned:
            names = [item.field_id for item in items]
            self._feed.publish(
                "jira", "ticket", key=ticket.key, action="edited", fields=names, by=by.name
            )

    def assign(self, key: str, person: Person | None, by: Person) -> None:
        """Give the ticket to a person, or to nobody."""
        self.change(self.find(key), {"assignee": person}, by)

    def transition(self, key: str, to_status_name: str, by: Person) -> None:
        """Move the ticket to another column.

        Raises:
            Refused: 400 if the workflow has no such move from here.
        """
        ticket = self.find(key)
        for move in moves_from(ticket.status):
            if move.target.name == to_status_name:
                before, ticket.status = ticket.status, move.target
                break
        else:
            known = to_status_name in {status.name for status in STATUSES}
            why = f"'{ticket.status.name}' to '{to_status_name}'" if known else "an unknown status"
            raise Refused(400, f"The workflow does not allow a transition from {why}.")
        item = Item("status", "status", before.id, before.name, ticket.status.id, to_status_name)
        self._record(ticket, [item], by, "issue_generic")
        self._feed.publish(
            "jira",
            "transition",
            key=ticket.key,
            before=before.name,
            after=to_status_name,
            by=by.name,
        )

    def comment(self, key: str, text: str, by: Person) -> Comment:
        """Write a comment; `text` is simple Markdown, and `@Name` mentions that person."""
        return self.add_comment(self.find(key), markdown.document(text, keep_lines=True), by)

    def add_comment(
        self,
        ticket: Ticket,
        body: Document,
        by: Person,
        *,
        properties: dict[str, Any] | None = None,
        visibility: dict[str, Any] | None = None,
    ) -> Comment:
        """Write a comment that is a checked document."""
        moment = now()
        comment = Comment(
            self.next_id(), by, body, moment, moment, by, properties or {}, visibility
        )
        ticket.comments.append(comment)
        ticket.updated = moment
        self._send_comment("comment_created", comment, ticket, by)
        return comment

    def edit_comment(self, ticket: Ticket, comment: Comment, body: Document, by: Person) -> None:
        """Replace the text of a comment."""
        comment.body, comment.update_author = body, by
        comment.updated = ticket.updated = now()
        self._send_comment("comment_updated", comment, ticket, by)

    def attach(
        self, key: str, filename: str, content: bytes, by: Person, *, mime_type: str = "text/plain"
    ) -> Attachment:
        """Put a file on a ticket."""
        ticket = self.find(key)
        attachment = Attachment(self.next_id(), filename, content, mime_type, by, now())
        ticket.attachments.append(attachment)
        item = Item("Attachment", "attachment", None, None, attachment.id, filename)
        self._record(ticket, [item], by, "issue_updated")
        self._feed.publish("jira", "ticket", key=key, action="attached", file=filename, by=by.name)
        return attachment

    def link(self, key: str, other: str, by: Person, *, kind: str = "Blocks") -> None:
        """Link two tickets; `key` is the one that blocks."""
        number = self.next_id()
        self.find(key).links.append(TicketLink(number, kind, True, self.find(other).key))
        self.find(other).links.append(TicketLink(number, kind, False, self.find(key).key))
        self._feed.publish("jira", "ticket", key=key, action="linked", other=other, by=by.name)

    def put_remote_link(self, ticket: Ticket, link: RemoteLink, by: Person) -> tuple[int, bool]:
        """Add a link to something outside, or replace the one with its global id.

        Returns the id, and whether the link is new.
        """
        for old in ticket.remote_links:
            if link.global_id is not None and old.global_id == link.global_id:
                old.object, old.relationship = link.object, link.relationship
                old.application = link.application
                return old.id, False
        ticket.remote_links.append(link)
        self._feed.publish(
            "jira", "ticket", key=ticket.key, action="remote link", link=link.object, by=by.name
        )
        return link.id, True

    def _record(self, ticket: Ticket, items: Sequence[Item], by: Person, kind: str) -> None:
        ticket.updated = now()
        entry = Entry(self.next_id(), by, ticket.updated, tuple(items))
        ticket.history.append(entry)
        self._send_ticket("jira:issue_updated", kind, ticket, entry)

    def _send_ticket(self, event: str, kind: str, ticket: Ticket, entry: Entry) -> None:
        body = webhooks.ticket_event(event, kind, entry, ticket, self.tickets, self.origin)
        webhooks.send(self.hooks, self._post, body, self.retry_delays)

    def _send_comment(self, event: str, comment: Comment, ticket: Ticket, by: Person) -> None:
        body = webhooks.comment_event(event, comment, ticket, self.origin)
        webhooks.send(self.hooks, self._post, body, self.retry_delays)
        self._feed.publish(
            "jira",
            "comment",
            key=ticket.key,
            id=comment.id,
            edited=event == "comment_updated",
            text=render.markdown(comment.body),
            by=by.name,
        )
