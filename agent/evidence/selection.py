"""Narrowing a test command to what was asked for: files, node ids, or an expression."""

import re
from collections.abc import Callable, Mapping
from posixpath import join, normpath, relpath

from agent.domain.errors import ToolError
from agent.stacks.line import CommandLine
from agent.tools.base import Checkout

Exists = Callable[[str], bool]
"""Tells whether a path, relative to the repository's root, is there."""
_BEGINS: Mapping[str, tuple[str, ...]] = {
    "pytest": ("pytest", "py.test"),
    "manage.py": ("test",),
    "unittest": ("unittest",),
}
"""The word behind which a runner's own arguments stand."""
_FLAGS: Mapping[str, re.Pattern[str]] = {
    "pytest": re.compile(
        r"-[xvqslhVdf]|--(?:|exitfirst|strict(?:-config|-markers)?|pyargs|noconftest"
        r"|keep-?duplicates|collect-in-virtualenv|continue-on-collection-errors|verbose|quiet"
        r"|disable-(?:plugin-autoload|warnings|pytest-warnings)|trace-?config|no-(?:header|summary)"
        r"|no-fold-skipped|force-short-summary|(?:no-)?showlocals|xfail-tb|full-?trace|pdb|trace"
        r"|runxfail|doctest-(?:modules|ignore-import-errors|continue-on-failure)|lf|last-failed|ff"
        r"|failed-first|nf|new-first|cache-clear|setup-?(?:only|show|plan)|sw|stepwise|sw-skip"
        r"|stepwise-skip|sw-reset|stepwise-reset|asyncio-debug|hypothesis-(?:show-statistics|explain)"
        r"|looponfail|(?:no-)?loadscope-reorder|cov-(?:reset|append|branch)|no-cov(?:-on-fail)?"
        r"|reuse-db|create-db|no-?migrations|migrations|fail-on-template-vars|forked|random-order)"
    ),
    "manage.py": re.compile(
        r"-[rdbh]|--(?:|no-?input|failfast|keepdb|reverse|debug-mode|debug-sql|pdb|buffer|timing"
        r"|no-faulthandler|traceback|no-color|force-color|skip-checks)"
    ),
    "unittest": re.compile(r"-[vqfcbh]|--(?:|verbose|quiet|locals|failfast|catch|buffer)"),
}
"""Options known to take no value; the word behind any other may be its value.

Source: `--help` of pytest 9, pytest-django 4, pytest-cov 7, pytest-xdist 3, Django 6, CPython 3.13.
"""
_PATH = re.compile(r"/|\.py\b|::")
_LABEL = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_PATTERN = re.compile(r"[*?\[]")


def selected(line: CommandLine, select: tuple[str, ...], exists: Exists) -> CommandLine:
    """Return the command for a selection; without one, the command as it is.

    What the command itself selects, such as `tests/unit`, gives way; its options stay.
    """
    if not select:
        return line
    expressions, names = _divided(select)
    inside = [_within(name, line.folder) for name in names]
    options = [word for text in expressions for word in ("-k", text)]
    if line.tool == "unittest" and "discover" in line.words:
        return _discovered(line, options, inside)
    added = inside if line.tool == "pytest" else [_label(name) for name in inside]
    return line.with_words([*_without_names(line, exists), *options, *added])


def by_line(
    lines: list[CommandLine], select: tuple[str, ...]
) -> list[tuple[CommandLine, tuple[str, ...]]]:
    """Return the test commands that a selection is for, each with its part of it."""
    expressions, names = _divided(select)
    options = [word for text in expressions for word in ("-k", text)]
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(best_line(lines, (name,)).shell(), []).append(name)
    chosen = {line.shell(): line for line in lines}
    parts = [(chosen[key], (*options, *some)) for key, some in found.items()]
    return parts or [(lines[0], tuple(options))]


def best_line(lines: list[CommandLine], select: tuple[str, ...]) -> CommandLine:
    """Return the test command that a selection is for, by its folder and by what it names."""
    paths = [name.partition("::")[0] for name in _divided(select)[1]]
    fitting = [line for line in lines if any(_is_in(path, line.folder) for path in paths)]
    return max(fitting or lines[:1], key=lambda line: (len(line.folder), _closeness(line, paths)))


