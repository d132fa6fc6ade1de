"""Shell scripts, as far as their lines can be run one by one."""

import re
import shlex
from collections.abc import Callable
from posixpath import join, normpath

from agent.stacks.line import CommandLine, parse_line

ReadText = Callable[[str], str | None]
"""Returns a file's text, or None when there is no such file."""

_ARGUMENTS = re.compile(r"\{posargs(?::(?P<default>[^{}]*))?\}|\"?\$\{?@\}?\"?|\{args\}")
"""Where a runner puts in what it was called with; some say what else stands there."""
_EXPORT = re.compile(r"export (?P<name>[A-Za-z_]\w*)=(?P<value>[^$`;|&]*)$")
_CHANGE = re.compile(r"(?:cd|pushd) (?P<folder>[\w./-]+)$")
_HARMLESS = re.compile(r"\s+2>&1(?=\s|$)|\s*\|\s*tee\b[^|&;]*$")
_LEADING = re.compile(r"^(?:time|exec|command|env(?= \w+=)) +")
_QUOTED = r"'[^']*'|\"(?:\\.|[^\"\\])*\""


def without_arguments(text: str) -> str:
    """Return a command as it is when its runner is called with nothing."""
    return _ARGUMENTS.sub(lambda found: found["default"] or "", text)


def script_lines(
    script: str, folder: str = "", variables: tuple[tuple[str, str], ...] = ()
) -> list[CommandLine]:
    """Return the plain commands of a script with the folder and variables that each has.

    Lines with expressions, pipes, redirections or alternatives (`|| true`) are left out: they do
    not say what must pass.
    """
    found: list[CommandLine] = []
    values = dict(variables)
    for part in _commands(script):
        if export := _EXPORT.match(part):
            values[export["name"]] = export["value"].strip("'\" ")
        elif change := _CHANGE.match(part):
            folder = join(folder, change["folder"])
        elif is_plain(part):
            line = parse_line(part)
            place = normpath(join(folder, line.folder)) if folder or line.folder else ""
            if not place.startswith(("/", "..")):
                known = tuple({**values, **dict(line.variables)}.items())
                update = {"folder": "" if place == "." else place, "variables": known}
                found.append(line.model_copy(update=update))
    return found


def _commands(script: str) -> list[str]:
    """Return the commands of a script, divided at line ends and `&&`."""
    lines = (line.strip() for line in re.sub(r"\s*\\\n\s*", " ", script).splitlines())
    parts = [part for line in lines if not line.startswith("#") for part in _divided(line)]
    return [_LEADING.sub("", _HARMLESS.sub("", part.strip())) for part in parts if part.strip()]


def _divided(line: str) -> list[str]:
    """Divide at `&&` outside of quotes; a line with an alternative stays whole."""
    bare = re.sub(_QUOTED, lambda found: "q" * len(found[0]), line)
    if "||" in bare:
        return [line]
    places = [found.start() for found in re.finditer("&&", bare)]
    starts = [0, *(place + 2 for place in places)]
    return [line[a:b] for a, b in zip(starts, [*places, len(line)], strict=True)]


def is_plain(line: str) -> bool:
    """Tell whether a line can be run by itself: words, no expressions, pipes or redirections."""
    bare = re.sub(r"'[^']*'", "", line)
    if re.search(r"\$\{\{|[|&;<>`]|\$(?!\()", bare):
        return False
    try:
        return bool(shlex.split(line))
    except ValueError:
        return False
