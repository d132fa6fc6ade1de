"""What every store of artifacts and bundles promises: the fake and fsspec alike."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from agent.domain.errors import NotFoundError, PermanentError, SettingsError, TransientError
from agent.domain.ids import CommitSha
from agent.ports import Artifacts, Bundles
from integrations.artifacts.artifacts import FsspecArtifacts, StoredBundles
from tests.fakes.artifacts import FakeArtifacts, FakeBundles

COMMIT = CommitSha("0123456789" * 4)
SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

ADDRESSES: dict[str, Callable[[Path], str]] = {
    "folder": lambda folder: f"{folder}/a store",
    "file": lambda folder: f"file://{folder}/store/",
    "memory": lambda folder: f"memory://{uuid4()}/store",
}


@pytest.fixture(params=["fake", *ADDRESSES])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Artifacts, Bundles]:
    if request.param == "fake":
        return FakeArtifacts(), FakeBundles()
    artifacts = FsspecArtifacts(ADDRESSES[request.param](tmp_path))
    return artifacts, StoredBundles(artifacts)


@pytest.fixture
def artifacts(stores: tuple[Artifacts, Bundles]) -> Artifacts:
    return stores[0]


@pytest.fixture
def bundles(stores: tuple[Artifacts, Bundles]) -> Bundles:
    return stores[1]


def test_an_artifact_is_named_by_its_content(artifacts: Artifacts) -> None:
    assert artifacts.put(b"hello", ".log") == f"{SHA256}.log"


def test_an_artifact_comes_back_as_it_was_put(artifacts: Artifacts) -> None:
    content = bytes(range(256)) * 1000

    assert artifacts.get(artifacts.put(content, ".tar.gz")) == content
    assert artifacts.get(artifacts.put(b"", "")) == b""


def test_the_same_content_has_the_same_name_twice(artifacts: Artifacts) -> None:
    assert artifacts.put(b"hello", ".log") == artifacts.put(b"hello", ".log")
    assert artifacts.get(f"{SHA256}.log") == b"hello"


def test_content_is_only_found_under_its_whole_name(artifacts: Artifacts) -> None:
    artifacts.put(b"hello", ".log")

    with pytest.raises(NotFoundError):
        artifacts.get(SHA256)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0" * 64,
        f"../{SHA256}.log",
        f"{SHA256}.log/../{SHA256}.log",
        f"{SHA256}.log\n",
        "../../etc/passwd",
        "/etc/passwd",
        f"bundles/{COMMIT}.bundle",
    ],
)
def test_any_other_name_is_not_found(stores: tuple[Artifacts, Bundles], name: str) -> None:
    artifacts, bundles = stores
    artifacts.put(b"hello", ".log")
    bundles.keep_bundle(COMMIT, b"a bundle")

    with pytest.raises(NotFoundError):
        artifacts.get(name)


@pytest.mark.parametrize("suffix", ["log", "/x", "./x", "..", ".log/../../x", ".a b", ".log\n"])
def test_a_suffix_that_could_lead_elsewhere_is_refused(artifacts: Artifacts, suffix: str) -> None:
    with pytest.raises(PermanentError):
        artifacts.put(b"hello", suffix)


def test_a_bundle_is_found_by_its_commit(bundles: Bundles) -> None:
    bundles.keep_bundle(COMMIT, b"a bundle")

    assert bundles.find_bundle(COMMIT) == b"a bundle"
    assert bundles.find_bundle(CommitSha("f" * 40)) is None


def test_a_later_bundle_of_a_commit_takes_the_place_of_the_earlier(bundles: Bundles) -> None:
    bundles.keep_bundle(COMMIT, b"a bundle")
    bundles.keep_bundle(COMMIT, b"a better one")

    assert bundles.find_bundle(COMMIT) == b"a better one"


@pytest.mark.parametrize("commit", ["", "main", COMMIT[:7], f"../{COMMIT}", f"{COMMIT}\n"])
def test_what_is_no_commit_has_no_bundle(bundles: Bundles, commit: str) -> None:
    assert bundles.find_bundle(CommitSha(commit)) is None
    with pytest.raises(PermanentError):
        bundles.keep_bundle(CommitSha(commit), b"a bundle")


def test_files_lie_where_the_documents_say(tmp_path: Path) -> None:
    artifacts = FsspecArtifacts(str(tmp_path))
    artifacts.put(b"hello", ".log")
    StoredBundles(artifacts).keep_bundle(COMMIT, b"a bundle")

    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {f"2c/{SHA256}.log", f"bundles/{COMMIT}.bundle"}


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    in_the_way = tmp_path / "bundles" / f"{COMMIT}.bundle"
    (in_the_way / "a folder").mkdir(parents=True)

    with pytest.raises(TransientError, match="write bundles/"):
        StoredBundles(FsspecArtifacts(str(tmp_path))).keep_bundle(COMMIT, b"a bundle")

    assert [*in_the_way.parent.iterdir()] == [in_the_way]


def test_a_damaged_artifact_is_not_given_out(tmp_path: Path) -> None:
    artifacts = FsspecArtifacts(str(tmp_path))
    name = artifacts.put(b"hello", ".log")
    (tmp_path / "2c" / name).write_bytes(b"hell")

    with pytest.raises(NotFoundError, match="damaged"):
        artifacts.get(name)


@pytest.mark.parametrize("url", ["", "  ", "file://", "s3://", "nosuch://bucket/folder"])
def test_an_address_that_names_no_store_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="BACKSMITH_ARTIFACTS_URL"):
        FsspecArtifacts(url)
