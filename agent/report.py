"""What people read: pull requests, the card in the channel, notes and comments. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from agent.claims import without_claims
from agent.commits import UNTITLED
from agent.domain.conversation import Spent
from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.progress import Button, Card, Link, Phase, ThreadNote
from agent.domain.value import Value
from agent.done import checklist
from agent.evidence.openapi import ApiComparison
from agent.evidence.verdicts import count_text
from agent.openapi.report.markdown import render_markdown
from agent.permissions import LABELS
from agent.plan_check import Deviation, deviation
from agent.prompting import render
from agent.text import first_line

MARKS = {
    GateStatus.PASS: "✅",
    GateStatus.FAIL: "❌",
    GateStatus.NOT_APPLICABLE: "n/a",
    GateStatus.NOT_RUN: "⚠️",
}
HEADLINES = {
    Phase.INTAKE: "reading the ticket",
    Phase.CLARIFY: "waiting for an answer",
    Phase.PLAN: "planning",
    Phase.APPROVAL: "the plan waits for approval",
    Phase.DEVELOP: "writing code and tests",
    Phase.PUBLISH: "opening the pull request",
    Phase.CI: "waiting for CI",
    Phase.REVIEW: "waiting for review",
    Phase.DELIVER: "wrapping up",
    Phase.BLOCKED: "blocked, a person is needed",
    Phase.DONE: "done",
}
APPROVE = Button(action="approve", label="Approve", style="primary")
_SECTIONS = {
    "coverage": (Gate.COVERAGE, "total_percent"),
    "red_to_green": (Gate.RED_TO_GREEN, "red"),
    "migrations": (Gate.MIGRATIONS, "migrations"),
}
"""Gates with a part of the body for themselves, and the measure that it needs."""
_MOST_REMARKS = 30
"""Tests or places in a list; the rest is a number."""
_API_ROOM = 40_000
"""Characters for what a change does to the API; GitHub takes 65,536 in all."""
_SUMMARY_LIMIT = 4_000
_BODY_LIMIT = 65_000
"""Characters of a body; GitHub takes 65,536."""
_CUT = "\n\n> The rest is left out, because GitHub takes no longer text.\n\n"
CANCEL = Button(action="cancel", label="Cancel", style="danger")


class Revisions(Value):
    """The two commits that a pull request is between."""

    base: CommitSha
    head: CommitSha


def tests_before(evidence: Sequence[Evidence]) -> TestCount:
    """Return the test count of some evidence; zero where no tests ran."""
    return next((item.tests for item in evidence if item.tests), TestCount())


def harmless(text: str) -> str:
    """Return the developer's own words so that they can neither imitate nor hide evidence.

    At most 4,000 characters: what follows is the evidence.
    """
    text = without_claims(text[: 4 * _SUMMARY_LIMIT])[:_SUMMARY_LIMIT]
    text = re.sub(r"\[(?=[ xX]\])", r"\\[", text)
    for mark in MARKS.values():
        text = text.replace(mark, "") if not mark.isascii() else text
    text = re.sub(r"<(?=[!/?A-Za-z])", "&lt;", text)
    return text + _closing(text)


def _closing(text: str) -> str:
    """Return the end of a fence that is still open at the end of a text. Source: CommonMark 4.5."""
    fence = ""
    for line in text.splitlines():
        found = re.match(r"[ ]{0,3}(?P<marks>`{3,}|~{3,})(?P<rest>.*)", line)
        if found is None:
            continue
        marks, rest = found["marks"], found["rest"].strip()
        if not fence:
            fence = "" if "`" in marks and "`" in rest else marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest:
            fence = ""
    return f"\n{fence}" if fence else ""


def pull_request_title(key: str, title: str) -> str:
    """Return the title: the ticket's key and what the change does."""
    return f"{key}: {first_line(without_claims(title), 200) or UNTITLED}"


