"""The command line: a contract for scripts, and the roots of all our processes.

Heavy modules are imported inside the commands that need them, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from agent.domain.errors import (
    DeveloperError,
    NeedsHumanError,
    SandboxUnavailableError,
    SettingsError,
)
from workflows.openapi import openapi

DONE, CHECK_FAILED, WRONG_USAGE, OUTSIDE_FAILED = 0, 1, 2, 3

app = typer.Typer(
    name="backsmith",
    help="An AI backend developer for your team's Jira, GitHub and Slack.\n\n"
    "Try it without any account: backsmith demo. With a model only: "
    "backsmith work . --ticket ticket.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rendering help with rich takes 0.2 s of imports (typer 0.29)
    pretty_exceptions_enable=False,
)
app.add_typer(openapi)

_VERIFY_EXAMPLES = """\b
Examples:
  backsmith verify --base origin/main
  backsmith verify path/to/repository --base main --only tests,openapi --label api-break
  backsmith verify --base main --json --junit gates.xml --sarif gates.sarif

Exit codes: 0 pass, 1 a gate fails or could not run, 2 wrong input, 3 no package index.
"""
_GATES = (
    "tests, red_to_green, coverage, lint, types, openapi, migrations, weakening, secrets, "
    "dependencies, protected, docs, contract"
)
_LABELS = (
    "refactoring (red_to_green), api-break (openapi), test-change (weakening), "
    "allow-dependency (dependencies), allow-protected (protected), allow-undocumented (docs)"
)

Key = Annotated[str, typer.Argument(help="The ticket, such as PAY-123.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def demo(
    ticket: Annotated[str, typer.Option(help="SHOP-7 (FastAPI) or CARE-3 (Django).")] = "SHOP-7",
    auto: Annotated[
        bool, typer.Option("--auto/--hold", help="A scripted lead, or you on the page.")
    ] = True,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Take one ticket from assignment to merge in a local office; no account is needed.

    GitHub, Jira, Slack and the model are local stand-ins; everything else is the real thing. With
    OPENAI_API_KEY or OPENAI_BASE_URL set, that model is used instead of recorded answers.
    """
    from workflows.demo import run_demo

    sys.exit(run_demo(_key(ticket), auto=auto, open_page=open_page, as_json=as_json))


@app.command()
def work(
    path: Annotated[Path, typer.Argument(help="A git repository on this machine.")],
    ticket: Annotated[str, typer.Option(help="A Markdown file with the ticket; - for stdin.")],
    base: Annotated[str | None, typer.Option(help="Commit or branch to start from.")] = None,
    answer: Annotated[
        Path | None, typer.Option(help="A file with answers to questions that were asked.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be sent first, with tokens; call nothing."),
    ] = False,
    self_review: Annotated[
        bool,
        typer.Option("--self-review/--no-self-review", help="Let a fresh context read the change."),
    ] = True,
    as_json: Json = False,
) -> None:
    """Carry a ticket out in a local repository; only a model is needed.

    Leaves a branch with commits, the evidence, and the text of the pull request. A second start
    with the same ticket goes on where the first one stopped. Exit code 1 when it is blocked.
    """
    if dry_run:
        from workflows.dry_run import show_first_request

        sys.exit(show_first_request(path, ticket, base, as_json=as_json))
    from workflows.work import run_work

    sys.exit(run_work(path, ticket, base, answer, self_review=self_review, as_json=as_json))


