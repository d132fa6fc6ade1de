"""All settings, from the environment and `backsmith.toml`, read once by the roots."""

import os
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from agent.domain.conversation import Price
from agent.domain.errors import SettingsError
from agent.domain.ids import ActorId
from agent.domain.repository import Repository
from workflows.catalogue import ConfiguredCatalogue, RepositoryEntry
from workflows.gateway import People
from workflows.sections import (
    SECTIONS,
    FlowSection,
    ModelSection,
    PeopleSection,
    PriceSection,
    RepositorySection,
    StagesSection,
)
from workflows.state import Policy

FILE_NAME = "backsmith.toml"


class _Environment(EnvSettingsSource):
    """The environment without the names of the file's sections, which mean other things there."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {k: v for k, v in super()._load_env_vars().items() if k.lower() not in SECTIONS}


class _File(TomlConfigSettingsSource):
    """The file with nothing but its sections: a secret in it would get into version control."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        found = super()._read_file(file_path)
        for name in found.keys() - SECTIONS:
            if name in Settings.model_fields:
                raise ValueError(f"{name} belongs into the environment, as {name.upper()}")
            known = ", ".join(sorted(SECTIONS))
            raise ValueError(f"there is no section {name!r}; there are {known}")
        return found


class Settings(BaseSettings):
    """Secrets come from the environment only; `require_*` names what is missing."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    jira_url: str | None = None
    jira_email: str | None = None
    jira_api_token: SecretStr | None = None
    jira_pat: SecretStr | None = None
    jira_api_version: Literal["2", "3"] = "3"
    jira_webhook_secret: SecretStr | None = None
    github_api_url: str = "https://api.github.com"
    github_git_url: str = "https://github.com"
    github_token: SecretStr | None = None
    github_app_id: int | None = None
    github_app_private_key: SecretStr | None = None
    github_app_private_key_path: Path | None = None
    github_app_installation_id: int | None = None
    github_webhook_secret: SecretStr | None = None
    github_request_spacing: float = 1.0
    slack_api_url: str = "https://slack.com/api/"
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_channel: str | None = None
    openai_base_url: str | None = None
    openai_api_key: SecretStr | None = None
    backsmith_model: str | None = None
    backsmith_home: Path = Field(default_factory=lambda: Path.home() / ".backsmith")
    backsmith_cache: Path | None = None
    backsmith_database_url: str | None = None
    backsmith_artifacts_url: str | None = None
    backsmith_health_port: int | None = None
    backsmith_port: int = 8080
    backsmith_host: str = "127.0.0.1"
    sandbox_mode: Literal["auto", "none"] = "auto"
    i_accept_unsandboxed_execution: str = ""

    repositories: tuple[RepositorySection, ...] = ()
    people: PeopleSection = PeopleSection()
    flow: FlowSection = FlowSection()
    prices: dict[str, PriceSection] = Field(default_factory=dict)
    models: dict[str, ModelSection] = Field(default_factory=dict)
    stages: StagesSection = StagesSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - their signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - their signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment first, then the configuration file."""
        del env_settings
        file = _File(settings_cls, config_path())
        return init_settings, _Environment(settings_cls, env_ignore_empty=True), file

    @field_validator(
        "jira_url", "github_api_url", "github_git_url", "slack_api_url", "openai_base_url"
    )
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is no address; it begins with https:// or http://")
        return value

    @property
    def database_url(self) -> str:
        """Return where the ledger is."""
        return self.backsmith_database_url or f"sqlite:///{self.backsmith_home / 'ledger.sqlite'}"

    @property
    def artifacts_url(self) -> str:
        """Return where large files are kept."""
        return self.backsmith_artifacts_url or f"file://{self.backsmith_home / 'artifacts'}"

    @property
    def cache(self) -> Path:
        """Return where the environments of repositories are kept; many homes may share it."""
        return self.backsmith_cache or self.backsmith_home

    @property
    def site(self) -> str:
        """Return the name of the Jira site, for workflow ids."""
        return urlsplit(self.jira_url or "").hostname or "local"

    @property
    def runs_unsandboxed(self) -> bool:
        """Tell whether somebody said twice that code may run without a sandbox."""
        return self.sandbox_mode == "none" and self.i_accept_unsandboxed_execution == "yes"

    def require(self, *names: str) -> None:
        """Stop unless all these settings have a value. Raises SettingsError that names them."""
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            fixes = "; ".join(
                f"{name} is not set: {_FIXES.get(name, 'set it')}" for name in missing
            )
            raise SettingsError(f"{fixes} (environment)")

    def require_jira(self) -> None:
        """Stop unless Jira can be reached."""
        account = () if self.jira_pat else ("jira_email", "jira_api_token")
        self.require("jira_url", *account)

    def require_github(self) -> None:
        """Stop unless GitHub can be reached."""
        if not self.github_app_id:
            self.require("github_token")
            return
        self.require("github_app_installation_id")
        if not self.github_app_private_key_path:
            self.require("github_app_private_key")

    def require_slack(self) -> None:
        """Stop unless Slack can be reached."""
        self.require("slack_bot_token", "slack_channel")

    def require_model(self) -> None:
        """Stop unless a model can be called."""
        key = () if self.openai_base_url else ("openai_api_key",)
        self.require("backsmith_model", *key)

    def require_team(self) -> None:
        """Stop unless everything that a team needs is set; one message names all that is not."""
        problems = []
        for check in (
            self.require_jira,
            self.require_github,
            self.require_slack,
            self.require_model,
            self.require_repositories,
        ):
            try:
                check()
            except SettingsError as error:
                problems.append(str(error))
        if problems:
            raise SettingsError("; ".join(problems))

    def require_repositories(self) -> None:
        """Stop unless at least one repository is set up."""
        if not self.repositories:
            raise SettingsError(
                f"no repository is set up: add a [[repositories]] entry with a name to {FILE_NAME}"
            )

    def price_overrides(self) -> dict[str, Price]:
        """Return the prices of the configuration file."""
        return {name: Price(**section.model_dump()) for name, section in self.prices.items()}

    def stage_models(self) -> dict[str, str]:
        """Return the models of the stages that have one of their own."""
        return {stage: name for stage, name in self.stages.model_dump().items() if name}

    def model_names(self) -> list[str]:
        """Return every model that may be asked, BACKSMITH_MODEL first."""
        return list(dict.fromkeys([self.backsmith_model or "", *self.stage_models().values()]))

    def policy(self, reviewers: tuple[str, ...]) -> Policy:
        """Return the policy for a repository with these reviewers."""
        flow = self.flow.model_dump(exclude={"ticket_poll_seconds"})
        return Policy(
            model=self.backsmith_model or "",
            stage_models=self.stage_models(),
            reviewers=reviewers,
            **flow,
        )

    def who_counts(self, own: frozenset[ActorId] = frozenset()) -> People:
        """Return who we are and who may tell us what."""
        return People(
            own=own,
            allowed=frozenset(map(ActorId, self.people.allowed)),
            approvers=frozenset(map(ActorId, self.people.approvers)),
        )

    def catalogue(self) -> ConfiguredCatalogue:
        """Return the configured repositories."""
        return ConfiguredCatalogue(entries=tuple(map(self._entry, self.repositories)))

    def _entry(self, section: RepositorySection) -> RepositoryEntry:
        url = section.git_url or f"{self.github_git_url.rstrip('/')}/{section.name}.git"
        reviewers = self.people.reviewers if section.reviewers is None else section.reviewers
        return RepositoryEntry(
            repository=Repository(
                name=section.name, git_url=url, default_branch=section.default_branch
            ),
            projects=section.projects,
            components=section.components,
            labels=section.labels,
            policy=self.policy(reviewers),
        )


