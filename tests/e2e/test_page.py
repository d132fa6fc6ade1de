"""A person takes a ticket through the office's page in headless Chromium, without any script."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.town import Town, town

pytestmark = pytest.mark.timeout(420)
SLOW = 120_000
"""Milliseconds that the product may take for one stage."""
ROUTER = "shop/routers/orders.py"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        reason = "chromium is not there: sudo apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


@pytest.fixture
def page(place: Town) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(place.office.origins["page"])
        yield page
        browser.close()


def test_person_assigns_approves_reviews_and_merges_on_the_page(place: Town, page: Page) -> None:
    _assign(page)
    _approve_the_plan(page)
    _ask_for_a_change(page)
    _approve_and_merge(page)
    expect(page.get_by_test_id("column-Done").get_by_test_id("ticket-SHOP-7")).to_be_visible(
        timeout=SLOW
    )
    assert place.status("SHOP-7") == "Done"
    assert place.violations() == []


def _assign(page: Page) -> None:
    ticket = page.get_by_test_id("ticket-SHOP-7")
    ticket.click()
    ticket.get_by_test_id("assign").click()
    moved = page.get_by_test_id("column-In Progress").get_by_test_id("ticket-SHOP-7")
    expect(moved).to_be_visible(timeout=SLOW)


def _approve_the_plan(page: Page) -> None:
    button = page.get_by_test_id("slack-action-backsmith:approve")
    expect(button).to_be_visible(timeout=SLOW)
    button.click()


def _ask_for_a_change(page: Page) -> None:
    expect(page.get_by_test_id("pr-state")).to_have_text("draft", timeout=SLOW)
    expect(page.get_by_test_id("pr-state")).to_have_text("ready", timeout=SLOW)
    diff = page.get_by_test_id(f"file-{ROUTER}")
    line = diff.locator("tr.added", has_text="OrderStatus | None")
    line.get_by_role("button").click(force=True)
    page.get_by_test_id("line-comment-text").fill("Please describe `status`, as `limit` is.")
    page.get_by_test_id("line-comment-queue").click()
    page.get_by_test_id("review-body").fill("One request, see the comment.")
    page.get_by_test_id("review-request-changes").click()
    answer = page.get_by_test_id("review-thread").get_by_text("is described as")
    expect(answer).to_be_visible(timeout=SLOW)


def _approve_and_merge(page: Page) -> None:
    conclusion = page.get_by_test_id("check-checks").get_by_test_id("conclusion")
    expect(conclusion).to_have_text("success", timeout=SLOW)
    page.get_by_test_id("review-approve").click()
    page.get_by_test_id("merge").click()
    expect(page.get_by_test_id("pr-state")).to_have_text("merged", timeout=SLOW)
