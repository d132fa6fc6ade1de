"""From settings to adapters: the one place where ports get their implementations."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from agent.desk import Desk
from agent.domain.conversation import Price
from agent.domain.errors import SandboxUnavailableError, SettingsError
from agent.domain.repository import Repository
from agent.own_secrets import OwnSecrets
from agent.ports import Artifacts, Ledger, Workspace
from integrations.artifacts.artifacts import FsspecArtifacts, StoredBundles
from integrations.git.workspace import GitWorkspace
from integrations.github.connection import GitHubConnection
from integrations.github.host import GitHubHost
from integrations.jira.connection import JiraConnection
from integrations.jira.tracker import JiraTracker
from integrations.ledger.ledger import SqlLedger, open_ledger
from integrations.openai.dialect import ModelOptions
from integrations.openai.model import OpenAIConnection, OpenAIModel
from integrations.openai.prices import price_of
from integrations.sandbox.bubblewrap import BubblewrapSandbox
from integrations.sandbox.environments import Environments
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from integrations.slack.chat import SlackChat
from integrations.slack.connection import SlackConnection
from workflows.settings import Settings

AnySandbox = BubblewrapSandbox | UnsandboxedSandbox
UNSANDBOXED_NOTICE = "This code was run without a sandbox: somebody switched it off on purpose."
FREE_MODELS = frozenset({"recorded"})
"""Models that cost nothing by their nature: answers that were recorded before."""


def secret(value: SecretStr | None) -> str | None:
    """Return what a secret hides."""
    return value.get_secret_value() if value else None


def own_secrets(settings: Settings) -> OwnSecrets:
    """Return what this process must never write anywhere, by the names of the settings."""
    found = [
        (name.upper(), value.get_secret_value())
        for name, value in settings
        if isinstance(value, SecretStr)
    ]
    if settings.github_app_private_key_path:
        key = _read_key(settings.github_app_private_key_path)
        found.append(("GITHUB_APP_PRIVATE_KEY_PATH", key))
    for name in ("backsmith_database_url", "backsmith_artifacts_url", "openai_base_url"):
        login = urlsplit(getattr(settings, name) or "").password
        found += [(name.upper(), unquote(login))] if login else []
    return OwnSecrets(found)


def build_ledger(settings: Settings) -> SqlLedger:
    """Open the ledger; its tables are brought up to date."""
    try:
        settings.backsmith_home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"BACKSMITH_HOME (environment): {settings.backsmith_home} cannot be used "
            f"({error.strerror}); name a folder that can be written to"
        ) from error
    return open_ledger(settings.database_url)


def build_artifacts(settings: Settings) -> FsspecArtifacts:
    """Open the store of large files."""
    return FsspecArtifacts(settings.artifacts_url)


def build_sandbox(settings: Settings) -> AnySandbox:
    """Return the sandbox. Raises SandboxUnavailableError where code cannot be run safely."""
    environments = Environments(settings.cache)
    if settings.runs_unsandboxed:
        return UnsandboxedSandbox(settings.backsmith_home, environments=environments)
    if settings.sandbox_mode == "none":
        raise SandboxUnavailableError(
            "SANDBOX_MODE=none runs foreign code without a sandbox; if that is what you want, "
            "also set I_ACCEPT_UNSANDBOXED_EXECUTION=yes (environment)"
        )
    sandbox = BubblewrapSandbox(settings.backsmith_home, environments=environments)
    sandbox.check()
    return sandbox


def build_workspace(
    home: Path,
    sandbox: AnySandbox,
    artifacts: FsspecArtifacts,
    credentials: Callable[[Repository], Mapping[str, str] | None],
) -> GitWorkspace:
    """Return the workspace below `home`."""
    bundles = StoredBundles(artifacts)
    return GitWorkspace(home, credentials=credentials, sandbox=sandbox, bundles=bundles)


def build_model(settings: Settings) -> OpenAIModel:
    """Return the model endpoint. Raises SettingsError when none is named."""
    settings.require_model()
    return model_client(settings)


def model_client(settings: Settings) -> OpenAIModel:
    """Return a client of the model endpoint, also where none is named: it counts tokens."""
    return OpenAIModel(
        OpenAIConnection(
            api_key=secret(settings.openai_api_key) or "none",
            base_url=settings.openai_base_url,
            models={
                name: ModelOptions(**section.model_dump())
                for name, section in settings.models.items()
            },
        )
    )


def build_prices(settings: Settings) -> dict[str, Price]:
    """Return the prices of the configured models. Raises SettingsError that names an unknown one.

    A model that is free by its nature is left out.
    """
    overrides = settings.price_overrides()
    found = {name: price_of(name, overrides) for name in settings.model_names()}
    for name, price in found.items():
        if price is None and name not in FREE_MODELS:
            raise SettingsError(
                f'no price is known for the model {name}: add [prices."{name}"] with prompt, '
                "cached and completion (US dollars per million tokens; 0 if it is free) to "
                "backsmith.toml"
            )
    return {name: price for name, price in found.items() if price}


def build_desk(
    settings: Settings,
    ledger: Ledger,
    artifacts: Artifacts,
    workspace: Workspace,
    sandbox: AnySandbox,
) -> Desk:
    """Return what a developer at work reaches for."""
    return Desk(
        ledger=ledger,
        artifacts=artifacts,
        workspace=workspace,
        sandbox=sandbox,
        model=build_model(settings),
        prices=build_prices(settings),
        own_secrets=own_secrets(settings),
    )


def build_tracker(settings: Settings) -> JiraTracker:
    """Return the ticket tracker."""
    settings.require_jira()
    return JiraTracker(
        JiraConnection(
            url=settings.jira_url or "",
            email=settings.jira_email,
            api_token=secret(settings.jira_api_token),
            pat=secret(settings.jira_pat),
            api_version=settings.jira_api_version,
        )
    )


def build_host(settings: Settings) -> GitHubHost:
    """Return the code host."""
    settings.require_github()
    key = secret(settings.github_app_private_key)
    if key is None and settings.github_app_private_key_path:
        key = _read_key(settings.github_app_private_key_path)
    return GitHubHost(
        GitHubConnection(
            api_url=settings.github_api_url,
            git_url=settings.github_git_url,
            token=secret(settings.github_token),
            app_id=str(settings.github_app_id) if settings.github_app_id else None,
            app_private_key=key,
            installation_id=settings.github_app_installation_id,
            request_spacing_seconds=settings.github_request_spacing,
        )
    )


def _read_key(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(
            f"GITHUB_APP_PRIVATE_KEY_PATH (environment): {path} cannot be read ({error.strerror})"
        ) from error


def build_chat(settings: Settings, ledger: Ledger) -> SlackChat:
    """Return the chat."""
    settings.require_slack()
    return SlackChat(slack_connection(settings), ledger)


def slack_connection(settings: Settings) -> SlackConnection:
    """Return how Slack is reached."""
    return SlackConnection(
        bot_token=secret(settings.slack_bot_token) or "",
        channel=settings.slack_channel or "",
        api_url=settings.slack_api_url,
    )
