"""Changes that a person must see, and changes that are nobody's business, for three gates."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.people.credible import ALSO, is_credible
from agent.evidence.people.protected import fits
from tests.fakes.bench import LIFE, REPOSITORY, office

FOLDER = Path(__file__).parents[1] / "evidence" / "people"


def corpus(name: str) -> list[Any]:
    """Return the entries of a file; each has files `before` and `after`."""
    entries = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


def judged(gate: Gate, entry: dict[str, Any]) -> Evidence:
    """Return what a gate says about an entry."""
    at = office(files=entry["before"])
    at.sandbox.before = dict(entry["before"])
    head = at.workspace.commit_on_remote(REPOSITORY, "change", entry["after"])
    return run_gate(gate, at.desk.bench(REPOSITORY, LIFE, head, at.base))


@pytest.mark.parametrize("entry", corpus("dependencies_bad"))
def test_a_new_dependency_is_seen_with_its_facts(entry: dict[str, Any]) -> None:
    found = judged(Gate.DEPENDENCIES, entry)
    assert found.status is GateStatus.FAIL
    assert entry["finds"] in found.output


@pytest.mark.parametrize("entry", corpus("dependencies_good"))
def test_what_adds_no_dependency_passes(entry: dict[str, Any]) -> None:
    found = judged(Gate.DEPENDENCIES, entry)
    assert found.status in (GateStatus.PASS, GateStatus.NOT_APPLICABLE), found.output
    remarks = [f"{remark.kind} {remark.what}" for remark in found.remarks]
    assert remarks == entry.get("remarks", [])


@pytest.mark.parametrize("entry", corpus("documents_bad"))
def test_what_nobody_wrote_down_is_seen(entry: dict[str, Any]) -> None:
    found = judged(Gate.DOCS, entry)
    assert found.status is GateStatus.FAIL
    assert entry["finds"] in found.output


@pytest.mark.parametrize("entry", corpus("documents_good"))
def test_what_is_documented_or_needs_no_document_passes(entry: dict[str, Any]) -> None:
    found = judged(Gate.DOCS, entry)
    assert found.status in (GateStatus.PASS, GateStatus.NOT_APPLICABLE), found.output


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        (".github/workflows/ci.yml", ".github/**"),
        (".github/CODEOWNERS", "**/CODEOWNERS"),
        ("CODEOWNERS", "**/CODEOWNERS"),
        ("LICENSE.txt", "LICENSE*"),
        ("libs/LICENSE", "LICENSE*"),
        ("infra/main.tf", "**/*.tf"),
        ("main.TF", "**/*.tf"),
        ("deploy/helm/values.yaml", "deploy/"),
        ("deploy/helm/values.yaml", "/deploy"),
        ("shop/auth/views.py", "shop/auth"),
        ("shop/auth/views.py", "shop/*/views.py"),
        ("a/b/c/d.py", "a/**/d.py"),
        ("a/d.py", "a/**/d.py"),
        ("settings/prod1.py", "settings/prod[0-9].py"),
        ("Dockerfile", "Dockerfile"),
        ("api/Dockerfile", "Dockerfile"),
    ],
)
def test_a_glob_covers_a_path(path: str, glob: str) -> None:
    assert fits(path, glob)


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        ("docs/.github/x.md", ".github/**"),
        ("github/workflows/ci.yml", ".github/**"),
        ("deployment/x.yaml", "deploy/**"),
        ("shop/deploy/x.yaml", "deploy/**"),
        ("main.tfx", "**/*.tf"),
        ("shop/auth/deep/views.py", "shop/*/views.py"),
        ("shop/authors.py", "shop/auth"),
        ("settings/prodx.py", "settings/prod[0-9].py"),
        ("MYLICENSE", "LICENSE*"),
        ("a.b", "a?c"),
        ("axb", "a.b"),
    ],
)
def test_a_glob_does_not_cover_more_than_it_says(path: str, glob: str) -> None:
    assert not fits(path, glob)


def test_kinds_of_a_name_count_in_code_and_not_in_tests() -> None:
    line = 'SIGNING_KEY = "9f86d081884c7d659a2feaa0c55ad015"'
    place = line.index("9f"), len(line) - 1
    assert "Assigned Token" in ALSO
    assert is_credible("shop/auth.py", line, "Assigned Token", *place)
    assert not is_credible("tests/test_auth.py", line, "Assigned Token", *place)
