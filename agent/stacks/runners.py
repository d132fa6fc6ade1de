"""What stands behind a runner: `make test`, `tox`, `uv run pytest` as commands that run here.

Here is no network and no second environment, so a runner that would make one gives way to the
commands that it would run in it. Nothing of the repository is executed to find that out.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

from agent.stacks.line import CommandLine, parse_line
from agent.stacks.script import ReadText, script_lines, without_arguments
from agent.stacks.suites import as_known
from agent.stacks.tox import tox_lines

_DEPTH = 4
_MOST_LINES = 200
_VALUE = r"(?:[= ]\S+)"
_PREFIX = re.compile(
    r"(?:uv run|poetry run|pdm run|rye run|pipenv run|hatch run|hatch -e \S+ run|uvx|uv tool run|"
    r"pipx run|docker[ -]compose(?: -f \S+)* (?:run|exec))"
    rf"(?: --?(?:group|extra|python|with|directory|env-file|package|project|only-group|no-group|"
    rf"from|e|p|u|w|user|env|workdir){_VALUE}| -{{1,2}}[\w-]+(?:=\S+)?)*(?: --)? +"
)
_MODULE = re.compile(r"python[\d.]* -m (?=(?:tox|nox|poethepoet|taskipy)\b)")
_SCRIPT = re.compile(r"(?:(?:ba|z)?sh +(?:-\w+ +)*)?(?P<path>[\w./-]+\.sh)\b")


__all__ = ["ReadText", "reduce_line"]


def reduce_line(line: CommandLine, read: ReadText, depth: int = _DEPTH) -> list[CommandLine]:
    """Return the commands that a line comes down to; the line itself if it is no runner."""
    text = without_arguments(line.text).strip()
    bare = _without_prefix(text)
    is_wrapped = bare != text
    inner = _behind(bare, read, line.folder) if depth else None
    if inner is None:
        plain = line.model_copy(update={"text": _in_project(bare) if is_wrapped else bare})
        return [as_known(plain, read)]
    found = [item for part in inner[:_MOST_LINES] for item in reduce_line(part, read, depth - 1)]
    return [_placed(item, line) for item in found]


def _placed(item: CommandLine, outer: CommandLine) -> CommandLine:
    variables = dict((*outer.variables, *item.variables))
    folder = item.folder or outer.folder
    return item.model_copy(update={"folder": folder, "variables": tuple(variables.items())})


def _without_prefix(text: str) -> str:
    found = _PREFIX.match(text)
    if found is None:
        return text
    rest = text[found.end() :]
    if text.startswith("docker"):
        rest = rest.partition(" ")[2].lstrip()
    if text.startswith("hatch") and re.match(r"[\w.-]+:", rest):
        rest = rest.partition(":")[2]
    return _without_prefix(rest)


def _in_project(text: str) -> str:
    """Return pytest so that it can import the project, which the runner would have installed."""
    return f"python -m {text}" if re.match(r"pytest\b", text) else text


def _behind(text: str, read: ReadText, folder: str) -> list[CommandLine] | None:
    """Return the lines that a runner would run; None if it is none that we know."""
    words = parse_line(_MODULE.sub("", text)).words or [""]

    def near(path: str) -> str | None:
        return read(f"{folder}/{path}" if folder else path)

    if words[0] == "make":
        return list(_of_make(words[1:], near("Makefile") or near("makefile") or ""))
    if words[0] in ("tox", "nox"):
        chosen = _chosen(words)
        if words[0] == "tox":
            return list(tox_lines(chosen, near))
        return list(_of_nox(chosen, near("noxfile.py") or ""))
    if words[:2] == ["hatch", "test"]:
        return [CommandLine(text="python -m pytest")]
    if found := _SCRIPT.match(text):
        script = near(found["path"].removeprefix("./"))
        return None if script is None else script_lines(without_arguments(script))
    scripts = _scripts(near("pyproject.toml") or "")
    name = words[1] if words[0] in ("poe", "task", "pdm") and len(words) > 1 else words[0]
    known = scripts.get(name)
    return None if known is None else [line for part in known for line in script_lines(part)]


def _of_make(words: list[str], makefile: str) -> Iterator[CommandLine]:
    """Yield the recipes of targets, and of what they depend on, with plain variables put in."""
    text = makefile.replace("\\\n", " ")
    values = dict(re.findall(r"^(\w+) *[:?]?= *(.*?) *$", text, re.MULTILINE))
    targets = [word for word in words if re.fullmatch(r"[\w./-]+", word) and word[0] != "-"]
    seen: set[str] = set()
    while targets:
        name = targets.pop(0)
        rule = re.search(
            rf"^{re.escape(name)} *::?(?!=)(?P<needs>.*)$(?P<recipe>(?:\n\t.*)*)", text, re.M
        )
        if name in seen or rule is None:
            continue
        seen.add(name)
        targets = [*rule["needs"].partition("#")[0].split(), *targets]
        lines = [line.strip().lstrip("@-+ ") for line in rule["recipe"].splitlines()]
        recipe = "\n".join(lines)
        for _ in range(3):
            recipe = re.sub(
                r"\$[({](\w+)[)}]", lambda found: values.get(found[1], found[0]), recipe
            )
        yield from script_lines(recipe.replace("$(MAKE)", "make"))


def _chosen(words: list[str]) -> list[str]:
    """Return the environments or sessions that `-e` or `-s` names."""
    text = " ".join(words)
    names = re.findall(r"(?:\s-[es]|--session|--env)[= ]*([\w.,-]+)", text)
    return [name for part in names for name in part.split(",")]


def _of_nox(chosen: list[str], noxfile: str) -> Iterator[CommandLine]:
    """Yield the calls of `session.run` that are made of plain words."""
    parts = re.split(r"^def (\w+)\(", noxfile, flags=re.MULTILINE)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if chosen and name not in chosen:
            continue
        for call in re.findall(r"session\.run\(([^()]*)\)", body):
            words = re.findall(r"[\"']([^\"']*)[\"']", re.sub(r"\w+\s*=.*", "", call, flags=re.S))
            yield CommandLine(text=shlex.join(words))


def _table(text: str, *names: str) -> dict[str, Any]:
    try:
        found: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    for name in names:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _scripts(pyproject: str) -> dict[str, list[str]]:
    """Return the named commands of hatch, poe, pdm and taskipy."""
    tools = _table(pyproject, "tool")
    tables = [
        _at(tools, "poe", "tasks"),
        _at(tools, "pdm", "scripts"),
        _at(tools, "taskipy", "tasks"),
    ]
    tables += [_at(environment, "scripts") for environment in _at(tools, "hatch", "envs").values()]
    found: dict[str, list[str]] = {}
    for name, value in (item for table in tables for item in table.items()):
        single = _at(value, "cmd") or _at(value, "shell") if isinstance(value, dict) else value
        parts = single if isinstance(single, list) else [single]
        texts = [part for part in parts if isinstance(part, str)]
        found.setdefault(name, [re.sub(r"\{args:([^}]*)\}", r"\1", text) for text in texts])
    return found


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name, {}) if isinstance(value, dict) else {}
    return value
