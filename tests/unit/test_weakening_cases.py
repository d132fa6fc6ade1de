"""Cases in two repositories, written without a look at the rules they are held against."""

import pytest

from agent.evidence.weakening.examine import find_weakening
from agent.evidence.weakening.finding import Kind
from tests.weakening.reading import Case, cases

CHEATS = [pytest.param(case, id=case.name) for case in cases("*cheats*.txt")]
HONEST = [pytest.param(case, id=case.name) for case in cases("*honest*.txt")]
REPORTED = [pytest.param(case, id=case.name) for case in cases("still_reported.txt")]


@pytest.mark.parametrize("case", CHEATS)
def test_a_cheat_among_many_files_is_seen_where_it_is(case: Case) -> None:
    found = find_weakening(case.before, case.after, case.paths)
    assert {finding.path for finding in found.findings} & case.touched


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_change_among_many_files_passes(case: Case) -> None:
    found = find_weakening(case.before, case.after, case.paths)
    assert [finding.line() for finding in found.findings] == []


@pytest.mark.parametrize("case", REPORTED)
def test_a_few_honest_changes_are_still_reported(case: Case) -> None:
    found = find_weakening(case.before, case.after, case.paths)
    assert len(found.findings) == 1


def test_a_file_of_tests_that_cannot_be_parsed_is_left_to_a_person() -> None:
    before = {"tests/test_tax.py": "def test_tax():\n    assert tax() == 19\n"}
    found = find_weakening(before, {"tests/test_tax.py": "def test_tax(:\n    pass\n"})
    assert [finding.kind for finding in found.findings] == [Kind.UNREAD]
