"""A scripted Tech Lead: approves plans, reviews once with a request, then approves and merges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from office.building import Office
from office.furnish import TICKETS
from office.github.accounts import BACKSMITH
from office.people import BOT, LEAD, Person

_AUTHORS = (BOT.login, BACKSMITH.bot.login)
_GREEN = ("success", "neutral", "skipped")
_KEY = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9]+-\d+(?!\d)")
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")
_NOTHING_ELSE = "One request, see the comment."

Pull = Mapping[str, Any]


@dataclass(frozen=True)
class ReviewScript:
    """What the lead asks for in the first review of a ticket's pull request."""

    path: str
    contains: str
    """Text of the line of the diff to comment on."""
    body: str
    summary: str = _NOTHING_ELSE
    """The text of the review itself."""


def read_scripts(folder: Path = TICKETS) -> dict[str, ReviewScript]:
    """Return the scripts of a folder, `<KEY>.review.yml`, by ticket key."""
    return {
        path.name.removesuffix(".review.yml"): ReviewScript(**yaml.safe_load(path.read_text()))
        for path in sorted(folder.glob("*.review.yml"))
    }


@dataclass
class ScriptedLead:
    """Looks at the office after each change, and does what is due. Nothing is done twice."""

    office: Office
    review_comments: Mapping[str, ReviewScript] = field(default_factory=read_scripts)
    """By ticket key; a pull request without one is approved at once."""
    person: Person = LEAD
    _pressed: set[tuple[str, str, str]] = field(default_factory=set)
    _asked: dict[tuple[str, int], str] = field(default_factory=dict)
    """Pull request to the head that was reviewed."""
    _merged: set[tuple[str, int, str]] = field(default_factory=set)

    async def run(self) -> None:
        """Work until cancelled, on the office's loop (`office.spawn(lead.run())`)."""
        feed, seen = self.office.feed, len(self.office.feed.changes)
        await self.look()
        async for change in feed.follow(seen):
            if change.number >= seen:
                seen = len(feed.changes)
                await self.look()

    async def look(self) -> None:
        """Do all that is due now."""
        for channel, ts, action_id in list(_approve_buttons(self.office.slack.view())):
            await self._press(channel, ts, action_id)
        for repository in self.office.github.view()["repositories"]:
            for pull in repository["pulls"]:
                if _is_ready(pull, repository["required_checks"]):
                    await self._judge(repository["full_name"], pull)

    async def _press(self, channel: str, ts: str, action_id: str) -> None:
        if (channel, ts, action_id) not in self._pressed:
            self._pressed.add((channel, ts, action_id))
            await self.office.slack.press(channel, ts, action_id, self.person)

    async def _judge(self, repository: str, pull: Pull) -> None:
        verdict = self._verdict(pull)
        if verdict == "APPROVED":
            await self._merge(repository, pull)
        elif verdict is None and self.person.login in pull["requested_reviewers"]:
            await self._review_first(repository, pull)
        elif verdict == "CHANGES_REQUESTED" and self._is_answered(repository, pull):
            await self._approve(repository, pull)

    async def _review_first(self, repository: str, pull: Pull) -> None:
        script = self.review_comments.get(_ticket_of(pull) or "")
        if script is None:
            await self._approve(repository, pull)
            return
        self._asked[repository, pull["number"]] = pull["head"]["sha"]
        line = find_line(pull, script)
        if line is None:
            body, comments = f"{script.summary}\n\n{script.body}", []
        else:
            body = script.summary
            comments = [{"path": script.path, "line": line, "body": script.body}]
        await self._review(repository, pull, "REQUEST_CHANGES", body, comments)

    async def _approve(self, repository: str, pull: Pull) -> None:
        await self._review(repository, pull, "APPROVE", "Thanks, this is good to go.", [])
        await self._merge(repository, pull)

    async def _review(
        self, repository: str, pull: Pull, event: str, body: str, comments: list[dict[str, Any]]
    ) -> None:
        number = pull["number"]
        await self.office.github.review(repository, number, self.person, event, body, comments)

    async def _merge(self, repository: str, pull: Pull) -> None:
        attempt = (repository, pull["number"], pull["head"]["sha"])
        if attempt not in self._merged:
            self._merged.add(attempt)
            await self.office.github.merge(repository, pull["number"], self.person)

    def _verdict(self, pull: Pull) -> str | None:
        """Return the lead's last word on a pull request, comments aside."""
        words = [
            review["state"]
            for review in pull["reviews"]
            if review["by"] == self.person.login and review["state"] != "COMMENTED"
        ]
        return words[-1] if words else None

    def _is_answered(self, repository: str, pull: Pull) -> bool:
        """Tell whether there is a newer head, and a reply in each thread of the lead."""
        if self._asked.get((repository, pull["number"])) == pull["head"]["sha"]:
            return False
        mine = [
            thread["comments"]
            for thread in pull["threads"]
            if thread["comments"][0]["by"] == self.person.login
        ]
        return all(any(c["by"] != self.person.login for c in comments) for comments in mine)


def _approve_buttons(chat: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield channel, ts and action id of each button of the bot that approves something."""
    for channel in chat["channels"]:
        for first in channel["messages"]:
            for message in (first, *first["replies"]):
                for button in message["buttons"] if message["bot"] else ():
                    if button["action_id"].endswith("approve"):
                        yield channel["id"], message["ts"], button["action_id"]


def find_line(pull: Pull, script: ReviewScript) -> int | None:
    """Return the line of the new file that the script means; added lines come first."""
    for file in pull["files"]:
        if file["path"] == script.path:
            lines = [each for each in _new_lines(file["diff"]) if script.contains in each[2]]
            lines.sort(key=lambda each: each[1] != "+")
            return lines[0][0] if lines else None
    return None


def _new_lines(diff: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, sign and text of each line of the new side."""
    number = 0
    for line in diff.splitlines():
        hunk = _HUNK.match(line)
        if hunk:
            number = int(hunk[1])
        elif number and line[:1] in ("+", " "):
            yield number, line[0], line[1:]
            number += 1


def _is_ready(pull: Pull, required: list[str]) -> bool:
    """Tell whether a pull request of the bot is open for review with green checks."""
    if pull["author"] not in _AUTHORS or pull["state"] != "open" or pull["draft"]:
        return False
    conclusions = {check["name"]: check["conclusion"] for check in pull["checks"]}
    known = bool(conclusions) and set(required) <= set(conclusions)
    return known and all(conclusion in _GREEN for conclusion in conclusions.values())


def _ticket_of(pull: Pull) -> str | None:
    found = _KEY.search(pull["head"]["ref"]) or _KEY.search(pull["title"])
    return found[0] if found else None
