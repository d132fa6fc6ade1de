"""The survey as the model reads it: at most `LIMIT` tokens, whatever the repository holds."""

from collections.abc import Iterable
from typing import Any

from agent.prompting import render
from agent.stacks.commands import Stack
from agent.survey.chart import chart
from agent.survey.resources import Relevance
from agent.survey.rules import cut, titles
from agent.survey.values import Resource, Survey
from agent.text import visible

LIMIT = 1_500
"""Tokens of the whole text."""
_ROOM = 4_900
"""Characters for all that varies, before the text is measured."""
_FOR_RULES = 1_900
_FOR_CHART = 2_300
_SCRIPT_WEIGHT = 2.5
"""Characters outside of ASCII take up to a token each, so they count this much more."""


def tokens(text: str) -> int:
    """Estimate the tokens of a text; errs high."""
    others = sum(not letter.isascii() for letter in text)
    return int((len(text) + _SCRIPT_WEIGHT * others) / 3.5) + 1


def introduction(
    survey: Survey, repository: str, stack: Stack, summary: str, description: str
) -> str:
    """Return what the developer is told about a repository before the first model call.

    Args:
        survey: Of the commit that the work begins at.
        repository: Its name.
        stack: The commands of the gates.
        summary: Of the ticket; with the description it decides what is shown in detail.
        description: Of the ticket.
    """
    relevance = Relevance(survey, summary, description)
    scale = 1.0
    while True:
        text = _told(survey, repository, stack, relevance, scale)
        if tokens(text) <= LIMIT or scale < 0.02:
            return text
        scale *= min(0.9, LIMIT / tokens(text))


def _told(survey: Survey, repository: str, stack: Stack, relevance: Relevance, scale: float) -> str:
    facts = _facts(survey, stack, scale)
    commands = (*stack.tests, *stack.lint, *stack.types)
    rules = _first_rules(survey, int(_FOR_RULES * scale), commands)
    facts["Seldom needed for code"] = _other_rules(survey, rules, int(300 * scale))
    used = sum(map(len, facts.values())) + sum(len(rule["text"]) for rule in rules)
    room = min(_FOR_CHART, _ROOM - used)
    lines, elsewhere, missing = chart(survey, relevance, int(room * scale))
    return render(
        "task/repository",
        repository=_short(repository, 100),
        facts={name: _plain(text) for name, text in facts.items() if text},
        chart=[_plain(line) for line in lines],
        folded=_plain(_listed(survey.folded, int(300 * scale))),
        elsewhere=_plain(_listed(elsewhere, int(350 * scale))),
        missing=missing,
        nearest=[_plain(_resource(item, int(450 * scale))) for item in relevance.nearest()],
        rules=rules,
    )


def _facts(survey: Survey, stack: Stack, scale: float) -> dict[str, str]:
    """Return what is known, by what it is; what is not known is empty."""
    known = {
        "Note": _listed(survey.remarks, int(500 * scale), " "),
        "Python": survey.python,
        "Packages": _listed(survey.packages, int(300 * scale)),
        "Gates": _listed(_gates(survey, stack), int(500 * scale), "; "),
        "Style": survey.style,
        "App": _listed(survey.applications, int(300 * scale), "; "),
        "Settings": _settings(survey, int(350 * scale)),
        "Migrations": _listed(survey.migrations, int(350 * scale), "; "),
        "Started by": _listed(survey.entry_points, int(250 * scale), "; "),
        "Newest commits": _listed(survey.subjects, int(300 * scale), "; "),
    }
    return {name: _short(text, int(600 * scale)) for name, text in known.items()}


def _plain(text: str) -> str:
    """Return foreign text as one visible line that looks like the end of no block."""
    return " ".join(visible(text).split()).replace("</", "< /")


def _gates(survey: Survey, stack: Stack) -> list[str]:
    commands = [*stack.tests, *stack.lint, *stack.types]
    others = [f"CI also runs: {', '.join(survey.also_in_ci)}"] if survey.also_in_ci else []
    beside = " and ".join(stack.services.names)
    others += [f"{beside} run beside every test command"] if beside else []
    return [*(commands or ["no commands were found"]), *others]


def _settings(survey: Survey, room: int) -> str:
    needed = [setting.name for setting in survey.settings if setting.is_required]
    others = [setting.name for setting in survey.settings if not setting.is_required]
    places = list(dict.fromkeys(setting.path for setting in survey.settings))
    parts = [f"required {_listed(needed, room // 2)}"] if needed else []
    parts += [f"optional {_listed(others, room // 2)}"] if others else []
    return f"{'; '.join(parts)} ({_listed(places, 100)})" if parts else ""


def _resource(resource: Resource, room: int) -> str:
    places = [
        f"{part.path}:{part.start}-{part.end}" if part.start else part.path
        for part in resource.parts
    ]
    return f"{resource.name}: {_listed(places, room, ' ')}"


def _first_rules(survey: Survey, room: int, commands: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the most binding text, as far as there is room for it."""
    for rule in survey.rules[:1]:
        text, more = cut(rule.text, room, commands)
        if text:
            return [{"path": rule.path, "text": text, "more": more}]
    return []


def _other_rules(survey: Survey, shown: list[dict[str, Any]], room: int) -> str:
    """Return what the other texts are about."""
    others = [rule for rule in survey.rules if rule.path not in {item["path"] for item in shown}]
    about = ((rule.path, _listed(filter(None, titles(rule.text)), 150)) for rule in others)
    return _listed([f"{path} ({topics})" if topics else path for path, topics in about], room, "; ")


def _listed(items: Iterable[str], room: int, between: str = ", ") -> str:
    """Join items while there is room, and count the rest."""
    kept: list[str] = []
    rest = list(items)
    while rest and len(rest[0]) + len(between) <= room:
        kept.append(rest.pop(0))
        room -= len(kept[-1]) + len(between)
    if rest and not kept and room > 20:
        kept.append(_short(rest.pop(0), room))
    more = f" [+{len(rest)} more]" if rest else ""
    return between.join(kept) + more


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"
