"""Projects that describe their dependencies in older ways are understood without running them."""

import pytest

from integrations.sandbox.requirements import gather

SETUP_PY = """
from pathlib import Path
from setuptools import setup, find_packages

base = ["django>=4.2", "celery"]
extras = {"test": ["pytest", "freezegun"], "docs": ["sphinx"], "dev": base + ["tox"]}
extras["dev"] = extras["dev"] + extras["test"]
extras["test"] += ["hypothesis"] + more()
extras["docs"] += unknown
setup(
    name="shop", install_requires=base, extras_require=extras, tests_require=["model-bakery"],
    long_description=Path("README").read_text(), packages=find_packages(),
)
"""
SETUP_CFG = """
[metadata]
name = shop
[options]
install_requires =
    # the framework
    Django>=4.2
    psycopg2>=2.9 ; python_version > "3.8"
[options.extras_require]
test =
    pytest
    %(odd)s
docs = sphinx
"""
FLIT = """
[tool.flit.metadata]
module = "shop"
requires = ["Django >=3.1"]
[tool.flit.metadata.requires-extra]
test = ["pytest"]
doc = ["mkdocs"]
"""
HATCH = """
[project]
name = "shop"
dependencies = ["fastapi"]
optional-dependencies = {redis = ["redis"], other = ["beanie"]}
[tool.hatch.envs.default]
features = ["redis"]
dependencies = ["pytest", "shop[redis]"]
[tool.hatch.envs.lint]
detached = true
extra-dependencies = ["ruff"]
[tool.hatch.envs.docs]
dependencies = ["mkdocs"]
"""
PIPFILE = """
[packages]
django = "~=5.1"
uvicorn = {extras = ["standard"], version = "*"}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.11"
"""


def packages(**files: str) -> tuple[str, ...]:
    """Return what is asked for by files, named with `__` for a dot."""
    named = {name.replace("__", "."): text for name, text in files.items()}
    return gather(named.get).packages


def test_a_setup_py_is_read_and_not_run() -> None:
    assert packages(setup__py=SETUP_PY) == (
        "django>=4.2", "celery", "model-bakery", "tox", "pytest", "freezegun", "hypothesis",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["setup(", "raise SystemExit", "setup(install_requires=read())", "setup(**kw)", "\0", ""],
)
def test_a_setup_py_that_says_nothing_plain_asks_for_nothing(text: str) -> None:
    assert packages(setup__py=text) == ()


def test_a_setup_cfg_is_read() -> None:
    assert packages(setup__cfg=SETUP_CFG) == (
        "Django>=4.2", 'psycopg2-binary>=2.9 ; python_version > "3.8"', "pytest",
    )  # fmt: skip


def test_a_setup_cfg_for_tools_alone_asks_for_nothing() -> None:
    assert packages(setup__cfg="[flake8]\nmax-line-length = 100\n") == ()
    assert packages(setup__cfg="no section") == ()


def test_flits_older_metadata_is_read() -> None:
    assert packages(pyproject__toml=FLIT) == ("Django >=3.1", "pytest")


def test_hatchs_environments_for_development_are_read() -> None:
    assert packages(pyproject__toml=HATCH) == ("fastapi", "redis", "pytest", "ruff")


def test_a_pipfile_is_read() -> None:
    assert packages(Pipfile=PIPFILE) == ("django~=5.1", "uvicorn[standard]", "pytest")


def test_what_a_pyproject_declares_goes_before_a_setup_py() -> None:
    declared = '[project]\nname = "shop"\ndependencies = ["fastapi"]\n'
    assert packages(pyproject__toml=declared, setup__py=SETUP_PY) == ("fastapi",)


def test_a_requirements_file_goes_before_a_setup_py() -> None:
    assert packages(requirements__txt="fastapi\n", setup__py=SETUP_PY) == ("fastapi",)


def test_without_a_file_for_development_those_for_tests_and_lint_count() -> None:
    files = {
        "requirements/base.txt": "django\n",
        "requirements/testing.txt": "pytest\n",
        "requirements/linting.txt": "flake8\n",
        "requirements/docs.txt": "sphinx\n",
    }
    assert gather(files.get).packages == ("pytest", "flake8", "django")
    files["requirements/dev.txt"] = "-r base.txt\ntox\n"
    assert gather(files.get).packages == ("django", "tox")
