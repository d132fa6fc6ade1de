"""The gates that need a person, in the real sandbox with the real detector."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.evidence.gates import run_gate
from agent.evidence.people.secrets import check_secrets
from agent.own_secrets import OwnSecrets
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from integrations.sandbox.bubblewrap import BubblewrapSandbox
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.made_up import filled

FOLDER = Path(__file__).parents[1] / "evidence" / "people"
_MOST_SECONDS = 10.0
"""They take one to two seconds on a machine that does nothing else."""
OWN = filled("own-<<alnum 24>>", 9)


class Tree:
    """A worktree with one commit."""

    def __init__(self, folder: Path, sandbox: BubblewrapSandbox) -> None:
        self.path, self.sandbox = folder, sandbox
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
        self.write("README.md", "# Shop\n")
        self.write("requirements.txt", "idna==3.20\n")
        self.base = self.commit()

    def write(self, name: str, content: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def commit(self) -> CommitSha:
        git(self.path, "add", "-A", "-f")
        git(self.path, "commit", "-q", "-m", "shop: begin")
        return CommitSha(git(self.path, "rev-parse", "HEAD"))

    def worktree(self) -> Worktree:
        repository = Repository(name="acme/shop", git_url="/nowhere")
        return Worktree(path=self.path, repository=repository, head=self.base)

    def bench(self) -> Bench:
        own = OwnSecrets([("JIRA_API_TOKEN", OWN)])
        return Bench(
            sandbox=self.sandbox,
            worktree=self.worktree(),
            stack=Stack(),
            artifacts=FakeArtifacts(),
            today=date(2026, 11, 23),
            base=self.base,
            own_secrets=own,
        )

    def judged(self, gate: Gate) -> Evidence:
        return run_gate(gate, self.bench())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "worktrees" / "PAY-1-abcdefgh", bubblewrap(tmp_path))


def corpus(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"secrets_{kind}.yml").read_text())
    return found


def written(tree: Tree, entries: list[dict[str, Any]]) -> dict[str, str]:
    """Write each entry into a folder of its own; return the entries' names by folder."""
    names = {}
    for number, entry in enumerate(entries):
        folder = f"case{number:02}"
        tree.write(f"{folder}/{entry['path']}", filled(entry["text"], number) + "\n")
        names[folder] = entry["name"]
    return names


def test_every_secret_is_found_and_none_is_shown(tree: Tree) -> None:
    entries = corpus("bad")
    names = written(tree, entries)
    result = check_secrets(tree.bench())
    folders = {problem.place.partition("/")[0] for problem in result.findings}
    assert [name for folder, name in names.items() if folder not in folders] == []
    shown = tree.judged(Gate.SECRETS).model_dump_json()
    made_up = [part for e, n in zip(entries, range(99), strict=False) for part in _values(e, n)]
    assert [value for value in made_up if value in shown] == []
    assert len(entries) >= 25


def _values(entry: dict[str, Any], number: int) -> list[str]:
    words = filled(entry["text"], number).replace('"', " ").replace("=", " ").split()
    return [word for word in words if len(word) > 24 and "://" not in word]


def test_what_only_looks_like_a_secret_passes(tree: Tree) -> None:
    entries = corpus("good")
    written(tree, entries)
    found = tree.judged(Gate.SECRETS)
    assert found.status is GateStatus.PASS, found.output
    assert found.command.startswith("detect-secrets 1.5.0")
    assert len(entries) >= 25


def test_our_own_secret_fails_though_no_detector_knows_its_shape(tree: Tree) -> None:
    tree.write("shop/a.py", f'x = "{OWN.encode().hex()}"\n')
    found = tree.judged(Gate.SECRETS)
    assert found.status is GateStatus.FAIL
    assert "shop/a.py:1: our own JIRA_API_TOKEN" in found.output


def test_a_new_dependency_comes_with_what_its_metadata_says(tree: Tree) -> None:
    tree.write("requirements.txt", "idna==3.20\npluggy>=1.5\n")
    tree.write("shop/a.py", "import pluggy\n")
    tree.sandbox.prepare(tree.worktree())
    found = tree.judged(Gate.DEPENDENCIES)
    assert found.status is GateStatus.FAIL
    assert "requirements.txt: pluggy is new: not bounded; licence MIT" in found.output
    assert "used in shop/a.py" in found.output


def test_protected_files_are_seen_whatever_happens_to_them(tree: Tree) -> None:
    tree.write("LICENSE", "a\n")
    tree.write(".backsmith.yml", "protected: [default, 'shop/**']\n")
    tree.base = tree.commit()
    (tree.path / "LICENSE").unlink()
    tree.write("shop/a.py", "x = 1\n")
    tree.write(".backsmith.yml", "protected: []\n")
    found = tree.judged(Gate.PROTECTED)
    assert found.reason == "3 protected files"
    assert "LICENSE: is removed" in found.output


def test_a_setting_that_no_document_names_is_seen(tree: Tree) -> None:
    tree.write("shop/a.py", "import os\nx = os.environ['SHOP_LIMIT']\n")
    assert "shop/a.py:2: reads SHOP_LIMIT" in tree.judged(Gate.DOCS).output
    tree.write("README.md", "# Shop\n\n`SHOP_LIMIT`: how many orders\n")
    assert tree.judged(Gate.DOCS).status is GateStatus.PASS


def test_the_four_gates_are_quick_once_the_detector_is_installed(tree: Tree) -> None:
    for number in range(20):
        tree.write(f"shop/part{number}.py", "def total(lines):\n    return sum(lines)\n\n" * 10)
    gates = (Gate.SECRETS, Gate.DEPENDENCIES, Gate.PROTECTED, Gate.DOCS)
    for gate in gates:
        assert tree.judged(gate).status in (GateStatus.PASS, GateStatus.NOT_APPLICABLE)
    start = time.monotonic()
    for gate in gates:
        tree.judged(gate)
    took = time.monotonic() - start
    assert took < _MOST_SECONDS, f"{took:.2f} s"
