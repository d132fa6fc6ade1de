"""The vocabulary: derived names, roll-ups, prices, and values that cannot change."""

import inspect
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pydantic
import pytest

from agent.domain import errors
from agent.domain.conversation import Message, Price, Usage
from agent.domain.event import ButtonPressed, Event, ThreadReplied
from agent.domain.ids import ActorId, TicketKey, branch_name, is_ticket_key, ticket_of_branch
from agent.domain.plan import Plan
from agent.domain.pull_request import CheckRun, ChecksState, checks_state
from agent.domain.value import Value
from tests.fakes.bench import KEY

MODULES = (
    "conversation",
    "event",
    "evidence",
    "plan",
    "progress",
    "pull_request",
    "repository",
    "run",
    "ticket",
)
VALUES = [
    found
    for module in MODULES
    for _, found in inspect.getmembers(import_module(f"agent.domain.{module}"), inspect.isclass)
    if issubclass(found, Value) and found.__module__.endswith(module)
]


@pytest.mark.parametrize(
    ("summary", "branch"),
    [
        ("Orders can be cancelled", "backsmith/PAY-1-orders-can-be-cancelled"),
        ("  Größe & Preis!  ", "backsmith/PAY-1-groe-preis"),
        ("日本", "backsmith/PAY-1-work"),
        ("", "backsmith/PAY-1-work"),
        ("a/../b~^:?*[\\", "backsmith/PAY-1-a-b"),
        ("x" * 60, "backsmith/PAY-1-" + "x" * 40),
        ("y" * 39 + " z", "backsmith/PAY-1-" + "y" * 39),
    ],
)
def test_the_branch_of_a_ticket_has_a_readable_name(summary: str, branch: str) -> None:
    assert branch_name(KEY, summary) == branch


@pytest.mark.parametrize("key", ["PAY-1", "A1_B-987"])
def test_a_branch_finds_its_ticket_again(key: str) -> None:
    assert ticket_of_branch(branch_name(TicketKey(key), "Some work 2")) == key


@pytest.mark.parametrize(
    "branch", ["main", "feature/PAY-1-x", "PAY-1", "backsmith/", "backsmith/x"]
)
def test_a_branch_that_is_not_ours_has_no_ticket(branch: str) -> None:
    assert ticket_of_branch(branch) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PAY-1", True),
        ("A_2-10", True),
        ("pay-1", False),
        ("PAY-1\n", False),
        ("X PAY-1", False),
        ("PAY-", False),
        ("P-1", False),
    ],
)
def test_ticket_keys_are_told_from_other_text(text: str, expected: bool) -> None:
    assert is_ticket_key(text) is expected


PARENTS = {
    errors.TransientError: errors.DeveloperError,
    errors.RateLimitedError: errors.TransientError,
    errors.PermanentError: errors.DeveloperError,
    errors.SettingsError: errors.PermanentError,
    errors.NotFoundError: errors.PermanentError,
    errors.PermissionDeniedError: errors.PermanentError,
    errors.QuotaSpentError: errors.PermanentError,
    errors.ContextOverflowError: errors.PermanentError,
    errors.SandboxUnavailableError: errors.PermanentError,
    errors.NeedsHumanError: errors.DeveloperError,
    errors.ToolError: errors.DeveloperError,
}


def test_every_error_stands_in_the_tree_at_its_place() -> None:
    found = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)} - {timedelta}
    assert found == {*PARENTS, errors.DeveloperError}
    assert {kind: kind.__base__ for kind in PARENTS} == PARENTS


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in PARENTS)


def test_a_rate_limit_says_when_to_come_back() -> None:
    error = errors.RateLimitedError("slow down", timedelta(seconds=30))
    assert (str(error), error.retry_after) == ("slow down", timedelta(seconds=30))


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_is_frozen_and_takes_no_unknown_names(kind: type[Value]) -> None:
    assert (kind.model_config["frozen"], kind.model_config["extra"]) == (True, "forbid")


def test_a_value_cannot_be_changed() -> None:
    message = Message(role="user", content="a")
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        message.content = "b"  # type: ignore[misc]


def test_values_with_the_same_content_are_the_same() -> None:
    assert Message(role="user", content="a") == Message(role="user", content="a")


def test_an_event_comes_back_from_json_as_what_it_was() -> None:
    pressed = ButtonPressed(key=KEY, action="approve", actor=ActorId("slack:U1"))
    replied = ThreadReplied(channel="C1", thread_ts="1.0", actor=ActorId("slack:U1"), text="yes")
    for happening in (pressed, replied):
        event = Event(id="slack:Ev1", happening=happening)
        assert Event.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    ("named", "risks"),
    [
        ({}, ()),
        ({"endpoints": ("GET /a",), "tests": ("t",), "assumptions": ("a",)}, ()),
        ({"migrations": ("m",)}, ("it migrates the database schema",)),
        ({"breaking_changes": ("b",)}, ("it breaks the API for its users",)),
        ({"security_sensitive": ("s",)}, ("it touches authentication or permissions",)),
        ({"new_dependencies": ("d",)}, ("it adds a dependency",)),
    ],
)
def test_a_plan_names_why_a_person_must_approve(
    named: dict[str, tuple[str, ...]], risks: tuple[str, ...]
) -> None:
    assert Plan(summary="s", files=("f",), **named).risks() == risks


def checks(*conclusions: str | None) -> tuple[CheckRun, ...]:
    return tuple(CheckRun(name=f"c{n}", conclusion=c) for n, c in enumerate(conclusions))


@pytest.mark.parametrize(
    ("conclusions", "required", "state"),
    [
        ((), (), ChecksState.NONE),
        ((), ("c0",), ChecksState.PENDING),
        ((None,), (), ChecksState.PENDING),
        (("success", None), (), ChecksState.PENDING),
        (("success", "skipped", "neutral"), (), ChecksState.SUCCESS),
        (("success",), ("c0",), ChecksState.SUCCESS),
        (("success",), ("c0", "c1"), ChecksState.PENDING),
        (("success", "failure"), (), ChecksState.FAILURE),
        ((None, "failure"), ("other",), ChecksState.FAILURE),
        (("cancelled",), (), ChecksState.FAILURE),
        (("timed_out",), (), ChecksState.FAILURE),
        (("action_required",), (), ChecksState.FAILURE),
    ],
)
def test_checks_are_rolled_up_into_one_state(
    conclusions: tuple[str | None, ...], required: tuple[str, ...], state: ChecksState
) -> None:
    assert checks_state(checks(*conclusions), frozenset(required)) is state


def test_cached_tokens_are_paid_at_their_own_price() -> None:
    price = Price(prompt=Decimal("2"), cached=Decimal("0.5"), completion=Decimal("8"))
    usage = Usage(prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=250_000)
    assert price.cost_usd(usage) == Decimal("1.2") + Decimal("0.2") + Decimal("2")


def test_prices_are_exact_for_a_single_token() -> None:
    price = Price(prompt=Decimal("0.1"), cached=Decimal(0), completion=Decimal(0))
    assert price.cost_usd(Usage(prompt_tokens=1)) == Decimal("0.0000001")
