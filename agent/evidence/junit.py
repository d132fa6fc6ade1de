"""Reading JUnit XML that a test run wrote. The file is foreign: size and shape are not trusted."""

import re
from xml.etree import ElementTree

from agent.domain.evidence import TestCount
from agent.domain.value import Value
from agent.text import head_and_tail, plain_output

MAX_CHARACTERS = 8_000_000
_FAILURE_LIMIT = 3_000


class TestFailure(Value):
    """One test that failed or could not be set up."""

    __test__ = False
    name: str
    text: str


class TestReport(Value):
    """What a test run reported."""

    __test__ = False
    count: TestCount
    failures: tuple[TestFailure, ...]


def parse_junit(text: str) -> TestReport | None:
    """Return the report, or None when the text is no usable JUnit XML."""
    if len(text) > MAX_CHARACTERS or re.search(r"<!(DOCTYPE|ENTITY)", text, re.I):
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError:
        return None
    cases = list(root.iter("testcase"))
    failures = tuple(failure for case in cases if (failure := _failure(case)))
    skipped = sum(case.find("skipped") is not None and not _failure(case) for case in cases)
    failed = len(failures)
    count = TestCount(passed=len(cases) - failed - skipped, failed=failed, skipped=skipped)
    return TestReport(count=count, failures=failures)


def _failure(case: ElementTree.Element) -> TestFailure | None:
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
            body = plain_output(found.text or found.get("message") or "").strip()
            return TestFailure(name=name, text=head_and_tail(body, _FAILURE_LIMIT))
    return None
