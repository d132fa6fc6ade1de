"""Descriptions that a repository keeps as files: what is left when its code gives none."""

import re

from agent.domain.errors import ToolError
from agent.openapi.loading import load
from agent.openapi.spec import SpecError
from agent.stacks.openapi.places import ASIDE
from agent.survey.values import RepositoryFiles
from agent.tools.base import Checkout

LARGEST_BYTES = 32 << 20
_NAMES = (
    r"openapi[\w.-]*\.(json|ya?ml)",
    r"(api[-_.]?)?schema\.(json|ya?ml)",
    r"swagger[\w.-]*\.(json|ya?ml)",
    r"api([-_.]?(spec|docs?))?\.(json|ya?ml)",
)
_FOLDERS = ("", "docs", "doc", "api", "openapi", "spec", "specs", "contrib", "schema", "static")
_MOST_TRIED = 8


def committed_names(files: RepositoryFiles, folder: str = "") -> list[str]:
    """Return the paths that look like descriptions, the likeliest first."""
    ranked = []
    for file in files.files:
        path = file.path.removeprefix(f"{folder}/" if folder else "")
        name = path.rpartition("/")[2].lower()
        kind = next((n for n, form in enumerate(_NAMES) if re.fullmatch(form, name)), None)
        is_within = not folder or path != file.path
        if kind is None or not is_within or file.size > LARGEST_BYTES or _is_aside(path):
            continue
        where = path.rpartition("/")[0].lower().rpartition("/")[2]
        rank = _FOLDERS.index(where) if where in _FOLDERS else len(_FOLDERS)
        ranked.append((kind, path.count("/"), rank, file.path))
    return [path for *_, path in sorted(ranked)]


def _is_aside(path: str) -> bool:
    folders = [part for part in path.split("/")[:-1] if part not in ("docs", "doc")]
    return ASIDE.search("/".join([*folders, ""])) is not None


def read_committed(
    checkout: Checkout, files: RepositoryFiles, folder: str
) -> tuple[str, bytes] | None:
    """Return path and content of the first file that is a description in version 3."""
    for path in committed_names(files, folder)[:_MOST_TRIED]:
        try:
            found = checkout.files("result", path=path, cap=LARGEST_BYTES)
            content = str(found["text"]).encode("utf-8", "replace")
            load(content, path)
        except (ToolError, SpecError):
            continue
        return path, content
    return None
