"""Whether a JUnit report agrees with what pytest printed. Pure.

Both come from processes that the change could steer: code that runs when pytest has ended may write
a report of its own, but what was printed by then it cannot take back. Only what certainly
contradicts is told; output that cannot be read, such as that of plugins with a reporter of their
own, contradicts nothing. Source: pytest 7 to 9, _pytest/terminal.py and _pytest/junitxml.py.
"""

import re
from collections import Counter

from agent.evidence.junit import TestReport
from agent.ports import CommandResult

DISAGREE = "the report and the output of pytest disagree"
_BEGUN = re.compile(r"^=+ test session starts =+$", re.MULTILINE)
"""The header of pytest's own reporter."""
_WRITTEN = re.compile(r"^-+ generated xml file: .* -+$", re.MULTILINE)
_CLOSING = re.compile(
    r"^=+ (?P<told>\d+ [a-z][\w ]*(?:, \d+ [a-z][\w ]*)*|no tests ran)"
    r" in \d+\.\d+ ?s(?:econds)?(?: \([\w:, ]+\))? =+$",
    re.MULTILINE,
)
_PART = re.compile(r"(?P<number>\d+) (?P<word>[a-z][\w ]*)")
_NAMED = re.compile(r"^(?:FAILED|ERROR) (?P<name>\S+)", re.MULTILINE)
_SHORT = re.compile(r"^=+ short test summary info =+$", re.MULTILINE)
_OTHER_END = re.compile(r"^\W*Results? \(\d", re.MULTILINE)
"""How reporters of plugins close, such as pytest-sugar's."""
_BAD = ("failed", "error", "errors")
_NOT_PASSED = (*_BAD, "skipped", "xfailed", "deselected", "warning", "warnings")


def disagreement(result: CommandResult, report: TestReport, file: str) -> str:
    """Return how a report contradicts pytest's output; nothing where it does not certainly.

    Args:
        result: The run; its output is plain.
        report: What the report says.
        file: The end of the report's path, by which pytest says that it has written it.
    """
    if result.truncated_bytes or not _BEGUN.search(result.output):
        return ""
    written = [at for at in _WRITTEN.finditer(result.output) if f"/{file} -" in at[0]]
    end = result.output[written[0].end() :] if written else result.output
    closings = list(_CLOSING.finditer(end))
    if not closings:
        return _unclosed(result, report, end, is_written=bool(written))
    told = closings if written else closings[-1:]
    return next(filter(None, (_against(closing["told"], report) for closing in told)), "")


def _unclosed(result: CommandResult, report: TestReport, end: str, *, is_written: bool) -> str:
    """Return what an output without a closing line of pytest's own contradicts."""
    if is_written:
        short = _SHORT.search(end)
        named = _NAMED.search(end, short.end()) if short else None
        is_hidden = named is not None and not report.count.failed
        return f"the output names {named['name']}" if named and is_hidden else ""
    if result.exit_code or _OTHER_END.search(end):
        return ""
    return "the output ends before pytest has"


def _against(told: str, report: TestReport) -> str:
    """Return what a closing line such as `1 failed, 2 passed` contradicts.

    A test may fail more than once: by its subtests, or when it ends. Words of plugins count as
    passed, for what is run again is in the report each time.
    """
    counts: Counter[str] = Counter()
    for part in _PART.finditer(told):
        counts[part["word"]] += int(part["number"])
    failed = sum(counts[word] for word in _BAD)
    passed = sum(number for word, number in counts.items() if word not in _NOT_PASSED)
    if failed > max(report.bad_ends, report.count.failed) or report.count.passed > passed:
        return f"the output says {told}"
    return ""