def is_there(checkout: Checkout, path: str) -> bool:
    """Tell whether a path is in the worktree."""
    try:
        return bool(checkout.files("stat", paths=[path])["files"][0]["exists"])
    except ToolError:
        return False


def _is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _closeness(line: CommandLine, paths: list[str]) -> int:
    named = [normpath(join(line.folder, word)) for word in line.words]
    return max((len(name) for name in named for path in paths if _is_in(path, name)), default=0)


def _divided(select: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return expressions (`-k cancel`, `-k=cancel`) and names of files, tests or labels."""
    expressions: list[str] = []
    names: list[str] = []
    is_expression = False
    for item in select:
        text = item.strip()
        if text == "-k":
            is_expression = True
            continue
        if is_expression or text.startswith("-k"):
            expressions.append(text if is_expression else text[2:].lstrip("= ").strip("'\""))
            is_expression = False
        elif re.search(r"\b(and|or|not)\b ", text) and not _PATH.search(text):
            expressions.append(text)
        elif text:
            names.append(text.removeprefix("./"))
    return ([f"({') or ('.join(expressions)})"] if len(expressions) > 1 else expressions), names


def _without_names(line: CommandLine, exists: Exists) -> list[str]:
    """Leave out the files, folders and labels that a test command names; doubt keeps a word."""
    words, tool = line.words, line.tool
    begins = next((i for i, word in enumerate(words) if _base(word) in _BEGINS.get(tool, ())), -1)
    if begins < 0:
        return words
    return [
        word
        for index, word in enumerate(words)
        if index <= begins
        or word.startswith("-")
        or _takes_a_value(words[index - 1], tool)
        or not _is_name(word, line, exists)
    ]


def _base(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _takes_a_value(word: str, tool: str) -> bool:
    """Tell whether the word behind this one may be its value."""
    if not word.startswith("-") or "=" in word:
        return False
    if word.startswith("--"):
        return not _FLAGS[tool].fullmatch(word)
    flags = [bool(_FLAGS[tool].match(f"-{letter}")) for letter in word[1:]]
    return False in flags and flags.index(False) == len(flags) - 1


def _is_name(word: str, line: CommandLine, exists: Exists) -> bool:
    if "::" in word or (line.tool != "pytest" and _LABEL.fullmatch(word)):
        return True
    pattern = _PATTERN.search(word)
    path = word[: pattern.start()].rpartition("/")[0] if pattern else word
    return exists(normpath(join(line.folder, path)))


def _discovered(line: CommandLine, options: list[str], names: list[str]) -> CommandLine:
    """Return a discovery for names: what it finds depends on where it begins, so that stays.

    Source: CPython 3.13, unittest/loader.py: a pattern with a star is held against the whole name.
    """
    words = line.words
    at = words.index("discover")
    rest = [word for word in words[at + 1 :] if not _FLAGS["unittest"].fullmatch(word)]
    if not rest:
        added = [_label(name) for name in names]
        return line.with_words([*words[:at], *words[at + 1 :], *options, *added])
    places = [relpath(word) for word in rest if not word.startswith("-") and word != "."]
    for name in names:
        start = next((place for place in places if _is_in(name.partition("::")[0], place)), "")
        label = _label(_within(name, start))
        options += ["-k", f"*{label}", "-k", f"*{label}.*"]
    return line.with_words([*words, *options])


def _within(name: str, folder: str) -> str:
    path, mark, rest = name.partition("::")
    inside = relpath(path, folder) if folder and _is_in(path, folder) else path
    return f"{inside}{mark}{rest}"


def _label(name: str) -> str:
    """Return the dotted label of a file or node id: `shop/tests.py::A::b` is `shop.tests.A.b`."""
    path, _, rest = name.partition("::")
    plain = path.removesuffix(".py").removesuffix("/__init__").strip("/")
    dotted = plain.replace("/", ".") if _PATH.search(path) else path
    return ".".join(filter(None, (dotted, *rest.split("::"))))
