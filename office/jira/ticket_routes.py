"""REST: tickets, their moves, history, properties and links."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from office.jira import edits, payloads
from office.jira.ask import Ask
from office.jira.errors import Refused
from office.jira.models import Project, RemoteLink, Ticket
from office.jira.workflow import TRANSITIONS, moves_from

LONGEST_PROPERTY_BYTES = 32_768


def get_ticket(ask: Ask) -> Response:
    """Return a ticket with the fields and extras asked for."""
    return JSONResponse(issue(ask, ask.ticket, ask.query("fields"), ask.query("expand")))


def issue(ask: Ask, ticket: Ticket, fields: str, expand: str) -> dict[str, Any]:
    """Return a ticket as JSON; `fields` is a comma list as in the query string."""
    body: dict[str, Any] = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog",
        "id": ticket.id,
        "self": f"{ask.base}/issue/{ticket.id}",
        "key": ticket.key,
    }
    shown = payloads.fields(ticket, ask.jira.tickets, ask.base)
    if names := _chosen(fields, set(shown)):
        body["fields"] = {name: value for name, value in shown.items() if name in names}
    if "renderedFields" in expand:
        body["renderedFields"] = payloads.rendered(ticket)
    if "changelog" in expand:
        entries = [payloads.entry(each, ask.base) for each in reversed(ticket.history)]
        total = len(entries)
        body["changelog"] = {
            "startAt": 0, "maxResults": total, "total": total, "histories": entries,
        }  # fmt: skip
    return body


def _chosen(fields: str, known: set[str]) -> set[str]:
    wanted = [name.strip() for name in fields.split(",") if name.strip()]
    added = {name for name in wanted if not name.startswith("-")}
    removed = {name[1:] for name in wanted if name.startswith("-")}
    everything = not added or added & {"*all", "*navigable"}
    return (known if everything else known & added) - removed


def create_ticket(ask: Ask) -> Response:
    """Write a new ticket."""
    body = ask.fields()
    wanted = body.get("fields") or {}
    project = _project(ask, wanted.get("project"))
    values = edits.read(body, project)
    missing = {
        "summary": "You must specify a summary of the issue.",
        "issuetype": "Specify an issue type",
    }
    errors = {name: text for name, text in missing.items() if name not in values}
    if errors:
        raise Refused(400, errors=errors)
    ticket = ask.jira.create(project, values, ask.person)
    answer = {"id": ticket.id, "key": ticket.key, "self": f"{ask.base}/issue/{ticket.id}"}
    return JSONResponse(answer, 201)


def _project(ask: Ask, wanted: Any) -> Project:
    for project in ask.jira.projects.values():
        if isinstance(wanted, dict) and (
            wanted.get("key") == project.key or str(wanted.get("id")) == project.id
        ):
            return project
    raise Refused(400, errors={"project": "Specify a valid project ID or key"})


def edit_ticket(ask: Ask) -> Response:
    """Change fields, and add the comments of `update`."""
    body, ticket = ask.fields(), ask.ticket
    values = edits.read(body, ticket.project, ticket)
    comments = edits.comments(body)
    ask.jira.change(ticket, values, ask.person)
    for comment in comments:
        ask.jira.add_comment(ticket, comment, ask.person)
    return Response(status_code=204)


def assign(ask: Ask) -> Response:
    """Set the assignee; null and "-1" mean nobody."""
    ticket, wanted = ask.ticket, ask.fields().get("accountId")
    person = None if wanted in (None, "-1") else edits.person_of(wanted, "assignee")
    ask.jira.assign(ticket.key, person, ask.person)
    return Response(status_code=204)


def list_transitions(ask: Ask) -> Response:
    """Return the moves that are allowed from the ticket's status."""
    moves = [payloads.transition(move, ask.base) for move in moves_from(ask.ticket.status)]
    wanted = ask.query("transitionId")
    shown = [move for move in moves if wanted in ("", move["id"])]
    return JSONResponse({"expand": "transitions", "transitions": shown})


