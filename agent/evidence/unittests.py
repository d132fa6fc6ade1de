"""Reading what `manage.py test` and `python -m unittest` print.

Source: CPython 3.11 to 3.13, unittest/runner.py; Django 5.2 and 6.0, django/test/runner.py. Before
3.11 the name in brackets is the class alone.
"""

import re

from agent.domain.evidence import TestCount
from agent.evidence.junit import TestFailure, TestReport
from agent.evidence.traceback import fold

_BLOCK = re.compile(r"^={70}\n(?=(?:FAIL|ERROR|UNEXPECTED SUCCESS): )", re.MULTILINE)
_HEAD = re.compile(
    r"(?:FAIL|ERROR|UNEXPECTED SUCCESS): (?P<test>\S+) \((?P<owner>[^()\s]+)\)(?P<case>.*)"
)
_RAN = re.compile(r"^Ran (?P<number>\d+) tests? in ", re.MULTILINE)
_TOLD = re.compile(r"([a-z][a-z ]*)=(\d+)")
_FIXTURES = ("setUpClass ", "tearDownClass ", "setUpModule ", "tearDownModule ")
_LOADER = "unittest.loader._FailedTest."


def parse_unittest(output: str, root: str = "") -> TestReport | None:
    """Return the report, or None when the output has no closing line `Ran 3 tests`."""
    endings = list(_RAN.finditer(output))
    if not endings:
        return None
    closing = endings[-1]
    told = {name.strip(): int(number) for name, number in _TOLD.findall(output[closing.end() :])}
    failures: dict[str, TestFailure] = {}
    for block in _BLOCK.split(output[: closing.start()])[1:]:
        failure = _failure(block, root)
        known = failures.get(failure.name)
        text = f"{known.text}\n{failure.text}" if known else failure.text
        failures[failure.name] = failure.model_copy(update={"text": text})
    return TestReport(count=_count(closing, told, output), failures=tuple(failures.values()))


def _count(closing: re.Match[str], told: dict[str, int], output: str) -> TestCount:
    """Count tests; subtests that fail are one, and a fixture that fails is none that ran."""
    heads = set(re.findall(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+ \([^()]+\))", output, re.M))
    outside = sum(head.startswith(_FIXTURES) for head in heads)
    is_bad = any(told.get(kind) for kind in ("failures", "errors", "unexpected successes"))
    failed = max(len(heads), int(is_bad))
    skipped = told.get("skipped", 0) + told.get("expected failures", 0)
    passed = int(closing["number"]) - (failed - outside) - skipped
    return TestCount(passed=max(0, passed), failed=failed, skipped=skipped)


def _failure(block: str, root: str) -> TestFailure:
    """Return a failure by the label that runs it again; subtests of one test belong together."""
    head, _, body = block.partition(f"\n{'-' * 70}\n")
    found = _HEAD.match(head)
    if found is None:
        return TestFailure(name=head.splitlines()[0] if head else "?", text=fold(body, root))
    owner, test = found["owner"], found["test"]
    is_error = f"{test} " in _FIXTURES or owner.startswith(_LOADER)
    is_whole = is_error or owner.endswith(f".{test}")
    name = owner.removeprefix(_LOADER) if is_whole else f"{owner}.{test}"
    case = found["case"].strip()
    end = body.find(f"\n{'-' * 70}\n")
    text = fold(body[:end] if end >= 0 else body, root).strip()
    return TestFailure(
        name=name,
        text=f"{case}\n{text}" if case else text,
        message=text.rpartition("\n")[2] or head,
        is_error=is_error,
    )
