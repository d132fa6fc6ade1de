"""What is gathered from a repository's own files, without running any of it."""

import ast
from pathlib import Path

import pytest

from agent.domain.errors import NeedsHumanError
from integrations.sandbox.files import HELPER_SOURCE
from integrations.sandbox.interpreters import fits
from integrations.sandbox.poetry import specifier
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


def test_all_extras_and_groups_can_be_asked_for() -> None:
    found = gather({"pyproject.toml": PYPROJECT}.get, all_extras=True)
    assert set(found.packages) == {"fastapi", "pytest", "ruff", "mypy", "vulture", "sphinx"}


def test_extras_complete_a_runtime_requirements_file() -> None:
    found = gathered(requirements="fastapi==1\n", pyproject=PYPROJECT)
    assert found.packages == ("fastapi==1", "pytest", "ruff", "mypy", "vulture")


def test_a_development_file_stands_for_the_extras_but_not_for_what_runs() -> None:
    found = gathered(requirements_dev="pytest\n", pyproject=PYPROJECT)
    assert found.packages == ("pytest", "fastapi")
    with_runtime = gathered(requirements_dev="-r base.txt\n", base="a\n", pyproject=PYPROJECT)
    assert with_runtime.packages == ("a",)


def test_what_cannot_be_understood_needs_a_person() -> None:
    with pytest.raises(NeedsHumanError, match="pyproject"):
        gathered(pyproject="[project")


POETRY = """
[tool.poetry.dependencies]
python = "^3.9"
fastapi = "^0.95"
uvicorn = {version = "~0.22", extras = ["standard"]}
asyncpg = "0.27.0"
redis = {version = "*", optional = true}
shared = {path = "../shared"}
pydantic = ">=1.10,<2"
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.group.docs.dependencies]
mkdocs = "*"
"""


def test_poetrys_own_tables_are_read() -> None:
    found = gathered(pyproject=POETRY)
    assert found.packages == (
        "fastapi>=0.95,<0.96",
        "uvicorn[standard]>=0.22,<0.23",
        "asyncpg==0.27.0",
        "pydantic>=1.10,<2",
        "pytest",
    )
    assert found.python == ">=3.9,<4"


def test_what_poetry_takes_from_elsewhere_needs_a_person() -> None:
    with pytest.raises(NeedsHumanError, match="only packages of the configured index"):
        gathered(pyproject="[tool.poetry.dependencies]\nx = {git = 'https://example.com/x'}\n")


LOCK = """
[[package]]
name = "fastapi"
version = "0.95.2"
source = { registry = "index" }
[[package]]
name = "shop"
version = "1.0"
source = { editable = "." }
[[package]]
name = "forked"
version = "1.0"
[[package]]
name = "forked"
version = "2.0"
[[package]]
name = "psycopg2"
version = "2.9.6"
"""


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock"])
def test_a_lock_file_pins_what_is_asked_for(name: str) -> None:
    files = {"svc/pyproject.toml": PYPROJECT, name: LOCK}
    found = gather(files.get, "svc")
    assert found.pins == ("fastapi==0.95.2", "psycopg2-binary==2.9.6")
    assert found.packages[0] == "fastapi"
    assert gather(files.get) == Requirements()


def test_a_lock_file_that_is_none_pins_nothing() -> None:
    assert gather({"requirements.txt": "a\n", "uv.lock": "[[package"}.get).pins == ()


def test_members_of_a_workspace_are_not_installed() -> None:
    sources = "[tool.uv.sources]\nShop_Core = {workspace = true}\nlib = {path = '../lib'}\n"
    project = "[project]\ndependencies = ['shop-core>=1', 'lib', 'django']\n"
    assert gather({"pyproject.toml": project + sources}.get).packages == ("django",)


def test_what_has_no_wheels_gives_way_to_what_has() -> None:
    found = gathered(requirements="psycopg2==2.9.6 --hash=sha256:00\npsycopg2-binary\npsycopg2\n")
    assert found.packages == ("psycopg2-binary==2.9.6", "psycopg2-binary")


@pytest.mark.parametrize(
    ("poetry", "standard"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("1.2", "==1.2"),
        ("~=1.2", "~=1.2"),
        (">=1, !=1.5", ">=1,!=1.5"),
        ("^1.0b2", ">=1.0b2,<2"),
        ("*", ""),
        ("^3.8 || ^4", ""),
    ],
)
def test_ranges_of_poetry_become_those_of_the_standard(poetry: str, standard: str) -> None:
    assert specifier(poetry) == standard


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ((3, 11, 7), ">=3.9,<4.0", True),
        ((3, 11, 7), ">=3.12", False),
        ((3, 11, 7), "<3.11", False),
        ((3, 11, 7), "<=3.11", True),
        ((3, 11, 7), ">3.11", False),
        ((3, 11, 7), "==3.11.*", True),
        ((3, 11, 7), "==3.10.*", False),
        ((3, 11, 7), "~=3.10", True),
        ((3, 11, 7), "~=3.10.2", False),
        ((3, 11, 7), "!=3.11.*", False),
        ((3, 11, 7), "", True),
        ((3, 11, 7), "sometimes", True),
    ],
)
def test_a_range_of_pythons_is_understood(
    version: tuple[int, ...], wanted: str, expected: bool
) -> None:
    assert fits(version, wanted) is expected


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