def transition(ask: Ask) -> Response:
    """Make a move, with the comments and fields that come along."""
    body, ticket = ask.fields(), ask.ticket
    wanted = str((body.get("transition") or {}).get("id"))
    if wanted not in {move.id for move in moves_from(ticket.status)}:
        raise Refused(400, f"Transition id '{wanted}' is not valid for this issue.")
    values = edits.read(body, ticket.project, ticket)
    comments = edits.comments(body)
    target = next(move.target.name for move in TRANSITIONS if move.id == wanted)
    ask.jira.transition(ticket.key, target, ask.person)
    ask.jira.change(ticket, values, ask.person)
    for comment in comments:
        ask.jira.add_comment(ticket, comment, ask.person)
    return Response(status_code=204)


def list_changelog(ask: Ask) -> Response:
    """Return a page of the history, oldest first."""
    start, most = ask.number("startAt", 0), ask.number("maxResults", 100)
    history = ask.ticket.history
    page = [payloads.entry(each, ask.base) for each in history[start : start + most]]
    body = {
        "self": f"{ask.base}/issue/{ask.path('key')}/changelog",
        "startAt": start,
        "maxResults": most,
        "total": len(history),
        "isLast": start + most >= len(history),
        "values": page,
    }
    return JSONResponse(body)


def list_properties(ask: Ask) -> Response:
    """Return the names of the ticket's properties."""
    root = f"{ask.base}/issue/{ask.ticket.id}/properties"
    keys = [{"self": f"{root}/{name}", "key": name} for name in ask.ticket.properties]
    return JSONResponse({"keys": keys})


def get_property(ask: Ask) -> Response:
    """Return one property of a ticket."""
    return read_property(ask.ticket.properties, ask.path("name"))


def put_property(ask: Ask) -> Response:
    """Set one property of a ticket."""
    return write_property(ask.ticket.properties, ask)


def delete_property(ask: Ask) -> Response:
    """Remove one property of a ticket."""
    read_property(ask.ticket.properties, ask.path("name"))
    del ask.ticket.properties[ask.path("name")]
    return Response(status_code=204)


def read_property(properties: dict[str, Any], name: str) -> Response:
    """Return one property.

    Raises:
        Refused: 404.
    """
    if name not in properties:
        raise Refused(404, f"The property with key '{name}' does not exist.")
    return JSONResponse({"key": name, "value": properties[name]})


def write_property(properties: dict[str, Any], ask: Ask) -> Response:
    """Set one property to the body; 201 if it is new.

    Raises:
        Refused: 400 if the value is missing or too long.
    """
    raw = ask.request.headers.get("content-length", "0")
    if ask.body is None or int(raw) > LONGEST_PROPERTY_BYTES:
        raise Refused(400, "The property value must be JSON of at most 32768 characters.")
    new = ask.path("name") not in properties
    properties[ask.path("name")] = ask.body
    return JSONResponse({}, 201 if new else 200)


def list_remote_links(ask: Ask) -> Response:
    """Return the links to things outside; with `globalId` the one link."""
    ticket, wanted = ask.ticket, ask.query("globalId")
    if not wanted:
        links = [payloads.remote_link(link, ticket, ask.base) for link in ticket.remote_links]
        return JSONResponse(links)
    for link in ticket.remote_links:
        if link.global_id == wanted:
            return JSONResponse(payloads.remote_link(link, ticket, ask.base))
    raise Refused(404, "The remote issue link does not exist.")


def put_remote_link(ask: Ask) -> Response:
    """Add a link, or replace the one with the same global id."""
    body, ticket = ask.fields(), ask.ticket
    thing = body.get("object") or {}
    errors = {name: f"'{name}' is required." for name in ("title", "url") if not thing.get(name)}
    if errors:
        raise Refused(400, errors=errors)
    link = RemoteLink(
        id=int(ask.jira.next_id()),
        object=thing,
        global_id=body.get("globalId"),
        relationship=body.get("relationship"),
        application=body.get("application"),
    )
    number, new = ask.jira.put_remote_link(ticket, link, ask.person)
    answer = {"id": number, "self": f"{ask.base}/issue/{ticket.id}/remotelink/{number}"}
    return JSONResponse(answer, 201 if new else 200)


def get_remote_link(ask: Ask) -> Response:
    """Return one link by its id."""
    for link in ask.ticket.remote_links:
        if str(link.id) == ask.path("number"):
            return JSONResponse(payloads.remote_link(link, ask.ticket, ask.base))
    raise Refused(404, "The remote issue link does not exist.")
