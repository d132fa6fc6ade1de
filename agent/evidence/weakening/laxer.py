"""Settings that check less than they did: narrowed, widened, lowered, switched off.

Sources: pytest 9, coverage.py 7, mypy 2, ruff 0.17, flake8 7, pylint 4, pyright 1.1: their pages
of settings.
"""

import re
from collections.abc import Callable, Iterator, Set
from fnmatch import fnmatch
from functools import partial
from typing import Any

from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.rules import Rules
from agent.evidence.weakening.settings import Settings, rules_of

_DEFAULTS: dict[str, Any] = {
    "pytest: python_files": {"test_*.py", "*_test.py"},
    "pytest: python_classes": {"Test"},
    "pytest: python_functions": {"test"},
    "pytest: norecursedirs": set(Rules().unentered),
    "lint: select": {"E", "F"},
}
_WIDENED = re.compile(
    r"pytest: (norecursedirs|--ignore|--ignore-glob|--deselect|collect_ignore)$"
    r"|(lint|pylint|bandit): (ignore|exclude|ignore in .*)$"
    r"|mypy: (.*: )?(exclude|disable_error_code)$|pyright: (exclude|ignore)$"
    r"|importlinter: ignore_imports$|codecov: ignore$"
    r"|coverage: (run|report)\.(omit|exclude_lines|exclude_also|partial_branches|exclude)$"
)
_NARROWED = re.compile(
    r"pytest: (python_files|python_classes|python_functions|--cov)$"
    r"|(lint|pylint): select$|mypy: (files|packages|modules|enable_error_code)$"
    r"|coverage: (run|report)\.(source|source_pkgs|include)$|pyright: (include|strict)$"
    r"|importlinter: (forbidden_modules|layers|modules|source_modules)$"
)
_FLOOR = re.compile(
    r"pytest: --cov-fail-under$|coverage: report\.(fail_under|precision)$|pylint: fail-under$"
    r"|importlinter: contracts$|codecov: .*\btarget$"
)
_CEILING = re.compile(
    r"(lint|pylint): max-(complexity|args|branches|statements|returns|locals|nested-blocks"
    r"|positional-args|public-methods|bool-expr|attributes|cognitive-complexity)$"
)
_KEPT_ON = re.compile(
    r"pytest: (xfail_strict|strict|strict_\w+|--strict(-markers|-config)?|--doctest-modules"
    r"|--cov-branch|--runxfail|empty_parameter_set_mark)$|coverage: run\.branch$"
    r"|mypy: (.*: )?(strict|disallow_\w+|warn_\w+|check_untyped_defs|no_implicit_\w+|strict_\w+"
    r"|extra_checks|local_partial_types)$|pyright: strict\w+$"
)
_KEPT_OFF = re.compile(
    r"mypy: (.*: )?(ignore_errors|ignore_missing_imports|allow_\w+|implicit_\w+)$"
    r"|pytest: (--lf|--last-failed|--collect-only|--co|--no-cov|--snapshot-update|--nomigrations"
    r"|--disable-pytest-warnings|--reruns|--stepwise-skip|--sw-skip)$"
    r"|codecov: .*\binformational$|coverage: report\.ignore_errors$|(lint|pylint): exit-zero$"
)
_BY_STRICT = re.compile(r"mypy: (disallow_|warn_|check_|no_implicit|strict_|extra_checks)")
_PYRIGHT = {"off": 0, "none": 0, "false": 0, "basic": 1, "information": 1, "warning": 2,
            "standard": 2, "true": 3, "error": 3, "strict": 3}  # fmt: skip


