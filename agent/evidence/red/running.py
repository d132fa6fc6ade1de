"""The tests of a change, run on the code of the base in a private folder of the sandbox."""

import shlex

from agent.domain.errors import ToolError
from agent.domain.value import Value
from agent.evidence.junit import MAX_CHARACTERS, TestReport, parse_junit
from agent.evidence.red.edits import EditedTest
from agent.evidence.running import RESULTS, time_is_over
from agent.evidence.selection import best_line, selected
from agent.evidence.services.running import filling, not_started, run_served
from agent.evidence.tests import TIMEOUT, prepared, pytest_options
from agent.evidence.unittests import parse_unittest
from agent.ports import Command, CommandResult
from agent.stacks.line import CommandLine
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

_FILE = f"{RESULTS}/red.xml"
_OUTPUT_CAP_BYTES = 8 << 20
_MOST_NAMES = 120
"""With more tests than this whole files run."""
_NOT_BUILT = 97
_BUILD = r"""
set -eE; trap 'exit 97' ERR
there="$(mktemp -d)/base"; mkdir "$there"
export GIT_INDEX_FILE="$there.index"
git read-tree {base}
git checkout-index -a -q --prefix="$there/"
unset GIT_INDEX_FILE
while IFS= read -r -d '' name; do
  rm -rf -- "$there/$name"
  if [ -e "$name" ] || [ -L "$name" ]; then
    mkdir -p -- "$there/$(dirname -- "$name")"
    cp -P -- "$name" "$there/$name"
  fi
done
results="$PWD/{results}"; mkdir -p "$results" "$there/{results}"; rm -f "$results/red.xml"
if [ -n "${{PYTHONPATH-}}" ]; then export PYTHONPATH="${{PYTHONPATH//"$PWD"/"$there"}}"; fi
export COVERAGE_FILE="$there/{results}/coverage"
cd "$there"
trap - ERR; set +eE
{line}
"""
"""Nothing of it is left when the command has ended: the folder for temporary files goes with it.

An archive would leave out what .gitattributes names; so the files are checked out by an index.
"""


class Run(Value):
    """What the tests did on the base."""

    line: CommandLine
    tests: tuple[EditedTest, ...]
    seconds: float
    exit_code: int
    report: TestReport | None
    problem: str = ""
    """Why there is no report."""


def run_on_base(
    bench: Bench, lines: list[CommandLine], tests: tuple[EditedTest, ...], apply: tuple[str, ...]
) -> list[Run]:
    """Run tests on the base's code, on which the files `apply` are as they are now."""
    by_line: dict[str, list[EditedTest]] = {}
    chosen = {line.shell(): line for line in lines}
    for test in tests:
        by_line.setdefault(best_line(lines, (test.path,)).shell(), []).append(test)
    return [_run(bench, chosen[key], tuple(some), apply) for key, some in by_line.items()]


def _run(
    bench: Bench, line: CommandLine, tests: tuple[EditedTest, ...], apply: tuple[str, ...]
) -> Run:
    narrowed = selected(line, _selection(line, tests))
    whole = f"{filling(bench.stack.services)}{_shell(narrowed)}"
    script = _BUILD.format(base=shlex.quote(bench.base or ""), results=RESULTS, line=whole)
    done = run_served(
        bench,
        Command(
            argv=("bash", "-c", script),
            timeout=bench.time_for(TIMEOUT),
            stdin="".join(f"{path}\0" for path in apply).encode("utf-8", "surrogateescape"),
            output_cap_bytes=_OUTPUT_CAP_BYTES,
        ),
    )
    report = _report(bench, line, done)
    return Run(
        line=narrowed,
        tests=tests,
        seconds=done.seconds,
        exit_code=done.exit_code,
        report=report,
        problem="" if report else _problem(bench, done),
    )


def _selection(line: CommandLine, tests: tuple[EditedTest, ...]) -> tuple[str, ...]:
    """Return what to run. pytest gets files, for it stops at a name that it does not find."""
    if line.tool != "pytest":
        return tuple(test.id for test in tests)
    names = dict.fromkeys(test.name.rpartition("::")[2] for test in tests)
    files = tuple(dict.fromkeys(test.path for test in tests))
    return files if len(names) > _MOST_NAMES else (*files, "-k", " or ".join(names))


def _shell(line: CommandLine) -> str:
    if line.tool != "pytest":
        return prepared(line, line)
    text = f"{line.text} {pytest_options(chr(34) + '$results/red.xml' + chr(34))}"
    return line.model_copy(update={"text": text}).shell()


def _report(bench: Bench, line: CommandLine, done: CommandResult) -> TestReport | None:
    if done.timed_out or done.exit_code == _NOT_BUILT or not_started(done):
        return None
    if line.tool != "pytest":
        return parse_unittest(plain_output(done.output).strip())
    try:
        text = bench.files("result", path=_FILE, cap=MAX_CHARACTERS)["text"]
    except ToolError:
        return None
    return parse_junit(text, "", line.folder)


def _problem(bench: Bench, done: CommandResult) -> str:
    if done.timed_out:
        return time_is_over(bench.time_for(TIMEOUT))
    if why := not_started(done):
        return why
    end = head_and_tail(plain_output(done.output).strip(), 300).rpartition("\n")[2]
    what = "the base's code could not be laid out" if done.exit_code == _NOT_BUILT else ""
    return what or f"exit code {done.exit_code}" + (f": {end}" if end else "")
