import gzip
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from agent.domain.errors import PermanentError
from agent.domain.event import ChecksChanged, Event, Happening, PullRequestChanged
from agent.domain.ids import ActorId
from integrations.github.events import parse, verify
from tests.fakes.specs import find_spec

SAMPLES = Path(__file__).parents[1] / "samples" / "github"
REPOSITORY = "Codertocat/Hello-World"
ACTOR = ActorId("github:21031067")
SHARED = "not a real secret"


def sample(case: str) -> Event | None:
    headers = json.loads((SAMPLES / case / "headers.json").read_text())
    return parse(headers, (SAMPLES / case / "body.json").read_bytes())


def pull_request(action: str) -> PullRequestChanged:
    return PullRequestChanged(
        repository=REPOSITORY, branch="changes", number=2, action=action, actor=ACTOR
    )


def checks(branch: str) -> ChecksChanged:
    return ChecksChanged(repository=REPOSITORY, branch=branch, actor=ACTOR)


def read(event: str, **payload: object) -> Happening | None:
    known = {"sender": {"id": 7}, "repository": {"full_name": "acme/shop"}}
    found = parse({"X-GitHub-Event": event}, json.dumps(known | payload).encode())
    return found.happening if found else None


def signed(content: bytes, secret: str = SHARED) -> dict[str, str]:
    digest = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


@pytest.mark.parametrize(
    ("case", "happening"),
    [
        ("pull_request_opened", pull_request("opened")),
        ("pull_request_closed", pull_request("closed")),
        ("pull_request_review_submitted", pull_request("reviewed")),
        ("pull_request_review_comment_created", pull_request("commented")),
        ("check_run_completed", checks("changes")),
        ("check_suite_completed", checks("changes")),
        ("status_on_three_branches", checks("master")),
    ],
)
def test_an_example_of_github_says_what_happened(case: str, happening: Happening) -> None:
    event = sample(case)
    assert event is not None
    assert event.happening == happening


@pytest.mark.parametrize("case", ["issue_comment_on_issue", "push_of_tag"])
def test_what_is_not_about_our_work_is_of_no_concern(case: str) -> None:
    assert sample(case) is None


def test_an_event_bears_the_delivery_id() -> None:
    event = sample("pull_request_opened")
    assert event is not None
    assert event.id == "github:72d3162e-cc78-11e3-81ab-4c9367dc0002"


def test_a_closed_pull_request_that_was_merged_is_merged() -> None:
    head = {"ref": "b", "repo": {"full_name": "acme/shop"}}
    pull = {"number": 1, "head": head, "merged": True}
    happening = read("pull_request", action="closed", pull_request=pull)
    assert isinstance(happening, PullRequestChanged)
    assert happening.action == "merged"


def test_a_pull_request_from_a_fork_is_of_no_concern() -> None:
    head = {"ref": "backsmith/PAY-1-x", "repo": {"full_name": "evil/shop"}}
    assert read("pull_request", action="opened", pull_request={"number": 1, "head": head}) is None


def test_a_comment_in_the_conversation_has_no_branch() -> None:
    happening = read("issue_comment", action="created", issue={"number": 3, "pull_request": {}})
    assert happening == PullRequestChanged(
        repository="acme/shop", branch="", number=3, action="commented", actor=ActorId("github:7")
    )


def test_a_push_to_one_of_our_branches_counts() -> None:
    happening = read("push", ref="refs/heads/backsmith/PAY-1-refund")
    assert isinstance(happening, PullRequestChanged)
    assert (happening.branch, happening.action) == ("backsmith/PAY-1-refund", "pushed")


def test_a_push_to_another_branch_is_of_no_concern() -> None:
    assert read("push", ref="refs/heads/main") is None


def test_a_status_is_about_our_branch_where_there_are_several() -> None:
    happening = read("status", branches=[{"name": "main"}, {"name": "backsmith/PAY-1-refund"}])
    assert isinstance(happening, ChecksChanged)
    assert happening.branch == "backsmith/PAY-1-refund"


def test_a_check_without_a_branch_is_of_no_concern() -> None:
    run = {"check_suite": {"head_branch": None}}
    assert read("check_run", action="completed", check_run=run) is None


@pytest.mark.parametrize("content", [b"null", b"[]", b"7", b'{"sender": [], "repository": 4}'])
@pytest.mark.parametrize("event", ["pull_request", "status", "push", "check_run", "star", ""])
def test_json_of_another_shape_is_of_no_concern(event: str, content: bytes) -> None:
    assert parse({"X-GitHub-Event": event}, content) is None


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("pull_request", {"pull_request": [1]}),
        ("pull_request", {"pull_request": {"number": 1, "head": None}}),
        ("issue_comment", {"issue": {"pull_request": {}, "number": "x"}}),
        ("push", {"ref": None}),
        ("status", {"branches": {"name": "x"}}),
        ("status", {"branches": [None, {}, {"name": 4}]}),
        ("check_run", {"action": "completed", "check_run": "x"}),
    ],
)
def test_a_known_event_of_odd_shape_is_of_no_concern(
    event: str, payload: dict[str, object]
) -> None:
    assert read(event, **payload) is None


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(PermanentError):
        parse({"X-GitHub-Event": "push"}, b"payload=%7B%7D")


def test_a_right_signature_verifies() -> None:
    assert verify(signed(b"body"), b"body", SHARED)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Hub-Signature-256": "sha256=é"}, signed(b"body", "other"), signed(b"other")],
)
def test_a_missing_or_wrong_signature_does_not_verify(headers: dict[str, str]) -> None:
    assert not verify(headers, b"body", SHARED)


def test_an_empty_secret_verifies_nothing() -> None:
    assert not verify(signed(b"body", ""), b"body", "")


def test_every_example_of_github_is_parsed_without_an_error() -> None:
    with gzip.open(find_spec("github-webhooks-examples.json.gz")) as file:
        groups = json.load(file)
    deliveries = [(each["name"], body) for each in groups for body in each["examples"]]
    events = [
        parse({"X-GitHub-Event": name}, json.dumps(body).encode()) for name, body in deliveries
    ]
    assert len(events) == 329
    assert sum(event is not None for event in events) > 40
