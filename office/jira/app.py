"""The REST API as one ASGI application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from office.faults import Fault, FaultGate
from office.jira import comment_routes, site_routes, ticket_routes
from office.jira.ask import Answer, endpoint

if TYPE_CHECKING:
    from office.jira.state import Jira

TICKET = "/issue/{key}"
ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("GET", "/serverInfo", site_routes.server_info),
    ("GET", "/myself", site_routes.myself),
    ("GET", "/user", site_routes.get_user),
    ("GET", "/user/search", site_routes.search_users),
    ("GET", "/user/assignable/search", site_routes.assignable_users),
    ("GET", "/project", site_routes.list_projects),
    ("GET", "/project/{key}", site_routes.get_project),
    ("GET", "/project/{key}/components", site_routes.list_components),
    ("GET", "/project/{key}/statuses", site_routes.project_statuses),
    ("GET", "/status", site_routes.list_statuses),
    ("GET", "/statuscategory", site_routes.list_categories),
    ("GET", "/priority", site_routes.list_priorities),
    ("GET", "/issuetype", site_routes.list_issue_types),
    ("GET", "/field", site_routes.list_fields),
    ("GET", "/attachment/content/{number}", site_routes.attachment_content),
    ("GET", "/attachment/{number}", site_routes.attachment_metadata),
    ("GET", "/search", site_routes.legacy_search),
    ("POST", "/search", site_routes.legacy_search),
    ("GET", "/search/jql", site_routes.search),
    ("POST", "/search/jql", site_routes.search),
    ("POST", "/search/approximate-count", site_routes.approximate_count),
    ("POST", "/issue", ticket_routes.create_ticket),
    ("GET", TICKET, ticket_routes.get_ticket),
    ("PUT", TICKET, ticket_routes.edit_ticket),
    ("PUT", TICKET + "/assignee", ticket_routes.assign),
    ("GET", TICKET + "/transitions", ticket_routes.list_transitions),
    ("POST", TICKET + "/transitions", ticket_routes.transition),
    ("GET", TICKET + "/changelog", ticket_routes.list_changelog),
    ("GET", TICKET + "/properties", ticket_routes.list_properties),
    ("GET", TICKET + "/properties/{name}", ticket_routes.get_property),
    ("PUT", TICKET + "/properties/{name}", ticket_routes.put_property),
    ("DELETE", TICKET + "/properties/{name}", ticket_routes.delete_property),
    ("GET", TICKET + "/remotelink", ticket_routes.list_remote_links),
    ("POST", TICKET + "/remotelink", ticket_routes.put_remote_link),
    ("GET", TICKET + "/remotelink/{number}", ticket_routes.get_remote_link),
    ("GET", TICKET + "/comment", comment_routes.list_comments),
    ("POST", TICKET + "/comment", comment_routes.add_comment),
    ("GET", TICKET + "/comment/{number}", comment_routes.get_comment),
    ("PUT", TICKET + "/comment/{number}", comment_routes.edit_comment),
    ("GET", "/comment/{number}/properties", comment_routes.list_properties),
    ("GET", "/comment/{number}/properties/{name}", comment_routes.get_property),
    ("PUT", "/comment/{number}/properties/{name}", comment_routes.put_property),
)
VERSIONS = ("3", "latest")
"""Version 2, which speaks wiki markup, is not served."""


def build(jira: Jira) -> Starlette:
    """Return the API of one site, with its faults in front."""
    routes = [Route(path, endpoint(jira, answer), methods=[verb]) for verb, path, answer in ROUTES]
    mounts = [Mount(f"/rest/api/{version}", routes=routes) for version in VERSIONS]
    app = Starlette(routes=mounts, exception_handlers={404: _unknown, 405: _unknown})
    app.add_middleware(FaultGate, faults=jira.faults, body=_fault_body)
    return app


async def _unknown(request: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    message = f"null for uri: {request.url}"
    return JSONResponse({"errorMessages": [message], "errors": {}}, status)


def _fault_body(fault: Fault) -> bytes:
    usual = "Rate limit exceeded." if fault.status == 429 else "The site cannot answer now."
    return json.dumps({"errorMessages": [fault.message or usual], "errors": {}}).encode()
