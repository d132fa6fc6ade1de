"""Formatting what the change touches, the way the repository's own lint commands ask for.

Safe by these rules: only with a tool whose check is one of the gates; only files that the change
added, or edited and that were in order at the base, so that no foreign line is touched; formatting
and the order of imports always, unused imports only when the work is said to be done (in the midst
of it an import often comes before its first use), and never where an import is there for its
effect: `__init__.py` and `conftest.py`.
"""

import re
import shlex
from collections.abc import Iterable
from datetime import timedelta
from posixpath import basename, join, relpath

from agent.evidence.changes import changed_python
from agent.evidence.commands import read_output
from agent.evidence.running import run_line
from agent.stacks.line import CommandLine, parse_line
from agent.tools.base import Bench

_TIMEOUT = timedelta(minutes=5)
_MOST_FILES = 200
_TAKES_A_VALUE = re.compile(
    r"-[ltp]|--(?:config|line-length|target-version|profile|settings-path|sp|src)"
)
_SUBCOMMAND = {"ruff": 1}
_FOR_EFFECT = ("__init__.py", "conftest.py")


def tidy(bench: Bench, *, final: bool = False) -> tuple[str, ...]:
    """Put the files of the change in order; return one line for each thing that was done.

    Args:
        bench: The worktree; without a base nothing is touched.
        final: True when the work is said to be done: unused imports are then taken out too.
    """
    changed = changed_python(bench) if _is_worth_it(bench) else None
    if not changed:
        return ()
    told: list[str] = []
    for command in bench.stack.lint:
        line = parse_line(command)
        for what, code, fix in _fixes(line, final=final):
            files = _in_disorder(bench, command, line, code, changed[:_MOST_FILES])
            if files and _run(bench, line, [*fix, *_inside(files, line)]):
                told.append(f"{what}: {', '.join(files)}")
    return tuple(told)


def _is_worth_it(bench: Bench) -> bool:
    return any(_fixes(parse_line(command), final=False) for command in bench.stack.lint)


def _fixes(line: CommandLine, *, final: bool) -> list[tuple[str, str, list[str]]]:
    """Return what can be put in order after a check: in words, its code, and the command."""
    if line.tool == "ruff" and line.arguments()[:1] == ["check"]:
        plain = _without_check(line)
        codes = [("sorted imports", "I001")]
        codes += [("removed unused imports", "F401")] if final else []
        return [(what, code, [*plain, "--fix", "--select", code, "-q"]) for what, code in codes]
    if line.tool == "ruff" and line.arguments()[:1] == ["format"]:
        return [("formatted", "unformatted", _without_check(line))]
    if line.tool == "black":
        return [("formatted", "unformatted", _without_check(line))]
    if line.tool == "isort":
        return [("sorted imports", "imports", _without_check(line))]
    return []


def _without_check(line: CommandLine) -> list[str]:
    """Return the words of a check that repair instead, without the paths it names."""
    words = line.words
    start = words.index(line.tool) if line.tool in words else 0
    first = start + 1 + _SUBCOMMAND.get(line.tool, 0)
    kept = words[:first]
    for index, word in enumerate(words[first:], first):
        is_value = bool(_TAKES_A_VALUE.fullmatch(words[index - 1]))
        is_check = word in ("--check", "--check-only", "--diff", "-c", "--quiet", "-q")
        if is_value or (word.startswith("-") and not is_check and not _is_about_output(word)):
            kept.append(word)
    return kept


def _is_about_output(word: str) -> bool:
    return word.startswith(("--output-format", "--select", "--extend-select", "--fix", "--no-fix"))


def _in_disorder(
    bench: Bench, command: str, line: CommandLine, code: str, changed: tuple[str, ...]
) -> list[str]:
    """Return the files of the change that the check complains of and that may be put in order."""
    result = run_line(bench, line.shell(), _TIMEOUT)
    if result.exit_code == 0 or result.timed_out:
        return []
    found = {f.path for f in read_output(bench, command, result.output) if f.code == code}
    candidates = [path for path in changed if path in found]
    if code == "F401":
        candidates = [path for path in candidates if basename(path) not in _FOR_EFFECT]
    return _in_order_before(bench, line, code, candidates) if candidates else []


def _in_order_before(bench: Bench, line: CommandLine, code: str, files: list[str]) -> list[str]:
    """Return the files that are new, or passed the same check at the base."""
    name = f'"${{f#{line.folder}/}}"' if line.folder else '"$f"'
    check = {
        "ruff": f"--stdin-filename {name} -",
        "black": f"--check --stdin-filename {name} -",
        "isort": f"--check-only --filename {name} -",
    }[line.tool]
    if line.tool == "ruff":
        check = f"{'--check' if code == 'unformatted' else f'--select {code}'} {check}"
    words = shlex.join(_without_check(line))
    checked = line.model_copy(update={"text": f"{words} {check}"}).shell()
    base = shlex.quote(str(bench.base))
    script = (
        f"for f in {shlex.join(files)}; do "
        f'if ! git cat-file -e {base}:"$f" 2>/dev/null || '
        f'(git show {base}:"$f" | ({checked})) >/dev/null 2>&1; then printf "%s\\n" "$f"; fi; done'
    )
    passed = run_line(bench, script, _TIMEOUT).output.splitlines()
    return [path for path in files if path in passed]


def _inside(files: Iterable[str], line: CommandLine) -> list[str]:
    """Return paths as the command sees them from its folder."""
    return [relpath(path, line.folder) if line.folder else join(path) for path in files]


def _run(bench: Bench, line: CommandLine, words: list[str]) -> bool:
    result = run_line(bench, line.with_words(words).shell(), _TIMEOUT)
    return result.exit_code == 0 and not result.timed_out
