"""Jira's JSON. `base` is the root of the REST API that links point into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from office.jira import render
from office.jira.models import (
    ISSUE_TYPES,
    LINK_KINDS,
    PRIORITIES,
    STORY_POINTS,
    Attachment,
    Comment,
    Component,
    Entry,
    Item,
    Project,
    RemoteLink,
    Ticket,
    TicketLink,
)
from office.jira.workflow import Category, Status, Transition
from office.people import Person

Json = dict[str, Any]


def stamp(moment: datetime) -> str:
    """Return a time as Jira writes it, like `2026-11-22T10:00:00.000+0000`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def avatars(base: str) -> Json:
    """Return the picture links that Jira gives to people and projects."""
    root = base.split("/rest/")[0]
    return {f"{size}x{size}": f"{root}/avatar/{size}.png" for size in (48, 24, 16, 32)}


def user(person: Person, base: str) -> Json:
    """Return a person as the Cloud shows one: by account id, without name and key."""
    return {
        "self": f"{base}/user?accountId={person.account_id}",
        "accountId": person.account_id,
        "emailAddress": person.email,
        "avatarUrls": avatars(base),
        "displayName": person.name,
        "active": True,
        "timeZone": "Etc/UTC",
        "accountType": "atlassian",
    }


def category(value: Category, base: str) -> Json:
    """Return a status category."""
    return {
        "self": f"{base}/statuscategory/{value.id}",
        "id": value.id,
        "key": value.key,
        "colorName": value.colour,
        "name": value.name,
    }


def status(value: Status, base: str) -> Json:
    """Return a status with its category."""
    return {
        "self": f"{base}/status/{value.id}",
        "description": "",
        "iconUrl": f"{base.split('/rest/')[0]}/",
        "name": value.name,
        "id": value.id,
        "statusCategory": category(value.category, base),
    }


def transition(value: Transition, base: str) -> Json:
    """Return a move that is allowed now."""
    return {
        "id": value.id,
        "name": value.target.name,
        "to": status(value.target, base),
        "hasScreen": False,
        "isGlobal": False,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }


def component(value: Component, base: str) -> Json:
    """Return a component as tickets show it."""
    return {"self": f"{base}/component/{value.id}", "id": value.id, "name": value.name}


def issue_type(name: str, base: str) -> Json:
    """Return an issue type."""
    return {
        "self": f"{base}/issuetype/{ISSUE_TYPES[name]}",
        "id": ISSUE_TYPES[name],
        "description": f"A {name.lower()}.",
        "iconUrl": f"{base.split('/rest/')[0]}/avatar/{name.lower()}.png",
        "name": name,
        "subtask": False,
        "avatarId": 10315,
        "hierarchyLevel": 0,
    }


def priority(name: str, base: str) -> Json:
    """Return a priority."""
    return {
        "self": f"{base}/priority/{PRIORITIES[name]}",
        "iconUrl": f"{base.split('/rest/')[0]}/images/icons/priorities/{name.lower()}.svg",
        "name": name,
        "id": PRIORITIES[name],
    }


def project(value: Project, base: str) -> Json:
    """Return a project as tickets show it."""
    return {
        "self": f"{base}/project/{value.id}",
        "id": value.id,
        "key": value.key,
        "name": value.name,
        "projectTypeKey": "software",
        "simplified": True,
        "avatarUrls": avatars(base),
    }


def whole_project(value: Project, lead: Person, base: str) -> Json:
    """Return a project with its parts."""
    return {
        **project(value, base),
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "description": "",
        "lead": user(lead, base),
        "components": [component(part, base) for part in value.components.values()],
        "issueTypes": [issue_type(name, base) for name in ISSUE_TYPES],
        "assigneeType": "UNASSIGNED",
        "versions": [],
        "roles": {},
        "style": "next-gen",
        "isPrivate": False,
        "properties": {},
    }


def comment(value: Comment, ticket: Ticket, base: str, expand: str = "") -> Json:
    """Return a comment; `expand` may ask for `renderedBody` and `properties`."""
    body: Json = {
        "self": f"{base}/issue/{ticket.id}/comment/{value.id}",
        "id": value.id,
        "author": user(value.author, base),
        "body": value.body,
        "updateAuthor": user(value.update_author, base),
        "created": stamp(value.created),
        "updated": stamp(value.updated),
        "jsdPublic": True,
    }
    if value.visibility:
        body["visibility"] = value.visibility
    if "renderedBody" in expand:
        body["renderedBody"] = render.html(value.body)
    if "properties" in expand:
        body["properties"] = [{"key": key, "value": each} for key, each in value.properties.items()]
    return body


