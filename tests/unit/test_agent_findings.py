"""Reading what tools print, on what they really printed."""

from pathlib import Path

import pytest

from agent.evidence.findings import Finding, parse_findings

SAMPLES = Path(__file__).parents[1] / "samples" / "gates"
ROOT = "/repo"
RUFF = [
    "app/bad.py:1: invalid-syntax Expected a parameter or the end of the parameter list",
    "app/bad.py:1: invalid-syntax Expected `)`, found newline",
    "app/orders.py:1: I001 Import block is un-sorted or un-formatted",
    "app/orders.py:1: F401 `os` imported but unused",
    "app/orders.py:2: F401 `json` imported but unused",
    "app/orders.py:11: F841 Local variable `unused` is assigned to but never used",
    "app/orders.py:12: F821 Undefined name `undefined_name`",
]
MYPY = [
    'app/orders.py:7: return-value Incompatible return value type (got "str", expected "int")',
    'app/orders.py:12: name-defined Name "undefined_name" is not defined',
    'app/orders.py:21: override Argument 1 of "go" is incompatible with supertype "Base"; '
    'supertype defines the argument type as "int"',
    'app/orders.py:22: return-value Incompatible return value type (got "str", expected "int")',
]


def read(name: str) -> list[Finding]:
    return parse_findings((SAMPLES / f"{name}.txt").read_text("utf-8"), ROOT)


def texts(name: str) -> list[str]:
    return [finding.text() for finding in read(name)]


@pytest.mark.parametrize("form", ["full", "concise", "grouped", "github"])
def test_ruff_is_read_in_each_of_its_formats(form: str) -> None:
    assert texts(f"ruff_{form}") == RUFF


@pytest.mark.parametrize("form", ["ruff_format", "ruff_format_concise"])
def test_files_that_ruff_would_format_are_findings(form: str) -> None:
    assert texts(form)[-1] == "app/orders.py:5: unformatted File would be reformatted"


def test_an_older_ruff_puts_the_place_first() -> None:
    text = (
        "app/a.py:3:8: F401 [*] `os` imported but unused\n  |\n3 | import os\n  |        ^^ F401\n"
    )
    assert [item.text() for item in parse_findings(text)] == [
        "app/a.py:3: F401 `os` imported but unused"
    ]


def test_black_names_files_and_what_it_cannot_parse() -> None:
    assert texts("black") == [
        "app/bad.py:1: syntax cannot parse",
        "app/orders.py: unformatted would be reformatted",
    ]


def test_isort_names_files() -> None:
    [finding] = read("isort")
    assert (finding.path, finding.code) == ("app/orders.py", "imports")


def test_flake8_and_pylint_are_read() -> None:
    assert texts("flake8")[1] == "app/orders.py:1: F401 'os' imported but unused"
    assert "app/orders.py:12: E0602 Undefined variable 'undefined_name' (undefined-variable)" in (
        texts("pylint")
    )
    assert (len(texts("flake8")), len(texts("pylint"))) == (7, 14)


def test_mypy_is_read_without_its_notes() -> None:
    assert texts("mypy") == MYPY
    assert set(MYPY) < set(texts("mypy_columns"))


def test_what_keeps_mypy_from_going_on_is_a_finding() -> None:
    assert texts("mypy_syntax")[0].startswith("app/bad.py:1: syntax Expected")


def test_pyright_is_read_with_the_rest_of_a_message_and_without_warnings() -> None:
    found = texts("pyright")
    assert (
        'app/orders.py:7: reportReturnType Type "str" is not assignable to return type "int"; '
        '"str" is not assignable to "int"' in found
    )
    assert 'app/bad.py:1: "(" was not closed' in found
    assert len(found) == 11


def test_ty_is_read() -> None:
    assert len(texts("ty")) == 6
    assert texts("ty")[3] == (
        "app/orders.py:12: unresolved-reference Name `undefined_name` used when not defined"
    )


@pytest.mark.parametrize("name", ["ruff_broken", "django"])
def test_output_of_no_known_form_gives_nothing(name: str) -> None:
    assert read(name) == []


def test_a_finding_is_the_same_when_lines_were_added_above_it() -> None:
    before, after = (
        parse_findings(f"app.py:{n}:80: E501 line too long ({n} > 79 characters)")[0].key()
        for n in (117, 120)
    )
    assert before == after == "app.py: E501 line too long"


def test_paths_are_seen_from_the_root_also_when_a_tool_ran_in_a_folder() -> None:
    text = "app.py:1: error: No  [misc]\n/repo/backend/app.py:2: error: No  [misc]\n"
    assert {item.path for item in parse_findings(text, ROOT, "backend")} == {"backend/app.py"}


def test_warnings_count_when_there_is_nothing_worse() -> None:
    text = '  /repo/a.py:1:8 - warning: Import "os" is not accessed (reportUnusedImport)\n'
    assert parse_findings(text, ROOT)[0].code == "reportUnusedImport"
