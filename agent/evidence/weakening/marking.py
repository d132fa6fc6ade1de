"""Marks that a test got with the change, and skips that were put into code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.evidence.weakening.asserting import skips
from agent.evidence.weakening.change import Change
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.helping import is_fixture
from agent.evidence.weakening.marks import SKIPPING, Mark
from agent.evidence.weakening.matching import Matched
from agent.evidence.weakening.side import Side
from agent.evidence.weakening.syntax import is_function, show, truth
from agent.survey.source import argument, last, text_of

_FOR_ALL = frozenset(
    {"setUp", "setUpClass", "setUpTestData", "setUpModule", "setup_method", "setup_class",
     "setup_module", "setup_function", "asyncSetUp"}
)  # fmt: skip


_MACHINE = re.compile(
    r"\bsys\.(platform|version_info)|\bos\.(name|geteuid|getuid)|\bplatform\.|\bwhich\(|find_spec\("
    r"|(?i:version)(__|_info)?\s*[<>]"
)


def new_marks(before: Test, after: Test) -> list[Mark]:
    """Return marks that skip a test or let it fail, and did not at the base."""
    found = [mark for mark in after.marks if _is_worse(mark, before.marks)]
    old = [mark for case in before.cases for mark in case.marks if mark.kind in SKIPPING]
    new = [mark for case in after.cases for mark in case.marks if mark.kind in SKIPPING]
    return found + (new[len(old) :] if len(new) > len(old) else [])


def _is_worse(mark: Mark, known: Sequence[Mark]) -> bool:
    if mark.kind not in SKIPPING and mark.kind != "flaky":
        return False
    if any(old.kind == "skip" and not old.condition for old in known):
        return False
    same = [old for old in known if old.same(mark)]
    was_strict = bool(same) and all(old.is_strict for old in same)
    return not same or (mark.kind == "xfail" and was_strict and not mark.is_strict)


def marked(change: Change, matched: Matched) -> Iterator[Finding]:
    """Yield tests that are skipped, or may fail, from now on."""
    for before, after in matched.pairs:
        for mark in new_marks(before, after):
            same = any(old.same(mark) for old in before.marks)
            text = "its xfail is not strict any more" if same else f"it is marked {mark.said()} now"
            yield _finding(after, mark, text, before)
        unwanted = {mark.kind for mark in after.marks} - {mark.kind for mark in before.marks}
        for name in sorted(unwanted & set(change.new.unwanted)):
            mark = next(mark for mark in after.marks if mark.kind == name)
            yield _finding(after, mark, f"it is marked {name} now, which is left out", before)
    known = {(m.kind, m.condition) for test in change.tests_before for m in test.marks}
    for test in matched.new:
        for mark in new_marks(_unmarked(test), test):
            is_known = (mark.kind, mark.condition) in known or _is_of_machine(mark.condition)
            if not mark.condition or not is_known:
                yield _finding(test, mark, f"it is new and marked {mark.said()}", None)


def _is_of_machine(condition: str) -> bool:
    """Tell whether a condition is about where the tests run: a new test may need something."""
    return _MACHINE.search(condition) is not None


def _unmarked(test: Test) -> Test:
    return Test(test.path, test.name, test.node, test.helpers)


def _finding(test: Test, mark: Mark, text: str, before: Test | None) -> Finding:
    return Finding(
        kind=Kind.SKIPPED,
        path=test.path,
        name=test.name,
        text=text,
        base_line=before.line if before else None,
        head_line=mark.line or test.line,
    )


@dataclass(frozen=True)
class Site:
    """A place in the tests' code that skips."""

    kind: str
    condition: str
    is_for_all: bool
    """True when it stops more than the function that it stands in."""
    path: str
    name: str
    line: int


def sites(side: Side, paths: Sequence[str]) -> list[Site]:
    """Return all calls of `pytest.skip` and the like in some files."""
    found: list[Site] = []
    for path in paths:
        tree = side.tree(path)
        if tree is not None:
            found += _within(tree, path, "the module", "", is_wide=True)
    return found


def _within(
    node: ast.AST, path: str, name: str, condition: str, *, is_wide: bool
) -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        inner, when, wide = name, condition, is_wide
        if is_function(child):
            inner = child.name if name == "the module" else f"{name}.{child.name}"
            wide = is_for_all(child)
        elif isinstance(child, ast.ClassDef):
            inner = child.name if name == "the module" else f"{name}.{child.name}"
        elif isinstance(node, ast.If) and child is not node.test:
            when = show(node.test)
        if isinstance(node, ast.If) and truth(node.test) is False and child in node.body:
            continue
        kind = _kind(child)
        if (kind and name != "the module") or kind in ("skip", "importorskip", "exit"):
            yield Site(kind, when, is_wide, path, inner, getattr(child, "lineno", 0))
        yield from _within(child, path, inner, when, is_wide=wide)


def _kind(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return skips(node) or _marking(node)
    if isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call):
        return "skip" if last(node.exc) == "SkipTest" else ""
    return ""


def _marking(call: ast.Call) -> str:
    """Return the mark that a call puts on a test while it runs."""
    if last(call.func) not in ("applymarker", "add_marker") or not call.args:
        return ""
    name = last(call.args[0]) or str(text_of(call.args[0]))
    return name if name in ("skip", "skipif", "xfail") else ""


def is_for_all(node: ast.AST) -> bool:
    """Tell whether a function runs for every test near it: a set-up, a hook, an autouse fixture."""
    if not is_function(node):
        return False
    if node.name in _FOR_ALL or node.name.startswith("pytest_"):
        return True
    fixtures = [item for item in node.decorator_list if isinstance(item, ast.Call)]
    autouse = [argument(item, "autouse") for item in fixtures]
    return is_fixture(node) and any(item is not None and truth(item) for item in autouse)


def new_sites(change: Change) -> Iterator[Finding]:
    """Yield skips that are new, or that stop more tests than before."""
    old, new = (sites(side, change.testing) for side in (change.before, change.after))
    counts = Counter((site.kind, site.condition) for site in old)
    wide = Counter((site.kind, site.condition) for site in old if site.is_for_all)
    texts = {(site.path, site.name, site.kind, site.condition) for site in old}
    known = {test.short for test in change.tests_before}
    ordered = sorted(new, key=lambda s: (s.path, s.name, s.kind, s.condition) not in texts)
    for site in ordered:
        key = (site.kind, site.condition)
        counts[key] -= 1
        wide[key] -= site.is_for_all
        short = site.name.rpartition(".")[2]
        if site.condition and short.startswith("test") and short not in known:
            continue
        if counts[key] < 0 or (site.is_for_all and wide[key] < 0):
            when = f" if {site.condition}" if site.condition else ""
            yield Finding(
                kind=Kind.SKIPPED,
                path=site.path,
                name=site.name,
                text=f"a {site.kind} was put in{when}",
                head_line=site.line,
            )
