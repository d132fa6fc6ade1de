"""What counts as getting nowhere, and what never does."""

from agent.patterns import MISSES, SAME, SILENT, SILENT_IN_ALL, PatternKind
from tests.fakes.bench import failed, passed, raw_call
from tests.fakes.chat_model import call
from tests.fakes.transcript import (
    ASSERTION,
    CHECKS,
    FINISH,
    LIST,
    PYTEST,
    Transcript,
    command,
    edit,
    read,
    write,
)


def test_the_same_call_with_the_same_result_counts_at_the_third_time() -> None:
    run = Transcript().do(LIST).do(read()).do(LIST).do(read("orders.py"))
    assert run.found == []
    run.do(LIST)
    assert run.kinds == [PatternKind.SAME_CALL]
    assert run.found[0].since == 2
    assert "`list_files .` was called 3 times with the same arguments" in run.found[0].evidence


def test_defaults_and_the_order_of_arguments_make_no_other_call() -> None:
    run = Transcript().do(call("search", pattern="x1", path="."))
    run.do(call("search", pattern="x1")).do(call("search", path=".", glob=None, pattern="x1"))
    assert run.kinds == [PatternKind.SAME_CALL]


def test_the_same_mistake_counts_too() -> None:
    run = Transcript()
    for _ in range(SAME):
        run.do(raw_call("read_files", '{"files": "app.py'))
    assert PatternKind.SAME_CALL in run.kinds


def test_a_command_whose_output_differs_in_times_only_is_the_same() -> None:
    run = Transcript()
    for second in range(SAME):
        run.prints("make", f"12:00:0{second} pid 77{second} 0x7f0{second} in 0.{second}s", 0)
        run.do(command("make report"))
    assert run.kinds == [PatternKind.SAME_CALL]


def test_three_equal_calls_in_one_answer_count_once() -> None:
    assert Transcript().do(LIST, LIST, LIST).do(LIST, LIST).found == []


def test_reading_a_file_again_after_each_edit_is_work() -> None:
    run = Transcript()
    for _ in range(6):
        run.do(read()).edits()
    assert run.found == []


def test_a_command_that_may_have_changed_files_is_as_good_as_an_edit() -> None:
    run = Transcript()
    for number in range(5):
        run.do(read()).do(command(f"python tools/generate.py {number}"))
    assert run.found == []


def test_waiting_for_something_that_moves_is_work() -> None:
    run = Transcript()
    for line in range(6):
        run.prints("tail", f"{line} of 6 files are done", 0).do(command("tail -1 build.log"))
    assert run.found == []


def test_a_test_that_fails_alike_after_three_edits_counts() -> None:
    run = Transcript().tests(passed(), failed("tests::test_cancel", ASSERTION))
    for _ in range(SAME):
        run.edits().do(CHECKS)
    assert run.kinds == [PatternKind.SAME_FAILURE]
    assert "`run_checks tests` failed 3 times" in run.found[0].evidence
    assert run.found[0].evidence.endswith("`tests::test_cancel`: `assert 1 == 2`")
    assert run.found[0].since == 4


def test_durations_and_moved_lines_make_no_other_failure() -> None:
    run = Transcript()
    for line in range(SAME):
        moved = ASSERTION.replace("o.py:4", f"o.py:{line + 40}").replace("= cancel", f"= c{line}")
        run.tests(failed("test_cancel", moved), seconds=line + 1.5).edits().do(CHECKS)
    assert run.kinds == [PatternKind.SAME_FAILURE]


def test_edit_and_check_in_one_answer_count_alike() -> None:
    run = Transcript().tests(failed("test_cancel", ASSERTION))
    for number in range(SAME):
        run.do(edit(f"x{number + 1} = {number + 1}\n", "", "app.py"), CHECKS)
    assert run.kinds == [PatternKind.SAME_FAILURE]


def test_a_command_that_fails_alike_counts_however_it_is_called() -> None:
    run = Transcript().prints(
        "pytest", "tests/conftest.py:3: ModuleNotFoundError: No module named 'shop'"
    )
    for line in ("pytest -q", "python -m pytest", "pytest -x"):
        run.edits().do(command(line))
    assert run.kinds == [PatternKind.SAME_FAILURE]
    assert "ModuleNotFoundError" in run.found[0].evidence


def test_a_failure_behind_a_pipe_counts() -> None:
    run = Transcript().prints("tail", "FAILED tests/test_o.py::test_cancel - assert 1 == 2", 0)
    for _ in range(SAME):
        run.edits().do(command("pytest -q | tail -5"))
    assert run.kinds == [PatternKind.SAME_FAILURE]
    assert "`tests/test_o.py::test_cancel`" in run.found[0].evidence


def test_files_changed_by_a_command_are_edits_too() -> None:
    run = Transcript().prints("pytest", "E   assert 1 == 2: the order was not cancelled at all")
    for number in range(SAME):
        run.do(command(f"sed -i s/1/{number}/ app.py")).do(PYTEST)
    assert run.kinds == [PatternKind.SAME_FAILURE]


