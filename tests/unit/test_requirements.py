"""What is gathered from a repository's own files, without running any of it."""

import ast
from pathlib import Path

import pytest

from agent.domain.errors import NeedsHumanError
from integrations.sandbox.files import HELPER_SOURCE
from integrations.sandbox.reading import read_plain
from integrations.sandbox.requirements import Requirements, gather


def gathered(**files: str) -> Requirements:
    """Gather from files whose names are written with `__` for a slash and `_` for a dash."""
    named = {key.replace("__", "/").replace("_", "-"): text for key, text in files.items()}

    def read(name: str) -> str | None:
        stem = name.removesuffix(".txt").removesuffix(".toml")
        return named.get(stem)

    return gather(read)


def test_nothing_asked_is_nothing_gathered() -> None:
    assert gathered() == Requirements()


def test_the_development_file_brings_what_it_includes() -> None:
    found = gathered(
        requirements_dev="-r requirements.txt\npytest==9 # tests\n\n# nothing\n",
        requirements="fastapi>=0.1\nfastapi>=0.1\n",
    )
    assert found.packages == ("fastapi>=0.1", "pytest==9")


def test_includes_and_constraints_are_found_beside_their_file() -> None:
    found = gathered(
        requirements__dev="-r base.txt\n-c ../constraints.txt\nruff\n",
        requirements__base="django\n",
        constraints="django<6\n",
    )
    assert (found.packages, found.constraints) == (("django", "ruff"), ("django<6",))


def test_runtime_requirements_count_though_the_development_file_forgets_them() -> None:
    assert gathered(dev_requirements="pytest\n", requirements="flask\n").packages == (
        "pytest",
        "flask",
    )


def test_a_file_that_includes_itself_ends() -> None:
    assert gathered(requirements="-r requirements.txt\na\n").packages == ("a",)


def test_hashes_over_several_lines_stay_with_their_package() -> None:
    found = gathered(requirements="a==1 \\\n    --hash=sha256:00\nb==2\n")
    assert [line.split()[0] for line in found.packages] == ["a==1", "b==2"]
    assert "--hash=sha256:00" in found.packages[0]


def test_where_to_install_from_is_not_the_repositorys_to_say() -> None:
    found = gathered(requirements="--index-url=x\n-i x\n--extra-index-url x\n-e .\n.\n./lib\na\n")
    assert found.packages == ("a",)


@pytest.mark.parametrize(
    "line",
    [
        "a @ https://example.com/a.whl",
        "a@ file:///tmp/a",
        "git+https://example.com/a.git",
        "https://x/a",
    ],
)
def test_addresses_need_a_person_or_are_left_out(line: str) -> None:
    with pytest.raises(NeedsHumanError, match="only packages of the configured index"):
        gathered(requirements=f"{line}\n")


PYPROJECT = """
[project]
name = "shop"
dependencies = ["fastapi"]
[project.optional-dependencies]
dev = ["shop[test]", "ruff"]
test = ["pytest"]
docs = ["sphinx"]
[dependency-groups]
dev = ["mypy", {include-group = "lint"}]
lint = ["vulture"]
"""


def test_pyproject_gives_dependencies_extras_and_groups() -> None:
    found = gathered(pyproject=PYPROJECT)
    assert found.packages == ("fastapi", "pytest", "ruff", "mypy", "vulture")


def test_extras_complete_a_runtime_requirements_file() -> None:
    found = gathered(requirements="fastapi==1\n", pyproject=PYPROJECT)
    assert found.packages == ("fastapi==1", "pytest", "ruff", "mypy", "vulture")


def test_a_development_file_makes_pyproject_unneeded() -> None:
    assert gathered(requirements_dev="pytest\n", pyproject=PYPROJECT).packages == ("pytest",)


@pytest.mark.parametrize("text", ["[project", "[tool.poetry.dependencies]\nfastapi = '*'\n"])
def test_what_cannot_be_understood_needs_a_person(text: str) -> None:
    with pytest.raises(NeedsHumanError, match="pyproject"):
        gathered(pyproject=text)


def test_plain_files_are_read_and_traps_count_as_absent(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "requirements").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "requirements" / "dev.txt").write_text("pytest")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "folder").symlink_to(tmp_path)
    (root / "hard.txt").hardlink_to(tmp_path / "secret.txt")
    (root / "large.txt").write_bytes(b"x" * ((1 << 20) + 1))
    assert read_plain(root, "requirements/dev.txt") == "pytest"
    assert read_plain(root, "requirements/../requirements/dev.txt") == "pytest"
    traps = ("link.txt", "folder/secret.txt", "../secret.txt", "hard.txt", "large.txt", "none.txt")
    assert [read_plain(root, name) for name in traps] == [None] * len(traps)


def test_the_file_helper_runs_on_python_3_8() -> None:
    for source in (HELPER_SOURCE, *HELPER_SOURCE.with_name("inside").glob("*.py")):
        ast.parse(source.read_text(), feature_version=(3, 8))
