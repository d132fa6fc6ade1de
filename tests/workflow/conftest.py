"""One Temporal server for all tests of workflows; each test has its own workers and fakes."""

from collections.abc import Iterator

import pytest

from tests.workflow.service import serving


@pytest.fixture(scope="session")
def temporal() -> Iterator[str]:
    """The address of a Temporal server."""
    with serving() as address:
        yield address
