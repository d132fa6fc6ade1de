"""Reading what `manage.py test` and `python -m unittest` print.

Source: CPython 3.11 to 3.13, unittest/runner.py; Django 5.2 and 6.0, django/test/runner.py. Before
3.11 the name in brackets is the class alone.
"""

import re

from agent.domain.evidence import TestCount
from agent.evidence.junit import TestFailure, TestReport
from agent.evidence.traceback import fold

_BLOCK = re.compile(
    r"^={70}\n(?=(?:FAIL|ERROR): )|^(?:={70}\n)?(?=UNEXPECTED SUCCESS: )", re.MULTILINE
)
_HEAD = re.compile(
    r"(?:FAIL|ERROR|UNEXPECTED SUCCESS): (?P<test>\S+) \((?P<owner>[^()\s]+)\)(?P<case>.*)"
)
_BEGUN = re.compile(
    r"^(?P<test>[^\s()]+) \((?P<owner>[^()\s]+)\)(?= \.\.\.(?: |$)|\n.* \.\.\.(?: |$))",
    re.MULTILINE,
)
"""With `-v`: a test begins, or its end is told again behind its subtests, which are indented."""
_END = re.compile(
    r"^(?! )(?:.* \.\.\. )?(?:(?P<skipped>skipped ['\"].*|expected failure)"
    r"|ok|FAIL|ERROR|unexpected success)$",
    re.MULTILINE,
)
_RAN = re.compile(r"^Ran (?P<number>\d+) tests? in ", re.MULTILINE)
_TOLD = re.compile(r"([a-z][a-z ]*)=(\d+)")
_FIXTURES = ("setUpClass ", "tearDownClass ", "setUpModule ", "tearDownModule ")
_PARTS = 2
"""A label ends with the class and the test."""
_LOADER = "unittest.loader._FailedTest."


def parse_unittest(output: str, root: str = "") -> TestReport | None:
    """Return the report, or None when the output has no closing line `Ran 3 tests`."""
    endings = list(_RAN.finditer(output))
    if not endings:
        return None
    closing = endings[-1]
    told = {name.strip(): int(number) for name, number in _TOLD.findall(output[closing.end() :])}
    failures: dict[str, TestFailure] = {}
    for block in filter(None, _BLOCK.split(output[: closing.start()])[1:]):
        failure = _failure(block, root)
        known = failures.get(failure.name)
        text = f"{known.text}\n{failure.text}" if known else failure.text
        failures[failure.name] = failure.model_copy(update={"text": text})
    skipped = _ends(output, int(closing["number"]))
    count = _count(closing, told, output)
    if skipped:  # subtests and classes that are skipped are told too, and are no tests that ran
        passed = sum(not skip and name not in failures for name, skip in skipped.items())
        count = count.model_copy(update={"passed": passed})
    return TestReport(
        count=count,
        failures=tuple(failures.values()),
        names=frozenset(skipped),
        skipped=frozenset(name for name, is_skipped in skipped.items() if is_skipped),
    )


def node_id(name: str, path: str) -> str:
    """Return the node id of a label `shop.tests.Orders.test_a` in a file; else the name itself."""
    file = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module, *rest = name.rsplit(".", 2)
    is_label = len(rest) == _PARTS and "::" not in name and "/" not in name
    return "::".join([path, *rest]) if is_label and f".{file}".endswith(f".{module}") else name


def _ends(output: str, number: int) -> dict[str, bool]:
    """Return for each test whether it was skipped; nothing where the output does not tell all."""
    told = output.partition(f"\n{'=' * 70}\n")[0].partition(f"\n{'-' * 70}\nRan ")[0]
    begun = [found for found in _BEGUN.finditer(told) if f"{found['test']} " not in _FIXTURES]
    stops = [*(found.start() for found in begun), len(told)][1:]
    ends = {
        _label(found["test"], found["owner"]): _is_skipped(told[found.start() : stop])
        for found, stop in zip(begun, stops, strict=False)
    }
    return ends if len(ends) == number else {}


def _is_skipped(told: str) -> bool:
    """Tell whether a test was skipped: a class that is skipped is told of behind a test's end."""
    end = _END.search(told)
    return end is not None and end["skipped"] is not None


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
    case = found["case"].strip()
    end = body.find(f"\n{'-' * 70}\n")
    text = fold(body[:end] if end >= 0 else body, root).strip()
    return TestFailure(
        name=_label(test, owner),
        text=f"{case}\n{text}" if case else text,
        message=text.rpartition("\n")[2] or head,
        is_error=is_error,
    )


def _label(test: str, owner: str) -> str:
    """Return the label that runs a test again; of a fixture the class or module that it is for."""
    is_whole = f"{test} " in _FIXTURES or owner.startswith(_LOADER) or owner.endswith(f".{test}")
    return owner.removeprefix(_LOADER) if is_whole else f"{owner}.{test}"
