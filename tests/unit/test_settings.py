"""Where settings come from, and what a person reads when one is missing or wrong."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agent.domain.errors import SettingsError
from agent.domain.repository import Repository
from workflows.settings import Settings, load_settings
from workflows.wiring import build_prices, build_sandbox

CANARY = "canary-5ec7e7"
SECRETS = (
    "JIRA_API_TOKEN",
    "JIRA_PAT",
    "JIRA_WEBHOOK_SECRET",
    "GITHUB_TOKEN",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_WEBHOOK_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "OPENAI_API_KEY",
)
_OURS = ("JIRA_", "GITHUB_", "SLACK_", "OPENAI_", "BACKSMITH_", "SANDBOX_", "I_ACCEPT_")

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a loader of settings from this file and this environment, and from nothing else."""

    def load_(file: str = "", **environment: str) -> Settings:
        for name in [name for name in os.environ if name.startswith(_OURS)]:
            monkeypatch.delenv(name)
        (tmp_path / "backsmith.toml").write_text(file, "utf-8")
        monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
        monkeypatch.setenv("BACKSMITH_HOME", str(tmp_path / "home"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return load_


def test_the_file_sets_what_the_environment_does_not(load: Load) -> None:
    settings = load("[flow]\nbudget_usd = 2.5\n\n[people]\nreviewers = ['lead']\n")
    assert settings.flow.budget_usd == Decimal("2.5")
    assert settings.people.reviewers == ("lead",)


def test_what_belongs_into_the_environment_is_refused_in_the_file(load: Load) -> None:
    with pytest.raises(SettingsError, match="slack_channel belongs into the environment"):
        load("slack_channel = '#of-the-file'\n", SLACK_CHANNEL="#of-the-environment")


def test_an_empty_variable_counts_as_not_set(load: Load) -> None:
    assert load(BACKSMITH_PORT="", JIRA_URL="").backsmith_port == 8080


def test_without_a_named_file_the_one_in_the_current_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backsmith.toml").write_text("[flow]\nremind_hours = 7\n")
    monkeypatch.delenv("BACKSMITH_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert load_settings().flow.remind_hours == 7


def test_a_named_file_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(SettingsError, match=r"BACKSMITH_CONFIG names .*nowhere\.toml, and there"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("BACKSMITH_PORT", "http", r"BACKSMITH_PORT \(environment\): .*integer"),
        ("JIRA_API_VERSION", "4", r"JIRA_API_VERSION \(environment\): .*'2' or '3'"),
        ("SANDBOX_MODE", "off", r"SANDBOX_MODE \(environment\): .*'auto' or 'none'"),
        ("GITHUB_APP_ID", "my-app", r"GITHUB_APP_ID \(environment\): .*integer"),
    ],
)
def test_a_wrong_variable_is_named_with_its_place_and_what_it_should_be(
    load: Load, name: str, value: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        load(**{name: value})


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("[flow]\npoll_seconds = 'often'\n", r"flow\.poll_seconds \(backsmith\.toml\): .*integer"),
        ("[flow]\npoll_seconds = 0\n", r"flow\.poll_seconds \(backsmith\.toml\): .*greater than"),
        ("[flow]\napproval = 'maybe'\n", r"flow\.approval \(backsmith\.toml\): .*'risky'"),
        ("[flow]\nbudget = 5\n", r"flow\.budget \(backsmith\.toml\): Extra inputs"),
        ("[people]\nbosses = []\n", r"people\.bosses \(backsmith\.toml\): Extra inputs"),
        ("[[repositories]]\n", r"repositories\.0\.name \(backsmith\.toml\): Field required"),
        (
            "[[repositories]]\nname = 'a/b'\n\n[[repositories]]\nname = 7\n",
            r"repositories\.1\.name \(backsmith\.toml\): .*string",
        ),
        ("[prices.x]\nprompt = 1\n", r"prices\.x\.cached \(backsmith\.toml\): Field required"),
    ],
)
def test_a_wrong_entry_of_the_file_is_named_with_its_place_and_what_it_should_be(
    load: Load, file: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        load(file)


def test_all_wrong_settings_are_named_at_once(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"(?s)BACKSMITH_PORT.*flow\.remind_hours"):
        load("[flow]\nremind_hours = 0\n", BACKSMITH_PORT="x")


def test_a_broken_file_is_named_with_the_line(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"backsmith\.toml: .*line 2"):
        load("[flow]\nbudget_usd = = 5\n")


@pytest.mark.parametrize(
    ("check", "given", "problem"),
    [
        (Settings.require_jira, {}, "JIRA_URL is not set: the address of your site"),
        (Settings.require_jira, {"JIRA_URL": "http://j"}, "JIRA_API_TOKEN is not set: an API tok"),
        (Settings.require_github, {}, "GITHUB_TOKEN is not set: a token of Backsmith's GitHub"),
        (
            Settings.require_github,
            {"GITHUB_APP_ID": "1"},
            "GITHUB_APP_INSTALLATION_ID is not set: the number in the address",
        ),
        (
            Settings.require_github,
            {"GITHUB_APP_ID": "1", "GITHUB_APP_INSTALLATION_ID": "2"},
            "GITHUB_APP_PRIVATE_KEY is not set: the App's private key",
        ),
        (Settings.require_slack, {}, "SLACK_BOT_TOKEN is not set: the bot token"),
        (Settings.require_slack, {"SLACK_BOT_TOKEN": "x"}, "SLACK_CHANNEL is not set: the channel"),
        (Settings.require_model, {}, "BACKSMITH_MODEL is not set: the model's name"),
        (Settings.require_model, {"BACKSMITH_MODEL": "m"}, "OPENAI_API_KEY is not set: a key of"),
        (Settings.require_repositories, {}, r"add a \[\[repositories\]\] entry with a name"),
    ],
)
def test_what_is_missing_is_named_with_the_fix(
    load: Load, check: Callable[[Settings], None], given: dict[str, str], problem: str
) -> None:
    settings = load(**given)
    with pytest.raises(SettingsError, match=problem):
        check(settings)


def test_all_missing_settings_of_a_vendor_are_named_at_once(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"JIRA_EMAIL .*JIRA_API_TOKEN .*\(environment\)"):
        load(JIRA_URL="https://jira.example.com").require_jira()


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (
            Settings.require_jira,
            {"JIRA_URL": "http://j", "JIRA_EMAIL": "a@b", "JIRA_API_TOKEN": "t"},
        ),
        (Settings.require_jira, {"JIRA_URL": "http://j", "JIRA_PAT": "t"}),
        (Settings.require_github, {"GITHUB_TOKEN": "t"}),
        (
            Settings.require_github,
            {
                "GITHUB_APP_ID": "1",
                "GITHUB_APP_INSTALLATION_ID": "2",
                "GITHUB_APP_PRIVATE_KEY_PATH": "/key.pem",
            },
        ),
        (Settings.require_slack, {"SLACK_BOT_TOKEN": "t", "SLACK_CHANNEL": "#c"}),
        (Settings.require_model, {"BACKSMITH_MODEL": "m", "OPENAI_API_KEY": "t"}),
        (Settings.require_model, {"BACKSMITH_MODEL": "m", "OPENAI_BASE_URL": "http://m/v1"}),
    ],
)
def test_each_way_to_sign_in_is_enough(
    load: Load, check: Callable[[Settings], None], given: dict[str, str]
) -> None:
    check(load(**given))


