"""The survey's one step that touches the world: files and texts, in one sandbox call."""

import re

from agent.domain.errors import ToolError
from agent.domain.repository import Worktree
from agent.ports import Sandbox
from agent.stacks.services.documents import COMPOSE, EXAMPLES, GITLAB, VARIABLES
from agent.survey.values import RepositoryFile, RepositoryFiles
from agent.text import first_line

_SKIP = (
    r"(^|/)(\.git|\.hg|\.venv|venv|env|node_modules|bower_components|vendor|vendored|_vendor"
    r"|third_party|site-packages|staticfiles|dist|build|htmlcov|__pycache__|\.tox)/"
)
"""Where other people's or generated code lies."""
_CONFIG = (
    r"(^|/)(pyproject\.toml|setup\.(cfg|py)|tox\.ini|pytest\.ini|mypy\.ini|\.?ruff\.toml|\.flake8"
    r"|Pipfile|\.python-version|manage\.py|alembic\.ini|Makefile|[Dd]ockerfile|Procfile"
    r"|noxfile\.py|runtests\.py|\.pre-commit-config\.yaml|requirements[^/]*\.(txt|in))$|(^|/)requirements/[^/]+\.(txt|in)$"
)
_WANTED: tuple[tuple[str, int], ...] = (
    (r"^\.github/workflows/[^/]+\.ya?ml$", 40_000),
    (r"^(AGENTS|CONTRIBUTING|README)\.(md|rst|txt)$|^(\.github|docs)/CONTRIBUTING\.md$", 60_000),
    (_CONFIG, 40_000),
    (r"^\.backsmith\.yml$", 40_000),
    (rf"{COMPOSE}|{EXAMPLES}|{VARIABLES}|{GITLAB}", 20_000),
    (r"^(poetry|uv|pdm)\.lock$|^Pipfile\.lock$", 400_000),
    (r"(^|/)(versions|migrations)/(versions/)?[^/]+\.py$", 1_500),
    (r"(^|/)(main|app|asgi|wsgi|urls|settings|config|conftest|base|local|prod[a-z]*)\.py$", 60_000),
    (r"(^|/)(models?|routers?|routes?|schemas?|serializers?|views?|viewsets|services?)\b.*\.py$",
     60_000),
    (r"(^|/)(api|endpoints?|crud|repositor(y|ies)|domain|settings)(\b|_).*\.py$", 60_000),
    (r"(^|/)tests?/.*\.py$|(^|/)(test_[^/]*|[^/]*_test|tests)\.py$", 20_000),
    (r"\.py$", 60_000),
)  # fmt: skip
"""What is read of which files, the most telling first; the newest migrations are found by name."""
_ROOM = 2_500_000
_LISTED = 40_000
_SUBJECTS = 5
SKIPPED = _SKIP


def gather(
    sandbox: Sandbox,
    worktree: Worktree,
    wanted: tuple[tuple[str, int], ...] = _WANTED,
    folder: str = "",
) -> RepositoryFiles:
    """Return what the survey of a worktree is made from.

    A repository that the helper cannot list comes back empty, with the problem named. `wanted` says
    what is read of which files: a pattern of paths and a number of characters, most telling first;
    with a `folder` only files in it are read.
    """
    arguments = {
        "wanted": [list(pair) for pair in wanted],
        "skip": f"{_SKIP}|^(?!{re.escape(folder)}/)" if folder else _SKIP,
        "room": _ROOM,
        "limit": _LISTED,
        "subjects": _SUBJECTS,
    }
    try:
        found = sandbox.file_operation(worktree, "gather", arguments)
    except ToolError as error:
        return RepositoryFiles(problem=first_line(str(error), 200))
    return RepositoryFiles(
        files=tuple(RepositoryFile(path=p, size=s, kind=k) for p, s, k in found["files"]),
        more=found["more"],
        texts=found["texts"],
        unread=found["unread"],
        subjects=tuple(found["subjects"]),
    )
