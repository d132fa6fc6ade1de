"""What no lock pins is installed as it was on a day, from an index that tells dates or does not."""

import json
import os
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.domain.errors import NeedsHumanError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.ports import Needs, Preparation
from integrations.sandbox.environments import Environments, RepositoryEnvironment
from tests.contract.test_environments import wheel

EARLY, LATE = date(2024, 3, 1), date(2025, 3, 1)
ON_EARLY, ON_LATE = Preparation(as_of=EARLY), Preparation(as_of=LATE)


class Index:
    """A package index over a folder of files; `asked` are the pages that were fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploaded: dict[str, str] = {}
        self.tells_dates = True
        self.asked: list[str] = []

    def add(self, name: str, version: str, day: str, *, is_source: bool = False) -> None:
        """Publish a package at noon of a day."""
        if is_source:
            file = f"{name}-{version}.tar.gz"
            with tarfile.open(self.folder / file, "w:gz") as archive:
                archive.add(__file__, f"{name}-{version}/setup.py")
        else:
            wheel(self.folder, name, version)
            file = f"{name}-{version}-py3-none-any.whl"
        self.uploaded[file] = f"{day}T12:00:00Z"

    def page(self, name: str) -> bytes | None:
        """Return the page of a package. Source: PEP 691 and PEP 700."""
        files = [file for file in self.uploaded if file.startswith(f"{name}-")]
        listed = [{"filename": f, "url": f"/files/{f}", "hashes": {}} for f in files]
        if self.tells_dates:
            listed = [f | {"upload-time": self.uploaded[str(f["filename"])]} for f in listed]
        versions = sorted({file.split("-")[1].removesuffix(".tar.gz") for file in files})
        document = {
            "meta": {"api-version": "1.1"}, "name": name, "files": listed, "versions": versions,
        }  # fmt: skip
        return json.dumps(document).encode() if files else None

    def answer(self, path: str) -> tuple[str, bytes | None]:
        """Return the kind and the content of what stands at a path."""
        if found := re.fullmatch(r"/simple/([\w-]+)/", path):
            self.asked.append(found[1])
            return "application/vnd.pypi.simple.v1+json", self.page(found[1])
        file = self.folder / path.rpartition("/")[2]
        return "application/octet-stream", file.read_bytes() if file.is_file() else None


@contextmanager
def served(index: Index) -> Iterator[str]:
    """Serve an index on a free port; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            kind, content = index.answer(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Shop:
    """A worktree, and environments that are installed from one index."""

    def __init__(self, folder: Path, index: Index, address: str) -> None:
        self.index = index
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "UV_DEFAULT_INDEX": address,
            "NO_PROXY": "127.0.0.1",
        }
        self.path = folder / "worktrees" / "PAY-1-abcdefgh"
        self.path.mkdir(parents=True)
        self.environments = Environments(folder, cache=folder / "cache", settings=settings)
        repository = Repository(name="acme/shop", git_url="/nowhere")
        self.worktree = Worktree(path=self.path, repository=repository, head=CommitSha("0" * 40))

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def ensure(self, asked: Preparation | None = None) -> RepositoryEnvironment:
        return self.environments.ensure(self.worktree, asked)


def versions(found: RepositoryEnvironment) -> set[str]:
    """Return what is installed, such as `leafy-1.0`."""
    assert found.path is not None
    return {
        folder.name.removesuffix(".dist-info")
        for folder in found.path.glob("lib/python*/site-packages/*.dist-info")
    }


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    index = Index(tmp_path / "wheels")
    index.add("leafy", "1.0", "2024-01-10")
    index.add("leafy", "2.0", "2024-06-10")
    index.add("leafy", "3.0", "2025-06-10")
    with served(index) as address:
        yield Shop(tmp_path / "home", index, address)


def test_what_is_not_pinned_is_that_of_the_day(shop: Shop) -> None:
    shop.write("requirements.txt", "leafy\n")
    early = shop.ensure(ON_EARLY)
    assert (versions(early), early.notes) == ({"leafy-1.0"}, ())
    assert shop.index.asked == ["leafy"]  # one call of the installer
    assert versions(shop.ensure(ON_LATE)) == {"leafy-2.0"}
    assert versions(shop.ensure()) == {"leafy-3.0"}


def test_a_command_of_the_worktree_gets_what_was_prepared_for_its_day(shop: Shop) -> None:
    shop.write("requirements.txt", "leafy\n")
    shop.index.add("meter", "7.0", "2025-06-10")
    early = shop.ensure(ON_EARLY)
    assert shop.environments.current(shop.worktree) == early
    measured = shop.environments.for_needs(shop.worktree, Needs(also=("meter==7.0",)))
    assert (versions(measured), measured.notes) == ({"leafy-1.0", "meter-7.0"}, ())


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "leafy==2.0\n"},
        {
            "requirements.txt": "leafy\n",
            "uv.lock": '[[package]]\nname = "leafy"\nversion = "2.0"\nsource = {registry = "r"}\n',
        },
    ],
)
def test_the_day_does_not_count_for_what_is_pinned(shop: Shop, files: dict[str, str]) -> None:
    for name, text in files.items():
        shop.write(name, text)
    early = shop.ensure(ON_EARLY)
    assert versions(early) == {"leafy-2.0"}
    assert shop.ensure(ON_LATE).path == early.path


