"""What CI and runners such as make, tox and nox carry out, read from their files.

Sources: GitHub Actions, "Workflow syntax"; GitLab, "CI/CD YAML syntax"; pre-commit.
"""

import ast
import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from agent.evidence.weakening.syntax import base_name
from agent.survey.source import last, read_source, text_of

_CI = re.compile(
    r"(^|/)(\.github/(workflows|actions)/.+\.ya?ml|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml"
    r"|\.circleci/config\.ya?ml|bitbucket-pipelines\.ya?ml|\.travis\.ya?ml"
    r"|\.pre-commit-config\.ya?ml|Jenkinsfile)$"
)
_RUNNER = re.compile(
    r"(^|/)(GNUmakefile|[Mm]akefile|.+\.mk|[Jj]ustfile|tox\.ini|noxfile\.py|tasks\.py|Taskfile\.ya?ml)$"
    r"|\.(sh|bash)$"
)
_SCRIPTS = frozenset({"run", "script", "before_script", "after_script", "command", "commands",
                      "cmd", "cmds", "bash", "sh"})  # fmt: skip
_MOST_NODES = 20_000


@dataclass(frozen=True)
class Context:
    """Under which circumstances something runs."""

    path: str
    place: str = ""
    """The job, target or session."""
    is_forgiven: bool = False
    """True when a failure is no failure."""
    condition: str = ""


@dataclass(frozen=True)
class Step:
    """One line that is carried out."""

    text: str
    context: Context


