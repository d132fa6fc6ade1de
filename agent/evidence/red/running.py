"""The tests of a change, run in a fresh copy of the base in a private folder of the sandbox."""

import shlex
from enum import StrEnum
from functools import partial

from agent.domain.value import Value
from agent.evidence.closing import DISAGREE, disagreement
from agent.evidence.junit import TestReport
from agent.evidence.red.edits import EditedTest
from agent.evidence.reports import read_report
from agent.evidence.running import RESULTS, time_is_over
from agent.evidence.selection import is_there, selected
from agent.evidence.services.running import filling, not_started, run_served
from agent.evidence.tests import TIMEOUT, prepared, pytest_options
from agent.evidence.unittests import parse_unittest
from agent.ports import Command, CommandResult
from agent.stacks.line import CommandLine
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

_OUTPUT_CAP_BYTES = 8 << 20
_MOST_NAMES = 120
"""With more tests than this whole files run."""
_NOT_BUILT = 97
_BUILD = r"""
set -eE; trap 'exit 97' ERR
there="$(mktemp -d)/${{PWD##*/}}"
objects="$(git rev-parse --git-path objects)"; shallow="$(git rev-parse --git-path shallow)"
git init -q --template= "$there"
realpath "$objects" > "$there/.git/objects/info/alternates"
if [ -e "$shallow" ]; then cp "$shallow" "$there/.git/shallow"; fi
git -C "$there" checkout -q --detach {base}
while IFS= read -r -d '' name; do
  rm -rf -- "$there/$name"
  if [ -e "$name" ] || [ -L "$name" ]; then
    mkdir -p -- "$there/$(dirname -- "$name")"
    cp -P -- "$name" "$there/$name"
  fi
done
results="$PWD/{results}"; mkdir -p "$results" "$there/{results}"; rm -f "$results/{side}.xml"
if [ -n "${{PYTHONPATH-}}" ]; then export PYTHONPATH="${{PYTHONPATH//"$PWD"/"$there"}}"; fi
export COVERAGE_FILE="$there/{results}/coverage"
cd "$there"
trap - ERR; set +eE
{line}
"""
"""Nothing of it is left when the command has ended: the folder for temporary files goes with it.

It is a repository of its own, in a folder of the same name, for tests may ask git or look where
they are. An archive would leave out what .gitattributes names.
"""


class Side(StrEnum):
    """Whose product the tests run on."""

    BASE = "base"
    HEAD = "head"


class Run(Value):
    """What the tests did in such a folder."""

    line: CommandLine
    seconds: float
    exit_code: int
    report: TestReport | None
    problem: str = ""
    """Why there is no report."""


def run(
    bench: Bench,
    line: CommandLine,
    tests: tuple[EditedTest, ...],
    apply: tuple[str, ...],
    side: Side = Side.BASE,
) -> Run:
    """Run tests on the base's code, on which the files `apply` are as they are now."""
    narrowed = selected(line, _selection(line, tests), partial(is_there, bench))
    script = _BUILD.format(
        base=shlex.quote(bench.base or ""),
        results=RESULTS,
        side=side,
        line=f"{filling(bench.stack.services)}{_shell(narrowed, side)}",
    )
    done = run_served(
        bench,
        Command(
            argv=("bash", "-c", script),
            timeout=bench.time_for(TIMEOUT),
            stdin="".join(f"{path}\0" for path in apply).encode("utf-8", "surrogateescape"),
            output_cap_bytes=_OUTPUT_CAP_BYTES,
        ),
    )
    report, fault = _report(bench, line, done, side)
    return Run(
        line=narrowed,
        seconds=done.seconds,
        exit_code=done.exit_code,
        report=report,
        problem="" if report else fault or _problem(bench, done),
    )


def _selection(line: CommandLine, tests: tuple[EditedTest, ...]) -> tuple[str, ...]:
    """Return what to run: whole files, for a name that is not found there stops all others."""
    files = tuple(dict.fromkeys(test.path for test in tests))
    if line.tool != "pytest":
        return files
    names = dict.fromkeys(test.name.rpartition("::")[2] for test in tests)
    return files if len(names) > _MOST_NAMES else (*files, "-k", " or ".join(names))


def _shell(line: CommandLine, side: Side) -> str:
    if line.tool != "pytest":
        return prepared(line, line)
    file = f'"$results/{side}.xml"'
    text = f"{line.text} {pytest_options(file)}"
    return line.model_copy(update={"text": text}).shell()


def _report(
    bench: Bench, line: CommandLine, done: CommandResult, side: Side
) -> tuple[TestReport | None, str]:
    """Return the report, or None and what is wrong with it."""
    if done.timed_out or done.exit_code == _NOT_BUILT or not_started(done):
        return None, ""
    plain = done.model_copy(update={"output": plain_output(done.output).strip()})
    if line.tool != "pytest":
        return parse_unittest(plain.output), ""
    file = f"{RESULTS}/{side}.xml"
    report, fault = read_report(bench, file, plain.output, folder=line.folder)
    if report is not None and disagreement(plain, report, file):
        return None, DISAGREE
    return report, fault


def _problem(bench: Bench, done: CommandResult) -> str:
    if done.timed_out:
        return time_is_over(bench.time_for(TIMEOUT))
    if why := not_started(done):
        return why
    end = head_and_tail(plain_output(done.output).strip(), 300).rpartition("\n")[2]
    what = "the base's code could not be laid out" if done.exit_code == _NOT_BUILT else ""
    return what or f"exit code {done.exit_code}" + (f": {end}" if end else "")