def test_what_a_command_needs_beside_pinned_requirements_depends_on_no_day(shop: Shop) -> None:
    shop.index.add("meter", "7.0", "2025-06-10")
    shop.write("requirements.txt", "leafy==1.0\n")
    needs, found = Needs(also=("meter",)), []
    for asked in (ON_EARLY, ON_LATE):
        shop.ensure(asked)
        found.append(shop.environments.for_needs(shop.worktree, needs))
    assert found[0] == found[1]
    assert versions(found[0]) == {"leafy-1.0", "meter-7.0"}


def test_a_dependency_that_the_change_brings_may_be_younger_than_its_base(shop: Shop) -> None:
    shop.index.add("fresh", "1.0", "2024-08-01")
    shop.write("requirements.txt", "leafy\nfresh>=1\n")
    found = shop.ensure(Preparation(as_of=EARLY, later=LATE))
    assert versions(found) == {"leafy-1.0", "fresh-1.0"}
    assert found.notes == ("packages as of 2024-03-01, but today's fresh",)


def test_where_the_day_cannot_be_had_at_all_it_is_that_of_the_change(shop: Shop) -> None:
    shop.index.add("fresh", "1.0", "2024-01-01")
    shop.write("requirements.txt", "leafy>=2\n-c limits.txt\n")
    shop.write("limits.txt", "leafy!=3.0\n")
    found = shop.ensure(Preparation(as_of=date(2020, 1, 1), later=LATE))
    assert versions(found) == {"leafy-2.0"}


def test_an_index_that_tells_no_dates_is_used_as_it_is_today(shop: Shop) -> None:
    shop.index.tells_dates = False
    shop.write("requirements.txt", "leafy\n")
    found = shop.ensure(ON_EARLY)
    assert versions(found) == {"leafy-3.0"}
    assert found.notes == ("packages as of 2024-03-01, but today's leafy",)


def test_what_the_operator_has_set_goes_before_the_day(shop: Shop) -> None:
    shop.write("requirements.txt", "leafy\n")
    settings = {**shop.environments._settings, "UV_EXCLUDE_NEWER": "2025-01-01T00:00:00Z"}
    shop.environments = Environments(shop.path.parent.parent, settings=settings)
    assert versions(shop.ensure(ON_EARLY)) == {"leafy-2.0"}


def test_a_package_for_development_without_a_wheel_is_left_out_and_named(shop: Shop) -> None:
    shop.index.add("watcher", "1.0", "2024-01-01", is_source=True)
    shop.write("requirements.txt", "leafy\n")
    shop.write("requirements-dev.txt", "-r requirements.txt\nwatcher\n")
    found = shop.ensure(ON_EARLY)
    assert versions(found) == {"leafy-1.0"}
    assert found.notes == ("watcher is not installed: it has no wheel",)
    assert shop.ensure(ON_EARLY) == found


def test_a_package_that_the_project_needs_is_not_left_out(shop: Shop) -> None:
    shop.index.add("engine", "1.0", "2024-01-01", is_source=True)
    shop.write("requirements.txt", "leafy\nengine\n")
    shop.write("requirements-dev.txt", "-r requirements.txt\n")
    with pytest.raises(NeedsHumanError, match="engine"):
        shop.ensure(ON_EARLY)


def test_tools_are_installed_unless_the_repository_names_them_itself(shop: Shop) -> None:
    shop.index.add("linter", "5.0", "2024-01-01")
    shop.write("requirements.txt", "leafy==1.0\n")
    asked = Preparation(tools=("leafy==2.0", "linter==5.0", "other @ https://nowhere.example"))
    assert versions(shop.ensure(asked)) == {"leafy-1.0", "linter-5.0"}


def test_tools_that_do_not_fit_give_way(shop: Shop) -> None:
    shop.write("requirements.txt", "leafy==1.0\n")
    found = shop.ensure(Preparation(tools=("linter==5.0",)))
    assert versions(found) == {"leafy-1.0"}
    assert found.notes == ("not installed, for it cannot be together with the rest: linter==5.0",)


def test_an_environment_of_a_day_goes_when_nobody_has_used_it_for_long(shop: Shop) -> None:
    shop.write("requirements.txt", "leafy\n")
    early, undated = shop.ensure(ON_EARLY).path, shop.ensure().path
    assert early is not None
    assert undated is not None
    for path in (early, undated):
        os.utime(path / ".backsmith-complete", (0, 0))
    shop.ensure(ON_LATE)
    assert (early.exists(), undated.exists()) == (False, True)
    assert versions(shop.ensure(ON_EARLY)) == {"leafy-1.0"}
