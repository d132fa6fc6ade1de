"""REST: comments and their properties."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from office.jira import edits, payloads
from office.jira.ask import Ask
from office.jira.errors import Refused
from office.jira.models import Comment, Ticket
from office.jira.ticket_routes import read_property, write_property


def list_comments(ask: Ask) -> Response:
    """Return a page of comments, oldest first unless `orderBy=-created`."""
    start, most = ask.number("startAt", 0), ask.number("maxResults", 100)
    ticket = ask.ticket
    ordered = ticket.comments[::-1] if ask.query("orderBy") == "-created" else ticket.comments
    page = ordered[start : start + most]
    body = {
        "startAt": start,
        "maxResults": most,
        "total": len(ordered),
        "comments": [_shown(ask, ticket, each) for each in page],
    }
    return JSONResponse(body)


def get_comment(ask: Ask) -> Response:
    """Return one comment."""
    ticket = ask.ticket
    return JSONResponse(_shown(ask, ticket, _comment(ticket, ask.path("number"))))


def add_comment(ask: Ask) -> Response:
    """Write a comment; its body must be an Atlassian document."""
    body, ticket = ask.fields(), ask.ticket
    text = edits.document(body.get("body"), "comment")
    properties = {each["key"]: each["value"] for each in body.get("properties") or []}
    comment = ask.jira.add_comment(
        ticket, text, ask.person, properties=properties, visibility=body.get("visibility")
    )
    return JSONResponse(_shown(ask, ticket, comment), 201)


def edit_comment(ask: Ask) -> Response:
    """Replace the text of one's own comment."""
    body, ticket = ask.fields(), ask.ticket
    comment = _comment(ticket, ask.path("number"))
    if comment.author is not ask.person:
        raise Refused(400, "You do not have the permission to edit this comment.")
    ask.jira.edit_comment(ticket, comment, edits.document(body.get("body"), "comment"), ask.person)
    return JSONResponse(_shown(ask, ticket, comment))


def list_properties(ask: Ask) -> Response:
    """Return the names of a comment's properties."""
    comment = _anywhere(ask)
    root = f"{ask.base}/comment/{comment.id}/properties"
    return JSONResponse(
        {"keys": [{"self": f"{root}/{name}", "key": name} for name in comment.properties]}
    )


def get_property(ask: Ask) -> Response:
    """Return one property of a comment."""
    return read_property(_anywhere(ask).properties, ask.path("name"))


def put_property(ask: Ask) -> Response:
    """Set one property of a comment."""
    return write_property(_anywhere(ask).properties, ask)


def _shown(ask: Ask, ticket: Ticket, comment: Comment) -> dict[str, object]:
    return payloads.comment(comment, ticket, ask.base, ask.query("expand"))


def _comment(ticket: Ticket, number: str) -> Comment:
    for comment in ticket.comments:
        if comment.id == number:
            return comment
    raise Refused(404, f"Can not find a comment for the id: {number}.")


def _anywhere(ask: Ask) -> Comment:
    for ticket in ask.jira.tickets.values():
        for comment in ticket.comments:
            if comment.id == ask.path("number"):
                return comment
    raise Refused(404, f"Can not find a comment for the id: {ask.path('number')}.")
