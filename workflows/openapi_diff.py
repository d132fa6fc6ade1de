"""The root behind `backsmith openapi diff`."""

import gc
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from agent.domain.errors import SettingsError
from agent.openapi.bounds import MAX_BYTES
from agent.openapi.change import ApiDiff, Level
from agent.openapi.compare import diff
from agent.openapi.levels import LEVELS
from agent.openapi.loading import load
from agent.openapi.options import Options
from agent.openapi.policy import (
    ACCEPT_FILE,
    TEAM_FILES,
    ApiPolicy,
    Applied,
    apply,
    joined,
    read_policy,
)
from agent.openapi.spec import Spec, SpecError
from workflows.openapi import FailOn, Format
from workflows.openapi_inputs import (
    STDIN,
    read_file,
    read_input,
    repository_root,
)

MAX_POLICY_BYTES = 2**20
_TELLS_NOTES = {Format.TEXT, Format.MARKDOWN, Format.GITHUB}


def run_diff(base: str, head: str, form: Format, fail_on: FailOn, accept: Path | None) -> int:
    """Compare two descriptions and write the report; 0 fine, 1 the check failed.

    Raises:
        SettingsError: Something named cannot be read, or is no description; one line.
    """
    if base == head == STDIN:
        raise SettingsError("BASE and HEAD are both stdin; give a file for one of them")
    root = repository_root(Path.cwd())
    policy = _policy(root, accept)
    today = datetime.now(tz=UTC).date()  # noqa: TID251 - a root's clock
    options = Options(today=today, sunset_days=policy.sunset_days)
    seen = apply(_compared(base, head, options), policy, today)
    _write(_rendered(seen, form, _path_in(root, head)))
    if form not in _TELLS_NOTES:
        sys.stderr.writelines(f"backsmith: {note}\n" for note in seen.notes)
    return int(_fails(seen.diff, fail_on))


def _compared(base: str, head: str, options: Options) -> ApiDiff:
    try:
        older, newer = _load(base), _load(head)
        gc.freeze()  # what was read stays until the end; looking through it costs 0.2 s
        return diff(older, newer, options)
    except SpecError as error:
        raise SettingsError(str(error)) from error


def _load(name: str) -> Spec:
    return load(read_input(name, MAX_BYTES), "stdin" if name == STDIN else name)


def _policy(root: Path | None, accept: Path | None) -> ApiPolicy:
    """Join what the team's file and the accept file say; a file that was named must be there."""
    places = [root / file for file in TEAM_FILES] if root else []
    if root and not accept:
        places.append(root / ACCEPT_FILE)
    names = [(str(place), place.name) for place in places if os.path.lexists(place)]
    names += [(str(accept), str(accept))] if accept else []
    return joined(
        read_policy(read_file(path, MAX_POLICY_BYTES), shown, LEVELS) for path, shown in names
    )


def _path_in(root: Path | None, head: str) -> str:
    """Return the newer description's path within the repository; empty when it is in none."""
    _rev, colon, path = head.partition(":")
    if colon and not os.path.lexists(head):
        return path
    place = Path(head).resolve()
    is_inside = head != STDIN and root and place.is_relative_to(root.resolve())
    return place.relative_to(root.resolve()).as_posix() if root and is_inside else ""


def _rendered(seen: Applied, form: Format, file: str) -> str:
    """Write a diff down; each form is imported when it is wanted."""
    match form:
        case Format.TEXT:
            from agent.openapi.report.text import render_text

            return render_text(seen.diff, seen.notes)
        case Format.MARKDOWN:
            from agent.openapi.report.markdown import render_markdown

            return render_markdown(seen.diff, notes=seen.notes)
        case Format.JSON:
            from agent.openapi.report.jsonform import render_json

            return render_json(seen.diff)
        case Format.SARIF:
            from agent.openapi.report.sarif import render_sarif

            return render_sarif(seen.diff, file, version("backsmith"))
        case Format.GITHUB:
            from agent.openapi.report.annotations import render_annotations

            return render_annotations(seen.diff, file, seen.notes)


def _write(text: str) -> None:
    """Write to stdout in UTF-8, whatever the terminal has; one line break stands at the end."""
    try:
        with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as target:
            target.write(f"{text.rstrip()}\n".encode("utf-8", "replace"))
    except BrokenPipeError:
        raise  # typer ends the process quietly when the reader has enough
    except OSError as error:
        raise SettingsError(f"the report cannot be written to stdout: {error.strerror}") from error


def _fails(seen: ApiDiff, fail_on: FailOn) -> bool:
    levels = {
        FailOn.BREAKING: (Level.ERROR,),
        FailOn.WARNING: (Level.ERROR, Level.WARNING),
        FailOn.NEVER: (),
    }[fail_on]
    return any(seen.count(level) for level in levels)