class Laxness:
    """Holds the settings of two sides against each other."""

    def __init__(
        self, before: Settings, after: Settings, tests: list[str], packages: Set[str]
    ) -> None:
        self._before, self._after = before, after
        self._tests, self._packages = tests, packages

    def found(self) -> Iterator[Finding]:
        """Yield every setting that checks less than before."""
        for key in sorted({*self._before, *self._after}):
            folder, name = _divided(key)
            old, new = self._value(self._before, key, name), self._value(self._after, key, name)
            if old == new or self._is_new(key, folder):
                continue
            text = self._said(key, name, old, new)
            if text:
                yield self._finding(key, folder, name, text)
        yield from self._places()

    def _finding(self, key: str, folder: str, name: str, text: str) -> Finding:
        path = (self._after.get(key) or self._before.get(key) or (folder, None))[0]
        is_number = _FLOOR.match(name) or _CEILING.match(name)
        kind = Kind.THRESHOLD if is_number else Kind.SETTING
        return Finding(kind=kind, path=path, name=name, text=text)

    def _value(self, side: Settings, key: str, name: str) -> Any:
        if key in side:
            return side[key][1]
        tool = key[: key.index(":") + 1]
        other = self._before if side is self._after else self._after
        is_there = any(known.startswith(tool) for known in side)
        is_kept = isinstance(other.get(key, ("", None))[1], set)
        is_default = is_there or name.startswith(("pytest", "lint: select"))
        return _DEFAULTS.get(name) if is_kept and is_default else None

    def _is_new(self, key: str, folder: str) -> bool:
        """Tell whether the tool has its first settings there: nothing was checked by it before."""
        tool = key[: key.index(":") + 1]
        if any(known.startswith(tool) for known in self._before):
            return False
        inside = [path for path in self._tests if path.startswith(f"{folder}/" if folder else "")]
        return not (tool.endswith("pytest:") and (inside or not self._tests))

    def _said(self, key: str, name: str, old: Any, new: Any) -> str:
        if self._is_harmless(key, name, old, new):
            return ""
        judges: list[tuple[re.Pattern[str], Callable[[Any, Any], str]]] = [
            (_WIDENED, _widened),
            (_NARROWED, _narrowed),
            (_FLOOR, _lowered),
            (_CEILING, partial(_lowered, sign=-1)),
            (_KEPT_OFF, _switched_on),
        ]
        for form, judge in judges:
            if form.match(name):
                return judge(old, new)
        if _KEPT_ON.match(name):
            is_implied = _BY_STRICT.match(name) and self._is_strict(key) and new is None
            return "" if is_implied else _switched_off(old, new)
        return _special(name, old, new)

    def _is_harmless(self, key: str, name: str, old: Any, new: Any) -> bool:
        """Tell whether a wider setting takes away nothing that is there."""
        if name == "pytest: norecursedirs" and self._packages:
            added = _set(new) - _set(old)
            return not any(_enters(path, added) for path in self._tests)
        if name.startswith("lint: ignore"):
            selected = self._before.get(f"{key[: -len(name)]}lint: select", ("", None))[1]
            rules = _set(selected) or _DEFAULTS["lint: select"] | {"W", "C90"}
            return not any(_touches(code, rules) for code in _set(new) - _set(old))
        foreign = re.match(r"mypy: (\w+)[\w.*]*: ignore_missing_imports$", name)
        return bool(foreign and self._packages and foreign[1] not in self._packages)

    def _is_strict(self, key: str) -> bool:
        strict = f"{key[: key.index(':')]}: strict"
        return self._after.get(strict, ("", False))[1] is True

    def _places(self) -> Iterator[Finding]:
        """Yield that folders with tests are not looked through any more."""
        old, new = rules_of(self._before), rules_of(self._after)
        if old.places == new.places:
            return
        lost = [
            path
            for path in self._tests
            if old.takes_file(path) and new.files == old.files and not new.takes_file(path)
        ]
        if lost:
            path = self._after.get("pytest: testpaths", ("pytest", None))[0]
            text = f"{', '.join(new.places)} leaves out {', '.join(lost[:3])}"
            yield Finding(kind=Kind.SETTING, path=path, name="pytest: testpaths", text=text)


def laxer(
    before: Settings, after: Settings, tests: list[str], packages: Set[str] = frozenset()
) -> Iterator[Finding]:
    """Yield settings that check less than before.

    Args:
        before: The settings at the base.
        after: Those at the head.
        tests: The files of tests at the base.
        packages: The names of the repository's own modules; empty when they are unknown.
    """
    yield from Laxness(before, after, tests, packages).found()


def _enters(path: str, forms: Set[str]) -> bool:
    """Tell whether a file is in a folder that fits one of some patterns."""
    folders = path.split("/")[:-1]
    whole = ["/".join(folders[: end + 1]) for end in range(len(folders))]
    return any(fnmatch(folder, form) for folder in (*folders, *whole) for form in forms)


