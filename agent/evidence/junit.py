"""Reading JUnit XML that a test run wrote. The file is foreign: size and shape are not trusted."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from posixpath import commonpath, join, relpath
from typing import cast
from xml.etree import ElementTree

from agent.domain.evidence import TestCount
from agent.domain.value import Value
from agent.evidence.traceback import fold
from agent.text import head_and_tail, plain_output

MAX_CHARACTERS = 32_000_000
_PART = 1 << 20
_DEEPEST = 60
_MOST_ELEMENTS = 1_000_000
_READ_LIMIT = 400_000
"""The most characters of one failure that are looked at."""
_FAILURE_LIMIT = 3_000
_CAPTURED_LIMIT = 600
_ROOTDIR = re.compile(r"^rootdir: (?P<path>/[^,\n]*)", re.MULTILINE)
_HEIR = re.compile(r"(?P<module>\w+(?:\.\w+)*?)(?P<classes>(?:\._*[A-Z]\w*)+)")
_HEADING = re.compile(r"^-+ Captured (?P<what>\w+) -+$", re.MULTILINE)


class TestFailure(Value):
    """One test that failed or could not be set up, or a file that could not be collected."""

    __test__ = False
    name: str
    """The node id, if the file tells where the test stands."""
    text: str
    message: str = ""
    """What was raised, in the words of the runner."""
    is_error: bool = False
    """True when it was not the test itself that failed: a fixture, or reading its file."""


class TestReport(Value):
    """What a test run reported."""

    __test__ = False
    count: TestCount
    failures: tuple[TestFailure, ...]
    names: frozenset[str] = frozenset()
    """All tests that ran, if they are told one by one."""
    skipped: frozenset[str] = frozenset()
    """Those of them that were skipped."""
    bad_ends: int = 0
    """How often something failed: one test may do so by each of its subtests, and when it ends."""


def parse_junit(text: str, root: str = "", folder: str = "", output: str = "") -> TestReport | None:
    """Return the report, or None when the text is no usable JUnit XML.

    Args:
        text: The file.
        root: The absolute path of the worktree.
        folder: Where in the worktree the tests ran.
        output: What pytest printed: files are named relative to the `rootdir` in its header.
    """
    if len(text) > MAX_CHARACTERS or re.search(r"<!(DOCTYPE|ENTITY)", text, re.I):
        return None
    document = _parsed(text)
    if document is None:
        return None
    header = _ROOTDIR.search(output)
    placed = partial(_placed, root=root, folder=folder, rootdir=header["path"] if header else "")
    cases = [(_name(case, placed), case) for case in document.iter("testcase")]
    found = [failure for name, case in cases if (failure := _failure(case, name, root))]
    bad = sum(_is_bad(case) for _, case in cases)
    skipped = [
        name for name, case in cases if case.find("skipped") is not None and not _is_bad(case)
    ]
    return TestReport(
        count=TestCount(passed=len(cases) - bad - len(skipped), failed=bad, skipped=len(skipped)),
        failures=tuple({failure.name: failure for failure in reversed(found)}.values())[::-1],
        names=frozenset(name for name, _ in cases),
        skipped=frozenset(skipped),
        bad_ends=sum(len(case.findall(kind)) for _, case in cases for kind in ("failure", "error")),
    )


def _parsed(text: str) -> ElementTree.Element | None:
    """Return the document; None when it is no XML, or so large that only an attacker wrote it.

    It is read in parts, so that what is too much is found before memory is filled with it.
    """
    parser: ElementTree.XMLPullParser[ElementTree.Element]
    parser = ElementTree.XMLPullParser(("start", "end"))
    root: ElementTree.Element | None = None
    depth = elements = 0
    try:
        for begin in range(0, len(text), _PART):
            parser.feed(text[begin : begin + _PART])
            for event, element in _events(parser):
                root = element if root is None else root
                elements += event == "start"
                depth += 1 if event == "start" else -1
            if depth > _DEEPEST or elements > _MOST_ELEMENTS:
                return None
        parser.close()
        list(_events(parser))  # raises what is wrong at the end
    except ElementTree.ParseError:
        return None
    return root


def _events(
    parser: "ElementTree.XMLPullParser[ElementTree.Element]",
) -> Iterator[tuple[str, ElementTree.Element]]:
    return cast(Iterator[tuple[str, ElementTree.Element]], parser.read_events())


def _is_bad(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _name(case: ElementTree.Element, placed: Callable[[str], str]) -> str:
    """Return the node id; pytest's family xunit1 has the file beside the dotted class name.

    The file is where the function stands. What a class inherits from another file has its own
    module in the class name alone; there, words with a capital are taken for classes.
    """
    name, owner, file = case.get("name") or "", case.get("classname") or "", case.get("file")
    if not file:
        return "::".join(filter(None, (owner, name)))
    module = file.removesuffix(".py").replace("/", ".")
    if not owner and name == module:
        return placed(file)
    _, is_here, classes = f".{owner}.".partition(f".{module}.")
    heir = _HEIR.fullmatch(owner) if not is_here else None
    if heir:
        file, classes = f"{heir['module'].replace('.', '/')}.py", heir["classes"]
    return "::".join([placed(file), *filter(None, classes.split(".")), name])


def _placed(file: str, *, root: str, folder: str, rootdir: str) -> str:
    """Return a file's path in the worktree; without a header or a root by what is likely."""
    if root and rootdir and commonpath((root, rootdir)) in (root, rootdir):
        return relpath(join(rootdir, file), root)
    is_inside = f"{rootdir}/".endswith(f"/{folder}/") if rootdir else not _is_in(file, folder)
    return join(folder, file) if folder and is_inside else file


def _is_in(file: str, folder: str) -> bool:
    return file.startswith(f"{folder}/")


def _failure(case: ElementTree.Element, name: str, root: str) -> TestFailure | None:
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            said = head_and_tail(found.text or found.get("message") or "", _READ_LIMIT)
            body = fold(plain_output(said).strip("\n"), root)
            shown = head_and_tail(body.strip(), _FAILURE_LIMIT)
            return TestFailure(
                name=name,
                text="\n".join([shown, *_captured(case)]),
                message=plain_output((found.get("message") or "")[:_READ_LIMIT])[:_FAILURE_LIMIT],
                is_error=kind == "error",
            )
    return None


def _captured(case: ElementTree.Element) -> Iterator[str]:
    """Yield the ends of what the test printed and logged."""
    for kind in ("system-out", "system-err"):
        said = (case.findtext(kind) or "")[-_READ_LIMIT:]
        parts = _HEADING.split(plain_output(said))
        for what, body in zip(parts[1::2], parts[2::2], strict=True):
            shown = body.strip("\n ")
            if shown:
                cut = "…" if len(shown) > _CAPTURED_LIMIT else ""
                yield f"captured {what.lower()}: {cut}{shown[-_CAPTURED_LIMIT:]}"
