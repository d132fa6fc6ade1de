"""The whole product in the local office, as a customer would run it, for end-to-end tests."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.ledger.ledger import SqlLedger, open_ledger
from office.building import Office
from office.furnish import furnish
from office.people import BOT, LEAD
from tests.contract.github_wire import GitHubWire
from tests.contract.jira_wire import JiraWire
from tests.contract.slack_wire import SlackWire
from workflows.demo import product_running
from workflows.demo_setup import DemoSetup, connect_webhooks, prepare

CACHE = Path(os.environ.get("BACKSMITH_HOME") or Path.home() / ".backsmith")
"""Environments of the sample repositories are built once for all runs on a machine."""


@dataclass
class Town:
    """An office and the product at work in it."""

    office: Office
    setup: DemoSetup
    wires: list[Any]

    @property
    def home(self) -> Path:
        """Return the product's home."""
        return self.setup.folder / "home"

    def assign(self, key: str) -> None:
        """Do what a lead does in Jira."""
        self.office.call(lambda: self.office.jira.assign(key, BOT, LEAD))

    def pulls(self) -> list[dict[str, Any]]:
        """Return all pull requests."""
        view = self.office.call(self.office.github.view)
        return [pull for repository in view["repositories"] for pull in repository["pulls"]]

    def posts(self) -> list[dict[str, Any]]:
        """Return the bot's messages in the channel, each with its replies."""
        view = self.office.call(self.office.slack.view)
        messages = [m for channel in view["channels"] for m in channel["messages"]]
        return [message for message in messages if message["bot"]]

    def history(self, key: str) -> list[tuple[str, str | None]]:
        """Return what changed on a ticket, as (field, new value), oldest first."""
        entries = self.office.call(lambda: list(self.office.jira.tickets[key].history))
        return [(item.field, item.after_text) for entry in entries for item in entry.items]

    def status(self, key: str) -> str:
        """Return the status of a ticket."""
        return self.office.call(lambda: str(self.office.jira.tickets[key].status.name))

    def pid(self, process: str) -> int | None:
        """Return the process id of `worker`, `gateway` or `temporal`."""
        try:
            found = json.loads((self.home / "up.json").read_text()).get(process)
        except (OSError, ValueError):
            return None
        return int(found) if found else None

    @contextmanager
    def ledger(self) -> Iterator[SqlLedger]:
        """Open the product's ledger."""
        ledger = open_ledger(f"sqlite:///{self.home / 'ledger.sqlite'}")
        try:
            yield ledger
        finally:
            ledger.close()

    def violations(self) -> list[Any]:
        """Return where a request or an answer was not as the vendors describe it."""
        return [violation for wire in self.wires for violation in wire.violations]


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """Open the office with its calls checked, and run the product in it."""
    with ExitStack() as stack:
        office = Office(folder / "office", CACHE / "office")
        wires = [_check_wire(office, name, wire) for name, wire in _WIRES.items()]
        stack.enter_context(office)
        furnish(office)
        setup = prepare(office, folder, CACHE)
        stack.enter_context(product_running(setup))
        connect_webhooks(office, setup.gateway_port)
        yield Town(office, setup, wires)


_WIRES: dict[str, Callable[[Any], Any]] = {
    "github": GitHubWire,
    "jira": JiraWire,
    "slack": SlackWire,
}


def _check_wire(office: Office, name: str, wire: Callable[[Any], Any]) -> Any:
    """Put the checker of the vendor's description around one part of the office."""
    part = getattr(office, name)
    checked = wire(part.app())
    part.app = lambda: checked
    return checked