def test_a_failure_that_changes_with_the_edits_is_work() -> None:
    run = Transcript()
    for number in range(6):
        run.tests(failed("test_cancel", f"E   assert {number} == 9")).edits().do(CHECKS)
    assert run.found == []


def test_failures_that_become_fewer_are_work() -> None:
    run = Transcript()
    for left in range(6, 0, -1):
        run.tests(*(failed(f"test_{n}") for n in range(left))).edits().do(CHECKS)
    assert run.found == []


def test_one_known_failure_beside_a_growing_suite_is_work() -> None:
    run = Transcript()
    for count in range(6):
        cases = [passed(f"test_{n}") for n in range(count)]
        run.tests(failed("test_old", ASSERTION), *cases).edits().do(CHECKS)
    assert run.found == []


def test_passing_again_and_again_after_edits_is_work() -> None:
    run = Transcript().tests(passed())
    for _ in range(6):
        run.edits().do(CHECKS)
    assert run.found == []


def test_a_failure_that_was_mended_in_between_begins_anew() -> None:
    run = Transcript()
    for _ in range(3):
        run.tests(failed("test_cancel", ASSERTION)).edits().do(CHECKS)
        run.tests(passed()).edits().do(CHECKS)
    assert run.found == []


def test_a_time_in_an_assertion_may_be_the_finding() -> None:
    run = Transcript()
    for hour in range(5):
        run.tests(failed("test_zone", f"E   assert '2026-01-01T0{hour}:00:00Z' == None"))
        run.edits().do(CHECKS)
    assert run.found == []


def test_prints_that_were_added_to_find_the_cause_are_work() -> None:
    run = Transcript()
    for number in range(5):
        run.prints("pytest", f"E   assert 1 == 2\n--- Captured stdout call ---\nseen: {number}")
        run.edits().do(PYTEST)
    assert run.found == []


def test_searches_by_command_without_a_match_are_different_questions() -> None:
    run = Transcript().prints("grep", "")
    for word in ("refund", "cancel", "void", "revoke"):
        run.edits().do(command(f"grep -rn {word} app"))
    assert run.found == []


def test_an_edit_that_is_undone_and_made_again_counts() -> None:
    there, back = edit("return 1", "return 2"), edit("return 2", "return 1")
    run = Transcript().do(there).do(back)
    assert run.found == []
    run.do(there)
    assert run.kinds == [PatternKind.EDIT_AND_REVERT]
    assert run.found[0].since == 2
    assert "`return 1` to `return 2`" in run.found[0].evidence
    assert "`orders.py`" in run.found[0].evidence


def test_a_file_that_is_written_this_way_and_that_way_counts() -> None:
    run = Transcript()
    for content in ("one", "two", "one", "two"):
        run.do(write(content))
    assert PatternKind.EDIT_AND_REVERT in run.kinds


def test_a_file_that_is_moved_there_and_back_counts() -> None:
    run = Transcript()
    for path, target in (("orders.py", "o.py"), ("o.py", "orders.py"), ("orders.py", "o.py")):
        run.do(call("edit_files", edits=[{"path": path, "move_to": target}]))
    assert run.kinds == [PatternKind.EDIT_AND_REVERT]


def test_breaking_the_code_once_to_see_the_test_fail_is_work() -> None:
    run = Transcript().tests(failed("test_cancel", ASSERTION))
    run.do(edit("return 1", "return 2")).do(CHECKS).tests(passed())
    run.do(edit("return 2", "return 1")).do(CHECKS).edits().do(FINISH)
    assert run.found == []


def test_edits_of_the_same_line_that_go_forward_are_work() -> None:
    run = Transcript()
    for number in range(1, 8):
        run.do(edit(f"return {number}", f"return {number + 1}"))
    assert run.found == []


def test_the_opposite_edit_in_another_file_is_no_revert() -> None:
    run = Transcript().do(write("return 2", "a.py")).do(write("return 2", "b.py"))
    run.do(edit("return 1", "return 2")).do(edit("return 2", "return 1", "a.py"))
    run.do(edit("return 2", "return 1", "b.py"))
    assert run.found == []


def test_an_edit_that_did_not_apply_is_no_revert() -> None:
    run = Transcript().do(edit("none", "other")).do(edit("other", "none")).do(edit("none", "other"))
    assert PatternKind.EDIT_AND_REVERT not in run.kinds


def test_eight_steps_that_look_at_what_was_seen_before_count() -> None:
    run = Transcript()
    for start in (1, 50, 100, 150, 1, 51, 110, 160):
        assert run.found == []
        run.do(read("app.py", start, start + 20 if start in (1, 50, 100, 150) else start + 5))
    assert run.kinds == [PatternKind.READING_IN_CIRCLES]
    assert "4 of 8 places were shown before" in run.found[0].evidence
    assert "`app.py:160-165`" in run.found[0].evidence


