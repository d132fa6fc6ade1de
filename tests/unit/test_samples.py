"""The sample services and their tickets keep the form that the office and the demo rely on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

OFFICE = Path(__file__).parents[2] / "office"
SAMPLES = ("clinic", "shop")
TICKETS = sorted(path.stem for path in (OFFICE / "tickets").glob("*.md"))
UNCLEAR = {"SHOP-9"}
PIN = re.compile(r"[a-z0-9-]+==\d[\w.]*")


def read_ticket(key: str) -> tuple[dict[str, Any], str]:
    _, front, body = (OFFICE / "tickets" / f"{key}.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(front), body.strip()


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> Path:
    return OFFICE / "samples" / str(request.param)


def test_workflow_has_the_one_job_checks_that_runs_the_house_commands(sample: Path) -> None:
    workflow = yaml.safe_load((sample / ".github/workflows/ci.yml").read_text("utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["checks"]["steps"] if "run" in step]
    wanted = {"ruff check .", "ruff format --check .", "mypy", "pytest -q"}
    assert list(workflow["jobs"]) == ["checks"]
    assert commands[0] == "pip install -r requirements-dev.txt"
    assert wanted <= set(commands)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_an_exact_version(sample: Path, name: str) -> None:
    lines = (sample / name).read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith(("#", "-r "))]
    assert pins
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []


def test_development_requirements_include_the_runtime_ones(sample: Path) -> None:
    text = (sample / "requirements-dev.txt").read_text("utf-8")
    assert "-r requirements.txt\n" in text


@pytest.mark.parametrize("name", ["README.md", "AGENTS.md", "CONTRIBUTING.md", ".gitignore"])
def test_sample_has_the_papers_of_a_team(sample: Path, name: str) -> None:
    assert (sample / name).read_text("utf-8").strip()


def test_shop_starts_with_three_reversible_migrations() -> None:
    versions = sorted((OFFICE / "samples/shop/alembic/versions").glob("*.py"))
    texts = [path.read_text("utf-8") for path in versions]
    assert [path.name[:4] for path in versions] == ["0001", "0002", "0003"]
    assert all("drop_table" in text.split("def downgrade")[1] for text in texts)


@pytest.mark.parametrize("key", TICKETS)
def test_ticket_names_its_project_and_repository(key: str) -> None:
    front, _ = read_ticket(key)
    folder = front["repository"].removeprefix("acme/")
    assert front["key"] == key
    assert front["project"] == key.partition("-")[0]
    assert front["summary"]
    assert front["components"] == [folder]
    assert (OFFICE / "samples" / folder).is_dir()
    assert front["reporter"] in {"lead", "engineer"}


@pytest.mark.parametrize("key", sorted(set(TICKETS) - UNCLEAR))
def test_ticket_has_numbered_criteria_and_bounds(key: str) -> None:
    _, body = read_ticket(key)
    criteria = body.partition("## Acceptance criteria\n")[2].partition("\n## ")[0]
    numbers = re.findall(r"^(\d+)\. \S", criteria, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 3
    assert "## User story" in body
    assert "## Out of scope" in body


def test_one_ticket_has_no_description() -> None:
    assert read_ticket("SHOP-9")[1] == ""


def test_ticket_that_breaks_callers_says_so() -> None:
    assert "api-break" in read_ticket("SHOP-7")[0]["labels"]
