"""A diff in one line, for a chat."""

from agent.openapi.change import ApiDiff
from agent.openapi.report.outline import headline, sections


def render_line(diff: ApiDiff) -> str:
    """Return such as `API: 2 breaking changes, 1 warning, 3 additions (suggests major)`."""
    return headline(diff, sections(diff))
