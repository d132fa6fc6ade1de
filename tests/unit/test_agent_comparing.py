"""What the change brought counts; what was wrong at the base does not."""

from typing import Any

from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.domain.ids import CommitSha
from agent.evidence.result import Problem, Result
from agent.evidence.verdicts import conclude
from tests.fakes.bench import evidence

HEAD = CommitSha("d" * 40)


def failure(name: str) -> Problem:
    return Problem(key=name, text=f"traceback of {name}", place=name)


def ran(*names: str, passed: int = 3, **more: Any) -> Result:
    count = TestCount(passed=passed, failed=len(names))
    failing = tuple(map(failure, names))
    return Result(gate=Gate.TESTS, command="pytest", count=count, tests=failing, **more)


def lint(*keys: str, **more: Any) -> Result:
    found = tuple(Problem(key=key, text=f"{key} here", place="app.py") for key in keys)
    return Result(gate=Gate.LINT, command="ruff check .", findings=found, **more)


def base_of(result: Result) -> Evidence:
    return conclude(result, CommitSha("b" * 40))


def judged(head: Result, base: Result | None = None) -> Evidence:
    return conclude(head, HEAD, base_of(base) if base else None)


def test_without_a_base_everything_counts() -> None:
    found = judged(ran("a::x"))
    assert (found.status, found.as_at_base) == (GateStatus.FAIL, False)


def test_a_new_failure_is_shown_and_an_old_one_is_named() -> None:
    found = judged(ran("a::old", "a::new"), ran("a::old"))
    assert found.status is GateStatus.FAIL
    assert found.reason == "3 passed, 2 failed (1 of them at the base too)"
    assert "traceback of a::new" in found.output
    assert "traceback of a::old" not in found.output
    assert "failed at the base too, leave them alone: a::old" in found.output


def test_only_old_failures_pass_and_the_reason_says_so() -> None:
    found = judged(ran("a::old"), ran("a::old"))
    assert (found.status, found.as_at_base) == (GateStatus.PASS, True)
    assert found.reason == "3 passed, 1 failed as at the base"
    assert found.output == ""


def test_failures_that_a_broken_file_hid_at_the_base_are_old() -> None:
    found = judged(ran("tests/a.py::x"), ran("tests/a.py"))
    assert found.status is GateStatus.PASS


def test_a_file_that_can_no_longer_be_collected_is_a_new_failure() -> None:
    assert judged(ran("tests/a.py"), ran("tests/a.py::x")).status is GateStatus.FAIL


def test_a_failing_test_that_was_taken_out_is_mentioned() -> None:
    head = ran(passed=4, ran=frozenset({"a::x", "a::y"}))
    found = judged(head, ran("a::gone", "a::x"))
    assert found.status is GateStatus.PASS
    assert found.reason == (
        "4 passed; 1 that failed at the base are gone: a::gone; 1 fewer tests than at the base"
    )


def test_a_selection_says_nothing_about_the_rest() -> None:
    head = ran(passed=1, ran=frozenset({"a::x"}), is_selection=True)
    assert judged(head, ran("a::other", passed=9)).reason == "1 passed"


def test_findings_are_compared_by_their_number() -> None:
    base = lint("app.py: F401", "app.py: F401")
    assert judged(lint("app.py: F401", "app.py: F401"), base).reason == "2 findings as at the base"
    found = judged(lint("app.py: F401", "app.py: F401", "app.py: F401"), base)
    assert found.status is GateStatus.FAIL
    assert found.reason == "3 findings (2 of them at the base too)"
    assert found.output == "app.py: F401 here"


def test_fewer_findings_than_at_the_base_pass() -> None:
    assert judged(lint(), lint("app.py: F401")).reason == "no findings"


def test_where_the_base_has_too_many_to_list_the_numbers_decide() -> None:
    base = lint(*(f"app.py: E{n}" for n in range(1_200)))
    moved = lint(*(f"app.py: W{n}" for n in range(1_200)))
    assert len(base_of(base).findings) == 1_000
    assert base_of(base).total == 1_200
    assert judged(moved, base).status is GateStatus.PASS
    more = lint(*(f"app.py: W{n}" for n in range(1_201)))
    assert judged(more, base).status is GateStatus.FAIL


def unable(gate: Gate = Gate.TYPES, **more: Any) -> Result:
    problem = Problem(key="could not run: mypy", text="command not found", place="`mypy` is away")
    return Result(gate=gate, command="mypy", unable=(problem,), **more)


def test_a_check_that_ran_at_neither_is_not_run_but_no_obstacle() -> None:
    found = judged(unable(), unable())
    assert found.status is GateStatus.NOT_RUN
    assert found.is_passable()
    assert found.reason == "could not run, at the base neither: `mypy` is away"


def test_a_check_that_ran_at_the_base_and_runs_no_more_is_an_obstacle() -> None:
    found = judged(unable(), Result(gate=Gate.TYPES))
    assert found.status is GateStatus.NOT_RUN
    assert not found.is_passable()


def test_tests_that_ran_at_the_base_and_break_off_now_fail() -> None:
    assert judged(unable(Gate.TESTS), ran()).status is GateStatus.FAIL


def test_no_tests_at_the_base_are_no_excuse_for_none_at_head() -> None:
    nothing = Result(gate=Gate.TESTS, findings=(Problem(key="", text="write tests"),))
    found = judged(nothing, nothing)
    assert (found.status, found.reason) == (GateStatus.FAIL, "write tests")


def test_evidence_that_was_kept_before_there_were_names_can_be_compared() -> None:
    old = evidence(status=GateStatus.FAIL, reason="1 failed")
    assert conclude(ran("a::x"), HEAD, old).status is GateStatus.FAIL


def test_two_hundred_failing_tests_are_kept_by_name() -> None:
    found = judged(ran(*(f"a::t{n}" for n in range(250))))
    assert (len(found.failing), found.total) == (200, 250)


def test_foreign_words_in_a_reason_stay_words() -> None:
    head = ran(ran=frozenset({"a::x"}))
    found = judged(head, ran("a::t[<!-- x\n| ✅]"))
    assert "<" not in found.reason
    assert "\n" not in found.reason


def test_labels_of_files_and_classes_that_run_again_are_not_gone() -> None:
    base = ran("shop.tests", "shop.more.A", "shop.old.B.test_b")
    now = frozenset({"shop.tests.T.test_a", "shop.more.A.test_a"})
    reason = "3 passed; 1 that failed at the base are gone: shop.old.B.test_b"
    assert judged(ran(ran=now), base).reason.startswith(reason)
