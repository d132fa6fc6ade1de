"""A transcript as facts: which step called what, what came back, what it changed.

This is the one place that reads the texts of calls and results for stuck control. What a tool
printed becomes digests, counts and quotations here; no word in it means anything.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent.domain.conversation import Message, ToolCall
from agent.domain.errors import ToolError
from agent.domain.evidence import Gate
from agent.domain.run import Stage
from agent.domain.value import Value
from agent.likeness import complaint, digest, quoted, steady
from agent.tools.base import Tool
from agent.tools.checks import RunChecks
from agent.tools.files import Edit, EditFiles, ListFiles, ReadFiles
from agent.tools.registry import parse_call
from agent.tools.search import Search
from agent.tools.shell import RunCommand
from agent.touching import Touch, touch_of

REFUSED = "This call was refused"
NOT_DONE = ("Error:", "Not counted", REFUSED)
INTERRUPTED = "Not carried out"
GATES = "The gates ran on your change"
NUDGES = ("You are not getting further", "You are still not getting further")
REMINDERS = ("Your answer was cut", "That was refused", "There was no tool call")
"""How the program's own messages begin; the tests hold them against what it really writes."""

_COMMAND_END = re.compile(r"\[(?:exit code (-?\d+)|stopped)")
_PIPED_FAILURE = re.compile(r"^(?:FAILED |ERROR |E  |=+ .*\b\d+ failed|\d+ failed)", re.MULTILINE)
_CHECK_FAILED = re.compile(rf"^(?:{'|'.join(Gate)}): FAILED", re.MULTILINE)
"""One that could not run is no finding: no edit would change it, and the gates will tell."""
_TEST = re.compile(r"^(?:FAILED |ERROR )?([\w./-]+::[\w:./\[\]-]+)", re.MULTILINE)
_AT_LINE = re.compile(r"^([\w./-]+\.\w+:\d+[^\n]{0,100})", re.MULTILINE)
_EXPECTED = re.compile(r"^E +(\S[^\n]{0,100})", re.MULTILINE)
_SECTION = re.compile(r"^== (.+?)(?: \((?:lines )?\d[^)]*\))?$")
_NUMBERED = re.compile(r" *(\d+)(?:  |\t)")
_FRAME = frozenset(("", "<output>", "</output>"))
_TELLING = 40
"""Characters of output that make the same failure known, whatever command printed it."""


class Change(Value):
    """One edit of one file, by digests of what stood there before and after."""

    path: str
    before: str | None
    """None when it was not said: a whole file was written or deleted."""
    after: str
    shown: str


class Place(Value):
    """Something that was looked at: lines of a file, or the answer to a search or listing."""

    name: str
    lines: tuple[tuple[int, int], ...] = ()
    """The ranges of lines that were shown; empty when the place has no lines."""


class CallTrace(Value):
    """One tool call with its result."""

    shown: str
    """A quotation of the call for people."""
    question: str
    """Digest of the name and the arguments."""
    answer: str
    """Digest of the result, without what is volatile in it."""
    touch: Touch = Touch.NONE
    refused: bool = False
    failure: str = ""
    """Digest of what a failing command or check complains about; empty when it did not fail."""
    finding: str = ""
    """A quotation of that for people."""
    changes: tuple[Change, ...] = ()
    missed: tuple[str, ...] = ()
    """Paths of edits that did not apply."""
    is_look: bool = False
    places: tuple[Place, ...] = ()


class StepTrace(Value):
    """One answer of the model, what its calls gave, and what the gates said after it."""

    index: int
    """Of the answer in the transcript."""
    calls: tuple[CallTrace, ...]
    usable: bool
    """False when not one call could be understood, or none was made."""
    gates: str = ""
    """Digest of the gates' findings; empty when they did not run or all passed."""
    findings: str = ""


class _Step(NamedTuple):
    position: int
    answer: Message
    results: dict[str, list[str]]
    gates: list[str]


def trace(messages: Sequence[Message], after: int = 0) -> list[StepTrace]:
    """Return the steps that begin at or behind `after`; calls without a result are left out."""
    steps: list[_Step] = []
    for index in range(max(after, 0), len(messages)):
        message = messages[index]
        if message.role == "assistant":
            steps.append(_Step(index, message, {}, []))
        elif steps and message.role == "tool":
            steps[-1].results.setdefault(message.tool_call_id or "", []).append(message.content)
        elif steps and message.role == "user" and message.content.startswith(GATES):
            steps[-1].gates.append(message.content)
    return [_step_trace(step) for step in steps]


def _step_trace(step: _Step) -> StepTrace:
    calls, answered = step.answer.tool_calls, []
    for call in calls:
        waiting = step.results.get(call.id)
        result = waiting.pop(0) if waiting else INTERRUPTED
        if not result.startswith(INTERRUPTED):
            answered.append(_call_trace(call, result))
    all_refused = bool(answered) and all(call.refused for call in answered)
    said = "\n".join(step.gates)
    return StepTrace(
        index=step.position,
        calls=tuple(answered),
        usable=bool(calls) and not all_refused,
        gates=digest(complaint(said)) if said else "",
        findings=_finding(said) if said else "",
    )


