"""What a failed installation says: the index cannot be reached, or the requirements are wrong."""

import pytest

from agent.domain.errors import NeedsHumanError, TransientError
from integrations.sandbox.installing import _failure

ENVIRONMENT = "Using Python 3.11.7 environment at: /home/envs/7444aef5022d58013c0fe403\n"


@pytest.mark.parametrize(
    "said",
    [
        "error: Failed to fetch: `https://index.example/leafy/`\n"
        "  cause: HTTP status server error (503 Service Unavailable) for url (https://index.example)",
        "  cause: HTTP status server error (502 Bad Gateway) for url (https://index.example/a/)",
        "error: error sending request for url (https://index.example/simple/leafy/)",
        "error: Request failed after 3 retries",
    ],
)
def test_an_index_that_does_not_answer_is_a_fault_of_the_network(said: str) -> None:
    assert isinstance(_failure(ENVIRONMENT + said), TransientError)


@pytest.mark.parametrize(
    "said",
    [
        "error: No solution found\n  cause: Because nope-9 was not found, it is unsatisfiable.",
        "error: No solution found\n  cause: there is no version of leafy==1.502",
        "error: No solution found\n  cause: you require status-503>=504",
    ],
)
def test_a_number_in_a_name_is_no_answer_of_the_index(said: str) -> None:
    found = _failure(ENVIRONMENT.replace("5022d", "503") + said)
    assert isinstance(found, NeedsHumanError)
    assert "environment at" not in str(found)
