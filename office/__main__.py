"""Starts a furnished office: `python -m office`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from office.building import NAMES, Office, OfficeError
from office.furnish import CHANNEL, PROJECTS, REPOSITORIES, furnish
from office.lead import ScriptedLead
from office.people import BOT, ENGINEER, LEAD


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an office until Ctrl-C; return 2 if a port is taken."""
    options = _parser().parse_args(arguments)
    # An exception, and not an event that a handler sets: the signal may come while the main thread
    # holds the event's lock, and then neither would ever go on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _run(options)
    except KeyboardInterrupt:
        return 0
    except OfficeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _run(options: argparse.Namespace) -> None:
    ports = {name: port for name in NAMES if (port := getattr(options, f"{name}_port"))}
    with (
        _folders(options.root, options.cache) as (root, cache),
        Office(root, cache, host=options.host, ports=ports) as office,
    ):
        furnish(office)
        if options.auto:
            office.spawn(ScriptedLead(office).run()).add_done_callback(_tell)
        sys.stdout.write("\n".join(_card(office)) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m office",
        description="A local GitHub, Jira, Slack and model endpoint, with one web page over them.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    for name in NAMES:
        parser.add_argument(f"--{name}-port", type=int, help="a free one if left out")
    parser.add_argument("--root", type=Path, help="empty folder for the repositories")
    parser.add_argument("--cache", type=Path, help="folder for the CI's environments")
    parser.add_argument("--auto", action="store_true", help="let a script play the Tech Lead")
    return parser


@contextmanager
def _folders(root: Path | None, cache: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield the two folders; the repositories are gone afterwards unless a folder was named."""
    with tempfile.TemporaryDirectory(prefix="office-") as folder:
        yield root or Path(folder) / "repositories", cache or Path(folder) / "cache"


def _card(office: Office) -> Iterator[str]:
    yield f"page    {office.origins['page']}/"
    yield f"jira    {office.origins['jira']}  (projects {', '.join(PROJECTS)})"
    yield f"github  {office.origins['github']}/api/v3  (repositories {', '.join(REPOSITORIES)})"
    yield f"slack   {office.origins['slack']}/api/  (channel #{CHANNEL})"
    yield f"model   {office.origins['model']}/v1  (key {office.model.api_key})"
    for person in (BOT, LEAD, ENGINEER):
        tokens = f"Jira {person.jira_token}, GitHub {person.github_token}"
        yield f"{person.name}: {person.email}, {tokens}"
    yield "Stop with Ctrl-C."


def _tell(work: Future[None]) -> None:
    """Say why the script gave up, if it did."""
    if not work.cancelled() and (error := work.exception()):
        sys.stderr.write(f"the scripted Tech Lead gave up: {error!r}\n")


if __name__ == "__main__":
    sys.exit(main())
