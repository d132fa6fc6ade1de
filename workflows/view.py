"""What a person sees in the terminal while a ticket runs: a live panel, or plain lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.domain.evidence import GateStatus
from workflows.overview import Overview

_STYLES = {
    GateStatus.PASS: "green",
    GateStatus.FAIL: "red",
    GateStatus.NOT_APPLICABLE: "dim",
    GateStatus.NOT_RUN: "yellow",
}


class View(Protocol):
    """Something that shows a ticket again and again."""

    def show(self, overview: Overview) -> None:
        """Show the ticket as it is now."""


class _LivePanel:
    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, overview: Overview) -> None:
        self._live.update(panel(overview))


class _PlainLines:
    """One line for each change of what matters, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def show(self, overview: Overview) -> None:
        line = plain_line(overview)
        if line != self._last:
            self._last = line
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)


class _Silent:
    def show(self, overview: Overview) -> None:
        """Show nothing: the caller wants one JSON document."""


@contextmanager
def open_view(console: Console, *, is_quiet: bool) -> Iterator[View]:
    """Return the view that fits: nothing for JSON, a panel on a terminal, else lines."""
    if is_quiet:
        yield _Silent()
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=8) as live:
            yield _LivePanel(live)
    else:
        yield _PlainLines(console)


def plain_line(overview: Overview) -> str:
    """Return the ticket in one line."""
    status = overview.status
    parts = [f"{status.key}  {status.phase.value}"]
    if status.is_paused:
        parts.append("paused")
    if status.detail:
        parts.append(status.detail)
    parts += [f"{e.gate}: {e.status} ({e.reason})" for e in overview.evidence]
    if status.pull_request:
        parts.append(status.pull_request)
    return "  ".join(parts)


def panel(overview: Overview) -> RenderableType:
    """Return the ticket as a panel: phase, step, gates, cost, links."""
    status, spent = overview.status, overview.spent
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim")
    rows.add_column()
    rows.add_row("phase", Text(status.phase.value + (" (paused)" if status.is_paused else "")))
    if status.detail:
        rows.add_row("", Text(status.detail))
    if overview.doing:
        rows.add_row("step", Text(f"{spent.calls} · {overview.doing}"))
    for item in overview.evidence:
        rows.add_row(item.gate, Text(f"{item.status} · {item.reason}", style=_STYLES[item.status]))
    tokens = spent.prompt_tokens + spent.completion_tokens
    rows.add_row("cost", f"{spent.cost_usd:.4f} USD · {spent.calls} calls · {tokens} tokens")
    review = overview.spent_on_review
    if review.calls:
        rows.add_row("", f"of it the self-review: {review.cost_usd:.4f} USD · {review.calls} calls")
    for name, value in (("branch", status.branch), ("pull request", status.pull_request)):
        if value:
            rows.add_row(name, Text(value))
    return Panel(Group(rows), title=f"{status.key} · {status.repository or ''}", expand=False)