def _call_trace(call: ToolCall, result: str) -> CallTrace:
    tool = _parsed(call)
    refused = result.startswith(REFUSED)
    runs = isinstance(tool, RunCommand | RunChecks)
    failure = "" if refused else _failure(tool, result)
    done = not result.startswith(NOT_DONE)
    edits = tool.edits if isinstance(tool, EditFiles) else []
    touch = Touch.NONE if refused else _touch(tool, done=done)
    return CallTrace(
        shown=quoted(f"{call.name} {_subject(tool)}".strip(), 90),
        question=digest(f"{call.name}\n{_arguments(call, tool)}"),
        answer=digest(steady(result) if runs else result),
        touch=touch,
        refused=refused,
        failure=failure,
        finding=_finding(result) if failure else "",
        changes=tuple(_change(edit) for edit in edits) if done else (),
        missed=() if done or refused else _missed(edits, result),
        is_look=_is_look(tool, touch),
        places=tuple(_places(tool, call, result)) if _is_look(tool, touch) else (),
    )


def _parsed(call: ToolCall) -> Tool | None:
    try:
        return parse_call(call, Stage.DEVELOP)
    except ToolError:
        return None


def _arguments(call: ToolCall, tool: Tool | None) -> str:
    """Return the arguments in one spelling: defaults filled in, keys in order."""
    try:
        known = tool.model_dump(mode="json") if tool else json.loads(call.arguments or "{}")
        return json.dumps(known, sort_keys=True)
    except (ValueError, RecursionError):
        return " ".join(call.arguments.split())


def _subject(tool: Tool | None) -> str:
    match tool:
        case ReadFiles():
            return ", ".join(file for file in tool.files)
        case EditFiles():
            return ", ".join(dict.fromkeys(edit.path for edit in tool.edits))
        case RunCommand():
            return tool.command
        case RunChecks():
            return " ".join([*tool.checks, *tool.select])
        case Search():
            return f"{tool.pattern} in {tool.path}"
        case ListFiles():
            return tool.path
    return ""


def _touch(tool: Tool | None, *, done: bool) -> Touch:
    if isinstance(tool, RunCommand):
        return touch_of(tool.command)
    return Touch.SURE if isinstance(tool, EditFiles) and done else Touch.NONE


def _is_look(tool: Tool | None, touch: Touch) -> bool:
    looks = isinstance(tool, ReadFiles | ListFiles | Search | RunCommand)
    return looks and touch is Touch.NONE


def _failure(tool: Tool | None, result: str) -> str:
    match tool:
        case RunChecks() if _CHECK_FAILED.search(result):
            return digest(complaint(result))
        case RunCommand() if _ended_badly(tool.command, result):
            text = complaint(result)
            body = text.partition("\n")[2]
            return digest(text if len(body) >= _TELLING else f"{tool.command}\n{text}")
    return ""


def _ended_badly(command: str, result: str) -> bool:
    """Tell a failing command by its exit code; a pipe has that of its last part, such as `tail`."""
    end = _COMMAND_END.match(result)
    if end is None or end[1] != "0":
        return end is not None
    return "|" in command and _PIPED_FAILURE.search(result) is not None


def _finding(text: str) -> str:
    """Quote what fails: tests by name with the first assertion, places, or else the last line."""
    names = list(dict.fromkeys(_TEST.findall(text)))
    expected = _EXPECTED.findall(text)[:1]
    rows = names or expected or list(dict.fromkeys(_AT_LINE.findall(text)))
    if not rows:
        rows = [line for line in text[-4000:].splitlines() if line.strip() not in _FRAME][-1:]
    shown = ", ".join(quoted(row, 70) for row in rows[:2]) or "no output"
    more = f" and {len(rows) - 2} more" if len(rows) > 2 else ""
    return shown + more + (f": {quoted(expected[0], 80)}" if names and expected else "")


def _change(edit: Edit) -> Change:
    if edit.old is not None and edit.new is not None:
        shown = f"{quoted(edit.old, 50)} to {quoted(edit.new, 50)}"
        before, after = edit.old.strip(), edit.new.strip()
        return Change(path=edit.path, before=digest(before), after=digest(after), shown=shown)
    if edit.move_to is not None:
        shown = f"{quoted(edit.path, 50)} to {quoted(edit.move_to, 50)}"
        return Change(path="", before=digest(edit.path), after=digest(edit.move_to), shown=shown)
    after = "" if edit.delete else digest(edit.content or "")
    shown = "something to no file" if edit.delete else f"all to {quoted(edit.content or '', 60)}"
    return Change(path=edit.path, before=None, after=after, shown=shown)


def _missed(edits: Iterable[Edit], result: str) -> tuple[str, ...]:
    paths = list(dict.fromkeys(edit.path for edit in edits))
    return tuple([path for path in paths if path in result] or paths)


def _places(tool: Tool | None, call: ToolCall, result: str) -> Iterable[Place]:
    if isinstance(tool, ReadFiles):
        shown = _shown_lines(result) or dict.fromkeys(tool.files, ())
        return [Place(name=path, lines=lines) for path, lines in shown.items()]
    return [Place(name=f"{call.name} {_subject(tool)}")]


def _shown_lines(result: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the ranges of lines that a result of `read_files` shows of each file."""
    shown: dict[str, list[tuple[int, int]]] = {}
    ranges: list[tuple[int, int]] = []
    for line in result.splitlines():
        if section := _SECTION.match(line):
            ranges = shown.setdefault(section[1], [])
        elif numbered := _NUMBERED.match(line[:20]):
            number = int(numbered[1])
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
    return {path: tuple(found) for path, found in shown.items()}
