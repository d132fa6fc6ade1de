"""The GraphQL calls that REST has no counterpart for: draft state and review threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from office.github.acts.pulls import set_draft
from office.github.auth import Caller
from office.github.errors import Refused, not_found
from office.github.graphql_parser import Field, Parser, QuerySyntaxError
from office.github.hub import Hub, role
from office.github.payloads.users import node_id, node_number
from office.github.records import PullRequest, Repository, ReviewComment
from office.github.rest.call import Answer, Call

Resolver = Callable[..., Any]


class QueryError(Exception):
    """Something that GraphQL reports inside an answer with status 200."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


async def answer_query(call: Call) -> Answer:
    """Run a query; as with the real one, errors come with status 200."""
    caller = call.known
    variables = call.optional("variables", dict) or {}
    try:
        kind, fields = Parser(call.text("query", "Query"), variables).parse()
        root = _mutations(call.hub, caller) if kind == "mutation" else _queries(call.hub, caller)
        return Answer({"data": _select(root, fields, kind.capitalize())})
    except QuerySyntaxError as error:
        return Answer({"errors": [{"message": str(error)}]})
    except QueryError as error:
        return Answer({"data": None, "errors": [{"type": error.kind, "message": str(error)}]})
    except Refused as refusal:
        kind = "NOT_FOUND" if refusal.status == 404 else "UNPROCESSABLE"
        return Answer({"data": None, "errors": [{"type": kind, "message": refusal.message}]})


def _select(value: Any, fields: tuple[Field, ...], name: str) -> Any:
    """Pick the requested fields; a value with arguments is a function."""
    if value is None or not fields:
        return value
    if isinstance(value, list):
        return [_select(entry, fields, name) for entry in value]
    chosen = {}
    kind = value.get("__typename", name)
    for field in fields:
        if field.on not in (None, kind):
            continue
        if field.name not in value and field.name != "__typename":
            text = f"Field '{field.name}' doesn't exist on type '{kind}'"
            raise QueryError("undefinedField", text)
        found = value.get(field.name, kind)
        found = found(**field.arguments) if callable(found) else found
        chosen[field.alias] = _select(found, field.fields, field.name)
    return chosen


def _mutations(hub: Hub, caller: Caller) -> dict[str, Resolver]:
    def draft(value: bool) -> Resolver:
        def change(input: Mapping[str, Any]) -> dict[str, Any]:
            pull = _pull(hub, caller, str(input.get("pullRequestId")))
            set_draft(hub, pull, caller.account, draft=value)
            return _mutation(input, pullRequest=_pull_node(pull))

        return change

    def resolve(value: bool) -> Resolver:
        def change(input: Mapping[str, Any]) -> dict[str, Any]:
            pull, thread = _thread(hub, caller, str(input.get("threadId")))
            (pull.resolved.add if value else pull.resolved.discard)(thread.id)
            return _mutation(input, thread=_thread_node(pull, thread))

        return change

    return {
        "markPullRequestReadyForReview": draft(False),
        "convertPullRequestToDraft": draft(True),
        "resolveReviewThread": resolve(True),
        "unresolveReviewThread": resolve(False),
    }


def _mutation(given: Mapping[str, Any], **result: Any) -> dict[str, Any]:
    return {"clientMutationId": given.get("clientMutationId"), **result}


def _queries(hub: Hub, caller: Caller) -> dict[str, Any]:
    def repository(owner: str, name: str) -> dict[str, Any]:
        known = hub.repository(f"{owner}/{name}")
        _require_sight(known, caller)
        return {
            "__typename": "Repository",
            "id": node_id("R", known.id),
            "nameWithOwner": known.full_name,
            "pullRequest": lambda number: _pull_node(hub.pull(known.full_name, number)),
        }

    return {
        "viewer": {"__typename": "User", "login": caller.account.login},
        "repository": repository,
        "node": lambda id: _pull_node(_pull(hub, caller, str(id))),
    }


def _require_sight(known: Repository, caller: Caller) -> None:
    if role(known, caller.account) == "none":
        raise not_found()


def _all_pulls(hub: Hub, caller: Caller) -> list[PullRequest]:
    return [
        pull
        for known in hub.repositories.values()
        if role(known, caller.account) != "none"
        for pull in known.pulls.values()
    ]


def _unresolved(identifier: str) -> QueryError:
    return QueryError(
        "NOT_FOUND", f"Could not resolve to a node with the global id of '{identifier}'"
    )


def _pull(hub: Hub, caller: Caller, identifier: str) -> PullRequest:
    number = node_number(identifier, "PR")
    for pull in _all_pulls(hub, caller):
        if pull.id == number:
            return pull
    raise _unresolved(identifier)


def _thread(hub: Hub, caller: Caller, identifier: str) -> tuple[PullRequest, ReviewComment]:
    number = node_number(identifier, "PRRT")
    for pull in _all_pulls(hub, caller):
        for entry in pull.review_comments:
            if entry.id == number:
                return pull, entry
    raise _unresolved(identifier)


def _connection(nodes: list[dict[str, Any]]) -> Resolver:
    """Return a list the way GraphQL does; offices are small, so there is one page only."""

    def resolve(**_arguments: Any) -> dict[str, Any]:
        pages = {"hasNextPage": False, "endCursor": None}
        return {"nodes": nodes, "totalCount": len(nodes), "pageInfo": pages}

    return resolve


def _pull_node(pull: PullRequest) -> dict[str, Any]:
    threads = [entry for entry in pull.review_comments if entry.in_reply_to is None]
    return {
        "__typename": "PullRequest",
        "id": node_id("PR", pull.id),
        "databaseId": pull.id,
        "number": pull.number,
        "title": pull.title,
        "isDraft": pull.draft,
        "state": "MERGED" if pull.merged_at else pull.state.upper(),
        "headRefOid": pull.head_sha,
        "reviewThreads": _connection([_thread_node(pull, entry) for entry in threads]),
    }


def _thread_node(pull: PullRequest, first: ReviewComment) -> dict[str, Any]:
    comments = [entry for entry in pull.review_comments if entry.thread == first.id]
    return {
        "__typename": "PullRequestReviewThread",
        "id": node_id("PRRT", first.id),
        "isResolved": first.id in pull.resolved,
        "isOutdated": first.line is None,
        "path": first.path,
        "line": first.line,
        "comments": _connection([_comment_node(entry) for entry in comments]),
    }


def _comment_node(entry: ReviewComment) -> dict[str, Any]:
    return {
        "__typename": "PullRequestReviewComment",
        "id": node_id("PRRC", entry.id),
        "databaseId": entry.id,
        "body": entry.body,
        "author": {"login": entry.user.login},
    }
