"""CI that checks less: steps that are gone, forgiven, conditional or narrowed."""

import re
from collections.abc import Iterator, Mapping

from agent.evidence.weakening.ci_files import Context, Pipeline, Step, pipeline
from agent.evidence.weakening.ci_steps import Checking, checking
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.options import options_of

_RUNNERS = frozenset({"make", "just", "tox", "nox", "hatch", "task", "poe", "pre-commit", "invoke"})
_SKIPPING = re.compile(r"(^|\s)SKIP=(\S+)")
_PIPED = re.compile(r"(?<!\|)\|(?!\|)")
_NARROWING = ("-k", "-m", "--ignore", "--ignore-glob", "--deselect", "--exclude-tag", "--reruns",
              "--lf", "--last-failed", "--sw", "--no-cov", "--collect-only", "--co", "--version",
              "--help", "--exclude", "--ignore-missing-imports", "--allow-untyped-defs", "--tag",
              "--no-strict", "--extend-ignore", "--disable")  # fmt: skip
_NEEDED = ("--strict", "--check", "--check-only", "--diff", "--strict-markers", "--strict-config",
           "--cov", "--cov-branch", "--fail-under", "--cov-fail-under", "--all-files",
           "--doctest-modules", "--deploy", "--fail-level")  # fmt: skip
_FLOORS = ("--cov-fail-under", "--fail-under")