@app.command(epilog=_VERIFY_EXAMPLES)
def verify(
    path: Annotated[
        Path, typer.Argument(help="A git repository on this machine; it is never written to.")
    ] = Path(),
    base: Annotated[
        str | None,
        typer.Option(
            help="The branch or commit to hold the change against; default: the remote's.",
            show_default=False,
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="What to verify; default: the files as they are now.", show_default=False
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="GATE,...", help=f"Only these gates: {_GATES}.", show_default=False),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What a ticket's label would allow; repeatable. {_LABELS}.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES",
            help="The most time for one command, such as the tests.",
            show_default=False,
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the gates as JUnit.", show_default=False)
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(help="Write what is wrong as SARIF.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the gates of a pull request on a change; no account, model or Temporal is needed.

    What the base shows already is not held against the change.
    """
    from workflows.verify import VerifyOptions, run_verify

    sys.exit(
        run_verify(
            VerifyOptions(
                path=path,
                base=base,
                head=head,
                only=tuple(only or ()),
                labels=tuple(label or ()),
                minutes=timeout,
                junit=junit,
                sarif=sarif,
                as_json=as_json,
            )
        )
    )


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the embedded Temporal.")] = 7233,
    ui_port: Annotated[int, typer.Option(help="Port of its web page; 0 for none.")] = 8233,
) -> None:
    """Run the gateway, a worker and, if no TEMPORAL_ADDRESS is set, Temporal itself."""
    from workflows.roots import run_up

    run_up(port, ui_port or None)


@app.command()
def gateway() -> None:
    """Receive webhooks and Slack events (one process, for production)."""
    from workflows.roots import run_gateway_process

    run_gateway_process()


@app.command()
def worker() -> None:
    """Work on tickets (one process of many, for production)."""
    from workflows.roots import run_worker_process

    run_worker_process()


@app.command()
def run(
    key: Key,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it ends or is blocked.")] = False,
    as_json: Json = False,
) -> None:
    """Start a ticket by hand, or join the one that runs."""
    from workflows.control import run_ticket

    sys.exit(run_ticket(_key(key), wait=wait, as_json=as_json))


@app.command()
def status(
    key: Annotated[str | None, typer.Argument(help="One ticket in detail.")] = None,
    as_json: Json = False,
) -> None:
    """Show all running tickets, or one with its timeline, evidence and cost."""
    from workflows.control import show_status

    sys.exit(show_status(_key(key) if key else None, as_json=as_json))


@app.command()
def tell(key: Key, text: Annotated[str, typer.Argument(help="What to take into account.")]) -> None:
    """Say something to the developer; it is heard before the next step."""
    _notify(key, "said", text)


@app.command()
def approve(key: Key) -> None:
    """Approve the plan that waits."""
    _notify(key, "approve")


@app.command()
def pause(key: Key) -> None:
    """Stop before the next step, until `resume`."""
    _notify(key, "pause")


@app.command()
def resume(key: Key) -> None:
    """Go on after `pause`, or try again after a block."""
    _notify(key, "resume")


@app.command()
def cancel(key: Key) -> None:
    """Stop for good: the pull request is closed, the branch stays."""
    _notify(key, "cancel")


def _notify(key: str, kind: str, text: str = "") -> None:
    from workflows.control import notify

    notify(_key(key), kind, text)


def _key(text: str) -> str:
    from agent.domain.ids import is_ticket_key

    key = text.strip().upper()
    if not is_ticket_key(key):
        raise SettingsError(f"{text!r} is no ticket key; one looks like PAY-123")
    return key


def exit_code(error: DeveloperError) -> int:
    """Return the exit code for an error."""
    if isinstance(error, SettingsError):
        return WRONG_USAGE
    if isinstance(error, NeedsHumanError | SandboxUnavailableError):
        return CHECK_FAILED
    return OUTSIDE_FAILED


def main() -> NoReturn:
    """Run the command line; every error that was foreseen ends in one line on stderr."""
    try:
        app()
    except DeveloperError as error:
        sys.stderr.write(f"backsmith: {' '.join(str(error).split())}\n")
        sys.stderr.flush()
        _leave(exit_code(error))
    except SystemExit as ending:
        _leave(ending.code if isinstance(ending.code, int) else 1 if ending.code else 0)
    except KeyboardInterrupt:
        _leave(130)
    _leave(DONE)


def _leave(code: int) -> NoReturn:
    """End the process; one that has a Temporal client waits a moment for the SDK's threads.

    Without it the interpreter may abort at exit (temporalio/sdk-python issue 300).
    """
    if "temporalio.client" in sys.modules:
        import time

        sys.stdout.flush()
        time.sleep(0.1)
    sys.exit(code)
