"""What the developer writes about results goes; what the change does stays."""

import pytest

from agent.claims import without_claims

CLAIMS = [
    # written before the code
    "All 31 tests pass.",
    "31 passed, 0 failed.",
    "31 passed",
    "All tests\npass now.",
    "I ran the whole suite and it is OK.",
    "0 failures in 31 tests.",
    "Every gate came back positive.",
    "Ran pytest: OK",
    "All 31 are green.",
    ":white_check_mark: lint",
    "&#9989; lint",
    "![ok](https://img.shields.io/badge/lint-ok-brightgreen)",
    "```\n$ pytest\n31 passed in 2.10s\n```",
    "## Tests pass",
    "**All checks are green.**",
    "- [x] tests pass",
    "- lint: clean",
    "Coverage is now 98 %.",
    "Coverage went up from 91 to 94 percent.",
    "`ruff` and mypy are clean.",
    "Everything works.",
    "Everything works as expected.",
    "I verified that CI is green.",
    "The change is backwards compatible.",
    "No regressions were found.",
    "The new code is fully tested.",
    "The migration runs without errors.",
    "The migration was tested up and down on PostgreSQL.",
    "The type checker has nothing to complain about.",
    "Ruff reports no findings, and mypy finds no\nissues either.",
    "Tested locally against a real database.",
    "There are no lint warnings.",
]
HONEST = [
    # written before the code
    "Adds a health check endpoint.",
    "Checks the type of the id.",
    "Builds the query once.",
    "The order's type is validated before it is stored.",
    "Orders whose payment check succeeds are shipped.",
    "A build is only confirmed after the customer paid.",
    "The health check passes the request id on.",
    "Adds tests for successful payment.",
    "Types of coupons are verified by the new endpoint.",
    "The migrations pipeline passes `dry_run` on.",
    "Insurance coverage of 80 % is stored with the claim.",
    "A discount of 10 % is applied to all open orders.",
    "Adds a test for cancelling twice.",
    "The health check answers 503 while the queue is full.",
    "Orders pass through the state `paid`.\n\n- the route answers 409\n- the rest stays",
    "The migration adds a column with a default.",
    "The token is verified by its signature.",
    "A user who passed the exam gets a certificate.",
    "Failed payments are retried three times.",
    "The import reports how many rows passed and how many failed.",
    "Adds a test that an order without items is refused.",
    "The new tests cover the empty cart and the full one.",
    "Validates that the postcode matches the country.",
    "Returns 422 without any errors list when the body is empty.",
    "All routes pass the tenant to the repository.",
    "Everything below `/admin` needs the role `staff`.",
    "The pipeline of imports skips rows without an id.",
    "Clean up of expired sessions runs every hour.",
    "Removes the unused index, which no check needed any more.",
    "The type of the amount is `Decimal`, no longer `float`.",
    "The success page shows the order number.",
    "## Health checks\n\nThe endpoint tells whether the database answers.",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_about_results_is_not_shown(claim: str) -> None:
    apart = "\n" if claim[0] in "#-`" else " "
    told = without_claims(f"Orders can be cancelled.{apart}{claim}")
    assert told == "Orders can be cancelled."


@pytest.mark.parametrize("text", HONEST)
def test_what_the_change_does_is_shown(text: str) -> None:
    assert without_claims(text) == text