def test_looking_by_command_is_looking() -> None:
    run = Transcript().prints("sed", "x1 = 1", 0).prints("cat", "x1 = 1", 0)
    for line in ("cat app.py", "sed -n 1,9p app.py", "cat orders.py | head", "ls app") * 2:
        run.do(command(line))
    assert run.kinds == [PatternKind.READING_IN_CIRCLES]


def test_reading_on_through_a_large_file_is_work() -> None:
    run = Transcript()
    for start in range(1, 381, 20):
        run.do(read("app.py", start, start + 30))
    assert run.found == []


def test_many_different_searches_are_work() -> None:
    run = Transcript()
    for number in range(20):
        run.do(call("search", pattern=f"x{number} "), read("app.py", number + 1, number + 2))
    assert run.found == []


def test_going_over_the_files_again_after_an_edit_is_work() -> None:
    run = Transcript()
    for _ in range(4):
        for start in (1, 50, 100, 150, 200):
            run.do(read("app.py", start, start + 20))
        run.edits()
    assert run.found == []


def test_a_file_that_was_cut_is_read_on_in_ranges() -> None:
    long = {f"m{n}.py": "\n".join(f"value_{i} = {i}" for i in range(9000)) for n in range(1)}
    run = Transcript(files=long)
    run.do(read("m0.py"))
    for start in range(3000, 5000, 200):
        run.do(read("m0.py", start, start + 199))
    assert run.found == []


def test_answers_without_a_call_count_even_when_work_stands_between() -> None:
    run = Transcript().say().edits().say().edits().edits()
    assert run.found == []
    run.say()
    assert run.kinds == [PatternKind.MONOLOGUE]
    assert "3 of the last 6 answers had no usable tool call: 3 without" in run.found[0].evidence


def test_calls_that_are_refused_are_not_usable() -> None:
    run = Transcript()
    for number in range(SILENT):
        run.do(raw_call(f"think_{number}", "{}")).edits()
    assert run.kinds == [PatternKind.MONOLOGUE]
    assert "3 with calls that were refused" in run.found[0].evidence


def test_rare_ones_count_only_when_they_become_many() -> None:
    run = Transcript()
    for number in range(SILENT_IN_ALL):
        for _ in range(6):
            run.edits()
        assert run.found == []
        run.say(f"thought {number}")
    assert run.kinds == [PatternKind.MONOLOGUE]


def test_one_silent_answer_now_and_then_is_work() -> None:
    run = Transcript()
    for number in range(3):
        for _ in range(6):
            run.edits()
        run.say(f"thought {number}")
    assert run.found == []


def test_gates_that_fail_alike_twice_in_a_row_count() -> None:
    run = Transcript().tests(passed(), failed("test_cancel", ASSERTION)).edits().finishes()
    assert run.found == []
    run.do(read()).edits().finishes()
    assert run.kinds == [PatternKind.GATES_ALIKE]
    assert "The gates failed 2 times in a row" in run.found[0].evidence


def test_gates_that_fail_otherwise_are_work() -> None:
    run = Transcript()
    for left in (4, 3, 2, 1):
        run.tests(*(failed(f"test_{n}") for n in range(left))).edits().finishes()
    assert run.found == []


def test_gates_that_failed_alike_before_are_not_held_against_the_work_after() -> None:
    run = Transcript().tests(failed()).edits().finishes().edits().finishes()
    assert len(run.found) == 1
    run.edits().do(read())
    assert len(run.found) == 1


def test_two_calls_in_turn_with_the_same_results_count() -> None:
    run = Transcript().prints("shop", "no such table: orders")
    for _ in range(SAME):
        run.do(command("python -m shop migrate")).do(command("python -m shop serve"))
    assert run.kinds == [PatternKind.ROUND]
    assert "2 steps were repeated 3 times" in run.found[0].evidence


def test_a_round_with_another_result_each_time_is_work() -> None:
    run = Transcript()
    for number in range(5):
        run.prints("serve", f"orders: {number}", 0)
        run.do(command("python -m shop migrate")).do(command("python -m shop serve"))
    assert run.found == []


def test_edits_that_miss_again_and_again_count() -> None:
    run = Transcript()
    for number in range(MISSES):
        assert run.found == []
        run.do(edit(f"not there {number}", "new")).do(read("orders.py", 1, 1 + number % 2))
    assert PatternKind.MISSED_EDITS in run.kinds
    assert "4 edits of `orders.py` in a row did not apply" in run.found[0].evidence


def test_an_edit_that_applies_makes_the_misses_before_it_good() -> None:
    run = Transcript()
    for number in range(1, MISSES + 2):
        run.do(edit(f"not there {number}", "new"))
        run.do(edit(f"return {number}", f"return {number + 1}"))
    assert run.found == []