def test_no_secret_is_shown(load: Load) -> None:
    settings = load(**dict.fromkeys(SECRETS, CANARY))
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert CANARY not in shown


def test_no_secret_gets_into_a_message(load: Load) -> None:
    wrong = dict.fromkeys(SECRETS, CANARY) | {"BACKSMITH_PORT": "x"}
    with pytest.raises(SettingsError) as caught:
        load(**wrong)
    assert CANARY not in str(caught.value)


def test_the_home_holds_what_has_no_place_of_its_own(load: Load, tmp_path: Path) -> None:
    settings, home = load(), tmp_path / "home"
    assert settings.database_url == f"sqlite:///{home}/ledger.sqlite"
    assert settings.artifacts_url == f"file://{home}/artifacts"
    assert settings.cache == home


def test_the_name_of_the_jira_site_is_its_host(load: Load) -> None:
    assert load(JIRA_URL="https://acme.atlassian.net/jira").site == "acme.atlassian.net"
    assert load().site == "local"


def test_a_repository_without_an_address_is_on_the_code_host(load: Load) -> None:
    file = "[[repositories]]\nname = 'acme/shop'\nprojects = ['SHOP']\n"
    settings = load(file, GITHUB_GIT_URL="https://git.example.com/")
    repository = settings.catalogue().entries[0].repository
    assert repository == Repository(
        name="acme/shop", git_url="https://git.example.com/acme/shop.git", default_branch="main"
    )


def test_a_repository_may_have_reviewers_of_its_own(load: Load) -> None:
    file = (
        "[people]\nreviewers = ['lead']\n"
        "[[repositories]]\nname = 'a/b'\n"
        "[[repositories]]\nname = 'a/c'\nreviewers = []\n"
    )
    entries = load(file).catalogue().entries
    assert [entry.policy.reviewers for entry in entries] == [("lead",), ()]


def test_the_policy_is_what_the_flow_says(load: Load) -> None:
    settings = load("[flow]\napproval = 'always'\nbudget_usd = 3\n", BACKSMITH_MODEL="gpt-5")
    policy = settings.policy(("lead",))
    assert (policy.model, policy.approval, policy.budget_usd) == ("gpt-5", "always", Decimal(3))


def test_a_known_model_has_a_price(load: Load) -> None:
    assert build_prices(load(BACKSMITH_MODEL="gpt-5"))["gpt-5"].prompt == Decimal("1.25")


def test_the_files_price_comes_before_the_known_one(load: Load) -> None:
    file = "[prices.gpt-5]\nprompt = 9\ncached = 0\ncompletion = 0\n"
    assert build_prices(load(file, BACKSMITH_MODEL="gpt-5"))["gpt-5"].prompt == Decimal(9)


def test_a_model_without_a_price_stops_with_the_fix(load: Load) -> None:
    with pytest.raises(
        SettingsError, match=r'model mine: add \[prices\."mine"\] .*0 if it is free'
    ):
        build_prices(load(BACKSMITH_MODEL="mine"))


@pytest.mark.parametrize("accepted", ["", "no", "true"])
def test_running_without_a_sandbox_must_be_said_twice(load: Load, accepted: str) -> None:
    settings = load(SANDBOX_MODE="none", I_ACCEPT_UNSANDBOXED_EXECUTION=accepted)
    assert not settings.runs_unsandboxed
    with pytest.raises(Exception, match="also set I_ACCEPT_UNSANDBOXED_EXECUTION=yes"):
        build_sandbox(settings)


def test_running_without_a_sandbox_can_be_said_twice(load: Load) -> None:
    assert load(SANDBOX_MODE="none", I_ACCEPT_UNSANDBOXED_EXECUTION="yes").runs_unsandboxed
