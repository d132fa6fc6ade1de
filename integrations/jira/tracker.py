"""Jira as the `TicketTracker`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from jira import JIRA

from agent.domain.errors import NeedsHumanError
from agent.domain.ids import ActorId, TicketKey
from agent.domain.ticket import Ticket, TicketComment
from integrations.jira.connection import JiraConnection, translated
from integrations.jira.markup import marked, marker_of, read_body, write_body
from integrations.jira.people import account_of, actor_of, bare_account
from integrations.jira.visible import visible

Json = Mapping[str, Any]

_FIELDS = "summary,description,status,assignee,reporter,components,labels"
_OURS = "assignee = currentUser() AND statusCategory != Done ORDER BY updated DESC"
_PAGE = 100


class JiraTracker:
    """Tickets in Jira Cloud or Data Center; connects when first used."""

    def __init__(self, connection: JiraConnection) -> None:
        self._connection = connection

    def fetch_ticket(self, key: TicketKey) -> Ticket:
        """Read a ticket with its comments, without our own marked ones."""
        with translated(f"reading {key}"):
            fields: Json = self._client.issue(key, fields=_FIELDS).raw["fields"]
            comments = [_comment(raw) for raw in self._comments(key) if not self._is_ours(raw)]
        status = fields["status"]
        return Ticket(
            key=key,
            summary=visible(fields["summary"]),
            description=read_body(fields.get("description")),
            status=status["name"],
            is_done=status.get("statusCategory", {}).get("key") == "done",
            assignee=actor_of(fields.get("assignee")),
            reporter=actor_of(fields.get("reporter")),
            components=tuple(visible(part["name"]) for part in fields.get("components") or ()),
            labels=tuple(visible(label) for label in fields.get("labels") or ()),
            comments=tuple(comments),
            url=f"{self._connection.url.rstrip('/')}/browse/{key}",
        )

    def comment(self, key: TicketKey, marker: str, text: str) -> str:
        """Comment in Markdown, once per `marker`; return the comment's id.

        When Jira's answer is lost, TransientError is raised and the next call finds the comment.
        """
        with translated(f"commenting on {key}"):
            for raw in self._comments(key):
                if self._is_ours(raw, marker):
                    return str(raw["id"])
            body = write_body(marked(text, marker), self._connection.api_version)
            # The package says str; REST v3 wants the document itself.
            return str(self._client.add_comment(key, body).id)

    def transition(self, key: TicketKey, status: str) -> bool:
        """Move the ticket to the status of that name; False if it stood there already."""
        with translated(f"moving {key} to {status!r}"):
            current = self._client.issue(key, fields="status").raw["fields"]["status"]["name"]
            if current.casefold() == status.casefold():
                return False
            offered = {move["to"]["name"]: move["id"] for move in self._client.transitions(key)}
            wanted = [
                move for name, move in offered.items() if name.casefold() == status.casefold()
            ]
            if not wanted:
                raise NeedsHumanError(
                    f"{key} stands at {current!r} and cannot go to {status!r} from there. Jira "
                    f"offers: {', '.join(sorted(offered)) or 'nothing'}. Move the ticket by hand, "
                    "or add the transition to the project's workflow."
                )
            self._client.transition_issue(key, wanted[0])
        return True

    def assign(self, key: TicketKey, account: str | None) -> None:
        """Give the ticket to an account id, or to nobody; nothing happens if it is so already."""
        wanted = bare_account(account) if account else None
        with translated(f"assigning {key}"):
            issue = self._client.issue(key, fields="assignee")
            if account_of(issue.raw["fields"].get("assignee")) == wanted:
                return
            if wanted is None:
                self._client.assign_issue(key, None)
                return
            # assign_issue would look for people of that *name*, and miss an account id.
            field = "accountId" if self._connection.api_version == "3" else self._user_field
            issue.update(fields={"assignee": {field: wanted}})

    def assigned_tickets(self) -> list[TicketKey]:
        """Return the open tickets that are assigned to our own account, newest change first."""
        with translated("looking for our tickets"):
            found = self._client.search_issues(_OURS, maxResults=0, fields=["summary"])
            return [TicketKey(issue.key) for issue in found if not isinstance(issue, str)]

    def whoami(self) -> str:
        """Return our own account id, prefixed `jira:`."""
        with translated("asking who we are"):
            return self._self

    @cached_property
    def _client(self) -> JIRA:
        return self._connection.connect()

    @cached_property
    def _self(self) -> str:
        return actor_of(self._client.myself()) or ""

    @property
    def _user_field(self) -> str:
        """Return how this server names people: Cloud by account id, Data Center by name."""
        return "accountId" if self._client.deploymentType == "Cloud" else "name"

    def _comments(self, key: TicketKey) -> Iterator[dict[str, Any]]:
        """Yield all comments, oldest first."""
        start = 0
        while True:
            path = f"issue/{{0}}/comment?startAt={start}&maxResults={_PAGE}&orderBy=created"
            page = self._client.find(path, key).raw or {}
            comments = page.get("comments", [])
            yield from comments
            start += len(comments)
            if not comments or start >= page.get("total", 0):
                return

    def _is_ours(self, comment: Json, marker: str | None = None) -> bool:
        """Tell whether we wrote the comment, under `marker` or under any."""
        if actor_of(comment.get("author")) != self._self:
            return False
        found = marker_of(read_body(comment.get("body")))
        return found is not None and marker in (None, found)


def _comment(raw: Json) -> TicketComment:
    author = raw.get("author") or {}
    return TicketComment(
        id=str(raw["id"]),
        author=actor_of(author) or ActorId("jira:"),
        author_name=visible(str(author.get("displayName") or "Anonymous")),
        text=read_body(raw.get("body")),
        created=datetime.fromisoformat(raw["created"]),
    )