def item(value: Item) -> Json:
    """Return one changed field; `from` and `to` are null where nothing was or is, as in reality."""
    return {
        "field": value.field,
        "fieldtype": value.fieldtype,
        "fieldId": value.field_id,
        "from": value.before,
        "fromString": value.before_text,
        "to": value.after,
        "toString": value.after_text,
    }


def entry(value: Entry, base: str) -> Json:
    """Return one changelog entry."""
    return {
        "id": value.id,
        "author": user(value.author, base),
        "created": stamp(value.created),
        "items": [item(each) for each in value.items],
    }


def attachment(value: Attachment, base: str) -> Json:
    """Return what is known of a file."""
    return {
        "self": f"{base}/attachment/{value.id}",
        "id": value.id,
        "filename": value.filename,
        "author": user(value.author, base),
        "created": stamp(value.created),
        "size": len(value.content),
        "mimeType": value.mime_type,
        "content": f"{base}/attachment/content/{value.id}",
    }


def remote_link(value: RemoteLink, ticket: Ticket, base: str) -> Json:
    """Return a link to something outside."""
    body: Json = {
        "id": value.id,
        "self": f"{base}/issue/{ticket.id}/remotelink/{value.id}",
        "object": value.object,
        "application": value.application or {},
    }
    if value.global_id:
        body["globalId"] = value.global_id
    if value.relationship:
        body["relationship"] = value.relationship
    return body


def ticket_link(value: TicketLink, others: Mapping[str, Ticket], base: str) -> Json:
    """Return a link to another ticket."""
    number, inward, outward = LINK_KINDS[value.kind]
    other = others[value.other]
    return {
        "id": value.id,
        "self": f"{base}/issueLink/{value.id}",
        "type": {
            "id": number,
            "name": value.kind,
            "inward": inward,
            "outward": outward,
            "self": f"{base}/issueLinkType/{number}",
        },
        "outwardIssue" if value.outward else "inwardIssue": {
            "id": other.id,
            "key": other.key,
            "self": f"{base}/issue/{other.id}",
            "fields": {
                "summary": other.summary,
                "status": status(other.status, base),
                "priority": priority(other.priority, base),
                "issuetype": issue_type(other.issue_type, base),
            },
        },
    }


def fields(ticket: Ticket, others: Mapping[str, Ticket], base: str) -> Json:
    """Return all fields of a ticket."""
    links = [ticket_link(link, others, base) for link in ticket.links]
    comments = [comment(each, ticket, base) for each in ticket.comments]
    finished = ticket.status.category.key == "done"
    return {
        "summary": ticket.summary,
        "description": ticket.description,
        "issuetype": issue_type(ticket.issue_type, base),
        "project": project(ticket.project, base),
        "status": status(ticket.status, base),
        "statusCategory": category(ticket.status.category, base),
        "priority": priority(ticket.priority, base),
        "assignee": user(ticket.assignee, base) if ticket.assignee else None,
        "reporter": user(ticket.reporter, base),
        "creator": user(ticket.reporter, base),
        "labels": ticket.labels,
        "components": [component(part, base) for part in ticket.components],
        "created": stamp(ticket.created),
        "updated": stamp(ticket.updated),
        "resolution": {"id": "10000", "name": "Done"} if finished else None,
        "resolutiondate": stamp(ticket.updated) if finished else None,
        "duedate": None,
        "environment": None,
        "fixVersions": [],
        "versions": [],
        "subtasks": [],
        "issuelinks": links,
        "attachment": [attachment(each, base) for each in ticket.attachments],
        "comment": {
            "comments": comments,
            "self": f"{base}/issue/{ticket.id}/comment",
            "maxResults": len(comments),
            "total": len(comments),
            "startAt": 0,
        },
        "worklog": {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
        "timetracking": {},
        "security": None,
        "workratio": -1,
        "votes": {"self": f"{base}/issue/{ticket.key}/votes", "votes": 0, "hasVoted": False},
        "watches": {
            "self": f"{base}/issue/{ticket.key}/watchers",
            "watchCount": 0,
            "isWatching": False,
        },
        STORY_POINTS: ticket.story_points,
    }


def rendered(ticket: Ticket) -> Json:
    """Return the fields that have an HTML form; the others are null, as in reality."""
    return {
        "summary": None,
        "description": render.html(ticket.description),
        "comment": {
            "comments": [
                {"id": each.id, "body": render.html(each.body)} for each in ticket.comments
            ]
        },
    }