def changed_ci(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what CI, or a runner, checks less than before."""
    old, new = pipeline(before), pipeline(after)
    yield from _lost(old.steps, new.steps, new, before, after)
    yield from _lost(old.runners, new.runners, new, before, after)
    yield from _frames(old, new)
    for path in new.unread:
        if path not in old.unread:
            yield _finding(Context(path), path, "it cannot be read any more")


def _lost(
    old: list[Step],
    new: list[Step],
    pipe: Pipeline,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> Iterator[Finding]:
    known, now = list(checking(old)), list(checking(new))
    texts = {step.text for step in old}
    started = [one for one in now if one.step.text not in texts and _runs_others(one)]
    told: set[tuple[str, str]] = set()
    for one in known:
        path = one.step.context.path
        if before.get(path) == after.get(path) or (one.is_forgiven and path in after):
            continue
        why = _why(one, now, after)
        if why == _GONE and (
            _is_in_runners(one, started, pipe)
            or _is_replaced(one, now, known)
            or _is_written_out(one, started, now, pipe)
        ):
            continue
        if why and (one.step.text, why) not in told:
            told.add((one.step.text, why))
            yield _finding(one.step.context, one.step.text, why)
    yield from _narrowed_everywhere(known, now)


_GONE = "it is not run any more"


def _finding(context: Context, name: str, text: str) -> Finding:
    place = f"{context.place}: " if context.place else ""
    return Finding(kind=Kind.CI, path=context.path, name=f"{place}{name[:100]}", text=text)


def _why(one: Checking, now: list[Checking], after: Mapping[str, str]) -> str:
    """Return in which way a step of the base is less at the head; empty when it is not."""
    same = [other for other in now if other.key == one.key]
    reasons = [_less(one, other, same, after) for other in same]
    if "" in reasons:
        return ""
    return reasons[0] if reasons else _GONE


def _less(one: Checking, other: Checking, same: list[Checking], after: Mapping[str, str]) -> str:
    if other.is_forgiven and not one.is_forgiven:
        return "its failure is no failure any more"
    old, new = one.step.context.condition, other.step.context.condition
    if new and new != old and not _is_narrower(new, old):
        return f"it only runs {new}"
    skipped = _SKIPPING.search(other.step.text)
    if skipped and not _SKIPPING.search(one.step.text):
        return f"it leaves out {skipped[2]}"
    if _PIPED.search(other.step.text) and not _PIPED.search(one.step.text):
        content = after.get(other.step.context.path, "")
        if "pipefail" not in content and "shell: bash" not in content:
            return "its exit code is lost in a pipe"
    return _narrower(one, other, same)


def _is_narrower(new: str, old: str) -> bool:
    """Tell whether a condition has lost parts of another one."""
    return bool(old) and all(part in old for part in new.split(" and "))


def _narrower(one: Checking, other: Checking, same: list[Checking]) -> str:
    old, new = options_of(one.words), options_of(other.words)
    for name in _NARROWING:
        if name in new and new[name] != old.get(name):
            added = new[name] - old.get(name, set()) if isinstance(new[name], set) else new[name]
            if added and not _is_shared_out(name, new[name], same):
                return f"`{name}` leaves a part out"
    for name in _FLOORS:
        if name in old and name in new and _value(new[name]) < _value(old[name]):
            return f"`{name}` went from {old[name]} to {new[name]}"
    lost = [name for name in _NEEDED if name in old and name not in new]
    if lost:
        return f"`{lost[0]}` is gone"
    if any(entry.startswith("error") for entry in old.get("-W", set()) - new.get("-W", set())):
        return "`-W error` is gone"
    return _fewer_places(one, other, same)


def _is_shared_out(name: str, value: object, same: list[Checking]) -> bool:
    """Tell whether another step takes just what an expression such as `not slow` leaves out."""
    others = [options_of(other.words).get(name) for other in same if not other.is_forgiven]
    return name in ("-m", "-k") and any(
        other == f"not {value}" or value == f"not {other}" for other in others if other
    )


def _value(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0


def _fewer_places(one: Checking, other: Checking, same: list[Checking]) -> str:
    old = _places(one)
    if not old and one.key not in ("pytest", "mypy", "unittest", "ruff check", "flake8"):
        return ""
    new = _places(other)
    everything = set().union(*(_places(item) for item in same))
    if not old:
        is_part = bool(new) and new != {"."} and all(_places(item) for item in same)
        folders = {place for place in everything if ".py" not in place}
        is_split = len(folders) > 1 or any("test" in p.split("/")[-1] for p in folders)
        return f"it only takes {', '.join(sorted(new))} now" if is_part and not is_split else ""
    if not new:
        return ""
    lost = [place for place in old if not _holds(place, everything)]
    lost = [p for p in lost if sum(x.startswith(f"{p.rstrip('/')}/") for x in everything) < 2]
    return f"it leaves out {', '.join(sorted(lost))} now" if lost else ""


def _places(one: Checking) -> set[str]:
    words = {word for word in options_of(one.words).get("", set()) if "$" not in word}
    words -= set(one.key.split()[1:])
    return {word.removeprefix("./").rstrip("/") or "." for word in words}


def _holds(place: str, places: set[str]) -> bool:
    return "." in places or any(place == p or place.startswith(f"{p}/") for p in places)


def _runs_others(one: Checking) -> bool:
    return one.key.split()[0] in _RUNNERS


def _is_in_runners(one: Checking, started: list[Checking], pipe: Pipeline) -> bool:
    """Tell whether a step that is new in CI starts a runner that does the same."""
    calls_script = any(step.text.endswith(".sh") or ".sh " in step.text for step in pipe.steps)
    if not started and not calls_script:
        return False
    return any(other.key == one.key and not other.is_forgiven
               for other in checking([*pipe.runners, *pipe.steps]))  # fmt: skip


def _is_written_out(
    one: Checking, started: list[Checking], now: list[Checking], pipe: Pipeline
) -> bool:
    """Tell whether a runner gave way to another one, or to its commands themselves.

    What the runners' files lost is said for itself.
    """
    if not _runs_others(one):
        return False
    keys = {other.key for other in now}
    tests = {other.key for other in checking(pipe.runners)} & {
        "pytest",
        "unittest",
        "manage.py test",
    }
    return bool(started) or bool(keys & {"pytest", "unittest", "manage.py test"} and tests <= keys)


_SUCCESSORS = {
    "flake8": "ruff", "isort": "ruff", "black": "ruff", "pylint": "ruff", "pyupgrade": "ruff",
    "autoflake": "ruff", "mypy": "pyright", "bandit": "ruff", "unittest": "pytest",
    "manage.py": "pytest", "ruff": "pre-commit", "tox": "pytest", "nox": "pytest",
}  # fmt: skip


def _is_replaced(one: Checking, now: list[Checking], known: list[Checking]) -> bool:
    """Tell whether a tool that does the same was brought in for one that went."""
    words = one.key.split()
    tool = words[1] if words[0] in ("hook", "uses") and len(words) > 1 else words[0]
    for old, new in _SUCCESSORS.items():
        if old in tool:
            has = [other for other in now if new in other.key and not other.is_forgiven]
            had = [other for other in known if new in other.key]
            return len(has) > len(had) or (len(has) > 0 and old in ("flake8", "isort", "black"))
    return False


def _narrowed_everywhere(known: list[Checking], now: list[Checking]) -> Iterator[Finding]:
    """Yield options for pytest that came in by the environment."""
    old = {other.step.text for other in known}
    for one in now:
        if one.key in ("PYTEST_ADDOPTS", "SKIP") and one.step.text not in old:
            options = options_of(one.words)
            if one.key == "SKIP" or any(name in options for name in _NARROWING):
                yield _finding(one.step.context, one.step.text, "it leaves a part of the tests out")


def _frames(old: Pipeline, new: Pipeline) -> Iterator[Finding]:
    """Yield events and matrix entries that are gone, each with the file that had them."""
    for event in ("pull_request", "push", "merge_group", "pull_request_target"):
        if event in old.triggers:
            yield from _of_event(event, old, new)
    for name, values in sorted(old.matrix.items()):
        now = new.matrix.get(name, {})
        lost = sorted(values.keys() - now.keys())
        if len(now) < len(values) and now:
            text = f"{', '.join(lost)} went out"
            yield _finding(Context(values[lost[0]]), f"matrix {name}", text)
    known = [row for row, _ in old.excluded]
    for row, path in new.excluded:
        was_run = all(value in old.matrix.get(name, ()) for name, value in row.items())
        if row not in known and was_run:
            yield _finding(Context(path), "matrix exclude", f"{', '.join(row.values())} went out")


def _of_event(event: str, old: Pipeline, new: Pipeline) -> Iterator[Finding]:
    had, path = old.triggers[event]
    if event not in new.triggers:
        yield _finding(Context(path), f"on: {event}", "it starts no checks any more")
        return
    has, _ = new.triggers[event]
    is_for_requests = event == "push" and new.triggers.get("pull_request", ("-",))[0] == ""
    if has and not had and not is_for_requests:
        yield _finding(Context(path), f"on: {event}", f"it starts checks only for {has}")
