"""Narrowing a test command to what was asked for: files, node ids, or an expression."""

import re
from posixpath import relpath

from agent.stacks.line import CommandLine

_TAKES_A_VALUE = re.compile(
    r"-[kmnpcoWr]|--(?:cov|cov-config|cov-fail-under|color|confcutdir|deselect|dist|ds|durations|"
    r"ignore|ignore-glob|import-mode|log-cli-level|log-level|maxfail|numprocesses|override-ini|"
    r"randomly-seed|rootdir|settings|tb|timeout|verbosity)"
)
_PATH = re.compile(r"/|\.py\b|::")


def selected(line: CommandLine, select: tuple[str, ...]) -> CommandLine:
    """Return the command for a selection; without one, the command as it is.

    What the command itself selects, such as `tests/unit`, gives way; its options stay.
    """
    if not select:
        return line
    expressions, names = _divided(select)
    inside = [_within(name, line.folder) for name in names]
    added = inside if line.tool == "pytest" else [_label(name) for name in inside]
    options = [word for text in expressions for word in ("-k", text)]
    return line.with_words([*_without_paths(line.words), *options, *added])


def best_line(lines: list[CommandLine], select: tuple[str, ...]) -> CommandLine:
    """Return the test command that a selection is for, by the folder that it runs in."""
    paths = _divided(select)[1]
    fitting = [line for line in lines if any(_is_in(path, line.folder) for path in paths)]
    return max(fitting or lines[:1], key=lambda line: len(line.folder))


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


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


def _without_paths(words: list[str]) -> list[str]:
    """Leave out the files, folders and labels that a test command names itself."""
    kept: list[str] = []
    begun = False
    for index, word in enumerate(words):
        is_value = begun and bool(_TAKES_A_VALUE.fullmatch(words[index - 1]))
        is_name = begun and not is_value and not word.startswith("-")
        if not is_name:
            kept.append(word)
        begun = begun or word.rsplit("/", 1)[-1] in ("pytest", "py.test", "test", "unittest")
    return kept


def _within(name: str, folder: str) -> str:
    path, mark, rest = name.partition("::")
    inside = relpath(path, folder) if folder and _is_in(path, folder) else path
    return f"{inside}{mark}{rest}"


def _label(name: str) -> str:
    """Return the dotted label of a file or node id: `shop/tests.py::A::b` is `shop.tests.A.b`."""
    path, _, rest = name.partition("::")
    dotted = path.removesuffix(".py").strip("/").replace("/", ".") if _PATH.search(path) else path
    return ".".join(filter(None, (dotted, *rest.split("::"))))
