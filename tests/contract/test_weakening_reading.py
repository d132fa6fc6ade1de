"""Reading both sides of a change in the sandbox, from repositories as odd as they come."""

import os
from datetime import date
from pathlib import Path

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.evidence.gates import run_gate
from agent.ports import Sandbox
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from integrations.sandbox.environments import Environments
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.artifacts import FakeArtifacts

TEST = "def test_total():\n    assert total([1, 2]) == 3\n"


@pytest.fixture(params=["unsandboxed", "bubblewrap"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
    if request.param == "bubblewrap":
        return bubblewrap(tmp_path)
    return UnsandboxedSandbox(tmp_path, environments=Environments(tmp_path))


class Tree:
    """A worktree whose base has one test."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.path, self._sandbox = folder, sandbox
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
        self.write("tests/test_total.py", TEST)
        self.write("shop.py", "def total(lines):\n    return sum(lines)\n")
        self.base = self.commit()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def commit(self) -> CommitSha:
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "-m", "api: begin")
        return CommitSha(git(self.path, "rev-parse", "HEAD"))

    def judged(self, base: CommitSha | None = None) -> Evidence:
        repository = Repository(name="acme/shop", git_url="/nowhere")
        worktree = Worktree(path=self.path, repository=repository, head=self.base)
        known = base or self.base
        bench = Bench(
            self._sandbox, worktree, Stack(), FakeArtifacts(), date(2026, 11, 23), base=known
        )
        return run_gate(Gate.WEAKENING, bench)


@pytest.fixture
def tree(tmp_path: Path, sandbox: Sandbox) -> Tree:
    return Tree(tmp_path / "worktrees" / "PAY-1-abcdefgh", sandbox)


def test_a_test_that_was_deleted_is_missed(tree: Tree) -> None:
    (tree.path / "tests/test_total.py").unlink()
    found = tree.judged()
    assert found.status is GateStatus.FAIL
    assert "test_total: it is gone [removed-test]" in found.output


def test_files_that_are_new_count_whether_they_are_committed_or_not(tree: Tree) -> None:
    tree.write("pytest.ini", "[pytest]\naddopts = -k 'not total'\n")
    assert "pytest: -k" in tree.judged().output
    tree.commit()
    assert "pytest: -k" in tree.judged().output


def test_nothing_changed_is_nothing_to_do(tree: Tree) -> None:
    assert tree.judged().status is GateStatus.NOT_APPLICABLE


def test_a_change_that_git_was_told_to_overlook_is_seen(tree: Tree) -> None:
    git(tree.path, "update-index", "--assume-unchanged", "tests/test_total.py")
    tree.write("tests/test_total.py", "def test_total():\n    pass\n")
    assert tree.judged().status is GateStatus.FAIL


def test_other_ends_of_lines_are_no_change_of_a_test(tree: Tree) -> None:
    tree.write("tests/test_total.py", TEST.replace("\n", "\r\n"))
    found = tree.judged()
    assert found.status in (GateStatus.PASS, GateStatus.NOT_APPLICABLE)


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", "../shop.py"])
def test_a_link_in_place_of_a_test_is_not_followed(tree: Tree, target: str) -> None:
    (tree.path / "tests/test_total.py").unlink()
    (tree.path / "tests/test_total.py").symlink_to(target)
    found = tree.judged()
    assert found.status is GateStatus.FAIL
    assert "tests/test_total.py: is too large to be compared, or no file" in found.output


def test_a_file_that_is_too_large_is_said_to_be(tree: Tree) -> None:
    tree.write("tests/test_total.py", TEST + "# x\n" * 400_000)
    assert "is too large to be compared" in tree.judged().output


def test_odd_names_and_odd_bytes_stop_nothing(tree: Tree) -> None:
    tree.write("tests/test_\u00e9 x\t.py", b"def test_x():\n    assert '\xff\x00' == 1\n")
    tree.write("tests/test_empty.py", "")
    base = tree.commit()
    (tree.path / "tests/test_\u00e9 x\t.py").unlink()
    found = tree.judged(base)
    assert found.status is GateStatus.FAIL


def test_helpers_that_did_not_change_are_followed(tree: Tree) -> None:
    tree.write("tests/checks.py", "def is_three(value):\n    assert value == 3\n")
    base = tree.commit()
    tree.write(
        "tests/test_total.py",
        "from tests.checks import is_three\n\n\ndef test_total():\n    is_three(total([1, 2]))\n",
    )
    assert tree.judged(base).status is GateStatus.PASS


def test_a_base_that_is_not_there_is_no_proof(tree: Tree) -> None:
    found = tree.judged(CommitSha("1" * 40))
    assert found.status is GateStatus.NOT_RUN


def test_a_path_that_is_no_utf_8_hides_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    tree = Tree(tmp_path / "tree", sandbox)
    path = os.path.join(os.fsencode(tree.path), b"tests", b"test_caf\xe9.py")  # noqa: PTH118
    Path(os.fsdecode(path)).write_text(TEST)
    tree.base = tree.commit()
    Path(os.fsdecode(path)).write_text("")
    found = tree.judged()
    assert found.status is GateStatus.FAIL
    assert r"tests/test_caf\xe9.py" in found.output
