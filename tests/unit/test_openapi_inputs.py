"""What `backsmith openapi diff` takes as BASE and HEAD, and how it refuses the rest."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.domain.errors import SettingsError
from workflows.openapi_inputs import read_input, repository_root

LIMIT = 2**20
SPEC = b"openapi: 3.1.0\n"
Git = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return folder


@pytest.fixture
def git(here: Path) -> Git:
    """Return a function that runs git in a repository with one description in two versions."""

    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=A Developer", "-c", "user.email=developer@example.com")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    run("init", "-q", "-b", "main")
    (here / "api").mkdir()
    for text in (b"first", b"second"):
        (here / "api" / "openapi.yaml").write_bytes(text)
        run("add", "-A")
        run("commit", "-q", "-m", "a version")
    return run


def refusal(name: str) -> str:
    """Return why an input is refused."""
    with pytest.raises(SettingsError) as caught:
        read_input(name, LIMIT)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_is_read(here: Path) -> None:
    (here / "a.yaml").write_bytes(SPEC)
    assert read_input("a.yaml", LIMIT) == SPEC
    assert read_input(str(here / "a.yaml"), LIMIT) == SPEC


def test_a_file_as_large_as_the_limit_is_read_and_no_larger_one(here: Path) -> None:
    (here / "a.yaml").write_bytes(b"a" * LIMIT)
    assert len(read_input("a.yaml", LIMIT)) == LIMIT
    (here / "a.yaml").write_bytes(b"a" * (LIMIT + 1))
    assert refusal("a.yaml") == "a.yaml is larger than 1 MiB, the most that is read; split it"


def test_a_link_to_a_file_is_read(here: Path) -> None:
    (here / "a.yaml").write_bytes(SPEC)
    (here / "b.yaml").symlink_to("a.yaml")
    assert read_input("b.yaml", LIMIT) == SPEC


def test_what_cannot_be_opened_is_refused(here: Path) -> None:
    (here / "loop").symlink_to("loop")
    (here / "gone").symlink_to("nothing")
    assert refusal("missing.yaml") == "missing.yaml cannot be read: No such file or directory"
    assert refusal("gone") == "gone cannot be read: No such file or directory"
    assert refusal("loop") == "loop cannot be read: Too many levels of symbolic links"
    assert refusal("a\0b") == "a\0b cannot be read: embedded null byte"
    assert refusal("a" * 300).endswith(" cannot be read: File name too long")
    assert refusal("") == " cannot be read: No such file or directory"


def test_a_folder_is_refused(here: Path) -> None:
    assert refusal(".") == ". is a folder; name the file in it"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_refused(device: str) -> None:
    assert refusal(device) == f"{device} is a device and not a file; give - and feed stdin instead"


def test_a_fifo_without_a_writer_is_refused_and_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe")
    assert refusal("pipe") == "pipe is a pipe and not a file; give - and feed stdin instead"


def test_a_pipe_that_the_shell_hands_over_is_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as writer:
        writer.write(SPEC)
    try:
        assert read_input(f"/dev/fd/{reading}", LIMIT) == SPEC
    finally:
        os.close(reading)


def test_a_pipe_with_more_than_the_limit_is_refused_without_reading_on() -> None:
    reading, writing = os.pipe()
    source = subprocess.Popen(["cat", "/dev/zero"], stdout=writing)  # noqa: S607 - any cat
    os.close(writing)
    try:
        assert "is larger than 1 MiB" in refusal(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
        source.wait(timeout=10)


def test_an_address_is_refused_with_the_way_out(here: Path) -> None:
    said = refusal("https://example.com/openapi.json")
    assert said.endswith("is an address and nothing is fetched; download it, or feed -")


def test_a_file_of_a_revision_is_read(git: Git) -> None:
    git("tag", "-a", "v1", "-m", "one", "HEAD~1")
    assert read_input("HEAD:api/openapi.yaml", LIMIT) == b"second"
    assert read_input("HEAD~1:api/openapi.yaml", LIMIT) == b"first"
    assert read_input("v1:api/openapi.yaml", LIMIT) == b"first"
    assert read_input("main:api/openapi.yaml", LIMIT) == b"second"
    assert read_input(git("rev-parse", "HEAD")[:8] + ":api/openapi.yaml", LIMIT) == b"second"


def test_what_is_staged_is_read(git: Git, here: Path) -> None:
    (here / "api" / "openapi.yaml").write_bytes(b"staged")
    git("add", "-A")
    assert read_input(":api/openapi.yaml", LIMIT) == b"staged"


def test_a_revisions_path_counts_from_the_root_or_with_a_dot_from_here(
    git: Git, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "api")
    assert read_input("main:api/openapi.yaml", LIMIT) == b"second"
    assert read_input("main:./openapi.yaml", LIMIT) == b"second"
    assert "give its path from the repository's root" in refusal("main:openapi.yaml")


def test_a_file_with_a_colon_wins_over_a_revision(git: Git, here: Path) -> None:
    (here / "main:api").mkdir()
    (here / "main:api" / "openapi.yaml").write_bytes(SPEC)
    assert read_input("main:api/openapi.yaml", LIMIT) == SPEC


def test_a_path_with_spaces_and_other_letters_is_read(git: Git, here: Path) -> None:
    (here / "api" / "offene schnittstelle \u00e4.yaml").write_bytes(SPEC)
    git("add", "-A")
    git("commit", "-q", "-m", "another one")
    assert read_input("main:api/offene schnittstelle \u00e4.yaml", LIMIT) == SPEC


@pytest.mark.usefixtures("git")
def test_what_a_revision_does_not_have_is_refused() -> None:
    assert refusal("main:a.yaml") == (
        "main has no file 'a.yaml'; give its path from the repository's root"
    )
    assert refusal("dev:api/openapi.yaml").startswith(
        "dev:api/openapi.yaml is no file, and 'dev' is no revision of the git repository here"
    )
    assert refusal("main:api") == "main:api is a folder; name the file in it"
    assert refusal("main:") == "main: is a folder; name the file in it"
    assert refusal("a\nb:c").startswith("a name of a description holds a line break")
    assert "is no revision" in refusal("--help:x")
    assert "is no revision" in refusal("--batch-all-objects:x")


def test_a_large_file_of_a_revision_is_refused(git: Git, here: Path) -> None:
    (here / "big.yaml").write_bytes(b"a" * (LIMIT + 1))
    git("add", "-A")
    git("commit", "-q", "-m", "large")
    assert refusal("main:big.yaml").startswith("main:big.yaml is larger than 1 MiB")


def test_a_revision_outside_of_a_repository_is_refused(here: Path) -> None:
    assert refusal("main:a.yaml").startswith(
        "git cannot read REV:PATH here (fatal: not a git repository"
    )


def test_a_revision_without_git_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    assert refusal("main:a.yaml") == "REV:PATH needs git, which is not installed; give a file"


def test_the_repositorys_root_is_found_from_below(git: Git, here: Path) -> None:
    assert repository_root(here / "api") == here
    assert repository_root(here) == here


def test_no_root_is_found_outside_of_a_repository(here: Path) -> None:
    assert repository_root(here) is None
