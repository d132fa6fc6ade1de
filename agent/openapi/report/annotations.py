"""A diff as annotations of a GitHub job: lines of its output that GitHub shows at the change."""

from collections.abc import Sequence

from agent.openapi.change import ApiDiff, Change
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import counted, grouped, headline, sections
from agent.openapi.report.text import group_title

MOST = 10
"""Annotations of one kind that GitHub shows for one step. Source: GitHub REST, check runs."""


def render_annotations(diff: ApiDiff, file: str = "", notes: Sequence[str] = ()) -> str:
    """Return workflow commands: the worst changes, then one line for all.

    Args:
        diff: What to show.
        file: Path of the newer description within the repository; empty when it is in none.
        notes: What else to say, in the last line.
    """
    parts = sections(diff)
    lines = [_command("error", file, change) for change in parts.breaking[:MOST]]
    lines += [_command("warning", file, change) for change in parts.warnings[:MOST]]
    hidden = len(parts.breaking) + len(parts.warnings) - len(lines)
    said = [headline(diff, parts), *map(clean, notes)]
    if hidden:
        said.insert(1, f"{counted(hidden, 'more change')} to see with `backsmith openapi diff`")
    return "\n".join([*lines, f"::notice title=API::{_data('; '.join(said))}"])


def _command(kind: str, file: str, change: Change) -> str:
    group = grouped([change])[0]
    where = f"file={_property(clean(file))}," if file else ""
    title = f"title={_property(clean(change.id))}"
    message = f"{group_title(group)}: {clean(change.text)} ({change.fingerprint})"
    return f"::{kind} {where}{title}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a message. Source: actions/toolkit, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