def pull_request_body(
    ticket: dict[str, Any],
    summary: dict[str, Any],
    plan: Plan | None,
    before: Sequence[Evidence],
    after: Sequence[Evidence],
    approved_by: str = "",
    notices: Sequence[str] = (),
    changed: Sequence[str] = (),
    api: ApiComparison | None = None,
    between: Revisions | None = None,
) -> str:
    """Return the body; each mark and each box comes from evidence and from nowhere else.

    `changed` are the paths of the change, which are held against the plan; `api` is what it does to
    the API, as far as that was found out; `between` says which commits it is about. It fits into
    what GitHub takes.
    """
    assumed = [*(plan.assumptions if plan else ()), *summary.get("assumptions", ())]
    boxes = checklist(after, between.head, plan) if between else ()
    shown = {name: _of(after, gate, measure) for name, (gate, measure) in _SECTIONS.items()}
    body = render(
        "report/pull_request",
        ticket=ticket,
        between=between,
        labels=sorted(set(ticket.get("labels", ())) & set(LABELS.values())),
        asks_approval=bool(approved_by and plan and plan.asks_for_exceptions),
        boxes=boxes,
        summary=harmless(str(summary.get("summary", ""))),
        plan=plan,
        before=count_text(tests_before(before)) if before else "",
        evidence=after,
        marks=MARKS,
        **shown,
        remarked=[e for e in after if e.remarks and e not in shown.values()],
        most=_MOST_REMARKS,
        assumptions=[harmless(first_line(item, 500)) for item in dict.fromkeys(assumed)],
        approved_by=approved_by,
        notices=notices,
        deviation=deviation(plan, changed) if changed else Deviation(),
        api=render_markdown(api.diff, api.notes, _API_ROOM) if api else "",
    )
    return _fitted(body)


def _fitted(body: str) -> str:
    """Return a body that GitHub takes: what is too long ends at a line, before the marker."""
    if len(body) <= _BODY_LIMIT:
        return body
    marker = body.rpartition("\n")[2]
    kept = body[: _BODY_LIMIT - len(marker) - len(_CUT) - 2].rpartition("\n")[0]
    fence = _closing(kept)
    open_folds = kept.count("<details") - kept.count("</details>")
    return f"{kept}{fence}{'</details>' * open_folds}{_CUT}{marker}"


def _of(evidence: Sequence[Evidence], gate: Gate, measure: str) -> Evidence | None:
    """Return the evidence of a gate that measured something."""
    return next((e for e in evidence if e.gate is gate and measure in e.measures), None)


def card(
    ticket: dict[str, Any],
    phase: Phase,
    detail: str,
    evidence: Sequence[Evidence],
    spent: Spent,
    links: Sequence[Link],
) -> Card:
    """Return the ticket's one message in the channel."""
    headline = HEADLINES[phase] + (f": {detail}" if detail else "")
    lines = [" · ".join(f"{MARKS[e.status]} {e.gate} ({e.reason})" for e in evidence)]
    lines += [_coverage_line(e) for e in evidence if "total_percent" in e.measures]
    if spent.calls:
        tokens = spent.prompt_tokens + spent.completion_tokens
        lines.append(f"{spent.calls} model calls · {tokens} tokens · {spent.cost_usd:.2f} USD")
    return Card(
        ticket=ticket["key"],
        title=first_line(ticket["summary"]),
        url=ticket["url"],
        headline=headline,
        lines=tuple(line for line in lines if line),
        links=tuple(links),
    )


def _coverage_line(evidence: Evidence) -> str:
    """Return `coverage 91.2 % (+0.4)`, against the base where it was measured."""
    figures = evidence.measures
    line = f"coverage {figures['total_percent']:.1f} %"
    if "base_percent" not in figures:
        return line
    return f"{line} ({figures['total_percent'] - figures['base_percent']:+.1f})"


def plan_note(plan: Plan, needs_approval: bool) -> ThreadNote:
    """Return the plan for the thread, with buttons when a person must approve it."""
    parts = [f"**Plan.** {plan.summary}"]
    for title, items in (
        ("Files", plan.files),
        ("Endpoints", plan.endpoints),
        ("Migrations", plan.migrations),
        ("Breaking", plan.breaking_changes),
        ("Tests", plan.tests),
        ("New dependencies", plan.new_dependencies),
        ("Exceptions", plan.exceptions),
        ("Risks", plan.risks),
        ("Open questions", plan.open_questions),
        ("Assumptions", plan.assumptions),
    ):
        if items:
            parts.append(f"**{title}**\n" + "\n".join(f"- {item}" for item in items))
    if needs_approval:
        why = ", and ".join(plan.approval_reasons())
        because = f", because {why}" if why else ""
        parts.append(f"It needs your approval{because}. A reply here changes the plan.")
    return ThreadNote(text="\n\n".join(parts), buttons=(APPROVE, CANCEL) if needs_approval else ())


def questions_text(questions: Sequence[str]) -> str:
    """Return at most three questions as a comment for the ticket and the thread."""
    asked = "\n".join(f"{number}. {text}" for number, text in enumerate(questions[:3], start=1))
    return f"Before I can go on, I need an answer (here or on the other side):\n\n{asked}"


def blocked_text(reason: str) -> str:
    """Return what is said when the work cannot go on by itself."""
    return f"I am stuck: {reason}\n\nReply here with what to do, or cancel the ticket."
