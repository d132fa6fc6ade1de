"""How the demonstration points the product at the local office: by settings, like anywhere else."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.domain.errors import SandboxUnavailableError, SettingsError
from office.building import Office
from office.people import BOT, ENGINEER, LEAD
from office.world import Hook
from workflows.processes import free_port
from workflows.settings import config_path

_OURS = ("JIRA_", "GITHUB_", "SLACK_", "TEMPORAL_", "BACKSMITH_", "OPENAI_", "SANDBOX_")
JIRA_SECRET = "demo-jira-webhook"  # noqa: S105 - between two processes on loopback
GITHUB_SECRET = "demo-github-webhook"  # noqa: S105
RECORDED = "recorded"
"""The model's name when the office plays recorded answers."""
UNSANDBOXED_BANNER = (
    "THIS MACHINE FORBIDS USER NAMESPACES: the sample repository's code runs WITHOUT A SANDBOX. "
    "That is done for this demonstration with recorded answers only."
)


@dataclass(frozen=True)
class DemoSetup:
    """Folders, ports and settings of one demonstration."""

    folder: Path
    cache: Path
    gateway_port: int
    temporal_port: int
    ui_port: int
    environment: dict[str, str]
    is_recorded: bool
    banner: str


def uses_recorded_answers(environment: Mapping[str, str]) -> bool:
    """Tell whether no real model is configured."""
    return not (environment.get("OPENAI_API_KEY") or environment.get("OPENAI_BASE_URL"))


def prepare(office: Office, folder: Path, cache: Path) -> DemoSetup:
    """Write the configuration file and the environment for the product's processes."""
    is_recorded = uses_recorded_answers(os.environ)
    gateway_port, temporal_port, ui_port = free_port(), free_port(), free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    environment |= _office_settings(office) | _model_settings(office, is_recorded)
    environment |= {
        "BACKSMITH_HOME": str(folder / "home"),
        "BACKSMITH_CACHE": str(cache),
        "BACKSMITH_CONFIG": str(folder / "backsmith.toml"),
        "BACKSMITH_PORT": str(gateway_port),
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1,localhost"))),
    }
    banner = ""
    if is_recorded and not _has_sandbox(folder, cache):
        banner = UNSANDBOXED_BANNER
        environment |= {"SANDBOX_MODE": "none", "I_ACCEPT_UNSANDBOXED_EXECUTION": "yes"}
    (folder / "backsmith.toml").write_text(_configuration(), "utf-8")
    return DemoSetup(
        folder, cache, gateway_port, temporal_port, ui_port, environment, is_recorded, banner
    )


def connect_webhooks(office: Office, gateway_port: int) -> None:
    """Do what an administrator does in Jira and on GitHub: set the webhooks up."""
    base = f"http://127.0.0.1:{gateway_port}/webhooks"
    office.call(lambda: office.github.hooks.append(Hook(f"{base}/github", GITHUB_SECRET)))
    office.call(lambda: office.jira.hooks.append(Hook(f"{base}/jira", JIRA_SECRET)))


def _office_settings(office: Office) -> dict[str, str]:
    return {
        "JIRA_URL": office.origins["jira"],
        "JIRA_EMAIL": BOT.email,
        "JIRA_API_TOKEN": BOT.jira_token,
        "JIRA_WEBHOOK_SECRET": JIRA_SECRET,
        "GITHUB_API_URL": f"{office.origins['github']}/api/v3",
        "GITHUB_GIT_URL": office.origins["github"],
        "GITHUB_TOKEN": BOT.github_token,
        "GITHUB_WEBHOOK_SECRET": GITHUB_SECRET,
        "GITHUB_REQUEST_SPACING": "0",
        "SLACK_API_URL": f"{office.origins['slack']}/api/",
        "SLACK_BOT_TOKEN": office.slack.bot_token,
        "SLACK_APP_TOKEN": office.slack.app_token,
        "SLACK_SIGNING_SECRET": office.slack.signing_secret,
        "SLACK_CHANNEL": "#backsmith",
    }


def _model_settings(office: Office, is_recorded: bool) -> dict[str, str]:
    if is_recorded:
        return {
            "OPENAI_BASE_URL": f"{office.origins['model']}/v1",
            "OPENAI_API_KEY": office.model.api_key,
            "BACKSMITH_MODEL": RECORDED,
        }
    names = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "BACKSMITH_MODEL")
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def _has_sandbox(home: Path, cache: Path) -> bool:
    from integrations.sandbox.bubblewrap import BubblewrapSandbox
    from integrations.sandbox.environments import Environments

    try:
        BubblewrapSandbox(home, environments=Environments(cache)).check()
    except SandboxUnavailableError:
        return False
    return True


def _configuration() -> str:
    """Return the demonstration's backsmith.toml, with the prices of the user's own one."""
    approvers = [f"slack:{LEAD.slack_id}", f"jira:{LEAD.account_id}"]
    allowed = [*approvers, f"slack:{ENGINEER.slack_id}", f"jira:{ENGINEER.account_id}"]
    parts = [
        "[people]",
        f"allowed = {json.dumps(allowed)}",
        f"approvers = {json.dumps(approvers)}",
        f"reviewers = {json.dumps([LEAD.login])}",
        "[flow]",
        "poll_seconds = 20",
        "ticket_poll_seconds = 20",
    ]
    for name, project in (("acme/shop", "SHOP"), ("acme/clinic", "CARE")):
        parts += ["[[repositories]]", f'name = "{name}"', f'projects = ["{project}"]']
    for model, price in _own_prices().items():
        parts.append(f"[prices.{json.dumps(model)}]")
        parts += [f"{key} = {json.dumps(value)}" for key, value in price.items()]
    return "\n".join(parts) + "\n"


def _own_prices() -> dict[str, dict[str, Any]]:
    path = config_path()
    if not path.is_file():
        return {}
    try:
        prices: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get("prices", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    return prices
