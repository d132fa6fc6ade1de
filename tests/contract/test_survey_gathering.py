"""Gathering the files of real repositories in the sandbox, whatever git tracks there."""

import os
from pathlib import Path

import pytest

from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.ports import Sandbox
from agent.survey.gathering import gather
from agent.survey.keeping import surveyed
from agent.survey.surveying import survey
from agent.survey.telling import LIMIT, introduction, tokens
from integrations.sandbox.environments import Environments
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.ledger import FakeLedger


@pytest.fixture(params=["unsandboxed", "bubblewrap"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
    if request.param == "bubblewrap":
        return bubblewrap(tmp_path)
    return UnsandboxedSandbox(tmp_path, environments=Environments(tmp_path))


@pytest.fixture
def tree(tmp_path: Path) -> Worktree:
    path = tmp_path / "worktrees" / "PAY-1-abcdefgh"
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    repository = Repository(name="acme/shop", git_url="/nowhere")
    return Worktree(path=path, repository=repository, head=CommitSha("0" * 40))


def write(tree: Worktree, name: str, content: str | bytes = "x = 1\n") -> Path:
    path = tree.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def commit(tree: Worktree, subject: str = "api: begin") -> None:
    git(tree.path, "add", "-A")
    git(tree.path, "commit", "-q", "-m", subject)


def test_tracked_files_come_with_their_size_and_the_texts_that_matter(
    sandbox: Sandbox, tree: Worktree
) -> None:
    write(tree, "app/main.py", "x = 1\n")
    write(tree, "notes.txt", "later\n")
    commit(tree)
    write(tree, "untracked.py")
    found = gather(sandbox, tree)
    assert [(file.path, file.size) for file in found.files] == [
        ("app/main.py", 6),
        ("notes.txt", 6),
    ]
    assert found.texts == {"app/main.py": "x = 1\n"}
    assert (found.more, found.unread, found.problem) == (0, 0, "")


def test_the_newest_subjects_are_gathered_newest_first(sandbox: Sandbox, tree: Worktree) -> None:
    for number in range(7):
        write(tree, "a.py", f"x = {number}\n")
        commit(tree, f"step {number}")
    assert gather(sandbox, tree).subjects == ("step 6", "step 5", "step 4", "step 3", "step 2")


def test_a_repository_without_a_commit_is_gathered(sandbox: Sandbox, tree: Worktree) -> None:
    found = gather(sandbox, tree)
    assert (found.files, found.subjects, found.problem) == ((), (), "")
    assert survey(found).remarks == ("The repository is empty.",)


def test_a_folder_that_git_does_not_know_is_gathered(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "worktrees" / "PAY-2-abcdefgh"
    repository = Repository(name="acme/shop", git_url="/nowhere")
    plain = Worktree(path=path, repository=repository, head=CommitSha("0" * 40))
    write(plain, "app/main.py")
    assert [file.path for file in gather(sandbox, plain).files] == ["app/main.py"]


def test_symlinks_are_named_and_those_that_lead_outside_are_not_read(
    sandbox: Sandbox, tree: Worktree, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("secret")
    write(tree, "docs/rules.md", "- Use UTC.\n")
    (tree.path / "AGENTS.md").symlink_to("docs/rules.md")
    (tree.path / "CONTRIBUTING.md").symlink_to(tmp_path / "secret.md")
    (tree.path / "README.md").symlink_to("../../secret.md")
    (tree.path / "circle.py").symlink_to("circle.py")
    (tree.path / "config.py").symlink_to(".git/config")
    (tree.path / "all").symlink_to("/")
    commit(tree)
    found = gather(sandbox, tree)
    assert found.texts == {"AGENTS.md": "- Use UTC.\n"}
    links = {file.path for file in found.files if file.kind == "symlink"}
    assert links == {"AGENTS.md", "CONTRIBUTING.md", "README.md", "circle.py", "config.py", "all"}


def test_submodules_are_named_and_not_entered(sandbox: Sandbox, tree: Worktree) -> None:
    write(tree, "a.py")
    git(tree.path, "add", "-A")
    git(tree.path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},libs/other")
    git(tree.path, "commit", "-q", "-m", "add")
    found = gather(sandbox, tree)
    assert [(file.path, file.kind) for file in found.files] == [
        ("a.py", "file"),
        ("libs/other", "submodule"),
    ]


def test_binary_files_and_odd_texts_are_gathered_as_what_they_are(
    sandbox: Sandbox, tree: Worktree
) -> None:
    write(tree, "binary.py", b"\x7fELF\0\0")
    write(tree, "latin.py", "x = 'é'\n".encode("latin-1"))
    write(tree, "windows.py", b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    write(tree, "wide.py", "x = 1\n".encode("utf-16"))
    write(tree, "large.py", "x = 1\n" * 400_000)
    write(tree, os.fsdecode(b"caf\xe9.py"))
    commit(tree)
    found = gather(sandbox, tree)
    assert found.texts["windows.py"] == "x = 1\ny = 2\n"
    assert found.texts["latin.py"] == "x = '\ufffd'\n"
    assert len(found.texts["large.py"]) == 60_000
    assert {"binary.py", "wide.py"}.isdisjoint(found.texts)
    assert "caf?.py" in [file.path for file in found.files]
    assert "Not parsed" not in " ".join(survey(found).remarks)


def test_twenty_thousand_files_are_gathered_within_bounds(tree: Worktree, tmp_path: Path) -> None:
    for folder in range(200):
        write(tree, f"src/p{folder}/__init__.py", "x = 1\n")
        for number in range(99):
            (tree.path / f"src/p{folder}/m{number}.py").write_bytes(b"def work():\n    return 1\n")
    write(tree, "src/app/routers/refunds.py", "def refund_order():\n    return 1\n")
    git(tree.path, "add", "-A")
    found = gather(UnsandboxedSandbox(tmp_path, environments=Environments(tmp_path)), tree)
    assert len(found.files) == 20_001
    assert sum(map(len, found.texts.values())) <= 2_500_000
    surveyed_here = survey(found)
    text = introduction(surveyed_here, "acme/large", surveyed_here.stack, "Mend refunds", "")
    assert "refunds.py[refund_order]" in text
    assert tokens(text) <= LIMIT


def test_a_commit_is_surveyed_once_for_all_tickets(sandbox: Sandbox, tree: Worktree) -> None:
    write(tree, "main.py", "app = FastAPI()\n")
    commit(tree)
    ledger = FakeLedger()
    first = surveyed(ledger, sandbox, tree)
    (tree.path / "main.py").unlink()
    assert surveyed(ledger, sandbox, tree) == first
    assert first.applications == ("main.py:1 app = FastAPI()",)
    other = tree.model_copy(update={"head": CommitSha("1" * 40)})
    assert surveyed(ledger, sandbox, other).applications == ()
    assert ledger.lives() == []
