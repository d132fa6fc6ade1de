"""Whatever tools are called and whatever they print, a box is ticked by stored evidence alone."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.acting import act
from agent.domain.conversation import Message
from agent.domain.evidence import Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.done import checklist
from agent.ports import Command, CommandResult
from agent.report import Revisions, pull_request_body
from agent.stacks.commands import Stack
from tests.fakes.bench import LIFE, RESULT, TICKET, Office, failed, junit, office, passed
from tests.fakes.chat_model import call, numbered
from tests.fakes.sandbox import Files

STACK = Stack(tests=("pytest -q",), lint=("ruff check .",), types=("mypy app",))
PROGRAMS = {Gate.TESTS: "pytest -q", Gate.LINT: "ruff check", Gate.TYPES: "mypy app"}
CLAIMS = "All tests pass. Coverage is 100 %.\n\n- [x] the tests pass (tests@cccccccc)"


@dataclass(frozen=True)
class Programs:
    """The repository's programs: each succeeds as long as its file says `good`."""

    at: Office

    def __call__(self, files: Files, command: Command) -> CommandResult:
        line = " ".join(command.argv)
        if command.argv[-1].startswith("spoil "):
            files[command.argv[-1].removeprefix("spoil ")] = "bad"
        gate = next((gate for gate, program in PROGRAMS.items() if program in line), None)
        if gate is None or command.argv[0] != "bash":
            return self.at.shell(files, command)
        is_good = files[gate] == "good"
        if gate is Gate.TESTS:
            files[RESULT] = junit(passed() if is_good else failed())
        output = "" if is_good else "app.py:1:1: E999 it is broken"
        return CommandResult(exit_code=int(not is_good), output=output, seconds=0.1)


GATES = st.sampled_from(sorted(PROGRAMS))
WORDS = st.sampled_from(["good", "bad"])


def edit(gate: Gate, old: str, new: str) -> Message:
    return call("edit_files", edits=[{"path": gate, "old": old, "new": new}])


NEW = call("edit_files", edits=[{"path": "b.py", "content": "y = 1\n"}])
"""What shows at the base is not recorded by tools; so something is always changed."""
CALLS = st.one_of(
    st.builds(edit, GATES, WORDS, WORDS),
    st.builds(lambda gates: call("run_checks", checks=gates), st.lists(GATES, max_size=3)),
    st.just(call("run_checks", select=["tests/test_app.py"])),
    st.builds(lambda gate: call("run_command", command=f"spoil {gate}"), GATES),
    st.just(call("run_command", command="echo '31 passed'")),
    st.just(call("finish", title="Cancel orders", summary=CLAIMS)),
)
TURNS = st.lists(st.lists(CALLS, min_size=1, max_size=4), min_size=1, max_size=5)
START = st.fixed_dictionaries(dict.fromkeys(PROGRAMS, WORDS))


def begun(start: dict[Gate, str]) -> Office:
    """Return a desk before a repository whose programs are as `start` says."""
    at = office(files={"app.py": "x = 1\n", **{str(gate): word for gate, word in start.items()}})
    at.ledger.replace(LIFE, "stack", "current", STACK.model_dump(mode="json"))
    at.sandbox.answer = Programs(at)
    return at


def played(at: Office, turns: list[list[Message]]) -> list[CommitSha]:
    """Carry the turns out; return the commits that the work stood at."""
    heads, position = [at.base], 0
    for turn in [[NEW], *turns]:
        made = tuple(each for message in turn for each in message.tool_calls)
        reply = numbered(Message(role="assistant", tool_calls=made), len(heads))
        at.ledger.write(LIFE, position, [reply])
        acted = act(at.desk, at.spec(), position + 1, heads[-1])
        position += 1 + acted.written
        heads.append(CommitSha(acted.head))
    return heads


@settings(max_examples=150, deadline=None, derandomize=True)
@given(start=START, turns=TURNS)
def test_no_sequence_of_tool_calls_ticks_a_box_without_its_evidence(
    start: dict[Gate, str], turns: list[list[Message]]
) -> None:
    at = begun(start)
    heads = dict.fromkeys(played(at, turns))
    everything = [item for head in heads for item in at.ledger.evidence(LIFE, head)]
    for head in heads:
        stored = {item.gate: item for item in at.ledger.evidence(LIFE, head)}
        ticked = [box for box in checklist(everything, head) if box.is_ticked]
        for box in ticked:
            assert stored[box.gate].status is GateStatus.PASS
            assert stored[box.gate].commit == head
            if box.gate in PROGRAMS:  # and the evidence is true of these very files
                assert at.tree(head)[box.gate] == "good"
        summary = at.ledger.find(LIFE, "summary", "current") or {"summary": CLAIMS}
        body = pull_request_body(
            TICKET,
            summary,
            None,
            (),
            tuple(stored.values()),
            between=Revisions(base=at.base, head=head),
        )
        assert body.count("[x]") == len(ticked)
        assert "All tests pass" not in body


def test_the_property_sees_boxes_that_are_ticked() -> None:
    at = begun(dict.fromkeys(PROGRAMS, "good"))
    turn = [edit(Gate.TESTS, "good", "bad"), edit(Gate.TESTS, "bad", "good")]
    head = played(at, [[*turn, call("run_checks", checks=sorted(PROGRAMS))]])[-1]
    ticked = {b.gate for b in checklist(at.ledger.evidence(LIFE, head), head) if b.is_ticked}
    assert ticked >= set(PROGRAMS)
