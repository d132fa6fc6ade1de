"""The root behind `backsmith openapi export`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from agent.domain.errors import NotFoundError, SettingsError
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.openapi.loading import load
from agent.stacks.openapi.exporting import export_openapi
from agent.stacks.openapi.value import Export
from agent.tools.base import Checkout
from workflows.openapi_inputs import repository_root
from workflows.settings import Settings, load_settings
from workflows.wiring import AnySandbox, build_artifacts, build_sandbox, build_workspace
from workflows.working_tree import copied

_YAML = (".yaml", ".yml")


def run_export(path: Path, rev: str | None, output: Path | None, app: str | None) -> int:
    """Write the description of an API in a folder; 0 when there is one, 1 when there is none.

    Raises:
        SettingsError: The folder, the revision or the file cannot be used.
        TransientError: The package index cannot be reached.
    """
    place = path.resolve()
    if not place.is_dir():
        raise SettingsError(f"{path} is no folder (PATH); give a repository or a folder in one")
    if output is not None and not output.resolve().parent.is_dir():
        raise SettingsError(f"{output.parent} is no folder (--output); make it first")
    settings = load_settings()
    sandbox = build_sandbox(settings)
    root = repository_root(place) or place
    folder = "" if place == root else place.relative_to(root).as_posix()
    with _standing(settings, sandbox, root, rev) as worktree:
        checkout = Checkout(sandbox=sandbox, worktree=worktree)
        targets = (app,) if app else ()
        found = export_openapi(checkout, targets=targets, folder=folder, progress=_say)
    if found.content is None:
        _say(f"no spec: {found.reason}")
        return 1
    _write(found, found.content, output)
    for line in _remarks(found):
        _say(line)
    return 0


@contextmanager
def _standing(
    settings: Settings, sandbox: AnySandbox, root: Path, rev: str | None
) -> Iterator[Worktree]:
    """Give a worktree at a revision, or a copy of the files as they are now; removed afterwards."""
    home = settings.backsmith_home
    repository = Repository(name=root.name or "folder", git_url=str(root))
    name = LifeId(f"openapi-{sha256(str(root).encode()).hexdigest()[:8]}-{os.getpid()}")
    if rev is None:
        with copied(sandbox, root, home.resolve() / "worktrees" / name) as path:
            yield Worktree(path=path, repository=repository, head=CommitSha(""))
        return
    if not (root / ".git").exists():
        raise SettingsError(f"{root} is no git repository (PATH), which --rev needs; leave it out")
    workspace = build_workspace(home, sandbox, build_artifacts(settings), lambda _repository: None)
    try:
        commit = workspace.fetch(repository, rev)
    except NotFoundError as error:
        raise SettingsError(f"{error} (--rev)") from error
    try:
        yield workspace.open(repository, name, commit)
    finally:
        workspace.close(repository, name)


def _write(found: Export, content: bytes, output: Path | None) -> None:
    is_yaml = output is not None and output.suffix.lower() in _YAML
    if found.is_live or is_yaml == (content.lstrip()[:1] == b"{"):
        document = json.loads(content) if found.is_live else load(content, found.source).document
        content = (_as_yaml if is_yaml else _as_json)(document).encode("utf-8", "replace")
    try:
        if output is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            output.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{output or 'stdout'} cannot be written: {error.strerror}") from error


def _as_yaml(document: Any) -> str:
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100))


def _as_json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _remarks(found: Export) -> Iterator[str]:
    tools = f", {found.framework}" if found.framework else ""
    yield f"{found.source}{tools}, {found.seconds} s"
    if found.reason:
        yield f"it is the committed file, because {found.reason}"
    if found.dummies:
        yield f"settings that were missing and filled in: {', '.join(found.dummies)}"
    if found.absent:
        yield f"low quality: not installable, so stand-ins were used: {', '.join(found.absent)}"
    elif found.is_low_quality:
        yield "low quality: the project has no schema package, so most types are unknown"
    if found.others:
        yield f"not exported, as they are services of their own: {', '.join(found.others)}"


def _say(line: str) -> None:
    sys.stderr.write(f"backsmith: {line}\n")
    sys.stderr.flush()
