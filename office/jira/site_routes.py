"""REST: the site, its people, projects and lists, and the search."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from starlette.responses import JSONResponse, Response

from office.jira import jql, payloads, ticket_routes
from office.jira.ask import Ask
from office.jira.errors import Refused
from office.jira.models import ISSUE_TYPES, PRIORITIES, STORY_POINTS, Project, Ticket
from office.jira.workflow import CATEGORIES, STATUSES
from office.people import PEOPLE
from office.world import now

MOST_PER_PAGE = 5000


def server_info(ask: Ask) -> Response:
    """Say that this is a Cloud site, as the `jira` package wants to know at start."""
    body = {
        "baseUrl": ask.jira.origin,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_294,
        "buildDate": "2026-11-01T00:00:00.000+0000",
        "serverTime": payloads.stamp(now()),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira",
    }
    return JSONResponse(body)


def myself(ask: Ask) -> Response:
    """Return the person whose token was sent."""
    return JSONResponse(payloads.user(ask.person, ask.base))


def get_user(ask: Ask) -> Response:
    """Return one person by account id."""
    for person in PEOPLE:
        if person.account_id == ask.query("accountId"):
            return JSONResponse(payloads.user(person, ask.base))
    raise Refused(404, "Specified user does not exist or you do not have required permissions")


def search_users(ask: Ask) -> Response:
    """Return people by the beginning of a name or address, or by account id."""
    query, wanted = ask.query("query").lower(), ask.query("accountId")
    if not query and not wanted:
        raise Refused(400, "One of the parameters 'query' or 'accountId' is required.")
    return _people(ask, query, wanted)


def assignable_users(ask: Ask) -> Response:
    """Return the people to whom tickets of a project can be given."""
    if not ask.query("project") and not ask.query("issueKey"):
        raise Refused(400, "Either 'project' or 'issueKey' is required.")
    if ask.query("issueKey"):
        ask.jira.find(ask.query("issueKey"))
    return _people(ask, ask.query("query").lower(), ask.query("accountId"))


def _people(ask: Ask, query: str, wanted: str) -> Response:
    start, most = ask.number("startAt", 0), ask.number("maxResults", 50)
    found = [
        person
        for person in PEOPLE
        if (not wanted or person.account_id == wanted)
        and (
            person.name.lower().startswith(query)
            or person.email.startswith(query)
            or person.account_id == query
        )
    ]
    return JSONResponse([payloads.user(each, ask.base) for each in found[start : start + most]])


def list_projects(ask: Ask) -> Response:
    """Return all projects."""
    found = ask.jira.projects.values()
    return JSONResponse([payloads.project(each, ask.base) for each in found])


def get_project(ask: Ask) -> Response:
    """Return one project with its components."""
    return JSONResponse(payloads.whole_project(_project(ask), ask.jira.lead, ask.base))


def list_components(ask: Ask) -> Response:
    """Return the components of a project."""
    project = _project(ask)
    body = [
        {
            **payloads.component(each, ask.base),
            "project": project.key,
            "projectId": int(project.id),
            "assigneeType": "UNASSIGNED",
            "realAssigneeType": "UNASSIGNED",
            "isAssigneeTypeValid": False,
        }
        for each in project.components.values()
    ]
    return JSONResponse(body)


def project_statuses(ask: Ask) -> Response:
    """Return the statuses of each issue type of a project."""
    _project(ask)
    statuses = [payloads.status(each, ask.base) for each in STATUSES]
    body = [
        {
            "self": f"{ask.base}/issuetype/{number}",
            "id": number,
            "name": name,
            "subtask": False,
            "statuses": statuses,
        }
        for name, number in ISSUE_TYPES.items()
    ]
    return JSONResponse(body)


def _project(ask: Ask) -> Project:
    wanted = ask.path("key")
    for project in ask.jira.projects.values():
        if wanted in (project.key, project.id):
            return project
    raise Refused(404, f"No project could be found with key '{wanted}'.")


def list_statuses(ask: Ask) -> Response:
    """Return the columns."""
    return JSONResponse([payloads.status(each, ask.base) for each in STATUSES])


def list_categories(ask: Ask) -> Response:
    """Return the three status categories."""
    return JSONResponse([payloads.category(each, ask.base) for each in CATEGORIES])


def list_priorities(ask: Ask) -> Response:
    """Return the priorities."""
    return JSONResponse([payloads.priority(each, ask.base) for each in PRIORITIES])


def list_issue_types(ask: Ask) -> Response:
    """Return the issue types."""
    return JSONResponse([payloads.issue_type(each, ask.base) for each in ISSUE_TYPES])


_FIELDS = {
    "summary": "string",
    "description": "string",
    "status": "status",
    "assignee": "user",
    "reporter": "user",
    "priority": "priority",
    "issuetype": "issuetype",
    "project": "project",
    "created": "datetime",
    "updated": "datetime",
    "labels": "array",
    "components": "array",
    "comment": "comments-page",
    "attachment": "array",
    "issuelinks": "array",
}


def list_fields(ask: Ask) -> Response:
    """Return the system fields and the story points."""
    del ask
    fields: list[dict[str, Any]] = [
        _field(name, name.capitalize(), {"type": kind, "system": name})
        for name, kind in _FIELDS.items()
    ]
    custom = "com.pyxis.greenhopper.jira:jsw-story-points"
    schema = {"type": "number", "custom": custom, "customId": 10016}
    points = _field(STORY_POINTS, "Story point estimate", schema)
    return JSONResponse([*fields, points])


def _field(name: str, shown: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "key": name,
        "name": shown,
        "custom": "custom" in schema,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [name],
        "schema": schema,
    }


def attachment_metadata(ask: Ask) -> Response:
    """Return what is known of a file."""
    for ticket in ask.jira.tickets.values():
        for attachment in ticket.attachments:
            if attachment.id == ask.path("number"):
                shown = payloads.attachment(attachment, ask.base)
                return JSONResponse({**shown, "id": int(attachment.id)})
    raise Refused(404, f"The attachment with id '{ask.path('number')}' does not exist")


def attachment_content(ask: Ask) -> Response:
    """Return a file."""
    for ticket in ask.jira.tickets.values():
        for attachment in ticket.attachments:
            if attachment.id == ask.path("number"):
                return Response(attachment.content, media_type=attachment.mime_type)
    raise Refused(404, f"The attachment with id '{ask.path('number')}' does not exist")


def legacy_search(ask: Ask) -> Response:
    """Refuse: the Cloud has removed this search."""
    del ask
    message = (
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
        "A full migration guideline is available at "
        "https://developer.atlassian.com/changelog/#CHANGE-2046"
    )
    raise Refused(410, message)


def search(ask: Ask) -> Response:
    """Return a page of tickets; without `fields` only their ids, as the real search does."""
    wanted = _wanted(ask)
    found = jql.parse(str(wanted.get("jql") or ""), jql.Asker(ask.person, now())).run(
        ask.jira.tickets.values()
    )
    most = min(int(wanted.get("maxResults") or 50), MOST_PER_PAGE)
    start = _read_token(wanted.get("nextPageToken"))
    page, end = found[start : start + most], start + most
    body: dict[str, Any] = {
        "issues": [_shown(ask, each, wanted) for each in page],
        "isLast": end >= len(found),
    }
    if end < len(found):
        body["nextPageToken"] = base64.urlsafe_b64encode(f"from:{end}".encode()).decode()
    return JSONResponse(body)


def approximate_count(ask: Ask) -> Response:
    """Return how many tickets match."""
    query = jql.parse(str(ask.fields().get("jql") or ""), jql.Asker(ask.person, now()))
    return JSONResponse({"count": len(query.run(ask.jira.tickets.values()))})


def _wanted(ask: Ask) -> dict[str, Any]:
    if ask.request.method == "POST":
        return ask.fields()
    query = ask.request.query_params
    return {
        "jql": query.get("jql"),
        "fields": query.getlist("fields"),
        "expand": query.get("expand"),
        "nextPageToken": query.get("nextPageToken"),
        "maxResults": ask.number("maxResults", 50),
    }


def _shown(ask: Ask, ticket: Ticket, wanted: dict[str, Any]) -> dict[str, Any]:
    fields = ",".join(wanted.get("fields") or [])
    if not fields or fields == "id":
        return {"id": ticket.id}
    return ticket_routes.issue(ask, ticket, fields, str(wanted.get("expand") or ""))


def _read_token(token: Any) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(token)).decode().removeprefix("from:"))
    except (ValueError, binascii.Error) as error:
        raise Refused(400, "The provided next page token is invalid or expired.") from error
