"""Which steps of CI and of runners check something, and with which tool."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename

from agent.evidence.weakening.ci_files import Step
from agent.evidence.weakening.options import words_of_line

_RUNS = re.compile(
    r"^(?:[A-Za-z_]\w*=\S*\s+|sudo\s+|time\s+|env\s+|xvfb-run\s+(?:-\S+\s+)*"
    r"|(?:uv|poetry|pipenv|pdm|rye|hatch|conda|micromamba)\s+run\s+(?:-\S+\s+)*(?:[\w.-]+:)?"
    r"|uvx\s+|pipx\s+run\s+|python[\d.]*\s+(?:-[WXu]\s*\S*\s+)*-m\s+|python[\d.]*\s+(?=\S*manage\.py)"
    r"|coverage\s+run\s+(?:-(?!m)\S+\s+)*(?:-m\s+)?"
    r"|docker[ -]compose\s+(?:run|exec)\s+(?:-\S+\s+)*\S+\s+)"
)

_TOOLS = frozenset(
    {
        *("pytest", "py.test", "unittest", "manage.py", "django-admin", "tox", "nox", "mypy"),
        *("ruff", "flake8", "pylint", "black", "isort", "pyright", "basedpyright", "ty", "pyrefly"),
        *("coverage", "bandit", "pre-commit", "make", "just", "hatch", "task", "poe", "pip-audit"),
        *("safety", "lint-imports", "diff-cover", "diff-quality", "codespell", "vulture"),
        *("semgrep", "interrogate", "djlint", "detect-secrets", "uses", "hook", "trial", "invoke"),
        *("schemathesis", "squawk", "xenon", "radon", "deptry", "PYTEST_ADDOPTS", "SKIP"),
    }
)

_WITH_WORD = frozenset(
    {"ruff", "manage.py", "django-admin", "coverage", "make", "just", "nox", "pre-commit", "hatch",
     "task", "poe", "uses", "hook", "ty", "pyrefly", "invoke"}
)  # fmt: skip

_FORGIVING = re.compile(
    r"\|\|(?!.*(exit\s+([1-9$]|\"\$)|\bfalse\b|return\s+1))|;\s*(true|exit\s+0|:)\s*$"
    r"|--exit-zero\b"
)

_USED = re.compile(r"ruff|mypy|pylint|codeql|pre-commit|pytest|bandit|sonar|trivy|dependency-review"
                   r"|super-linter|gitleaks|trufflehog|codecov|coveralls|black|isort")  # fmt: skip

_OUTSIDE = frozenset({"install", "run", "erase", "html", "xml", "combine", "migrate", "json",
                      "runserver", "collectstatic", "clean", "autoupdate"})  # fmt: skip


@dataclass(frozen=True)
class Checking:
    """A step that checks something."""

    key: str
    """The tool, with its subcommand."""
    step: Step
    words: tuple[str, ...]

    @property
    def is_forgiven(self) -> bool:
        """True when its failure is none."""
        return self.step.context.is_forgiven or _FORGIVING.search(self.step.text) is not None


def checking(steps: list[Step]) -> Iterator[Checking]:
    """Yield those steps that check something."""
    for step in steps:
        text = re.sub(r"\s\|\|.*$|\s*\|(?!\|).*$|;.*$", "", step.text)
        while found := _RUNS.match(text):
            text = text[found.end() :]
        words = words_of_line(text)
        if not words:
            continue
        tool = {"py.test": "pytest", "django-admin": "manage.py"}.get(
            basename(words[0]), basename(words[0])
        )
        if tool in _TOOLS and not _is_outside(tool, words):
            name = tool
            if tool in _WITH_WORD and len(words) > 1:
                name = f"{tool} {next((w for w in words[1:] if not w.startswith('-')), '')}"
            yield Checking(name, step, tuple(words[1:]))


def _is_outside(tool: str, words: list[str]) -> bool:
    """Tell whether a call of a tool checks nothing."""
    if tool == "uses":
        return _USED.search(words[-1]) is None
    return len(words) > 1 and words[1] in _OUTSIDE and tool != "pre-commit"
