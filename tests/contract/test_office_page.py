"""The office's page shows all three tools live, and does what a person asks for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from playwright.sync_api import Page as Tab

from office.building import Office
from office.furnish import CHANNEL, furnish
from office.people import BOT, ENGINEER, LEAD
from tests.contract.office_team import Team, tiny_team

BROWSER = shutil.which("chromium") or "/usr/bin/chromium"
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PLAN = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Plan* for &lt;SHOP-7&gt;"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "backsmith:approve",
                "text": {"type": "plain_text", "text": "Approve"},
            }
        ],
    },
]
HOSTILE = '<img src=x onerror="document.title = 1"><b>bold</b> [a](javascript:alert(1))'


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with Office(folder / "repositories", folder / "cache") as made:
        furnish(made)
        yield made


@pytest.fixture(scope="module")
def client(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.origins["page"], timeout=20) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(BROWSER).exists():
        reason = "no Chromium here: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=BROWSER, args=list(BROWSER_OPTIONS), headless=True
        )
        yield made
        made.close()


@pytest.fixture(scope="module")
def tab(office: Office, browser: Browser) -> Tab:
    made = browser.new_page(viewport={"width": 1600, "height": 1000})
    made.goto(office.origins["page"])
    return made


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with tiny_team(tmp_path) as made:
        yield made


def ticket(client: httpx.Client, key: str) -> dict[str, Any]:
    projects = client.get("/state").json()["board"]["projects"]
    (found,) = [
        each
        for project in projects
        for column in project["columns"]
        for each in column["tickets"]
        if each["key"] == key
    ]
    return dict(found)


def channel(client: httpx.Client) -> dict[str, Any]:
    return dict(client.get("/state").json()["chat"]["channels"][0])


def post_plan(office: Office) -> tuple[str, str]:
    """Post a message with a button as the bot does; return channel and ts."""
    answer = httpx.post(
        f"{office.origins['slack']}/api/chat.postMessage",
        headers={"Authorization": f"Bearer {office.slack.bot_token}"},
        json={"channel": f"#{CHANNEL}", "text": "Plan", "blocks": PLAN},
    ).json()
    return answer["channel"], answer["ts"]


def test_state_shows_boards_repositories_channel_and_people(client: httpx.Client) -> None:
    state = client.get("/state").json()
    assert [project["key"] for project in state["board"]["projects"]] == ["SHOP", "CARE"]
    names = [repository["full_name"] for repository in state["code"]["repositories"]]
    assert names == ["acme/shop", "acme/clinic"]
    assert [each["name"] for each in state["chat"]["channels"]] == [CHANNEL]
    assert [each["name"] for each in state["people"] if each["plays"]] == [
        LEAD.name,
        ENGINEER.name,
    ]


def test_furnished_tickets_carry_what_their_files_say(client: httpx.Client) -> None:
    shop = ticket(client, "SHOP-7")
    assert shop["labels"] == ["backend", "api-break"]
    assert (shop["reporter"], shop["story_points"]) == (LEAD.name, 3)
    assert "`limit` (1 to 100, 20 if left out)" in shop["description"]
    assert ticket(client, "SHOP-9")["reporter"] == ENGINEER.name


def test_page_allows_no_script_but_its_own(client: httpx.Client) -> None:
    answer = client.get("/")
    assert "<title>The office</title>" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert client.get("/static/main.js").status_code == 200


def test_page_comes_with_its_first_state_and_no_foreign_markup(client: httpx.Client) -> None:
    client.post("/do/comment-ticket", json={"key": "SHOP-9", "text": "</script><b>"})
    text = client.get("/").text
    data = text.split('id="state">')[1].split("</script>")[0]
    assert json.loads(data) == client.get("/state").json()


def test_ticket_is_assigned_commented_and_unassigned(client: httpx.Client) -> None:
    assert client.post("/do/assign", json={"key": "SHOP-8", "to": BOT.login}).json() == {"ok": True}
    client.post(
        "/do/comment-ticket",
        json={"person": ENGINEER.login, "key": "SHOP-8", "text": "Please look at **this**."},
    )
    card = ticket(client, "SHOP-8")
    assert card["assignee"] == BOT.name
    assert [(c["author"], c["text"]) for c in card["comments"]] == [
        (ENGINEER.name, "Please look at **this**.")
    ]
    client.post("/do/assign", json={"key": "SHOP-8", "to": None})
    assert ticket(client, "SHOP-8")["assignee"] is None


def test_message_and_reply_are_written_in_the_channel(client: httpx.Client) -> None:
    room = channel(client)["id"]
    client.post("/do/say", json={"channel": room, "text": "Good morning"})
    first = channel(client)["messages"][-1]
    client.post(
        "/do/say",
        json={
            "person": ENGINEER.login,
            "channel": room,
            "text": "Hello",
            "thread_ts": first["ts"],
        },
    )
    (reply,) = channel(client)["messages"][-1]["replies"]
    assert (first["author"], first["text"]) == (LEAD.name, "Good morning")
    assert (reply["author"], reply["text"]) == (ENGINEER.name, "Hello")


def test_button_is_pressed_by_the_person_who_acts(office: Office, client: httpx.Client) -> None:
    room, ts = post_plan(office)
    body = {"channel": room, "ts": ts, "action_id": "backsmith:approve"}
    assert client.post("/do/press", json=body).json() == {"ok": True}
    presses = [c.data for c in office.feed.changes if (c.source, c.kind) == ("slack", "press")]
    assert (presses[-1]["ts"], presses[-1]["by"]) == (ts, LEAD.name)


@pytest.mark.parametrize(
    ("action", "body", "status", "words"),
    [
        ("dance", {}, 422, "no action 'dance'"),
        ("assign", {"key": "SHOP-7"}, 400, "to: Field required"),
        ("assign", {"key": "SHOP-7", "to": "nobody"}, 422, "the login nobody"),
        ("assign", {"key": "SHOP-99", "to": None}, 422, "Jira: Issue does not exist"),
        ("move-ticket", {"key": "SHOP-10", "to": "Done"}, 422, "does not allow a transition"),
        ("comment-ticket", {"key": "SHOP-7", "text": ""}, 400, "text: String should have"),
        ("merge", {"repository": "acme/shop", "number": 9}, 422, "GitHub: Not Found"),
        ("press", {"channel": "#x", "ts": "1", "action_id": "y"}, 422, "channel not found"),
        ("say", [], 400, "valid dictionary"),
    ],
)
def test_refusal_is_told_in_plain_words(
    client: httpx.Client, action: str, body: Any, status: int, words: str
) -> None:
    answer = client.post(f"/do/{action}", json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_form_of_a_foreign_site_is_refused(client: httpx.Client) -> None:
    body = json.dumps({"key": "SHOP-7", "to": None})
    plain = client.post("/do/assign", content=body, headers={"Content-Type": "text/plain"})
    broken = client.post("/do/assign", content=b"{", headers={"Content-Type": "application/json"})
    assert [plain.status_code, broken.status_code] == [400, 400]


def test_each_change_is_sent_to_who_listens(client: httpx.Client) -> None:
    with client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        next(line for line in lines if line == "event: hello")
        client.post("/do/comment-ticket", json={"key": "CARE-4", "text": "Hello"})
        said = next(line for line in lines if "jira" in line)
    assert json.loads(said.removeprefix("data: ")) == {"source": "jira", "kind": "comment"}


def test_ticket_assigned_in_the_browser_moves_live(office: Office, tab: Tab) -> None:
    card = tab.get_by_test_id("column-To Do").get_by_test_id("ticket-CARE-3")
    card.locator("summary").first.click()
    card.get_by_test_id("assign").click()
    expect(card.get_by_test_id("assignee")).to_have_text(BOT.name)
    office.call(lambda: office.jira.transition("CARE-3", "In Progress", BOT))
    moved = tab.get_by_test_id("column-In Progress").get_by_test_id("ticket-CARE-3")
    expect(moved).to_be_visible()
    expect(moved.get_by_test_id("unassign")).to_be_visible()
    expect(card).to_have_count(0)


def test_half_written_text_survives_a_change(office: Office, tab: Tab) -> None:
    box = tab.get_by_test_id("channel-text")
    box.fill("half a sen")
    room = next(iter(office.slack.channels))
    office.call(lambda: office.slack.say(room, "Somebody else speaks", ENGINEER))
    expect(tab.get_by_test_id("chat")).to_contain_text("Somebody else speaks")
    expect(box).to_be_focused()
    expect(box).to_have_value("half a sen")
    box.fill("")


def test_pressed_button_reaches_slack(office: Office, tab: Tab) -> None:
    _, ts = post_plan(office)
    message = tab.locator(f'[data-ts="{ts}"]')
    expect(message).to_contain_text("Plan for <SHOP-7>")
    before = len(office.feed.changes)
    with tab.expect_response("**/do/press"):
        message.get_by_test_id("slack-action-backsmith:approve").click()
    presses = [change.data["ts"] for change in office.feed.changes[before:]]
    assert presses == [ts]


def test_foreign_text_stays_text(office: Office, tab: Tab) -> None:
    office.call(lambda: office.jira.comment("SHOP-10", HOSTILE, ENGINEER))
    room = next(iter(office.slack.channels))
    office.call(lambda: office.slack.say(room, HOSTILE, ENGINEER))
    expect(tab.get_by_test_id("chat")).to_contain_text("<b>bold</b>")
    expect(tab.get_by_test_id("ticket-SHOP-10")).to_contain_text("<b>bold</b>")
    expect(tab).to_have_title("The office")
    assert tab.locator("img, [href^='javascript:']").count() == 0


def test_refusal_is_shown_on_the_page(tab: Tab) -> None:
    card = tab.get_by_test_id("ticket-SHOP-10")
    card.locator("summary").first.click()
    card.get_by_label("Column for SHOP-10").select_option("Done")
    card.get_by_role("button", name="Move").click()
    expect(tab.get_by_test_id("problem")).to_contain_text("does not allow a transition")
    tab.get_by_label("Dismiss the message").click()
    expect(tab.get_by_test_id("problem")).to_be_hidden()


def test_pull_request_is_reviewed_line_by_line_and_merged(team: Team, browser: Browser) -> None:
    team.push("app.py", "def one() -> int:\n    return 2\n")
    team.open_pull()
    tab = browser.new_page()
    tab.goto(team.office.origins["page"])
    expect(tab.get_by_test_id("pr-state")).to_have_text("ready")
    expect(tab.get_by_test_id("check-checks").get_by_test_id("conclusion")).to_have_text("success")

    tab.get_by_test_id("line-comment-app.py-2").click()
    expect(tab.get_by_test_id("line-comment-text")).to_be_focused()
    tab.keyboard.type("Why two?")
    tab.get_by_test_id("line-comment-queue").click()
    expect(tab.get_by_test_id("code")).to_contain_text("Part of your review, not sent yet")
    tab.get_by_test_id("review-body").fill("Not yet.")
    tab.get_by_test_id("review-request-changes").click()
    expect(tab.get_by_test_id("review")).to_contain_text("asked for changes")
    expect(tab.get_by_test_id("review-thread")).to_contain_text("Why two?")
    expect(tab.get_by_test_id("review-body")).to_have_value("")
    assert team.pull()["threads"][0]["line"] == 2

    tab.get_by_test_id("merge").click()
    expect(tab.get_by_test_id("problem")).to_contain_text("Changes have been requested")
    tab.get_by_test_id("thread-reply-text").fill("I like two.")
    tab.get_by_test_id("thread-reply-send").click()
    expect(tab.get_by_test_id("review-thread")).to_contain_text("I like two.")
    tab.get_by_test_id("review-approve").click()
    expect(tab.get_by_test_id("review").last).to_contain_text("approved")
    tab.get_by_test_id("merge").click()
    expect(tab.get_by_test_id("pr-state")).to_have_text("merged")
    expect(tab.get_by_test_id("problem")).to_be_hidden()
    assert team.pull()["merged"]
    tab.close()
