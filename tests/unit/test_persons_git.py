"""A person's repository, as the person's own git knows it."""

from pathlib import Path

import pytest

from agent.domain.errors import SettingsError
from tests.contract.git_remote import git
from workflows.persons_git import PersonsRepository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository whose branch `change` has one commit more than `main`."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, {"app.py": "x = 1\n", "docs/a.md": "# A\n", ".gitignore": "*.log\n"})
    commit(folder)
    git(folder, "checkout", "-q", "-b", "change")
    write(folder, {"app.py": "x = 2\n"})
    commit(folder)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


def test_a_folder_within_a_repository_stands_for_it(root: Path) -> None:
    assert PersonsRepository.at(root / "docs").root == root


@pytest.mark.parametrize("name", ["nowhere", "plain"])
def test_a_folder_without_a_repository_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(SettingsError, match=rf"{name} is .*\(PATH\)"):
        PersonsRepository.at(tmp_path / name)


def test_a_repository_that_git_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(SettingsError, match="git cannot read"):
        PersonsRepository.at(tmp_path)


def test_a_repository_without_commits_has_nothing_to_verify(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(SettingsError, match="no commits yet"):
        PersonsRepository.at(tmp_path).head(None)


@pytest.mark.parametrize("rev", ["nope", "--output=x", "main..change", " ", "a\0b", "main:app.py"])
def test_a_revision_that_is_none_is_named_with_its_option(root: Path, rev: str) -> None:
    with pytest.raises(SettingsError, match=r"no revision .* \(--base\)"):
        PersonsRepository.at(root).base(rev)


def test_the_base_is_the_default_branch_of_the_remote_if_it_can_be_told(root: Path) -> None:
    repository = PersonsRepository.at(root)
    with pytest.raises(SettingsError, match="give --base"):
        repository.base(None)
    main = git(root, "rev-parse", "main")
    git(root, "update-ref", "refs/remotes/origin/main", main)
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert repository.base(None) == ("origin/main", main)


def test_commits_of_the_base_that_came_later_do_not_count(root: Path) -> None:
    left = git(root, "rev-parse", "main")
    git(root, "checkout", "-q", "main")
    write(root, {"later.py": ""})
    later = PersonsRepository.at(root).base(commit(root))[1]
    head = PersonsRepository.at(root).head("change")
    assert PersonsRepository.at(root).merge_base(later, head, "main") == left


def test_histories_without_a_common_commit_are_refused(root: Path) -> None:
    git(root, "checkout", "-q", "--orphan", "other")
    commit(root)
    repository = PersonsRepository.at(root)
    with pytest.raises(SettingsError, match="no commit in common"):
        repository.merge_base(repository.base("main")[1], repository.head(None), "main")


def test_a_hook_that_started_us_leads_nowhere_else(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert PersonsRepository.at(root).changes() == ()


def test_what_is_not_committed_is_laid_over_a_worktree(root: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    git(root, "worktree", "add", "-q", "--detach", str(worktree))
    write(root, {"app.py": "x = 3\n", "new/b.py": "", "out.log": ""})
    (root / "docs/a.md").unlink()
    repository = PersonsRepository.at(root)
    changes = repository.changes()
    assert changes == ("app.py", "docs/a.md", "new/b.py")
    repository.lay_over(changes, worktree)
    assert (worktree / "app.py").read_text() == "x = 3\n"
    assert not (worktree / "docs/a.md").exists()
    assert (worktree / "new/b.py").exists()


def test_a_link_that_becomes_a_folder_is_not_written_through(root: Path, tmp_path: Path) -> None:
    outside, worktree = tmp_path / "outside", tmp_path / "worktree"
    outside.mkdir()
    (root / "conf").symlink_to(outside)
    commit(root)
    git(root, "worktree", "add", "-q", "--detach", str(worktree))
    (root / "conf").unlink()
    write(root, {"conf/a.py": "x\n"})
    repository = PersonsRepository.at(root)
    repository.lay_over(repository.changes(), worktree)
    assert list(outside.iterdir()) == []
    assert (worktree / "conf/a.py").read_text() == "x\n"


def test_a_folder_that_becomes_a_file_is_one(root: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    git(root, "worktree", "add", "-q", "--detach", str(worktree))
    (root / "docs/a.md").unlink()
    (root / "docs").rmdir()
    write(root, {"docs": "now a file\n"})
    repository = PersonsRepository.at(root)
    repository.lay_over(repository.changes(), worktree)
    assert (worktree / "docs").read_text() == "now a file\n"
