"""Answers to people's comments, each given once."""

import re

from github.IssueComment import IssueComment
from github.PullRequest import PullRequest
from github.PullRequestComment import PullRequestComment

from agent.domain.errors import PermanentError
from integrations.github.texts import quiet, quotation, reply_marker


def reply_to(pull: PullRequest, comment: str, text: str, own_login: str) -> str:
    """Answer a comment, or return the answer that bears its marker already.

    Raises:
        PermanentError: `comment` is no id of `read_feedback`.
    """
    found = re.fullmatch(r"(review|line|issue):(\d+)", comment)
    if found is None:
        raise PermanentError(f"{comment!r} is not the id of a comment on a pull request.")
    body = f"{quiet(text)}\n\n{reply_marker(comment)}"
    kind, number = found.group(1), int(found.group(2))
    if kind == "line":
        return _in_thread(pull, number, body, own_login)
    return _in_conversation(pull, kind, number, body, own_login)


def has_written(own_login: str, comment: IssueComment | PullRequestComment, mark: str) -> bool:
    """Tell whether we wrote the comment and it bears the mark."""
    return bool(comment.user) and comment.user.login == own_login and mark in (comment.body or "")


def _in_thread(pull: PullRequest, number: int, body: str, own_login: str) -> str:
    mark = reply_marker(f"line:{number}")
    for known in pull.get_review_comments():
        if has_written(own_login, known, mark):
            return f"line:{known.id}"
    # Answers go to the first comment of a thread; an answer to an answer is refused.
    first = pull.get_review_comment(number).raw_data.get("in_reply_to_id") or number
    return f"line:{pull.create_review_comment_reply(int(first), body).id}"


def _in_conversation(pull: PullRequest, kind: str, number: int, body: str, own_login: str) -> str:
    mark = reply_marker(f"{kind}:{number}")
    for known in pull.get_issue_comments():
        if has_written(own_login, known, mark):
            return f"issue:{known.id}"
    asked = pull.get_review(number) if kind == "review" else pull.get_issue_comment(number)
    quote = quiet(quotation(asked.body or ""))
    answer = pull.create_issue_comment(f"{quote}\n\n{body}")
    return f"issue:{answer.id}"
