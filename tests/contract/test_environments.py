"""Installing a repository's dependencies, from a folder of wheels instead of an index."""

import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.errors import NeedsHumanError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.ports import Command
from integrations.sandbox.environments import Environments
from tests.contract.git_remote import bubblewrap


def wheel(folder: Path, name: str, version: str) -> None:
    """Make the smallest wheel that can be installed."""
    folder.mkdir(exist_ok=True)
    metadata = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = '{version}'\n")
        archive.writestr(
            f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{metadata}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        names = [f"{name}.py", f"{metadata}/METADATA", f"{metadata}/WHEEL", f"{metadata}/RECORD"]
        archive.writestr(f"{metadata}/RECORD", "".join(f"{entry},,\n" for entry in names))


class Shelf:
    """Environments that install from wheels on disk only."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.wheels = folder / "wheels"
        self.path = self.home / "worktrees" / "PAY-1-abcdefgh"
        self.path.mkdir(parents=True)
        wheel(self.wheels, "leafy", "1.0")
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "OPENAI_API_KEY": "canary",
        }
        self.environments = Environments(self.home, cache=folder / "cache", settings=settings)
        repository = Repository(name="acme/shop", git_url="/nowhere")
        self.worktree = Worktree(path=self.path, repository=repository, head=CommitSha("0" * 40))

    def ask_for(self, text: str) -> None:
        (self.path / "requirements.txt").write_text(text)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_repository_without_requirements_needs_no_environment(shelf: Shelf) -> None:
    assert shelf.environments.ensure(shelf.worktree).path is None


def test_what_is_asked_for_can_be_imported_in_the_sandbox(shelf: Shelf) -> None:
    shelf.ask_for("leafy==1.0\n")
    sandbox = bubblewrap(shelf.home)
    sandbox._environments = shelf.environments
    sandbox.prepare(shelf.worktree)
    argv = ("python", "-c", "import leafy, sys; print(leafy.VERSION, sys.prefix)")
    done = sandbox.run(shelf.worktree, Command(argv=argv, timeout=timedelta(seconds=20)))
    assert done.output == f"1.0 {shelf.environments.current(shelf.worktree).path}\n"
    broken = ("sh", "-c", "touch $VIRTUAL_ENV/evil")
    refused = sandbox.run(shelf.worktree, Command(argv=broken, timeout=timedelta(seconds=20)))
    assert refused.exit_code != 0


def test_the_same_requirements_are_installed_once(shelf: Shelf) -> None:
    shelf.ask_for("leafy\n")
    first = shelf.environments.ensure(shelf.worktree)
    (shelf.wheels / "leafy-1.0-py3-none-any.whl").unlink()
    assert shelf.environments.ensure(shelf.worktree) == first


def test_a_half_built_environment_is_built_again(shelf: Shelf) -> None:
    shelf.ask_for("leafy\n")
    found = shelf.environments.ensure(shelf.worktree)
    assert found.path is not None
    (found.path / ".backsmith-complete").unlink()
    (found.path / "bin" / "python").unlink()
    assert shelf.environments.ensure(shelf.worktree) == found
    assert (found.path / "bin" / "python").exists()


def test_changed_requirements_count_only_once_they_are_prepared(shelf: Shelf) -> None:
    shelf.ask_for("leafy\n")
    first = shelf.environments.ensure(shelf.worktree)
    shelf.ask_for("leafy<2\n")
    assert shelf.environments.current(shelf.worktree) == first
    assert shelf.environments.ensure(shelf.worktree) != first


def test_what_cannot_be_installed_needs_a_person(shelf: Shelf) -> None:
    shelf.ask_for("leafy==9\n")
    with pytest.raises(NeedsHumanError, match="leafy"):
        shelf.environments.ensure(shelf.worktree)


def test_the_installer_gets_none_of_our_secrets(shelf: Shelf) -> None:
    assert "canary" not in str(vars(shelf.environments))
