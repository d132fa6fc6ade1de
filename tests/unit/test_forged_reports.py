"""A report that contradicts what pytest printed, and one that cannot be read."""

from pathlib import Path

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.closing import disagreement
from agent.evidence.gates import run_gate
from agent.evidence.junit import parse_junit
from agent.ports import CommandResult
from agent.stacks.commands import Stack
from tests.fakes.bench import RESULT, failed, junit, passed
from tests.fakes.live import Live

BEGUN = "===== test session starts =====\nrootdir: /r\n\ntests/test_a.py::test_a PASSED\n"
WRITTEN = f"- generated xml file: /r/{RESULT} -\n"
RERUN = '<testcase classname="tests.test_app" name="test_a" time="0.1"/>'
SUBTESTS = '<testcase name="t"><failure>a</failure><failure>b</failure></testcase>'


def told(output: str, *cases: str, **more: int) -> str:
    """Return how a report with these cases contradicts an output."""
    report = parse_junit(junit(*cases))
    assert report is not None
    known = {"exit_code": 0, "seconds": 1.0, **more}
    result = CommandResult.model_validate({"output": output, **known})
    return disagreement(result, report, RESULT)


@pytest.mark.parametrize(
    ("output", "cases"),
    [
        (f"{BEGUN}{WRITTEN}===== 1 failed, 1 passed in 0.10s =====", (passed(), passed("b"))),
        (f"{BEGUN}{WRITTEN}===== 1 passed, 1 error in 0.10s =====", (passed(), passed("b"))),
        (f"{BEGUN}{WRITTEN}== 2 failed, 1 passed in 61.02s (0:01:01) ==", (passed(), failed())),
        (f"{BEGUN}{WRITTEN}===== 1 passed, 1 skipped in 0.10s =====", (passed(), passed("b"))),
        (f"{BEGUN}{WRITTEN}===== no tests ran in 0.10s =====", (passed(),)),
        (f"{BEGUN}== 1 failed in 0.10s ==", (passed(),)),
        (f"{BEGUN}{WRITTEN}== 1 failed in 0.1s ==\n{WRITTEN}== 1 passed in 0.1s ==", (passed(),)),
        (f"{BEGUN}{WRITTEN}== 1 passed in 0.1s ==\n{WRITTEN}== 1 failed in 0.1s ==", (passed(),)),
        (f"{BEGUN}{WRITTEN}== short test summary info ==\nFAILED tests/t.py::a - b", (passed(),)),
        (BEGUN, (passed(),)),
    ],
)
def test_what_certainly_contradicts_is_told(output: str, cases: tuple[str, ...]) -> None:
    assert told(output, *cases).startswith("the output ")


@pytest.mark.parametrize(
    ("output", "cases"),
    [
        (f"{BEGUN}{WRITTEN}===== 1 failed, 1 passed in 0.10s =====", (passed(), failed())),
        (f"{BEGUN}{WRITTEN}===== 1 passed in 0.10s =====\ngoodbye", (passed(),)),
        (f"{BEGUN}{WRITTEN}===== 1 passed, 1 xpassed in 0.1s =====", (passed(), passed("b"))),
        (f"{BEGUN}{WRITTEN}===== 1 passed, 2 rerun in 0.1s =====", (RERUN, RERUN, passed())),
        (f"{BEGUN}{WRITTEN}===== 2 failed, 3 subtests passed in 0.1s =====", (SUBTESTS,)),
        (f"{BEGUN}{WRITTEN}===== 1 passed, 4 deselected, 1 warning in 1.0s =====", (passed(),)),
        (f"{BEGUN}=== 1 failed in 0.1s ===\n{WRITTEN}=== 1 passed in 0.1s ===", (passed(),)),
        (f"{BEGUN}=== 1 failed in 0.1s ===\n=== 1 passed in 0.1s ===", (passed(),)),
        (f"{BEGUN}{WRITTEN}\nResults (0.05s):\n       1 passed", (passed(),)),
        (f"{BEGUN}\nResults (0.05s):\n       1 passed", (passed(),)),
        ("Test session starts (platform: linux)\n\nResults (0.05s):", (passed(),)),
        ("1 failed in 0.1s", (passed(),)),
        ("", (passed(),)),
    ],
)
def test_what_agrees_or_cannot_be_read_contradicts_nothing(
    output: str, cases: tuple[str, ...]
) -> None:
    assert told(output, *cases) == ""


def test_an_output_that_was_cut_or_a_run_that_failed_anyway_contradicts_nothing() -> None:
    assert told(BEGUN, passed(), truncated_bytes=1) == ""
    assert told(BEGUN, passed(), exit_code=1) == ""


BAD = "def test_old():\n    assert 0\n"
AT_EXIT = "import atexit, os\nfrom pathlib import Path\n\nREPORT = Path({file!r})\n\n\n"
FORGED = '<testsuites><testcase name="test_old"/><testcase name="test_new"/></testsuites>'
TEST = "def test_new():\n    atexit.register(lambda: ({spoil}, os._exit(0)))\n"


def gate(home: Path, spoil: str, old: str = "def test_old():\n    assert 1\n") -> Evidence:
    live = Live(home, {"tests/test_old.py": old})
    text = AT_EXIT.format(file=RESULT) + TEST.format(spoil=spoil)
    stack = Stack(tests=("python -m pytest -q",))
    return run_gate(Gate.TESTS, live.bench(stack, {"tests/test_new.py": text}))


def test_a_change_cannot_write_its_own_report_when_pytest_has_ended(tmp_path: Path) -> None:
    found = gate(tmp_path, f"REPORT.write_text({FORGED!r})", BAD)
    assert found.status is GateStatus.FAIL
    assert "the report and the output of pytest disagree: the output says 1 failed" in found.reason


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("REPORT.unlink(), REPORT.symlink_to('/etc/passwd')", "the report is a link"),
        ("REPORT.unlink(), os.mkfifo(REPORT)", "the report is a pipe"),
        ("REPORT.write_text('<!DOCTYPE x><x/>')", "the report is no usable XML"),
    ],
)
def test_a_report_that_cannot_be_read_is_a_failure_that_says_why(
    tmp_path: Path, spoil: str, reason: str
) -> None:
    found = gate(tmp_path, spoil)
    assert (found.status, found.reason) == (GateStatus.FAIL, reason)