def _divided(key: str) -> tuple[str, str]:
    """Return the folder and the rest of a name such as `backend/lint: select`."""
    tool = key[: key.index(":")]
    folder = tool.rpartition("/")[0]
    return folder, key[len(folder) + 1 :] if folder else key


def _within(entry: str, known: set[str]) -> bool:
    """Tell whether an entry, or one that it begins with as rules do, is among others."""
    if entry in known or "ALL" in known:
        return True
    is_rule = re.fullmatch(r"[A-Z]{1,5}\d{0,4}", entry) is not None
    return is_rule and any(
        re.fullmatch(r"[A-Z]{1,5}\d{0,4}", other) and entry.startswith(other) for other in known
    )


def _touches(code: str, rules: set[str]) -> bool:
    """Tell whether a code, or a group of codes, is among rules."""
    return any(rule == "ALL" or code.startswith(rule) or rule.startswith(code) for rule in rules)


def _set(value: Any) -> set[str]:
    return value if isinstance(value, set) else (set() if value is None else {str(value)})


def _widened(old: Any, new: Any) -> str:
    added = sorted(entry for entry in _set(new) if not _within(entry, _set(old)))
    return f"{', '.join(added)} came in" if added else ""


def _narrowed(old: Any, new: Any) -> str:
    if new is None or old is None:
        everything = old is None and new is not None
        return f"only {', '.join(sorted(_set(new)))} from now on" if everything else ""
    lost = sorted(entry for entry in _set(old) if not _within(entry, _set(new)))
    is_split = lost and all(any(other.startswith(entry) for other in _set(new)) for entry in lost)
    if is_split and all(re.fullmatch(r"[A-Z]{1,5}\d{0,4}", entry) for entry in lost):
        return f"{', '.join(lost)} became a part of it"
    return f"{', '.join(lost)} went out" if lost else ""


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, set) else float(value)
    except ValueError:
        return None


def _lowered(old: Any, new: Any, *, sign: int = 1) -> str:
    before, after = _number(old), _number(new)
    if before is None or (after is not None and sign * after >= sign * before):
        return ""
    return f"it went from {before:g} to {'nothing' if after is None else f'{after:g}'}"


def _is_on(value: Any) -> bool:
    return value is True or (isinstance(value, str | int | float) and bool(value) and value != "no")


def _switched_off(old: Any, new: Any) -> str:
    is_off = not _is_on(new) and (_is_on(old) or (old is None and new is False))
    return "it is off now" if is_off else ""


def _switched_on(old: Any, new: Any) -> str:
    return "it is on now" if _is_on(new) and not _is_on(old) else ""


def _special(name: str, old: Any, new: Any) -> str:
    if name in ("pytest: -k", "pytest: -m") and new:
        return f"only tests that fit `{new}` run now"
    if name == "pytest: filterwarnings":
        return _warnings(_set(old), _set(new))
    if name in ("pytest: -W", "pytest: -p"):
        added = {entry for entry in _set(new) - _set(old) if entry.startswith(("ignore", "no:"))}
        lost = {entry for entry in _set(old) - _set(new) if entry.startswith("error")}
        return f"{', '.join(sorted(added | lost))} changed" if added | lost else ""
    if name.startswith("pyright: ") and ("report" in name or "Mode" in name):
        before, after = (_PYRIGHT.get(str(value).lower()) for value in (old, new))
        is_less = after is not None and (before is None or after < before)
        return f"it went from {old} to {new}" if is_less and after != 3 else ""
    if name.startswith("mypy: ") and name.endswith("follow_imports"):
        return f"it is {new} now" if new in ("skip", "silent") else ""
    return ""


def _warnings(old: set[str], new: set[str]) -> str:
    lost = {entry for entry in old - new if entry.startswith("error")}
    added = {entry for entry in new - old if not entry.startswith(("error", "always"))}
    parts = [f"`{entry}` went out" for entry in sorted(lost)]
    parts += [f"`{entry}` came in" for entry in sorted(added)]
    return "; ".join(parts)
