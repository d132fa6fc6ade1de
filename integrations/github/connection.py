"""How GitHub is reached, as a user with a token or as an App."""

import base64
from dataclasses import dataclass, field
from typing import NamedTuple

import jwt
from github import Auth, Github, GithubIntegration

from agent.domain.errors import SettingsError
from agent.domain.repository import Repository
from integrations.github.errors import translated


class Account(NamedTuple):
    """An account on GitHub."""

    login: str
    id: int


@dataclass(frozen=True)
class GitHubConnection:
    """Addresses and credentials: a token, or an App with its key and installation."""

    api_url: str = "https://api.github.com"
    git_url: str = "https://github.com"
    token: str | None = field(default=None, repr=False)
    app_id: str | None = None
    app_private_key: str | None = field(default=None, repr=False)
    """PEM."""
    installation_id: int | None = None
    request_spacing_seconds: float = 1.0
    """Between writes; GitHub asks for at least one second. Reads wait a quarter of it."""
    timeout_seconds: int = 15

    def connect(self) -> Github:
        """Return a client that retries nothing by itself and reads nothing before it must."""
        return Github(
            base_url=self.api_url.rstrip("/"),
            auth=self._auth(),
            timeout=self.timeout_seconds,
            retry=None,
            per_page=100,
            seconds_between_requests=self.request_spacing_seconds / 4,
            seconds_between_writes=self.request_spacing_seconds,
            lazy=True,
        )

    def own_account(self, client: Github) -> Account:
        """Ask GitHub who we are; an App writes as `<slug>[bot]`."""
        app = self._app()
        if app is None:
            ourselves = client.get_user()
            return Account(ourselves.login, ourselves.id)
        requester = client.requester.withAuth(app)
        slug = GithubIntegration(**requester.kwargs).get_app().slug
        bot = client.get_user(f"{slug}[bot]")
        return Account(bot.login, bot.id)

    def _auth(self) -> Auth.Auth:
        app = self._app()
        if app is not None and self.installation_id is not None:
            return app.get_installation_auth(int(self.installation_id))
        if self.token:
            return Auth.Token(self.token)
        raise SettingsError(
            "GitHub credentials are missing. Set GITHUB_TOKEN, or GITHUB_APP_ID with "
            "GITHUB_APP_PRIVATE_KEY and GITHUB_APP_INSTALLATION_ID."
        )

    def _app(self) -> Auth.AppAuth | None:
        if not (self.app_id and self.app_private_key and self.installation_id is not None):
            return None
        app = Auth.AppAuth(self.app_id, self.app_private_key)
        try:
            app.create_jwt()
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise SettingsError(
                "GITHUB_APP_PRIVATE_KEY is not an RSA private key in PEM form."
            ) from error
        return app


def git_environment(
    connection: GitHubConnection, client: Github, repository: Repository
) -> dict[str, str]:
    """Return the environment in which git may reach a repository.

    The credential is an extra header for our own git host only, so it is neither in an address nor
    in `.git/config`; other hosts and local paths get none.
    """
    environment = {"GIT_TERMINAL_PROMPT": "0"}
    base = connection.git_url.rstrip("/") + "/"
    if not repository.git_url.startswith(base):
        return environment
    with translated("asking for a git credential"):
        auth = client.requester.auth
        token = auth.token if auth is not None else ""
    credential = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return environment | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{base}.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {credential}",
    }