@dataclass
class Pipeline:
    """All that the CI of one side does."""

    steps: list[Step] = field(default_factory=list)
    triggers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By event: the filters that keep it from files or branches, empty for none; and the file."""
    matrix: dict[str, dict[str, str]] = field(default_factory=dict)
    """By name: the values, each with a file that has it."""
    excluded: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """What is left out of the matrix, and the file."""
    runners: list[Step] = field(default_factory=list)
    """What the files of make, tox, nox and shell scripts do, whether CI calls them or not."""
    unread: list[str] = field(default_factory=list)


def is_ci(path: str) -> bool:
    """Tell whether a file says what CI does."""
    return _CI.search(path) is not None


def is_runner(path: str) -> bool:
    """Tell whether a file says what a runner does."""
    return _RUNNER.search(path) is not None


def pipeline(files: Mapping[str, str]) -> Pipeline:
    """Return what CI and runners do on one side."""
    found = Pipeline()
    for path, text in sorted(files.items()):
        if is_ci(path):
            _read_ci(path, text, found)
        elif is_runner(path):
            found.runners += _runner_steps(path, text)
    return found


def _read_ci(path: str, text: str, found: Pipeline) -> None:
    if base_name(path) == "Jenkinsfile":
        found.steps += [
            Step(line, Context(path)) for line in re.findall(r"sh\s+['\"]+(.+?)['\"]", text)
        ]
        return
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        found.unread.append(path)
        return
    reader = _Reader(found)
    steps = list(reader.steps(document, Context(path)))
    found.steps += steps
    if isinstance(document, dict) and steps and "/workflows/" in path:
        for event, filters in _triggers(document):
            known = found.triggers.get(event)
            if known is None or (known[0] and not filters):
                found.triggers[event] = filters, path


class _Reader:
    def __init__(self, found: Pipeline) -> None:
        self._found = found
        self._left = _MOST_NODES

    def steps(self, node: Any, context: Context) -> Iterator[Step]:
        """Yield the steps in a part of a document, with the circumstances of that part."""
        self._left -= 1
        if self._left < 0:
            return
        if isinstance(node, list):
            for item in node:
                yield from self.steps(item, context)
        elif isinstance(node, dict):
            inner = _within(node, context)
            for key, value in node.items():
                yield from self._entry(str(key), value, inner)

    def _entry(self, key: str, value: Any, context: Context) -> Iterator[Step]:
        if key in _SCRIPTS and isinstance(value, str | list):
            lines = value if isinstance(value, list) else [value]
            text = "\n".join(line for line in lines if isinstance(line, str))
            yield from scripted(text, context)
            yield from self.steps([x for x in lines if not isinstance(x, str)], context)
        elif key == "uses" and isinstance(value, str):
            yield Step(f"uses {value.partition('@')[0]}", context)
        elif key == "id" and context.path.endswith((".pre-commit-config.yaml", ".yml")):
            if ".pre-commit" in context.path:
                yield Step(f"hook {value}", context)
        elif key == "env" and isinstance(value, dict):
            names = [name for name in ("PYTEST_ADDOPTS", "SKIP") if name in value]
            yield from (Step(f"{name} {value[name]}", context) for name in names)
        elif key == "matrix" and isinstance(value, dict):
            self._matrix(value, context.path)
        elif isinstance(value, dict | list):
            yield from self.steps(value, replace(context, place=context.place or key))

    def _matrix(self, value: dict[Any, Any], path: str) -> None:
        for name, entries in value.items():
            if isinstance(entries, list) and name not in ("include", "exclude"):
                known = self._found.matrix.setdefault(str(name), {})
                known.update({str(entry): path for entry in entries})
        rows = [row for row in value.get("exclude") or () if isinstance(row, dict)]
        self._found.excluded += [({str(k): str(v) for k, v in row.items()}, path) for row in rows]


def _within(node: dict[Any, Any], context: Context) -> Context:
    condition = node.get("if", node.get("rules") if node.get("when") == "never" else None)
    is_forgiven = node.get("continue-on-error") not in (None, False) or bool(
        node.get("allow_failure")
    )
    is_off = node.get("when") in ("manual", "never") or node.get("stages") == ["manual"]
    when = "when it is started by hand" if is_off else ""
    said = f"if {condition}" if condition is not None else when
    excluded = node.get("exclude") if ".pre-commit" in context.path else None
    said = f"not for {excluded}" if excluded and not said else said
    return replace(
        context,
        is_forgiven=context.is_forgiven or is_forgiven,
        condition=" and ".join(filter(None, (context.condition, said))),
        place=str(node.get("name") or context.place),
    )


def _triggers(document: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    events = document.get("on", document.get(True))  # YAML 1.1 takes the key `on` for true
    if isinstance(events, str):
        yield events, ""
    elif isinstance(events, list):
        yield from ((str(event), "") for event in events)
    elif isinstance(events, dict):
        for event, filters in events.items():
            limits = filters if isinstance(filters, dict) else {}
            named = {
                key: limits[key] for key in ("paths", "paths-ignore", "branches") if key in limits
            }
            yield str(event), str(named) if named else ""


def scripted(text: str, context: Context) -> Iterator[Step]:
    """Yield the commands of a script; after `set +e` a failure of one does not end it."""
    is_forgiven = False
    for line in script(text):
        if re.match(r"set [+-]\w*e", line):
            is_forgiven = line.startswith("set +")
        yield Step(line, replace(context, is_forgiven=context.is_forgiven or is_forgiven))


def _of_shell(text: str, context: Context) -> Iterator[Step]:
    """Yield the commands of a file; without `set -e` only the last one decides how it ends."""
    is_strict = re.match(r"#!.* -\w*e", text) is not None
    steps = list(scripted(text if is_strict else f"set +e\n{text}", context))
    for number, step in enumerate(steps, 1):
        ends = number == len(steps) or re.search(r"\|\|\s*(exit|return)\b", step.text)
        own = replace(step.context, is_forgiven=False) if ends else step.context
        yield replace(step, context=own)


def script(text: str) -> list[str]:
    """Return the commands of a shell script, divided at line ends and `&&`; no comments."""
    lines = re.sub(r"[ \t]*\\\n[ \t]*", " ", text).splitlines()
    found: list[str] = []
    for line in lines:
        bare = line.strip()
        if bare and not bare.startswith("#"):
            parts = [bare] if "||" in bare else re.split(r"\s*&&\s*", bare)
            found += [re.sub(r"^(then|do|else|time|exec)\s+", "", part) for part in parts]
    return found


def _runner_steps(path: str, text: str) -> list[Step]:
    name = base_name(path)
    if name == "tox.ini":
        return list(_tox(path, text))
    if name.endswith(".py"):
        return list(_sessions(path, text))
    if name.endswith((".yml", ".yaml")):
        found = Pipeline()
        _read_ci(path, text, found)
        return found.steps
    if name.endswith((".sh", ".bash")):
        return list(_of_shell(text, Context(path)))
    return list(_recipes(path, text))


def _recipes(path: str, text: str) -> Iterator[Step]:
    target = ""
    for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", text).splitlines():
        rule = re.match(r"([\w./-]+)[^=\n]*:(?!=)", line)
        if rule and not line[:1].isspace():
            target = rule[1]
        elif line[:1].isspace() and line.strip():
            bare = line.strip()
            prefix = re.match(r"[@+-]*", bare)
            is_forgiven = prefix is not None and "-" in prefix[0]
            for part in script(bare.lstrip("@+-")):
                yield Step(part, Context(path, target, is_forgiven))


def _tox(path: str, text: str) -> Iterator[Step]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        outcome = parser.get(section, "ignore_outcome", fallback="") or ""
        commands = parser.get(section, "commands", fallback="") or ""
        for line in script(commands):
            is_forgiven = line.startswith("-") or outcome.lower() == "true"
            bare = re.sub(r"\{posargs:?([^}]*)\}", r"\1", line.lstrip("- "))
            yield Step(bare, Context(path, section, is_forgiven))


def _sessions(path: str, text: str) -> Iterator[Step]:
    source = read_source(path, text, is_cut=False)
    for node in ast.walk(source.tree) if source else ():
        if isinstance(node, ast.Call) and last(node.func) in ("run", "sudo"):
            words = [text_of(item) or "" for item in node.args]
            codes = [item for item in node.keywords if item.arg in ("success_codes", "warn")]
            yield Step(" ".join(filter(None, words)), Context(path, "", bool(codes)))
