"""One Temporal server for all tests of workflows; each test has its own workers and fakes."""

from collections.abc import Iterator

import pytest

from tests.workflow.service import SHORT_HISTORIES, serving

# A workflow that leaves the cache in the middle of a stage leaves LangGraph's generator to the
# garbage collector, which then complains about it (langgraph 1.2).
_LEFT_BEHIND = "ignore:Exception ignored in. <async_generator object Pregel"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave LangGraph's complaint out of account, in these tests alone."""
    mark = pytest.mark.filterwarnings(f"{_LEFT_BEHIND}:pytest.PytestUnraisableExceptionWarning")
    for item in items:
        if item.path.is_relative_to(__file__.rsplit("/", 1)[0]):
            item.add_marker(mark)


@pytest.fixture(scope="session")
def temporal() -> Iterator[str]:
    """The address of a Temporal server."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def short_temporal() -> Iterator[str]:
    """The address of a server that finds histories long very soon."""
    with serving(SHORT_HISTORIES) as address:
        yield address