_FIXES = {
    "JIRA_URL": "the address of your site, such as https://acme.atlassian.net",
    "JIRA_EMAIL": "the e-mail address of Backsmith's Jira account",
    "JIRA_API_TOKEN": "an API token of that account, or JIRA_PAT for Data Center",
    "GITHUB_TOKEN": "a token of Backsmith's GitHub account, or GITHUB_APP_ID and its key",
    "GITHUB_APP_INSTALLATION_ID": "the number in the address of the App's installation page",
    "GITHUB_APP_PRIVATE_KEY": "the App's private key, or GITHUB_APP_PRIVATE_KEY_PATH",
    "SLACK_BOT_TOKEN": "the bot token (xoxb-…) of your Slack app",
    "SLACK_CHANNEL": "the channel's id or #name",
    "SLACK_SIGNING_SECRET": "the signing secret of your Slack app, or SLACK_APP_TOKEN",
    "OPENAI_API_KEY": "a key of your model provider, or OPENAI_BASE_URL of a local one",
    "BACKSMITH_MODEL": "the model's name as the provider spells it",
    "JIRA_WEBHOOK_SECRET": "the secret of the webhook that you set up in Jira",
    "GITHUB_WEBHOOK_SECRET": "the secret of the webhook that you set up on GitHub",
}


def config_path() -> Path:
    """Return where `backsmith.toml` is looked for."""
    named = os.environ.get("BACKSMITH_CONFIG")
    return Path(named) if named else Path.cwd() / FILE_NAME


def load_settings(**overrides: Any) -> Settings:
    """Read all settings. Raises SettingsError with name, place and fix."""
    path = config_path()
    if os.environ.get("BACKSMITH_CONFIG") and not path.is_file():
        raise SettingsError(f"BACKSMITH_CONFIG names {path}, and there is no such file")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_problem, error.errors()))) from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error


def _problem(item: Any) -> str:
    name = ".".join(map(str, item["loc"]))
    top = str(item["loc"][0])
    place = FILE_NAME if top in SECTIONS else "environment"
    shown = name if place == FILE_NAME else name.upper()
    return f"{shown} ({place}): {item['msg']}"
