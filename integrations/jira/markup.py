"""One comment or description in either of Jira's markups, and the marker that our comments bear.

A comment property would hide the marker, but Data Center and webhooks do not show properties, so
the marker is the comment's last line, in small monospaced letters: the same on every Jira.
"""

import re

from integrations.jira.adf_read import markdown_from_adf
from integrations.jira.adf_write import Json, adf_from_markdown
from integrations.jira.wiki_read import markdown_from_wiki
from integrations.jira.wiki_write import wiki_from_markdown

_SIGN = "backsmith:"
_MARKER = re.compile(rf"(?:\A|\n)`{_SIGN}([^`\n]+)`\s*\Z")


def read_body(body: object) -> str:
    """Return a body as Markdown: a document of REST v3, or wiki markup of v2 and of webhooks."""
    return markdown_from_wiki(body) if isinstance(body, str) else markdown_from_adf(body)


def write_body(markdown: str, api_version: str) -> str | Json:
    """Return Markdown in the markup that a version of the REST API wants."""
    return adf_from_markdown(markdown) if api_version == "3" else wiki_from_markdown(markdown)


def marked(markdown: str, marker: str) -> str:
    """Return a comment's text with its marker."""
    return f"{markdown.strip()}\n\n`{_SIGN}{marker}`"


def marker_of(markdown: str) -> str | None:
    """Return the marker that a comment's text ends in."""
    found = _MARKER.search(markdown)
    return found.group(1) if found else None
