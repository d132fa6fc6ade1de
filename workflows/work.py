"""The root behind `backsmith work`."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from agent.domain.errors import NotFoundError, SettingsError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository
from agent.ports import Workspace
from workflows.local import LocalWork, read_ticket
from workflows.settings import Settings, load_settings
from workflows.state import Policy
from workflows.wiring import (
    build_artifacts,
    build_desk,
    build_ledger,
    build_sandbox,
    build_workspace,
)


def run_work(
    path: Path,
    ticket: str,
    base: str | None,
    answer: Path | None,
    *,
    self_review: bool,
    as_json: bool,
) -> int:
    """Carry a ticket out in a local repository; 0 when it is done, 1 when it is blocked."""
    started = time.monotonic()
    signal.signal(signal.SIGINT, _interrupt)
    repository = repository_at(path)
    text, given = read_text(ticket), read_text(str(answer)) if answer else ""
    settings = load_settings()
    settings.require_model()
    artifacts, sandbox, ledger = (
        build_artifacts(settings),
        build_sandbox(settings),
        build_ledger(settings),
    )
    try:
        workspace = build_workspace(
            settings.backsmith_home, sandbox, artifacts, lambda _repository: None
        )
        work = LocalWork(
            desk=build_desk(settings, ledger, artifacts, workspace, sandbox),
            repository=repository,
            ticket=read_ticket(text, ticket),
            base=base_commit(workspace, repository, base),
            policy=_policy(settings, self_review),
            progress=_progress(as_json),
            answer=given,
        )
        result = asyncio.run(work.run())
        result["seconds"] = round(time.monotonic() - started, 1)
        body = work.pull_request_text(CommitSha(result["head"])) if result["head"] else ""
    finally:
        ledger.close()
    text_file = settings.backsmith_home / "work" / work.life / "pull_request.md"
    if body:
        _save(text_file, body)
    _tell(result, body, text_file, as_json)
    return 0 if result["outcome"] == "done" else 1


def _policy(settings: Settings, self_review: bool) -> Policy:
    policy = settings.policy(())
    return policy.model_copy(update={"self_review": policy.self_review and self_review})


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End at once, also within a model call; the ledger has all that was finished."""
    sys.stderr.write("\nbacksmith: stopped; the same command goes on from here\n")
    sys.stderr.flush()
    os._exit(130)


def base_commit(workspace: Workspace, repository: Repository, rev: str | None) -> CommitSha:
    """Return the commit to start from. Raises SettingsError for an unknown one."""
    try:
        return workspace.fetch(repository, rev)
    except NotFoundError as error:
        raise SettingsError(f"{error} (--base)") from error


def repository_at(path: Path) -> Repository:
    """Return the git repository at a path. Raises SettingsError where there is none."""
    root = path.resolve()
    if not (root / ".git").exists() and not (root / "HEAD").exists():
        raise SettingsError(f"{path} is no git repository (PATH); give the folder that holds .git")
    head = root / ".git" / "HEAD"
    named = head.read_text("utf-8").strip() if head.is_file() else ""
    branch = named.removeprefix("ref: refs/heads/") if named.startswith("ref: ") else "HEAD"
    return Repository(name=root.name, git_url=str(root), default_branch=branch)


def read_text(name: str) -> str:
    """Return the text of a file, or of stdin for `-`. Raises SettingsError."""
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} cannot be read: {error}") from error


def _progress(as_json: bool) -> Any:
    console = Console(stderr=True)

    def show(line: str) -> None:
        if not as_json:
            console.print(line, style="dim", highlight=False, markup=False)

    return show


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _tell(result: dict[str, Any], body: str, text_file: Path, as_json: bool) -> None:
    console = Console(soft_wrap=True)
    if as_json:
        console.print_json(json.dumps(result))
        return
    if result["outcome"] == "done":
        console.print(body, highlight=False, markup=False)
        line = f"Branch {result['branch']} at {result['head']}, verdict {result['verdict']}."
        line += f"\nThe text of the pull request is in {text_file}."
    elif result["questions"]:
        asked = "".join(f"\n  {question}" for question in result["questions"])
        line = f"There is a question; answer it in a file and add --answer FILE:{asked}"
    else:
        line = f"Blocked: {result['reason']}"
    model, review = result["model"], result["self_review"]
    console.print(
        f"{line}\n{model['calls']} model calls, {model['prompt_tokens']} prompt tokens, "
        f"{model['cost_usd']:.4f} USD, {result['seconds']} s; of these the self-review: "
        f"{review['calls']} calls, {review['prompt_tokens']} prompt tokens, "
        f"{review['cost_usd']:.4f} USD.",
        highlight=False,
        markup=False,
    )
